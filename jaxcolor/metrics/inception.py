"""Inception-v3 features of images, which are resized as the reference tools do."""

import functools
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax.typing import ArrayLike
from PIL import Image

from jaxcolor.backbones import inception_v3, networks, weights
from jaxcolor.compilation import compile_network
from jaxcolor.config import InputError
from jaxcolor.metrics import padding

MODES = ("pytorch_fid", "clean")

_SIZE = inception_v3.INPUT_SIZE


def check(tap: str, mode: str) -> None:
    """Checks the name of a tap and of a resizing mode.

    Raises:
        InputError: one is unknown.
    """
    if tap not in inception_v3.TAPS:
        raise InputError(f"Inception has no features {tap!r}: {', '.join(inception_v3.TAPS)}")
    if mode not in MODES:
        raise InputError(f"mode={mode!r}: must be one of {', '.join(MODES)}")


def deepest(loaded: weights.Loaded) -> str:
    """Returns the deepest tap that weights reach, or "" if they reach none."""
    for tap in reversed(inception_v3.TAPS):
        try:
            networks.read("inception_v3_fid", inception_v3.InceptionV3((tap,)), (tap,), loaded)
        except InputError:
            continue
        return tap
    return ""


class Placement(NamedTuple):
    """Placement of networks and images on devices; by default on one.

    Attributes:
        num_devices: divides the number of images of a batch.
        replicate: copies a network's variables to all of them.
        spread: distributes images over them.
    """

    num_devices: int = 1
    replicate: Callable[[Any], Any] = jax.device_put
    spread: Callable[[Any], Any] = jax.device_put


class Extractor:
    """Computes Inception features of images of any size."""

    def __init__(
        self,
        taps: Sequence[str] = ("2048",),
        mode: str = "pytorch_fid",
        loaded: weights.Loaded | None = None,
        placement: Placement | None = None,
    ):
        """Loads the network.

        Args:
            taps: of "64", "192", "768", "2048" and "logits_unbiased".
            mode: how images are resized to 299 × 299: "pytorch_fid", bilinear without antialiasing
                and rounding; "clean", Pillow's bicubic with antialiasing, per channel in float32,
                as clean-fid does.
            loaded: weights to use instead of those that are found on this machine.
            placement: of the network and the images.

        Raises:
            InputError: an unknown tap or mode; no weights; or weights that end before a tap.
        """
        for tap in taps:
            check(tap, mode)
        self.taps, self.mode = tuple(taps), mode
        self.placement = placement or Placement()
        self._network = inception_v3.InceptionV3(self.taps)
        variables, self.sha256 = networks.read("inception_v3_fid", self._network, taps, loaded)
        self._variables = self.placement.replicate(variables)

    def resize(self, rgb: np.ndarray) -> jax.Array | np.ndarray:
        """Resizes images `[N, H, W, 3]` uint8 to network input `[N, 299, 299, 3]` in [-1, 1]."""
        if self.mode == "clean":
            return (np.stack([_resize_clean(image) for image in rgb]) - 128) / 128
        rows, columns = (_neighbors(side) for side in rgb.shape[1:3])
        return _resize_bilinear(padding.pad(rgb), rows, columns)

    def __call__(self, x: ArrayLike) -> dict[str, np.ndarray]:
        """Computes features, averaged over the image.

        Args:
            x: as from `resize`; their number is a multiple of that of the devices.

        Returns:
            For each tap `[N, D]` float32.
        """
        x = self.placement.spread(x)
        return jax.device_get(_features(self._network, self._variables, x))


@functools.partial(compile_network, static_argnums=0)
def _features(
    network: inception_v3.InceptionV3, variables: Any, x: jax.Array
) -> dict[str, jax.Array]:
    # TF32 changes the fourth digit.
    with jax.default_matmul_precision("float32"):
        found: Any = network.apply(variables, x)
    return {tap: y if y.ndim == 2 else y.mean((1, 2)) for tap, y in found.items()}


def _neighbors(size: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Finds what 299 pixels are interpolated from, as PyTorch's `interpolate` does.

    Returns:
        `[299]` each: the lower and the upper neighbor, and the share of the upper one, in [0, 1).
    """
    place = np.maximum((np.arange(_SIZE) + 0.5) * (size / _SIZE) - 0.5, 0)
    low = np.floor(place).astype(int)
    return low, np.minimum(low + 1, size - 1), (place - low).astype(np.float32)


@jax.jit
def _resize_bilinear(
    rgb: ArrayLike, rows: tuple[jax.Array, ...], columns: tuple[jax.Array, ...]
) -> jax.Array:
    """Resizes to 299 × 299 as `torch.nn.functional.interpolate(mode="bilinear")` does.

    Args:
        rgb: `[N, H, W, 3]` uint8; beyond the neighbors it may be padded.
        rows: as of `_neighbors`.
        columns: as of `_neighbors`.

    Returns:
        `[N, 299, 299, 3]` float32 in [-1, 1].
    """
    x = jnp.asarray(rgb, jnp.float32) / 255
    for axis, (low, high, share) in ((1, rows), (2, columns)):
        share = jnp.expand_dims(share, [other for other in range(x.ndim) if other != axis])
        x = jnp.take(x, low, axis) * (1 - share) + jnp.take(x, high, axis) * share
    return 2 * x - 1


def _resize_clean(rgb: np.ndarray) -> np.ndarray:
    """Resizes `[H, W, 3]` as clean-fid does: to `[299, 299, 3]` float32 in [0, 255]."""
    planes = [
        Image.fromarray(plane.astype(np.float32)).resize((_SIZE, _SIZE), Image.Resampling.BICUBIC)
        for plane in np.moveaxis(rgb, -1, 0)
    ]
    return np.clip(np.stack([np.asarray(plane) for plane in planes], axis=-1), 0, 255)
