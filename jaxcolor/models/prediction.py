"""Predictions for batches of images at the network's size."""

from collections.abc import Callable
from typing import Any

import jax
import numpy as np

from jaxcolor.compilation import compile_network
from jaxcolor.data.spaces import Space
from jaxcolor.models.generator import Generator, Variables


def in_batches(
    function: Callable[[np.ndarray], jax.Array], rgb: np.ndarray, batch_size: int
) -> np.ndarray:
    """Calls a function of images batch by batch.

    Every batch is padded to one size, so that one compiled program serves any number of images.

    Args:
        function: of `[batch_size, S, S, 3]` uint8 to an array for each image.
        rgb: `[N, S, S, 3]` uint8, N at least 1.
        batch_size: images that it is called with.

    Returns:
        `[N, ...]`, what it returned for the images.
    """
    results = []
    for start in range(0, len(rgb), batch_size):
        batch = rgb[start : start + batch_size]
        missing = batch_size - len(batch)
        padded = np.pad(batch, ((0, missing), (0, 0), (0, 0), (0, 0)))
        results.append(np.asarray(function(padded))[: len(batch)])
    return np.concatenate(results)


class Predictor:
    """Removes the colors of images and predicts them by a generator."""

    def __init__(
        self,
        generator: Generator,
        space: Space,
        batch_size: int,
        spread: Callable[[np.ndarray], jax.Array] = jax.device_put,
    ):
        """Wraps a generator.

        Args:
            generator: as from `models.build_generator`.
            space: that it works in.
            batch_size: images that it colors at once.
            spread: distributes such a batch over the devices that hold the variables.
        """

        def recolor(variables: Variables, frozen: Any, rgb: jax.Array) -> jax.Array:
            gray = space.to_network(rgb)["gray"]
            colors = space.decode(gray, generator.apply(variables, frozen, gray))
            return space.from_network(gray, colors)

        self._recolor = compile_network(recolor)
        self._batch_size = batch_size
        self._spread = spread

    def __call__(self, variables: Variables, frozen: Any, rgb: np.ndarray) -> np.ndarray:
        """Colors images.

        Args:
            variables: of the generator.
            frozen: as of the generator.
            rgb: `[N, S, S, 3]` uint8, sRGB, N at least 1, S being the size of the generator's
                output.

        Returns:
            `[N, S, S, 3]` uint8, sRGB.
        """
        return in_batches(
            lambda batch: self._recolor(variables, frozen, self._spread(batch)),
            rgb,
            self._batch_size,
        )
