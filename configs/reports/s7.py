"""Report 002, row S7: the Dynamic U-Net of row S2 without a GAN.

    jaxcolor weights fetch resnet18
    python -m jaxcolor.train --config configs/reports/s7.py --workdir runs/s7

The report publishes pictures of it (figure 8), and no scores.

Stated:
    images: as in row S1 (IV)
    length: 20 epochs on 3,000 images (figure 8)

Chosen:
    loss: L1 alone; the captions say "U-Net with ResNet18" and not CGAN
    optimizer: Adam, 1e-4, β (0.9, 0.999), as the pretraining of row S2
    split: 2,400 images train and 600 test, as in the report's other models
    batch, resizing, which images, checkpoint: as in row S1

Differs:
    flips: half of the training images, as in row S1
    weights: what is not pretrained is drawn as in row S2
"""

from jaxcolor import config as defaults

TITLE = "ResNet-18 Dynamic U-Net, L1 alone"


def get_config():
    config = defaults.from_file("data/coco_3000.py", beside=__file__)
    config.data.batch_size = 20
    config.generator.name = "dynamic_unet"
    config.generator.pretrained = True
    config.objective.name = "regression"
    config.objective.lambda_l1 = 1.0
    config.optimizer.generator.learning_rate = 1e-4
    config.optimizer.generator.b1 = 0.9
    config.train.num_epochs = 20
    return config
