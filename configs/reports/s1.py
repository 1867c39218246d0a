"""Report 002, row S1: pix2pix in Lab on 10,000 images of COCO.

    python -m jaxcolor.train --config configs/reports/s1.py --workdir runs/s1

The report publishes pictures of it, and no scores. Data: COCO 2017 as TFDS data set, 8,000 to
train and 2,000 to test; 500 more validate.
"""

from jaxcolor import config as defaults


def get_config():
    config = defaults.get_config()
    config.data.source = "tfds"
    config.data.path = "coco/2017"
    config.data.train_split = "train[:8000]"
    config.data.validation_split = "train[10000:10500]"
    config.data.test_split = "train[8000:10000]"
    config.data.batch_size = 20
    config.train.num_epochs = 10
    return config
