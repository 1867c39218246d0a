r"""Report 000, row W3: row W1 with a Wasserstein GAN and gradient penalty.

    python -m jaxcolor.train --config configs/reports/w3.py --workdir runs/w3 \
        --config.data.path=mini_imagenet

Stated:
    penalty: weight 10 (V.D)
    critic: 3 updates for each of the generator (V.D)
    losses: minus the mean score of fakes + 100 · L1, a mean (eq. 7 and 8)
    optimizer: RMSprop, 5e-5 (V.A.3)
    norm: batch norm in the critic, the PatchGAN of all three models (V.A.2), although it couples
        the examples that the penalty takes one by one

Chosen:
    sign: the critic minimizes the fakes' mean minus the real images', as WGAN; equation 6 has them
        the other way round
    length: 50 epochs, as in row W1, counted in the generator's batches
    decay: RMSprop's 0.99, PyTorch's default

Differs:
    penalty: added to the difference of the scores, as in the WGAN-GP paper; the text and equation 6
        multiply the two, which rewards a large penalty wherever the difference is negative
    critic: without the sigmoid that V.A.2 has for all three models, as in the WGAN paper
"""

from jaxcolor import config as defaults

TITLE = "WGAN-GP, RGB"


def get_config():
    config = defaults.from_file("w1.py", beside=__file__)
    config.objective.name = "wgan"
    config.objective.critic_steps = 3
    config.objective.lambda_gp = 10.0
    for optimizer in (config.optimizer.generator, config.optimizer.discriminator):
        optimizer.name = "rmsprop"
        optimizer.learning_rate = 5e-5
    return config
