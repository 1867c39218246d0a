"""Report 002, row S3: attention U-Net in Lab on 3,000 images of COCO.

    python -m jaxcolor.train --config configs/reports/s3.py --workdir runs/s3

The published PSNR is between 16.01 and 27.83.
"""

from jaxcolor import config as defaults

TITLE = "attention U-Net"
PUBLISHED = {"PSNR": "24.67", "SSIM": "0.56"}


def get_config():
    config = defaults.from_file("data/coco_3000.py", beside=__file__)
    config.data.batch_size = 20
    config.generator.name = "attention_unet"
    config.train.num_epochs = 20
    return config
