"""Report 003, row A3: pix2pix with L1 and a content loss on VGG-16, in Lab.

    python -m jaxcolor.backbones.weights fetch vgg16
    python -m jaxcolor.train --config configs/reports/a3.py --workdir runs/a3

Published (COCO): FID 29.50, ε-accuracy 35.39 %, MAE 14.43, PSNR 22.15, 28 FPS. Data: COCO 2017 as
TFDS data set, 8,000 to train and 2,000 to test; 500 more validate. The features are those behind
the activation of the 7th convolution (eq. 4).
"""

from jaxcolor import config as defaults


def get_config():
    config = defaults.get_config()
    config.data.source = "tfds"
    config.data.path = "coco/2017"
    config.data.train_split = "train[:8000]"
    config.data.validation_split = "train[10000:10500]"
    config.data.test_split = "train[8000:10000]"
    config.objective.lambda_content = 10.0
    config.objective.content_tap = "relu7"
    config.train.num_epochs = 50
    return config
