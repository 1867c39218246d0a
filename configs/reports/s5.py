"""Report 002, row S5: Wasserstein GAN with weight clipping in Lab on 3,000 images of COCO.

    python -m jaxcolor.train --config configs/reports/s5.py --workdir runs/s5

The published PSNR is between 16.66 and 26.08. Open in the report and chosen here: 5 critic steps,
as in the WGAN paper. An epoch counts the critic's images.
"""

from jaxcolor import config as defaults

TITLE = "WGAN, clipping"
PUBLISHED = {"PSNR": "21.56", "SSIM": "0.07"}


def get_config():
    config = defaults.from_file("data/coco_3000.py", beside=__file__)
    config.data.batch_size = 32
    config.objective.name = "wgan"
    config.objective.critic_steps = 5
    config.objective.clip = 0.01
    for optimizer in (config.optimizer.generator, config.optimizer.discriminator):
        optimizer.name = "rmsprop"
        optimizer.learning_rate = 5e-5
    config.train.num_epochs = 20
    return config
