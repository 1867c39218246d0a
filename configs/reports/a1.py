"""Report 003, row A1: pix2pix in Lab on 10,000 images of COCO.

    python -m jaxcolor.train --config configs/reports/a1.py --workdir runs/a1
    python -m jaxcolor.evaluate --model runs/a1 --data imagenet_val_5000

The second command makes the scores beside the published ones of 5,000 ImageNet images, in a folder;
so for rows A2 to A7b. The authors' code is
github.com/shivamt-tr/Image-Colorization-using-conditional-Generative-Adversarial-Networks.

Stated:
    data: 8,000 images of COCO 2017's training set train and 2,000 test (4.1)
    losses: cross-entropy + λ · L1 (eq. 3)
    discriminator: PatchGAN on L, a and b (4.5)
    optimizer: Adam, 2e-4, β (0.5, 0.999) (4.4)
    length: 50 epochs of batches of 16 (4.4)

Chosen:
    λ: 100, which the report gives for row A3 and its code for this one
    generator: pix2pix's U-Net, 64 filters, dropout 0.5, as in the authors' code but for a bias of
        the last convolution
    discriminator: 70 × 70 patches, as in pix2pix and the authors' code
    images: 256 × 256, bicubic, half of the training images flipped, as in the authors' code
    which images: the first of the training set as TFDS orders it; 500 more validate
    weights: drawn with deviation 0.02, as in pix2pix
    checkpoint: the last one is scored
"""

from jaxcolor import config as defaults

TITLE = "U-Net"


def get_config():
    config = defaults.from_file("data/coco_10000.py", beside=__file__)
    config.train.num_epochs = 50
    return config
