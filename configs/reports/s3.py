"""Report 002, row S3: attention U-Net in Lab on 3,000 images of COCO.

    python -m jaxcolor.train --config configs/reports/s3.py --workdir runs/s3

Published (average, maximum, minimum): PSNR 24.67, 27.83, 16.01; SSIM 0.56. Data: COCO 2017 as TFDS
data set, 2,400 to train and 600 to test; 200 more validate.
"""

from jaxcolor import config as defaults


def get_config():
    config = defaults.get_config()
    config.data.source = "tfds"
    config.data.path = "coco/2017"
    config.data.train_split = "train[:2400]"
    config.data.validation_split = "train[3000:3200]"
    config.data.test_split = "train[2400:3000]"
    config.data.batch_size = 20
    config.generator.name = "attention_unet"
    config.train.num_epochs = 20
    return config
