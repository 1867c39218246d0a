"""Generators and discriminators, one family per file, built from a configuration by name."""

import flax.linen as nn
import jax
import jax.numpy as jnp
from ml_collections import ConfigDict

from jaxcolor.config import InputError
from jaxcolor.data import transforms
from jaxcolor.models import patchgan, unet


def build_generator(config: ConfigDict, axis_name: str | None = None) -> nn.Module:
    """Builds the network that maps `L [N, H, W, 1]` to `ab [N, H, W, 2]`.

    Args:
        config: the whole configuration.
        axis_name: the axis over which a batch is spread while training, if it is.

    Raises:
        InputError: an unknown name, or an image size that the network cannot take.
    """
    if config.generator.name != "unet":
        raise InputError(f"config.generator.name={config.generator.name!r}: must be 'unet'")
    return unet.UNet(
        levels=unet.num_levels(config.data.image_size),
        num_filters=config.generator.num_filters,
        dropout=config.generator.dropout,
        axis_name=axis_name,
        dtype=jnp.dtype(config.train.dtype),
    )


def variable_shapes(config: ConfigDict) -> dict:
    """Returns the tree of the generator's variables, as `jax.ShapeDtypeStruct`."""
    size = config.data.image_size
    L = jnp.zeros((1, size, size, 1))
    return jax.eval_shape(lambda: build_generator(config).init(jax.random.key(0), L, train=False))


def build_discriminator(config: ConfigDict, axis_name: str | None = None) -> nn.Module:
    """Builds the network that maps a pair `[N, H, W, 3]` to patch scores `[N, H', W', 1]`.

    Args:
        config: the whole configuration.
        axis_name: the axis over which a batch is spread while training, if it is.

    Raises:
        InputError: an unknown name, or an image size that the network cannot take.
    """
    discriminator = config.discriminator
    if discriminator.name != "patchgan":
        raise InputError(f"config.discriminator.name={discriminator.name!r}: must be 'patchgan'")
    patchgan.check_image_size(config.data.image_size, discriminator.num_layers)
    return patchgan.PatchGAN(
        num_filters=discriminator.num_filters,
        num_layers=discriminator.num_layers,
        norm=discriminator.norm,
        axis_name=axis_name,
        dtype=jnp.dtype(config.train.dtype),
    )


def recolor(generator: nn.Module, variables: dict, rgb: jax.Array) -> jax.Array:
    """Takes an image's colours away and lets a generator guess them.

    Args:
        generator: as from `build_generator`.
        variables: of the generator.
        rgb: `[N, H, W, 3]` uint8, sRGB, of the generator's size.

    Returns:
        `[N, H, W, 3]` uint8, sRGB.
    """
    L = transforms.to_network(rgb)["L"]
    ab = generator.apply(variables, L, train=False)
    return transforms.from_network(L, jnp.asarray(ab))
