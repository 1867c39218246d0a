"""Report 002, row S2: row S1 with a ResNet-18 Dynamic U-Net, pretrained, and 20 epochs.

    jaxcolor weights fetch resnet18
    python -m jaxcolor.train --config configs/reports/s2.py --workdir runs/s2

Without trained weights of the encoder: --config.generator.pretrained=false.

Stated:
    generator: fastai's Dynamic U-Net over a pretrained ResNet-18 (V.B)
    pretraining: separate, "supervised and deterministic" (V.B)
    length: 20 epochs on 3,000 images (figure 9)

Chosen:
    figure: of the captions, 10 epochs with 10,000 images (row S2x) and 20 with 3,000, table 1 is
        taken to be of the latter: figures 5 and 9, which name the GAN, have 3,000; figure 5's
        "CGAN+ResNet18- Attention" is taken for this row
    pretraining: 20 epochs of L1 with Adam at 1e-4, as in reports 003 and 004, which follow the same
        tutorial
    batch: 20, as in row S1

Differs:
    weights: what is not pretrained is drawn as fastai does, not with deviation 0.02 (V.A)
"""

from jaxcolor import config as defaults

TITLE = "ResNet-18 Dynamic U-Net, pretrained"


def get_config():
    config = defaults.from_file("s1.py", beside=__file__)
    config.generator.name = "dynamic_unet"
    config.generator.pretrained = True
    config.train.pretrain_epochs = 20
    config.train.num_epochs = 20
    return config
