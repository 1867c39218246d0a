"""Report 001, row O1: vanilla GAN in Lab on COCO 2017.

    python -m jaxcolor.train --config configs/reports/o1.py --workdir runs/o1

The report trained for 4 hours. It keeps 85 to 90 % of an unnamed number of images for training,
here 10,000 of which 8,800 train, 200 validate and 1,000 test. Open in the report and chosen here:
λ 100 as in pix2pix, flips, batch 16.
"""

from jaxcolor import config as defaults

TITLE = "vanilla GAN"
PUBLISHED = {"FID (own scale)": "0.038", "PSNR": "21.31", "SSIM": "0.8664", "IS": "12.66"}


def get_config():
    config = defaults.from_file("data/coco_10000.py", beside=__file__)
    config.data.train_split = "train[:8800]"
    config.data.validation_split = "train[8800:9000]"
    config.data.test_split = "train[9000:10000]"
    config.train.num_epochs = 100
    return config
