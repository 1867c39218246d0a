"""The record of a checkpoint: what it holds, with digests, by which damage is found.

CRC-32 finds every damage within 32 consecutive bits, so every flipped bit and byte, and of other
damage all but one in 2³². It is no protection against a person who changes a file on purpose.
"""

import json
import os
import pathlib
import zlib
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from jaxcolor.config import InputError

# Of the folder of a checkpoint.
FOLDER, FILE = "record", "record.json"


class DamagedError(InputError):
    """A checkpoint does not hold what was saved."""

    def __init__(self, path: pathlib.Path, error: Exception):
        """Takes the checkpoint's folder and what was met there."""
        super().__init__(f"{path}: the checkpoint is damaged or half-written ({reason(error)})")


def reason(error: Exception) -> str:
    """Takes what a person can use out of TensorStore's long messages."""
    line = str(error).split(" [tensorstore_spec")[0].partition("\n")[0]
    return line.rpartition('": ')[2][:200] or type(error).__name__


def require_readable(checkpoint: pathlib.Path) -> None:
    """Tells what may not be read from what is damaged.

    Raises:
        InputError: there is a file or folder without permission in it.
    """
    for path in (checkpoint, *checkpoint.rglob("*")):
        needed = os.R_OK | os.X_OK if path.is_dir() else os.R_OK
        if os.path.lexists(path) and not os.access(path, needed):
            raise _unreadable(path, "Permission denied")


def _unreadable(path: pathlib.Path, reason: str | None) -> InputError:
    """Makes the error for a checkpoint that may be intact."""
    return InputError(f"{path}: cannot be read ({reason}); give read permission, or try again")


def make(state: Any, data: dict[str, Any], scores: dict[str, float]) -> dict[str, Any]:
    """Makes a record, as JSON can hold it.

    Args:
        state: a tree of NumPy arrays.
        data: about the training.
        scores: on the validation images.

    Returns:
        These and shape, dtype and digest of each array by its name, "networks/generator/..." and
        the like, with a digest of all that.
    """
    arrays = {
        name: {"shape": list(array.shape), "dtype": str(array.dtype), "crc32": _crc32(array)}
        for name, array in _named(state).items()
    }
    content = {"arrays": arrays, "data": data, "scores": scores}
    return {"content": content, "crc32": _crc32_of_json(content)}


def read(path: pathlib.Path) -> dict[str, Any]:
    """Reads the record of a checkpoint.

    Args:
        path: the checkpoint's folder.

    Returns:
        "arrays", "data" and "scores" as from `make`.

    Raises:
        DamagedError: there is none, or it is not what was saved.
        InputError: it cannot be read now, for want of permission and the like.
    """
    try:
        sealed = json.loads((path / FOLDER / FILE).read_text())
        content = sealed["content"]
        if sealed["crc32"] != _crc32_of_json(content):
            raise ValueError("its record is not what was saved")
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError) as error:
        raise DamagedError(path, OSError(f"its record: {error.strerror}")) from error
    except OSError as error:
        raise _unreadable(pathlib.Path(error.filename or path), error.strerror) from error
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise DamagedError(path, error) from error
    return content


def structure(record: dict[str, Any]) -> dict[str, jax.ShapeDtypeStruct]:
    """Returns names, shapes and dtypes of the arrays that a checkpoint holds."""
    return {
        name: jax.ShapeDtypeStruct(array["shape"], jnp.dtype(array["dtype"]))
        for name, array in record["arrays"].items()
    }


def check(record: dict[str, Any], state: Any) -> None:
    """Compares arrays with what was saved.

    Args:
        record: as from `read`.
        state: a tree of all or some of the checkpoint's NumPy arrays.

    Raises:
        ValueError: an array is another one, or holds a value that is not finite.
    """
    for name, array in _named(state).items():
        if _crc32(array) != record["arrays"][name]["crc32"]:
            raise ValueError(f"{name} is not what was saved")
        if not np.isfinite(array).all():
            raise ValueError(f"{name} is not finite")


def _named(tree: Any) -> dict[str, np.ndarray]:
    leaves = jax.tree_util.tree_leaves_with_path(tree)
    return {jax.tree_util.keystr(path, simple=True, separator="/"): leaf for path, leaf in leaves}


def _crc32(array: np.ndarray) -> int:
    return zlib.crc32(np.ascontiguousarray(array).view(np.uint8).data)


def _crc32_of_json(content: Any) -> int:
    return zlib.crc32(json.dumps(content).encode())
