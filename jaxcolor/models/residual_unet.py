"""U-Nets whose levels are residual blocks.

Zhang et al., "Road Extraction by Deep Residual U-Net", IEEE GRSL 2018, and a deeper relative of
pix2pix's U-Net.
"""

from typing import Any

import flax.linen as nn
import jax
import jax.numpy as jnp
from ml_collections import ConfigDict

from jaxcolor.config import InputError
from jaxcolor.data import spaces
from jaxcolor.models import layers
from jaxcolor.models.generator import Generator

_LEVELS = 6
# Decoder levels after the innermost that drop out.
_DROPOUT_LEVELS = 3
# Halvings of the network with bilinear upsampling.
_HALVINGS = 3


def build(config: ConfigDict) -> Generator:
    """Builds the configured `ResidualUNet`.

    Raises:
        InputError: an image size that cannot be halved as often as the network has levels.
    """
    return Generator(_build(ResidualUNet, 2**_LEVELS, config))


def build_bilinear(config: ConfigDict) -> Generator:
    """Builds the configured `BilinearResidualUNet`; raises as `build`."""
    return Generator(_build(BilinearResidualUNet, 2**_HALVINGS, config))


def _build(network: Any, divisor: int, config: ConfigDict) -> nn.Module:
    size = config.data.image_size
    if size % divisor:
        raise InputError(
            f"config.data.image_size={size}: config.generator.name={config.generator.name!r} needs "
            f"a multiple of {divisor}, such as {-(-size // divisor) * divisor}"
        )
    module: nn.Module = network(
        num_filters=config.generator.num_filters,
        num_outputs=spaces.build(config.data).channels,
        dropout=config.generator.dropout,
        dtype=jnp.dtype(config.train.dtype),
    )
    return module


class ResidualUNet(nn.Module):
    """Six levels down and up, joined by skips.

    A level down is a 3 × 3 and a 4 × 4 convolution of stride 2, beside a 4 × 4 convolution of
    stride 2, summed and normalized; LeakyReLU 0.2. A level up has transposed convolutions in the
    places of those of stride 2, and ReLU; three of them, after the innermost, drop out. A 3 × 3
    convolution and tanh end the network.
    """

    num_filters: int = 64
    num_outputs: int = 2
    dropout: float = 0.5
    dtype: Any = jnp.float32

    @nn.compact
    def __call__(self, gray: jax.Array, *, train: bool) -> jax.Array:
        """Colors gray images.

        Args:
            gray: `[N, H, W, 1]` float32 in [-1, 1]; H and W multiples of 64.
            train: use the batch's statistics and drop out.

        Returns:
            `[N, H, W, num_outputs]` float32 in [-1, 1].
        """
        filters = [self.num_filters * min(2**level, 8) for level in range(_LEVELS)]

        def norm(name: str, x: jax.Array) -> jax.Array:
            return layers.batch_norm(train, self.dtype, name)(x)

        def convolve(name: str, x: jax.Array, features: int, kernel: int, stride: int) -> jax.Array:
            return layers.Conv(features, kernel, stride, 1, False, self.dtype, name=name)(x)

        def double(name: str, x: jax.Array, features: int) -> jax.Array:
            return layers.ConvTranspose(features, use_bias=False, dtype=self.dtype, name=name)(x)

        x = gray
        skips = []
        for level, features in enumerate(filters):
            y = nn.leaky_relu(convolve(f"down_{level}_wide", x, features, 3, 1), 0.2)
            y = convolve(f"down_{level}_half", y, features, 4, 2)
            around = convolve(f"down_{level}_around", x, features, 4, 2)
            x = nn.leaky_relu(norm(f"down_{level}_norm", y + around), 0.2)
            skips.append(x)

        for level in reversed(range(_LEVELS)):
            features = filters[max(level - 1, 0)]
            if level < _LEVELS - 1:
                x = jnp.concatenate([skips[level], x], axis=-1)
            y = nn.relu(convolve(f"up_{level}_wide", x, features, 3, 1))
            y = double(f"up_{level}_double", y, features)
            x = nn.relu(norm(f"up_{level}_norm", y + double(f"up_{level}_around", x, features)))
            if _LEVELS - 1 - _DROPOUT_LEVELS <= level < _LEVELS - 1:
                x = layers.Dropout(self.dropout)(x, train)

        x = layers.Conv(self.num_outputs, 3, padding=1, dtype=self.dtype, name="last")(x)
        return jnp.tanh(x.astype(jnp.float32))


class PreactivatedBlock(nn.Module):
    """Twice batch norm, ReLU and a 3 × 3 convolution, and a 1 × 1 convolution around them."""

    features: int
    stride: int = 1
    dtype: Any = jnp.float32

    @nn.compact
    def __call__(self, x: jax.Array, train: bool) -> jax.Array:
        """Maps `[N, H, W, C]` to `[N, H / stride, W / stride, features]`."""
        y = x
        for stride, use_bias in ((self.stride, False), (1, True)):
            y = nn.relu(layers.batch_norm(train, self.dtype)(y))
            y = layers.Conv(self.features, 3, stride, 1, use_bias, self.dtype)(y)
        return y + layers.Conv(self.features, 1, self.stride, dtype=self.dtype)(x)


class BilinearResidualUNet(nn.Module):
    """Three levels and a bridge of residual blocks, up again by bilinear upsampling.

    8.2 M parameters with three outputs. The first level is convolution, batch norm, ReLU and
    convolution beside a 1 × 1 convolution. Every encoder level and the bridge drop out. A 1 × 1
    convolution and tanh end the network.
    """

    num_filters: int = 64
    num_outputs: int = 3
    dropout: float = 0.5
    dtype: Any = jnp.float32

    @nn.compact
    def __call__(self, gray: jax.Array, *, train: bool) -> jax.Array:
        """Colors gray images.

        Args:
            gray: `[N, H, W, 1]` float32 in [-1, 1]; H and W multiples of 8.
            train: use the batch's statistics and drop out.

        Returns:
            `[N, H, W, num_outputs]` float32 in [-1, 1].
        """

        def block(name: str, x: jax.Array, features: int, stride: int = 1) -> jax.Array:
            return PreactivatedBlock(features, stride, self.dtype, name=name)(x, train)

        def conv(name: str, x: jax.Array, kernel: int, use_bias: bool) -> jax.Array:
            padding = kernel // 2
            return layers.Conv(
                self.num_filters, kernel, 1, padding, use_bias, self.dtype, name=name
            )(x)

        y = conv("first_0", gray, 3, False)
        y = nn.relu(layers.batch_norm(train, self.dtype, "first_norm")(y))
        x = conv("first_1", y, 3, True) + conv("first_around", gray, 1, True)
        x = layers.Dropout(self.dropout)(x, train)
        skips = []
        for level in range(_HALVINGS):
            skips.append(x)
            x = block(f"down_{level}", x, self.num_filters * 2 ** (level + 1), 2)
            x = layers.Dropout(self.dropout)(x, train)
        for level in reversed(range(_HALVINGS)):
            x = jnp.concatenate([layers.upsample(x), skips[level]], axis=-1)
            x = block(f"up_{level}", x, self.num_filters * 2**level)
        x = layers.Conv(self.num_outputs, 1, dtype=self.dtype, name="last")(x)
        return jnp.tanh(x.astype(jnp.float32))
