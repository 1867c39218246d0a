"""Report 002, row S4: Wasserstein GAN with gradient penalty in Lab on 3,000 images of COCO.

    python -m jaxcolor.train --config configs/reports/s4.py --workdir runs/s4

The published PSNR is between 16.50 and 24.29. The critic has the batch norm of the report's
PatchGAN, although it couples the examples that the penalty takes one by one. Open in the report and
chosen here: 5 critic steps and penalty weight 10 as in the WGAN-GP paper, Adam's β (0.5, 0.999) as
in the report's other rows. An epoch counts the critic's images.
"""

from jaxcolor import config as defaults

TITLE = "WGAN-GP"
PUBLISHED = {"PSNR": "18.79", "SSIM": "0.01"}


def get_config():
    config = defaults.from_file("data/coco_3000.py", beside=__file__)
    config.data.batch_size = 32
    config.objective.name = "wgan"
    config.objective.critic_steps = 5
    config.objective.lambda_gp = 10.0
    for optimizer in (config.optimizer.generator, config.optimizer.discriminator):
        optimizer.learning_rate = 5e-5
    config.train.num_epochs = 20
    return config
