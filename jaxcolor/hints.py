"""Hints of a user: the colors of some pixels, spread over what belongs together."""

import math
import re
from collections.abc import Sequence
from typing import NamedTuple

import jax.numpy as jnp
import numpy as np

from jaxcolor import color, full_size
from jaxcolor.config import InputError

# In longer sides of the image: of a hint, exp(-(distance / _REACH)^_SHARPNESS) is left.
_REACH = 0.6
_SHARPNESS = 8
# The distance that a change of L by 1 between neighbors is worth, growing with its square.
_EDGE = 0.01
# Standard deviation, in pixels of the network, of the blur that removes grain from L.
_BLUR = 2.0
# The distance below which there is no nearer.
_NEAREST = 1e-3


class Hint(NamedTuple):
    """The color of a pixel.

    Attributes:
        x: in pixels of the upright image, from its left edge; the first column is 0 to 1.
        y: in pixels, from its upper edge.
        color: `#RRGGBB`, sRGB; only its a and b are used.
    """

    x: float
    y: float
    color: str

    @classmethod
    def parse(cls, text: str) -> "Hint":
        """Reads `X,Y,#RRGGBB`.

        Raises:
            InputError: the text is of another form.
        """
        try:
            x, y, rgb = text.split(",")
            hint = cls(float(x), float(y), rgb.strip())
        except ValueError:
            raise InputError(f"hint {text}: must be X,Y,#RRGGBB, as 120,80,#b03020") from None
        hint.ab()
        return hint

    def ab(self) -> np.ndarray:
        """Returns a and b of the color, `[2]` float32 in [-1, 1].

        Raises:
            InputError: the color is malformed.
        """
        if not re.fullmatch("#[0-9a-fA-F]{6}", self.color):
            raise InputError(f"hint {self}: the color must be #RRGGBB, as #b03020")
        rgb = np.frombuffer(bytes.fromhex(self.color[1:]), np.uint8)
        return np.asarray(color.rgb_to_lab(jnp.asarray(rgb)))[1:] / color.AB_SCALE

    def __str__(self) -> str:
        return f"{self.x:g},{self.y:g},{self.color}"


def spread(
    ab: np.ndarray, rgb: np.ndarray, hints: Sequence[Hint], height: int, width: int
) -> np.ndarray:
    """Gives some pixels of an image their colors, and what belongs to them.

    The difference of each hint from the colors so far is added to what is near it. Distance is that
    of the shortest path, on which a step counts by its length and by the square of its change of L:
    the whole of an even thing is near, and what lies behind an edge is far. Between hints, each
    counts by `distance^-4`. Yatziv & Sapiro, "Fast Image and Video Colorization using Chrominance
    Blending", IEEE TIP 2006, of differences instead of colors, and with an end to each hint's
    reach. (Weighted least squares, as of Levin et al., "Colorization using Optimization", SIGGRAPH
    2004, are for strokes: the color of a single pixel fades within a few others.)

    Args:
        ab: `[h, w, 2]` float32 in [-1, 1].
        rgb: `[h, w, 3]` uint8, sRGB, the image at the size of `ab`.
        hints: of the image, at least one.
        height: of the image at its full size, in pixels.
        width: of the image at its full size, in pixels.

    Returns:
        `[h, w, 2]` float32; scaled up to the full size, it has each hint's a and b at its pixel.
        Hints nearer to each other than about a pixel of `ab` are averaged.

    Raises:
        InputError: a hint lies outside of the image, or its color is malformed.
    """
    wanted = np.stack([hint.ab() for hint in hints])
    samples = np.stack([_sample(hint, ab.shape[:2], (height, width)) for hint in hints])
    missing = wanted - samples @ ab.reshape(-1, 2)
    distances = _distances(rgb, samples.argmax(axis=1), height, width)
    weights = np.maximum(distances, _NEAREST) ** -4.0
    shares = weights / weights.sum(axis=0) * np.exp(-((distances / _REACH) ** _SHARPNESS))
    # What is added to neighbors is seen at a hint's pixel as well: nearly the identity.
    strengths = np.linalg.lstsq(samples @ shares.T, missing, rcond=0.1)[0]
    return (ab + (shares.T @ strengths).reshape(ab.shape)).astype(np.float32)


def _sample(hint: Hint, small: tuple[int, ...], large: tuple[int, int]) -> np.ndarray:
    """Returns the weights, `[h · w]`, of a small image's pixels in a hint's pixel of the large."""
    if not (0 <= hint.x < large[1] and 0 <= hint.y < large[0]):
        raise InputError(
            f"hint {hint}: lies outside of the image, which is {large[1]} × {large[0]} pixels"
        )
    row, column = (
        full_size.scale_rows(np.eye(n, dtype=np.float32)[:, None], size, 1, i, i + 1)[0, 0]
        for n, size, i in zip(small, large, (int(hint.y), int(hint.x)), strict=True)
    )
    return np.outer(row, column).ravel()


def _distances(rgb: np.ndarray, sources: np.ndarray, height: int, width: int) -> np.ndarray:
    """Returns how far all pixels are from each source, `[N, h · w]`, in longer sides of the image.

    What is farther than twice the reach, where no effect is left, is given that distance.
    """
    # Here, since importing them would slow down every command.
    from scipy import sparse
    from scipy.ndimage import gaussian_filter
    from scipy.sparse import csgraph

    L = np.asarray(color.rgb_to_lab(jnp.asarray(rgb)))[..., 0]
    L = gaussian_filter(L, _BLUR).ravel()
    index = np.arange(L.size).reshape(rgb.shape[:2])
    down, right = np.array([height, width]) / max(height, width) / rgb.shape[:2]
    steps = [
        (index[1:], index[:-1], down),
        (index[:, 1:], index[:, :-1], right),
        (index[1:, 1:], index[:-1, :-1], math.hypot(down, right)),
        (index[1:, :-1], index[:-1, 1:], math.hypot(down, right)),
    ]
    first = np.concatenate([one.ravel() for one, _, _ in steps])
    second = np.concatenate([other.ravel() for _, other, _ in steps])
    lengths = np.concatenate([np.full(one.size, length) for one, _, length in steps])
    lengths += _EDGE * (L[first] - L[second]) ** 2
    graph = sparse.csr_array((lengths, (first, second)), (L.size, L.size))
    end = 2 * _REACH
    found = csgraph.dijkstra(graph, directed=False, indices=sources, limit=end)
    return np.minimum(found, end)
