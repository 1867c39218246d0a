"""Report 004, row B4: row B1 without the embedding.

python -m jaxcolor.backbones.weights fetch deeplab_v3_resnet50
python -m jaxcolor.train --config configs/reports/b4.py --workdir runs/b4
"""

from jaxcolor import config as defaults

TITLE = "B1 without embedding"
PUBLISHED = {"SSIM": "0.93829", "PSNR": "19.3556"}


def get_config():
    config = defaults.from_file("b1.py", beside=__file__)
    config.generator.embedding = ""
    return config
