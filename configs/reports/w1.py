r"""Report 000, row W1: pix2pix from gray to RGB on 7,000 images of mini-ImageNet.

    python -m jaxcolor.train --config configs/reports/w1.py --workdir runs/w1 \
        --config.data.path=mini_imagenet

Stated:
    data: mini-ImageNet; 5,000 images train, 900 validate and 1,000 test (IV)
    images: 256 × 256, gray and RGB normalized by 0.5 and 0.5 (IV)
    generator: residual U-Net, batch norm, strided convolutions down, bilinear upsampling, dropout
        after each encoder level and the bridge (V.A.1)
    discriminator: PatchGAN, no norm in its first and last block (V.A.2); its loss is halved (eq. 4)
    losses: cross-entropy + 100 · L1 (eq. 3)
    optimizer: Adam, 2e-4, β (0.5, 0.999), for both networks (V.A.3)

Chosen:
    generator: three levels and a bridge, 64 filters, dropout 0.5; max pooling and transposed
        convolutions, which V.A.1 has first, are those of U-Nets in general
    blocks: batch norm and ReLU before each of two 3 × 3 convolutions, beside one of 1 × 1, as in
        Deep Residual U-Net; the report names the parts alone
    weights: drawn with deviation 0.02, as in pix2pix
    discriminator: 70 × 70 patches, as in pix2pix
    length: 50 epochs of batches of 16; the report gives neither
    which images: those of a hash of their paths
    flips: half of the training images
    resizing: bicubic, to a square whatever the shape
    checkpoint: the last one is scored
    gray: 0.299, 0.587 and 0.114 of red, green and blue, as PyTorch's and Pillow's conversions; the
        report does not say how it converts
    MAE: on images in [0, 1], as the published PSNR of 16.47 dB lets one infer

Differs:
    L1: the mean over pixels and channels, where equation 2 has their sum; equation 8, of row W3,
        has the mean, and a sum over 196,608 values leaves nothing of the cross-entropy
"""

from jaxcolor import config as defaults

TITLE = "pix2pix, RGB"


def get_config():
    config = defaults.get_config()
    config.data.source = "folder"
    config.data.validation_fraction = 0.13
    config.data.test_fraction = 0.13
    config.data.num_train_images = 5000
    config.data.num_validation_images = 900
    config.data.num_test_images = 1000
    config.data.color_space = "rgb"
    config.generator.name = "bilinear_residual_unet"
    config.train.best_metric = ""
    config.train.epoch_of = "generator"
    config.train.num_epochs = 50
    return config
