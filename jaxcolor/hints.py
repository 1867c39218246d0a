"""Hints of a user: the colors of some pixels, spread over what belongs together."""

import math
import re
from collections.abc import Sequence
from typing import NamedTuple

import jax.numpy as jnp
import numpy as np
from scipy import sparse
from scipy.sparse import linalg

from jaxcolor import color, full_size
from jaxcolor.config import InputError


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
        parts = text.split(",")
        try:
            x, y, rgb = float(parts[0]), float(parts[1]), parts[2].strip()
            if len(parts) != 3:
                raise ValueError
        except (IndexError, ValueError):
            raise InputError(f"hint {text}: must be X,Y,#RRGGBB, as 120,80,#b03020") from None
        hint = cls(x, y, rgb)
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

    The difference of the hints from the colors so far is spread by weighted least squares: it
    changes little between neighbors of equal lightness, and is small where nothing else is known.
    Levin et al., "Colorization using Optimization", SIGGRAPH 2004.

    Args:
        ab: `[h, w, 2]` float32 in [-1, 1].
        rgb: `[h, w, 3]` uint8, sRGB, the image at the size of `ab`.
        hints: of the image.
        height: of the image at its full size, in pixels.
        width: of the image at its full size, in pixels.

    Returns:
        `[h, w, 2]` float32; scaled up to the full size, it has each hint's a and b at its pixel.

    Raises:
        InputError: a hint lies outside of the image, or its color is malformed.
    """
    rows = sparse.csr_matrix(
        [_sampling(hint, ab.shape[0], ab.shape[1], height, width) for hint in hints]
    )
    wanted = np.stack([hint.ab() for hint in hints]) - rows @ ab.reshape(-1, 2)
    L = np.asarray(color.rgb_to_lab(jnp.asarray(rgb)))[..., 0]
    fields = linalg.splu(_energy(L), permc_spec="MMD_AT_PLUS_A").solve(rows.T.toarray())
    strengths = np.linalg.solve(rows @ fields + 1e-6 * np.eye(len(hints)), wanted)
    return (ab + (fields @ strengths).reshape(ab.shape)).astype(np.float32)


def _sampling(hint: Hint, h: int, w: int, height: int, width: int) -> np.ndarray:
    """Returns how `[h · w]` values of a small image add up to the one at a hint's pixel."""
    if not (0 <= hint.x < width and 0 <= hint.y < height):
        raise InputError(f"hint {hint}: lies outside of the image, {width} × {height} pixels")
    row, column = (
        full_size.scale_rows(np.eye(small, dtype=np.float32)[:, None], large, 1, i, i + 1).ravel()
        for small, large, i in ((h, height, math.floor(hint.y)), (w, width, math.floor(hint.x)))
    )
    return np.outer(row, column).ravel()


def _energy(L: np.ndarray) -> sparse.csc_matrix:
    """Returns the matrix of the least squares: an edge-aware Laplacian, and a small diagonal."""
    index = np.arange(L.size).reshape(L.shape)
    pairs = [(index[1:], index[:-1]), (index[:, 1:], index[:, :-1])]
    first, second = (np.concatenate([pair[k].ravel() for pair in pairs]) for k in (0, 1))
    difference = np.abs(L.ravel()[first] - L.ravel()[second])
    weight = 1 / (difference**2 + 0.1)
    graph = sparse.coo_matrix((weight, (first, second)), (L.size, L.size))
    graph = graph + graph.T
    return sparse.csc_matrix(sparse.diags(graph.sum(axis=1).A1 + 1e-3) - graph)
