"""Report 003, row A1: pix2pix in Lab.

    python -m jaxcolor.train --config configs/reports/a1.py --workdir runs/a1

Published (COCO): FID 32.29, ε-accuracy 31.97 %, MAE 15.14, PSNR 21.72, 28 FPS. Data: COCO 2017 as
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
    config.train.num_epochs = 50
    return config
