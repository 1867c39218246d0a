"""Report 004, row B6: pix2pix, the second baseline.

    python -m jaxcolor.train --config configs/reports/b6.py --workdir runs/b6

The report publishes pictures of it, and no scores.

Stated:
    generator: a U-Net with skips (5.2)
    losses: cross-entropy + L1 (eq. 4)

Chosen:
    training: data, batch, length and optimizer of row B1, without pretraining; the report shows
        pictures of a pix2pix that others trained on 1.2 million images of ImageNet for 3 epochs
        (figure 9)
    discriminator: one update for each of the generator, as in pix2pix, and dropout 0.5
    λ: 100, as in pix2pix
    weights: drawn with deviation 0.02, as in pix2pix
    scores, resizing, which images, checkpoint: as in row B1
"""

from jaxcolor import config as defaults

TITLE = "pix2pix"


def get_config():
    config = defaults.from_file("data/coco_10000.py", beside=__file__)
    config.data.test_split = "train[8000:8100]"
    config.data.batch_size = 64
    config.train.num_epochs = 15
    return config
