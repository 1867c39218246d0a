"""A small pix2pix on drawn scenes, to try the whole program on a laptop's CPU.

python -m jaxcolor.train --config configs/quickstart.py --workdir runs/quickstart
"""

from jaxcolor import config as defaults


def get_config():
    config = defaults.get_config()
    config.data.image_size = 64
    config.data.batch_size = 16
    config.data.num_scenes = 2400
    config.generator.num_filters = 16
    config.generator.dropout = 0.0
    config.discriminator.num_filters = 16
    config.train.num_steps = 1000
    config.train.log_every = 100
    config.train.eval_every = 250
    config.train.checkpoint_every = 250
    config.train.ema_decay = 0.99
    return config
