"""LPIPS v0.1 on VGG-16 as a score of 8-bit images."""

import jax
import jax.numpy as jnp
import numpy as np
from jax.typing import ArrayLike

from jaxcolor.backbones import lpips_network
from jaxcolor.models.convolution import compile_network

MIN_SIZE = lpips_network.MIN_SIZE


class LpipsScore:
    """Computes LPIPS of pairs of images."""

    def __init__(self) -> None:
        """Loads the networks.

        Raises:
            InputError: weights are not on this machine, or not what they should be.
        """
        variables, self.sha256 = lpips_network.load()
        self._variables = jax.device_put(variables)

    def __call__(self, prediction: ArrayLike, truth: ArrayLike) -> np.ndarray:
        """Scores pairs.

        Args:
            prediction: `[N, H, W, 3]` uint8, sRGB, of 16 pixels or more each way.
            truth: `[N, H, W, 3]` uint8, sRGB.

        Returns:
            `[N]` float32; 0 for equal images.
        """
        return np.asarray(_distance(self._variables, prediction, truth))


@compile_network
def _distance(variables: dict, prediction: ArrayLike, truth: ArrayLike) -> jax.Array:
    one, other = (jnp.asarray(rgb, jnp.float32) / 255 for rgb in (prediction, truth))
    # TF32 and the like would cost the fourth digit.
    with jax.default_matmul_precision("float32"):
        return lpips_network.distance(variables, one, other)
