"""VGG-16 (Simonyan and Zisserman, "Very Deep Convolutional Networks", ICLR 2015, model D).

Layers are named as in torchvision's state dict.
"""

from collections.abc import Sequence

import flax.linen as nn
import jax
import jax.numpy as jnp

from jaxcolor.backbones import frozen_layers

# Convolutions per block, of as many channels, and the index of each in torchvision's `features`.
_BLOCKS = ((2, 64), (2, 128), (3, 256), (3, 512), (3, 512))
# Every convolution, and its activation, by its number from 1 to 13.
TAPS = tuple(f"{kind}{number}" for number in range(1, 14) for kind in ("conv", "relu"))
MEAN = (0.485, 0.456, 0.406)
STD = (0.229, 0.224, 0.225)


class VGG16(nn.Module):
    """Computes the feature maps that are asked for, and nothing beyond the last of them."""

    taps: Sequence[str]

    @nn.compact
    def __call__(self, x: jax.Array, where: jax.Array | None = None) -> dict[str, jax.Array]:
        """Computes feature maps.

        Args:
            x: `[N, H, W, 3]` float32, sRGB in [0, 1] minus `MEAN`, divided by `STD`.
            where: `[N, H, W, 1]` bool, of images that are padded at the bottom and the right, the
                images' own pixels; their features are then those of the images alone, and all
                others are undefined. None means all pixels.

        Returns:
            For each tap `[N, h, w, C]` float32, of 64, 128, 256, 512 and 512 channels in the five
            blocks; each block halves height and width of the one before.
        """
        found: dict[str, jax.Array] = {}
        number, place = 0, 0
        for convolutions, features in _BLOCKS:
            for _ in range(convolutions):
                number += 1
                if where is not None:  # Convolutions surround an image with zeros.
                    x = jnp.where(where, x, 0)
                x = frozen_layers.conv(f"features.{place}", x, features, 3, 1, 1, bias=True)
                place += 2
                for tap, value in ((f"conv{number}", x), (f"relu{number}", nn.relu(x))):
                    if tap in self.taps:
                        found[tap] = value
                if len(found) == len(self.taps):
                    return found
                x = nn.relu(x)
            x, where = frozen_layers.max_pool(x, 2, 2), halve(where)
            place += 1
        return found


def halve(where: jax.Array | None) -> jax.Array | None:
    """Downsamples a mask as a 2 × 2 pooling does: true where all four pixels are."""
    return None if where is None else where[:, 1::2, 1::2]
