"""Rearranges images and kernels so that a convolution becomes a cheaper operation.

Sizes are in pixels. `padding` holds the zeros before and after the rows and the columns.
"""

from collections.abc import Callable, Sequence
from typing import Any

import jax
import jax.numpy as jnp
from jax import lax

Padding = tuple[tuple[int, int], tuple[int, int]]


def to_patches(x: jax.Array, size: Sequence[int], stride: int, padding: Padding) -> jax.Array:
    """Gathers, for each output pixel, the pixels under a kernel of `size`, as channels (im2col).

    Args:
        x: `[N, H, W, I]`.
        size: kh and kw of the kernel.
        stride: of the convolution.
        padding: of the convolution.

    Returns:
        `[N, H', W', kh · kw · I]`.
    """
    x = jnp.pad(x, ((0, 0), *padding, (0, 0)))
    rows, columns = (
        (side - length) // stride * stride + 1
        for side, length in zip(x.shape[1:3], size, strict=True)
    )
    patches = [
        x[:, row : row + rows : stride, column : column + columns : stride]
        for row in range(size[0])
        for column in range(size[1])
    ]
    return jnp.concatenate(patches, axis=-1)


def count_blocks(size: Sequence[int], stride: int) -> list[int]:
    """Returns how many blocks of `stride` × `stride` pixels a kernel of `size` covers, each way."""
    return [-(-side // stride) for side in size]


def to_blocks(x: jax.Array, size: Sequence[int], stride: int, padding: Padding) -> jax.Array:
    """Moves blocks of `stride` × `stride` pixels into channels (space to depth).

    Args:
        x: `[N, H, W, I]`.
        size: kh and kw of the kernel.
        stride: of the convolution.
        padding: of the convolution.

    Returns:
        `[N, H', W', stride² · I]`, all that a kernel of `size` covers.
    """
    counts = [
        (length + sum(pads) - side) // stride + taps
        for length, pads, side, taps in zip(
            x.shape[1:3], padding, size, count_blocks(size, stride), strict=True
        )
    ]
    edges = [
        (before, stride * count - before - length, 0)
        for length, (before, _), count in zip(x.shape[1:3], padding, counts, strict=True)
    ]
    x = lax.pad(x, jnp.zeros((), x.dtype), ((0, 0, 0), *edges, (0, 0, 0)))
    x = x.reshape(-1, counts[0], stride, counts[1], stride, x.shape[-1])
    return x.transpose(0, 1, 3, 2, 4, 5).reshape(-1, *counts, stride * stride * x.shape[-1])


def kernel_to_blocks(kernel: jax.Array, stride: int) -> jax.Array:
    """Moves blocks of a kernel into channels, for an image from `to_blocks`.

    Args:
        kernel: `[kh, kw, I, O]`.
        stride: of the convolution.

    Returns:
        `[⌈kh / stride⌉, ⌈kw / stride⌉, stride² · I, O]`.
    """
    *size, inputs, outputs = kernel.shape
    taps = count_blocks(size, stride)
    missing = [(0, stride * count - side) for count, side in zip(taps, size, strict=True)]
    kernel = jnp.pad(kernel, (*missing, (0, 0), (0, 0)))
    kernel = kernel.reshape(taps[0], stride, taps[1], stride, inputs, outputs)
    return kernel.transpose(0, 2, 1, 3, 4, 5).reshape(*taps, -1, outputs)


def transpose(
    arrange: Callable[[jax.Array], jax.Array], shape: tuple[int, ...], y: jax.Array
) -> Any:
    """Applies the transpose of `arrange`, a linear map of arrays of `shape`, to `y`."""
    return jax.linear_transpose(arrange, jax.ShapeDtypeStruct(shape, y.dtype))(y)[0]
