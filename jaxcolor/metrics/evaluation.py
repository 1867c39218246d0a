"""Every score of a set of colorized images, with gray and the truth beside it."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from jaxcolor.config import InputError
from jaxcolor.data import transforms
from jaxcolor.metrics import inception, lpips, pixel, report
from jaxcolor.metrics.features import GRAY, TRUTH, FeatureScores
from jaxcolor.metrics.report import Scores


class Evaluation:
    """Scores a growing set of images by everything whose weights are there."""

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
        self._lpips: lpips.LpipsScore | None = None
        try:
            self._lpips = lpips.LpipsScore()
            self._lpips_fact = {
                "LPIPS": "v0.1, VGG-16, weights "
                + ", ".join(sha[:8] for sha in self._lpips.sha256.values())
            }
        except InputError as error:
            self._lpips_fact = {"no LPIPS": str(error)}

    @property
    def min_size(self) -> int:
        """Pixels that an image needs each way."""
        return max(pixel.SSIM_WINDOW, lpips.MIN_SIZE if self._lpips else 0)

    def add(self, name: str, predicted: np.ndarray, truth: np.ndarray) -> None:
        """Scores a batch, and gray beside it: a = b = 0, the line that every colorizer must beat.

        Args:
            name: of the row.
            predicted: `[N, H, W, 3]` uint8, sRGB.
            truth: `[N, H, W, 3]` uint8, sRGB.
        """
        sets = {name: predicted, GRAY: np.asarray(transforms.without_color(truth))}
        for row, rgb in sets.items():
            self._scores.setdefault(row, Scores(self._lpips)).add(rgb, truth)
        self._features.add({**sets, TRUTH: truth})

    def summary(self) -> dict[str, dict[str, Any]]:
        """Returns the rows for `report.table`.

        Summaries, as of `Scores.summary` and `FeatureScores.summary`, of the predictions and of
        "gray"; of "truth" the latter alone.
        """
        rows = {name: scores.summary() for name, scores in self._scores.items()}
        return report.merge(rows, self._features.summary())

    def facts(self) -> dict[str, str]:
        """Says how the scores came about, and of those that could not be computed, why."""
        count = self._scores[GRAY].num_images if self._scores else 0
        return {"images": str(count), **self._features.facts(count), **self._lpips_fact}
