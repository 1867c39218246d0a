"""Networks of residual blocks that keep the image's size, and one that doubles another's.

He et al., "Deep Residual Learning for Image Recognition", CVPR 2016; Ledig et al., "Photo-Realistic
Single Image Super-Resolution Using a Generative Adversarial Network", CVPR 2017; report 003 and
`generator.py` of
github.com/shivamt-tr/Image-Colorization-using-conditional-Generative-Adversarial-Networks.
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
    space = spaces.build(config.data)
    return Generator(
        ResidualNetwork(
            num_filters=config.generator.num_filters,
            num_outputs=space.num_outputs,
            activation=space.activation,
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
    base = residual_unet.make_network(config, dropout=0.0).clone(num_outputs=2, parent=None)
    return Generator(
        Upscaler(base, config.generator.num_filters, jnp.dtype(config.train.dtype)),
        needs_init_from=True,
    )


class ResidualBlock(nn.Module):
    """Two 3 × 3 convolutions, each with its ReLU, a batch norm, and a skip connection."""

    dtype: Any = jnp.float32

    @nn.compact
    def __call__(self, x: jax.Array, train: bool) -> jax.Array:
        """Maps `[N, H, W, C]` to the same shape."""
        y = x
        for _ in range(2):
            y = nn.relu(layers.Conv(x.shape[-1], 3, padding=1, dtype=self.dtype)(y))
        return x + layers.batch_norm(train, self.dtype)(y)


class ResidualNetwork(nn.Module):
    """Eight residual blocks of 3 × 3 convolutions without any downsampling; 0.59 M parameters.

    The gray image itself joins the features before the last convolution.
    """

    num_filters: int = 64
    num_outputs: int = 2
    activation: spaces.Activation = jnp.tanh
    dtype: Any = jnp.float32

    @nn.compact
    def __call__(self, gray: jax.Array, *, train: bool) -> jax.Array:
        """Colors gray images.

        Args:
            gray: `[N, H, W, 1]` float32 in [-1, 1].
            train: use the batch's statistics.

        Returns:
            `[N, H, W, num_outputs]` float32, of the activation.
        """
        x = nn.relu(layers.Conv(self.num_filters, 3, padding=1, dtype=self.dtype)(gray))
        for _ in range(_NETWORK_BLOCKS):
            x = ResidualBlock(self.dtype)(x, train)
        x = x + gray.astype(self.dtype)
        x = layers.Conv(self.num_outputs, 3, padding=1, dtype=self.dtype)(x)
        return self.activation(x.astype(jnp.float32))


class SuperResolutionBlock(nn.Module):
    """Two 3 × 3 convolutions with batch norm, PReLU between them, and a skip connection."""

    dtype: Any = jnp.float32

    @nn.compact
    def __call__(self, x: jax.Array, train: bool) -> jax.Array:
        """Maps `[N, H, W, C]` to the same shape."""
        y = layers.Conv(x.shape[-1], 3, 1, 1, False, self.dtype)(x)
        y = nn.PReLU(negative_slope_init=0.25)(layers.batch_norm(train, self.dtype)(y))
        y = layers.Conv(x.shape[-1], 3, 1, 1, False, self.dtype)(y)
        return x + layers.batch_norm(train, self.dtype)(y)


class Upscaler(nn.Module):
    """Doubles the size of what a trained network colors; 612,628 parameters of its own.

    The base is not trained any further. Six residual blocks make a correction of its L, a and b;
    the sum is mapped to features, enlarged by a pixel shuffle and mapped to RGB by a 9 × 9
    convolution and tanh. Report 003 has a skip "from the ResidualUNet output to the final output
    after upsampling"; its authors' code adds the base's output before upsampling instead, where
    both are Lab, and so does this network. The tanh is ours, so that RGB stays in [-1, 1]. As in
    the authors' code, two convolutions before norms have biases.
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

        def conv(name: str, x: jax.Array, features: int, kernel: int = 3) -> jax.Array:
            padding = kernel // 2
            return layers.Conv(features, kernel, 1, padding, dtype=self.dtype, name=name)(x)

        def norm(name: str, x: jax.Array) -> jax.Array:
            return layers.batch_norm(train, self.dtype, name)(x)

        def prelu(name: str, x: jax.Array) -> jax.Array:
            return nn.PReLU(negative_slope_init=0.25, name=name)(x)

        ab = lax.stop_gradient(self.base(gray, train=False))
        lab = jnp.concatenate([gray, ab], axis=-1)
        x = prelu("head_prelu", conv("head", lab, self.num_filters))
        for i in range(_UPSCALING_BLOCKS):
            x = SuperResolutionBlock(self.dtype, name=f"block_{i}")(x, train)
        lab += norm("correction_norm", conv("correction", x, 3))
        x = norm("features_norm", conv("features", lab, self.num_filters))
        x = layers.pixel_shuffle(conv("expand", x, 4 * self.num_filters))
        x = conv("last", prelu("expand_prelu", x), 3, kernel=9)
        return jnp.tanh(x.astype(jnp.float32))
