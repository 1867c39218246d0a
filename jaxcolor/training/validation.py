"""Scores of the validation images while a run trains."""

import contextlib
import itertools
from collections.abc import Iterator
from typing import Any

import numpy as np
from ml_collections import ConfigDict

from jaxcolor import models
from jaxcolor.config import InputError
from jaxcolor.data import pipeline, transforms
from jaxcolor.data.sources import Source
from jaxcolor.metrics.features import BATCH, FeatureScores
from jaxcolor.metrics.metric_registry import (
    METRICS,
    FeatureDistance,
    FeatureMetric,
    ImageNetwork,
    NetworkMetric,
)
from jaxcolor.metrics.scores import Scores
from jaxcolor.metrics.set_scores import TRUTH
from jaxcolor.models.generator import Generator, Variables
from jaxcolor.models.prediction import Predictor
from jaxcolor.training.parallel import Devices
from jaxcolor.training.summary import Summary

_PREDICTIONS = "predictions"
_DEFAULT_DIMENSIONS = "2048"
# Speed is no property of a checkpoint.
_CHOICES = [
    name
    for name, metric in METRICS.items()
    if metric.higher_is_better is not None and not name.startswith("fps_")
]


def check_best_metric(name: str) -> None:
    """Checks `config.train.best_metric`.

    Raises:
        InputError: there is no such metric, or no direction of it is better.
    """
    if name and name not in _CHOICES:
        raise InputError(
            f"config.train.best_metric={name!r}: must be empty, for the last checkpoint, or one of "
            f"{', '.join(_CHOICES)}"
        )


class ValidationScores:
    """Pixel scores, and the metric that chooses the best checkpoint, over all processes."""

    def __init__(self, best_metric: str, devices: Devices):
        """Loads the networks that the metric needs.

        Args:
            best_metric: `config.train.best_metric`.
            devices: of the run.

        Raises:
            InputError: its weights are not on this machine.
        """
        self._best, self._devices = best_metric, devices
        self._networks: dict[str, ImageNetwork] = {}
        self._features: FeatureScores | None = None
        metric = METRICS.get(best_metric)
        with self._naming_field():
            if isinstance(metric, NetworkMetric):
                self._networks[best_metric] = metric.load()
            if isinstance(metric, FeatureMetric | FeatureDistance):
                dimensions = metric.tap if metric.tap.isdigit() else _DEFAULT_DIMENSIONS
                self._features = FeatureScores((int(dimensions),), placement=devices.placement)
                self._features.check_available(best_metric)
        self.clear()

    def clear(self) -> None:
        """Forgets the images that were scored."""
        self._scores = Scores(self._networks)
        if self._features:
            self._features.clear()

    def add(self, prediction: np.ndarray, truth: np.ndarray) -> None:
        """Scores a batch of this process, uint8 `[N, H, W, 3]`."""
        self._scores.add(prediction, truth)
        if self._features:
            self._features.add({_PREDICTIONS: prediction, TRUTH: truth})

    def means(self) -> dict[str, float]:
        """Returns the average of each score over the images of all processes.

        Raises:
            InputError: the metric that chooses the best checkpoint needs more images.
        """
        means = self._scores.means(self._devices.gather)
        if self._features:
            found = self._features.summary(self._devices.gather, only=self._best)[_PREDICTIONS]
            with self._naming_field():
                self._features.check_available(self._best)
            means[self._best] = found[self._best]
        return means

    @contextlib.contextmanager
    def _naming_field(self) -> Iterator[None]:
        try:
            yield
        except InputError as error:
            raise InputError(f"config.train.best_metric={self._best!r}: {error}") from error


class Validation:
    """Scores a generator on the validation images, of which every process takes its share.

    The scores of a generator do not depend on the number of devices and processes.
    """

    def __init__(
        self,
        config: ConfigDict,
        scores: ValidationScores,
        generator: Generator,
        frozen: Any,
        source: Source,
        devices: Devices,
        summary: Summary,
    ):
        """Reads the images of the sample sheets.

        Args:
            config: the whole configuration.
            scores: that are computed.
            generator: to be scored.
            frozen: variables of its frozen networks, on all devices.
            source: the validation images.
            devices: of the run.
            summary: receives scores and sample sheets.

        Raises:
            InputError: fewer images than processes.
        """
        if len(source) < devices.process_count:
            raise InputError(
                f"the validation split holds {len(source)} images for {devices.process_count} "
                "processes; raise config.data.validation_fraction, or set config.train.eval_every=0"
            )
        self._config, self._scores, self._frozen, self._source = config, scores, frozen, source
        self._devices, self._summary = devices, summary
        # On each device the same, however many there are, and with it the program and its rounding.
        self._batch_size = min(config.data.batch_size, BATCH) * len(devices.local)
        space = models.build_space(config)
        self._predictor = Predictor(generator, space, self._batch_size, devices.spread)
        if devices.is_first_process:
            first = itertools.chain.from_iterable(self._batches(0, 1))
            self._samples = np.stack(list(itertools.islice(first, config.train.num_samples)))

    def __call__(self, step: int, variables: Variables) -> dict[str, float]:
        """Scores the generator, and writes a sample sheet.

        Args:
            step: steps done.
            variables: of the generator, on all devices.

        Returns:
            The average of each score.
        """
        self._scores.clear()
        for rgb in self._batches(self._devices.process_index, self._devices.process_count):
            self._scores.add(self._predictor(variables, self._frozen, rgb), rgb)
        means = self._scores.means()
        self._summary.scalars(step, means, "validation/")
        if self._devices.is_first_process:
            output = self._predictor(variables, self._frozen, self._samples)
            gray = np.asarray(transforms.without_color(self._samples))
            self._summary.sheet(step, [gray, output, self._samples])
        return means

    def _batches(self, process_index: int, process_count: int) -> Iterator[np.ndarray]:
        return pipeline.eval_batches(
            self._source,
            self._config.data,
            models.output_size(self._config),
            self._batch_size,
            process_index=process_index,
            process_count=process_count,
        )
