"""Pads images of many sizes to few shapes, so that few programs are compiled."""

import numpy as np

_STEP = 64


def pad(images: np.ndarray) -> np.ndarray:
    """Pads images `[N, H, W, C]` with zeros at the bottom and the right.

    Returns:
        `[N, H', W', C]`, height and width being the next multiples of 64 pixels.
    """
    bottom, right = (-side % _STEP for side in images.shape[1:3])
    return np.pad(images, ((0, 0), (0, bottom), (0, right), (0, 0)))
