"""Report 003, row A4: row A1 with a residual network without downsampling.

python -m jaxcolor.train --config configs/reports/a4.py --workdir runs/a4
"""

from jaxcolor import config as defaults

TITLE = "residual network, no downsampling"
PUBLISHED = {
    "FID": "42.26",
    "ε-acc.": "32.58 %",
    "MAE 0–255": "16.42",
    "PSNR": "21.01",
    "FPS": "17",
}


def get_config():
    config = defaults.from_file("a1.py", beside=__file__)
    config.generator.name = "residual"
    return config
