"""The PatchGAN discriminator of pix2pix (Isola et al., CVPR 2017, §6.1.2)."""

from typing import Any

import flax.linen as nn
import jax
import jax.numpy as jnp

from jaxcolor.config import InputError
from jaxcolor.models import layers


def check_image_size(image_size: int, num_layers: int) -> None:
    """Checks that a network of this depth has an output for images of this size.

    Raises:
        InputError: the image is too small.
    """
    smallest = 3 * 2**num_layers
    if image_size < smallest:
        raise InputError(
            f"config.data.image_size={image_size}: too small for "
            f"config.discriminator.num_layers={num_layers}, which needs {smallest} pixels or more"
        )


class PatchGAN(nn.Module):
    """Scores overlapping patches of a gray image and its colors.

    `num_layers` 4 × 4 convolutions of stride 2 that double their filters, one of stride 1, and one
    to a single channel; norm and LeakyReLU 0.2 between, no norm after the first. Three layers
    have a receptive field of 70 × 70 pixels and 30 × 30 outputs for 256 × 256.

    A batch norm always uses the batch's own statistics: a discriminator is only used in training.
    """

    num_filters: int = 64
    num_layers: int = 3
    norm: str = "batch"
    dtype: Any = jnp.float32

    @nn.compact
    def __call__(self, pair: jax.Array) -> jax.Array:
        """Scores patches.

        Args:
            pair: `[N, H, W, C]` float32 in [-1, 1], a gray image and its target, or an image alone.

        Returns:
            `[N, H', W', 1]` float32: logits or critic values, without bounds.
        """
        x = layers.Conv(self.num_filters, 4, 2, 1, dtype=self.dtype)(pair)
        x = nn.leaky_relu(x, 0.2)
        for layer in range(1, self.num_layers + 1):
            features = self.num_filters * min(2**layer, 8)
            stride = 2 if layer < self.num_layers else 1
            use_bias = self.norm == "none"
            x = layers.Conv(features, 4, stride, 1, use_bias, self.dtype)(x)
            x = nn.leaky_relu(self._normalize(x), 0.2)
        return layers.Conv(1, 4, 1, 1, dtype=self.dtype)(x).astype(jnp.float32)

    def _normalize(self, x: jax.Array) -> jax.Array:
        if self.norm == "none":
            return x
        if self.norm == "batch":
            return layers.batch_norm(not self.is_initializing(), self.dtype)(x)
        groups = {"instance": x.shape[-1], "layer": 1}
        return layers.group_norm(groups[self.norm], self.dtype)(x)
