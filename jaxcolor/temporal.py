"""Colors of a film that do not flicker: scene cuts, and averages of a and b over time."""

import collections
from collections.abc import Iterable, Iterator
from typing import NamedTuple, TypeVar

import numpy as np

# Frames before and after one that its colors are averaged over.
RADIUS = 4
# Difference of L at which a pixel of another frame weighs 1/e.
_SIGMA = 4.0
# Mean difference of L between the frames on both sides of a cut.
_CUT = 10.0

T = TypeVar("T")


class Prediction(NamedTuple):
    """What is known of a frame.

    Attributes:
        L: `[h, w]` float32 in [0, 100].
        ab: `[h, w, 2]` float32, predicted from this frame alone.
    """

    L: np.ndarray
    ab: np.ndarray


def is_cut(before: np.ndarray, after: np.ndarray) -> bool:
    """Tells whether a scene ends between two frames, by their L, `[h, w]` in [0, 100]."""
    return float(np.abs(after - before).mean()) > _CUT


def smooth(
    frames: Iterable[tuple[T, Prediction]], radius: int = RADIUS, sigma: float = _SIGMA
) -> Iterator[tuple[T, np.ndarray]]:
    """Averages a and b of each pixel over the frames nearby that belong to the same scene.

    A frame counts as `exp(-((L - L_t) / sigma)²)` at each pixel: what has moved or has changed
    there adds nothing. The colors of a frame depend on `radius` frames before and after it alone.

    Args:
        frames: of a film, in order; each is anything, and what is known of it.
        radius: frames before and after; they are all that is held in memory.
        sigma: difference of L, above 0.

    Yields:
        The first part of each, and its averaged a and b, `[h, w, 2]` float32.
    """
    window: collections.deque[tuple[T, Prediction, int]] = collections.deque(maxlen=2 * radius + 1)
    scene, ahead = 0, 0
    for item, prediction in frames:
        if window and is_cut(window[-1][1].L, prediction.L):
            scene += 1
        window.append((item, prediction, scene))
        ahead += 1
        if ahead > radius:
            yield _average(window, ahead, radius, sigma)
            ahead -= 1
    while ahead:
        yield _average(window, ahead, radius, sigma)
        ahead -= 1


def _average(
    window: collections.deque[tuple[T, Prediction, int]], ahead: int, radius: int, sigma: float
) -> tuple[T, np.ndarray]:
    """Averages around the frame that is the `ahead`-th from the end of the window."""
    center = len(window) - ahead
    item, current, scene = window[center]
    total, weights = np.zeros_like(current.ab), np.zeros_like(current.L)
    for i in range(max(0, center - radius), min(len(window), center + radius + 1)):
        _, other, other_scene = window[i]
        if other_scene == scene:
            weight = np.exp(-(((other.L - current.L) / sigma) ** 2))
            total += weight[..., None] * other.ab
            weights += weight
    return item, total / weights[..., None]
