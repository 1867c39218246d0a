"""Colors of a small image joined with a large one, by strips and in compiled chunks."""

import collections
import itertools

import jax
import jax.numpy as jnp
import numpy as np
from PIL import Image

from jaxcolor.data import spaces

# Pixels that are scaled at once: the colors of the whole image, as floats, would be large.
_STRIP = 2**22
# Pixels that are converted at once: one compiled program serves images of every size.
_CHUNK = 2**16
# Chunks that are computed while an earlier one is copied: they keep the device busy.
_CHUNKS_AHEAD = 2
_LAB = spaces.SPACES["lab"]


def join(image: np.ndarray, predicted: np.ndarray, *, keep_lightness: bool) -> np.ndarray:
    """Scales a network's colors up to an image's size and joins both.

    Args:
        image: `[H, W]` gray, `[H, W, 3]` color or `[H, W, 4]` color and opacity, uint8 or uint16,
            sRGB.
        predicted: a and b, `[h, w, 2]` float32 in [-1, 1], or, unless the lightness is kept,
            `[h, w, 3]` float32, sRGB in [0, 1].
        keep_lightness: take the lightness of `image`.

    Returns:
        `[H, W, 3]` or, with opacity, `[H, W, 4]` of the image's dtype, sRGB.
    """
    planes = image if image.ndim == 3 else image[..., None]
    color, opacity = planes[..., :3], planes[..., 3:]
    height, width = image.shape[:2]
    result = np.empty((height, width, 3 + opacity.shape[2]), image.dtype)
    rows = max(1, _STRIP // width)
    for top in range(0, height, rows):
        bottom = min(top + rows, height)
        scaled = scale_rows(predicted, height, width, top, bottom)
        if keep_lightness:
            strip = replace_ab(color[top:bottom], scaled)
        else:
            strip = np.round(np.iinfo(image.dtype).max * np.clip(scaled, 0, 1))
        result[top:bottom, :, :3], result[top:bottom, :, 3:] = strip, opacity[top:bottom]
    return result


def scale_rows(pixels: np.ndarray, height: int, width: int, top: int, bottom: int) -> np.ndarray:
    """Scales `[h, w, C]` float32 up bicubically and returns some rows of the result.

    Args:
        pixels: the whole small image.
        height: of the whole large image.
        width: of the large image.
        top: first row of the large image to return.
        bottom: row after the last one.

    Returns:
        `[bottom - top, width, C]` float32.
    """
    box = (0, len(pixels) * top / height, pixels.shape[1], len(pixels) * bottom / height)
    planes = [
        np.asarray(
            Image.fromarray(plane).resize((width, bottom - top), Image.Resampling.BICUBIC, box)
        )
        for plane in np.moveaxis(pixels, -1, 0)
    ]
    return np.stack(planes, axis=-1)


def replace_ab(image: np.ndarray, ab: np.ndarray) -> np.ndarray:
    """Replaces a and b of an image, keeping its lightness.

    Args:
        image: `[H, W, 1]` gray or `[H, W, 3]` color, uint8 or uint16, sRGB.
        ab: `[H, W, 2]` float32 in [-1, 1].

    Returns:
        `[H, W, 3]` of the image's dtype, sRGB.
    """
    flat, flat_ab = image.reshape(-1, image.shape[2]), ab.reshape(-1, 2)
    parts = [slice(i, i + _CHUNK) for i in range(0, len(flat), _CHUNK)]
    join = _join_pixels if image.dtype == np.uint8 else _join_deep_pixels
    chunks = (join(_pad(_to_rgb(flat[part])), _pad(flat_ab[part])) for part in parts)
    ahead = collections.deque(itertools.islice(chunks, _CHUNKS_AHEAD))
    result = np.empty((len(flat), 3), image.dtype)
    for part in parts:
        ahead.extend(itertools.islice(chunks, 1))
        result[part] = np.asarray(ahead.popleft())[: len(result[part])]
    return result.reshape(*image.shape[:2], 3)


def _to_rgb(pixels: np.ndarray) -> np.ndarray:
    """Repeats gray `[n, 1]` to `[n, 3]`."""
    return pixels if pixels.shape[1] == 3 else np.repeat(pixels, 3, axis=1)


def _pad(pixels: np.ndarray) -> np.ndarray:
    """Pads `[n, C]` with zeros to the size of a chunk."""
    missing = _CHUNK - len(pixels)
    return np.pad(pixels, ((0, missing), (0, 0))) if missing else pixels


@jax.jit
def _join_pixels(rgb: jax.Array, ab: jax.Array) -> jax.Array:
    return _LAB.from_network(_LAB.to_gray(rgb), ab)


@jax.jit
def _join_deep_pixels(rgb: jax.Array, ab: jax.Array) -> jax.Array:
    gray = _LAB.to_gray(rgb.astype(jnp.float32) / 65535)
    return jnp.round(65535 * _LAB.join(gray, ab)).astype(jnp.uint16)
