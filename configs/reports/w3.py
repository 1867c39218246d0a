r"""Report 000, row W3: Wasserstein GAN with gradient penalty from gray to RGB.

    python -m jaxcolor.train --config configs/reports/w3.py --workdir runs/w3 \
        --config.data.path=mini_imagenet

Published (7,000 and 27,000 images): FID 109.80 and 172.74, IS 10.32 and 11.62 where the true images
have 11.81 and 14.47, PSNR 15.07 and 10.78, SSIM 0.66 and 0.43, MAE 0.14 and 0.22. The penalty is
added, as the report's text says, where its equation 6 multiplies. The critic has the report's batch
norm, although it couples the examples that the penalty takes one by one. An epoch counts the images
that the critic sees. Data: a folder, of which 5,000 images train, 900 validate and 1,000 test if it
holds 6,900. Open in the report and chosen here: 64 filters, dropout 0.5, flips, batch 16, 50
epochs.
"""

from jaxcolor import config as defaults


def get_config():
    config = defaults.get_config()
    config.data.source = "folder"
    config.data.validation_fraction = 0.13
    config.data.test_fraction = 0.145
    config.data.color_space = "rgb"
    config.generator.name = "bilinear_residual_unet"
    config.objective.name = "wgan"
    config.objective.critic_steps = 3
    config.objective.lambda_gp = 10.0
    for optimizer in (config.optimizer.generator, config.optimizer.discriminator):
        optimizer.name = "rmsprop"
        optimizer.learning_rate = 5e-5
    config.train.num_epochs = 50
    return config
