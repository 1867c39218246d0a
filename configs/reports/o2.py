"""Report 001, row O2: Wasserstein GAN with weight clipping in Lab on COCO 2017.

    python -m jaxcolor.train --config configs/reports/o2.py --workdir runs/o2

Published (test): FID 0.086 on a scale of its own, PSNR 17.58, SSIM 0.7385, IS 12.386, after 5
hours. Data as in row O1. Open in the report and chosen here: λ 100, clip 0.01 and 5 critic steps as
in the WGAN paper, flips, batch 16. An epoch counts the images that the critic sees.
"""

from jaxcolor import config as defaults


def get_config():
    config = defaults.get_config()
    config.data.source = "tfds"
    config.data.path = "coco/2017"
    config.data.train_split = "train[:8800]"
    config.data.validation_split = "train[8800:9000]"
    config.data.test_split = "train[9000:10000]"
    config.objective.name = "wgan"
    config.objective.critic_steps = 5
    config.objective.clip = 0.01
    for optimizer in (config.optimizer.generator, config.optimizer.discriminator):
        optimizer.name = "rmsprop"
        optimizer.learning_rate = 5e-5
    config.train.num_epochs = 100
    return config
