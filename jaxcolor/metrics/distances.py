"""Scores of sets of images from their Inception features: FID, KID and the Inception Score.

Definitions: FID, Heusel et al., NeurIPS 2017, as pytorch-fid 0.3.0 computes it; KID, Bińkowski et
al., ICLR 2018; Inception Score, Salimans et al., NeurIPS 2016, with the options of torch-fidelity.
"""

from typing import NamedTuple

import numpy as np

from jaxcolor.config import InputError

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
    # Values below the rounding error of the largest one are directions without variance.
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

    `exp(mean KL(p(y|x) ‖ p(y)))`; images are shuffled with a fixed seed first, since files are
    often sorted by class.

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
