import jax
import jax.numpy as jnp
import numpy as np
from comparison import assert_trees_close
from one_device import on_one_device

from jaxcolor.models import layers


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
    drop = on_one_device(lambda x: dropout.apply({}, x, True, rngs=rngs))
    whole, part = drop(x), drop(x[:2])
    assert_trees_close(part, whole[:2])
    assert (whole[0] != whole[1]).any()
    assert set(np.unique(whole)) == {0, 2}
    assert 0.45 < (np.asarray(whole) == 0).mean() < 0.55
    assert_trees_close(dropout.apply({}, x, False), x)


def test_example_keys_follow_the_place_in_the_global_batch():
    key = jax.random.key(0)

    def draw(devices):
        return jax.vmap(
            lambda _: jax.random.key_data(layers.example_keys(key, 6 // devices)),
            axis_name=layers.AXIS,
        )(jnp.arange(devices))

    whole, spread = draw(1), draw(3)
    np.testing.assert_array_equal(spread.reshape(whole.shape), whole)


def test_initial_weights():
    drawn = layers.weight_init(jax.random.key(0), (100, 100))
    assert abs(drawn.mean()) < 1e-3
    assert abs(drawn.std() - 0.02) < 1e-3
    scales = layers.scale_init(jax.random.key(0), (10_000,))
    assert abs(scales.mean() - 1) < 1e-3
    assert abs(scales.std() - 0.02) < 1e-3
