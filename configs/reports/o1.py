"""Report 001, row O1: vanilla GAN in Lab on COCO 2017.

    python -m jaxcolor.train --config configs/reports/o1.py --workdir runs/o1

The report trained for 4 hours. It publishes scores of its training images as well, and so does
scripts/reproduce.py.

Stated:
    images: 256 × 256, bicubic, Lab in [-1, 1] (IV)
    generator: U-Net of 8 levels down and up, 64 filters in the first, to 1 × 1 (III and V)
    discriminator: 70 × 70 PatchGAN, 3 levels down, 64 filters (II and V)
    losses: cross-entropy + λ · L1, a mean (III)
    length: 100 epochs (VI)

Chosen:
    data: 5,000 images, since mini-ImageNet's 10,000 took twice as long, which the report puts down
        to their number; 4,400 train (the report: 85 to 90 %, IV), 100 validate and 500 test
    optimizer: Adam, 2e-4, β (0.5, 0.999), as in pix2pix; the report names the WGAN's alone
    λ: 100, as in pix2pix
    batch: 16, and half of the training images are flipped
    table: its one table, captioned as image data set 1, is taken for COCO's
    weights: drawn with deviation 0.02, as in pix2pix
    norms, dropout: batch norm in both networks, 0.5 in the generator, as in pix2pix
    checkpoint: the last one is scored

Differs:
    pooling: convolutions of stride 2 in the place of max pooling (III), as in the pix2pix
        U-Net that the rest describes
"""

from jaxcolor import config as defaults

TITLE = "vanilla GAN"


def get_config():
    config = defaults.from_file("data/coco_10000.py", beside=__file__)
    config.data.train_split = "train[:4400]"
    config.data.validation_split = "train[4400:4500]"
    config.data.test_split = "train[4500:5000]"
    config.train.num_epochs = 100
    return config
