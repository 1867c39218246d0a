"""Report 002, row S1: pix2pix in Lab on 10,000 images of COCO.

    python -m jaxcolor.train --config configs/reports/s1.py --workdir runs/s1

The report publishes pictures of it, and no scores.
"""

from jaxcolor import config as defaults

TITLE = "U-Net"
PUBLISHED = {}


def get_config():
    config = defaults.from_file("data/coco_10000.py", beside=__file__)
    config.data.batch_size = 20
    config.train.num_epochs = 10
    return config
