"""Report 002, row S1: pix2pix in Lab on 3,000 images of COCO.

    python -m jaxcolor.train --config configs/reports/s1.py --workdir runs/s1

The report publishes pictures of it, and no scores.

Stated:
    data: 2,400 images train and 600 test (V.B); row S1x has the 8,000 and 2,000 of section IV
    images: 256 × 256, Lab in [-1, 1] (IV)
    discriminator: 70 × 70 PatchGAN with 30 × 30 outputs, Conv-BatchNorm-LeakyReLU, no norm in the
        first and last block (V.A); its loss is the average of both (V.A)
    weights: drawn with mean 0.0 and deviation 0.02 (V.A)
    losses: cross-entropy + 100 · L1, a mean (eq. 3)
    optimizer: Adam, 2e-4 for both networks (V.B)
    length: 10 epochs of batches of 20 (V.B)

Chosen:
    β: (0.5, 0.999), which the report gives for row S6
    generator: pix2pix's U-Net, 64 filters, dropout 0.5
    resizing: bicubic, to a square whatever the shape
    which images: the first of the training set as TFDS orders it; 200 more validate
    checkpoint: the last one is scored

Differs:
    pooling: convolutions of stride 2, as in pix2pix; the text names pooling in brackets (V.A)
    depth: down to 1 × 1 pixel, as pix2pix; the text has 2 × 2, but of images of 32 × 32
    flips: half of the training images, at random; the report flips all of them, which would only
        exchange left and right, and leaves augmentation out
"""

from jaxcolor import config as defaults

TITLE = "U-Net"


def get_config():
    config = defaults.from_file("data/coco_3000.py", beside=__file__)
    config.data.batch_size = 20
    config.train.num_epochs = 10
    return config
