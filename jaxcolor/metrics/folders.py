"""Scores a folder of images against the equally named ones of another."""

import pathlib

import numpy as np
from tqdm import tqdm

from jaxcolor import images, listing
from jaxcolor.config import InputError
from jaxcolor.metrics.evaluation import Evaluation
from jaxcolor.shard import WHOLE, Shard


def add(
    predictions: pathlib.Path, truth: pathlib.Path, evaluation: Evaluation, shard: Shard = WHOLE
) -> list[str]:
    """Adds predictions, and the gray baseline, to an evaluation, at the images' own size.

    Two images are a pair if their paths relative to the folders differ at most in the extension.

    Args:
        predictions: folder of colorized images.
        truth: folder of the true ones.
        evaluation: scores them, in the row "predictions".
        shard: of the pairs, in the order of their names.

    Returns:
        The names of all pairs.

    Raises:
        InputError: a folder is missing or empty, an image has no partner, cannot be read, or
            differs from its partner in size, or is too small; all such images are listed.
    """
    predicted, true = _by_name(predictions), _by_name(truth)
    unpaired = [
        f"{folder / name}: has no partner in {other}"
        for folder, other, names in (
            (predictions, truth, predicted.keys() - true.keys()),
            (truth, predictions, true.keys() - predicted.keys()),
        )
        for name in sorted(names)
    ]
    if unpaired:
        raise InputError("\n".join(unpaired))

    problems = []
    names = list(true)
    shard.size(len(names))
    for name in tqdm(shard.take(names), desc="evaluate", unit="img", disable=None):
        path = true[name]
        try:
            target, prediction = images.read(path), images.read(predicted[name])
        except InputError as error:
            problems.append(str(error))
            continue
        if prediction.shape != target.shape:
            problems.append(
                f"{predicted[name]}: is {_size(prediction)}, but {path} is {_size(target)}; "
                "resize one of them"
            )
        elif min(target.shape[:2]) < evaluation.min_size:
            problems.append(
                f"{path}: is {_size(target)}, too small for the scores, which need "
                f"{evaluation.min_size} × {evaluation.min_size} pixels or more"
            )
        elif not problems:
            evaluation.add({"predictions": prediction[None]}, target[None], many_sizes=True)
    if problems:
        raise InputError("\n".join(problems))
    return names


def _by_name(folder: pathlib.Path) -> dict[str, pathlib.Path]:
    named: dict[str, pathlib.Path] = {}
    for path in listing.find(folder):
        name = path.relative_to(folder).with_suffix("").as_posix()
        if name in named:
            raise InputError(f"{named[name]} and {path}: differ only in the extension")
        named[name] = path
    return named


def _size(pixels: np.ndarray) -> str:
    height, width, _ = pixels.shape
    return f"{width} × {height}"
