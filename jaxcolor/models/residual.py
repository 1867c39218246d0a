"""Networks of residual blocks that keep the image's size, and one that doubles another's.

He et al., "Deep Residual Learning for Image Recognition", CVPR 2016; Ledig et al., "Photo-Realistic
Single Image Super-Resolution Using a Generative Adversarial Network", CVPR 2017.
"""

from typing import Any

import flax.linen as nn
import jax
import jax.numpy as jnp
from jax import lax
from ml_collections import ConfigDict

from jaxcolor.config import InputError
from jaxcolor.data import spaces
from jaxcolor.models import layers, residual_unet
from jaxcolor.models.generator import Generator

_NETWORK_BLOCKS = 8
_UPSCALING_BLOCKS = 6


def build(config: ConfigDict) -> Generator:
    """Builds the configured `ResidualNetwork`."""
    return Generator(
        ResidualNetwork(
            num_filters=config.generator.num_filters,
            num_outputs=spaces.build(config.data).channels,
            dtype=jnp.dtype(config.train.dtype),
        )
    )


def build_upscaler(config: ConfigDict) -> Generator:
    """Builds the configured `Upscaler` over a residual U-Net.

    Raises:
        InputError: another color space than it makes, or as `residual_unet.build`.
    """
    space = config.data.color_space
    if space != "lab_to_rgb":
        raise InputError(
            f"config.data.color_space={space!r}: config.generator.name={config.generator.name!r} "
            "makes RGB images; set it to 'lab_to_rgb'"
        )
    base = residual_unet.build(config).network.clone(num_outputs=2, parent=None)
    return Generator(Upscaler(base, config.generator.num_filters, jnp.dtype(config.train.dtype)))


class ResidualBlock(nn.Module):
    """Two 3 × 3 convolutions, each with its activation, a batch norm, and the way around them."""

    parametric: bool = False
    dtype: Any = jnp.float32

    @nn.compact
    def __call__(self, x: jax.Array, train: bool) -> jax.Array:
        """Maps `[N, H, W, C]` to the same shape; `parametric` learns the slopes below 0."""
        y = x
        for _ in range(2):
            y = layers.Conv(x.shape[-1], 3, padding=1, dtype=self.dtype)(y)
            y = nn.PReLU(negative_slope_init=0.25)(y) if self.parametric else nn.relu(y)
        return x + layers.batch_norm(train, self.dtype)(y)


class ResidualNetwork(nn.Module):
    """Eight residual blocks of 3 × 3 convolutions without any downsampling; 0.59 M parameters.

    The gray image itself joins the features before the last convolution.
    """

    num_filters: int = 64
    num_outputs: int = 2
    dtype: Any = jnp.float32

    @nn.compact
    def __call__(self, gray: jax.Array, *, train: bool) -> jax.Array:
        """Colors gray images.

        Args:
            gray: `[N, H, W, 1]` float32 in [-1, 1].
            train: use the batch's statistics.

        Returns:
            `[N, H, W, num_outputs]` float32 in [-1, 1].
        """
        x = nn.relu(layers.Conv(self.num_filters, 3, padding=1, dtype=self.dtype)(gray))
        for _ in range(_NETWORK_BLOCKS):
            x = ResidualBlock(False, self.dtype)(x, train)
        x = x + gray.astype(self.dtype)
        x = layers.Conv(self.num_outputs, 3, padding=1, dtype=self.dtype)(x)
        return jnp.tanh(x.astype(jnp.float32))


class Upscaler(nn.Module):
    """A trained network's colors, doubled in size: six residual blocks and a pixel shuffle.

    The base is not trained any further. Its output also goes around the blocks, doubled
    bilinearly, and a convolution makes RGB of both.
    """

    base: nn.Module
    num_filters: int = 64
    dtype: Any = jnp.float32

    @nn.compact
    def __call__(self, gray: jax.Array, *, train: bool) -> jax.Array:
        """Colors gray images.

        Args:
            gray: `[N, H, W, 1]` float32, L in [-1, 1].
            train: use the batch's statistics, but for the base.

        Returns:
            `[N, 2H, 2W, 3]` float32, RGB in [-1, 1].
        """
        ab = lax.stop_gradient(self.base(gray, train=False))
        lab = jnp.concatenate([gray, ab], axis=-1)
        x = layers.Conv(self.num_filters, 3, padding=1, dtype=self.dtype, name="head")(lab)
        x = nn.PReLU(negative_slope_init=0.25, name="head_prelu")(x)
        for i in range(_UPSCALING_BLOCKS):
            x = ResidualBlock(True, self.dtype, name=f"block_{i}")(x, train)
        x = layers.Conv(4 * self.num_filters, 3, padding=1, dtype=self.dtype, name="expand")(x)
        x = nn.PReLU(negative_slope_init=0.25, name="expand_prelu")(layers.pixel_shuffle(x))
        skip = layers.upsample(lab).astype(self.dtype)
        x = jnp.concatenate([x, skip], axis=-1)
        x = layers.Conv(3, 3, padding=1, dtype=self.dtype, name="last")(x)
        return jnp.tanh(x.astype(jnp.float32))
