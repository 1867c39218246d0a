"""Report 004, row B3: row B1 without class maps.

    python -m jaxcolor.backbones.weights fetch inception_resnet_v2
    python -m jaxcolor.train --config configs/reports/b3.py --workdir runs/b3

Published: SSIM 0.92358, PSNR 19.9012, on 100 test images. Data: COCO 2017 as TFDS data set, 8,000
to train and 2,000 to test; 500 more validate.
"""

from jaxcolor import config as defaults


def get_config():
    config = defaults.get_config()
    config.data.source = "tfds"
    config.data.path = "coco/2017"
    config.data.train_split = "train[:8000]"
    config.data.validation_split = "train[10000:10500]"
    config.data.test_split = "train[8000:10000]"
    config.data.batch_size = 64
    config.generator.name = "fusion"
    config.generator.embedding = "inception_resnet_v2"
    config.objective.discriminator_every = 5
    config.train.pretrain_epochs = 20
    config.train.num_epochs = 15
    return config
