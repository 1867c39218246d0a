"""Report 002, row S5: Wasserstein GAN with weight clipping in Lab on 3,000 images of COCO.

    python -m jaxcolor.train --config configs/reports/s5.py --workdir runs/s5

Published (average, maximum, minimum): PSNR 21.56, 26.08, 16.66; SSIM 0.07. Data: COCO 2017 as TFDS
data set, 2,400 to train and 600 to test; 200 more validate. Open in the report and chosen here: 5
critic steps, as in the WGAN paper. An epoch counts the images that the critic sees.
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
    config.objective.clip = 0.01
    for optimizer in (config.optimizer.generator, config.optimizer.discriminator):
        optimizer.name = "rmsprop"
        optimizer.learning_rate = 5e-5
    config.train.num_epochs = 20
    return config
