"""Report 002, row S2: ResNet-18 Dynamic U-Net, pretrained with L1, on 10,000 images of COCO.

    python -m jaxcolor.backbones.weights fetch resnet18
    python -m jaxcolor.train --config configs/reports/s2.py --workdir runs/s2

The published PSNR is between 23.47 and 30.51. Open in the report and chosen here: 20 epochs of
pretraining at 1e-4, as in reports 003 and 004. Without trained weights of the encoder:
--config.generator.pretrained=false.
"""

from jaxcolor import config as defaults

TITLE = "ResNet-18 Dynamic U-Net, pretrained"
PUBLISHED = {"PSNR": "27.70", "SSIM": "0.53"}


def get_config():
    config = defaults.from_file("data/coco_10000.py", beside=__file__)
    config.data.batch_size = 20
    config.generator.name = "dynamic_unet"
    config.generator.pretrained = True
    config.train.pretrain_epochs = 20
    config.train.num_epochs = 20
    return config
