r"""The model in the package, second stage: photographs of 256 pixels, the rate falling to 0.

    python -m jaxcolor.train --config configs/flagship_256.py --workdir runs/flagship_256 \
        --config.init_from=runs/flagship --config.data.path=photos

It starts from the generator of the first stage, `flagship.py`.
"""

from jaxcolor import config as config_lib


def get_config():
    config = config_lib.from_file("flagship.py", beside=__file__)
    config.data.image_size = 256
    config.data.min_crop = 0.7
    config.data.max_crop = 1.0
    config.generator.pretrained = False  # All weights come from the first stage.
    config.optimizer.generator.learning_rate = 5e-4
    config.train.num_steps = 1500
    config.train.linear_decay = 1.0
    return config
