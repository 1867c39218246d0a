"""Report 003, row A7b: row A7 with a ResNet-18 Dynamic U-Net.

    jaxcolor weights fetch resnet18
    python -m jaxcolor.train --config configs/reports/a7b.py --workdir runs/a7b

Without trained weights of the encoder: --config.generator.pretrained=false.

Chosen:
    generator: fastai's Dynamic U-Net over a ResNet-18 trained on ImageNet, as in the authors' code;
        the published scores of row A7 may be those of this one
    weights: what is not pretrained is drawn as fastai does
"""

from jaxcolor import config as defaults

TITLE = "ResNet-18 Dynamic U-Net, pretrained"


def get_config():
    config = defaults.from_file("a7.py", beside=__file__)
    config.generator.name = "dynamic_unet"
    config.generator.pretrained = True
    return config
