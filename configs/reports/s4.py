"""Report 002, row S4: Wasserstein GAN with gradient penalty in Lab on 3,000 images of COCO.

    python -m jaxcolor.train --config configs/reports/s4.py --workdir runs/s4

Stated:
    data: 2,400 images train and 600 test (V.C)
    images, weights, discriminator: as in row S1 (IV and V.A)
    losses: Wasserstein + gradient penalty (eq. 4)
    optimizer: Adam, 5e-5 for both networks (V.C)
    length: 20 epochs of batches of 32 (V.C)
    norm: batch norm in the critic, the report's PatchGAN (V.A), although it couples the examples
        that the penalty takes one by one

Chosen:
    λ: 100 weighs L1 as in row S1, whose words the list repeats ("regularization parameter"), and
        the penalty has the 10 of the WGAN-GP paper; row S4b has the other reading, by which λ is
        the penalty's strength as in equation 4
    critic: 5 updates for each of the generator, as in the WGAN-GP paper
    epoch: counts the generator's batches
    generator, β, resizing, which images, checkpoint: as in row S1

Differs:
    pooling, depth, flips: as in row S1
"""

from jaxcolor import config as defaults

TITLE = "WGAN-GP"


def get_config():
    config = defaults.from_file("data/coco_3000.py", beside=__file__)
    config.data.batch_size = 32
    config.objective.name = "wgan"
    config.objective.critic_steps = 5
    config.objective.lambda_gp = 10.0
    for optimizer in (config.optimizer.generator, config.optimizer.discriminator):
        optimizer.learning_rate = 5e-5
    config.train.num_epochs = 20
    return config
