"""The palette of a reference, given to other images."""

from typing import NamedTuple

import jax.numpy as jnp
import numpy as np

from jaxcolor import color, full_size, images
from jaxcolor.config import InputError

# The 99th percentile of chroma, in units of Lab, below which an image counts as gray.
_GRAY = 2.0
# Height and width that images are compared at.
_SIZE = 128
# Side of the windows, in pixels of the network, that the deviation of L is taken in.
_WINDOW = 5
# Pixels of the reference whose colors are averaged.
_NEIGHBORS = 32
# Standard deviation of the blur of the result, in pixels of `_SIZE`: neighbors match alike.
_BLUR = 1.0


class Palette(NamedTuple):
    """A reference that is ready for `transfer` to any number of images.

    Attributes:
        ab: `[S, S, 2]` float32 in [-1, 1], predicted for the reference.
        rgb: `[S, S, 3]` uint8, sRGB, the reference itself.
    """

    ab: np.ndarray
    rgb: np.ndarray


def check(reference: np.ndarray) -> None:
    """Checks that an image has a palette to take.

    Args:
        reference: `[H, W]` gray, `[H, W, 3]` color or `[H, W, 4]` color and opacity, uint8 or
            uint16, sRGB.

    Raises:
        InputError: it is gray.
    """
    lab = np.asarray(color.rgb_to_lab(jnp.asarray(images.shrink(reference, _SIZE, _SIZE))))
    if np.percentile(np.linalg.norm(lab[..., 1:], axis=-1), 99) < _GRAY:
        raise InputError("reference: has no colors; take a color image")


def transfer(ab: np.ndarray, rgb: np.ndarray, palette: Palette) -> np.ndarray:
    """Gives each pixel the mean color of the pixels of a reference that are like it.

    Welsh et al., "Transferring Color to Greyscale Images", SIGGRAPH 2002, §3: alike are pixels of
    near L and near standard deviation of L around them, the reference's L being brought to the
    image's mean and deviation; and here also of near a and b as the network predicts them for
    both, which brings sky to sky and leaves to leaves. One mean and deviation for the whole image,
    as of Reinhard et al., "Color Transfer between Images", IEEE CG&A 2001, tints all things alike.

    Args:
        ab: `[S, S, 2]` float32 in [-1, 1], predicted for the image.
        rgb: `[S, S, 3]` uint8, sRGB, the image at the size of `ab`; only its lightness is used.
        palette: of the reference, for which `check` holds.

    Returns:
        `[S, S, 2]` float32 in [-1, 1].
    """
    # Here, since importing them would slow down every command.
    from scipy.ndimage import gaussian_filter
    from scipy.spatial import KDTree

    lab = np.asarray(color.rgb_to_lab(jnp.asarray(palette.rgb)))
    L, reference_L = np.asarray(color.rgb_to_lab(jnp.asarray(rgb)))[..., 0], lab[..., 0]
    contrast = np.clip(L.std() / max(reference_L.std(), 1e-3), 0.5, 2)
    reference_L = contrast * (reference_L - reference_L.mean()) + L.mean()
    step = max(1, len(ab) // _SIZE)
    known, asked = (_features(*of)[::step, ::step] for of in ((reference_L, palette.ab), (L, ab)))
    tree = KDTree(known.reshape(-1, known.shape[-1]))
    count = min(_NEIGHBORS, tree.n)
    nearest = tree.query(asked.reshape(-1, asked.shape[-1]), range(1, count + 1))[1]
    colors = lab[::step, ::step, 1:].reshape(-1, 2) / color.AB_SCALE
    found = colors[nearest].mean(axis=1).reshape(*asked.shape[:2], 2)
    smooth = gaussian_filter(found, (_BLUR, _BLUR, 0)).astype(np.float32)
    return full_size.scale_rows(smooth, ab.shape[0], ab.shape[1], 0, ab.shape[0])


def _features(L: np.ndarray, ab: np.ndarray) -> np.ndarray:
    """Returns what pixels are compared by, `[S, S, 4]` in units of Lab."""
    from scipy.ndimage import uniform_filter

    variance = uniform_filter(L**2, _WINDOW) - uniform_filter(L, _WINDOW) ** 2
    return np.dstack([L, np.sqrt(np.maximum(variance, 0)), color.AB_SCALE * ab])
