"""Report 004, row B4: row B1 without the embedding.

    jaxcolor weights fetch deeplab_v3_resnet50
    python -m jaxcolor.train --config configs/reports/b4.py --workdir runs/b4

Stated:
    generator: without Inception (table 2)

Chosen:
    fusion: the 1 × 1 convolution stays, on the encoder's output alone
"""

from jaxcolor import config as defaults

TITLE = "B1 without embedding"


def get_config():
    config = defaults.from_file("b1.py", beside=__file__)
    config.generator.embedding = ""
    return config
