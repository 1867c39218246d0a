"""Convolution, its transpose and its kernel gradient, as three bilinear maps.

Each one's derivative is written in the other two, so that every order of derivative, the gradient
penalty's second one included, is made of three fast operations. Left to itself, JAX differentiates
a transposed convolution into forms for which XLA has only a naive loop on CPUs: 20 times slower for
a layer of the U-Net (`scripts/benchmark_convolution.py`). Numbers are the same.
"""

import functools
from collections.abc import Callable, Sequence
from typing import Any, Literal

import jax
import jax.numpy as jnp
from jax import lax

from jaxcolor.compilation import by_platform
from jaxcolor.models import patches
from jaxcolor.models.patches import Padding

# For smaller kernels patches and blocks save less time than compiling them takes.
_MIN_WEIGHTS = 128 * 128
_MIN_BLOCK_CHANNELS = 64
# Images of at most so many times the kernel's pixels are small, for a convolution and for a
# transposed one.
_SMALL = 4
_SMALL_TO_TRANSPOSE = 64

# Of the image, the kernel and the result: XLA's fast ones on CPUs.
_LAYOUTS = ("NHWC", "HWIO", "NHWC")
_NO_PADDING = ((0, 0), (0, 0))


def _convolve(
    x: jax.Array,
    kernel: jax.Array,
    padding: Sequence[tuple[int, int]],
    layouts: tuple[str, str, str] = _LAYOUTS,
    *,
    stride: int = 1,
    **dilation: Any,
) -> jax.Array:
    """Convolves as XLA does."""
    return lax.conv_general_dilated(
        x, kernel, (stride, stride), padding, dimension_numbers=layouts, **dilation
    )


def _convolve_on_cpu(
    x: jax.Array,
    kernel: jax.Array,
    padding: Sequence[tuple[int, int]],
    layouts: tuple[str, str, str],
    **dilation: Any,
) -> jax.Array:
    """Convolves as `_convolve` does, in the only layouts that are fast on CPUs.

    XLA converts others to them in a program's main part, but not in its loops and branches.
    """
    x = x.transpose([layouts[0].index(axis) for axis in _LAYOUTS[0]])
    kernel = kernel.transpose([layouts[1].index(axis) for axis in _LAYOUTS[1]])
    result = _convolve(x, kernel, padding, **dilation)
    return result.transpose([_LAYOUTS[2].index(axis) for axis in layouts[2]])


def _transpose_image(
    y: jax.Array,
    kernel: jax.Array,
    stride: int,
    padding: Padding,
    size: Sequence[int],
    convolve: Callable[..., jax.Array] = _convolve,
) -> jax.Array:
    """Computes `transposed_convolution` by XLA's convolution."""
    sides = zip(y.shape[1:3], size, kernel.shape[:2], padding, strict=True)
    pads = [
        (side - 1 - pad, length - 1 - stride * (count - 1) + pad)
        for count, length, side, (pad, _) in sides
    ]
    layouts = ("NHWC", "HWOI", "NHWC")
    return convolve(y, lax.rev(kernel, (0, 1)), pads, layouts, lhs_dilation=(stride, stride))


def _transpose_kernel(
    x: jax.Array,
    y: jax.Array,
    stride: int,
    padding: Padding,
    size: Sequence[int],
    convolve: Callable[..., jax.Array] = _convolve,
) -> jax.Array:
    """Computes `kernel_correlation` by XLA's convolution."""
    sides = zip(y.shape[1:3], x.shape[1:3], size, padding, strict=True)
    pads = [
        (pad, side + stride * (count - 1) - length - pad) for count, length, side, (pad, _) in sides
    ]
    return convolve(x, y, pads, ("CHWN", "IHWO", "HWNC"), rhs_dilation=(stride, stride))


def _choose(
    size: Sequence[int], kernel_shape: Sequence[int], stride: int, small: int = _SMALL
) -> Literal["patches", "blocks", "xla"]:
    """Chooses the fastest method on CPUs.

    Patches make one matrix product. It moves less memory than XLA does where the image is small
    compared with the kernel: where it is the smaller one, XLA exchanges the two and takes up to 50
    times as long on CPUs. Blocks of `stride` × `stride` pixels, taken as channels, make
    convolutions of stride 1, whose transposes have no zeros between pixels.

    Args:
        size: H and W of the image.
        kernel_shape: kh, kw, I and O.
        stride: in pixels.
        small: an image of at most so many times the kernel's pixels is small.
    """
    height, width, inputs, outputs = kernel_shape
    if size[0] * size[1] <= small * height * width and inputs * outputs >= _MIN_WEIGHTS:
        return "patches"
    return "blocks" if stride > 1 and inputs >= _MIN_BLOCK_CHANNELS else "xla"


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

    def convolve(x: jax.Array, kernel: jax.Array) -> jax.Array:
        return _convolve(x, kernel, padding, stride=stride)

    def multiply(x: jax.Array, kernel: jax.Array) -> jax.Array:
        columns = patches.to_patches(x, kernel.shape[:2], stride, padding)
        return columns @ kernel.reshape(-1, kernel.shape[3])

    # Blocks are faster in the transposes only: choose as if without a stride.
    if _choose(x.shape[1:3], kernel.shape, 1) == "patches":
        return by_platform(multiply, convolve, x, kernel)
    return convolve(x, kernel)


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
        size: H and W of the result, which that convolution must map to H' and W'.

    Returns:
        `[N, H, W, I]`.
    """

    def transpose(y: jax.Array, kernel: jax.Array) -> jax.Array:
        return _transpose_image(y, kernel, stride, padding, size)

    def transpose_on_cpu(y: jax.Array, kernel: jax.Array) -> jax.Array:
        method = _choose(size, kernel.shape, stride, _SMALL_TO_TRANSPOSE if stride > 1 else _SMALL)
        if method == "xla":
            return _transpose_image(y, kernel, stride, padding, size, _convolve_on_cpu)
        if method == "patches":
            arrange, arranged = patches.to_patches, y @ kernel.reshape(-1, kernel.shape[3]).T
        else:
            kernel_blocks = patches.kernel_to_blocks(kernel, stride)
            counts = [y.shape[i] + kernel_blocks.shape[i - 1] - 1 for i in (1, 2)]
            arrange = patches.to_blocks
            arranged = _transpose_image(y, kernel_blocks, 1, _NO_PADDING, counts, _convolve_on_cpu)
        shape = (y.shape[0], *size, kernel.shape[2])
        return patches.transpose(
            lambda x: arrange(x, kernel.shape[:2], stride, padding), shape, arranged
        )

    return by_platform(transpose_on_cpu, transpose, y, kernel)


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

    def correlate(x: jax.Array, y: jax.Array) -> jax.Array:
        return _transpose_kernel(x, y, stride, padding, size)

    def correlate_on_cpu(x: jax.Array, y: jax.Array) -> jax.Array:
        shape = (*size, x.shape[3], y.shape[3])
        method = _choose(x.shape[1:3], shape, stride)
        if method == "xla":
            return _transpose_kernel(x, y, stride, padding, size, _convolve_on_cpu)
        if method == "patches":
            columns, pixels = patches.to_patches(x, size, stride, padding), (0, 1, 2)
            return jnp.tensordot(columns, y, (pixels, pixels)).reshape(shape)
        blocks = patches.to_blocks(x, size, stride, padding)
        counts = patches.count_blocks(size, stride)
        arranged = _transpose_kernel(blocks, y, 1, _NO_PADDING, counts, _convolve_on_cpu)
        return patches.transpose(
            lambda kernel: patches.kernel_to_blocks(kernel, stride), shape, arranged
        )

    return by_platform(correlate_on_cpu, correlate, x, y)


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
