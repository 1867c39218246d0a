"""Scores of sets of images by the features of Inception-v3: FID, KID and the Inception Score.

Definitions: FID, Heusel et al., NeurIPS 2017, as pytorch-fid 0.3.0 computes it; KID, Bińkowski et
al., ICLR 2018; Inception Score, Salimans et al., NeurIPS 2016, with the options of torch-fidelity.
"""

import functools
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax.typing import ArrayLike
from PIL import Image

from jaxcolor.backbones import inception_v3, networks, weights
from jaxcolor.compilation import compile_network
from jaxcolor.config import InputError
from jaxcolor.metrics import padding

MODES = ("pytorch_fid", "clean")

_SIZE = inception_v3.INPUT_SIZE
_IS_SPLITS = 10
_IS_SEED = 2020
_KID_SUBSETS = 100
_KID_SUBSET_SIZE = 1000
_KID_SEED = 2020


class Moments(NamedTuple):
    """Mean and covariance of features.

    Attributes:
        mean: `[D]` float64.
        covariance: `[D, D]` float64, divided by count - 1.
    """

    mean: np.ndarray
    covariance: np.ndarray


def check(tap: str, mode: str) -> None:
    """Checks that there are such features and such a way to resize.

    Raises:
        InputError: there are not.
    """
    if tap not in inception_v3.TAPS:
        raise InputError(f"Inception has no features {tap!r}: {', '.join(inception_v3.TAPS)}")
    if mode not in MODES:
        raise InputError(f"mode={mode!r}: must be one of {', '.join(MODES)}")


class Placement(NamedTuple):
    """Where networks and images lie; by default on one device.

    Attributes:
        num_devices: divides the number of images that are spread.
        replicate: copies a network's variables to all of them.
        spread: spreads images over them.
    """

    num_devices: int = 1
    replicate: Callable[[Any], Any] = jax.device_put
    spread: Callable[[Any], Any] = jax.device_put


class Extractor:
    """Computes Inception features of images of any size."""

    def __init__(
        self,
        taps: Sequence[str] = ("2048",),
        mode: str = "pytorch_fid",
        loaded: weights.Loaded | None = None,
        placement: Placement | None = None,
    ):
        """Loads the network.

        Args:
            taps: of "64", "192", "768", "2048" and "logits_unbiased".
            mode: how images are brought to 299 × 299: "pytorch_fid", bilinear without antialiasing
                and rounding; "clean", Pillow's bicubic with antialiasing, per channel in float32,
                as clean-fid does.
            loaded: weights to use instead of those that are found on this machine.
            placement: of the network and the images.

        Raises:
            InputError: an unknown tap or mode; no weights; or weights that end before a tap.
        """
        for tap in taps:
            check(tap, mode)
        self.taps, self.mode = tuple(taps), mode
        self.placement = placement or Placement()
        self._network = inception_v3.InceptionV3(self.taps)
        variables, self.sha256 = networks.read("inception_v3_fid", self._network, taps, loaded)
        self._variables = self.placement.replicate(variables)

    def resize(self, rgb: np.ndarray) -> jax.Array | np.ndarray:
        """Brings images `[N, H, W, 3]` uint8 to the network: `[N, 299, 299, 3]` in [-1, 1]."""
        if self.mode == "clean":
            return (np.stack([_resize_clean(image) for image in rgb]) - 128) / 128
        rows, columns = (_neighbors(side) for side in rgb.shape[1:3])
        return _resize_bilinear(padding.pad(rgb), rows, columns)

    def __call__(self, x: ArrayLike) -> dict[str, np.ndarray]:
        """Computes features, averaged over the image.

        Args:
            x: as from `resize`; their number is a multiple of that of the devices.

        Returns:
            For each tap `[N, D]` float32.
        """
        x = self.placement.spread(x)
        return jax.device_get(_features(self._network, self._variables, x))


@functools.partial(compile_network, static_argnums=0)
def _features(
    network: inception_v3.InceptionV3, variables: Any, x: jax.Array
) -> dict[str, jax.Array]:
    # TF32 and the like would cost the fourth digit.
    with jax.default_matmul_precision("float32"):
        found: Any = network.apply(variables, x)
    return {tap: y if y.ndim == 2 else y.mean((1, 2)) for tap, y in found.items()}


def _neighbors(size: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Finds what 299 pixels are interpolated from, as PyTorch's `interpolate` does.

    Returns:
        `[299]` each: the lower and the upper neighbor, and the share of the upper one, in [0, 1).
    """
    place = np.maximum((np.arange(_SIZE) + 0.5) * (size / _SIZE) - 0.5, 0)
    low = np.floor(place).astype(int)
    return low, np.minimum(low + 1, size - 1), (place - low).astype(np.float32)


@jax.jit
def _resize_bilinear(
    rgb: ArrayLike, rows: tuple[jax.Array, ...], columns: tuple[jax.Array, ...]
) -> jax.Array:
    """Resizes to 299 × 299 as `torch.nn.functional.interpolate(mode="bilinear")` does.

    Args:
        rgb: `[N, H, W, 3]` uint8; beyond the neighbors it may be padded.
        rows: as of `_neighbors`.
        columns: as of `_neighbors`.

    Returns:
        `[N, 299, 299, 3]` float32 in [-1, 1].
    """
    x = jnp.asarray(rgb, jnp.float32) / 255
    for axis, (low, high, share) in ((1, rows), (2, columns)):
        share = jnp.expand_dims(share, [other for other in range(x.ndim) if other != axis])
        x = jnp.take(x, low, axis) * (1 - share) + jnp.take(x, high, axis) * share
    return 2 * x - 1


def _resize_clean(rgb: np.ndarray) -> np.ndarray:
    """Resizes `[H, W, 3]` as clean-fid does: to `[299, 299, 3]` float32 in [0, 255]."""
    planes = [
        Image.fromarray(plane.astype(np.float32)).resize((_SIZE, _SIZE), Image.Resampling.BICUBIC)
        for plane in np.moveaxis(rgb, -1, 0)
    ]
    return np.clip(np.stack([np.asarray(plane) for plane in planes], axis=-1), 0, 255)


def moments(features: np.ndarray) -> Moments:
    """Computes mean and covariance in float64.

    Args:
        features: `[N, D]`, N at least 2.

    Raises:
        InputError: fewer than two images.
    """
    if len(features) < 2:
        raise InputError(f"a covariance needs two images or more, got {len(features)}")
    features = features.astype(np.float64)
    covariance = np.atleast_2d(np.cov(features, rowvar=False))
    return Moments(features.mean(axis=0), covariance)


def frechet_distance(one: Moments, other: Moments) -> float:
    """Computes the squared Fréchet distance of two Gaussians.

    `|m1 - m2|² + tr(C1) + tr(C2) - 2 tr((C1 C2)^½)`, Dowson and Landau, 1982. The last trace is the
    sum of the roots of the eigenvalues of `Fᵀ C2 F`, where `F Fᵀ = C1`, which is symmetric and
    positive; so singular covariances need no jitter, and no matrix root is taken.

    Args:
        one: moments of one set, of D features.
        other: moments of the other set.
    """
    values, vectors = np.linalg.eigh(one.covariance)
    # What is below the rounding of the largest value is an axis without variance.
    kept = values > len(values) * np.finfo(float).eps * values[-1]
    factor = vectors[:, kept] * np.sqrt(values[kept])
    product = factor.T @ other.covariance @ factor
    overlap = np.sqrt(np.maximum(np.linalg.eigvalsh(product), 0)).sum()
    difference = one.mean - other.mean
    distance = (
        difference @ difference
        + np.trace(one.covariance)
        + np.trace(other.covariance)
        - 2 * overlap
    )
    return float(distance)


def fid(one: np.ndarray, other: np.ndarray) -> float:
    """Computes the Fréchet Inception Distance, `frechet_distance` of the features' moments.

    Args:
        one: `[N, D]` features of one set.
        other: `[M, D]` features of the other set.

    Raises:
        InputError: fewer than two images.
    """
    return frechet_distance(moments(one), moments(other))


def inception_score(logits: np.ndarray) -> tuple[float, float]:
    """Computes the Inception Score over 10 splits.

    `exp(mean KL(p(y|x) ‖ p(y)))`; images are shuffled with a fixed seed first, since files often
    lie sorted by class.

    Args:
        logits: `[N, 1008]`, without bias; N at least 10.

    Returns:
        Mean and standard deviation over the splits.

    Raises:
        InputError: fewer images than splits.
    """
    if len(logits) < _IS_SPLITS:
        raise InputError(f"an Inception Score needs {_IS_SPLITS} images or more: {len(logits)}")
    order = np.random.RandomState(_IS_SEED).permutation(len(logits))
    shuffled = logits[order].astype(np.float64)
    log_p = shuffled - np.logaddexp.reduce(shuffled, axis=1, keepdims=True)
    scores = []
    for i in range(_IS_SPLITS):
        start, end = (len(log_p) * j // _IS_SPLITS for j in (i, i + 1))
        part = log_p[start:end]
        p = np.exp(part)
        divergence = (p * (part - np.log(p.mean(axis=0, keepdims=True)))).sum(axis=1)
        scores.append(np.exp(divergence.mean()))
    return float(np.mean(scores)), float(np.std(scores))


def kernel_distance(one: np.ndarray, other: np.ndarray) -> tuple[float, float]:
    """Computes the Kernel Inception Distance, the unbiased MMD² of the kernel (x·y / D + 1)³.

    Args:
        one: `[N, D]` features of one set.
        other: `[M, D]` features of the other set.

    Returns:
        Mean and standard deviation over 100 subsets of 1,000 images, or of all where there are
        fewer.

    Raises:
        InputError: fewer than two images.
    """
    size = min(len(one), len(other), _KID_SUBSET_SIZE)
    if size < 2:
        raise InputError(f"a Kernel Inception Distance needs two images or more, got {size}")
    rng = np.random.RandomState(_KID_SEED)
    one, other = one.astype(np.float64), other.astype(np.float64)
    values = []
    for _ in range(_KID_SUBSETS):
        x = one[rng.choice(len(one), size, replace=False)]
        y = other[rng.choice(len(other), size, replace=False)]
        values.append(_mmd(x, y))
    return float(np.mean(values)), float(np.std(values))


def _mmd(x: np.ndarray, y: np.ndarray) -> float:
    count, dimension = x.shape
    xx, yy, xy = (((a @ b.T) / dimension + 1) ** 3 for a, b in ((x, x), (y, y), (x, y)))
    within = sum((k.sum() - np.trace(k)) / (count * (count - 1)) for k in (xx, yy))
    return float(within - 2 * xy.mean())
