"""FID, KID and Inception Score of sets of images, from their features."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from jaxcolor.config import InputError
from jaxcolor.metrics.metric_registry import FeatureDistance, FeatureMetric, of_kind

LOGITS = "logits_unbiased"
# Names of sets.
TRUTH = "truth"
GRAY = "gray"
# The row of the true images of even against those of odd index.
HALVES = "truth_halves"

# With fewer images FID depends on their number as much as on their quality.
_ENOUGH_IMAGES = 2048

_Features = Mapping[str, np.ndarray]


def rows(
    features: Mapping[str, _Features], taps: Sequence[str], only: str = ""
) -> tuple[dict[str, dict[str, Any]], dict[str, InputError]]:
    """Computes, for each set, what its features allow.

    "FID", "KID" and "KID_std" against the truth, and "FID_64" and so on; "IS" and "IS_std". "truth"
    has the latter alone; the former, of its images of even against those of odd index, are in the
    row "truth_halves".

    Args:
        features: for each set and tap `[N, D]`.
        taps: that are asked for; KID takes the first, and so does "FID".
        only: the one metric to compute, under its own name, and not of the truth; "" is all.

    Returns:
        The rows, and the scores that too few images left out, but for those of halves.
    """
    computation = _Computation(taps, only)
    truth = features.get(TRUTH, {})
    found = {
        name: computation.distances(own, truth) | computation.scores(own)
        for name, own in features.items()
        if name != TRUTH
    }
    if not only:
        even, odd = ({tap: values[i::2] for tap, values in truth.items()} for i in (0, 1))
        # That a half has too few images says nothing of the other rows.
        halves = _Computation(taps, only).distances(even, odd)
        own = {TRUTH: computation.scores(truth), HALVES: halves}
        found |= {name: scores for name, scores in own.items() if scores}
    return found, computation.missing


class _Computation:
    def __init__(self, taps: Sequence[str], only: str):
        self._taps, self._only = taps, only
        self.missing: dict[str, InputError] = {}

    def distances(self, features: _Features, truth: _Features) -> dict[str, Any]:
        scores: dict[str, Any] = {}
        for metric, distance in of_kind(FeatureDistance).items():
            tap = distance.tap or self._taps[0]
            wanted = metric == self._only if self._only else distance.tap != self._taps[0]
            if wanted and tap in features:
                scores |= self._compute(metric, distance.function, tap, features, truth)
        return scores

    def scores(self, features: _Features) -> dict[str, Any]:
        scores: dict[str, Any] = {}
        for metric, score in of_kind(FeatureMetric).items():
            if score.tap in features and self._only in ("", metric):
                scores |= self._compute(metric, score.function, score.tap, features)
        return scores

    def _compute(
        self, metric: str, function: Callable[..., Any], tap: str, *sets: _Features
    ) -> dict[str, Any]:
        try:
            value = function(*(features[tap] for features in sets))
        except InputError as error:
            self.missing[label(tap, self._taps)] = error
            return {}
        if isinstance(value, tuple):
            return dict(zip((metric, f"{metric}_std"), value, strict=True))
        return {metric: value}


def label(tap: str, taps: Sequence[str]) -> str:
    """Names the scores of a tap, for people.

    Args:
        tap: of Inception.
        taps: as of `rows`.
    """
    if tap == LOGITS:
        return "IS"
    return "FID and KID" if tap == taps[0] else f"FID of {tap} dimensions"


def facts(taps: Sequence[str], mode: str, sha256: str, num_images: int) -> dict[str, str]:
    """Returns the conditions of the scores.

    Args:
        taps: as of `rows`.
        mode: as of `inception.Extractor`.
        sha256: of the network's weights; "" if there were none.
        num_images: in each set.
    """
    if not sha256:
        return {}
    found = {
        "FID and KID": f"{mode}, {taps[0]} dimensions, {num_images} images against {num_images}, "
        f"weights {sha256[:8]}"
    }
    if num_images < _ENOUGH_IMAGES:
        found["warning"] = (
            f"fewer than {_ENOUGH_IMAGES:,} images: FID is comparable only with FIDs of as many"
        )
    return found
