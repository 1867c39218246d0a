r"""The model in the package, third stage: a short adversarial phase at small rates.

    python -m jaxcolor.train --config configs/flagship_gan.py --workdir runs/flagship_gan \
        --config.init_from=runs/flagship_256 --config.data.path=photos

It starts from the generator of the second stage, `flagship_256.py`; a PatchGAN scores the colors
that are read from its distribution (as in NoGAN, Antic, "DeOldify", 2019, the adversarial training
is a small part of the whole).
"""

from jaxcolor import config as config_lib


def get_config():
    config = config_lib.from_file("flagship_256.py", beside=__file__)
    config.data.bins.colorfulness = 0.5
    config.discriminator.num_filters = 32
    config.discriminator.norm = "instance"
    config.objective.name = "pix2pix"
    config.objective.lambda_gan = 0.1
    config.optimizer.generator.learning_rate = 2e-5
    config.train.num_steps = 500
    config.train.ema_decay = 0.98
    return config
