"""Report 003, row A2: row A1 with a content loss on VGG-16 instead of L1.

    jaxcolor weights fetch vgg16
    python -m jaxcolor.train --config configs/reports/a2.py --workdir runs/a2

Where the authors' code and the text differ, the text is followed: the code takes the 7th
convolution before its activation, and weighs the cross-entropy with 0.01.

Stated:
    losses: content + 0.001 · cross-entropy (3.3)
    features: of the 13th convolution (4.6), behind its activation (eq. 4)
    content: mean squared difference (eq. 4)

Chosen:
    input of VGG-16: sRGB, normalized as it was trained on; the authors' code gives it L, a and b
"""

from jaxcolor import config as defaults

TITLE = "content loss"


def get_config():
    config = defaults.from_file("a1.py", beside=__file__)
    config.objective.lambda_gan = 1e-3
    config.objective.lambda_l1 = 0.0
    config.objective.lambda_content = 1.0
    config.objective.content_tap = "relu13"
    return config
