"""Inception features of growing sets of images, and their FID, KID and Inception Score."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from jaxcolor.backbones import inception_v3, weights
from jaxcolor.config import InputError
from jaxcolor.metrics import feature_cache, inception, set_scores
from jaxcolor.metrics.metric_registry import METRICS, FeatureDistance, FeatureMetric, of_kind
from jaxcolor.metrics.scores import Gather
from jaxcolor.metrics.set_scores import GRAY, TRUTH

# Images per device and batch, whatever their original sizes.
BATCH = 32


class FeatureScores:
    """Scores sets of images against the set that is called "truth".

    `jaxcolor.metrics.feature_cache` keeps the features of "truth" and of "gray" for the next
    evaluation on the same images.

    Attributes:
        taps: of the features that are asked for; KID is of the first one.
        mode: as of `inception.Extractor`.
        sha256: of the network's weights; "" without them.
        missing: the scores that cannot be computed, as far as is known by now, and why.
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
        self.taps, self.mode, self.sha256 = [str(number) for number in dimensions], mode, ""
        self._extractor: inception.Extractor | None = None
        self._pending: dict[str, list[np.ndarray]] = {}
        self._features: dict[str, list[dict[str, np.ndarray]]] = {}
        self.missing: dict[str, InputError] = {}
        for tap in self.taps:
            inception.check(tap, mode)
        try:
            loaded = weights.load("inception_v3_fid")
        except InputError as error:
            self.missing = {"IS": error, "FID and KID": error}
            return
        needed = {*self.taps, *(metric.tap for metric in of_kind(FeatureMetric).values())}
        taps = [tap for tap in inception_v3.TAPS if tap in needed]
        while taps and self._extractor is None:  # Weights may end before the deepest tap.
            try:
                self._extractor = inception.Extractor(taps, mode, loaded, placement)
            except InputError as error:
                tap = taps.pop()
                deepest = "" if tap == set_scores.LOGITS else inception.deepest(loaded)
                if deepest:
                    hint = f"the weights end at {deepest} features; --fid_dims {deepest} works"
                    error = weights.WeightsError(str(error), hint)
                self.missing[set_scores.label(tap, self.taps)] = error
        if self._extractor is not None:
            self.sha256 = self._extractor.sha256
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
        if error := self.missing.get(set_scores.label(found.tap or self.taps[0], self.taps)):
            raise error

    def features(self, gather: Gather = np.asarray) -> dict[str, dict[str, np.ndarray]]:
        """Returns the features of the images so far, for each set and tap `[N, D]` float32.

        Args:
            gather: as of `Scores.columns`.
        """
        for name, pending in self._pending.items():
            if pending:
                self._extract(name, pending)
        self._pending.clear()
        feature_cache.prune()
        return {
            name: {tap: gather(np.concatenate([part[tap] for part in parts])) for tap in parts[0]}
            for name, parts in self._features.items()
        }

    def summary(self, gather: Gather = np.asarray, only: str = "") -> dict[str, dict[str, Any]]:
        """Returns what could be computed, as `set_scores.rows` does.

        Args:
            gather: as of `Scores.columns`.
            only: as of `set_scores.rows`.
        """
        rows, missing = set_scores.rows(self.features(gather), self.taps, only)
        self.missing |= missing
        return rows
