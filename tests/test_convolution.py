import re

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from comparison import assert_trees_close
from jax import lax
from jax.test_util import check_grads

from jaxcolor.compilation import plain_convolutions
from jaxcolor.models.convolution import convolution, kernel_correlation, transposed_convolution

PADDING = ((1, 1), (1, 1))


def arrays(stride, sides=(4, 4), inputs=3, outputs=5, shape=(8, 6), padding=PADDING):
    rng = np.random.default_rng(0)
    x = rng.standard_normal((2, *shape, inputs), np.float32)
    kernel = rng.standard_normal((*sides, inputs, outputs), np.float32)
    kernel /= np.float32((kernel.size / outputs) ** 0.5)
    y_shape = jax.eval_shape(lambda: plain(x, kernel, stride, padding)).shape
    return x, kernel, rng.standard_normal(y_shape, np.float32)


def plain(x, kernel, stride, padding=PADDING):
    return lax.conv_general_dilated(
        x, kernel, (stride, stride), padding, dimension_numbers=("NHWC", "HWIO", "NHWC")
    )


def assert_maps_equal_plain_jax(stride, sides, inputs, outputs, shape, padding=PADDING):
    x, kernel, y = arrays(stride, sides, inputs, outputs, shape, padding)

    @jax.jit
    def theirs(x, kernel, y):
        value, vjp = jax.vjp(lambda x, k: plain(x, k, stride, padding), x, kernel)
        return value, *vjp(y)

    @jax.jit
    def ours(x, kernel, y):
        return (
            convolution(x, kernel, stride, padding),
            transposed_convolution(y, kernel, stride, padding, shape),
            kernel_correlation(x, y, stride, padding, sides),
        )

    assert_trees_close(ours(x, kernel, y), theirs(x, kernel, y), rtol=1e-5, atol=1e-4)


# Few channels, many, and images smaller than the kernel are computed by different methods; 9
# rows leave one that no kernel reaches.
@pytest.mark.parametrize(
    ("inputs", "outputs", "shape"),
    [
        *((3, 5, (8, 6)), (3, 5, (9, 4)), (64, 5, (8, 6)), (64, 5, (9, 4))),
        *((128, 128, (3, 2)), (128, 128, (9, 10)), (128, 128, (17, 18))),
    ],
)
@pytest.mark.parametrize("kernel_size", [3, 4])
@pytest.mark.parametrize("stride", [1, 2])
def test_maps_equal_plain_jax_and_its_derivatives(stride, kernel_size, inputs, outputs, shape):
    assert_maps_equal_plain_jax(stride, (kernel_size, kernel_size), inputs, outputs, shape)


@pytest.mark.parametrize("inputs", [3, 64])
@pytest.mark.parametrize(
    ("sides", "padding"), [((1, 1), ((0, 0), (0, 0))), ((3, 4), ((0, 2), (3, 1)))]
)
@pytest.mark.parametrize("stride", [1, 2])
def test_kernels_and_paddings_of_any_shape(stride, sides, padding, inputs):
    assert_maps_equal_plain_jax(stride, sides, inputs, 5, (9, 6), padding)


@pytest.mark.parametrize("stride", [1, 2])
def test_maps_of_other_devices_than_cpus(stride):
    with plain_convolutions():
        assert_maps_equal_plain_jax(stride, (4, 4), 64, 5, (9, 4))


def test_programs_are_written_for_the_platform_that_they_are_lowered_for():
    x, kernel, y = arrays(2, inputs=128, outputs=128)

    @jax.jit
    def maps(x, kernel, y):
        return (
            convolution(x, kernel, 2, PADDING),
            transposed_convolution(y, kernel, 2, PADDING, (8, 6)),
            kernel_correlation(x, y, 2, PADDING, (4, 4)),
        )

    traced = maps.trace(x, kernel, y)
    for platform, counts in (("cpu", (0, 3)), ("cuda", (3, 0)), ("tpu", (3, 0))):
        text = traced.lower(lowering_platforms=(platform,)).as_text()
        assert (text.count("stablehlo.convolution"), text.count("stablehlo.dot_general")) == counts


@pytest.mark.parametrize("inputs", [3, 64])
def test_cpus_get_only_their_fast_layout(inputs):
    x, kernel, y = arrays(2, inputs=inputs)
    for function, arguments in (
        (lambda x, k: convolution(x, k, 2, PADDING), (x, kernel)),
        (lambda y, k: transposed_convolution(y, k, 2, PADDING, (8, 6)), (y, kernel)),
        (lambda x, y: kernel_correlation(x, y, 2, PADDING, (4, 4)), (x, y)),
    ):
        layouts = re.findall(
            "dim_numbers = (.*?), window", jax.jit(function).lower(*arguments).as_text()
        )
        assert layouts == ["[b, 0, 1, f]x[0, 1, i, o]->[b, 0, 1, f]"]


@pytest.mark.parametrize("stride", [1, 2])
def test_first_and_second_derivatives_of_all_three(stride):
    x, kernel, y = arrays(stride)
    x, kernel, y = 0.3 * x, 3 * kernel, 0.3 * y
    maps = [
        (lambda x, k: convolution(x, k, stride, PADDING), (x, kernel)),
        (
            lambda y, k: transposed_convolution(y, k, stride, PADDING, (8, 6)),
            (y, kernel),
        ),
        (lambda x, y: kernel_correlation(x, y, stride, PADDING, (4, 4)), (x, y)),
    ]
    for function, arguments in maps:
        squared = jax.jit(lambda a, b, f=function: jnp.square(f(a, b)).mean())
        check_grads(squared, arguments, order=2, modes=["rev"], rtol=0.02, atol=0.02, eps=0.01)


@pytest.mark.parametrize(
    ("inputs", "outputs", "shape"), [(3, 5, (8, 6)), (64, 5, (8, 6)), (128, 128, (3, 2))]
)
def test_a_penalty_on_gradients_equals_plain_jax(inputs, outputs, shape):
    x, kernel, _ = arrays(2, (4, 4), inputs, outputs, shape)

    def penalty(convolve, kernel):
        grad = jax.grad(lambda x: jnp.tanh(convolve(x, kernel)).sum())(x)
        return jnp.square(jnp.sqrt(jnp.square(grad).sum((1, 2, 3))) - 1).mean()

    def gradient(convolve):
        return jax.jit(jax.grad(lambda k: penalty(lambda x, k: convolve(x, k, 2, PADDING), k)))(
            kernel
        )

    assert_trees_close(gradient(convolution), gradient(plain), rtol=1e-4, atol=1e-3)
