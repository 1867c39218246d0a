"""Losses that compare a generated image with the true one."""

import jax
import jax.numpy as jnp


def l1(generated: jax.Array, real: jax.Array) -> jax.Array:
    """Computes the mean absolute difference.

    Args:
        generated: any shape, float32.
        real: same shape.

    Returns:
        A float32 scalar.
    """
    return jnp.abs(generated - real).mean()


def l2(generated: jax.Array, real: jax.Array) -> jax.Array:
    """Computes the mean squared difference.

    Args:
        generated: any shape, float32.
        real: same shape.

    Returns:
        A float32 scalar.
    """
    return jnp.square(generated - real).mean()
