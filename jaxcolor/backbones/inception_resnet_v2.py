"""Inception-ResNet-v2 with 1001 classes, of which the first is "background".

Szegedy et al., "Inception-v4, Inception-ResNet and the Impact of Residual Connections on Learning",
AAAI 2017. Layers are named as in the state dict of Cadene's port of TensorFlow's weights.
"""

import flax.linen as nn
import jax
import jax.numpy as jnp

from jaxcolor.backbones import frozen_layers

# Kernel, stride and padding.
Shape = tuple[int | tuple[int, int], int, int | tuple[int, int]]
# A chain of blocks: their features, and their shapes where they are not 1 × 1.
Chain = tuple[int | tuple[int, Shape], ...]

_ACROSS_7: Shape = ((1, 7), 1, (0, 3))
_DOWN_7: Shape = ((7, 1), 1, (3, 0))
_ACROSS_3: Shape = ((1, 3), 1, (0, 1))
_DOWN_3: Shape = ((3, 1), 1, (1, 0))
_SAME_3: Shape = (3, 1, 1)
_HALVE: Shape = (3, 2, 0)
# The branches of the three kinds of residual blocks.
_BLOCK_35: tuple[Chain, ...] = (
    (32,),
    (32, (32, _SAME_3)),
    (32, (48, _SAME_3), (64, _SAME_3)),
)
_BLOCK_17: tuple[Chain, ...] = ((192,), (128, (160, _ACROSS_7), (192, _DOWN_7)))
_BLOCK_8: tuple[Chain, ...] = ((192,), (192, (224, _ACROSS_3), (256, _DOWN_3)))


def _branches(name: str, x: jax.Array, *branches: Chain) -> list[jax.Array]:
    outputs = []
    for i, chain in enumerate(branches):
        y = x
        for j, link in enumerate(chain):
            features, shape = link if isinstance(link, tuple) else (link, (1, 1, 0))
            place = f"{name}.branch{i}" + (f".{j}" if len(chain) > 1 else "")
            y = frozen_layers.inception_block(place, y, features, *shape)
        outputs.append(y)
    return outputs


def _residual(name: str, x: jax.Array, scale: float, *branches: Chain) -> jax.Array:
    y = jnp.concatenate(_branches(name, x, *branches), axis=-1)
    return x + scale * frozen_layers.conv(f"{name}.conv2d", y, x.shape[-1], bias=True)


class InceptionResNetV2(nn.Module):
    """Classifies images."""

    @nn.compact
    def __call__(self, x: jax.Array) -> dict[str, jax.Array]:
        """Computes class scores.

        Args:
            x: `[N, H, W, 3]` float32, sRGB in [-1, 1], usually 299 × 299.

        Returns:
            "logits": `[N, 1001]` float32.
        """
        x = frozen_layers.inception_block("conv2d_1a", x, 32, *_HALVE)
        x = frozen_layers.inception_block("conv2d_2a", x, 32, 3)
        x = frozen_layers.inception_block("conv2d_2b", x, 64, *_SAME_3)
        x = frozen_layers.max_pool(x, 3, 2)
        x = frozen_layers.inception_block("conv2d_3b", x, 80)
        x = frozen_layers.inception_block("conv2d_4a", x, 192, 3)
        x = frozen_layers.max_pool(x, 3, 2)

        name = "mixed_5b"
        parts = _branches(name, x, (96,), (48, (64, (5, 1, 2))), (64, (96, _SAME_3), (96, _SAME_3)))
        parts.append(
            frozen_layers.inception_block(f"{name}.branch3.1", frozen_layers.avg_pool_3x3(x), 64)
        )
        x = jnp.concatenate(parts, axis=-1)
        for i in range(10):
            x = nn.relu(_residual(f"repeat.{i}", x, 0.17, *_BLOCK_35))

        parts = _branches("mixed_6a", x, ((384, _HALVE),), (256, (256, _SAME_3), (384, _HALVE)))
        x = jnp.concatenate([*parts, frozen_layers.max_pool(x, 3, 2)], axis=-1)
        for i in range(20):
            x = nn.relu(_residual(f"repeat_1.{i}", x, 0.1, *_BLOCK_17))

        parts = _branches(
            "mixed_7a",
            x,
            (256, (384, _HALVE)),
            (256, (288, _HALVE)),
            (256, (288, _SAME_3), (320, _HALVE)),
        )
        x = jnp.concatenate([*parts, frozen_layers.max_pool(x, 3, 2)], axis=-1)
        for i in range(9):
            x = nn.relu(_residual(f"repeat_2.{i}", x, 0.2, *_BLOCK_8))
        x = _residual("block8", x, 1.0, *_BLOCK_8)
        x = frozen_layers.inception_block("conv2d_7b", x, 1536)
        return {"logits": nn.Dense(1001, name="last_linear")(x.mean((1, 2)))}
