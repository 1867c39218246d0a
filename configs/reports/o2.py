"""Report 001, row O2: row O1 with a Wasserstein GAN and weight clipping.

    python -m jaxcolor.train --config configs/reports/o2.py --workdir runs/o2

The report trained for 5 hours. Open in it and chosen here: λ 100, clip 0.01 and 5 critic steps as
in the WGAN paper, flips, batch 16. An epoch counts the critic's images.
"""

from jaxcolor import config as defaults

TITLE = "WGAN, clipping"
PUBLISHED = {"FID (own scale)": "0.086", "PSNR": "17.58", "SSIM": "0.7385", "IS": "12.386"}


def get_config():
    config = defaults.from_file("o1.py", beside=__file__)
    config.objective.name = "wgan"
    config.objective.critic_steps = 5
    config.objective.clip = 0.01
    for optimizer in (config.optimizer.generator, config.optimizer.discriminator):
        optimizer.name = "rmsprop"
        optimizer.learning_rate = 5e-5
    return config
