"""A model as one folder: `config.json`, `model.safetensors` and a card, `MODEL_CARD.md`."""

import datetime
import importlib.metadata
import pathlib
import subprocess
from collections.abc import Mapping

import jax
import numpy as np
import safetensors.numpy
from flax import traverse_util
from jax.typing import DTypeLike
from ml_collections import ConfigDict

from jaxcolor import config as config_lib
from jaxcolor import config_checks, files, models
from jaxcolor.backbones import tensor_files
from jaxcolor.config import InputError
from jaxcolor.models.generator import Generator, Variables

CONFIG_FILE = "config.json"
WEIGHTS_FILE = "model.safetensors"
CARD_FILE = "MODEL_CARD.md"

_LICENSE = "not stated; write here what these weights may be used for, and the terms of their data"


def is_model(path: pathlib.Path) -> bool:
    """Tells whether a folder is that of a model, not that of a run."""
    return (path / WEIGHTS_FILE).is_file()


def load(folder: pathlib.Path) -> tuple[ConfigDict, Generator, Variables]:
    """Reads a model that `save` wrote.

    Args:
        folder: that holds config.json and model.safetensors.

    Returns:
        The configuration that the generator was trained with, the generator, and its variables, a
        tree of float32 NumPy arrays.

    Raises:
        InputError: a file is missing, damaged or of another version, a tensor is of another dtype,
            not finite, or not one of the configuration's generator; or weights of the generator's
            frozen parts are not on this machine.
    """
    for name in (WEIGHTS_FILE, CONFIG_FILE):
        if not (folder / name).is_file():
            raise InputError(f"{folder / name}: no such file")
    config = config_checks.load(folder / CONFIG_FILE)
    path = folder / WEIGHTS_FILE
    tensors = tensor_files.read(path)
    for name, tensor in tensors.items():
        if tensor.dtype not in (np.float16, np.float32):
            raise InputError(f"{path}: {name} is {tensor.dtype}; must be float16 or float32")
        if not np.isfinite(tensor).all():
            raise InputError(f"{path}: {name} is not finite")
    single = {name: tensor.astype(np.float32) for name, tensor in tensors.items()}
    variables = traverse_util.unflatten_dict(single, sep="/")
    generator = models.build_generator(config)
    shapes = models.variable_shapes(generator, config.data.image_size)
    if problem := models.mismatch(variables, shapes):
        raise InputError(f"{path}: does not fit {CONFIG_FILE}: {problem}")
    return config, generator, variables


def save(
    folder: pathlib.Path,
    config: ConfigDict,
    variables: Variables,
    dtype: DTypeLike,
    facts: Mapping[str, str] | None = None,
) -> None:
    """Writes a generator for inference.

    The configuration does not say where the training data lay, nor which run it started from.

    Args:
        folder: created if it does not exist.
        config: that the generator was trained with.
        variables: of the generator, a tree of dicts and NumPy arrays.
        dtype: of the tensors in the file, float16 or float32.
        facts: about the training, for the card, by their headings; None leaves the card as it is.

    Raises:
        InputError: a tensor is not finite in that dtype; nothing is written then.
        OSError: a file cannot be written.
    """
    dtype = np.dtype(dtype)
    with np.errstate(over="ignore"):
        tensors = {
            name: tensor.astype(dtype, order="C")
            for name, tensor in traverse_util.flatten_dict(variables, sep="/").items()
        }
    for name, tensor in tensors.items():
        if not np.isfinite(tensor).all():
            raise InputError(f"variables: {name} is not finite in {dtype}; train it anew")
    defaults = config_lib.get_config()
    portable = config_lib.get_config()
    portable.update(config)
    portable.init_from = defaults.init_from
    portable.data.path = defaults.data.path
    portable.data.split_file = defaults.data.split_file
    config_lib.save(portable, folder / CONFIG_FILE)
    if facts is not None:
        with files.written_whole(folder / CARD_FILE) as partial:
            partial.write_text(_card(config, variables, dtype, facts), errors="backslashreplace")
    with files.written_whole(folder / WEIGHTS_FILE) as partial:
        partial.write_bytes(safetensors.numpy.save(tensors))


def _card(
    config: ConfigDict, variables: Variables, dtype: np.dtype, facts: Mapping[str, str]
) -> str:
    count = sum(leaf.size for leaf in jax.tree.leaves(variables))
    data = config.data
    rows = {
        "generator": f"`{config.generator.name}`, {count:,} numbers in {dtype}",
        "input": f"{data.image_size} × {data.image_size} pixels, color space `{data.color_space}`",
        **facts,
        "license": _LICENSE,
        "date": datetime.date.today().isoformat(),
        "program": _program(),
    }
    table = "\n".join(f"| {heading} | {fact} |" for heading, fact in rows.items())
    return (
        "# A colorizer\n\n"
        "Colors photographs, FOLDER being the one that holds this card:\n"
        "`jaxcolor colorize photo.jpg --model FOLDER`\n\n"
        f"| | |\n|---|---|\n{table}\n"
    )


def _program() -> str:
    """Names the program, with the commit if it runs in a checkout of its repository."""
    version = f"jaxcolor {importlib.metadata.version('jaxcolor')}"
    # Of a package that is installed into another repository, there is no commit.
    command = ["git", "log", "-1", "--format=%h", "--", "."]
    try:
        done = subprocess.run(
            command, cwd=pathlib.Path(__file__).parent, capture_output=True, text=True
        )
    except OSError:  # There is no git.
        return version
    commit = done.stdout.strip()
    return f"{version}, commit {commit}" if commit else version
