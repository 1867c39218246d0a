"""Every metric: its function, heading, digits, and whether higher is better.

All code that computes, shows or compares metrics reads them from `METRICS`, in its order.
"""

import dataclasses
from collections.abc import Callable
from typing import Protocol, TypeVar

import jax
import numpy as np

from jaxcolor.metrics import distances, pixel
from jaxcolor.metrics.lpips import LpipsScore


@dataclasses.dataclass(frozen=True)
class Metric:
    """A metric; one of no subclass is computed elsewhere.

    Attributes:
        heading: in tables.
        digits: decimals to show.
        higher_is_better: whether a higher value is better; None if neither.
    """

    heading: str
    digits: int
    higher_is_better: bool | None

    def is_better(self, value: float, other: float) -> bool:
        """Returns whether a value is better than another; never if neither direction is better."""
        if self.higher_is_better is None:
            return False
        return value > other if self.higher_is_better else value < other


@dataclasses.dataclass(frozen=True)
class PixelMetric(Metric):
    """One number per image, from its pixels.

    Attributes:
        function: `(prediction, truth, where=where)` to `[N]`, as in `jaxcolor.metrics.pixel`.
    """

    function: Callable[..., jax.Array]


class ImageNetwork(Protocol):
    """A frozen network that scores pairs of images.

    Attributes:
        min_size: least height and width of an image, in pixels.
        description: version and weights.
    """

    min_size: int
    description: str

    def __call__(
        self, prediction: np.ndarray, truth: np.ndarray, where: np.ndarray | None = None
    ) -> np.ndarray:
        """Scores uint8 pairs `[N, H, W, 3]`, `where` as in `jaxcolor.metrics.pixel`, to `[N]`."""


@dataclasses.dataclass(frozen=True)
class NetworkMetric(Metric):
    """One number per image, from a frozen network.

    Attributes:
        load: loads the network, or raises `InputError` if its weights are not found.
    """

    load: Callable[[], ImageNetwork]


@dataclasses.dataclass(frozen=True)
class FeatureMetric(Metric):
    """A number, or a number and its standard deviation, of the Inception features of a set.

    Attributes:
        function: of features `[N, D]`.
        tap: of Inception.
    """

    function: Callable[[np.ndarray], float | tuple[float, float]]
    tap: str


@dataclasses.dataclass(frozen=True)
class FeatureDistance(Metric):
    """A number, or a number and its standard deviation, of two sets' Inception features.

    Attributes:
        function: of features `[N, D]` and the true images' features `[M, D]`.
        tap: of Inception; "" is the first of those that are asked for.
    """

    function: Callable[[np.ndarray, np.ndarray], float | tuple[float, float]]
    tap: str = ""


METRICS: dict[str, Metric] = {
    "PSNR": PixelMetric("PSNR, dB", 2, True, pixel.psnr),
    "SSIM": PixelMetric("SSIM", 4, True, pixel.ssim),
    "MAE": PixelMetric("MAE, 0–1", 4, False, pixel.mae),
    "MAE_255": PixelMetric("MAE, 0–255", 2, False, pixel.mae_255),
    "epsilon_accuracy": PixelMetric("ε-acc. 5 %", 4, True, pixel.epsilon_accuracy),
    "colorfulness": PixelMetric(
        "colorfulness", 2, None, lambda rgb, _, where: pixel.colorfulness(rgb, where=where)
    ),
    "colorfulness_ddcolor": PixelMetric(
        "colorfulness, DDColor",
        2,
        None,
        lambda rgb, _, where: pixel.colorfulness(rgb, where=where, absolute=True),
    ),
    "LPIPS": NetworkMetric("LPIPS", 4, False, LpipsScore),
    "delta_colorfulness": Metric("Δ colorfulness", 2, False),
    "FID": FeatureDistance("FID", 4, False, distances.fid),
    "FID_64": FeatureDistance("FID, 64 dimensions", 4, False, distances.fid, "64"),
    "FID_192": FeatureDistance("FID, 192 dimensions", 4, False, distances.fid, "192"),
    "FID_768": FeatureDistance("FID, 768 dimensions", 4, False, distances.fid, "768"),
    "FID_2048": FeatureDistance("FID, 2048 dimensions", 4, False, distances.fid, "2048"),
    "KID": FeatureDistance("KID", 5, False, distances.kernel_distance),
    "IS": FeatureMetric("IS", 3, True, distances.inception_score, "logits_unbiased"),
    "fps_generator": Metric("FPS, generator", 1, True),
    "fps_files": Metric("FPS, file to file", 1, True),
}


_Kind = TypeVar("_Kind", bound=Metric)


def of_kind(kind: type[_Kind]) -> dict[str, _Kind]:
    """Returns the metrics of one kind by name."""
    return {name: metric for name, metric in METRICS.items() if isinstance(metric, kind)}
