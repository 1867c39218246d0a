"""Scores of a growing set of images, one number per image and metric."""

import math
from collections.abc import Callable, Mapping
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.typing import ArrayLike

from jaxcolor.metrics import pixel
from jaxcolor.metrics.metric_registry import METRICS, ImageNetwork, PixelMetric, of_kind

Gather = Callable[[np.ndarray], np.ndarray]


def score_images(
    prediction: ArrayLike, truth: ArrayLike, where: ArrayLike | None = None
) -> dict[str, jax.Array]:
    """Computes every pixel score of every pair.

    Args:
        prediction: `[N, H, W, 3]` uint8, sRGB.
        truth: `[N, H, W, 3]` uint8, sRGB.
        where: `[N, H, W, 1]` bool, the images' own pixels, as in `jaxcolor.metrics.pixel`.

    Returns:
        `[N]` float32 per metric; the colorfulness of the truth too, as "true_colorfulness".
    """
    # Compiled separately, or XLA fuses the division with the differences, whose rounding makes the
    # error of equal images differ from zero.
    return _score_unit_images(_to_unit(prediction), _to_unit(truth), where)


@jax.jit
def _to_unit(image: ArrayLike) -> jax.Array:
    return jnp.asarray(image, jnp.float32) / 255


@jax.jit
def _score_unit_images(
    prediction: jax.Array, truth: jax.Array, where: jax.Array | None
) -> dict[str, jax.Array]:
    scores = {
        name: metric.function(prediction, truth, where=where)
        for name, metric in of_kind(PixelMetric).items()
    }
    return {**scores, "true_colorfulness": pixel.colorfulness(truth, where=where)}


class Scores:
    """Scores of a growing set of images."""

    def __init__(self, networks: Mapping[str, ImageNetwork] | None = None) -> None:
        """Starts without images.

        Args:
            networks: compute the `NetworkMetric`s of these names.
        """
        self._images: list[dict[str, np.ndarray]] = []
        self._networks = networks or {}

    def add(
        self, prediction: np.ndarray, truth: np.ndarray, where: np.ndarray | None = None
    ) -> None:
        """Scores a batch, arguments as of `score_images`.

        Each image goes through the programs alone, since the last digits depend on the size of a
        batch: so an image has one score, however the images are divided among processes.
        """
        for i in range(len(truth)):
            one = slice(i, i + 1)
            pair = prediction[one], truth[one], None if where is None else where[one]
            scores = jax.device_get(score_images(*pair))
            for name, network in self._networks.items():
                scores[name] = network(*pair)
            self._images.append(scores)

    def columns(self, gather: Gather = np.asarray) -> dict[str, np.ndarray]:
        """Returns each metric's scores, `[N]` float32; the truth's colorfulness among them.

        Args:
            gather: joins `[n, …]` of the images that were scored here with those of other
                processes.
        """
        return {
            name: gather(np.concatenate([image[name] for image in self._images]))
            for name in self._images[0]
        }

    def means(self, gather: Gather = np.asarray) -> dict[str, float]:
        """Returns each metric's average; see `summarize`."""
        summary = self.summary(gather)
        return {
            name: value["mean"] if isinstance(value := summary[name], dict) else value
            for name in METRICS
            if name in summary
        }

    def summary(self, gather: Gather = np.asarray) -> dict[str, Any]:
        """Returns what `summarize` does, of the images of all processes."""
        return summarize(self.columns(gather))


def summarize(columns: Mapping[str, np.ndarray]) -> dict[str, Any]:
    """Returns count, average, maximum and minimum.

    The average of PSNR leaves out images that equal the truth, of infinite PSNR, and their count is
    given too. `delta_colorfulness` is |mean of predictions - mean of truths|.

    Args:
        columns: as of `Scores.columns`.
    """
    columns = {name: values.astype(float) for name, values in columns.items()}
    summary: dict[str, Any] = {"num_images": len(columns["PSNR"])}
    for name in filter(columns.__contains__, METRICS):
        values = columns[name]
        finite = values[np.isfinite(values)]
        summary[name] = {
            "mean": float(finite.mean()) if len(finite) else math.inf,
            "max": float(values.max()),
            "min": float(values.min()),
        }
    summary["PSNR"]["num_infinite"] = int(np.isinf(columns["PSNR"]).sum())
    summary["delta_colorfulness"] = abs(
        summary["colorfulness"]["mean"] - float(columns["true_colorfulness"].mean())
    )
    return summary
