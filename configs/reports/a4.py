"""Report 003, row A4: row A1 with a residual network without downsampling.

    python -m jaxcolor.train --config configs/reports/a4.py --workdir runs/a4

Stated:
    generator: eight blocks of two 3 × 3 convolutions of 64 filters, ReLU, batch norm at the end of
        each, tanh (4.6)

Chosen:
    ends: a 3 × 3 convolution before the blocks and one after them, as in the authors' code
    biases: in the convolutions; the authors' code has a second batch norm in a block instead: as
        many parameters, 593,666

Differs:
    skip: the gray image is added before the last convolution, as in the authors' code; the text
        connects the network's input to its output (4.6)
"""

from jaxcolor import config as defaults

TITLE = "residual network, no downsampling"


def get_config():
    config = defaults.from_file("a1.py", beside=__file__)
    config.generator.name = "residual"
    return config
