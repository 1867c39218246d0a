"""Reads tensors from files: PyTorch's `.pth`, `.safetensors` and `.npz`.

A `.pth` file is a pickle, which can run any code. The unpickler here only rebuilds tensors and
containers: every global name is looked up in an allowlist, and any other name is an error.
"""

import io
import math
import pathlib
import pickle
import zipfile
from collections import OrderedDict
from collections.abc import Callable
from typing import Any, BinaryIO, NamedTuple

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load_file

from jaxcolor.config import InputError

# PyTorch's older format starts with this number, pickled.
_STREAM_MAGIC = 0x1950A86A20F9469CFC6C

_STORAGE_DTYPES = {
    "DoubleStorage": np.dtype("<f8"),
    "FloatStorage": np.dtype("<f4"),
    "HalfStorage": np.dtype("<f2"),
    "LongStorage": np.dtype("<i8"),
    "IntStorage": np.dtype("<i4"),
    "ShortStorage": np.dtype("<i2"),
    "CharStorage": np.dtype("i1"),
    "ByteStorage": np.dtype("u1"),
    "BoolStorage": np.dtype("?"),
}


def read(path: pathlib.Path) -> dict[str, np.ndarray]:
    """Reads all tensors of a file.

    Args:
        path: ends in .pth, .pt, .safetensors or .npz.

    Returns:
        Names to arrays; names of nested containers are joined by dots.

    Raises:
        InputError: the file cannot be read, is damaged, of another format, or a pickle of more
            than tensors and containers.
    """
    readers: dict[str, Callable[[pathlib.Path], dict[str, np.ndarray]]] = {
        ".pth": _read_pytorch,
        ".pt": _read_pytorch,
        ".npz": _read_npz,
        ".safetensors": load_file,
    }
    if path.suffix not in readers:
        raise InputError(f"{path}: must end in one of {', '.join(sorted(readers))}")
    try:
        return readers[path.suffix](path)
    except InputError as error:
        raise InputError(f"{path}: {error}") from error
    except OSError as error:
        raise InputError(f"{path}: {error.strerror or error}") from error
    except (SafetensorError, pickle.UnpicklingError, zipfile.BadZipFile) as error:
        raise InputError(f"{path}: damaged, or of another format: {error}") from error
    except (ValueError, KeyError, EOFError, TypeError, IndexError, AttributeError) as error:
        raise InputError(f"{path}: damaged, or of another format: {error!r}") from error


def _read_npz(path: pathlib.Path) -> dict[str, np.ndarray]:
    with np.load(path, allow_pickle=False) as arrays:
        return dict(arrays)


class _Storage(NamedTuple):
    dtype: np.dtype
    key: str
    start: int


class _Tensor(NamedTuple):
    """A tensor whose data has not been read yet."""

    storage: _Storage
    offset: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]

    def view(self, numbers: np.ndarray) -> np.ndarray:
        """Returns the tensor, a strided view of its storage's numbers."""
        sizes = (*self.shape, *self.strides, self.offset)
        if len(self.shape) != len(self.strides) or any(size < 0 for size in sizes):
            raise InputError(f"a tensor of shape {self.shape} and strides {self.strides}")
        if math.prod(self.shape) == 0:
            return np.empty(self.shape, numbers.dtype)
        last = sum((n - 1) * step for n, step in zip(self.shape, self.strides, strict=True))
        start = self.storage.start + self.offset
        if start + last >= len(numbers):
            raise InputError(f"a tensor of shape {self.shape} that reaches beyond its storage")
        steps = [step * numbers.itemsize for step in self.strides]
        return np.lib.stride_tricks.as_strided(numbers[start:], self.shape, steps).copy()


def _rebuild_tensor(storage: _Storage, offset: int, shape: Any, strides: Any, *_: Any) -> _Tensor:
    return _Tensor(storage, offset, tuple(shape), tuple(strides))


def _rebuild_parameter(tensor: _Tensor, *_: Any) -> _Tensor:
    return tensor


_ALLOWED = {
    ("collections", "OrderedDict"): OrderedDict,
    ("torch._utils", "_rebuild_tensor"): _rebuild_tensor,
    ("torch._utils", "_rebuild_tensor_v2"): _rebuild_tensor,
    ("torch._utils", "_rebuild_parameter"): _rebuild_parameter,
    **{("torch", name): dtype for name, dtype in _STORAGE_DTYPES.items()},
}


class _Unpickler(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        if (module, name) not in _ALLOWED:
            raise InputError(f"refers to {module}.{name}, which is no part of a tensor; refused")
        return _ALLOWED[module, name]

    def persistent_load(self, pid: Any) -> _Storage:
        kind, dtype, key, _, _, *rest = pid
        if kind != "storage" or not isinstance(dtype, np.dtype):
            raise InputError(f"holds {kind!r} where a tensor's storage should be")
        # The older format may give a part of a storage: its own key, its start and its length.
        start = rest[0][1] if rest and rest[0] is not None else 0
        return _Storage(dtype, str(key), start)


def _read_pytorch(path: pathlib.Path) -> dict[str, np.ndarray]:
    with path.open("rb") as file:
        if zipfile.is_zipfile(file):
            return _read_zip(file)
        file.seek(0)
        return _read_stream(file)


def _read_zip(file: BinaryIO) -> dict[str, np.ndarray]:
    with zipfile.ZipFile(file) as archive:
        (main,) = (name for name in archive.namelist() if name.endswith("/data.pkl"))
        root = main.removesuffix("data.pkl")
        if f"{root}byteorder" in archive.namelist():
            order = archive.read(f"{root}byteorder")
            if order != b"little":
                raise InputError(f"numbers of {order.decode()} byte order; only little is read")
        tensors = _flatten(_Unpickler(io.BytesIO(archive.read(main))).load())
        storages: dict[str, bytes] = {}
        for tensor in tensors.values():
            key = tensor.storage.key
            if key not in storages:
                storages[key] = archive.read(f"{root}data/{key}")
        return {
            name: tensor.view(np.frombuffer(storages[tensor.storage.key], tensor.storage.dtype))
            for name, tensor in tensors.items()
        }


def _read_stream(file: BinaryIO) -> dict[str, np.ndarray]:
    if _Unpickler(file).load() != _STREAM_MAGIC:
        raise InputError("not a PyTorch file")
    _Unpickler(file).load()  # The version of the protocol, which has never changed.
    if not _Unpickler(file).load()["little_endian"]:
        raise InputError("numbers of big byte order; only little is read")
    tensors = _flatten(_Unpickler(file).load())
    dtypes = {tensor.storage.key: tensor.storage.dtype for tensor in tensors.values()}
    numbers: dict[str, np.ndarray] = {}
    for key in _Unpickler(file).load():
        count = int.from_bytes(file.read(8), "little")
        dtype = dtypes[str(key)]
        numbers[str(key)] = np.frombuffer(file.read(count * dtype.itemsize), dtype)
        if len(numbers[str(key)]) < count:
            raise InputError("ends too early")
    return {name: tensor.view(numbers[tensor.storage.key]) for name, tensor in tensors.items()}


def _flatten(tree: Any, prefix: str = "") -> dict[str, _Tensor]:
    """Collects the tensors of nested dicts and sequences; other values are ignored."""
    if isinstance(tree, _Tensor):
        return {prefix.removesuffix("."): tree}
    if isinstance(tree, dict):
        items = list(tree.items())
    elif isinstance(tree, (list, tuple)) and not isinstance(tree, _Storage):
        items = list(enumerate(tree))
    else:
        return {}
    found: dict[str, _Tensor] = {}
    for name, value in items:
        found |= _flatten(value, f"{prefix}{name}.")
    return found
