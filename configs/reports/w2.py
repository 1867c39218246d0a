r"""Report 000, row W2: row W1 with LPIPS.

    jaxcolor weights fetch vgg16
    jaxcolor weights fetch lpips_vgg
    python -m jaxcolor.train --config configs/reports/w2.py --workdir runs/w2 \
        --config.data.path=mini_imagenet

Stated:
    losses: LPIPS + cross-entropy + 100 · L1 (eq. 5)

Chosen:
    LPIPS: version 0.1 on VGG-16; the report does not name the network

Differs:
    L1: the mean, as in row W1, where the report has the sum
"""

from jaxcolor import config as defaults

TITLE = "W1 + LPIPS"


def get_config():
    config = defaults.from_file("w1.py", beside=__file__)
    config.objective.lambda_lpips = 1.0
    return config
