"""Report 004, row B1e: row B1 with a discriminator that is updated in every step.

    jaxcolor weights fetch deeplab_v3_resnet50
    jaxcolor weights fetch inception_resnet_v2
    python -m jaxcolor.train --config configs/reports/b1e.py --workdir runs/b1e

Chosen:
    discriminator: one update for each of the generator, as figure 3 is taken to show: its
        discriminator learns faster than the generator "before changes"
"""

from jaxcolor import config as defaults

TITLE = "B1, discriminator in every step"


def get_config():
    config = defaults.from_file("b1.py", beside=__file__)
    config.objective.discriminator_every = 1
    return config
