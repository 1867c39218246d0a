"""Reads damaged image files: each must give an image or an error that names the file.

    python scripts/fuzz_images.py
    python scripts/fuzz_images.py --count 500 --seed 7

Files of each format are made, damaged at random and read as data sets are read, and as photographs
are, which are written again with what was read of their metadata. A process that dies, or that
takes longer than a minute over one file, fails the check and leaves the file for inspection. The
same seed gives the same files.
"""

import argparse
import collections
import concurrent.futures
import functools
import io
import pathlib
import resource
import signal
import sys
import tempfile
import time
import warnings
from collections.abc import Iterator

import imagecodecs
import numpy as np
from PIL import Image, PngImagePlugin

from jaxcolor import images, photographs
from jaxcolor.config import InputError

_SECONDS_PER_FILE = 60
_CHUNK = 250
_XMP = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><a tiff:Orientation="6"/></x:xmpmeta>'


@functools.cache
def seeds() -> list[tuple[str, bytes]]:
    """Makes undamaged files: their extension and content."""
    rng = np.random.default_rng(0)
    rgb = Image.fromarray(images.resize(rng.integers(0, 256, (4, 4, 3), dtype=np.uint8), 24, 32))
    deep = np.asarray(rgb).astype(np.uint16) * 257
    exif = Image.Exif()
    exif[0x0112], exif[0x010F] = 6, "camera"
    exif[0x8769] = {0x9003: "2024:05:01 10:00:00", 0x829D: 2.8}
    exif[0x8825] = {1: "N", 2: (48.0, 12.0, 29.5)}
    everything = {
        "exif": exif.tobytes(),
        "icc_profile": imagecodecs.cms_profile("adobergb"),
        "xmp": _XMP,
        "dpi": (300, 300),
    }
    text = PngImagePlugin.PngInfo()
    text.add_itxt("XML:com.adobe.xmp", _XMP.decode())
    text.add_text("Author", "A. Person", zip=True)

    def saved(image: Image.Image, format: str, **options: object) -> bytes:
        buffer = io.BytesIO()
        image.save(buffer, format, **options)
        return buffer.getvalue()

    rgba = rgb.copy()
    rgba.putalpha(128)
    gray_deep = Image.fromarray(deep[..., 0])
    compressions = ("tiff_lzw", "tiff_adobe_deflate", "packbits", "jpeg")
    return [
        (".jpg", saved(rgb, "JPEG", **everything)),
        (".jpg", saved(rgb, "JPEG", progressive=True)),
        (".jpg", saved(rgb.convert("CMYK"), "JPEG")),
        (".jpg", saved(rgb, "MPO", save_all=True, append_images=[rgb])),
        (".png", saved(rgb, "PNG", pnginfo=text, **everything)),
        (".png", saved(rgba, "PNG")),
        (".png", saved(rgb.quantize(16), "PNG", transparency=3)),
        (".png", saved(gray_deep, "PNG")),
        (".png", imagecodecs.png_encode(deep)),
        (".png", imagecodecs.png_encode(np.dstack([deep, deep[..., 0]]))),
        (".tif", saved(rgb, "TIFF", **everything)),
        *((".tif", saved(rgb, "TIFF", compression=name)) for name in compressions),
        (".tif", saved(gray_deep, "TIFF")),
        (".tif", saved(rgb.convert("1"), "TIFF", compression="group4")),
        (".tif", _deep_tiff(deep)),
        (".webp", saved(rgba, "WEBP", **everything)),
        (".avif", saved(rgb, "AVIF", **everything)),
        (".bmp", saved(rgb, "BMP")),
        (".bmp", saved(rgb.quantize(16), "BMP")),
        ("", saved(rgb, "JPEG2000")),
        ("", saved(rgb, "GIF")),
    ]


def _deep_tiff(pixels: np.ndarray) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder, "deep.tif")
        photographs.write(
            path, photographs.Photograph(pixels, photographs.Metadata(xmp=_XMP), "TIFF", [])
        )
        return path.read_bytes()


def damage(data: bytes, rng: np.random.Generator) -> bytes:
    """Damages a file in one place or a few, or cuts it."""
    damaged = bytearray(data)
    for _ in range(rng.geometric(0.5)):
        # Half of the damage is where headers are.
        place = int(rng.integers(min(len(damaged), 200) if rng.random() < 0.5 else len(damaged)))
        kind = rng.integers(6)
        if kind == 0:
            damaged[place] ^= 1 << int(rng.integers(8))
        elif kind == 1:
            damaged[place] = int(rng.integers(256))
        elif kind == 2:
            damaged[place : place + 4] = bytes(rng.choice([0, 1, 127, 128, 255], 4).tolist())
        elif kind == 3:
            del damaged[place : place + int(rng.integers(1, 64))]
        elif kind == 4:
            damaged[place:place] = damaged[place : place + int(rng.integers(1, 64))]
        elif rng.random() < 0.3:
            del damaged[place:]
        if not damaged:
            break
    return bytes(damaged)


def read(path: pathlib.Path, output: pathlib.Path) -> Iterator[str]:
    """Reads a file in both ways; yields "image" or "error" for each.

    Args:
        path: of the file.
        output: where the photograph is written again.

    Raises:
        AssertionError: the error does not name the file, or an image is none.
        Exception: what was not turned into an error.
    """
    for attempt in (images.read, photographs.read):
        try:
            found = attempt(path)
            pixels = found if isinstance(found, np.ndarray) else found.pixels
            assert pixels.size, f"{path}: empty"
            if not isinstance(found, np.ndarray):
                found.pixels = pixels if pixels.ndim == 3 else np.stack([pixels] * 3, axis=-1)
                photographs.write(output, found)
            yield "image"
        except InputError as error:
            if not str(error).startswith((f"{path}: ", f"{output}: ")):
                raise AssertionError(f"does not name {path}: {error}") from error
            yield "error"


def fuzz(first: int, count: int, seed: int, folder: pathlib.Path) -> collections.Counter[str]:
    """Damages and reads `count` files, from number `first` on, and counts what came of them."""
    undamaged = seeds()
    outcomes: collections.Counter[str] = collections.Counter()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for number in range(first, first + count):
            rng = np.random.default_rng([seed, number])
            extension, data = undamaged[number % len(undamaged)]
            path = folder / f"{seed}-{number}{extension}"
            path.write_bytes(damage(data, rng))
            outcomes.update(read(path, folder / f"again-{number}{extension}"))
            path.unlink()
            (folder / f"again-{number}{extension}").unlink(missing_ok=True)
    return outcomes


def _fuzz_alone(
    first: int, count: int, seed: int, folder: pathlib.Path
) -> tuple[collections.Counter[str], float, float]:
    """Fuzzes one file at a time with a deadline for each: outcomes, peak GiB, longest seconds."""
    outcomes: collections.Counter[str] = collections.Counter()
    longest = 0.0
    for number in range(first, first + count):
        start = time.perf_counter()
        signal.alarm(_SECONDS_PER_FILE)  # Ends the process.
        outcomes += fuzz(number, 1, seed, folder)
        signal.alarm(0)
        longest = max(longest, time.perf_counter() - start)
    return outcomes, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20, longest


def main() -> None:
    """Fuzzes in processes of their own."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=10_000, help="files (default: 10000)")
    parser.add_argument("--seed", type=int, default=0, help="of the damage (default: 0)")
    args = parser.parse_args()
    folder = pathlib.Path(tempfile.mkdtemp(prefix="fuzz-images-"))
    outcomes: collections.Counter[str] = collections.Counter()
    peak, longest = 0.0, 0.0
    for first in range(0, args.count, _CHUNK):
        with concurrent.futures.ProcessPoolExecutor(1) as pool:
            count = min(_CHUNK, args.count - first)
            try:
                found, memory, seconds = pool.submit(
                    _fuzz_alone, first, count, args.seed, folder
                ).result()
            except Exception as error:
                sys.exit(f"error: {error!r}; see the file in {folder}")
        outcomes += found
        peak, longest = max(peak, memory), max(longest, seconds)
    folder.rmdir()
    print(
        f"{args.count} files, {outcomes['image']} images and {outcomes['error']} errors; peak "
        f"memory {peak:.2f} GiB; longest {longest:.1f} s"
    )


if __name__ == "__main__":
    main()
