"""Generators that other programs trained in PyTorch: their tensors as variables of ours.

The programs are github.com/junyanz/pytorch-CycleGAN-and-pix2pix (Isola et al., 2017; Zhu et al.,
2017) and the tutorial "Colorizing black & white images with U-Net and conditional GAN" of Moein
Shariatnia, with its own U-Net or with fastai's Dynamic U-Net over ResNet-18. Outputs equal those of
PyTorch's `eval()`: batch norms use their running statistics, and nothing drops out.
"""

import dataclasses
import functools
from collections.abc import Callable, Mapping, Set
from typing import Any

import numpy as np
from flax import traverse_util
from ml_collections import ConfigDict

from jaxcolor import config as config_lib
from jaxcolor import models
from jaxcolor.config import InputError
from jaxcolor.models.generator import Variables

# Of the input's and the output's channels: L to a and b, and gray, once or thrice, to RGB.
_SPACES = {(1, 2): "lab", (1, 3): "rgb", (3, 3): "rgb"}
_PARTS = {"kernel": "weight", "scale": "weight", "mean": "running_mean", "var": "running_var"}
# Names of one kind that a message lists.
_MAX_LISTED = 8


@dataclasses.dataclass(frozen=True)
class Architecture:
    """A generator in PyTorch.

    Attributes:
        name: of our generator.
        image_size: height and width of its images, in pixels.
        first: its first layer, by PyTorch's name.
        last: its last layer.
        layer: our name of a layer and all names of tensors to PyTorch's name of the layer.
        num_blocks: of a ResNet.
    """

    name: str
    image_size: int
    first: str
    last: str
    layer: Callable[[str, Set[str]], str]
    num_blocks: int = 9


def unet(image_size: int) -> Architecture:
    """The U-Net of pix2pix with batch norms, as many levels deep as the image can be halved."""
    layer = functools.partial(_unet_layer, image_size.bit_length() - 2)
    return Architecture("unet", image_size, "model.model.0", "model.model.3", layer)


def _unet_layer(innermost: int, layer: str, names: Set[str]) -> str:
    # The outermost block is [down, block, ReLU, up, tanh], the innermost
    # [LeakyReLU, down, ReLU, up, norm], one between [LeakyReLU, down, norm, block, ReLU, up, norm].
    del names
    kind, _, number = layer.rpartition("_")
    level = int(number)
    if level == 0:
        places = {"down": 0, "up": 3}
    elif level == innermost:
        places = {"down": 1, "up": 3, "up_norm": 4}
    else:
        places = {"down": 1, "down_norm": 2, "up": 5, "up_norm": 6}
    block = "model.model" + (".1.model" + (level - 1) * ".3.model" if level else "")
    return f"{block}.{places[kind]}"


def resnet(num_blocks: int) -> Architecture:
    """The residual generator of CycleGAN, with instance or batch norms, with or without dropout."""
    layer = functools.partial(_resnet_layer, num_blocks)
    return Architecture("resnet", 256, "model.1", f"model.{17 + num_blocks}", layer, num_blocks)


def _resnet_layer(num_blocks: int, layer: str, names: Set[str]) -> str:
    # A block is [pad, convolution, norm, ReLU, dropout if there is some, pad, convolution, norm].
    drops_out = (
        "model.10.conv_block.5.weight" not in names and "model.10.conv_block.6.weight" in names
    )
    places = (1, 6 if drops_out else 5)
    end = 10 + num_blocks
    convs = ["model.1", "model.4", "model.7"]
    convs += [f"model.{block}.conv_block.{place}" for block in range(10, end) for place in places]
    doubling = [f"model.{end}", f"model.{end + 3}"]
    kind, _, number = layer.partition("_")
    if kind == "Conv":
        return [*convs, f"model.{end + 7}"][int(number)]
    if kind == "ConvTranspose":
        return doubling[int(number)]
    block, _, index = [*convs, *doubling][int(number)].rpartition(".")
    return f"{block}.{int(index) + 1}"  # A norm follows its convolution.


def _dynamic_unet_layer(layer: str, names: Set[str]) -> str:
    del names
    part, _, inner = layer.partition("/")
    if part == "encoder":
        block, dot, rest = inner.partition(".")
        stem = {"conv1": 0, "bn1": 1}
        index = stem[block] if block in stem else int(block[-1]) + 3
        return f"layers.0.{index}{dot}{rest}"
    kind, _, number = part.partition("_")
    level, _, place = number.partition("_")
    if part == "up_4":
        return "layers.8.0.0"
    if kind == "up":
        return f"layers.{int(level) + 4}.shuf.0.0"
    if kind == "conv":
        return f"layers.{int(level) + 4}.conv{int(place) + 1}.0"
    if kind == "norm" and level:
        return f"layers.{int(level) + 4}.bn"
    fixed = {"norm": "layers.1", "last": "layers.12.0"}
    groups = {"middle": "layers.3", "residual": "layers.11.convpath"}
    return fixed[kind] if kind in fixed else f"{groups[kind]}.{level}.0"


ARCHITECTURES = {
    "unet_256": unet(256),
    "unet_128": unet(128),
    "resnet_9blocks": resnet(9),
    "resnet_6blocks": resnet(6),
    "tutorial_unet": unet(256),
    "tutorial_resnet18": Architecture(
        "dynamic_unet", 256, "layers.0.0", "layers.12.0", _dynamic_unet_layer
    ),
}


def convert(
    tensors: Mapping[str, np.ndarray], architecture: Architecture
) -> tuple[ConfigDict, Variables]:
    """Converts a state dict.

    Biases before an instance norm, which cancels them, and a discriminator beside the generator are
    left out. A kernel for gray images of three channels is summed over them.

    Args:
        tensors: names to arrays; the names may have a prefix, such as "net_G.".
        architecture: such as one of `ARCHITECTURES`.

    Returns:
        The configuration of a generator with equal outputs, and its variables, NumPy arrays.

    Raises:
        InputError: tensors are missing, unexpected or of other shapes, or the generator's channels
            are those of no color space; the message lists them, and the architectures that fit.
    """
    tensors = _own(tensors, architecture)
    config = _configure(tensors, architecture)
    template = _template(config)
    expected = _expected(template, tensors, architecture)
    if problems := _problems(tensors, expected, config):
        fitting = [name for name, other in ARCHITECTURES.items() if _fits(tensors, other)]
        advice = f"they fit {' and '.join(fitting)}" if fitting else "they fit no architecture"
        raise InputError("\n".join([*problems, advice]))
    variables = {}
    for name, (path, _) in expected.items():
        array = np.asarray(tensors[name], np.float32)
        if array.ndim == 4:
            array = array.transpose(2, 3, 1, 0)
        if name == f"{architecture.first}.weight":
            array = array.sum(2, keepdims=True)
            # Our ResNet gives gray images two channels of zeros.
            array = np.pad(array, ((0, 0), (0, 0), (0, template[path].shape[2] - 1), (0, 0)))
        variables[path] = array
    return config, traverse_util.unflatten_dict(variables, sep="/")


def _own(tensors: Mapping[str, np.ndarray], architecture: Architecture) -> Mapping[str, np.ndarray]:
    """Takes the generator's tensors, without the prefix of their names."""
    first, last = f"{architecture.first}.weight", f"{architecture.last}.weight"
    prefixes = [name.removesuffix(first) for name in tensors if f".{name}".endswith(f".{first}")]
    prefix = next((prefix for prefix in prefixes if prefix + last in tensors), "")
    return {
        name.removeprefix(prefix): tensor
        for name, tensor in tensors.items()
        if name.startswith(prefix) and not name.endswith(".num_batches_tracked")
    }


def _configure(tensors: Mapping[str, np.ndarray], architecture: Architecture) -> ConfigDict:
    """Returns the configuration of a generator for the tensors, as far as they are there."""
    shapes = {name: tensor.shape for name, tensor in tensors.items()}
    first = shapes.get(f"{architecture.first}.weight", (64, 1))
    last = shapes.get(f"{architecture.last}.weight", (2, 2))
    channels = first[1], last[1] if architecture.name == "unet" else last[0]
    if channels not in _SPACES:
        raise InputError(
            f"the generator makes {channels[1]} channels of {channels[0]}; only L to a and b (1 to "
            "2 channels) and gray to RGB (1 or 3 to 3) are colorizers"
        )
    config = config_lib.get_config()
    config.data.image_size = architecture.image_size
    config.data.color_space = _SPACES[channels]
    config.generator.name = architecture.name
    if architecture.name != "dynamic_unet":
        config.generator.num_filters = first[0]
    if architecture.name == "resnet":
        config.generator.num_blocks = architecture.num_blocks
        config.generator.norm = "batch" if "model.2.weight" in tensors else "instance"
    return config


def _template(config: ConfigDict) -> dict[str, Any]:
    generator = models.build_generator(config)
    shapes = models.variable_shapes(generator, config.data.image_size)
    return traverse_util.flatten_dict(shapes, sep="/")


def _expected(
    template: Mapping[str, Any], tensors: Mapping[str, np.ndarray], architecture: Architecture
) -> dict[str, tuple[str, tuple[int, ...]]]:
    """Maps the names of the tensors that should be there to our variables and to their shapes."""
    expected = {}
    for path, leaf in template.items():
        layer, _, ours = path.partition("/")[2].rpartition("/")
        name = f"{architecture.layer(layer, tensors.keys())}.{_PARTS.get(ours, ours)}"
        shape = leaf.shape
        if len(shape) == 4:
            height, width, inputs, outputs = shape
            if name == f"{architecture.first}.weight" and name in tensors:
                inputs = tensors[name].shape[1]  # It is checked already.
            shape = outputs, inputs, height, width
        expected[name] = path, shape
    return expected


def _problems(
    tensors: Mapping[str, np.ndarray],
    expected: Mapping[str, tuple[str, tuple[int, ...]]],
    config: ConfigDict,
) -> list[str]:
    """Says in what the tensors differ from the expected ones; a line for each kind."""
    ignored = set()
    if config.generator.name == "resnet" and config.generator.norm == "instance":
        ignored = {name.removesuffix("weight") + "bias" for name in expected}
        ignored |= {name for name in tensors if name.endswith((".running_mean", ".running_var"))}
    kinds = {
        "missing": [name for name in expected if name not in tensors],
        "unexpected": [name for name in tensors if name not in expected and name not in ignored],
        "of another shape": [
            f"{name} {tensors[name].shape} instead of {shape}"
            for name, (_, shape) in expected.items()
            if name in tensors and tensors[name].shape != shape
        ],
    }
    return [f"{len(names)} {kind}: {_list(names)}" for kind, names in kinds.items() if names]


def _list(names: list[str]) -> str:
    more = f" and {len(names) - _MAX_LISTED} more" if len(names) > _MAX_LISTED else ""
    return ", ".join(names[:_MAX_LISTED]) + more


def _fits(tensors: Mapping[str, np.ndarray], architecture: Architecture) -> bool:
    tensors = _own(tensors, architecture)
    try:
        config = _configure(tensors, architecture)
    except InputError:
        return False
    return not _problems(tensors, _expected(_template(config), tensors, architecture), config)
