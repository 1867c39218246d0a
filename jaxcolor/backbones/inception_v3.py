"""Inception-v3 as the Fréchet Inception Distance uses it.

Szegedy et al., "Rethinking the Inception Architecture for Computer Vision", CVPR 2016, in the
variant of TensorFlow's graph of 2015-12-05: 1008 classes, no auxiliary head, average pools that
leave the padding out, and a max pool in the last block. Layers are named as in the state dict of
pytorch-fid.
"""

from collections.abc import Sequence

import flax.linen as nn
import jax
import jax.numpy as jnp

from jaxcolor.backbones import frozen_layers

# In order: feature maps, named by their channels, and the class scores without their bias.
TAPS = ("64", "192", "768", "2048", "logits_unbiased")
INPUT_SIZE = 299


def _mixed_5(name: str, x: jax.Array, pool_features: int) -> jax.Array:
    five = frozen_layers.inception_block(f"{name}.branch5x5_1", x, 48)
    three = frozen_layers.inception_block(f"{name}.branch3x3dbl_1", x, 64)
    three = frozen_layers.inception_block(f"{name}.branch3x3dbl_2", three, 96, 3, 1, 1)
    branches = [
        frozen_layers.inception_block(f"{name}.branch1x1", x, 64),
        frozen_layers.inception_block(f"{name}.branch5x5_2", five, 64, 5, 1, 2),
        frozen_layers.inception_block(f"{name}.branch3x3dbl_3", three, 96, 3, 1, 1),
        frozen_layers.inception_block(
            f"{name}.branch_pool", frozen_layers.avg_pool_3x3(x), pool_features
        ),
    ]
    return jnp.concatenate(branches, axis=-1)


def _mixed_6a(name: str, x: jax.Array) -> jax.Array:
    three = frozen_layers.inception_block(f"{name}.branch3x3dbl_1", x, 64)
    three = frozen_layers.inception_block(f"{name}.branch3x3dbl_2", three, 96, 3, 1, 1)
    branches = [
        frozen_layers.inception_block(f"{name}.branch3x3", x, 384, 3, 2),
        frozen_layers.inception_block(f"{name}.branch3x3dbl_3", three, 96, 3, 2),
        frozen_layers.max_pool(x, 3, 2),
    ]
    return jnp.concatenate(branches, axis=-1)


def _mixed_6(name: str, x: jax.Array, inner: int) -> jax.Array:
    across, down = ((1, 7), 1, (0, 3)), ((7, 1), 1, (3, 0))
    seven = frozen_layers.inception_block(f"{name}.branch7x7_1", x, inner)
    seven = frozen_layers.inception_block(f"{name}.branch7x7_2", seven, inner, *across)
    double = frozen_layers.inception_block(f"{name}.branch7x7dbl_1", x, inner)
    for i, shape in ((2, down), (3, across), (4, down)):
        double = frozen_layers.inception_block(f"{name}.branch7x7dbl_{i}", double, inner, *shape)
    branches = [
        frozen_layers.inception_block(f"{name}.branch1x1", x, 192),
        frozen_layers.inception_block(f"{name}.branch7x7_3", seven, 192, *down),
        frozen_layers.inception_block(f"{name}.branch7x7dbl_5", double, 192, *across),
        frozen_layers.inception_block(f"{name}.branch_pool", frozen_layers.avg_pool_3x3(x), 192),
    ]
    return jnp.concatenate(branches, axis=-1)


def _mixed_7a(name: str, x: jax.Array) -> jax.Array:
    three = frozen_layers.inception_block(f"{name}.branch3x3_1", x, 192)
    seven = frozen_layers.inception_block(f"{name}.branch7x7x3_1", x, 192)
    seven = frozen_layers.inception_block(f"{name}.branch7x7x3_2", seven, 192, (1, 7), 1, (0, 3))
    seven = frozen_layers.inception_block(f"{name}.branch7x7x3_3", seven, 192, (7, 1), 1, (3, 0))
    branches = [
        frozen_layers.inception_block(f"{name}.branch3x3_2", three, 320, 3, 2),
        frozen_layers.inception_block(f"{name}.branch7x7x3_4", seven, 192, 3, 2),
        frozen_layers.max_pool(x, 3, 2),
    ]
    return jnp.concatenate(branches, axis=-1)


def _mixed_7(name: str, x: jax.Array, pooled: jax.Array) -> jax.Array:
    three = frozen_layers.inception_block(f"{name}.branch3x3_1", x, 384)
    double = frozen_layers.inception_block(f"{name}.branch3x3dbl_1", x, 448)
    double = frozen_layers.inception_block(f"{name}.branch3x3dbl_2", double, 384, 3, 1, 1)
    branches = [frozen_layers.inception_block(f"{name}.branch1x1", x, 320)]
    for stem, y in ((f"{name}.branch3x3_2", three), (f"{name}.branch3x3dbl_3", double)):
        branches.append(frozen_layers.inception_block(f"{stem}a", y, 384, (1, 3), 1, (0, 1)))
        branches.append(frozen_layers.inception_block(f"{stem}b", y, 384, (3, 1), 1, (1, 0)))
    branches.append(frozen_layers.inception_block(f"{name}.branch_pool", pooled, 192))
    return jnp.concatenate(branches, axis=-1)


class InceptionV3(nn.Module):
    """Computes the features that are asked for, and nothing beyond the last of them."""

    taps: Sequence[str] = ("2048",)

    @nn.compact
    def __call__(self, x: jax.Array) -> dict[str, jax.Array]:
        """Computes features.

        Args:
            x: `[N, H, W, 3]` float32, sRGB in [-1, 1]; of 299 × 299 pixels for the scores, of at
                least 75 × 75 otherwise.

        Returns:
            For each tap, float32: "64" and "192", `[N, h, w, C]` after the first and the second max
            pool; "768" after Mixed_6e; "2048" after Mixed_7c; "logits_unbiased", `[N, 1008]`.
        """
        found: dict[str, jax.Array] = {}

        def done(tap: str, features: jax.Array) -> bool:
            if tap in self.taps:
                found[tap] = features
            return len(found) == len(self.taps)

        x = frozen_layers.inception_block("Conv2d_1a_3x3", x, 32, 3, 2)
        x = frozen_layers.inception_block("Conv2d_2a_3x3", x, 32, 3)
        x = frozen_layers.inception_block("Conv2d_2b_3x3", x, 64, 3, 1, 1)
        x = frozen_layers.max_pool(x, 3, 2)
        if done("64", x):
            return found
        x = frozen_layers.inception_block("Conv2d_3b_1x1", x, 80)
        x = frozen_layers.inception_block("Conv2d_4a_3x3", x, 192, 3)
        x = frozen_layers.max_pool(x, 3, 2)
        if done("192", x):
            return found
        for name, pool_features in (("Mixed_5b", 32), ("Mixed_5c", 64), ("Mixed_5d", 64)):
            x = _mixed_5(name, x, pool_features)
        x = _mixed_6a("Mixed_6a", x)
        for name, inner in (
            ("Mixed_6b", 128),
            ("Mixed_6c", 160),
            ("Mixed_6d", 160),
            ("Mixed_6e", 192),
        ):
            x = _mixed_6(name, x, inner)
        if done("768", x):
            return found
        x = _mixed_7a("Mixed_7a", x)
        x = _mixed_7("Mixed_7b", x, frozen_layers.avg_pool_3x3(x))
        x = _mixed_7("Mixed_7c", x, frozen_layers.max_pool(x, 3, 1, 1))
        if done("2048", x):
            return found
        done("logits_unbiased", nn.Dense(1008, use_bias=False, name="fc")(x.mean((1, 2))))
        return found
