r"""Report 000, row W3: row W1 with a Wasserstein GAN and gradient penalty.

    python -m jaxcolor.train --config configs/reports/w3.py --workdir runs/w3 \
        --config.data.path=mini_imagenet

With 27,000 images the report has FID 172.74, IS 11.62, PSNR 10.78, SSIM 0.43, MAE 0.22. For this
row it gives the true images of its small set an IS of 11.81. The penalty is added, as the report's
text says, where its equation 6 multiplies. The critic has the report's batch norm, although it
couples the examples that the penalty takes one by one. An epoch counts the critic's images.
"""

from jaxcolor import config as defaults

TITLE = "WGAN-GP, RGB"
PUBLISHED = {"FID": "109.80", "IS": "10.32", "PSNR": "15.07", "SSIM": "0.66", "MAE 0–1": "0.14"}


def get_config():
    config = defaults.from_file("w1.py", beside=__file__)
    config.objective.name = "wgan"
    config.objective.critic_steps = 3
    config.objective.lambda_gp = 10.0
    for optimizer in (config.optimizer.generator, config.optimizer.discriminator):
        optimizer.name = "rmsprop"
        optimizer.learning_rate = 5e-5
    return config
