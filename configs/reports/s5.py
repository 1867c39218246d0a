"""Report 002, row S5: Wasserstein GAN with weight clipping in Lab on 3,000 images of COCO.

    python -m jaxcolor.train --config configs/reports/s5.py --workdir runs/s5

Stated:
    data: 2,400 images train and 600 test (V.C)
    images, weights, discriminator: as in row S1 (IV and V.A)
    losses: Wasserstein (eq. 5)
    optimizer: RMSprop, 5e-5 for both networks (V.C)
    clip: 0.01 (V.C)
    length: 20 epochs of batches of 32 (V.C)
    norm: batch norm in the critic, as in row S4

Chosen:
    λ: 100 weighs L1 as in row S1, whose words the list repeats ("regularization parameter"); row
        S5b has no L1, as equation 5 has none
    critic: 5 updates for each of the generator, as in the WGAN paper
    decay: RMSprop's 0.99, PyTorch's default
    epoch: counts the generator's batches
    generator, resizing, which images, checkpoint: as in row S1

Differs:
    pooling, depth, flips: as in row S1
"""

from jaxcolor import config as defaults

TITLE = "WGAN, clipping"


def get_config():
    config = defaults.from_file("data/coco_3000.py", beside=__file__)
    config.data.batch_size = 32
    config.objective.name = "wgan"
    config.objective.critic_steps = 5
    config.objective.clip = 0.01
    for optimizer in (config.optimizer.generator, config.optimizer.discriminator):
        optimizer.name = "rmsprop"
        optimizer.learning_rate = 5e-5
    config.train.num_epochs = 20
    return config
