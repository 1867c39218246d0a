"""Losses that compare a fake image with the real one."""

import jax
import jax.numpy as jnp


def l1(fake: jax.Array, real: jax.Array) -> jax.Array:
    """Computes the mean absolute difference.

    Args:
        fake: any shape, float32.
        real: same shape.

    Returns:
        A float32 scalar.
    """
    return jnp.abs(fake - real).mean()


def l2(fake: jax.Array, real: jax.Array) -> jax.Array:
    """Computes the mean squared difference.

    Args:
        fake: any shape, float32.
        real: same shape.

    Returns:
        A float32 scalar.
    """
    return jnp.square(fake - real).mean()
