r"""Wasserstein GAN with gradient penalty, plus 100 · L1.

    python -m jaxcolor.train --config configs/wgan_gp.py --workdir runs/wgan_gp \
        --config.data.source=folder --config.data.path=photos

Without a source it trains on drawn scenes. Constants: Gulrajani et al., "Improved Training of
Wasserstein GANs", NeurIPS 2017, algorithm 1; a layer norm, since a batch norm would couple the
examples that the penalty takes one by one (§4). An epoch counts the critic's images.
"""

from jaxcolor import config as defaults


def get_config():
    config = defaults.get_config()
    config.discriminator.norm = "layer"
    config.objective.name = "wgan"
    config.objective.critic_steps = 5
    config.objective.lambda_gp = 10.0
    for optimizer in (config.optimizer.generator, config.optimizer.discriminator):
        optimizer.learning_rate = 1e-4
        optimizer.b1 = 0.0
        optimizer.b2 = 0.9
    config.train.num_epochs = 100
    return config
