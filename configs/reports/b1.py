"""Report 004, row B1: Inception fusion GAN with class maps, pretrained with L1, in Lab.

    python -m jaxcolor.backbones.weights fetch deeplab_v3_resnet50
    python -m jaxcolor.backbones.weights fetch inception_resnet_v2
    python -m jaxcolor.train --config configs/reports/b1.py --workdir runs/b1

The published scores of rows B1 to B5 are those of 100 test images.
"""

from jaxcolor import config as defaults

TITLE = "Inception fusion GAN"
PUBLISHED = {"SSIM": "0.95026", "PSNR": "21.4709"}


def get_config():
    config = defaults.from_file("data/coco_10000.py", beside=__file__)
    config.data.batch_size = 64
    config.generator.name = "fusion"
    config.generator.segmentation = "deeplab_v3_resnet50"
    config.generator.embedding = "inception_resnet_v2"
    config.generator.dropout = 0.0
    config.objective.discriminator_every = 5
    config.train.pretrain_epochs = 20
    config.train.num_epochs = 15
    return config
