"""Scores a colorizer, and its speed, on a data set."""

import pathlib
import tempfile
import time
from collections.abc import Callable
from typing import Any

import numpy as np
from tqdm import tqdm

from jaxcolor import images, models
from jaxcolor.data import pipeline
from jaxcolor.data.sources import Source
from jaxcolor.inference import Colorizer
from jaxcolor.metrics.evaluation import Evaluation
from jaxcolor.shard import WHOLE, Shard

# Files that are colorized, and repetitions, to measure speed.
_SPEED_FILES = 16
_SPEED_RUNS = 5


def evaluate(
    colorizer: Colorizer, source: Source, evaluation: Evaluation
) -> dict[str, dict[str, Any]]:
    """Scores a colorizer, and gray beside it, at the network's size.

    Args:
        colorizer: to be scored.
        source: the true images.
        evaluation: scores the images.

    Returns:
        Rows as of `Evaluation.summary`, for "model", with its speed, "gray" and "truth".
    """
    samples = add(colorizer, source, evaluation)
    rows = evaluation.summary()
    rows["model"] |= measure_speed(colorizer, samples)
    return rows


def add(
    colorizer: Colorizer, source: Source, evaluation: Evaluation, shard: Shard = WHOLE
) -> np.ndarray:
    """Adds a colorizer's results, and gray, to an evaluation, at the network's size.

    Args:
        colorizer: to be scored, in the row "model".
        source: the true images.
        evaluation: scores the images.
        shard: of the images.

    Returns:
        The first images of the part, as `measure_speed` takes them.
    """
    data, size = colorizer.config.data, models.output_size(colorizer.config)
    samples: list[np.ndarray] = []
    with tqdm(total=shard.size(len(source)), desc="evaluate", unit="img", disable=None) as bar:
        for rgb in pipeline.eval_batches(
            source,
            data,
            size,
            data.batch_size,
            process_index=shard.index,
            process_count=shard.count,
        ):
            evaluation.add({"model": colorizer.predict(rgb)}, rgb)
            samples.extend(rgb[: _SPEED_FILES - len(samples)])
            bar.update(len(rgb))
    return np.stack(samples)


def measure_speed(colorizer: Colorizer, rgb: np.ndarray) -> dict[str, float]:
    """Measures images per second.

    Args:
        colorizer: to be measured.
        rgb: `[N, S, S, 3]` uint8, sRGB, as of `Colorizer.predict`.

    Returns:
        `fps_generator`, of `Colorizer.predict` on a full batch of `config.data.batch_size`, and
        `fps_files`, from reading a file to writing one, one at a time; medians of several runs.
    """
    batch = np.resize(rgb, (colorizer.config.data.batch_size, *rgb.shape[1:]))
    with tempfile.TemporaryDirectory() as folder:
        inputs = []
        for i, pixels in enumerate(rgb):
            inputs.append(pathlib.Path(folder, f"{i}.png"))
            images.write(inputs[-1], pixels)

        def colorize() -> None:
            for path in inputs:
                images.write(path.with_suffix(".out.png"), colorizer(images.read(path)))

        return {
            "fps_generator": len(batch) / _median_seconds(lambda: colorizer.predict(batch)),
            "fps_files": len(inputs) / _median_seconds(colorize),
        }


def _median_seconds(run: Callable[[], object]) -> float:
    run()
    seconds = []
    for _ in range(_SPEED_RUNS):
        start = time.perf_counter()
        run()
        seconds.append(time.perf_counter() - start)
    return float(np.median(seconds))
