"""The residual generator of CycleGAN.

Zhu et al., "Unpaired Image-to-Image Translation using Cycle-Consistent Adversarial Networks", ICCV
2017, appendix 7.2, after Johnson et al., ECCV 2016.
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

_HALVINGS = 2


def build(config: ConfigDict) -> Generator:
    """Builds the configured network; instance norms do not depend on the batch.

    Raises:
        InputError: an image size that cannot be halved twice.
    """
    size = config.data.image_size
    if size % 2**_HALVINGS or size < 8:
        raise InputError(
            f"config.data.image_size={size}: config.generator.name='resnet' needs a multiple of 4, "
            "8 or more"
        )
    space = spaces.build(config.data)
    return Generator(
        ResNetGenerator(
            num_filters=config.generator.num_filters,
            num_outputs=space.num_outputs,
            activation=space.activation,
            num_blocks=config.generator.num_blocks,
            norm=config.generator.norm,
            dtype=jnp.dtype(config.train.dtype),
        )
    )


class ResNetGenerator(nn.Module):
    """Two halvings, residual blocks, two doublings; reflection padding, a norm per convolution.

    11.4 M parameters from three channels to three with nine blocks. There is no bias before a norm,
    which would cancel it; CycleGAN's own code has them before instance norms.

    Attributes:
        num_filters: channels of the first level.
        num_outputs: channels of the output.
        activation: of the output.
        num_blocks: residual blocks.
        norm: "instance", or "batch" as pix2pix's own code has by default.
        dtype: that is computed in, but for the output.
    """

    num_filters: int = 64
    num_outputs: int = 3
    activation: spaces.Activation = jnp.tanh
    num_blocks: int = 9
    norm: str = "instance"
    dtype: Any = jnp.float32

    @nn.compact
    def __call__(self, x: jax.Array, *, train: bool) -> jax.Array:
        """Translates images.

        Args:
            x: `[N, H, W, 3]`, or gray ones `[N, H, W, 1]`, which get two channels of
                zeros; float32 in [-1, 1]; H and W multiples of 4.
            train: use the batch's statistics, if the norms are batch norms.

        Returns:
            `[N, H, W, num_outputs]` float32, of the activation.
        """
        if x.shape[-1] == 1:
            x = jnp.pad(x, ((0, 0), (0, 0), (0, 0), (0, 2)))

        def normalize(x: jax.Array) -> jax.Array:
            if self.norm == "batch":
                return layers.batch_norm(train, self.dtype)(x)
            return layers.group_norm(x.shape[-1], self.dtype, affine=False)(x)

        x = nn.relu(normalize(self._conv(_reflect(x, 3), self.num_filters, 7)))
        for level in range(1, _HALVINGS + 1):
            x = nn.relu(normalize(self._conv(x, self.num_filters * 2**level, 3, 2, 1)))
        for _ in range(self.num_blocks):
            y = nn.relu(normalize(self._conv(_reflect(x, 1), x.shape[-1], 3)))
            x = x + normalize(self._conv(_reflect(y, 1), x.shape[-1], 3))
        for level in reversed(range(_HALVINGS)):
            features = self.num_filters * 2**level
            double = layers.ConvTranspose(features, False, self.dtype, kernel_size=3)
            x = nn.relu(normalize(double(x)))
        x = layers.Conv(self.num_outputs, 7, dtype=self.dtype)(_reflect(x, 3))
        return self.activation(x.astype(jnp.float32))

    def _conv(
        self, x: jax.Array, features: int, kernel: int, stride: int = 1, padding: int = 0
    ) -> jax.Array:
        return layers.Conv(features, kernel, stride, padding, False, self.dtype)(x)


def _reflect(x: jax.Array, width: int) -> jax.Array:
    return jnp.pad(x, ((0, 0), (width, width), (width, width), (0, 0)), mode="reflect")
