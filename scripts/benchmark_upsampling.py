"""Measures how well small colors are scaled up to a photograph's size, two ways.

    python scripts/benchmark_upsampling.py photos --sizes 64 128 256

True a and b are scaled down and up again: bicubically, as `Colorizer` does, and by a fast guided
filter, a local linear regression of a and b on L at the small size (He & Sun, "Fast Guided Filter",
2015). With --predicted, the colors are those of the model in the package instead, at its own size.
Each row is an average over the photographs: the color difference ΔE (CIE 1976) to the true colors,
its root mean square, and the colorfulness as a share of the true one.
"""

import pathlib
import sys
from collections.abc import Callable, Iterator

import jax.numpy as jnp
import numpy as np
from scipy.ndimage import uniform_filter
from tqdm import tqdm

from jaxcolor import cli, color, full_size, images, inference, listing
from jaxcolor.config import InputError
from jaxcolor.metrics import pixel

# Radius in pixels of the small image, and the least variance of L that counts.
_FILTERS = [(1, 0.1), (1, 1.0), (1, 10.0), (2, 1.0), (4, 1.0)]


def _scale(planes: np.ndarray, height: int, width: int) -> np.ndarray:
    return full_size.scale_rows(planes.astype(np.float32), height, width, 0, height)


def _shrink(planes: np.ndarray, size: int) -> np.ndarray:
    return _scale(planes, size, size)


def _mean(planes: np.ndarray, radius: int) -> np.ndarray:
    side = 2 * radius + 1
    return uniform_filter(planes, (side, side, 1), mode="nearest")


def guided(
    ab: np.ndarray, small_L: np.ndarray, L: np.ndarray, radius: int, epsilon: float
) -> np.ndarray:
    """Scales colors up by a fast guided filter.

    Args:
        ab: `[h, w, 2]` float32, in units of Lab.
        small_L: `[h, w, 1]` float32, in units of Lab.
        L: `[H, W, 1]` float32, in units of Lab.
        radius: of the windows, in pixels of `ab`.
        epsilon: added to the variance of L, in its unit squared.

    Returns:
        `[H, W, 2]` float32.
    """
    mean_L, mean_ab = _mean(small_L, radius), _mean(ab, radius)
    covariance = _mean(small_L * ab, radius) - mean_L * mean_ab
    variance = _mean(small_L**2, radius) - mean_L**2
    slope = covariance / (variance + epsilon)
    offset = mean_ab - slope * mean_L
    slope, offset = (_scale(_mean(part, radius), *L.shape[:2]) for part in (slope, offset))
    return slope * L + offset


def ways() -> Iterator[tuple[str, Callable[..., np.ndarray]]]:
    """Yields names and functions of small a and b, small L and L."""
    yield "bicubic", lambda ab, small_L, L: _scale(ab, *L.shape[:2])
    for radius, epsilon in _FILTERS:
        yield (
            f"guided, radius {radius}, ε {epsilon:g}",
            lambda ab, small_L, L, r=radius, e=epsilon: guided(ab, small_L, L, r, e),
        )


def _colorfulness(lab: np.ndarray) -> float:
    return float(pixel.colorfulness(color.lab_to_rgb(jnp.asarray(lab))[None])[0])


def main() -> None:
    """Prints a table."""
    parser = cli.Parser(__doc__)
    parser.add_argument("photos", type=pathlib.Path, help="folder, of 2 megapixels or more each")
    parser.add_argument("--sizes", type=int, nargs="+", default=[64, 128, 256])
    parser.add_argument("--predicted", action="store_true", help="colors of the package's model")
    args = parser.parse_args()
    sums: dict[tuple[int, str], np.ndarray] = {}
    try:
        paths = listing.find(args.photos)
        colorizer = inference.Colorizer.from_pretrained() if args.predicted else None
        sizes = [colorizer.config.data.image_size] if colorizer else args.sizes
        for path in tqdm(paths, unit="img", disable=None):
            rgb = images.read(path)
            lab = np.asarray(color.rgb_to_lab(jnp.asarray(rgb)))
            L, true_ab = lab[..., :1], lab[..., 1:]
            for size in sizes:
                small_L, ab = _shrink(L, size), _shrink(true_ab, size)
                if colorizer:
                    small = colorizer.predict(images.resize(rgb, size, size)[None])[0]
                    ab = np.asarray(color.rgb_to_lab(jnp.asarray(small)))[..., 1:]
                for name, scale in ways():
                    result = scale(ab, small_L, L)
                    difference = np.linalg.norm(result - true_ab, axis=-1)
                    colorful = _colorfulness(np.concatenate([L, result], -1)) / _colorfulness(lab)
                    row = [difference.mean(), np.sqrt((difference**2).mean()), colorful]
                    sums[size, name] = sums.get((size, name), 0) + np.array(row)
    except (InputError, OSError) as error:
        sys.exit(f"error: {error}")
    print(f"{len(paths)} photographs\n")
    print("| size | way | ΔE | ΔE, root mean square | colorfulness, share of the true |")
    print("|---:|---|---:|---:|---:|")
    for (size, name), total in sums.items():
        mean, rms, colorful = total / len(paths)
        print(f"| {size} | {name} | {mean:.3f} | {rms:.3f} | {colorful:.3f} |")


if __name__ == "__main__":
    main()
