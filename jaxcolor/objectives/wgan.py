"""Wasserstein GANs, with weight clipping or with gradient penalty.

Arjovsky et al., "Wasserstein GAN", ICML 2017; Gulrajani et al., "Improved Training of Wasserstein
GANs", NeurIPS 2017.
"""

import jax
import jax.numpy as jnp
from ml_collections import ConfigDict

from jaxcolor import models
from jaxcolor.compilation import at_highest_precision
from jaxcolor.config import InputError
from jaxcolor.losses.gan import gradient_penalty
from jaxcolor.objectives.adversarial import (
    GANLosses,
    apply_discriminator,
    examples_per_step,
    make_plan,
)
from jaxcolor.objectives.objective import Plan

__all__ = ["examples_per_step", "prepare"]


def prepare(config: ConfigDict) -> Plan:
    """Prepares the objective: `critic = mean(f(fake)) - mean(f(real))` plus the constraint.

    Metrics: `D_real` and `D_fake`, the critic's mean on real and on fake pairs; `critic`,
    their difference, minus an estimate of the Wasserstein distance; with a penalty also
    `gradient_penalty`, before its weight.

    Args:
        config: the whole configuration.

    Raises:
        InputError: not exactly one of `clip` and `lambda_gp` is set.
    """
    clip, lambda_gp = config.objective.clip, config.objective.lambda_gp
    if (clip > 0) == (lambda_gp > 0):
        raise InputError(
            f"config.objective.clip={clip}, config.objective.lambda_gp={lambda_gp}: "
            "config.objective.name='wgan' needs exactly one of them above 0"
        )
    critic = models.build_discriminator(config)
    # The penalty needs second derivatives, for which bfloat16 and TF32 are too coarse.
    exact_critic = critic.clone(dtype=jnp.float32)

    @at_highest_precision
    def exact_penalty(params, real, fake, keys):
        return gradient_penalty(
            lambda pairs: apply_discriminator(exact_critic, params, pairs), real, fake, keys
        )

    def critic_loss(params, real, fake, keys):
        d_real = apply_discriminator(critic, params, real).mean()
        d_fake = apply_discriminator(critic, params, fake).mean()
        loss = d_fake - d_real
        metrics = {"D_real": d_real, "D_fake": d_fake, "critic": loss}
        if lambda_gp:
            penalty = exact_penalty(params, real, fake, keys)
            metrics["gradient_penalty"] = penalty
            loss += lambda_gp * penalty
        return loss, metrics

    def constrain(params):
        if not clip:
            return params
        return jax.tree.map(lambda weight: jnp.clip(weight, -clip, clip), params)

    losses = GANLosses(critic_loss, lambda scores: -scores.mean(), constrain)
    return make_plan(config, critic, losses)
