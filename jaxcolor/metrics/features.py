"""FID, KID and Inception Score of growing sets of images, side by side with the true ones."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from jaxcolor.backbones import weights
from jaxcolor.config import InputError
from jaxcolor.metrics import inception

# Images that go through the network at once, whatever their sizes were.
_BATCH = 32
# Fewer images give scores that depend on their number as much as on their quality.
_ENOUGH_IMAGES = 2048

TRUTH = "truth"


class FeatureScores:
    """Scores sets of images against the set that is called "truth"."""

    def __init__(self, dimensions: int = 2048, mode: str = "pytorch_fid"):
        """Loads the network as far as its weights reach.

        Args:
            dimensions: of the features for FID and KID: 64, 192, 768 or 2048.
            mode: as of `inception.Extractor`.

        Raises:
            InputError: an unknown number of dimensions or mode.
        """
        self._tap, self._mode = str(dimensions), mode
        self._extractor: inception.Extractor | None = None
        self._pending: dict[str, list[np.ndarray]] = {}
        self._features: dict[str, list[dict[str, np.ndarray]]] = {}
        self.missing: dict[str, str] = {}
        inception.check(self._tap, mode)
        try:
            loaded = weights.load("inception_v3_fid")
        except InputError as error:
            self.missing = {"FID and KID": str(error), "IS": str(error)}
            return
        taps, scores = (self._tap, "logits_unbiased"), ("FID and KID", "IS")
        for count in (2, 1):
            try:
                self._extractor = inception.Extractor(taps[:count], mode, loaded)
                return
            except InputError as error:
                self.missing[scores[count - 1]] = str(error)

    def add(self, sets: Mapping[str, np.ndarray]) -> None:
        """Adds images to the sets.

        Args:
            sets: name to `[N, H, W, 3]` uint8; of any size.
        """
        if self._extractor is None:
            return
        for name, rgb in sets.items():
            pending = self._pending.setdefault(name, [])
            pending.extend(np.asarray(self._extractor.resize(rgb)))
            while len(pending) >= _BATCH:
                self._extract(name, _BATCH)

    def _extract(self, name: str, count: int) -> None:
        assert self._extractor is not None
        batch = np.stack(self._pending[name][:count])
        del self._pending[name][:count]
        # The last batch is filled up, since a program is compiled for one size.
        full = np.pad(batch, ((0, _BATCH - count), (0, 0), (0, 0), (0, 0)))
        found = {tap: values[:count] for tap, values in self._extractor(full).items()}
        self._features.setdefault(name, []).append(found)

    def summary(self) -> dict[str, dict[str, Any]]:
        """Returns, for each set, what could be computed.

        "FID", "KID" and "KID_std" against the truth; for the truth itself, of its images of even
        against those of odd places. "IS" and "IS_std".
        """
        for name, pending in self._pending.items():
            if pending:
                self._extract(name, len(pending))
        joined = {
            name: {tap: np.concatenate([part[tap] for part in parts]) for tap in parts[0]}
            for name, parts in self._features.items()
        }
        return {name: self._scores(name, joined) for name in joined}

    def _scores(self, name: str, joined: dict[str, dict[str, np.ndarray]]) -> dict[str, Any]:
        ours, theirs = joined[name][self._tap], joined[TRUTH][self._tap]
        if name == TRUTH:
            ours, theirs = theirs[::2], theirs[1::2]
        scores: dict[str, Any] = {}
        try:
            one, other = inception.moments(ours), inception.moments(theirs)
            scores["FID"] = inception.frechet_distance(one, other)
            scores["KID"], scores["KID_std"] = inception.kernel_distance(ours, theirs)
        except InputError as error:
            self.missing["FID and KID"] = str(error)
        if "logits_unbiased" in joined[name]:
            try:
                logits = joined[name]["logits_unbiased"]
                scores["IS"], scores["IS_std"] = inception.inception_score(logits)
            except InputError as error:
                self.missing["IS"] = str(error)
        return scores

    def facts(self, num_images: int) -> dict[str, str]:
        """Says how the scores came about, and of those that could not be computed, why.

        Args:
            num_images: in each set.
        """
        facts = {}
        if self._extractor is not None:
            facts["FID and KID"] = (
                f"{self._mode}, {self._tap} dimensions, {num_images} images against {num_images}, "
                f"weights {self._extractor.sha256[:8]}"
            )
            if num_images < _ENOUGH_IMAGES:
                facts["warning"] = (
                    f"fewer than {_ENOUGH_IMAGES:,} images: FID is comparable only with FIDs of as "
                    "many"
                )
        return facts | {f"no {score}": reason for score, reason in self.missing.items()}
