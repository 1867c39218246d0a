"""Report 002, row S6: CycleGAN in Lab on 3,000 images of COCO.

    python -m jaxcolor.train --config configs/reports/s6.py --workdir runs/s6

Published (average, maximum, minimum): PSNR 6.03, 11.12, 1.69; SSIM -0.01. Data: COCO 2017 as TFDS
data set, 2,400 to train and 600 to test; 200 more validate. Detail weighs half of the cycle. Open
in the report and chosen here: learning rates that fall to 0 in the second half, as in CycleGAN's
own code. Half of a step's images are seen in gray only, half in color; an epoch counts both.
"""

from jaxcolor import config as defaults


def get_config():
    config = defaults.get_config()
    config.data.source = "tfds"
    config.data.path = "coco/2017"
    config.data.train_split = "train[:2400]"
    config.data.validation_split = "train[3000:3200]"
    config.data.test_split = "train[2400:3000]"
    config.data.batch_size = 1
    config.data.color_space = "lab_full"
    config.generator.name = "resnet"
    config.discriminator.norm = "instance"
    config.objective.name = "cyclegan"
    config.objective.cyclegan.lambda_cycle = 10.0
    config.objective.cyclegan.lambda_identity = 0.0
    config.objective.cyclegan.lambda_detail = 5.0
    for optimizer in (config.optimizer.generator, config.optimizer.discriminator):
        optimizer.learning_rate = 1e-5
    config.train.linear_decay = 0.5
    config.train.num_epochs = 20
    return config
