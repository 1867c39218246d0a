"""Report 003, row A3: row A1 with L1 and a content loss on VGG-16.

    jaxcolor weights fetch vgg16
    python -m jaxcolor.train --config configs/reports/a3.py --workdir runs/a3

Where the authors' code and the text differ, the text is followed: the code takes the features
before the activation, and weighs the cross-entropy with 0.01 and the content with 1.

Stated:
    losses: cross-entropy + 100 · L1 + 10 · content (eq. 9 and 4.6)
    features: of the 7th convolution (4.6), behind its activation (eq. 4)

Chosen:
    input of VGG-16: as in row A2
"""

from jaxcolor import config as defaults

TITLE = "L1 + content loss"


def get_config():
    config = defaults.from_file("a1.py", beside=__file__)
    config.objective.lambda_content = 10.0
    config.objective.content_tap = "relu7"
    return config
