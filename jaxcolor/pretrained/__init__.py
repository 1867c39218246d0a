"""The model in the package: a generator's configuration and weights, and their two files."""

import pathlib
from typing import Any

import numpy as np
import safetensors.numpy
from flax import traverse_util
from ml_collections import ConfigDict

from jaxcolor import config as config_lib
from jaxcolor import files
from jaxcolor.backbones import tensor_files
from jaxcolor.config import InputError

# Where the model of the package lies, with its card.
FOLDER = pathlib.Path(__file__).parent
CONFIG_FILE = "config.json"
WEIGHTS_FILE = "model.safetensors"

# Every installation downloads the weights.
_MAX_BYTES = 16_000_000


def load(folder: pathlib.Path) -> tuple[ConfigDict, dict[str, Any]]:
    """Reads a model that `save` wrote.

    Args:
        folder: that holds config.json and model.safetensors, such as `FOLDER`.

    Returns:
        The configuration that the generator was trained with, and its variables, a tree of float32
        NumPy arrays whose names and shapes are not yet compared with the generator's.

    Raises:
        InputError: a file is missing, damaged or of another version, or a tensor is not finite.
    """
    for name in (WEIGHTS_FILE, CONFIG_FILE):
        if not (folder / name).is_file():
            raise InputError(
                f"{folder / name}: no such file; install jaxcolor again, or color with the "
                "checkpoint of a run"
            )
    config = config_lib.load(folder / CONFIG_FILE)
    path = folder / WEIGHTS_FILE
    tensors = tensor_files.read(path)
    for name, tensor in tensors.items():
        if not np.isfinite(tensor).all():
            raise InputError(f"{path}: {name} is not finite; install jaxcolor again")
    single = {name: tensor.astype(np.float32) for name, tensor in tensors.items()}
    return config, traverse_util.unflatten_dict(single, sep="/")


def save(folder: pathlib.Path, config: ConfigDict, variables: dict[str, Any]) -> None:
    """Writes a generator for inference: config.json, and float16 tensors in model.safetensors.

    The configuration does not say where the training data lay, nor which run it started from.

    Args:
        folder: created if it does not exist.
        config: that the generator was trained with.
        variables: of the generator, a tree of dicts and NumPy arrays.

    Raises:
        InputError: a tensor is not finite in float16, or all take more than 16 MB; nothing is
            written then.
        OSError: a file cannot be written.
    """
    with np.errstate(over="ignore"):
        tensors = {
            name: tensor.astype(np.float16, order="C")
            for name, tensor in traverse_util.flatten_dict(variables, sep="/").items()
        }
    for name, tensor in tensors.items():
        if not np.isfinite(tensor).all():
            raise InputError(f"variables: {name} is not finite in float16; train it anew")
    weights = safetensors.numpy.save(tensors)
    if len(weights) > _MAX_BYTES:
        raise InputError(
            f"variables: take {len(weights) / 1e6:.1f} MB in float16; at most "
            f"{_MAX_BYTES / 1e6:.0f} MB go into the package, so take a smaller generator"
        )
    defaults = config_lib.get_config()
    portable = config_lib.get_config()
    portable.update(config)
    portable.init_from = defaults.init_from
    portable.data.path = defaults.data.path
    portable.data.split_file = defaults.data.split_file
    config_lib.save(portable, folder / CONFIG_FILE)
    with files.written_whole(folder / WEIGHTS_FILE) as partial:
        partial.write_bytes(weights)
