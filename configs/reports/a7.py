"""Report 003, row A7: row A1 with a ResNet-18 Dynamic U-Net, pretrained with L1.

    python -m jaxcolor.backbones.weights fetch resnet18
    python -m jaxcolor.train --config configs/reports/a7.py --workdir runs/a7

Without trained weights of the encoder: --config.generator.pretrained=false.
"""

from jaxcolor import config as defaults

TITLE = "ResNet-18 Dynamic U-Net, pretrained"
PUBLISHED = {
    "FID": "31.69",
    "ε-acc.": "47.18 %",
    "MAE 0–255": "11.50",
    "PSNR": "24.19",
    "FPS": "28",
}


def get_config():
    config = defaults.from_file("a1.py", beside=__file__)
    config.generator.name = "dynamic_unet"
    config.generator.pretrained = True
    config.train.pretrain_epochs = 20
    return config
