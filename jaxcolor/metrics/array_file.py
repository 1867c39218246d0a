"""Arrays in a file of safetensors, with a digest by which damage is found."""

import json
import pathlib
import zlib
from collections.abc import Mapping

import numpy as np
import safetensors
import safetensors.numpy

from jaxcolor import files

_DIGEST = "crc32"


def write(path: pathlib.Path, arrays: Mapping[str, np.ndarray], about: str = "") -> None:
    """Writes arrays and a text.

    Raises:
        OSError: the file cannot be written, as on a full disk.
    """
    whole = {name: np.ascontiguousarray(array) for name, array in arrays.items()}
    metadata = {"about": about, _DIGEST: _digest(whole, about)}
    with files.written_whole(path) as partial:
        # Its own `save_file` raises no OSError, and makes files that their owner alone may read.
        partial.write_bytes(safetensors.numpy.save(whole, metadata))


def read(path: pathlib.Path) -> tuple[dict[str, np.ndarray], str]:
    """Reads what `write` wrote.

    Raises:
        OSError: the file cannot be read.
        ValueError: it is another file, or it is damaged.
    """
    try:
        with safetensors.safe_open(path, "np") as file:
            arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
            metadata = file.metadata() or {}
    except safetensors.SafetensorError as error:
        raise ValueError(str(error)) from error
    about = metadata.get("about", "")
    if metadata.get(_DIGEST) != _digest(arrays, about):
        raise ValueError("it is not what was written")
    return arrays, about


def _digest(arrays: Mapping[str, np.ndarray], about: str) -> str:
    names = sorted(arrays)
    kinds = [(name, str(arrays[name].dtype), arrays[name].shape) for name in names]
    digest = zlib.crc32(json.dumps([about, kinds]).encode())
    for name in names:
        digest = zlib.crc32(arrays[name].data, digest)
    return str(digest)
