"""Report 003, row A1: pix2pix in Lab.

python -m jaxcolor.train --config configs/reports/a1.py --workdir runs/a1
"""

from jaxcolor import config as defaults

TITLE = "U-Net"
PUBLISHED = {
    "FID": "32.29",
    "ε-acc.": "31.97 %",
    "MAE 0–255": "15.14",
    "PSNR": "21.72",
    "FPS": "28",
}


def get_config():
    config = defaults.from_file("data/coco_10000.py", beside=__file__)
    config.train.num_epochs = 50
    return config
