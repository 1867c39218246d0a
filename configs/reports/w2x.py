r"""Report 000, row W2x: row W2 on 27,000 images.

    python -m jaxcolor.backbones.weights fetch vgg16
    python -m jaxcolor.backbones.weights fetch lpips_vgg
    python -m jaxcolor.train --config configs/reports/w2x.py --workdir runs/w2x \
        --config.data.path=mini_imagenet

Stated:
    data: 20,000 images train, 3,500 validate and 3,500 test (IV)

Chosen:
    length: 50 epochs, as in row W1; the report does not say whether both sets had as many
"""

from jaxcolor import config as defaults

TITLE = "W2 on 27,000 images"


def get_config():
    config = defaults.from_file("w2.py", beside=__file__)
    config.data.num_train_images = 20000
    config.data.num_validation_images = 3500
    config.data.num_test_images = 3500
    return config
