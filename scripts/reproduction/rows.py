"""The data of one experiment on the page."""

from typing import Any, NamedTuple

import numpy as np

from reproduction.points import Points

Curve = list[tuple[int, float]]


class Row(NamedTuple):
    """One experiment.

    Attributes:
        id: short and unique, such as "A5".
        title: what it is, such as "residual U-Net, BCE + 100·L1".
        published: score to number as printed, from other data.
        summary: how the row differs from another one, or what it is.
        points: where the row leaves its report, as of `points.read`.
        scores: summary as of `jaxcolor.metrics.scores.Scores`; None if it failed or has not run.
        train_scores: the same of training images; None for most rows.
        error: why it failed; empty if it did not.
        losses: name to (step, value) of each training loss.
        validation: name to (step, value) of each validation score.
        pictures: `[P, H, W, 3]` uint8, sRGB: the test photos as it colorizes them; None without.
    """

    id: str
    title: str
    published: dict[str, str]
    summary: str
    points: Points
    scores: dict[str, Any] | None
    train_scores: dict[str, Any] | None
    error: str
    losses: dict[str, Curve]
    validation: dict[str, Curve]
    pictures: np.ndarray | None
