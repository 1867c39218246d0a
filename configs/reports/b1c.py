"""Report 004, row B1c: row B1 with dropout 0.5.

    jaxcolor weights fetch deeplab_v3_resnet50
    jaxcolor weights fetch inception_resnet_v2
    python -m jaxcolor.train --config configs/reports/b1c.py --workdir runs/b1c

Stated:
    dropout: 0.5 (5.7)

Chosen:
    place: behind the first three convolutions of the decoder, as in pix2pix's U-Net; the report
        does not say where
"""

from jaxcolor import config as defaults

TITLE = "B1, dropout 0.5"


def get_config():
    config = defaults.from_file("b1.py", beside=__file__)
    config.generator.dropout = 0.5
    return config
