"""pix2pix: binary cross-entropy on patches plus λ · L1 (Isola et al., CVPR 2017, §3.1 and §3.3)."""

from ml_collections import ConfigDict

from jaxcolor import models
from jaxcolor.losses.gan import binary_cross_entropy
from jaxcolor.objectives.adversarial import (
    GANLosses,
    apply_discriminator,
    examples_per_step,
    make_plan,
)
from jaxcolor.objectives.objective import Plan

__all__ = ["examples_per_step", "prepare"]


def prepare(config: ConfigDict) -> Plan:
    """Prepares the objective; the discriminator's loss is halved, to slow its training.

    Metrics: `D_real` and `D_fake`, the cross-entropy of real and of fake pairs.

    Args:
        config: the whole configuration.
    """
    discriminator = models.build_discriminator(config)

    def discriminator_loss(params, real, fake, keys):
        del keys
        d_real = binary_cross_entropy(apply_discriminator(discriminator, params, real), 1.0)
        d_fake = binary_cross_entropy(apply_discriminator(discriminator, params, fake), 0.0)
        return 0.5 * (d_real + d_fake), {"D_real": d_real, "D_fake": d_fake}

    losses = GANLosses(discriminator_loss, lambda logits: binary_cross_entropy(logits, 1.0))
    return make_plan(config, discriminator, losses)
