r"""Report 001, row O1i: row O1 on mini-ImageNet.

    python -m jaxcolor.train --config configs/reports/o1i.py --workdir runs/o1i \
        --config.data.path=mini_imagenet

The report trained for 8 hours, and publishes pictures of it and no scores.

Chosen:
    data: 10,000 images, after the report's name for them, mini ImageNet-10000; 8,800 train, 200
        validate and 1,000 test
"""

from jaxcolor import config as defaults

TITLE = "O1 on mini-ImageNet"


def get_config():
    config = defaults.from_file("o1.py", beside=__file__)
    config.data.source = "folder"
    config.data.path = ""
    config.data.validation_fraction = 0.13
    config.data.test_fraction = 0.13
    config.data.num_train_images = 8800
    config.data.num_validation_images = 200
    config.data.num_test_images = 1000
    return config
