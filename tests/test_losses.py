import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxcolor.losses import gan, reconstruction


def keys(count):
    return jax.random.split(jax.random.key(0), count)


def test_binary_cross_entropy_by_hand():
    logits = jnp.array([0.0, 2.0])
    expected = (np.log(2) + np.log1p(np.exp(-2))) / 2
    assert gan.binary_cross_entropy(logits, 1.0) == pytest.approx(expected, rel=1e-6)
    expected = (np.log(2) + np.log1p(np.exp(2))) / 2
    assert gan.binary_cross_entropy(logits, 0.0) == pytest.approx(expected, rel=1e-6)
    extreme = gan.binary_cross_entropy(jnp.array([-1000.0, 1000.0]), 1.0)
    assert extreme == pytest.approx(500)


def test_l1_by_hand():
    assert reconstruction.l1(jnp.array([1.0, -2, 3]), jnp.array([0.0, 0, 5])) == pytest.approx(
        5 / 3
    )


def test_l2_by_hand():
    assert reconstruction.l2(jnp.array([1.0, -2, 3]), jnp.array([0.0, 0, 5])) == pytest.approx(3)


def test_penalty_of_a_linear_critic_by_hand():
    # f(x) = 3 · sum of x over 4 pixels and 2 channels, halved by the mean over 2 patches: the
    # gradient is 1.5 everywhere, its norm 1.5 · √8, wherever the penalty looks.
    def critic(pairs):
        total = 3 * pairs.sum(axis=(1, 2, 3)).reshape(-1, 1, 1, 1)
        return jnp.concatenate([total, jnp.zeros_like(total)], axis=1)

    real, fake = jnp.ones((5, 2, 2, 2)), jnp.zeros((5, 2, 2, 2))
    penalty = gan.gradient_penalty(critic, real, fake, keys(5))
    assert penalty == pytest.approx((1.5 * np.sqrt(8) - 1) ** 2, rel=1e-5)


def test_penalty_looks_between_real_and_generated_at_a_place_of_its_own_for_each_example():
    # The gradient of x² / 2 is x: with real = a and fake = b the norm tells the place.
    def critic(pairs):
        return jnp.square(pairs).sum(axis=(1, 2, 3)).reshape(-1, 1, 1, 1) / 2

    real, fake = jnp.full((64, 1, 1, 1), 3.0), jnp.full((64, 1, 1, 1), 1.0)
    squares = [
        gan.gradient_penalty(critic, real[i : i + 1], fake[i : i + 1], keys(64)[i : i + 1])
        for i in range(64)
    ]
    places = (np.sqrt(np.array(squares)) + 1 - 1) / 2  # norm = 1 + 2 · place
    assert len(np.unique(places)) == 64
    assert places.min() >= 0
    assert places.max() <= 1
    assert 0.35 < places.mean() < 0.65
    whole = gan.gradient_penalty(critic, real, fake, keys(64))
    assert whole == pytest.approx(np.mean(squares), rel=1e-5)


def test_penalty_of_a_flat_critic_has_a_finite_gradient():
    def penalty(weight):
        return gan.gradient_penalty(
            lambda pairs: weight * pairs.sum(axis=(1, 2, 3), keepdims=True),
            jnp.ones((2, 2, 2, 3)),
            jnp.zeros((2, 2, 2, 3)),
            keys(2),
        )

    assert penalty(0.0) == pytest.approx(1, rel=1e-4)
    assert np.isfinite(jax.grad(penalty)(0.0))
