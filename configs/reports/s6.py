"""Report 002, row S6: CycleGAN in Lab on 3,000 images of COCO.

    python -m jaxcolor.train --config configs/reports/s6.py --workdir runs/s6

The published PSNR is between 1.69 and 11.12. Detail weighs half of the cycle. Open in the report
and chosen here: learning rates that fall to 0 in the second half, as in CycleGAN's own code. Half
of a step's images are used in gray only, half in color; an epoch counts both.
"""

from jaxcolor import config as defaults

TITLE = "CycleGAN"
PUBLISHED = {"PSNR": "6.03", "SSIM": "−0.01"}


def get_config():
    config = defaults.from_file("data/coco_3000.py", beside=__file__)
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
