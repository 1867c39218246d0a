import jax
import jax.numpy as jnp
import numpy as np
import pytest
from comparison import assert_trees_close
from jax import lax
from jax.test_util import check_grads

from jaxcolor.models import layers

PADDING = ((1, 1), (1, 1))


def arrays(stride):
    keys = jax.random.split(jax.random.key(0), 3)
    x = jax.random.normal(keys[0], (2, 8, 6, 3))
    kernel = jax.random.normal(keys[1], (4, 4, 3, 5))
    y_shape = jax.eval_shape(lambda: layers.convolution(x, kernel, stride, PADDING)).shape
    return x, kernel, jax.random.normal(keys[2], y_shape)


def plain(x, kernel, stride):
    return lax.conv_general_dilated(
        x, kernel, (stride, stride), PADDING, dimension_numbers=("NHWC", "HWIO", "NHWC")
    )


@pytest.mark.parametrize("stride", [1, 2])
def test_maps_equal_plain_jax_and_its_derivatives(stride):
    x, kernel, y = arrays(stride)
    value, pull_back = jax.vjp(lambda x, k: plain(x, k, stride), x, kernel)
    dx, dkernel = pull_back(y)
    close = {"rtol": 1e-5, "atol": 1e-4}
    assert_trees_close(layers.convolution(x, kernel, stride, PADDING), value, **close)
    transposed = layers.transposed_convolution(y, kernel, stride, PADDING, (8, 6))
    assert_trees_close(transposed, dx, **close)
    correlated = layers.kernel_correlation(x, y, stride, PADDING, (4, 4))
    assert_trees_close(correlated, dkernel, **close)


@pytest.mark.parametrize("stride", [1, 2])
def test_first_and_second_derivatives_of_all_three(stride):
    x, kernel, y = (0.3 * array for array in arrays(stride))
    maps = [
        (lambda x, k: layers.convolution(x, k, stride, PADDING), (x, kernel)),
        (lambda y, k: layers.transposed_convolution(y, k, stride, PADDING, (8, 6)), (y, kernel)),
        (lambda x, y: layers.kernel_correlation(x, y, stride, PADDING, (4, 4)), (x, y)),
    ]
    for function, arguments in maps:
        squared = lambda a, b, f=function: jnp.square(f(a, b)).mean()  # noqa: E731
        check_grads(squared, arguments, order=2, modes=["rev"], rtol=0.02, atol=0.02, eps=0.01)


def test_a_penalty_on_gradients_equals_plain_jax():
    x, kernel, _ = arrays(2)

    def penalty(convolve, kernel):
        slope = jax.grad(lambda x: jnp.tanh(convolve(x, kernel)).sum())(x)
        return jnp.square(jnp.sqrt(jnp.square(slope).sum((1, 2, 3))) - 1).mean()

    ours = jax.grad(lambda k: penalty(lambda x, k: layers.convolution(x, k, 2, PADDING), k))(kernel)
    theirs = jax.grad(lambda k: penalty(lambda x, k: plain(x, k, 2), k))(kernel)
    assert_trees_close(ours, theirs, rtol=1e-4, atol=1e-3)


def test_conv_transpose_doubles_and_conv_adds_its_bias():
    x = jnp.ones((1, 3, 5, 2))
    up = layers.ConvTranspose(7)
    variables = up.init(jax.random.key(0), x)
    assert up.apply(variables, x).shape == (1, 6, 10, 7)
    conv = layers.Conv(4, 4, 2, 1)
    variables = conv.init(jax.random.key(0), x)
    shifted = {"params": {**variables["params"], "bias": jnp.arange(4.0)}}
    assert_trees_close(
        conv.apply(shifted, x) - conv.apply(variables, x),
        jnp.broadcast_to(jnp.arange(4.0), (1, 1, 2, 4)),
        atol=1e-6,
    )


def test_bfloat16_computes_low_and_keeps_parameters_high():
    x = jnp.ones((1, 8, 8, 2))
    conv = layers.Conv(4, 4, 2, 1, dtype=jnp.bfloat16)
    variables = conv.init(jax.random.key(0), x)
    assert {leaf.dtype for leaf in jax.tree.leaves(variables)} == {jnp.dtype("float32")}
    assert conv.apply(variables, x).dtype == jnp.bfloat16


def test_dropout_depends_on_the_example_and_not_on_the_batch_around_it():
    dropout = layers.Dropout(0.5)
    x = jnp.ones((6, 4, 4, 8))
    rngs = {"dropout": jax.random.key(3)}
    whole = dropout.apply({}, x, True, rngs=rngs)
    part = dropout.apply({}, x[:2], True, rngs=rngs)
    assert_trees_close(part, whole[:2])
    assert (whole[0] != whole[1]).any()
    assert set(np.unique(whole)) == {0, 2}
    assert 0.45 < (np.asarray(whole) == 0).mean() < 0.55
    assert_trees_close(dropout.apply({}, x, False), x)


def test_example_keys_follow_the_place_in_the_global_batch():
    key = jax.random.key(0)
    whole = jax.random.key_data(layers.example_keys(key, 6, None))
    spread = jax.vmap(
        lambda _: jax.random.key_data(layers.example_keys(key, 2, "data")), axis_name="data"
    )(jnp.arange(3))
    np.testing.assert_array_equal(spread.reshape(whole.shape), whole)


def test_initial_weights():
    drawn = layers.weight_init(jax.random.key(0), (100, 100))
    assert abs(drawn.mean()) < 1e-3
    assert abs(drawn.std() - 0.02) < 1e-3
    scales = layers.scale_init(jax.random.key(0), (10_000,))
    assert abs(scales.mean() - 1) < 1e-3
    assert abs(scales.std() - 0.02) < 1e-3
