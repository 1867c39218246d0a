"""Report 004, row B1d: row B1 with batches of 16.

    jaxcolor weights fetch deeplab_v3_resnet50
    jaxcolor weights fetch inception_resnet_v2
    python -m jaxcolor.train --config configs/reports/b1d.py --workdir runs/b1d

Stated:
    batch: 16, in both phases (5.7)
"""

from jaxcolor import config as defaults

TITLE = "B1, batches of 16"


def get_config():
    config = defaults.from_file("b1.py", beside=__file__)
    config.data.batch_size = 16
    return config
