"""Report 003, row A5: row A1 with a residual U-Net.

python -m jaxcolor.train --config configs/reports/a5.py --workdir runs/a5
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
