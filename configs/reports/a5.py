"""Report 003, row A5: row A1 with a residual U-Net.

    python -m jaxcolor.train --config configs/reports/a5.py --workdir runs/a5

The generator is that of the authors' code, 112,344,320 parameters: the report's six residual levels
between a plain outermost and a plain innermost one, which its text does not mention.
"""

from jaxcolor import config as defaults

TITLE = "residual U-Net"
PUBLISHED = {
    "FID": "29.43",
    "ε-acc.": "32.92 %",
    "MAE 0–255": "15.56",
    "PSNR": "21.55",
    "FPS": "23",
}


def get_config():
    config = defaults.from_file("a1.py", beside=__file__)
    config.generator.name = "residual_unet"
    return config
