r"""Wasserstein GAN with weight clipping, plus 100 · L1.

    python -m jaxcolor.train --config configs/wgan_clip.py --workdir runs/wgan_clip \
        --config.data.source=folder --config.data.path=photos

Without a source it trains on drawn scenes. Constants: Arjovsky et al., "Wasserstein GAN", ICML
2017, algorithm 1. An epoch counts the critic's images.
"""

from jaxcolor import config as defaults


def get_config():
    config = defaults.get_config()
    config.objective.name = "wgan"
    config.objective.critic_steps = 5
    config.objective.clip = 0.01
    for optimizer in (config.optimizer.generator, config.optimizer.discriminator):
        optimizer.name = "rmsprop"
        optimizer.learning_rate = 5e-5
    config.train.num_epochs = 100
    return config
