"""U-Nets whose levels are residual blocks.

Zhang et al., "Road Extraction by Deep Residual U-Net", IEEE GRSL 2018, and a deeper relative of
pix2pix's U-Net, from report 003 and `generator.py` of
github.com/shivamt-tr/Image-Colorization-using-conditional-Generative-Adversarial-Networks.
"""

from typing import Any

import flax.linen as nn
import jax
import jax.numpy as jnp
from ml_collections import ConfigDict

from jaxcolor.config import InputError
from jaxcolor.data import spaces
from jaxcolor.models import layers, unet
from jaxcolor.models.generator import Generator

# Decoder levels after the innermost that drop out, as far as the network has them.
_DROPOUT_LEVELS = 3
# Halvings of the network with bilinear upsampling.
_HALVINGS = 3


def build(config: ConfigDict) -> Generator:
    """Builds the configured `ResidualUNet`; raises as `unet.num_levels`."""
    return Generator(make_network(config, dropout=config.generator.dropout))


def make_network(config: ConfigDict, *, dropout: float) -> "ResidualUNet":
    """Makes the configured `ResidualUNet` with some dropout; raises as `unet.num_levels`."""
    levels = unet.num_levels(config.data.image_size)
    return ResidualUNet(levels=levels, dropout=dropout, **_fields(config))


def build_bilinear(config: ConfigDict) -> Generator:
    """Builds the configured `BilinearResidualUNet`.

    Raises:
        InputError: an image size that cannot be halved as often as the network has levels.
    """
    size, divisor = config.data.image_size, 2**_HALVINGS
    if size % divisor:
        raise InputError(
            f"config.data.image_size={size}: config.generator.name={config.generator.name!r} needs "
            f"a multiple of {divisor}, such as {-(-size // divisor) * divisor}"
        )
    dropout = config.generator.dropout
    return Generator(BilinearResidualUNet(dropout=dropout, **_fields(config)))


def _fields(config: ConfigDict) -> dict[str, Any]:
    space = spaces.build(config.data)
    return {
        "num_filters": config.generator.num_filters,
        "num_outputs": space.num_outputs,
        "activation": space.activation,
        "dtype": jnp.dtype(config.train.dtype),
    }


class ResidualLevel(nn.Module):
    """A level of `ResidualUNet`, which halves an image or doubles it.

    A 3 × 3 convolution, batch norm, activation and a 4 × 4 convolution of stride 2, beside a 4 × 4
    convolution of stride 2; their sum, batch norm and activation. To double, those of stride 2 are
    transposed ones. The activation is LeakyReLU 0.2 where it halves, ReLU where it doubles.
    """

    features: int
    double: bool = False
    dtype: Any = jnp.float32

    @nn.compact
    def __call__(self, x: jax.Array, train: bool) -> jax.Array:
        """Maps `[N, H, W, C]` to `[N, H / 2, W / 2, features]` or `[N, 2H, 2W, features]`."""

        def resize(name: str, x: jax.Array) -> jax.Array:
            if self.double:
                return layers.ConvTranspose(self.features, False, self.dtype, name=name)(x)
            return layers.Conv(self.features, 4, 2, 1, False, self.dtype, name=name)(x)

        def activate(name: str, x: jax.Array) -> jax.Array:
            x = layers.batch_norm(train, self.dtype, name)(x)
            return nn.relu(x) if self.double else nn.leaky_relu(x, 0.2)

        # A transposed 3 × 3 convolution of stride 1, which the authors double with, is a
        # convolution whose kernel is rotated.
        y = layers.Conv(self.features, 3, 1, 1, False, self.dtype, name="wide")(x)
        y = resize("resize", activate("wide_norm", y))
        return activate("norm", y + resize("shortcut", x))


class ResidualUNet(nn.Module):
    """pix2pix's U-Net of residual levels, down to 1 × 1; 112.3 M parameters at 256 × 256.

    Only its outermost and its innermost level are plain: down by a 4 × 4 convolution of stride 2
    and LeakyReLU 0.2, up by a transposed one, which ends the network with the activation, and which
    batch norm and ReLU follow in the innermost. Skips join the levels; three residual levels up,
    after the innermost, drop out. No convolution has a bias.
    """

    levels: int
    num_filters: int = 64
    num_outputs: int = 2
    activation: spaces.Activation = jnp.tanh
    dropout: float = 0.5
    dtype: Any = jnp.float32

    @nn.compact
    def __call__(self, gray: jax.Array, *, train: bool) -> jax.Array:
        """Colors gray images.

        Args:
            gray: `[N, 2**levels, 2**levels, 1]` float32 in [-1, 1].
            train: use the batch's statistics and drop out.

        Returns:
            `[N, 2**levels, 2**levels, num_outputs]` float32, of the activation.
        """
        filters = [self.num_filters * min(2**level, 8) for level in range(self.levels)]
        last = self.levels - 1

        def residual(name: str, x: jax.Array, features: int, double: bool) -> jax.Array:
            return ResidualLevel(features, double, self.dtype, name=name)(x, train)

        def double(name: str, x: jax.Array, features: int) -> jax.Array:
            return layers.ConvTranspose(features, False, self.dtype, name=name)(x)

        skips = []
        x = gray
        for level, features in enumerate(filters):
            if 0 < level < last:
                x = residual(f"down_{level}", x, features, False)
            else:
                x = layers.Conv(features, 4, 2, 1, False, self.dtype, name=f"down_{level}")(x)
                x = nn.leaky_relu(x, 0.2)
            skips.append(x)

        x = double(f"up_{last}", x, filters[last - 1])
        x = nn.relu(layers.batch_norm(train, self.dtype, f"up_norm_{last}")(x))
        for level in reversed(range(1, last)):
            x = jnp.concatenate([skips[level], x], axis=-1)
            x = residual(f"up_{level}", x, filters[level - 1], True)
            if level >= last - _DROPOUT_LEVELS:
                x = layers.Dropout(self.dropout)(x, train)

        x = double("up_0", jnp.concatenate([skips[0], x], axis=-1), self.num_outputs)
        return self.activation(x.astype(jnp.float32))


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
    convolution and the activation end the network.
    """

    num_filters: int = 64
    num_outputs: int = 3
    activation: spaces.Activation = jnp.tanh
    dropout: float = 0.5
    dtype: Any = jnp.float32

    @nn.compact
    def __call__(self, gray: jax.Array, *, train: bool) -> jax.Array:
        """Colors gray images.

        Args:
            gray: `[N, H, W, 1]` float32 in [-1, 1]; H and W multiples of 8.
            train: use the batch's statistics and drop out.

        Returns:
            `[N, H, W, num_outputs]` float32, of the activation.
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
        return self.activation(x.astype(jnp.float32))
