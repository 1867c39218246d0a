r"""Report 000, row W1x: row W1 on 27,000 images.

    python -m jaxcolor.train --config configs/reports/w1x.py --workdir runs/w1x \
        --config.data.path=mini_imagenet

Stated:
    data: 20,000 images train, 3,500 validate and 3,500 test (IV)

Chosen:
    length: 50 epochs, as in row W1; the report does not say whether both sets had as many
"""

from jaxcolor import config as defaults

TITLE = "W1 on 27,000 images"


def get_config():
    config = defaults.from_file("w1.py", beside=__file__)
    config.data.num_train_images = 20000
    config.data.num_validation_images = 3500
    config.data.num_test_images = 3500
    return config
