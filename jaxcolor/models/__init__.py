"""Generators and discriminators, one family per file, built from a configuration by name."""

from typing import Any

import jax
import jax.numpy as jnp
from ml_collections import ConfigDict

from jaxcolor.config import InputError
from jaxcolor.data import spaces
from jaxcolor.models import (
    dynamic_unet,
    fusion,
    mobile_unet,
    patchgan,
    residual,
    residual_unet,
    resnet_generator,
    unet,
)
from jaxcolor.models.generator import Generator, Variables

GENERATORS = {
    "unet": unet.build,
    "attention_unet": unet.build_with_attention,
    "dynamic_unet": dynamic_unet.build,
    "mobile_unet": mobile_unet.build,
    "residual_unet": residual_unet.build,
    "bilinear_residual_unet": residual_unet.build_bilinear,
    "residual": residual.build,
    "upscaler": residual.build_upscaler,
    "resnet": resnet_generator.build,
    "fusion": fusion.build,
}
# How many times as high and wide as its gray image an output is, where it is larger.
_SCALES = {"upscaler": 2}


def build_generator(config: ConfigDict) -> Generator:
    """Builds the network that maps gray images to colors.

    Args:
        config: the whole configuration.

    Raises:
        InputError: an unknown name, an image size that is not the network's, or weights of a
            frozen part that are not on this machine.
    """
    name = config.generator.name
    if name not in GENERATORS:
        raise InputError(f"config.generator.name={name!r}: must be one of {sorted(GENERATORS)}")
    return GENERATORS[name](config)


def output_size(config: ConfigDict) -> int:
    """Returns the height and width of what the generator makes, in pixels.

    Args:
        config: the whole configuration.
    """
    return config.data.image_size * _scale(config)


def build_space(config: ConfigDict) -> spaces.Space:
    """Returns the color space that the generator works in, with the scale of its output.

    Args:
        config: the whole configuration.
    """
    return spaces.build(config.data)._replace(scale=_scale(config))


def _scale(config: ConfigDict) -> int:
    return _SCALES.get(config.generator.name, 1)


def variable_shapes(generator: Generator, image_size: int) -> Variables:
    """Returns the tree of the generator's variables, as `jax.ShapeDtypeStruct`."""
    return jax.eval_shape(lambda: generator.init(jax.random.key(0), image_size))


def mismatch(tree: Any, template: Any, *, partial: bool = False) -> str:
    """Compares the names and shapes of two trees.

    Args:
        tree: of arrays, or of what has their shapes.
        template: what it should be like.
        partial: let it hold more.

    Returns:
        The first difference, or "".
    """
    found, expected = _shapes(tree), _shapes(template)
    for name in expected if partial else expected | found:
        if found.get(name) != expected.get(name):
            return (
                f"the shape of {name} is {found.get(name, 'missing')} there, and by the "
                f"configuration {expected.get(name, 'missing')}"
            )
    return ""


def _shapes(tree: Any) -> dict[str, tuple[int, ...]]:
    """Maps the leaves' names to their shapes, naming them alike in dicts and in classes."""
    leaves = jax.tree_util.tree_flatten_with_path(tree)[0]
    return {
        jax.tree_util.keystr(path, simple=True, separator="/"): tuple(leaf.shape)
        for path, leaf in leaves
    }


def build_discriminator(config: ConfigDict) -> patchgan.PatchGAN:
    """Builds the network that maps images `[N, H, W, C]` to patch scores `[N, H', W', 1]`.

    Args:
        config: the whole configuration.

    Raises:
        InputError: an image size that the network cannot take.
    """
    discriminator = config.discriminator
    patchgan.check_image_size(config.data.image_size, discriminator.num_layers)
    return patchgan.PatchGAN(
        num_filters=discriminator.num_filters,
        num_layers=discriminator.num_layers,
        norm=discriminator.norm,
        dtype=jnp.dtype(config.train.dtype),
    )
