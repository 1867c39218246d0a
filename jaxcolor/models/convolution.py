"""Convolution, its transpose and its kernel gradient, as three bilinear maps.

Each one's derivative is written in the other two, so that every order of derivative, the gradient
penalty's second one included, is made of three fast operations. Left to itself, JAX differentiates
a transposed convolution into forms for which XLA has only a naive loop on CPUs: 20 times slower for
a layer of the U-Net (`scripts/benchmark_convolution.py`). Numbers are the same.
"""

import functools
from collections.abc import Callable

import jax
import jax.numpy as jnp
from jax import lax

Padding = tuple[tuple[int, int], tuple[int, int]]

# `jax.jit` for whatever convolves. On CPUs XLA hands convolutions, products and reductions to
# YNNPACK; convolutions it does better by itself (scripts/benchmark_train.py). Other devices ignore
# the option.
compile_network = functools.partial(
    jax.jit,
    compiler_options={
        "xla_cpu_experimental_ynn_fusion_type": (
            "LIBRARY_FUSION_TYPE_REDUCE,LIBRARY_FUSION_TYPE_INDIVIDUAL_DOT"
        )
    },
)

# Smaller kernels gain less by what follows than the longer compiling costs.
_MIN_WEIGHTS = 128 * 128
_MIN_BLOCK_CHANNELS = 64
# Up to so many times the kernel's pixels an image is small, and small to be transposed.
_SMALL = 4
_SMALL_TO_TRANSPOSE = 64


def _convolve(x: jax.Array, kernel: jax.Array, stride: int, padding: Padding) -> jax.Array:
    """Convolves as XLA does; two other ways have faster transposes on CPUs."""
    return lax.conv_general_dilated(
        x, kernel, (stride, stride), padding, dimension_numbers=("NHWC", "HWIO", "NHWC")
    )


def _convolve_by_patches(
    x: jax.Array, kernel: jax.Array, stride: int, padding: Padding
) -> jax.Array:
    """Convolves as one matrix product of all patches.

    It moves less than XLA does where the image is small beside the kernel: where it is the smaller
    one, XLA exchanges the two and takes up to 50 times as long on CPUs.
    """
    x = jnp.pad(x, ((0, 0), *padding, (0, 0)))
    rows, columns = (
        (side - length) // stride * stride + 1
        for side, length in zip(x.shape[1:3], kernel.shape[:2], strict=True)
    )
    patches = [
        x[:, row : row + rows : stride, column : column + columns : stride]
        for row in range(kernel.shape[0])
        for column in range(kernel.shape[1])
    ]
    return jnp.concatenate(patches, axis=-1) @ kernel.reshape(-1, kernel.shape[3])


def _convolve_by_blocks(
    x: jax.Array, kernel: jax.Array, stride: int, padding: Padding
) -> jax.Array:
    """Convolves with stride 1 over blocks of `stride` × `stride` pixels, taken as channels.

    Its transposes are convolutions of stride 1 too, without zeros between pixels.
    """
    *size, inputs, outputs = kernel.shape
    taps = [-(-side // stride) for side in size]
    missing = [(0, stride * count - side) for count, side in zip(taps, size, strict=True)]
    kernel = jnp.pad(kernel, (*missing, (0, 0), (0, 0)))
    kernel = kernel.reshape(taps[0], stride, taps[1], stride, inputs, outputs)
    kernel = kernel.transpose(0, 2, 1, 3, 4, 5).reshape(*taps, -1, outputs)
    counts = [
        (length + sum(pads) - side) // stride + tap
        for length, pads, side, tap in zip(x.shape[1:3], padding, size, taps, strict=True)
    ]
    edges = [
        (before, stride * count - before - length, 0)
        for length, (before, _), count in zip(x.shape[1:3], padding, counts, strict=True)
    ]
    x = lax.pad(x, jnp.zeros((), x.dtype), ((0, 0, 0), *edges, (0, 0, 0)))
    x = x.reshape(-1, counts[0], stride, counts[1], stride, inputs)
    x = x.transpose(0, 1, 3, 2, 4, 5).reshape(-1, *counts, kernel.shape[2])
    return _convolve(x, kernel, 1, ((0, 0), (0, 0)))


def _choose(
    size: tuple[int, ...], kernel_shape: tuple[int, ...], stride: int, small: int = _SMALL
) -> Callable[[jax.Array, jax.Array, int, Padding], jax.Array]:
    """Chooses the fastest way.

    Args:
        size: H and W of the image.
        kernel_shape: kh, kw, I and O.
        stride: in pixels.
        small: how many times the kernel's pixels still make a small image.
    """
    height, width, inputs, outputs = kernel_shape
    if jax.default_backend() != "cpu":
        return _convolve
    if size[0] * size[1] <= small * height * width and inputs * outputs >= _MIN_WEIGHTS:
        return _convolve_by_patches
    if stride > 1 and inputs >= _MIN_BLOCK_CHANNELS:
        return _convolve_by_blocks
    return _convolve


@functools.partial(jax.custom_vjp, nondiff_argnums=(2, 3))
def convolution(x: jax.Array, kernel: jax.Array, stride: int, padding: Padding) -> jax.Array:
    """Convolves: bilinear in `x` and `kernel`.

    Args:
        x: `[N, H, W, I]`.
        kernel: `[kh, kw, I, O]`, same dtype.
        stride: in both directions, in pixels.
        padding: zeros before and after the rows and the columns.

    Returns:
        `[N, H', W', O]`.
    """
    # Blocks gain in the transposes only: chosen as if without a stride.
    return _choose(x.shape[1:3], kernel.shape, 1)(x, kernel, stride, padding)


@functools.partial(jax.custom_vjp, nondiff_argnums=(2, 3, 4))
def transposed_convolution(
    y: jax.Array, kernel: jax.Array, stride: int, padding: Padding, size: tuple[int, int]
) -> jax.Array:
    """Transposes `convolution` in its input: bilinear in `y` and `kernel`.

    Args:
        y: `[N, H', W', O]`.
        kernel: `[kh, kw, I, O]`, the kernel of the convolution that is transposed.
        stride: of that convolution.
        padding: of that convolution.
        size: H and W of the result; that convolution must bring them to H' and W'.

    Returns:
        `[N, H, W, I]`.
    """
    small = _SMALL_TO_TRANSPOSE if stride > 1 else _SMALL
    convolve = _choose(size, kernel.shape, stride, small)
    shape = jax.ShapeDtypeStruct((y.shape[0], *size, kernel.shape[2]), y.dtype)
    transpose = jax.linear_transpose(lambda x: convolve(x, kernel, stride, padding), shape)
    return transpose(y)[0]


@functools.partial(jax.custom_vjp, nondiff_argnums=(2, 3, 4))
def kernel_correlation(
    x: jax.Array, y: jax.Array, stride: int, padding: Padding, size: tuple[int, int]
) -> jax.Array:
    """Transposes `convolution` in its kernel: bilinear in `x` and `y`.

    Args:
        x: `[N, H, W, I]`.
        y: `[N, H', W', O]`.
        stride: of that convolution.
        padding: of that convolution.
        size: kh and kw of the result.

    Returns:
        `[kh, kw, I, O]`.
    """
    shape = jax.ShapeDtypeStruct((*size, x.shape[-1], y.shape[-1]), x.dtype)
    convolve = _choose(x.shape[1:3], shape.shape, stride)
    transpose = jax.linear_transpose(lambda kernel: convolve(x, kernel, stride, padding), shape)
    return transpose(y)[0]


def _convolution_fwd(x, kernel, stride, padding):
    return convolution(x, kernel, stride, padding), (x, kernel)


def _convolution_bwd(stride, padding, residuals, dy):
    x, kernel = residuals
    dx = transposed_convolution(dy, kernel, stride, padding, x.shape[1:3])
    return dx, kernel_correlation(x, dy, stride, padding, kernel.shape[:2])


def _transposed_fwd(y, kernel, stride, padding, size):
    return transposed_convolution(y, kernel, stride, padding, size), (y, kernel)


def _transposed_bwd(stride, padding, size, residuals, dx):
    y, kernel = residuals
    dy = convolution(dx, kernel, stride, padding)
    return dy, kernel_correlation(dx, y, stride, padding, kernel.shape[:2])


def _correlation_fwd(x, y, stride, padding, size):
    return kernel_correlation(x, y, stride, padding, size), (x, y)


def _correlation_bwd(stride, padding, size, residuals, dkernel):
    x, y = residuals
    dx = transposed_convolution(y, dkernel, stride, padding, x.shape[1:3])
    return dx, convolution(x, dkernel, stride, padding)


convolution.defvjp(_convolution_fwd, _convolution_bwd)
transposed_convolution.defvjp(_transposed_fwd, _transposed_bwd)
kernel_correlation.defvjp(_correlation_fwd, _correlation_bwd)
