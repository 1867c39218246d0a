"""Trains and scores one experiment, and stores its result."""

import argparse
import json
import pathlib
import sys
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from ml_collections import ConfigDict

from jaxcolor import config as config_lib
from jaxcolor import files, images, inference, models, scoring
from jaxcolor.config import InputError
from jaxcolor.data import pipeline, sources
from jaxcolor.metrics import evaluation, report
from jaxcolor.training import loop
from jaxcolor.training.checkpoint import CONFIG_FILE, Checkpoints
from reproduction import protocol, published

_PICTURES = "pictures.npz"


class Result(NamedTuple):
    """The result of an experiment.

    Attributes:
        scores: its rows, as of `Evaluation.summary`; "train" is the model on training images,
            "other" and "other gray" are the model and gray on the images of `--other_data`.
        facts: about them.
    """

    scores: dict[str, Any]
    facts: dict[str, str]


def run(
    name: str,
    config: ConfigDict,
    args: argparse.Namespace,
    conditions: dict[str, Any],
    other: Sequence[pathlib.Path],
) -> Result:
    """Trains an experiment, or resumes it, and scores its last checkpoint.

    Args:
        name: of the experiment.
        config: of it.
        args: of the command line.
        conditions: as of `read_result`.
        other: the images of `--other_data`; none without it.

    Raises:
        InputError: the workdir holds a run of another length, or the run that this one starts from
            is not complete.
    """
    workdir = args.workdir / name
    steps = protocol.num_steps(config)
    if (workdir / CONFIG_FILE).exists():
        before = protocol.num_steps(config_lib.load(workdir / CONFIG_FILE))
        if before != steps:
            raise InputError(
                f"{workdir}: holds a run of {before} steps, and the budget makes it {steps}; give "
                "the budget that it was started with, or another --workdir"
            )
    base = pathlib.Path(config.init_from)
    if config.init_from and base.parent == args.workdir:
        _check_finished(name, base)
    (workdir / _PICTURES).unlink(missing_ok=True)
    state = loop.train_and_evaluate(config, workdir)
    if int(state.step) < steps:
        sys.exit(f"stopped; the same command resumes {name} from step {state.step}")
    colorizer = inference.Colorizer.from_checkpoint(workdir, last=True)
    size = models.output_size(config)
    scores = evaluation.Evaluation(args.fid_dims, args.fid_mode)
    test = sources.open_splits(config.data, ["test"], size)["test"]
    rows = scoring.evaluate(colorizer, test, scores)
    if published.of_training_images(name):
        train = sources.open_splits(config.data, ["train"], size)["train"]
        # Spread over all of them: files that follow each other are often of one source.
        places = np.linspace(0, len(train) - 1, min(len(test), len(train))).round().astype(int)
        paths = [train.paths[i] for i in places]
        rows["train"] = _score_files(colorizer, paths, args)["model"]
    if other:
        rows |= _on_other_data(_score_files(colorizer, other, args))
    facts = scores.facts() | report.reasons(scores.missing)
    result = Result(rows, facts)
    _write(workdir, conditions, result)
    return result


def colored(workdir: pathlib.Path, photos: np.ndarray) -> np.ndarray:
    """Colors photos by the end of a training, and keeps the result for the same ones.

    Args:
        workdir: of the experiment, which has been trained.
        photos: `[P, H, W, 3]` uint8.

    Returns:
        `[P, S, S, 3]` uint8, of the size of the network's output.
    """
    path = workdir / _PICTURES
    if path.exists():
        with np.load(path) as kept:
            if np.array_equal(kept["photos"], photos):
                return kept["colored"]
    colorizer = inference.Colorizer.from_checkpoint(workdir, last=True)
    size = models.output_size(colorizer.config)
    pictures = colorizer.predict(np.stack([images.resize(photo, size, size) for photo in photos]))
    with files.written_whole(path) as partial:
        np.savez(partial, photos=photos, colored=pictures)
    return pictures


def score_package(
    args: argparse.Namespace, conditions: dict[str, Any], other: Sequence[pathlib.Path]
) -> Result:
    """Scores the model in the package on the images of `--other_data` alone, at the common size.

    Its network sees them scaled to the size of its own training.

    Args:
        args: of the command line.
        conditions: as of `read_result`, but for those of the model.
        other: the images.
    """
    workdir, colorizer = args.workdir / "package", inference.load()
    conditions = {
        "config": config_lib.flatten(colorizer.config),
        "weights": colorizer.sha256(),
        **conditions,
    }
    if result := read_result(workdir, conditions):
        return result
    scores = evaluation.Evaluation(args.fid_dims, args.fid_mode)
    data = colorizer.config.data
    for rgb in pipeline.eval_batches(
        sources.FileSource(other), data, args.image_size, data.batch_size
    ):
        scores.add({"model": np.stack(colorizer(list(rgb)))}, rgb)
    result = Result(_on_other_data(scores.summary()), scores.facts())
    _write(workdir, conditions, result)
    return result


def _on_other_data(rows: dict[str, Any]) -> dict[str, Any]:
    return {"other": rows["model"], "other gray": rows["gray"]}


def _score_files(
    colorizer: inference.Colorizer, paths: Sequence[pathlib.Path], args: argparse.Namespace
) -> dict[str, Any]:
    """Scores a colorizer on image files."""
    scores = evaluation.Evaluation(args.fid_dims, args.fid_mode)
    return scoring.evaluate(colorizer, sources.FileSource(paths), scores)


def _write(workdir: pathlib.Path, conditions: dict[str, Any], result: Result) -> None:
    """Writes what `read_result` reads."""
    with files.written_whole(workdir / "result.json") as partial:
        found = {"conditions": conditions, "scores": result.scores, "facts": result.facts}
        partial.write_text(json.dumps(found))


def _check_finished(name: str, base: pathlib.Path) -> None:
    """Checks that a run which another one starts from is complete."""
    if (base / CONFIG_FILE).exists():
        checkpoints = Checkpoints(base)
        step = checkpoints.latest_step()
        checkpoints.close()
        if step == protocol.num_steps(config_lib.load(base / CONFIG_FILE)):
            return
    raise InputError(
        f"{name} starts from {base}, which has not been trained to its end; run {base.name} first"
    )


def read_result(workdir: pathlib.Path, conditions: dict[str, Any]) -> Result | None:
    """Reads the result of `run`, if its conditions were the same.

    Args:
        workdir: of the experiment.
        conditions: what the result depends on: configuration, images and networks that score.
    """
    try:
        found = json.loads((workdir / "result.json").read_text())
        # JSON has no tuples.
        if found["conditions"] == json.loads(json.dumps(conditions)):
            return Result(found["scores"], found["facts"])
    except (OSError, ValueError, KeyError):
        pass
    return None
