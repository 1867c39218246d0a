"""A cache of image features, in `features/` of `files.cache()`, for the next evaluation.

A file is named by a hash of all that its features depend on: the images, the weights, the taps, how
images are resized, the code that computes them and the versions of JAX and Pillow. The folder holds
`MAX_BYTES` at most; the least recently used files are removed first.
"""

import contextlib
import hashlib
import os
import pathlib
from collections.abc import Sequence

import jax
import numpy as np
import PIL

from jaxcolor import files
from jaxcolor.backbones import (
    conversion,
    frozen_layers,
    inception_v3,
    pytorch_files,
    tensor_files,
)
from jaxcolor.metrics import array_file, inception

# Enough for some 80,000 images and their gray versions, of 2,048 features and 1,008 class scores.
MAX_BYTES = 2 * 2**30

# From the file of weights and 8-bit images to features.
_CODE = (inception, inception_v3, frozen_layers, conversion, pytorch_files, tensor_files)


def locate(extractor: inception.Extractor, images: Sequence[np.ndarray]) -> pathlib.Path:
    """Returns the path of the file for the features of some images.

    Args:
        extractor: computes them.
        images: each `[H, W, 3]` uint8.
    """
    options = (extractor.sha256, extractor.mode, extractor.taps, jax.__version__, PIL.__version__)
    digest = hashlib.sha256(repr((options, [image.shape for image in images])).encode())
    for module in _CODE:
        digest.update(pathlib.Path(str(module.__file__)).read_bytes())
    for image in images:
        digest.update(image.tobytes())
    return _folder() / f"{digest.hexdigest()}.safetensors"


def read(path: pathlib.Path) -> dict[str, np.ndarray] | None:
    """Reads features, and marks them as used; None if there are none or they are damaged."""
    try:
        features, _ = array_file.read(path)
        os.utime(path)
    except (OSError, ValueError):
        return None
    return features


def write(path: pathlib.Path, features: dict[str, np.ndarray]) -> None:
    """Writes features if possible: a full disk must not cost the scores."""
    with contextlib.suppress(OSError):
        array_file.write(path, features)


def prune(max_bytes: int = MAX_BYTES) -> None:
    """Removes the least recently used files.

    Args:
        max_bytes: of the files to keep.
    """
    with contextlib.suppress(OSError):  # Another process may prune as well.
        found = [(path.stat(), path) for path in _folder().iterdir()]
        for stat, path in sorted(found, key=lambda entry: entry[0].st_mtime_ns, reverse=True):
            max_bytes -= stat.st_size
            if max_bytes < 0:
                path.unlink(missing_ok=True)


def _folder() -> pathlib.Path:
    return files.cache() / "features"
