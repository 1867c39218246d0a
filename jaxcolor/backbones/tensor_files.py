"""Reads tensors from files: PyTorch's `.pth`, `.safetensors` and `.npz`.

No file can run code, or become many times as large in memory as it is.
"""

import pathlib
import zipfile
from collections.abc import Callable

import numpy as np
from safetensors.numpy import load_file

from jaxcolor.backbones import pytorch_files
from jaxcolor.config import InputError

# Trained weights hardly compress. Small files may: one of zeros is 1,000 times as large.
_MAX_GROWTH = 20
_ALWAYS_ALLOWED = 2**26


def read(path: pathlib.Path) -> dict[str, np.ndarray]:
    """Reads all tensors of a file.

    Args:
        path: ends in .pth, .pt, .safetensors or .npz.

    Returns:
        Names to arrays; names of nested containers are joined by dots.

    Raises:
        InputError: the file cannot be read, is damaged, of another format, a pickle of more than
            tensors and containers, or would be more than 64 MiB and 20 times its size.
    """
    readers: dict[str, Callable[[pathlib.Path, int], dict[str, np.ndarray]]] = {
        ".pth": _read_pytorch,
        ".pt": _read_pytorch,
        ".npz": _read_npz,
        ".safetensors": lambda path, _: load_file(path),
    }
    if path.suffix not in readers:
        raise InputError(f"{path}: must end in one of {', '.join(sorted(readers))}")
    try:
        max_bytes = max(_ALWAYS_ALLOWED, _MAX_GROWTH * path.stat().st_size)
        return readers[path.suffix](path, max_bytes)
    except InputError as error:
        raise InputError(f"{path}: {error}") from error
    except OSError as error:
        raise InputError(f"{path}: {error.strerror or error}") from error
    except Exception as error:  # The readers raise whatever a damaged file provokes.
        raise InputError(f"{path}: damaged, or of another format: {error!r}") from error


def _read_pytorch(path: pathlib.Path, max_bytes: int) -> dict[str, np.ndarray]:
    if zipfile.is_zipfile(path):
        _check_zip(path, max_bytes)
    return pytorch_files.read(path, max_bytes)


def _read_npz(path: pathlib.Path, max_bytes: int) -> dict[str, np.ndarray]:
    _check_zip(path, max_bytes)
    with np.load(path, allow_pickle=False) as arrays:
        return dict(arrays)


def _check_zip(path: pathlib.Path, max_bytes: int) -> None:
    with zipfile.ZipFile(path) as archive:
        size = sum(entry.file_size for entry in archive.infolist())
    if size > max_bytes:
        raise InputError(f"its entries are {size:,} bytes, many times more than the file; refused")
