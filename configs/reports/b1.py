"""Report 004, row B1: Inception fusion GAN with class maps, pretrained with L1, in Lab.

    jaxcolor weights fetch deeplab_v3_resnet50
    jaxcolor weights fetch inception_resnet_v2
    python -m jaxcolor.train --config configs/reports/b1.py --workdir runs/b1

Stated:
    data: 8,000 images of COCO train, 2,000 are held out (5.6); scored on 100 of these (6.1)
    images: 256 × 256, flipped at random, Lab in [-1, 1] (4.4)
    SSIM: the mean of the channels' (table 2)
    losses: cross-entropy + L1 (eq. 4)
    discriminator: PatchGAN (5.4); one update for five of the generator (5.6)
    generator: table 1, with DeepLab-v3's 21 class maps and Inception-ResNet-v2's 1,001 values (5.3)
    dropout: none (5.7)
    pretraining: 20 epochs of L1 at 1e-4 (5.5), batches of 64 (5.7)
    optimizer: Adam, 2e-4, β (0.5, 0.999), for both networks (5.6)
    length: 15 epochs (5.6) of batches of 64 (5.7)

Chosen:
    λ: 100 as in pix2pix; equation 4 has none, which would be 1, but the generator's losses of table
        3, 9.4 to 17.2, fit it
    pretraining: Adam with default β
    class maps: probabilities, by a softmax of DeepLab's values
    encoder: 256 maps at its end, as in table 1; 5.3.2 has 512
    skips: none, as in table 1, although 5.3 calls the generator a U-Net
    weights: drawn by He's rule, since the generator has no norms
    discriminator: 70 × 70 patches, as in pix2pix
    resizing: bicubic, to a square whatever the shape
    which images: the first of the training set as TFDS orders it, which is random; 500 more
        validate
    scores: PSNR of the same 100 images as SSIM, of which alone the report says it
    checkpoint: the last one is scored
"""

from jaxcolor import config as defaults

TITLE = "Inception fusion GAN"


def get_config():
    config = defaults.from_file("data/coco_10000.py", beside=__file__)
    config.data.test_split = "train[8000:8100]"
    config.data.batch_size = 64
    config.generator.name = "fusion"
    config.generator.segmentation = "deeplab_v3_resnet50"
    config.generator.embedding = "inception_resnet_v2"
    config.generator.dropout = 0.0
    config.objective.discriminator_every = 5
    config.train.pretrain_epochs = 20
    config.train.num_epochs = 15
    return config
