"""Perceptual losses: distances of images in the features of frozen networks.

Johnson et al., "Perceptual Losses for Real-Time Style Transfer and Super-Resolution", ECCV 2016;
Zhang et al., "The Unreasonable Effectiveness of Deep Features as a Perceptual Metric", CVPR 2018.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import jax

from jaxcolor.backbones import lpips_network, networks
from jaxcolor.config import InputError
from jaxcolor.losses import reconstruction


class PerceptualLoss(NamedTuple):
    """A loss with the frozen network that it needs.

    Attributes:
        loss: `(variables, fake, real)` to a float32 scalar; images `[N, H, W, 3]` float32,
            sRGB in [0, 1].
        variables: of the network, NumPy arrays. They are an argument of the loss, so that no
            compiled program has to hold them.
        sha256: of the files of weights, by the weights' names.
    """

    loss: Callable[[Any, jax.Array, jax.Array], jax.Array]
    variables: Any
    sha256: dict[str, str]


def content(backbone: str, tap: str, image_size: int) -> PerceptualLoss:
    """Makes the content loss: the mean squared difference of feature maps.

    Johnson et al., eq. 2.

    Args:
        backbone: one of `jaxcolor.backbones.networks.BACKBONES`.
        tap: one of the backbone's outputs.
        image_size: height and width of the images, in pixels.

    Raises:
        InputError: as of `jaxcolor.backbones.networks.load`.
    """
    network = networks.load(backbone, (tap,), image_size)

    def loss(variables: Any, fake: jax.Array, real: jax.Array) -> jax.Array:
        features_fake, features_real = (
            network.features(variables, rgb)[tap] for rgb in (fake, real)
        )
        return reconstruction.l2(features_fake, features_real)

    return PerceptualLoss(loss, network.variables, {backbone: network.sha256})


def lpips(image_size: int) -> PerceptualLoss:
    """Makes the mean LPIPS v0.1 on VGG-16.

    Args:
        image_size: height and width of the images, in pixels; at least 16.

    Raises:
        InputError: images too small, or weights that are not on this machine.
    """
    if image_size < lpips_network.MIN_SIZE:
        raise InputError(
            f"LPIPS needs images of at least {lpips_network.MIN_SIZE} × {lpips_network.MIN_SIZE} "
            f"pixels, got {image_size} × {image_size}"
        )
    network = lpips_network.load()

    def loss(variables: Any, fake: jax.Array, real: jax.Array) -> jax.Array:
        return lpips_network.distance(variables, fake, real).mean()

    return PerceptualLoss(loss, network.variables, network.sha256)
