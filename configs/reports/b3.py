"""Report 004, row B3: row B1 without class maps.

    jaxcolor weights fetch inception_resnet_v2
    python -m jaxcolor.train --config configs/reports/b3.py --workdir runs/b3

Stated:
    generator: without class maps and the first convolution (table 2)
"""

from jaxcolor import config as defaults

TITLE = "B1 without class maps"


def get_config():
    config = defaults.from_file("b1.py", beside=__file__)
    config.generator.segmentation = ""
    return config
