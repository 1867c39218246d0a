r"""A pix2pix of 64 × 64 pixels, small enough to learn photographs on a CPU in under an hour.

python -m jaxcolor.train --config configs/small.py --workdir runs/small \
        --config.data.path=photos
"""

from jaxcolor import config as defaults


def get_config():
    config = defaults.get_config()
    config.data.source = "folder"
    config.data.image_size = 64
    config.data.batch_size = 32
    config.generator.num_filters = 32
    config.discriminator.num_filters = 32
    config.train.num_epochs = 30
    config.train.log_every = 100
    config.train.eval_every = 500
    config.train.checkpoint_every = 500
    config.train.ema_decay = 0.999
    return config
