"""Transforms of images between their source and the networks."""

import jax
import jax.numpy as jnp
import numpy as np
from jax.typing import ArrayLike

from jaxcolor import images
from jaxcolor.data import spaces

_LAB = spaces.SPACES["lab"]


def fit(
    pixels: np.ndarray, size: int, mode: str, rng: np.random.Generator | None = None
) -> np.ndarray:
    """Resizes an image to a square by antialiased bicubic interpolation.

    Args:
        pixels: `[H, W, 3]` uint8.
        size: height and width of the result, in pixels.
        mode: "stretch" scales both sides to `size`; "crop" scales the short side and cuts the
            center square, or a random one if there is an `rng`.
        rng: draws the position of a crop.

    Returns:
        `[size, size, 3]` uint8.
    """
    if mode == "stretch":
        return images.resize(pixels, size, size)
    scale = size / min(pixels.shape[:2])
    height, width = (max(size, round(side * scale)) for side in pixels.shape[:2])
    scaled = images.resize(pixels, height, width)
    if rng is None:
        top, left = (height - size) // 2, (width - size) // 2
    else:
        top, left = rng.integers(height - size + 1), rng.integers(width - size + 1)
    return scaled[top : top + size, left : left + size]


def random_crop(
    pixels: np.ndarray, min_share: float, max_share: float, rng: np.random.Generator
) -> np.ndarray:
    """Crops a rectangle of random position, height and width.

    Args:
        pixels: `[H, W, 3]`.
        min_share: least share of each side that is kept, in (0, 1].
        max_share: largest share, in [min_share, 1].
        rng: draws both shares and the position, uniformly.

    Returns:
        `[h, w, 3]`, a view.
    """
    sides = []
    for side in pixels.shape[:2]:
        length = max(1, round(side * rng.uniform(min_share, max_share)))
        start = rng.integers(side - length + 1)
        sides.append(slice(start, start + length))
    return pixels[tuple(sides)]


def flip(pixels: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Mirrors an image `[H, W, 3]` left to right with probability one half."""
    return pixels[:, ::-1] if rng.random() < 0.5 else pixels


@jax.jit
def without_color(rgb: ArrayLike) -> jax.Array:
    """Keeps an image's L and sets a and b to zero: `[N, H, W, 3]` uint8 in and out."""
    gray = _LAB.to_gray(rgb)
    return _LAB.from_network(gray, jnp.zeros((*gray.shape[:-1], _LAB.channels)))
