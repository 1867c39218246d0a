"""Report 004, row B2: row B1 without pretraining.

    jaxcolor weights fetch deeplab_v3_resnet50
    jaxcolor weights fetch inception_resnet_v2
    python -m jaxcolor.train --config configs/reports/b2.py --workdir runs/b2

Stated:
    pretraining: none (table 2)
"""

from jaxcolor import config as defaults

TITLE = "B1 without pretraining"


def get_config():
    config = defaults.from_file("b1.py", beside=__file__)
    config.train.pretrain_epochs = 0
    return config
