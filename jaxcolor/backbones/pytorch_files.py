"""Reads the tensors of PyTorch's files, of its zip format and of the older one.

Such a file is a pickle, which can run any code. The unpickler here only rebuilds tensors and
containers: every global name is looked up in an allowlist, and any other name is an error.
"""

import io
import math
import os
import pathlib
import pickle
import zipfile
from collections import OrderedDict
from collections.abc import Iterable, Mapping
from typing import Any, BinaryIO, NamedTuple

import numpy as np

from jaxcolor.backbones import pickle_bounds
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

# Far beyond what state dicts have.
_MAX_DEPTH = 50  # containers in each other
_MAX_VALUES = 10**6
_MAX_NAME = 1000  # characters


def read(path: pathlib.Path, max_bytes: int) -> dict[str, np.ndarray]:
    """Reads all tensors of a file.

    Args:
        path: of the file.
        max_bytes: of all tensors together.

    Returns:
        Names to arrays; names of nested containers are joined by dots.

    Raises:
        InputError: a pickle of more than tensors and containers, or one that grows beyond bounds.
        Exception: whatever else a damaged file provokes.
    """
    with path.open("rb") as file:
        if zipfile.is_zipfile(file):
            return _read_zip(file, max_bytes)
        file.seek(0)
        return _read_stream(file, max_bytes)


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

    def array(self, numbers: np.ndarray, max_bytes: int) -> np.ndarray:
        """Copies the tensor, a strided view of its storage's numbers."""
        sizes = (*self.shape, *self.strides, self.offset)
        if len(self.shape) != len(self.strides) or any(size < 0 for size in sizes):
            raise InputError(f"a tensor of shape {self.shape} and strides {self.strides}")
        if math.prod(self.shape) == 0:
            return np.empty(self.shape, numbers.dtype)
        if math.prod(self.shape) * numbers.itemsize > max_bytes:
            raise InputError("its tensors are many times larger than the file; refused")
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


def _unpickle(file: BinaryIO) -> Any:
    pickle_bounds.check(file, _MAX_DEPTH)
    return _Unpickler(file).load()


def _read_zip(file: BinaryIO, max_bytes: int) -> dict[str, np.ndarray]:
    with zipfile.ZipFile(file) as archive:
        if any(entry.compress_type != zipfile.ZIP_STORED for entry in archive.infolist()):
            raise InputError("is compressed, which PyTorch's files are not; refused")
        (main,) = (name for name in archive.namelist() if name.endswith("/data.pkl"))
        root = main.removesuffix("data.pkl")
        if f"{root}byteorder" in archive.namelist():
            order = archive.read(f"{root}byteorder")
            if order != b"little":
                raise InputError(f"numbers of {order.decode()} byte order; only little is read")
        tensors = _flatten(_unpickle(io.BytesIO(archive.read(main))))
        keys = {tensor.storage.key for tensor in tensors.values()}
        storages = {key: archive.read(f"{root}data/{key}") for key in keys}
    return _arrays(tensors, storages, max_bytes)


def _read_stream(file: BinaryIO, max_bytes: int) -> dict[str, np.ndarray]:
    if _unpickle(file) != _STREAM_MAGIC:
        raise InputError("not a PyTorch file")
    _unpickle(file)  # The version of the protocol, which has never changed.
    if not _unpickle(file)["little_endian"]:
        raise InputError("numbers of big byte order; only little is read")
    tensors = _flatten(_unpickle(file))
    dtypes = {tensor.storage.key: tensor.storage.dtype for tensor in tensors.values()}
    storages: dict[str, bytes] = {}
    for key in map(str, _unpickle(file)):
        size = int.from_bytes(file.read(8), "little") * dtypes[key].itemsize
        if size > os.fstat(file.fileno()).st_size - file.tell():
            raise InputError("ends too early")
        storages[key] = file.read(size)
    return _arrays(tensors, storages, max_bytes)


def _arrays(
    tensors: Mapping[str, _Tensor], storages: Mapping[str, bytes], max_bytes: int
) -> dict[str, np.ndarray]:
    arrays: dict[str, np.ndarray] = {}
    for name, tensor in tensors.items():
        numbers = np.frombuffer(storages[tensor.storage.key], tensor.storage.dtype)
        arrays[name] = tensor.array(numbers, max_bytes)
        max_bytes -= arrays[name].nbytes
    return arrays


def _flatten(root: Any) -> dict[str, _Tensor]:
    """Collects the tensors of nested dicts and sequences; other values are ignored.

    Raises:
        InputError: the containers hold themselves, or each other beyond bounds.
    """
    found: dict[str, _Tensor] = {}
    pending: list[tuple[str, Any, int]] = [("", root, 0)]
    visited = 0
    while pending:
        name, value, depth = pending.pop()
        visited += 1
        if depth > _MAX_DEPTH or visited > _MAX_VALUES or len(name) > _MAX_NAME:
            raise InputError("its containers hold each other far more than weights do; refused")
        items: Iterable[tuple[Any, Any]] = ()
        if isinstance(value, _Tensor):
            found[name] = value
        elif isinstance(value, dict):
            items = value.items()
        elif isinstance(value, (list, tuple)) and not isinstance(value, _Storage):
            items = enumerate(value)
        inside = [(f"{name}.{key}" if depth else str(key), part, depth + 1) for key, part in items]
        pending += reversed(inside)
    return found
