"""Measures the flicker of films before and after a and b are averaged over time.

    python scripts/benchmark_video.py

Clips of known colors are made of the photographs of docs/examples, with the grain and the unsteady
exposure of old film: a camera that stands still, one before which something passes, one that pans,
and one that zooms. The clips follow one another, so that there is a cut between any two. All is
measured at the network's size, of the clips' colors as the model in the package predicts them.

- static: mean |Δa| and |Δb| between consecutive frames, of pixels before which nothing moves.
- CDC: the color distribution consistency of Liu et al., "Temporally Consistent Video Colorization
  with Deep Feature Propagation and Self-regularization Learning", IJCV 2024: the Jensen-Shannon
  divergence of the histograms of red, green and blue of frames t and t + 1, t + 2 and t + 4, times
  1000.
- error: mean |Δa| and |Δb| from the true colors, which averaging must not raise.
"""

import itertools
import pathlib
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from benchmarking import timing

from jaxcolor import color, images, inference, temporal
from jaxcolor.data import transforms

EXAMPLES = pathlib.Path(__file__).parent.parent / "docs" / "examples"
PHOTOS = ("cat", "coffee", "lounge", "meadow", "pagoda", "dogs")
GRAIN = 6.0  # Standard deviation, of 255.
EXPOSURE = 0.02  # Standard deviation, of 1.
STEPS = (1, 2, 4)
SETTINGS = [(0, 4.0), (2, 4.0), (4, 2.0), (4, 4.0), (4, 8.0), (8, 4.0), (8, 8.0)]


class Clip(NamedTuple):
    """A clip, at the network's size.

    Attributes:
        kind: of its camera.
        predictions: of each frame.
        truth: `[N, S, S, 2]` float32, a and b of each frame.
        static: `[N - 1, S, S]` bool, where nothing moves between a frame and the next one.
    """

    kind: str
    predictions: list[temporal.Prediction]
    truth: np.ndarray
    static: np.ndarray


def lab(rgb: np.ndarray) -> np.ndarray:
    """Converts uint8 sRGB to Lab."""
    return np.asarray(color.rgb_to_lab(jnp.asarray(rgb)))


def film(kind: str, photo: np.ndarray, other: np.ndarray, count: int) -> tuple[list, list]:
    """Returns the frames of a clip, `[240, 240, 3]` uint8, and where they differ from the last."""
    frames, moving = [], []
    patch = other[80:160, 80:140]
    for t in range(count):
        moves = np.full((240, 240), kind in ("pan", "zoom"))
        if kind == "pan":
            frame = photo[20:260, t : t + 240]
        elif kind == "zoom":
            frame = images.resize(photo[t : 280 - t, t : 280 - t], 240, 240)
        else:
            frame = photo[20:260, 20:260].copy()
        if kind == "passer":
            left = 10 + 6 * t
            frame[140:220, left : left + 60] = patch
            moves[130:230, left - 10 : left + 76] = True
        frames.append(frame)
        moving.append(moves)
    return frames, moving


def shoot(
    colorizer: inference.Colorizer, kind: str, photo: np.ndarray, other: np.ndarray, count: int
) -> Clip:
    """Films a clip with grain and unsteady exposure, and predicts its colors."""
    rng = np.random.default_rng(0)
    frames, moving = film(kind, photo, other, count)
    predictions, truth = [], []
    for frame in frames:
        gray = np.asarray(transforms.without_color(frame[None]))[0, ..., 0]
        gray = gray * (1 + rng.normal(0, EXPOSURE)) + rng.normal(0, GRAIN, gray.shape)
        gray = np.round(np.clip(gray, 0, 255)).astype(np.uint8)
        ab = colorizer.predict_ab(gray)
        size = ab.shape[:2]
        L = lab(np.repeat(images.resize(gray, *size)[..., None], 3, -1))[..., 0]
        predictions.append(temporal.Prediction(L, ab))
        truth.append(lab(images.resize(frame, *size))[..., 1:])
    static = [
        images.resize(255 * (one | two).astype(np.uint8), *size) == 0
        for one, two in itertools.pairwise(moving)
    ]
    return Clip(kind, predictions, np.stack(truth), np.stack(static))


def cdc(clip: Clip, ab: np.ndarray) -> float:
    """Computes the color distribution consistency of a clip with some a and b, times 1000."""
    L = np.stack([prediction.L for prediction in clip.predictions])
    rgb = np.asarray(jnp.round(255 * color.lab_to_rgb(jnp.concatenate([L[..., None], ab], -1))))
    histograms = [
        [np.histogram(frame[..., channel], 256, (0, 256))[0] for channel in range(3)]
        for frame in rgb
    ]
    shares = np.array(histograms) / L[0].size
    distances = []
    for step in STEPS:
        one, two = shares[:-step], shares[step:]
        middle = (one + two) / 2
        distances.append(np.mean((divergence(one, middle) + divergence(two, middle)) / 2))
    return 1000 * float(np.mean(distances))


def divergence(shares: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Computes the Kullback-Leibler divergence along the last axis, in nats."""
    ratio = np.where(shares > 0, shares, 1) / np.where(shares > 0, other, 1)
    return np.sum(shares * np.log(ratio), axis=-1)


def measure(clip: Clip, ab: np.ndarray) -> list[float]:
    """Returns static, CDC and error of a clip with some a and b, `[N, S, S, 2]` of Lab."""
    change = np.abs(np.diff(ab, axis=0)).mean(-1)
    static = change[clip.static].mean() if clip.static.any() else float("nan")
    return [float(static), cdc(clip, ab), float(np.abs(ab - clip.truth).mean())]


def main() -> None:
    """Prints the measures of all clips, for several windows and widths of the weights."""
    parser = timing.parser(__doc__, runs=1)
    args = parser.parse_args()
    count, names = (12, PHOTOS[:2]) if args.quick else (24, PHOTOS)
    colorizer = inference.load()
    photos = [images.read(EXAMPLES / f"{name}.jpg")[:280, :280] for name in names]
    clips = [
        shoot(colorizer, kind, photo, other, count)
        for kind in ("still", "passer", "pan", "zoom")
        for photo, other in zip(photos, photos[1:] + photos[:1], strict=True)
    ]
    sequence = [prediction for clip in clips for prediction in clip.predictions]
    cuts = [t for t in range(1, len(sequence)) if temporal.is_cut(sequence[t - 1].L, sequence[t].L)]
    true_cuts = range(count, len(sequence), count)
    print(f"cuts: {len(true_cuts)}, found: {len(set(cuts) & set(true_cuts))}, ", end="")
    print(f"false ones: {len(set(cuts) - set(true_cuts))}")
    rows = [["camera", "radius", "sigma", "static", "CDC", "error"]]
    for radius, sigma in SETTINGS:
        averaged = temporal.smooth(((None, p) for p in sequence), radius, sigma)
        ab = color.AB_SCALE * np.stack([ab for _, ab in averaged])
        figures = {}
        for clip, own in zip(clips, ab.reshape(len(clips), count, *ab.shape[1:]), strict=True):
            figures.setdefault(clip.kind, []).append(measure(clip, own))
        for kind, values in figures.items():
            numbers = [f"{number:.2f}" for number in np.mean(values, axis=0)]
            rows.append([kind, str(radius), f"{sigma:g}" if radius else "-", *numbers])
    for kind in dict.fromkeys(clip.kind for clip in clips):
        values = [measure(clip, clip.truth) for clip in clips if clip.kind == kind]
        rows.append([kind, "truth", "-", *(f"{number:.2f}" for number in np.mean(values, axis=0))])
    timing.report(args, rows, {"device": jax.devices()[0].device_kind, "cuts": cuts})


if __name__ == "__main__":
    main()
