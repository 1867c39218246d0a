"""The model folder that a run leaves at its end."""

import pathlib

import numpy as np
from ml_collections import ConfigDict

from jaxcolor import model_folder, models, objectives
from jaxcolor.metrics.metric_registry import METRICS
from jaxcolor.models.generator import Generator
from jaxcolor.training.checkpoint import Checkpoints

# In the workdir.
FOLDER = "model"


def save_model(
    config: ConfigDict,
    workdir: pathlib.Path,
    generator: Generator,
    *,
    num_images: int,
    num_steps: int,
    write: bool,
) -> None:
    """Writes the generator of the best checkpoint, in float32, with a card.

    Args:
        config: of the run.
        workdir: of the run.
        generator: of the run.
        num_images: that it was trained on.
        num_steps: of the whole run.
        write: of several processes, which all have to call this, one writes.

    Raises:
        InputError: the checkpoint cannot be read.
        OSError: the folder cannot be written.
    """
    checkpoints = Checkpoints(workdir, config.train.best_metric)
    try:
        shapes = models.variable_shapes(generator, config.data.image_size)
        step, variables = checkpoints.restore_variables(
            shapes, ema=config.train.ema_decay > 0, last=False
        )
        scores = checkpoints.scores(step)
    finally:
        checkpoints.close()
    if not write:
        return
    data, per_step = config.data, objectives.examples_per_step(config)
    images = f"{num_images:,} training images"
    facts = {
        "objective": f"`{config.objective.name}`",
        "data": f"source `{data.source}`{_name(data)}, {images}",
        "steps": f"{step:,} of {num_steps:,}, {per_step} examples each, seed {config.seed}",
        "validation scores": ", ".join(
            f"{METRICS[name].heading} {value:.{METRICS[name].digits}f}"
            for name, value in scores.items()
        )
        or "none taken",
    }
    model_folder.save(workdir / FOLDER, config, variables, np.float32, facts)


def _name(data: ConfigDict) -> str:
    """Names the data set without saying where it lay."""
    return f", `{pathlib.Path(data.path).name}`" if data.path else ""
