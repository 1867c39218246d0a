"""Times the pipeline from image files to Lab arrays against the usual loader.

    pip install torch scikit-image
    python scripts/benchmark_pipeline.py photos

The usual loader is that of most tutorials: Pillow, its bicubic resizing (torchvision's `Resize`
calls it), scikit-image's `rgb2lab`, PyTorch's `DataLoader` with a worker process per core. Both
give the same arrays, ours on the device, and keeps what it has decoded once in memory, which the
first epoch fills before the time starts. Also timed, all without this cache: our folder; the limit,
decoding alone with a thread per core; ArrayRecord files; and images of the networks' size in
memory. Photographs that are much larger than that are decoded at a reduced size by all of ours but
the one "in full".
"""

import os
import pathlib
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import jax
import numpy as np
import skimage.color
import torch
from benchmarking import timing
from pack_array_record import pack
from PIL import Image

from jaxcolor import config as config_lib
from jaxcolor import images, listing
from jaxcolor.data import pipeline, sources, spaces, transforms


class UsualDataset(torch.utils.data.Dataset):
    """Image files as tutorials read them."""

    def __init__(self, paths: list[pathlib.Path], size: int):
        self.paths, self.size = paths, (size, size)

    def __len__(self) -> int:
        """Returns the number of files."""
        return len(self.paths)

    def __getitem__(self, index: int) -> dict[str, torch.Tensor]:
        """Reads one file to L and ab in [-1, 1]."""
        image = Image.open(self.paths[index]).convert("RGB")
        rgb = np.array(image.resize(self.size, Image.Resampling.BICUBIC))
        lab = torch.from_numpy(skimage.color.rgb2lab(rgb).astype("f4").transpose(2, 0, 1))
        return {"L": lab[[0]] / 50 - 1, "ab": lab[[1, 2]] / 110}


class Decoded:
    """A source that decodes each image once and keeps it at the networks' size."""

    def __init__(self, source: sources.Source, size: int):
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            decoded = pool.map(source.__getitem__, range(len(source)))
            self.images = [transforms.fit(image, size, "stretch") for image in decoded]

    def __len__(self) -> int:
        """Returns the number of images."""
        return len(self.images)

    def __getitem__(self, index: int) -> np.ndarray:
        """Returns one image."""
        return self.images[index]


def train_batches(source: sources.Source, data: Any) -> Iterator[Any]:
    """Makes the batches of training, without augmentation."""
    to_network = jax.jit(spaces.build(data).to_network)
    batches = pipeline.train_batches(
        source,
        data,
        data.image_size,
        seed=0,
        examples_per_step=data.batch_size,
        to_device=lambda batch: to_network(**batch),
    )
    return iter(batches)


def seconds_per_batch(batches: Iterator[Any], least_seconds: float) -> float:
    """Measures how long a batch takes, in the long run."""
    for least in (
        1.0,
        least_seconds,
    ):  # Without the prefetched batches of the first.
        start, count = time.perf_counter(), 0
        while (passed := time.perf_counter() - start) < least:
            jax.block_until_ready(next(batches))
            count += 1
    return passed / count


def check_equal(paths: list[pathlib.Path], size: int) -> float:
    """Returns the largest difference between both loaders' arrays."""
    convert = jax.jit(spaces.SPACES["lab"].to_network)
    usual, gap = UsualDataset(paths, size), 0.0
    for i in range(min(16, len(paths))):
        ours = convert(transforms.fit(images.read(paths[i]), size, "stretch")[None])
        for name, array in zip(("gray", "target"), usual[i].values(), strict=True):
            gap = max(gap, float(np.abs(array.movedim(0, -1).numpy() - ours[name][0]).max()))
    assert gap <= 1e-3, gap
    return gap


def main() -> None:
    """Prints images per second and per core of each program."""
    parser = timing.parser(__doc__, runs=5)
    parser.add_argument("folder", type=pathlib.Path, help="of photographs")
    parser.add_argument("--image_size", type=int, default=256)
    parser.add_argument("--batch_size", type=int, default=16)
    parser.add_argument("--seconds", type=float, default=6.0, help="of each measurement (6)")
    args = parser.parse_args()
    if args.quick:
        args.runs, args.seconds = 3, 2.0
    cores = len(os.sched_getaffinity(0))
    config = config_lib.get_config()
    data = config.data
    data.image_size, data.batch_size, data.augment = args.image_size, args.batch_size, False
    paths = listing.find(args.folder)
    gap = check_equal(paths, args.image_size)
    usual = torch.utils.data.DataLoader(
        UsualDataset(paths, args.image_size),
        args.batch_size,
        sampler=torch.utils.data.RandomSampler(range(len(paths)), num_samples=10**6),
        num_workers=cores,
        drop_last=True,
        multiprocessing_context="forkserver",  # JAX has threads, which no fork survives.
    )

    def decode() -> Iterator[Any]:
        with ThreadPoolExecutor(cores) as pool:
            while True:
                yield from (
                    list(pool.map(images.read, paths[i : i + args.batch_size]))
                    for i in range(0, len(paths) - args.batch_size + 1, args.batch_size)
                )

    with tempfile.TemporaryDirectory() as folder:
        record = pathlib.Path(folder, "train.array_record")
        pack(paths, record)
        data.validation_fraction = data.test_fraction = 0.0
        data.source, data.path = "folder", str(args.folder)
        files = sources.open_splits(data, ["train"], args.image_size)["train"]
        data.source, data.path = "array_record", folder
        records = sources.open_splits(data, ["train"], args.image_size)["train"]
        whole = sources.FileSource(paths)
        cached = train_batches(files, data)
        for _ in range(len(paths) // args.batch_size + 1):
            next(cached)
        data.cache = 0.0
        running = {
            "jaxcolor, folder": cached,
            "jaxcolor, without the cache": train_batches(files, data),
            "PyTorch, usual loader": iter(usual),
            "decoding alone": decode(),
            "jaxcolor, decoded in full": train_batches(whole, data),
            "jaxcolor, ArrayRecord": train_batches(records, data),
            "jaxcolor, decoded once": train_batches(Decoded(whole, args.image_size), data),
        }
        seconds: dict[str, list[float]] = {name: [] for name in running}
        for _ in range(args.runs):
            for name, batches in running.items():
                seconds[name].append(seconds_per_batch(batches, args.seconds))
    results = timing.compare(seconds)
    rows = [["program", "images/s", "per core", "jaxcolor's folder is faster"]]
    for name, result in results.items():
        rate = args.batch_size / result["seconds"]
        rows.append([name, f"{rate:.0f}", f"{rate / cores:.0f}", timing.format_ratio(result)])
    figures = {"cores": cores, "image_size": args.image_size, "difference": gap, **results}
    timing.report(args, rows, figures)
    print(
        f"{len(paths):,} files, {args.image_size} × {args.image_size}, batch {args.batch_size}, "
        f"{cores} cores; largest difference of the arrays {gap:.1e}"
    )


if __name__ == "__main__":
    main()
