"""Counts the colors of training images over bins of a and b, for config.data.bins.

    python scripts/count_colors.py photos --output configs/flagship_bins.json

Every image counts the same: it is scaled down, and each pixel is shared among the bins around its
color. Rare bins are left out. A configuration takes the file by `config.data.bins.update`.
"""

import json
import pathlib
import sys

import jax
import jax.numpy as jnp
import numpy as np
from ml_collections import ConfigDict
from tqdm import tqdm

from jaxcolor import cli, files
from jaxcolor import config as config_lib
from jaxcolor.config import InputError
from jaxcolor.data import bins, pipeline, sources, spaces

_SIZE = 64  # pixels, height and width of the images that are counted
_BATCH = 32
_LEAST_SHARE = 1e-5  # of the pixels that a bin is kept for


def full_grid() -> bins.Bins:
    """Makes bins over the whole range of a and b."""
    side = np.arange(-110, 111, bins.SIDE, dtype=np.float32)
    centers = np.stack(np.meshgrid(side, side, indexing="ij"), axis=-1).reshape(-1, 2)
    return bins.Bins(
        centers, np.ones(len(centers), np.float32), rebalancing=1, colorfulness=1, temperature=1
    )


def count(source: sources.Source, data: ConfigDict) -> np.ndarray:
    """Returns each bin's share of the pixels, `[K]` for the K bins of `full_grid`."""
    grid, space = full_grid(), spaces.SPACES["lab"]

    @jax.jit
    def add(total: jax.Array, rgb: jax.Array) -> jax.Array:
        shares = grid.encode(space.to_network(rgb)["target"])
        return total + shares.mean((1, 2)).sum(0)

    total = jnp.zeros(len(grid.centers))
    with tqdm(total=len(source), desc="count", unit="img", disable=None) as bar:
        for rgb in pipeline.eval_batches(source, data, _SIZE, _BATCH):
            total = add(total, rgb)
            bar.update(len(rgb))
    return np.asarray(total) / len(source)


def main() -> None:
    """Counts the folder's training images and writes the bins."""
    data = config_lib.get_config().data
    parser = cli.Parser(__doc__)
    parser.add_argument("folder", help="with the images, at any depth")
    parser.add_argument("--split_file", default="", help="as config.data.split_file")
    parser.add_argument("--output", type=pathlib.Path, required=True, help="JSON file to write")
    args = parser.parse_args()
    data.source, data.path, data.split_file = "folder", args.folder, args.split_file
    try:
        shares = count(sources.open_splits(data, ["train"], _SIZE)["train"], data)
    except (InputError, OSError) as error:
        sys.exit(f"error: {error}")
    kept = np.flatnonzero(shares >= _LEAST_SHARE)
    a, b = full_grid().centers[kept].astype(int).T
    found = {"a": a.tolist(), "b": b.tolist(), "shares": [float(f"{x:.3g}") for x in shares[kept]]}
    with files.written_whole(args.output) as partial:
        partial.write_text(json.dumps(found) + "\n")
    print(f"{len(kept)} bins, {shares[kept].sum():.5f} of the pixels, written to {args.output}")


if __name__ == "__main__":
    main()
