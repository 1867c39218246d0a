"""Report 001, row O2: row O1 with a Wasserstein GAN and weight clipping.

    python -m jaxcolor.train --config configs/reports/o2.py --workdir runs/o2

The report trained for 5 hours. It publishes scores of its training images as well.

Stated:
    losses: Wasserstein + L1 (III)
    optimizer: RMSprop, 5e-5, for both networks (V)
    length: 100 epochs (VI)

Chosen:
    λ: 100, as in row O1
    critic: 5 updates for each of the generator, weights clipped to 0.01, as in the WGAN paper,
        which the report follows
    norm: batch norm stays in the critic
    decay: RMSprop's 0.99, PyTorch's default
    epoch: counts the generator's batches: 100 epochs took a quarter longer than those of row O1
"""

from jaxcolor import config as defaults

TITLE = "WGAN, clipping"


def get_config():
    config = defaults.from_file("o1.py", beside=__file__)
    config.objective.name = "wgan"
    config.objective.critic_steps = 5
    config.objective.clip = 0.01
    for optimizer in (config.optimizer.generator, config.optimizer.discriminator):
        optimizer.name = "rmsprop"
        optimizer.learning_rate = 5e-5
    return config
