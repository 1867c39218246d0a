"""Report 002, row S6: CycleGAN in Lab on 3,000 images of COCO.

    python -m jaxcolor.train --config configs/reports/s6.py --workdir runs/s6

Stated:
    data: 2,400 images train and 600 test (V.D)
    losses: cross-entropy, cycle 10, detail 0.51 · 10, identity 0 (eq. 6 and the list of V.D)
    images: 256 × 256 (IV)
    discriminator: 70 × 70 PatchGAN, Conv-BatchNorm-LeakyReLU (V.A)
    weights: drawn with mean 0.0 and deviation 0.02 (V.A)
    optimizer: Adam, 1e-5, β (0.5, 0.999) (V.D)
    length: 20 epochs of batches of 1 (V.D): so many passes over the gray images, and over the color
        images

Chosen:
    generators: CycleGAN's of nine residual blocks, with instance norms; the blocks of V.A are the
        discriminator's
    pool: 50 earlier fakes for each discriminator, as in CycleGAN's own code
    decay: learning rates fall to 0 in the second half, as in CycleGAN's own code
    detail: L1 between lightness before and after, of both generators, as the paper that the report
        cites
    λ: the λ that equation 6 is said to set to 0 is taken for that of the identity loss, since the
        list has 10 for the cycle
    resizing, which images, checkpoint: as in row S1

Differs:
    flips: half of the training images, as in row S1
"""

from jaxcolor import config as defaults

TITLE = "CycleGAN"


def get_config():
    config = defaults.from_file("data/coco_3000.py", beside=__file__)
    config.data.batch_size = 1
    config.data.color_space = "lab_full"
    config.generator.name = "resnet"
    config.objective.name = "cyclegan"
    config.objective.cyclegan.lambda_cycle = 10.0
    config.objective.cyclegan.lambda_identity = 0.0
    config.objective.cyclegan.lambda_detail = 5.1
    for optimizer in (config.optimizer.generator, config.optimizer.discriminator):
        optimizer.learning_rate = 1e-5
    config.train.linear_decay = 0.5
    config.train.num_epochs = 20
    return config
