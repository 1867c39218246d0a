"""Report 003, row A2: pix2pix with a content loss on VGG-16 instead of L1, in Lab.

    python -m jaxcolor.backbones.weights fetch vgg16
    python -m jaxcolor.train --config configs/reports/a2.py --workdir runs/a2

Published (COCO): FID 35.66, ε-accuracy 31.13 %, MAE 15.74, PSNR 21.36, 28 FPS. Data: COCO 2017 as
TFDS data set, 8,000 to train and 2,000 to test; 500 more validate. The report's perceptual sum
weights the adversarial term with 1e-3; its features are those behind the activation (eq. 4).
"""

from jaxcolor import config as defaults


def get_config():
    config = defaults.get_config()
    config.data.source = "tfds"
    config.data.path = "coco/2017"
    config.data.train_split = "train[:8000]"
    config.data.validation_split = "train[10000:10500]"
    config.data.test_split = "train[8000:10000]"
    config.objective.lambda_gan = 1e-3
    config.objective.lambda_l1 = 0.0
    config.objective.lambda_content = 1.0
    config.objective.content_tap = "relu13"
    config.train.num_epochs = 50
    return config
