"""Report 002, row S2x: row S2 on 10,000 images of COCO, and 10 epochs.

    jaxcolor weights fetch resnet18
    python -m jaxcolor.train --config configs/reports/s2x.py --workdir runs/s2x

Stated:
    data: 8,000 images train and 2,000 test (IV)

Chosen:
    length: 10 epochs, as figure 7 has it for row S7x, which is trained without a GAN; pretrained
        for 20
"""

from jaxcolor import config as defaults

TITLE = "S2 on 10,000 images"


def get_config():
    config = defaults.from_file("s1x.py", beside=__file__)
    config.generator.name = "dynamic_unet"
    config.generator.pretrained = True
    config.train.pretrain_epochs = 20
    return config
