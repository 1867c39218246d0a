"""COCO 2017 as TFDS data set: 8,000 images to train and 2,000 to test; 500 more validate.

No report says that it chooses a checkpoint by validation images, or that its epochs count the
images of a critic: the last checkpoint is the best, and epochs are the generator's.
"""

from jaxcolor import config as defaults


def get_config():
    config = defaults.get_config()
    config.data.source = "tfds"
    config.data.path = "coco/2017"
    config.data.train_split = "train[:8000]"
    config.data.validation_split = "train[10000:10500]"
    config.data.test_split = "train[8000:10000]"
    config.train.best_metric = ""
    config.train.epoch_of = "generator"
    return config
