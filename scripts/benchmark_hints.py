"""Measures how far hints and references bring the colors of photographs.

    python scripts/benchmark_hints.py photos --count 60

Hints: in each photograph one thing is found by its true colors, from a pixel drawn at random. The
table has the share of the change by a hint at that pixel that arrives in the thing and in what has
clearly other colors. Beside the way of `hints.spread` there are weighted least squares on L, as
of Levin et al., "Colorization using Optimization", SIGGRAPH 2004, on the difference.

References: the color difference ΔE (CIE 1976) of the model in the package to the truth, alone, with
the true photograph as reference, and of each right half with the left half as reference, beside the
mean and deviations of Reinhard et al., "Color Transfer between Images", IEEE CG&A 2001.
"""

import pathlib
import sys
from collections.abc import Callable

import jax.numpy as jnp
import numpy as np
from scipy import sparse
from scipy.ndimage import gaussian_filter, label
from scipy.sparse import linalg
from tqdm import tqdm

from jaxcolor import cli, color, hints, images, inference, listing, reference
from jaxcolor.config import InputError

# Differences of a and b: within a thing, and to what is clearly another; the least chroma.
_SAME, _OTHER, _CHROMA = 14, 24, 18
# Weights of the differences' size, which bounds the reach of the least squares.
_SIZES = (1e-4, 1e-5)


def find_thing(
    ab: np.ndarray, rng: np.random.Generator
) -> tuple[int, int, np.ndarray, np.ndarray] | None:
    """Returns row and column of a pixel, where its thing is and where others are, if one is found.

    Args:
        ab: `[S, S, 2]` float32, true, in units of Lab.
        rng: draws pixels.
    """
    ab = gaussian_filter(ab, (1.5, 1.5, 0))
    for row, column in rng.integers(10, len(ab) - 10, (60, 2)):
        distance = np.linalg.norm(ab - ab[row, column], axis=-1)
        regions, _ = label(distance < _SAME)
        thing, other = regions == regions[row, column], distance > _OTHER
        colorful = np.linalg.norm(ab[row, column]) > _CHROMA
        if colorful and 0.01 < thing.mean() < 0.25 and other.mean() > 0.3:
            return int(row), int(column), thing, other
    return None


def least_squares(L: np.ndarray, row: int, column: int, size: float) -> np.ndarray:
    """Spreads 1 from a pixel over `[S, S]`; neighbors of L apart by 3 are held half as tightly."""
    index, flat = np.arange(L.size).reshape(L.shape), L.ravel().astype(float)
    first = np.concatenate([index[1:].ravel(), index[:, 1:].ravel()])
    second = np.concatenate([index[:-1].ravel(), index[:, :-1].ravel()])
    weights = 1 / (1 + ((flat[first] - flat[second]) / 3) ** 2)
    graph = sparse.coo_array((weights, (first, second)), (L.size, L.size))
    graph = graph + graph.T
    matrix = sparse.diags_array(graph.sum(axis=1) + size) - graph
    field = linalg.splu(sparse.csc_array(matrix), permc_spec="MMD_AT_PLUS_A").solve(
        (index == index[row, column]).ravel().astype(float)
    )
    return field.reshape(L.shape) / field[index[row, column]]


def by_hint(rgb: np.ndarray, row: int, column: int) -> np.ndarray:
    """Spreads a hint over colors so far of none, as a share of its own color, `[S, S]`."""
    hint = hints.Hint(column, row, "#c04040")
    size = len(rgb)
    ab = hints.spread(np.zeros((size, size, 2), np.float32), rgb, [hint], size, size)
    return ab[..., 0] / hint.ab()[0]


def reinhard(ab: np.ndarray, rgb: np.ndarray, _: np.ndarray, known: np.ndarray) -> np.ndarray:
    """Gives colors the mean and deviations of a reference; arguments as of `transfer`."""
    true = to_lab(known)[..., 1:].reshape(-1, 2) / color.AB_SCALE
    flat = ab.reshape(-1, 2)
    return (ab - flat.mean(0)) * true.std(0) / flat.std(0) + true.mean(0)


def to_lab(rgb: np.ndarray) -> np.ndarray:
    """Converts `[..., 3]` uint8."""
    return np.asarray(color.rgb_to_lab(jnp.asarray(rgb)))


def _difference(ab: np.ndarray, lab: np.ndarray) -> float:
    return float(np.linalg.norm(color.AB_SCALE * ab - lab[..., 1:], axis=-1).mean())


def main() -> None:
    """Prints two tables."""
    parser = cli.Parser(__doc__)
    parser.add_argument("photos", type=pathlib.Path, help="folder")
    parser.add_argument("--count", type=int, default=60, help="photographs, evenly from the folder")
    args = parser.parse_args()
    rng = np.random.default_rng(0)
    ways: dict[str, Callable] = {"none": lambda ab, *_: ab, "mean and deviations": reinhard}
    ways["matched"] = lambda ab, rgb, *known: reference.transfer(ab, rgb, reference.Palette(*known))
    shares: dict[str, list] = {}
    errors: dict[str, list] = {}
    try:
        paths = listing.find(args.photos)
        paths = paths[:: max(1, len(paths) // args.count)][: args.count]
        colorizer = inference.Colorizer.from_pretrained()
        size = colorizer.config.data.image_size
        half = size // 2
        for path in tqdm(paths, unit="img", disable=None):
            rgb = images.resize(images.read(path), size, size)
            ab, lab = colorizer.predict_ab(rgb), to_lab(rgb)
            if found := find_thing(lab[..., 1:], rng):
                row, column, thing, other = found
                fields = {
                    f"least squares, {weight:g}": least_squares(lab[..., 0], row, column, weight)
                    for weight in _SIZES
                }
                fields["shortest paths"] = by_hint(rgb, row, column)
                for name, field in fields.items():
                    values = [field[thing].mean(), field[other].mean()]
                    shares.setdefault(name, []).append(values)
            for name, way in ways.items():
                whole = way(ab, rgb, ab, rgb)
                right = way(ab[:, half:], rgb[:, half:], ab[:, :half], rgb[:, :half])
                errors.setdefault(name, []).append(
                    [_difference(whole, lab), _difference(right, lab[:, half:])]
                )
    except (InputError, OSError) as error:
        sys.exit(f"error: {error}")
    num_things = len(shares.get("shortest paths", []))
    print(f"{num_things} things\n\n| hint | in the thing | in others |")
    print("|---|---:|---:|")
    for name, values in shares.items():
        inside, outside = np.mean(values, axis=0)
        print(f"| {name} | {inside:.3f} | {outside:.3f} |")
    print(f"\n{len(paths)} photographs\n\n| reference | ΔE, itself | ΔE, other half | lower in |")
    print("|---|---:|---:|---:|")
    for name, values in errors.items():
        itself, other_half = np.mean(values, axis=0)
        lower = (np.array(values) < np.array(errors["none"])).sum(axis=0)
        print(f"| {name} | {itself:.2f} | {other_half:.2f} | {lower[0]}, {lower[1]} |")


if __name__ == "__main__":
    main()
