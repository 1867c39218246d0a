"""Report 003, row A7: row A1, its generator pretrained with L1.

    python -m jaxcolor.train --config configs/reports/a7.py --workdir runs/a7

Stated:
    generator: "Pre-Trained UNet" (table 6), as fast as that of row A1
    pretraining: 20 epochs of L1 (4.6) with Adam, 1e-4, default β (4.4)

Chosen:
    generator: the authors' code pretrains a ResNet-18 Dynamic U-Net, which the text does not
        mention; that is row A7b
"""

from jaxcolor import config as defaults

TITLE = "U-Net, pretrained"


def get_config():
    config = defaults.from_file("a1.py", beside=__file__)
    config.train.pretrain_epochs = 20
    return config
