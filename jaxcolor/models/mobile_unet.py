"""A U-Net over MobileNet-v2, whose trained weights its encoder can start from.

The encoder's batch norms are folded into its convolutions (Sandler et al., "MobileNetV2: Inverted
Residuals and Linear Bottlenecks", CVPR 2018); the decoder has group norms (Wu & He, ECCV 2018) and
SiLU (Elfwing et al., 2018), kernels drawn by He et al. (2015).
"""

from collections.abc import Callable
from typing import Any

import flax.linen as nn
import jax
import jax.numpy as jnp
from ml_collections import ConfigDict

from jaxcolor.backbones import mobilenet_v2, networks
from jaxcolor.config import InputError
from jaxcolor.data import spaces
from jaxcolor.models import layers
from jaxcolor.models.generator import Generator, Variables, build_over_encoder

_BACKBONE = "mobilenet_v2"
# The channels of the decoder's levels, by the part of the image's size that they work at.
_LEVELS = {16: 192, 8: 128, 4: 64}
_DEEPEST = 32
_NUM_GROUPS = 16

_he = nn.initializers.he_normal()


def build(config: ConfigDict) -> Generator:
    """Builds the configured network, whose encoder starts trained if `pretrained` says so.

    Raises:
        InputError: an image size that is no multiple of 32, or an objective that needs a generator
            of color images.
    """
    size = config.data.image_size
    if size % _DEEPEST:
        raise InputError(
            f"config.data.image_size={size}: config.generator.name='mobile_unet' needs a multiple "
            f"of {_DEEPEST}"
        )
    if config.objective.name == "cyclegan":
        raise InputError(
            "config.generator.name='mobile_unet': takes gray images alone, and "
            "config.objective.name='cyclegan' also makes gray images of color ones; take 'resnet'"
        )
    space = spaces.build(config.data)
    prepare = networks.BACKBONES[_BACKBONE].prepare
    network = MobileUNet(
        prepare=lambda gray: prepare(space.gray_to_rgb(gray)),
        num_outputs=space.num_outputs,
        activation=space.activation,
        dtype=jnp.dtype(config.train.dtype),
    )
    return build_over_encoder(config, network, _start_pretrained)


def _start_pretrained(variables: Variables) -> Variables:
    trained, _ = networks.read(_BACKBONE, mobilenet_v2.MobileNetV2(), ("logits",))
    params = variables["params"]
    encoder = {name: trained["params"][name] for name in params["encoder"]}
    return {**variables, "params": {**params, "encoder": encoder}}


class Encoder(nn.Module):
    """MobileNet-v2 without its classifier, its layers named as in the frozen network."""

    dtype: Any = jnp.float32

    @nn.compact
    def __call__(self, rgb: jax.Array) -> dict[int, jax.Array]:
        """Computes feature maps.

        Args:
            rgb: `[N, H, W, 3]` float32, sRGB as `(value of 8 bits - 128) / 128`.

        Returns:
            For each of 2, 4, 8, 16 and 32, `[N, h, w, C]` in `dtype` at that part of the size,
            rounded up; C is 16, 24, 32, 96 and 320.
        """
        return mobilenet_v2.trunk(rgb, dtype=self.dtype)


class MobileUNet(nn.Module):
    """MobileNet-v2 and a decoder of three levels, joined by skips; 3.4 M parameters.

    The encoder's last map passes a 1 × 1 convolution of 256 channels. Each level doubles the size
    by repeating pixels, joins the encoder's map of that size, and has two 3 × 3 convolutions with
    group norm and SiLU. At a quarter of the image's size a 1 × 1 convolution and the activation
    make the output, which `Space.decode` enlarges.

    Attributes:
        prepare: gray images to the encoder's.
        num_outputs: channels of the output.
        activation: of the output.
        dtype: that is computed in, but for the output.
    """

    prepare: Callable[[jax.Array], jax.Array]
    num_outputs: int = 2
    activation: spaces.Activation = jnp.tanh
    dtype: Any = jnp.float32

    @nn.compact
    def __call__(self, gray: jax.Array, *, train: bool) -> jax.Array:
        """Colors gray images.

        Args:
            gray: `[N, H, W, 1]` float32 in [-1, 1]; H and W multiples of 32.
            train: makes no difference.

        Returns:
            `[N, H / 4, W / 4, num_outputs]` float32, of the activation.
        """
        del train
        maps = Encoder(self.dtype, name="encoder")(self.prepare(gray))
        x = self._conv("deepest", maps[_DEEPEST], 256, 1)
        for part, features in _LEVELS.items():
            x = jnp.concatenate([layers.upsample(x, "nearest"), maps[part]], axis=-1)
            for i in range(2):
                x = self._conv(f"conv_{part}_{i}", x, features, 3, use_bias=False)
                norm = layers.group_norm(_NUM_GROUPS, self.dtype)
                x = nn.silu(norm(x))
        return self.activation(self._conv("colors", x, self.num_outputs, 1).astype(jnp.float32))

    def _conv(
        self, name: str, x: jax.Array, features: int, kernel: int, *, use_bias: bool = True
    ) -> jax.Array:
        padding = kernel // 2
        return layers.Conv(features, kernel, 1, padding, use_bias, self.dtype, _he, name=name)(x)
