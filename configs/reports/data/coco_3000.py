"""COCO 2017 as TFDS data set: 2,400 images to train and 600 to test; 200 more validate."""

from jaxcolor import config as defaults


def get_config():
    config = defaults.from_file("coco_10000.py", beside=__file__)
    config.data.train_split = "train[:2400]"
    config.data.validation_split = "train[3000:3200]"
    config.data.test_split = "train[2400:3000]"
    return config
