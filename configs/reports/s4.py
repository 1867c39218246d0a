"""Report 002, row S4: Wasserstein GAN with gradient penalty in Lab on 3,000 images of COCO.

    python -m jaxcolor.train --config configs/reports/s4.py --workdir runs/s4

Published (average, maximum, minimum): PSNR 18.79, 24.29, 16.50; SSIM 0.01. Data: COCO 2017 as TFDS
data set, 2,400 to train and 600 to test; 200 more validate. The critic has the batch norm of the
report's PatchGAN, although it couples the examples that the penalty takes one by one. Open in the
report and chosen here: 5 critic steps and penalty weight 10 as in the WGAN-GP paper, Adam's β
(0.5, 0.999) as in the report's other rows. An epoch counts the images that the critic sees.
"""

from jaxcolor import config as defaults


def get_config():
    config = defaults.get_config()
    config.data.source = "tfds"
    config.data.path = "coco/2017"
    config.data.train_split = "train[:2400]"
    config.data.validation_split = "train[3000:3200]"
    config.data.test_split = "train[2400:3000]"
    config.data.batch_size = 32
    config.objective.name = "wgan"
    config.objective.critic_steps = 5
    config.objective.lambda_gp = 10.0
    for optimizer in (config.optimizer.generator, config.optimizer.discriminator):
        optimizer.learning_rate = 5e-5
    config.train.num_epochs = 20
    return config
