"""Report 003, row A7: ResNet-18 Dynamic U-Net, pretrained with L1, in Lab.

    python -m jaxcolor.backbones.weights fetch resnet18
    python -m jaxcolor.train --config configs/reports/a7.py --workdir runs/a7

Published (COCO): FID 31.69, ε-accuracy 47.18 %, MAE 11.50, PSNR 24.19, 28 FPS. Data: COCO 2017 as
TFDS data set, 8,000 to train and 2,000 to test; 500 more validate. Without trained weights of the
encoder: --config.generator.pretrained=false.
"""

from jaxcolor import config as defaults


def get_config():
    config = defaults.get_config()
    config.data.source = "tfds"
    config.data.path = "coco/2017"
    config.data.train_split = "train[:8000]"
    config.data.validation_split = "train[10000:10500]"
    config.data.test_split = "train[8000:10000]"
    config.generator.name = "dynamic_unet"
    config.generator.pretrained = True
    config.train.pretrain_epochs = 20
    config.train.num_epochs = 50
    return config
