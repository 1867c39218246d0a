"""Report 003, row A4: a residual network without downsampling, in Lab.

    python -m jaxcolor.train --config configs/reports/a4.py --workdir runs/a4

Published (COCO): FID 42.26, ε-accuracy 32.58 %, MAE 16.42, PSNR 21.01, 17 FPS. Data: COCO 2017 as
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
    config.generator.name = "residual"
    config.train.num_epochs = 50
    return config
