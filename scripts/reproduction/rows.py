"""The data of one experiment on the page."""

import pathlib
from typing import Any, NamedTuple

import numpy as np
from ml_collections import ConfigDict

from jaxcolor import models, objectives
from jaxcolor.training import summary
from reproduction import experiment, points, protocol, published

_CURVES = ("PSNR", "SSIM", "epsilon_accuracy")

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
        pictures: `[P, H, W, 3]` uint8, sRGB: the page's photos as it colors them; None without.
        other_scores: scores on other data; None without such data.
    """

    id: str
    title: str
    published: dict[str, str]
    summary: str
    points: points.Points
    scores: dict[str, Any] | None
    train_scores: dict[str, Any] | None
    error: str
    losses: dict[str, Curve]
    validation: dict[str, Curve]
    pictures: np.ndarray | None
    other_scores: dict[str, Any] | None = None


def seconds_per_epoch(config: ConfigDict, num_images: int, speeds: Curve) -> float | None:
    """Computes how long an epoch takes after the pretraining, which is faster.

    Args:
        config: of the experiment.
        num_images: in an epoch.
        speeds: images per second by steps, those of the pretraining included.

    Returns:
        Seconds, by the median speed, or None if there is none.
    """
    after = [speed for step, speed in speeds if step > config.train.pretrain_steps]
    if not after:
        return None
    drawn = objectives.examples_per_step(config) / objectives.counted_per_step(config)
    return drawn * num_images / float(np.median(after))


def make_row(
    name: str,
    config: ConfigDict,
    changes: dict[str, Any],
    budget: int,
    num_images: int,
    folder: pathlib.Path,
    result: experiment.Result | None,
    photos: np.ndarray,
    error: str,
) -> Row:
    """Makes the row of an experiment.

    Args:
        name: of the experiment.
        config: of it, under the protocol.
        changes: fields that are set for it alone, and their values.
        budget: training images that it alone has; 0 if it has as many as the others.
        num_images: to train on.
        folder: of its run, or of the run of an equal experiment.
        result: of that run, if it has ended.
        photos: `[P, H, W, 3]` uint8, that the page shows.
        error: why it failed; empty if it did not.
    """
    docstring = protocol.EXPERIMENTS[name]["__doc__"]
    notes = [f"{field}={value}" for field, value in changes.items()]
    if budget:
        notes.append(f"{budget:,} images")
    if folder.name != name:
        notes.append(f"equal to {folder.name} under this protocol")
    size = models.output_size(config)
    if size > config.data.image_size:
        notes.append(f"scored at {size} × {size}; smaller images are scaled up")
    curves = summary.read_scalars(folder)
    speeds = curves.get("speed/images_per_second", [])
    if epoch := seconds_per_epoch(config, config.data.num_train_images or num_images, speeds):
        notes.append(f"{epoch:,.0f} s per epoch")
    return Row(
        id=name,
        title="; ".join([protocol.EXPERIMENTS[name]["TITLE"], *notes]),
        published=published.beside_ours(name),
        summary=points.summary(docstring),
        points=points.read(docstring),
        scores=result.scores["model"] if result else None,
        train_scores=(
            result.scores.get("train") if result and published.of_training_images(name) else None
        ),
        error=error,
        losses={key: curve for key, curve in curves.items() if "/" not in key},
        validation={
            key: curves[f"validation/{key}"] for key in _CURVES if f"validation/{key}" in curves
        },
        pictures=experiment.colored(folder, photos) if result else None,
        other_scores=result.scores.get("other") if result else None,
    )
