import jax
import jax.numpy as jnp
import numpy as np
import pytest
from comparison import assert_trees_close
from jax import lax

from jaxcolor.backbones.depthwise import convolve_depthwise

# Strides, padding and dilation, as Flax gives them.
WAYS = [
    ((1, 1), "SAME", (1, 1)),
    ((2, 2), "SAME", (1, 1)),
    ((1, 1), "SAME", (2, 2)),
    ((2, 1), ((0, 2), (3, 1)), (1, 2)),
]


def plain(x, kernel, strides, padding, *, rhs_dilation):
    return lax.conv_general_dilated(
        x,
        kernel,
        strides,
        padding,
        rhs_dilation=rhs_dilation,
        dimension_numbers=("NHWC", "HWIO", "NHWC"),
        feature_group_count=x.shape[-1],
    )


@pytest.fixture
def arrays():
    """An image and a kernel in float64."""
    with jax.enable_x64(True):
        rng = np.random.default_rng(0)
        yield jnp.asarray(rng.normal(size=(3, 9, 6, 5))), jnp.asarray(rng.normal(size=(3, 3, 1, 5)))


@pytest.mark.parametrize(("strides", "padding", "dilation"), WAYS)
def test_equals_plain_jax_with_first_and_second_derivatives(strides, padding, dilation, arrays):
    def results(convolve):
        def loss(x, kernel):
            return jnp.sin(convolve(x, kernel, strides, padding, rhs_dilation=dilation)).sum()

        grads = jax.grad(loss, (0, 1))

        def size_of_grads(x, kernel):
            return sum(jnp.sum(leaf**3) for leaf in grads(x, kernel))

        x, kernel = arrays
        value = convolve(x, kernel, strides, padding, rhs_dilation=dilation)
        return value, grads(x, kernel), jax.grad(size_of_grads, (0, 1))(x, kernel)

    assert_trees_close(results(convolve_depthwise), results(plain), rtol=1e-10, atol=1e-10)


def test_low_precision_stays_low(arrays):
    x, kernel = (array.astype(jnp.bfloat16) for array in arrays)
    y, vjp = jax.vjp(lambda x, kernel: convolve_depthwise(x, kernel, (1, 1), "SAME"), x, kernel)
    assert {leaf.dtype for leaf in (y, *vjp(y))} == {jnp.dtype("bfloat16")}
