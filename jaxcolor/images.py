"""Images of data sets and samples: reading, checking, writing and tiling them.

Pixels are taken as sRGB; embedded color profiles are ignored, as the field's scores ignore them.
`photographs` reads and writes what else a file holds.
"""

import functools
import io
import pathlib
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import BinaryIO, TypeVar

import numpy as np
from PIL import Image
from tqdm import tqdm

from jaxcolor import files, image_pixels
from jaxcolor.config import InputError

# Files per task of a thread: handing them over one by one can take longer than checking them.
_FILES_AT_ONCE = 64

_T = TypeVar("_T")


def read(path: pathlib.Path, min_side: int | None = None) -> np.ndarray:
    """Reads an image file as `decode` does, its header before its data.

    Raises:
        InputError: the file cannot be read; the message names it.
    """
    try:
        files.require_regular(path)
        with path.open("rb") as file:
            return _decode(file, min_side)
    except (OSError, InputError) as error:
        raise InputError(f"{path}: {image_pixels.reason(error)}") from error


def decode(data: bytes, min_side: int | None = None) -> np.ndarray:
    """Decodes an image file's bytes into upright color pixels.

    The EXIF orientation is applied, transparency is blended with white, 16 bits are scaled to
    8 bits, and palette, gray and CMYK become RGB.

    Args:
        data: of the file.
        min_side: least height and width to decode. A JPEG is then decoded at 1/2, 1/4 or 1/8 of its
            size, the smallest that is large enough, in a fraction of the time.

    Returns:
        `[H, W, 3]` uint8, sRGB.

    Raises:
        InputError: no image, a damaged one, one of samples of 32 bits, or several in one file.
    """
    return _decode(io.BytesIO(data), min_side)


def _decode(file: BinaryIO, min_side: int | None) -> np.ndarray:
    try:
        with Image.open(file, formats=image_pixels.FORMATS) as image:
            image_pixels.check_header(image)
            return np.asarray(image_pixels.upright_rgb(image, file, min_side))
    except Exception as error:  # Pillow's decoders raise whatever a damaged file provokes.
        raise InputError(image_pixels.reason(error)) from error


def problem(path: pathlib.Path, *, whole: bool) -> str:
    """Returns why an image file cannot be read, or "".

    Args:
        path: of the file.
        whole: decode it, a JPEG at an eighth of its size, which reads all of its data. Otherwise
            only its header is read: format, size, kind of samples, number of pictures.
    """
    try:
        files.require_regular(path)
        with path.open("rb") as file, Image.open(file, formats=image_pixels.FORMATS) as image:
            image_pixels.check_header(image)
            if whole:
                image_pixels.upright_rgb(image, file, min_side=1)
    except Exception as error:
        return image_pixels.reason(error)
    return ""


def for_each(
    function: Callable[[pathlib.Path], _T], paths: Sequence[pathlib.Path], num_threads: int
) -> list[_T]:
    """Calls a function for every file, in threads; a progress bar appears if it takes long."""
    chunks = [paths[i : i + _FILES_AT_ONCE] for i in range(0, len(paths), _FILES_AT_ONCE)]
    results: list[_T] = []
    with (
        ThreadPoolExecutor(num_threads) as pool,
        tqdm(total=len(paths), desc="check", unit="img", delay=1) as bar,
    ):
        for part in pool.map(lambda chunk: [function(path) for path in chunk], chunks):
            results += part
            bar.update(len(part))
    return results


def damaged(paths: Sequence[pathlib.Path], num_threads: int) -> dict[pathlib.Path, str]:
    """Decodes every file once, in threads.

    Args:
        paths: of the files.
        num_threads: that decode.

    Returns:
        The reason for each file that cannot be read.
    """
    reasons = for_each(functools.partial(problem, whole=True), paths, num_threads)
    return {path: reason for path, reason in zip(paths, reasons, strict=True) if reason}


def write(path: pathlib.Path, pixels: np.ndarray) -> None:
    """Writes an image file whole or not at all, in the format of its extension.

    Args:
        path: its parent folder is created if it does not exist.
        pixels: `[H, W, 3]` uint8, sRGB.

    Raises:
        OSError: the file cannot be written.
    """
    with files.written_whole(path) as partial:
        # JPEG keeps color at full resolution; other formats ignore these options.
        Image.fromarray(pixels).save(partial, quality=95, subsampling=0)


def resize(pixels: np.ndarray, height: int, width: int) -> np.ndarray:
    """Resizes by antialiased bicubic interpolation.

    Args:
        pixels: `[H, W]` or `[H, W, 3]` uint8.
        height: of the result, in pixels.
        width: of the result, in pixels.

    Returns:
        `[height, width, ...]` uint8.
    """
    if pixels.shape[:2] == (height, width):
        return pixels
    image = Image.fromarray(pixels).resize((width, height), Image.Resampling.BICUBIC)
    return np.asarray(image)


def shrink(pixels: np.ndarray, height: int, width: int) -> np.ndarray:
    """Resizes as `resize`, to color of 8 bits, transparency blended with white before.

    Args:
        pixels: `[H, W]` gray, `[H, W, 3]` color or `[H, W, 4]` color and opacity, uint8 or uint16.
        height: of the result, in pixels.
        width: of the result, in pixels.

    Returns:
        `[height, width, 3]` uint8.
    """
    image = image_pixels.on_white(pixels).resize((width, height), Image.Resampling.BICUBIC)
    return np.asarray(image.convert("RGB"))


def sheet(rows: Iterable[np.ndarray], gap: int = 2) -> np.ndarray:
    """Tiles images into one picture, with white gaps.

    Args:
        rows: each `[N, H, W, 3]` uint8, equal in shape.
        gap: pixels between and around the images.

    Returns:
        `[rows * (H + gap) + gap, N * (W + gap) + gap, 3]` uint8.
    """
    border = ((0, 0), (0, gap), (0, gap), (0, 0))
    lines = [np.concatenate(list(np.pad(row, border, constant_values=255)), axis=1) for row in rows]
    picture = np.concatenate(lines)
    return np.pad(picture, ((gap, 0), (gap, 0), (0, 0)), constant_values=255)
