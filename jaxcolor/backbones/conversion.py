"""Converts the tensors of weight files to Flax variables."""

import functools
from collections.abc import Mapping
from typing import Any

import flax.linen as nn
import jax
import numpy as np

from jaxcolor.config import InputError


def to_variables(
    network: nn.Module, tensors: Mapping[str, np.ndarray], size: int = 299
) -> dict[str, Any]:
    """Converts tensors to the network's Flax variables, as `convert` does.

    Args:
        network: of `jaxcolor.backbones`.
        tensors: as in the official file.
        size: height and width of an image that the network accepts, in pixels.

    Returns:
        {"params": …, "batch_stats": …}, NumPy arrays.

    Raises:
        InputError: a tensor is missing, or has another shape than the network's.
    """
    return convert(tensors, _template(network, size), type(network).__name__)


@functools.cache
def _template(network: nn.Module, size: int) -> dict[str, Any]:
    """Traces the shapes of the network's variables, which takes a second for the largest ones."""
    return jax.eval_shape(network.init, jax.random.key(0), np.zeros((1, size, size, 3)))


def convert(
    tensors: Mapping[str, np.ndarray], template: Mapping[str, Any], network: str
) -> dict[str, Any]:
    """Converts tensors to Flax variables.

    PyTorch's kernels of outputs, inputs, height and width become height, width, inputs and outputs;
    its matrices are transposed; tensors of the same layout as here, under the names "kernel" and
    "bias", stay as they are. Tensors that the template does not have are ignored.

    Args:
        tensors: as in the official file.
        template: {"params": …, "batch_stats": …} of anything with a shape, the layers named as in
            the official file.
        network: its name, for error messages.

    Returns:
        A tree like the template, NumPy arrays.

    Raises:
        InputError: a tensor is missing, or has another shape than the template's.
    """
    missing: list[str] = []
    names = {"kernel": "weight", "scale": "weight", "mean": "running_mean", "var": "running_var"}

    def tensor_for(path: tuple[Any, ...], leaf: Any) -> np.ndarray:
        layer, ours = path[-2].key, path[-1].key
        if ours == "kernel" and f"{layer}.kernel" in tensors:
            return _of_shape(f"{layer}.kernel", tensors[f"{layer}.kernel"], leaf.shape)
        theirs = f"{layer}.{names.get(ours, ours)}"
        if theirs not in tensors:
            missing.append(theirs)
            return np.empty(0)
        tensor = np.asarray(tensors[theirs], np.float32)
        if ours == "kernel":
            tensor = tensor.transpose(2, 3, 1, 0) if tensor.ndim == 4 else tensor.T
        return _of_shape(theirs, tensor, leaf.shape)

    variables = jax.tree_util.tree_map_with_path(tensor_for, template)
    if missing:
        raise InputError(
            f"the weights lack {len(missing)} of the tensors that {network} needs, the first of "
            f"them {missing[0]!r}"
        )
    return variables


def _of_shape(name: str, tensor: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    if tensor.shape != shape:
        raise InputError(f"the shape of {name} is {tensor.shape}, and should be {shape}")
    return tensor
