"""The frozen networks by the names of their weights, each with the range of its input."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np

from jaxcolor.backbones import (
    conversion,
    deeplab_v3,
    inception_resnet_v2,
    inception_v3,
    mobilenet_v2,
    resnet,
    vgg16,
    weights,
)
from jaxcolor.backbones.registry import WEIGHTS
from jaxcolor.config import InputError

_LOGITS = ("logits",)


def _standardize(rgb: jax.Array) -> jax.Array:
    return (rgb - np.array(vgg16.MEAN, np.float32).reshape(1, 1, 1, 3)) / np.array(
        vgg16.STD, np.float32
    ).reshape(1, 1, 1, 3)


def _center(rgb: jax.Array) -> jax.Array:
    return 2 * rgb - 1


def _center_bytes(rgb: jax.Array) -> jax.Array:
    return (255 * rgb - 128) / 128


class _Kind(NamedTuple):
    """How a network is built and fed.

    Attributes:
        taps: names of the outputs.
        build: maps the wanted taps to the module.
        prepare: converts sRGB in [0, 1] to the module's input.
    """

    taps: Sequence[str]
    build: Callable[[Sequence[str]], nn.Module]
    prepare: Callable[[jax.Array], jax.Array]


BACKBONES = {
    "vgg16": _Kind(vgg16.TAPS, vgg16.VGG16, _standardize),
    "inception_v3_fid": _Kind(inception_v3.TAPS, inception_v3.InceptionV3, _center),
    "resnet18": _Kind(resnet.TAPS, lambda taps: resnet.ResNet(18, taps), _standardize),
    "deeplab_v3_resnet50": _Kind(
        _LOGITS, lambda taps: deeplab_v3.DeepLabV3ResNet50(), _standardize
    ),
    "deeplab_v3_mobilenet_v2": _Kind(
        _LOGITS, lambda taps: deeplab_v3.DeepLabV3MobileNetV2(), _center
    ),
    "inception_resnet_v2": _Kind(
        _LOGITS, lambda taps: inception_resnet_v2.InceptionResNetV2(), _center
    ),
    "mobilenet_v2": _Kind(_LOGITS, lambda taps: mobilenet_v2.MobileNetV2(), _center_bytes),
}


class Backbone(NamedTuple):
    """A frozen network with its weights.

    Attributes:
        features: `(variables, rgb)` to the wanted taps; `rgb` `[N, H, W, 3]` float32, sRGB in
            [0, 1].
        variables: of the network, NumPy arrays.
        sha256: of the file of weights, in hex.
    """

    features: Callable[[Any, jax.Array], dict[str, jax.Array]]
    variables: Any
    sha256: str


def load(name: str, taps: Sequence[str], image_size: int) -> Backbone:
    """Loads a network as far as the taps need it.

    Args:
        name: one of `BACKBONES`.
        taps: names of outputs.
        image_size: height and width of its input, in pixels.

    Raises:
        InputError: an unknown name or tap, images too small for a tap, no weights, or weights that
            end before a tap.
    """
    if name not in BACKBONES:
        raise InputError(f"there is no backbone {name!r}; there are {', '.join(BACKBONES)}")
    kind = BACKBONES[name]
    for tap in taps:
        if tap not in kind.taps:
            raise InputError(f"backbone {name!r} has no tap {tap!r}; it has {', '.join(kind.taps)}")
    network = kind.build(tuple(taps))
    variables, sha256 = read(name, network, taps)

    def features(variables: Any, rgb: jax.Array) -> dict[str, jax.Array]:
        found: Any = network.apply(variables, kind.prepare(rgb))
        return found

    image = jax.ShapeDtypeStruct((1, image_size, image_size, 3), jnp.float32)
    for tap, shape in jax.eval_shape(features, variables, image).items():
        if 0 in shape.shape:
            raise InputError(
                f"backbone {name!r}: images of {image_size} × {image_size} pixels are too small "
                f"for tap {tap!r}; take an earlier tap or larger images"
            )
    return Backbone(features, variables, sha256)


def read(
    name: str, network: nn.Module, taps: Sequence[str], loaded: weights.Loaded | None = None
) -> tuple[Any, str]:
    """Reads the variables of a network.

    Args:
        name: of the weights.
        network: that needs them.
        taps: that the network computes.
        loaded: weights to use instead of those that are found on this machine.

    Returns:
        The variables, NumPy arrays, and the SHA-256 of their file.

    Raises:
        WeightsError: no weights, or weights that end before a tap.
    """
    loaded = loaded or weights.load(name)
    try:
        return conversion.to_variables(network, loaded.tensors), loaded.sha256
    except InputError as error:
        official = WEIGHTS[name].files[0]
        source = f", from {official.url}" if official.url else ""
        raise weights.WeightsError(
            f"{loaded.path}: ends before {', '.join(taps)}: {error}; the whole network is in "
            f"{official.name}{source}",
            f"the weights end too early; run {weights.fetch_command(name)}",
        ) from error
