"""Depthwise convolution on CPUs, for which XLA has only slow loops, in either direction.

It is a sum over the kernel's places, which XLA fuses into one pass, and its gradient by the image
is the transpose of that sum. The gradient by the kernel adds products up, first over the examples,
one after the other, and then over the pixels: so the products stay in the cache. Numbers are those
of `lax.conv_general_dilated` (`scripts/benchmark_convolution.py`).
"""

from collections.abc import Iterator, Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

Padding = str | Sequence[tuple[int, int]]


def convolve_depthwise(
    x: jax.Array,
    kernel: jax.Array,
    strides: Sequence[int],
    padding: Padding,
    *,
    rhs_dilation: Sequence[int] = (1, 1),
    **_: Any,
) -> jax.Array:
    """Convolves each channel by itself; takes what Flax gives to `lax.conv_general_dilated`.

    Args:
        x: `[N, H, W, C]`.
        kernel: `[kh, kw, 1, C]`, same dtype.
        strides: of rows and columns, in pixels.
        padding: zeros before and after rows and columns, or "SAME".
        rhs_dilation: from one of the kernel's rows and columns to the next, in pixels.

    Returns:
        `[N, H', W', C]`.
    """
    reach = [
        dilation * (side - 1) + 1
        for side, dilation in zip(kernel.shape[:2], rhs_dilation, strict=True)
    ]
    if isinstance(padding, str):
        padding = lax.padtype_to_pads(x.shape[1:3], reach, strides, padding)
    x = jnp.pad(x, ((0, 0), *padding, (0, 0)))
    return _convolve(x, kernel, tuple(strides), tuple(rhs_dilation))


def _views(
    x: jax.Array, sides: Sequence[int], strides: Sequence[int], dilation: Sequence[int]
) -> Iterator[jax.Array]:
    """Gives what each place of a kernel sees of padded images `[…, H, W, C]`."""
    ends = [
        length - spread * (side - 1)
        for length, side, spread in zip(x.shape[-3:-1], sides, dilation, strict=True)
    ]
    for row, column in np.ndindex(*sides):
        top, left = row * dilation[0], column * dilation[1]
        yield x[..., top : top + ends[0] : strides[0], left : left + ends[1] : strides[1], :]


def _add_places(
    x: jax.Array, kernel: jax.Array, strides: Sequence[int], dilation: Sequence[int]
) -> jax.Array:
    result = jnp.zeros((), x.dtype)
    weights = kernel.reshape(-1, 1, 1, 1, kernel.shape[-1])
    for view, weight in zip(_views(x, kernel.shape[:2], strides, dilation), weights, strict=True):
        result += view * weight
    return result


_convolve = jax.custom_vjp(_add_places, nondiff_argnums=(2, 3))


def _forward(x, kernel, strides, dilation):
    return _convolve(x, kernel, strides, dilation), (x, kernel)


def _backward(strides, dilation, residuals, dy):
    x, kernel = residuals
    (dx,) = jax.linear_transpose(lambda x: _add_places(x, kernel, strides, dilation), x)(dy)

    def add_example(sums, example):
        x, dy = example
        views = _views(x, kernel.shape[:2], strides, dilation)
        return [total + view * dy for total, view in zip(sums, views, strict=True)], None

    sums = [jnp.zeros_like(dy[0])] * (kernel.shape[0] * kernel.shape[1])
    sums, _ = lax.scan(add_example, sums, (x, dy))
    dkernel = jnp.stack([total.sum((0, 1)) for total in sums])
    return dx, dkernel.reshape(kernel.shape)


_convolve.defvjp(_forward, _backward)
