"""Adversarial losses on patch scores."""

from collections.abc import Callable

import jax
import jax.numpy as jnp
import optax


def binary_cross_entropy(logits: jax.Array, target: float) -> jax.Array:
    """Computes the mean binary cross-entropy of logits against one target for all.

    Goodfellow et al., "Generative Adversarial Nets", NeurIPS 2014.

    Args:
        logits: any shape, float32.
        target: 1.0 for real, 0.0 for fake.

    Returns:
        A float32 scalar.
    """
    return optax.sigmoid_binary_cross_entropy(logits, jnp.full_like(logits, target)).mean()


def gradient_penalty(
    critic: Callable[[jax.Array], jax.Array],
    real: jax.Array,
    fake: jax.Array,
    keys: jax.Array,
) -> jax.Array:
    """Penalizes gradients between real and fake pairs whose norm is not 1.

    The mean over examples of `(‖∇f(x)‖₂ - 1)²`, where f averages an example's patch scores, as the
    Wasserstein loss does, and x is a random interpolation between the real and the fake pair.
    Gulrajani et al., "Improved Training of Wasserstein GANs", NeurIPS 2017, eq. 3.

    Args:
        critic: `[N, H, W, C]` to patch scores `[N, H', W', 1]`.
        real: `[N, H, W, C]` float32, real pairs.
        fake: `[N, H, W, C]` float32, fake pairs.
        keys: `[N]`, one random key per example.

    Returns:
        A float32 scalar.
    """
    alpha = jax.vmap(jax.random.uniform)(keys).reshape(-1, 1, 1, 1)
    interpolated = alpha * real + (1 - alpha) * fake

    def total(pairs: jax.Array) -> jax.Array:
        return critic(pairs).mean(axis=(1, 2, 3)).sum()

    squares = jnp.square(jax.grad(total)(interpolated)).sum(axis=(1, 2, 3))
    # The root's own gradient is infinite at zero, the value for a constant critic.
    norms = jnp.sqrt(squares + 1e-12)
    return jnp.square(norms - 1).mean()
