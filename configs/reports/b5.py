"""Report 004, row B5: Deep Koalarization, row B3's network trained by its squared error alone.

    python -m jaxcolor.backbones.weights fetch inception_resnet_v2
    python -m jaxcolor.train --config configs/reports/b5.py --workdir runs/b5

Half of the squared error of a and b together is the mean of both.
"""

from jaxcolor import config as defaults

TITLE = "Deep Koalarization"
PUBLISHED = {"SSIM": "0.90014", "PSNR": "19.0556"}


def get_config():
    config = defaults.from_file("data/coco_10000.py", beside=__file__)
    config.data.batch_size = 64
    config.generator.name = "fusion"
    config.generator.embedding = "inception_resnet_v2"
    config.generator.dropout = 0.0
    config.objective.name = "regression"
    config.objective.lambda_l1 = 0.0
    config.objective.lambda_l2 = 1.0
    config.optimizer.generator.learning_rate = 1e-3
    config.optimizer.generator.b1 = 0.9
    config.train.num_epochs = 15
    return config
