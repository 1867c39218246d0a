"""Report 003, row A3: row A1 with L1 and a content loss on VGG-16.

    python -m jaxcolor.backbones.weights fetch vgg16
    python -m jaxcolor.train --config configs/reports/a3.py --workdir runs/a3

The features are those behind the activation of the 7th convolution (eq. 4).
"""

from jaxcolor import config as defaults

TITLE = "L1 + content loss"
PUBLISHED = {
    "FID": "29.50",
    "ε-acc.": "35.39 %",
    "MAE 0–255": "14.43",
    "PSNR": "22.15",
    "FPS": "28",
}


def get_config():
    config = defaults.from_file("a1.py", beside=__file__)
    config.objective.lambda_content = 10.0
    config.objective.content_tap = "relu7"
    return config
