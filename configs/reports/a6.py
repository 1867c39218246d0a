"""Report 003, row A6: row A5's network, doubled to 512 × 512 RGB.

    python -m jaxcolor.train --config configs/reports/a6.py --workdir runs/a6

Published (COCO): FID 70.73, ε-accuracy 5.57 %, MAE 24.21, PSNR 18.33, 21 FPS. Data: COCO 2017 as
TFDS data set, 8,000 to train and 2,000 to test; 500 more validate. Row A5 has to be trained first,
in runs/a5; its network stays as it is. Images with fewer than 512 pixels are scaled up.
"""

from jaxcolor import config as defaults


def get_config():
    config = defaults.get_config()
    config.data.source = "tfds"
    config.data.path = "coco/2017"
    config.data.train_split = "train[:8000]"
    config.data.validation_split = "train[10000:10500]"
    config.data.test_split = "train[8000:10000]"
    config.init_from = "runs/a5"
    config.data.color_space = "lab_to_rgb"
    config.generator.name = "upscaler"
    config.train.num_epochs = 50
    return config
