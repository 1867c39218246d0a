"""LPIPS v0.1 on VGG-16: the perceptual distance of two images.

Zhang et al., "The Unreasonable Effectiveness of Deep Features as a Perceptual Metric", CVPR 2018,
as version 0.1 of the authors' package computes it.
"""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from jaxcolor.backbones import networks, vgg16, weights
from jaxcolor.config import InputError

# The last activation of each block of VGG-16, and its channels.
_TAPS = {"relu2": 64, "relu4": 128, "relu7": 256, "relu10": 512, "relu13": 512}
# Of inputs in [-1, 1]: VGG-16's own normalization, rounded as the package rounds it.
_SHIFT = np.array([-0.030, -0.088, -0.188], np.float32).reshape(1, 1, 1, 3)
_SCALE = np.array([0.458, 0.448, 0.450], np.float32).reshape(1, 1, 1, 3)
_EPSILON = 1e-10
# Four poolings have to leave at least one pixel.
MIN_SIZE = 16

_NETWORK = vgg16.VGG16(tuple(_TAPS))


class Lpips(NamedTuple):
    """The weights of the metric.

    Attributes:
        variables: of VGG-16, and the five heads, NumPy arrays.
        sha256: of both files, by the names of the weights.
    """

    variables: Any
    sha256: dict[str, str]


def load() -> Lpips:
    """Loads VGG-16 and the heads.

    Raises:
        InputError: the weights of one are not on this machine, or damaged.
    """
    weights.require("lpips_vgg", "vgg16")
    heads = weights.load("lpips_vgg")
    weightings = []
    for i, channels in enumerate(_TAPS.values()):
        name, shape = f"lin{i}.model.1.weight", (1, channels, 1, 1)
        if name not in heads.tensors or heads.tensors[name].shape != shape:
            raise InputError(f"{heads.path}: holds no {name} of shape {shape}")
        weightings.append(heads.tensors[name].reshape(1, 1, 1, -1).astype(np.float32))
    vgg, sha256 = networks.read("vgg16", _NETWORK, tuple(_TAPS))
    hashes = {"vgg16": sha256, "lpips_vgg": heads.sha256}
    return Lpips({"vgg16": vgg, "heads": weightings}, hashes)


def distance(
    variables: Any, one: jax.Array, other: jax.Array, where: jax.Array | None = None
) -> jax.Array:
    """Computes the distance of each pair of images.

    Args:
        variables: as of `Lpips`.
        one: `[N, H, W, 3]` float32, sRGB in [0, 1], of at least 16 × 16 pixels.
        other: same shape.
        where: `[N, H, W, 1]` bool, of images that are padded at the bottom and the right, the
            images' own pixels; the distance is that of the images alone.

    Returns:
        `[N]` float32, 0 for equal images, seldom above 1.
    """
    both = (2 * jnp.concatenate([one, other]) - 1 - _SHIFT) / _SCALE
    own = None if where is None else jnp.concatenate([where, where])
    maps: Any = _NETWORK.apply(variables["vgg16"], both, own)
    total = jnp.zeros(len(one), jnp.float32)
    for tap, head in zip(_TAPS, variables["heads"], strict=True):
        first, second = jnp.split(_unit(maps[tap]), 2)
        differences = (head * jnp.square(first - second)).sum(-1)
        total += differences.mean((1, 2), where=None if where is None else where[..., 0])
        where = vgg16.halve(where)
    return total


def _unit(features: jax.Array) -> jax.Array:
    """Normalizes each pixel's channels to unit length; pixels without features stay at 0."""
    squares = jnp.square(features).sum(-1, keepdims=True)
    # The root's own gradient is infinite at 0.
    some = squares > 0
    norms = jnp.where(some, jnp.sqrt(jnp.where(some, squares, 1)), 0)
    return features / (norms + _EPSILON)
