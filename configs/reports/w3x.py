r"""Report 000, row W3x: row W3 on 27,000 images.

    python -m jaxcolor.train --config configs/reports/w3x.py --workdir runs/w3x \
        --config.data.path=mini_imagenet

Stated:
    data: 20,000 images train, 3,500 validate and 3,500 test (IV)

Chosen:
    length: 50 epochs, as in row W1; the report does not say whether both sets had as many
"""

from jaxcolor import config as defaults

TITLE = "W3 on 27,000 images"


def get_config():
    config = defaults.from_file("w3.py", beside=__file__)
    config.data.num_train_images = 20000
    config.data.num_validation_images = 3500
    config.data.num_test_images = 3500
    return config
