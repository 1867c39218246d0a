r"""A Wasserstein GAN of 64 × 64 pixels, small enough to learn photographs on a CPU in minutes.

    python -m jaxcolor.train --config configs/small.py --workdir runs/small \
        --config.data.path=photos

A few thousand photographs overfit easily: hence few filters, strong dropout and augmentation, and
the clipped critic, with which L2 dominates the loss. With 4,266 photographs: 2 minutes on 2 CPU
cores, PSNR 25.46 where gray has 24.38 (docs/results.md).
"""

from jaxcolor import config as defaults


def get_config():
    config = defaults.get_config()
    config.data.source = "folder"
    config.data.image_size = 64
    config.data.batch_size = 32
    config.data.min_crop = 0.3
    config.data.gamma_range = 1.6
    config.generator.num_filters = 16
    config.generator.dropout = 0.8
    config.discriminator.num_filters = 16
    config.objective.name = "wgan"
    config.objective.clip = 0.01
    config.objective.lambda_l1 = 0.0
    config.objective.lambda_l2 = 500.0
    config.optimizer.generator.learning_rate = 1e-3
    config.train.num_epochs = 6
    config.train.log_every = 100
    config.train.eval_every = 200
    config.train.checkpoint_every = 200
    config.train.ema_decay = 0.999
    return config
