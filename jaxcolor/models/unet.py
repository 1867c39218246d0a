"""The U-Net of pix2pix, with optional attention.

Isola et al., "Image-to-Image Translation with Conditional Adversarial Networks", CVPR 2017, §6.1.1;
Oktay et al., "Attention U-Net: Learning Where to Look for the Pancreas", MIDL 2018.
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

# Decoder levels after the innermost that drop out, as far as the network has them.
_DROPOUT_LEVELS = 3


def build(config: ConfigDict) -> Generator:
    """Builds the configured network without attention; raises as `num_levels`."""
    space = spaces.build(config.data)
    return Generator(
        UNet(
            levels=num_levels(config.data.image_size),
            num_filters=config.generator.num_filters,
            num_outputs=space.num_outputs,
            activation=space.activation,
            dropout=config.generator.dropout,
            dtype=jnp.dtype(config.train.dtype),
        )
    )


def build_with_attention(config: ConfigDict) -> Generator:
    """Builds the configured network with gates on its skips; raises as `num_levels`."""
    return Generator(build(config).network.clone(attention=True))


def num_levels(image_size: int) -> int:
    """Returns how many halvings reduce an image to 1 × 1.

    Raises:
        InputError: the size is no power of two, or below 4.
    """
    levels = image_size.bit_length() - 1
    if image_size != 2**levels or levels < 2:
        raise InputError(
            f"config.data.image_size={image_size}: a U-Net halves the image down to 1 × 1, so it "
            "must be a power of two and at least 4: 32, 64, 128, 256, …"
        )
    return levels


class UNet(nn.Module):
    """Encoder and decoder joined by skips, down to 1 × 1; 54.4 M parameters at 256 × 256.

    Level i of the encoder is LeakyReLU 0.2, a 4 × 4 convolution of stride 2 and a batch norm; the
    outermost has the convolution alone and the innermost no norm. The decoder mirrors it with
    ReLU, a transposed convolution, a batch norm and dropout, and ends with the activation. With
    attention, every skip passes an attention gate.
    """

    levels: int
    num_filters: int = 64
    num_outputs: int = 2
    activation: spaces.Activation = jnp.tanh
    dropout: float = 0.5
    attention: bool = False
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

        skips = []
        x = gray
        for level, features in enumerate(filters):
            if level > 0:
                x = nn.leaky_relu(x, 0.2)
            x = layers.Conv(features, 4, 2, 1, False, self.dtype, name=f"down_{level}")(x)
            if 0 < level < last:
                x = layers.batch_norm(train, self.dtype, f"down_norm_{level}")(x)
            skips.append(x)

        for level in reversed(range(1, self.levels)):
            if level < last:
                x = self._join(level, skips[level], x)
            up = layers.ConvTranspose(filters[level - 1], False, self.dtype, name=f"up_{level}")
            x = layers.batch_norm(train, self.dtype, f"up_norm_{level}")(up(nn.relu(x)))
            if last - _DROPOUT_LEVELS <= level < last:
                x = layers.Dropout(self.dropout)(x, train)

        x = nn.relu(self._join(0, skips[0], x))
        x = layers.ConvTranspose(self.num_outputs, True, self.dtype, name="up_0")(x)
        return self.activation(x.astype(jnp.float32))

    def _join(self, level: int, skip: jax.Array, x: jax.Array) -> jax.Array:
        if self.attention:
            skip = AttentionGate(self.dtype, name=f"gate_{level}")(skip, x)
        return jnp.concatenate([skip, x], axis=-1)


class AttentionGate(nn.Module):
    """Weights each pixel of a skip by its relevance to the decoder (Oktay et al., eq. 1 and 2).

    `skip · σ(ψ · ReLU(W_x · skip + W_g · x))`, with 1 × 1 convolutions to half of the skip's
    channels and to one.
    """

    dtype: Any = jnp.float32

    @nn.compact
    def __call__(self, skip: jax.Array, x: jax.Array) -> jax.Array:
        """Gates `[N, H, W, C]` by `[N, H, W, D]`."""
        features = skip.shape[-1] // 2
        encoder = layers.Conv(features, 1, use_bias=False, dtype=self.dtype, name="skip")(skip)
        decoder = layers.Conv(features, 1, dtype=self.dtype, name="decoder")(x)
        psi = layers.Conv(1, 1, dtype=self.dtype, name="psi")(nn.relu(encoder + decoder))
        return skip * nn.sigmoid(psi)
