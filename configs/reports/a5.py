"""Report 003, row A5: row A1 with a residual U-Net.

    python -m jaxcolor.train --config configs/reports/a5.py --workdir runs/a5

Stated:
    generator: six residual levels each way, each a 3 × 3 convolution and a 4 × 4 one of stride 2
        beside a 4 × 4 one of stride 2, LeakyReLU 0.2 down and ReLU up, dropout 0.5 in the three
        levels up after the first (3.2)

Chosen:
    ends: a plain outermost and a plain innermost level around the six, as in the authors' code,
        which the text does not mention: 112,344,320 parameters

Differs:
    norm: one behind the 3 × 3 convolution and one of the sum of both paths, as in the authors'
        code; the text has one behind every convolution
"""

from jaxcolor import config as defaults

TITLE = "residual U-Net"


def get_config():
    config = defaults.from_file("a1.py", beside=__file__)
    config.generator.name = "residual_unet"
    return config
