"""LPIPS v0.1 on VGG-16 as a score of 8-bit images."""

import jax
import jax.numpy as jnp
import numpy as np
from jax.typing import ArrayLike

from jaxcolor.backbones import lpips_network
from jaxcolor.compilation import compile_network


class LpipsScore:
    """Computes LPIPS of pairs of images.

    Attributes:
        min_size: least height and width of an image, in pixels.
        description: version and weights.
    """

    min_size = lpips_network.MIN_SIZE

    def __init__(self) -> None:
        """Loads the networks.

        Raises:
            InputError: weights are not on this machine, or damaged.
        """
        variables, sha256 = lpips_network.load()
        self.description = "v0.1, VGG-16, weights " + ", ".join(s[:8] for s in sha256.values())
        self._variables = jax.device_put(variables)

    def __call__(
        self, prediction: ArrayLike, truth: ArrayLike, where: ArrayLike | None = None
    ) -> np.ndarray:
        """Scores pairs.

        Args:
            prediction: `[N, H, W, 3]` uint8, sRGB, of at least 16 × 16 pixels.
            truth: `[N, H, W, 3]` uint8, sRGB.
            where: `[N, H, W, 1]` bool, the images' own pixels, as in `jaxcolor.metrics.pixel`.

        Returns:
            `[N]` float32; 0 for equal images.
        """
        return np.asarray(_distance(self._variables, prediction, truth, where))


@compile_network
def _distance(
    variables: dict, prediction: ArrayLike, truth: ArrayLike, where: jax.Array | None
) -> jax.Array:
    one, other = (jnp.asarray(rgb, jnp.float32) / 255 for rgb in (prediction, truth))
    # TF32 changes the fourth digit.
    with jax.default_matmul_precision("float32"):
        return lpips_network.distance(variables, one, other, where)
