"""All metrics of a set of colorized images, and of the gray and the true images."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from jaxcolor.config import InputError
from jaxcolor.data import transforms
from jaxcolor.metrics import inception, padding, pixel
from jaxcolor.metrics.features import FeatureScores
from jaxcolor.metrics.metric_registry import ImageNetwork, NetworkMetric, of_kind
from jaxcolor.metrics.part import Part
from jaxcolor.metrics.scores import Scores
from jaxcolor.metrics.set_scores import GRAY, TRUTH


class Evaluation:
    """Scores a growing set of images by all metrics whose weights are found."""

    def __init__(
        self,
        fid_dimensions: Sequence[int] = (2048,),
        fid_mode: str = "pytorch_fid",
        placement: inception.Placement | None = None,
    ):
        """Loads the networks.

        Args:
            fid_dimensions: as of `FeatureScores`.
            fid_mode: as of `FeatureScores`.
            placement: of Inception, as of `FeatureScores`.

        Raises:
            InputError: an unknown number of dimensions or mode.
        """
        self._features = FeatureScores(fid_dimensions, fid_mode, placement)
        self._scores: dict[str, Scores] = {}
        self._networks: dict[str, ImageNetwork] = {}
        self._missing: dict[str, InputError] = {}
        for name, metric in of_kind(NetworkMetric).items():
            try:
                self._networks[name] = metric.load()
            except InputError as error:
                self._missing[name] = error

    @property
    def min_size(self) -> int:
        """Least height and width of an image, in pixels."""
        return max([pixel.SSIM_WINDOW, *(n.min_size for n in self._networks.values())])

    def add(
        self,
        predicted: Mapping[str, np.ndarray],
        truth: np.ndarray,
        *,
        many_sizes: bool = False,
    ) -> None:
        """Scores predictions of a batch, and its gray version, a = b = 0, as the baseline.

        Args:
            predicted: by the name of the row, each `[N, H, W, 3]` uint8, sRGB, height and width at
                least `min_size`.
            truth: `[N, H, W, 3]` uint8, sRGB.
            many_sizes: whether other calls have images of many other sizes. They are then padded to
                few shapes, since a program is compiled for each shape; scores are equal to 1e-6.
        """
        where = None
        height, width = truth.shape[1:3]
        if many_sizes:
            where = padding.pad(np.ones((*truth.shape[:3], 1), bool))
            predicted = {name: padding.pad(rgb) for name, rgb in predicted.items()}
            truth = padding.pad(truth)
        sets = {**predicted, GRAY: np.asarray(transforms.without_color(truth))}
        for row, rgb in sets.items():
            self._scores.setdefault(row, Scores(self._networks)).add(rgb, truth, where)
        whole = {**sets, TRUTH: truth}
        self._features.add({row: rgb[:, :height, :width] for row, rgb in whole.items()})

    def part(self, **about: Any) -> Part:
        """Returns what was computed of the images so far.

        Args:
            **about: attributes of the part that the evaluation does not know: `facts`, `images`,
                `replaced` and `shard`.
        """
        return Part(
            scores={row: scores.columns() for row, scores in self._scores.items()},
            features=self._features.features(),
            taps=self._features.taps,
            mode=self._features.mode,
            sha256=self._features.sha256,
            networks={name: network.description for name, network in self._networks.items()},
            missing=self._features.missing | self._missing,
            **about,
        )

    def summary(self) -> dict[str, dict[str, Any]]:
        """Returns the rows for `report.table`.

        Summaries, as of `scores.summarize` and `set_scores.rows`, of the predictions and of "gray";
        of "truth" and "truth_halves" the latter alone.
        """
        rows, self._missing = self.part().rows()
        return rows

    def facts(self) -> dict[str, str]:
        """Returns the conditions of the scores."""
        return self.part().conditions()

    @property
    def missing(self) -> dict[str, InputError]:
        """The scores that cannot be computed, as far as is known by now, and why."""
        return self._features.missing | self._missing
