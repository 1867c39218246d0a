"""Planes of video, in Y′CbCr: the grays of luma, and the chroma that gives luma some a and b."""

import functools
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from jaxcolor import color, scaling

# The luma of a color of fixed a and b is nearly linear in its L, with about this derivative.
_LUMA_OF_LIGHTNESS = 1 / 100
_ITERATIONS = 4


class Encoding(NamedTuple):
    """How colors are written in Y′CbCr (ITU-T H.273, equations 38 to 49).

    Attributes:
        red: share of red in luma, K_R.
        blue: share of blue in luma, K_B.
        full_range: use all code values; otherwise black and white have the codes 16 and 235 of 256.
        depth: bits of a sample.
    """

    red: float
    blue: float
    full_range: bool
    depth: int

    @property
    def shares(self) -> tuple[float, float, float]:
        """Shares of red, green and blue in luma."""
        return self.red, 1 - self.red - self.blue, self.blue

    @property
    def luma_of_codes(self) -> np.ndarray:
        """Luma of every code value: `[2**depth]` float32 in [0, 1]."""
        black = 0 if self.full_range else 16 * self._unit
        span = 2**self.depth - 1 if self.full_range else 219 * self._unit
        luma = (np.arange(2**self.depth) - black) / span
        return np.clip(luma, 0, 1).astype(np.float32)

    @property
    def chroma_span(self) -> int:
        """Code values between the least and the greatest Cb or Cr."""
        return 2**self.depth - 1 if self.full_range else 224 * self._unit

    @property
    def chroma_zero(self) -> int:
        """The code value of no color."""
        return 128 * self._unit

    @property
    def _unit(self) -> int:
        return 2 ** (self.depth - 8)


def to_gray(luma: np.ndarray, encoding: Encoding) -> np.ndarray:
    """Converts a plane of luma, `[H, W]` code values, to the image of its grays, uint8 sRGB."""
    return np.round(255 * encoding.luma_of_codes).astype(np.uint8)[luma]


@functools.partial(jax.jit, static_argnames=("encoding", "size"))
def chroma(luma: jax.Array, ab: jax.Array, encoding: Encoding, size: tuple[int, int]) -> jax.Array:
    """Computes the planes Cb and Cr that give a plane of luma the colors of some a and b.

    Of all colors of an a and b, that one is taken whose luma is the given one, so that what is
    shown has both. Where sRGB has no such color, it is clipped.

    Args:
        luma: `[H, W]`, unsigned code values.
        ab: `[h, w, 2]` float32 in [-1, 1]; enlarged bicubically.
        encoding: of luma and of the result.
        size: height and width of the planes, H and W or halves or quarters, rounded up.

    Returns:
        `[2, *size]`, Cb and Cr, code values of the dtype of `luma`.
    """
    gray = _shrink(jnp.asarray(encoding.luma_of_codes)[luma], size)
    ab = color.AB_SCALE * scaling.resize(ab, *size, "cubic")
    L = color.rgb_to_lab(jnp.repeat(gray[..., None], 3, axis=-1))[..., :1]

    def correct(_: int, L: jax.Array) -> jax.Array:
        too_dark = gray - _luma(_rgb(L, ab), encoding)
        return jnp.clip(L + too_dark[..., None] / _LUMA_OF_LIGHTNESS, 0, 100)

    rgb = _rgb(jax.lax.fori_loop(0, _ITERATIONS, correct, L), ab)
    luma_of_rgb = _luma(rgb, encoding)
    planes = jnp.stack(
        [
            (rgb[..., 2] - luma_of_rgb) / (2 * (1 - encoding.blue)),
            (rgb[..., 0] - luma_of_rgb) / (2 * (1 - encoding.red)),
        ]
    )
    codes = encoding.chroma_zero + encoding.chroma_span * planes
    return jnp.clip(jnp.round(codes), 0, 2**encoding.depth - 1).astype(luma.dtype)


def _rgb(L: jax.Array, ab: jax.Array) -> jax.Array:
    return color.lab_to_rgb(jnp.concatenate([L, ab], axis=-1))


def _luma(rgb: jax.Array, encoding: Encoding) -> jax.Array:
    return jnp.sum(rgb * jnp.asarray(encoding.shares).reshape(1, 1, 3), axis=-1)


def _shrink(plane: jax.Array, size: tuple[int, int]) -> jax.Array:
    """Averages blocks of `[H, W]`; the last ones are filled up with their edges."""
    rows, columns = (-(-side // shrunk) for side, shrunk in zip(plane.shape, size, strict=True))
    missing = (size[0] * rows - plane.shape[0], size[1] * columns - plane.shape[1])
    padded = jnp.pad(plane, [(0, missing[0]), (0, missing[1])], mode="edge")
    return padded.reshape(size[0], rows, size[1], columns).mean((1, 3))
