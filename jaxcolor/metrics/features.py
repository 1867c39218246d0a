"""FID, KID and Inception Score of growing sets of images, against the true ones."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from jaxcolor.backbones import inception_v3, weights
from jaxcolor.config import InputError
from jaxcolor.metrics import feature_cache, inception
from jaxcolor.metrics.metric_registry import METRICS, FeatureDistance, FeatureMetric, of_kind
from jaxcolor.metrics.scores import Gather

# Images per device and batch, whatever their original sizes.
BATCH = 32
# With fewer images FID depends on their number as much as on their quality.
_ENOUGH_IMAGES = 2048

_LOGITS = "logits_unbiased"

_Features = Mapping[str, np.ndarray]

TRUTH = "truth"
GRAY = "gray"
# The row of the true images of even against those of odd index.
HALVES = "truth_halves"


class FeatureScores:
    """Scores sets of images against the set that is called "truth".

    `jaxcolor.metrics.feature_cache` keeps the features of "truth" and of "gray" for the next
    evaluation on the same images.
    """

    def __init__(
        self,
        dimensions: Sequence[int] = (2048,),
        mode: str = "pytorch_fid",
        placement: inception.Placement | None = None,
    ):
        """Loads the network up to the deepest tap that its weights have.

        Args:
            dimensions: of the features: 64, 192, 768 or 2048. KID takes the first, and so does
                "FID"; others are called "FID_64" and so on.
            mode: as of `inception.Extractor`.
            placement: as of `inception.Extractor`.

        Raises:
            InputError: an unknown number of dimensions or mode.
        """
        self._taps, self._mode = [str(number) for number in dimensions], mode
        self._extractor: inception.Extractor | None = None
        self._pending: dict[str, list[np.ndarray]] = {}
        self._features: dict[str, list[dict[str, np.ndarray]]] = {}
        self.missing: dict[str, InputError] = {}
        for tap in self._taps:
            inception.check(tap, mode)
        try:
            loaded = weights.load("inception_v3_fid")
        except InputError as error:
            self.missing = {"IS": error, "FID and KID": error}
            return
        needed = {*self._taps, *(metric.tap for metric in of_kind(FeatureMetric).values())}
        taps = [tap for tap in inception_v3.TAPS if tap in needed]
        while taps and self._extractor is None:  # Weights may end before the deepest tap.
            try:
                self._extractor = inception.Extractor(taps, mode, loaded, placement)
            except InputError as error:
                tap = taps.pop()
                deepest = "" if tap == _LOGITS else inception.deepest(loaded)
                if deepest:
                    hint = f"the weights end at {deepest} features; --fid_dims {deepest} works"
                    error = weights.WeightsError(str(error), hint)
                self.missing[self._label(tap)] = error
        if self._extractor is not None:
            self._batch = BATCH * self._extractor.placement.num_devices

    def add(self, sets: Mapping[str, np.ndarray]) -> None:
        """Adds images to the sets.

        Args:
            sets: name to `[N, H, W, 3]` uint8; of any size.
        """
        if self._extractor is None:
            return
        for name, rgb in sets.items():
            pending = self._pending.setdefault(name, [])
            pending.extend(rgb)
            while len(pending) >= self._batch:
                self._extract(name, pending[: self._batch])
                del pending[: self._batch]

    def _extract(self, name: str, images: Sequence[np.ndarray]) -> None:
        assert self._extractor is not None
        cache = feature_cache.locate(self._extractor, images) if name in (TRUTH, GRAY) else None
        found = feature_cache.read(cache) if cache else None
        if found is None:
            if len({image.shape for image in images}) == 1:
                resized = np.asarray(self._extractor.resize(np.stack(images)))
            else:
                resized = np.concatenate([self._extractor.resize(image[None]) for image in images])
            # The last batch is filled up, since a program is compiled for one size.
            missing = self._batch - len(images)
            full = np.pad(resized, ((0, missing), (0, 0), (0, 0), (0, 0)))
            found = {tap: values[: len(images)] for tap, values in self._extractor(full).items()}
            if cache:
                feature_cache.write(cache, found)
        self._features.setdefault(name, []).append(found)

    def clear(self) -> None:
        """Forgets all images."""
        self._pending.clear()
        self._features.clear()

    def check_available(self, metric: str) -> None:
        """Checks that a metric can be computed, as far as is known by now.

        Raises:
            InputError: its weights are missing, or there were too few images.
        """
        found = METRICS[metric]
        assert isinstance(found, FeatureDistance | FeatureMetric)
        if error := self.missing.get(self._label(found.tap or self._taps[0])):
            raise error

    def summary(self, gather: Gather = np.asarray, only: str = "") -> dict[str, dict[str, Any]]:
        """Returns, for each set, what could be computed.

        "FID", "KID" and "KID_std" against the truth, and "FID_64" and so on; "IS" and "IS_std".
        "truth" has the latter alone; the former, of its images of even against those of odd index,
        are in the row "truth_halves".

        Args:
            gather: as of `Scores.summary`.
            only: the one metric to compute, under its own name, and not of the truth; "" is all.
        """
        for name, pending in self._pending.items():
            if pending:
                self._extract(name, pending)
        self._pending.clear()
        feature_cache.prune()
        joined = {
            name: {tap: gather(np.concatenate([part[tap] for part in parts])) for tap in parts[0]}
            for name, parts in self._features.items()
        }
        truth = joined.pop(TRUTH, {})
        rows = {
            name: self._distances(features, truth, only) | self._scores(features, only)
            for name, features in joined.items()
        }
        if not only:
            even, odd = ({tap: values[i::2] for tap, values in truth.items()} for i in (0, 1))
            own = {TRUTH: self._scores(truth), HALVES: self._distances(even, odd)}
            rows |= {name: scores for name, scores in own.items() if scores}
        return rows

    def _distances(self, features: _Features, truth: _Features, only: str = "") -> dict[str, Any]:
        scores: dict[str, Any] = {}
        for metric, distance in of_kind(FeatureDistance).items():
            tap = distance.tap or self._taps[0]
            wanted = metric == only if only else distance.tap != self._taps[0]
            if wanted and tap in features:
                scores |= self._compute(metric, distance.function, tap, features, truth)
        return scores

    def _scores(self, features: _Features, only: str = "") -> dict[str, Any]:
        scores: dict[str, Any] = {}
        for metric, score in of_kind(FeatureMetric).items():
            if score.tap in features and only in ("", metric):
                scores |= self._compute(metric, score.function, score.tap, features)
        return scores

    def _compute(
        self, metric: str, function: Callable[..., Any], tap: str, *sets: _Features
    ) -> dict[str, Any]:
        try:
            value = function(*(features[tap] for features in sets))
        except InputError as error:
            self.missing[self._label(tap)] = error
            return {}
        if isinstance(value, tuple):
            return dict(zip((metric, f"{metric}_std"), value, strict=True))
        return {metric: value}

    def _label(self, tap: str) -> str:
        if tap == _LOGITS:
            return "IS"
        return "FID and KID" if tap == self._taps[0] else f"FID of {tap} dimensions"

    def facts(self, num_images: int) -> dict[str, str]:
        """Returns the conditions of the scores.

        Args:
            num_images: in each set.
        """
        facts = {}
        if self._extractor is not None:
            facts["FID and KID"] = (
                f"{self._mode}, {self._taps[0]} dimensions, {num_images} images against "
                f"{num_images}, weights {self._extractor.sha256[:8]}"
            )
            if num_images < _ENOUGH_IMAGES:
                facts["warning"] = (
                    f"fewer than {_ENOUGH_IMAGES:,} images: FID is comparable only with FIDs of as "
                    "many"
                )
        return facts
