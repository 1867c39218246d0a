"""Where to convert to Lab: in the pipeline's workers, or on the device.

    python scripts/benchmark_lab.py --image_size 256 --batch_size 16

Both ways start from decoded 8-bit images in memory and end with the networks' L and ab on the
device; they take turns, so that a machine whose speed drifts is fair to both. The workers convert
with NumPy in float32 and send 12 bytes a pixel, the device gets 3 bytes a pixel and converts them
in one compiled program.
"""

import argparse
import os
import time

import grain
import jax
import numpy as np
import timing

from jaxcolor.data import spaces


def to_network_numpy(rgb: np.ndarray) -> dict[str, np.ndarray]:
    """Converts one image `[H, W, 3]` uint8 as `spaces.SPACES["lab"].to_network` does, in NumPy."""
    encoded = rgb.astype(np.float32) / np.float32(255)
    linear = np.where(encoded > 0.04045, ((encoded + 0.055) / 1.055) ** 2.4, encoded / 12.92)
    matrix = np.array(
        [
            [0.412453, 0.357580, 0.180423],
            [0.212671, 0.715160, 0.072169],
            [0.019334, 0.119193, 0.950227],
        ],
        np.float32,
    )
    xyz = linear @ matrix.T / np.array([0.95047, 1, 1.08883], np.float32)
    root = np.where(xyz > (6 / 29) ** 3, np.cbrt(xyz), xyz * (29 / 6) ** 2 / 3 + 4 / 29)
    x, y, z = np.moveaxis(root, -1, 0)
    ab = np.stack([500 * (x - y), 200 * (y - z)], axis=-1) / 110
    return {"gray": ((116 * y - 16) / 50 - 1)[..., None], "target": ab}


def seconds_per_batch(dataset: grain.MapDataset, put, args: argparse.Namespace) -> float:
    """Runs through the data set once, with the threads and buffers of training."""
    options = grain.ReadOptions(num_threads=args.threads, prefetch_buffer_size=args.threads)
    batches = grain.experimental.ThreadPrefetchIterDataset(
        dataset.batch(args.batch_size).to_iter_dataset(options).map(put), prefetch_buffer_size=2
    )
    iterator = iter(batches)
    for _ in range(args.threads):  # What was made ahead of the clock does not count.
        next(iterator)
    start = time.perf_counter()
    count = sum(jax.block_until_ready(batch) is not None for batch in iterator)
    return (time.perf_counter() - start) / count


def main() -> None:
    """Prints images per second of both ways and their ratio."""
    parser = timing.parser(__doc__, runs=7)
    parser.add_argument("--image_size", type=int, default=256)
    parser.add_argument("--batch_size", type=int, default=16)
    parser.add_argument("--batches", type=int, default=40)
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    args = parser.parse_args()
    if args.quick:
        args.image_size = 64

    rng = np.random.default_rng(0)
    size = args.image_size
    pictures = rng.integers(0, 256, (64, size, size, 3), dtype=np.uint8)
    source = grain.MapDataset.source(pictures).repeat(args.batches * args.batch_size // 64 + 1)
    convert = jax.jit(spaces.SPACES["lab"].to_network)
    ways = {
        "device": (source, convert),
        "workers": (source.map(to_network_numpy), jax.device_put),
    }
    in_workers = jax.tree.map(np.asarray, to_network_numpy(pictures[0]))
    on_device = jax.device_get(convert(pictures[:1]))
    for name, array in in_workers.items():
        np.testing.assert_allclose(array, on_device[name][0], atol=1e-4)

    seconds: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(args.runs):
        for name, (dataset, put) in ways.items():
            seconds[name].append(seconds_per_batch(dataset, put, args))
    results = timing.compare(seconds)
    rows = [["where", "images/s", "the device is faster"]]
    for name, result in results.items():
        rate = args.batch_size / result["seconds"]
        rows.append([name, f"{rate:.0f}", timing.format_ratio(result)])
    timing.report(args, rows, results)
    print(
        f"{jax.devices()[0].device_kind}, {size} × {size}, batch {args.batch_size}, {args.threads} "
        "threads"
    )


if __name__ == "__main__":
    main()
