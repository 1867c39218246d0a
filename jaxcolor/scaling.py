"""Arrays of images scaled by interpolation, in gathers and sums.

Numbers are those of `jax.image.resize`, which multiplies by matrices that are nearly all zero. Some
of these products, of images of three channels, XLA does not compile for GPUs.
"""

import functools
from typing import Literal, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

Method = Literal["nearest", "bilinear", "cubic"]


class _Scaling(NamedTuple):
    """From one length to another."""

    old: int
    new: int
    method: Method


def resize(x: jax.Array, height: int, width: int, method: Method = "bilinear") -> jax.Array:
    """Scales images as `jax.image.resize` does, with antialiasing where they become smaller.

    Every order of derivative, by reverse mode, is computed without products of matrices and
    without scatters; forward mode is not supported.

    Args:
        x: `[..., H, W, C]` float.
        height: of the result, in pixels.
        width: of the result, in pixels.
        method: "nearest", without antialiasing; "bilinear"; or "cubic" (Keys, "Cubic convolution
            interpolation for digital image processing", 1981, a = -0.5).

    Returns:
        `[..., height, width, C]` of the dtype of `x`.
    """
    for axis, size in ((x.ndim - 3, height), (x.ndim - 2, width)):
        if x.shape[axis] != size:
            x = _apply(_Scaling(x.shape[axis], size, method), False, axis, x)
    return x


@functools.partial(jax.custom_vjp, nondiff_argnums=(0, 1, 2))
def _apply(scaling: _Scaling, transposed: bool, axis: int, x: jax.Array) -> jax.Array:
    """Scales along one axis, or applies the transpose of that, which is its derivative."""
    places, weights = _terms(scaling, transposed)
    shape = [1] * x.ndim
    shape[axis] = -1
    terms = (
        jnp.take(x, place, axis, mode="clip") * weight.reshape(shape)
        for place, weight in zip(places, weights, strict=True)
    )
    return functools.reduce(jnp.add, terms).astype(x.dtype)


_apply.defvjp(
    lambda scaling, transposed, axis, x: (_apply(scaling, transposed, axis, x), None),
    lambda scaling, transposed, axis, _, grad: (_apply(scaling, not transposed, axis, grad),),
)


@functools.cache
def _terms(scaling: _Scaling, transposed: bool) -> tuple[np.ndarray, np.ndarray]:
    """Finds what each number is the sum of.

    Returns:
        `[terms, length]` each: places, and their weights in float32.
    """
    matrix = _matrix(*scaling)
    matrix = matrix.T if transposed else matrix
    count = np.count_nonzero(matrix, axis=0).max()
    places = np.argsort(matrix == 0, axis=0, kind="stable")[:count]
    return places, np.take_along_axis(matrix, places, axis=0).astype(np.float32)


def _matrix(old: int, new: int, method: Method) -> np.ndarray:
    """Computes the weight of each old pixel in each new one: `[old, new]`."""
    # In float32, as in JAX: in a row of 256 pixels its rounding changes a center by up to 1.5e-5.
    half = np.float32(0.5)
    pixels, middles = np.arange(old, dtype=np.float32), np.arange(new, dtype=np.float32) + half
    if method == "nearest":
        return np.equal.outer(pixels, np.floor(middles * old / new))
    ratio = 1 / np.float32(new / old)
    x = np.abs(np.subtract.outer(pixels, middles * ratio - half)) / max(ratio, 1)
    if method == "bilinear":
        weights = np.maximum(1 - x, 0)
    else:
        near, far = (1.5 * x - 2.5) * x * x + 1, ((-0.5 * x + 2.5) * x - 4) * x + 2
        weights = np.where(x < 1, near, np.where(x < 2, far, 0))
    return weights / weights.sum(0)
