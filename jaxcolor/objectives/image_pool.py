"""A pool of earlier fake images, to train discriminators on."""

from typing import Any

import flax.struct
import jax
import jax.numpy as jnp
from jax import lax

from jaxcolor.models import layers


class ImagePool(flax.struct.PyTreeNode):
    """A history of fake images; every device keeps the same.

    Shrivastava et al., "Learning from Simulated and Unsupervised Images through Adversarial
    Training", CVPR 2017, §2.3, as in CycleGAN's code.

    Attributes:
        images: `[P, H, W, C]` float32.
        count: int32 scalar, images in the pool.
        in_use: without it `query` returns its input.
    """

    images: jax.Array
    count: jax.Array
    in_use: bool = flax.struct.field(pytree_node=False, default=True)

    @classmethod
    def create(cls, size: int, shape: tuple[int, ...]) -> "ImagePool":
        """Makes an empty pool for `size` images of shape `[H, W, C]`, or one that is not in use."""
        # No checkpoint can hold an array without elements.
        return cls(jnp.zeros((size or 1, *shape)), jnp.zeros((), jnp.int32), size > 0)

    def query(self, images: jax.Array, key: jax.Array) -> tuple["ImagePool", jax.Array]:
        """Exchanges fake images for earlier ones, each with probability one half.

        Until the pool is full, images are stored and returned unchanged.

        Args:
            images: `[n, H, W, C]` float32, this device's.
            key: that all devices share.

        Returns:
            The updated pool, and the images `[n, H, W, C]` to train on.
        """
        if not self.in_use:
            return self, images
        size, count = len(self.images), len(images)

        def exchange(pool: "ImagePool", inputs: tuple[jax.Array, jax.Array]) -> Any:
            image, key = inputs
            key_swap, key_index = jax.random.split(key)
            full = pool.count >= size
            swap = jax.random.bernoulli(key_swap)
            index = jnp.where(full, jax.random.randint(key_index, (), 0, size), pool.count)
            stored = pool.images[index]
            result = jnp.where(full & swap, stored, image)
            kept = jnp.where(full & ~swap, stored, image)
            new_count = jnp.minimum(pool.count + 1, size)
            return ImagePool(pool.images.at[index].set(kept), new_count), result

        everywhere = lax.all_gather(lax.stop_gradient(images), layers.AXIS, tiled=True)
        keys = jax.random.split(key, len(everywhere))
        pool, results = lax.scan(exchange, self, (everywhere, keys))
        first = lax.axis_index(layers.AXIS) * count
        return pool, lax.dynamic_slice_in_dim(results, first, count)
