"""Report 004, row B5: Deep Koalarization, row B3's network trained by its squared error alone.

    jaxcolor weights fetch inception_resnet_v2
    python -m jaxcolor.train --config configs/reports/b5.py --workdir runs/b5

Stated:
    loss: half of the squared error of a and b, averaged over pixels (eq. 1), which is the mean of
        both
    optimizer: Adam, 1e-3 (5.1)
    generator: table 4
    length: 15 epochs of batches of 64 (figure 4)

Chosen:
    β: (0.9, 0.999), Adam's own
    rate: that of 5.1, which describes this model; 5.7 gives 2e-4 and β (0.5, 0.999) as what its
        authors recommend
    pretraining: none
    encoder, skips, weights, scores, resizing, which images, checkpoint: as in row B1
"""

from jaxcolor import config as defaults

TITLE = "Deep Koalarization"


def get_config():
    config = defaults.from_file("b3.py", beside=__file__)
    config.objective.name = "regression"
    config.objective.lambda_l1 = 0.0
    config.objective.lambda_l2 = 1.0
    config.objective.discriminator_every = 1
    config.optimizer.generator.learning_rate = 1e-3
    config.optimizer.generator.b1 = 0.9
    config.train.pretrain_epochs = 0
    return config
