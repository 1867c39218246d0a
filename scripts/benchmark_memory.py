"""Measures the memory that coloring large photographs takes, with the model in the package.

    python scripts/benchmark_memory.py --megapixels 169

Each kind of file is made and colored in processes of their own; the peak is the operating system's.
"""

import argparse
import multiprocessing
import pathlib
import resource
import tempfile

import numpy as np
from PIL import Image

from jaxcolor import file_batch, images, inference, photographs

_KINDS = {
    "JPEG, color": "color.jpg",
    "JPEG, color, lying on its side": "side.jpg",
    "PNG, gray": "gray.png",
    "PNG, color and opacity": "opacity.png",
    "TIFF, gray, 16 bits": "gray_16.tif",
    "TIFF, color, 16 bits": "color_16.tif",
}


def make(path: pathlib.Path, side: int) -> None:
    """Writes a smooth square picture, of the kind that its name tells."""
    small = np.random.default_rng(0).integers(60, 190, (40, 40, 3), dtype=np.uint8)
    pixels = images.resize(small, side, side)
    name = path.stem
    if name == "color_16":
        deep = pixels.astype(np.uint16) * 257
        photographs.write(path, photographs.Photograph(deep, photographs.Metadata(), "TIFF", []))
        return
    if name.startswith("gray"):
        pixels = np.ascontiguousarray(pixels[..., 0])
    if name == "opacity":
        pixels = np.dstack([pixels, pixels[..., 0]])
    if name == "gray_16":
        pixels = pixels.astype(np.uint16) * 257
    exif = Image.Exif()
    if name == "side":
        exif[0x0112] = 6
    Image.fromarray(pixels).save(path, exif=exif)


def color(path: pathlib.Path, output: pathlib.Path) -> float:
    """Colors one file and returns the peak of this process's memory in GiB."""
    outcome = file_batch.colorize_files(inference.load(), [path], file_batch.Output(output))
    if outcome.problems:
        raise RuntimeError("\n".join(outcome.problems))
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20


def main() -> None:
    """Prints a table of peaks."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--megapixels", type=float, default=169)
    args = parser.parse_args()
    side = round((args.megapixels * 1e6) ** 0.5)
    print(f"| {side} × {side} pixels | peak, GiB |")
    print("|---|--:|")
    spawn = multiprocessing.get_context("spawn")
    for kind, name in _KINDS.items():
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder, name)
            with spawn.Pool(1) as pool:
                pool.apply(make, (path, side))
            with spawn.Pool(1) as pool:
                peak = pool.apply(color, (path, pathlib.Path(folder, "out")))
            print(f"| {kind} | {peak:.2f} |", flush=True)


if __name__ == "__main__":
    main()
