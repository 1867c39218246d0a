"""Report 002, row S3: row S1 with an attention U-Net, and 20 epochs.

    python -m jaxcolor.train --config configs/reports/s3.py --workdir runs/s3

Stated:
    generator: the U-Net with attention blocks (V.A)
    length: 20 epochs on 3,000 images (figure 10)

Chosen:
    attention: gates on all skips, as in Attention U-Net, which the report cites
    batch: 20, as in row S1
"""

from jaxcolor import config as defaults

TITLE = "attention U-Net"


def get_config():
    config = defaults.from_file("s1.py", beside=__file__)
    config.generator.name = "attention_unet"
    config.train.num_epochs = 20
    return config
