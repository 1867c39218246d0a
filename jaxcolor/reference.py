"""The palette of a reference, given to another image."""

import jax.numpy as jnp
import numpy as np

from jaxcolor import color
from jaxcolor.config import InputError

# Mean chroma, in units of Lab, below which an image counts as gray.
_GRAY = 1.0


def transfer(ab: np.ndarray, rgb: np.ndarray, reference: np.ndarray) -> np.ndarray:
    """Gives colors the mean and the standard deviations of a reference's.

    Reinhard et al., "Color Transfer between Images", IEEE CG&A 2001.

    Args:
        ab: `[h, w, 2]` float32 in [-1, 1].
        rgb: `[h, w, 3]` uint8, sRGB, the image at the size of `ab`.
        reference: `[H, W, 3]` uint8, sRGB.

    Returns:
        `[h, w, 2]` float32.

    Raises:
        InputError: the reference is gray.
    """
    palette = np.asarray(color.rgb_to_lab(jnp.asarray(reference)))[..., 1:].reshape(-1, 2)
    if np.linalg.norm(palette, axis=1).mean() < _GRAY:
        raise InputError("reference: is gray; take a color image")
    palette = palette / color.AB_SCALE
    flat = ab.reshape(-1, 2)
    ratio = palette.std(axis=0) / np.maximum(flat.std(axis=0), 1e-3)
    return (ratio * (ab - flat.mean(axis=0)) + palette.mean(axis=0)).astype(np.float32)
