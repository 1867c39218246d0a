"""Report 003, row A2: row A1 with a content loss on VGG-16 instead of L1.

    python -m jaxcolor.backbones.weights fetch vgg16
    python -m jaxcolor.train --config configs/reports/a2.py --workdir runs/a2

The report's perceptual sum weights the adversarial term with 1e-3; its features are those behind
the activation (eq. 4).
"""

from jaxcolor import config as defaults

TITLE = "content loss"
PUBLISHED = {
    "FID": "35.66",
    "ε-acc.": "31.13 %",
    "MAE 0–255": "15.74",
    "PSNR": "21.36",
    "FPS": "28",
}


def get_config():
    config = defaults.from_file("a1.py", beside=__file__)
    config.objective.lambda_gan = 1e-3
    config.objective.lambda_l1 = 0.0
    config.objective.lambda_content = 1.0
    config.objective.content_tap = "relu13"
    return config
