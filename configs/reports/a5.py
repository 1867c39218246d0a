"""Report 003, row A5: a residual U-Net, in Lab.

    python -m jaxcolor.train --config configs/reports/a5.py --workdir runs/a5

Published (COCO): FID 29.43, ε-accuracy 32.92 %, MAE 15.56, PSNR 21.55, 23 FPS. Data: COCO 2017 as
TFDS data set, 8,000 to train and 2,000 to test; 500 more validate.
"""

from jaxcolor import config as defaults


def get_config():
    config = defaults.get_config()
    config.data.source = "tfds"
    config.data.path = "coco/2017"
    config.data.train_split = "train[:8000]"
    config.data.validation_split = "train[10000:10500]"
    config.data.test_split = "train[8000:10000]"
    config.generator.name = "residual_unet"
    config.train.num_epochs = 50
    return config
