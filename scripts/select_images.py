"""Selects the images to train on from folders, and writes config.data.split_file.

    python scripts/select_images.py cats streets --root photos --min_colorfulness 15 \
        --keep streets/night=0.3 --output split.tsv

Only the given folders of the root are taken; the file's paths are relative to the root, which is
the run's config.data.path. Which images are kept and which validate depends on their paths alone.
Validation images may have any colorfulness.
"""

import argparse
import pathlib
import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor

import jax
from tqdm import tqdm

from jaxcolor import cli, files, images, listing
from jaxcolor import config as config_lib
from jaxcolor.config import InputError
from jaxcolor.data import splits
from jaxcolor.metrics import pixel

_SIZE = 64  # pixels, height and width at which the colorfulness is measured
_NOT_KEPT, _TOO_GRAY = "not kept", "too gray"
_OUTCOMES = ("train", "validation", _NOT_KEPT, _TOO_GRAY)

_colorfulness = jax.jit(pixel.colorfulness)


def measure(path: pathlib.Path) -> float:
    """Computes the colorfulness of an image file, scaled down.

    Raises:
        InputError: the file cannot be read.
    """
    pixels = images.resize(images.read(path, _SIZE), _SIZE, _SIZE)
    return float(_colorfulness(pixels[None] / 255)[0])


def select(
    root: pathlib.Path,
    folders: Iterable[str],
    *,
    min_colorfulness: float,
    keep: Sequence[tuple[str, float]],
    validation_fraction: float,
    validate: Sequence[str] = (),
    num_threads: int,
) -> dict[str, str]:
    """Returns what becomes of each image below some folders of a root.

    Args:
        root: of the folders.
        folders: relative to the root.
        min_colorfulness: least colorfulness of the training images.
        keep: paths of files or folders, relative to the root, and the share kept of their images,
            training and validation alike; of several that hold an image, the smallest share counts.
        validation_fraction: share of the images, in [0, 1).
        validate: patterns of paths, relative to the root, whose images all validate: whole sources,
            to learn how a model carries over to sources that it was not trained on.
        num_threads: that read the images.

    Returns:
        By path relative to the root, sorted: "train", "validation", or why it is left out.

    Raises:
        InputError: a folder holds no image, a path to keep or a pattern holds none of them, or a
            file cannot be read.
    """
    names = sorted(
        {
            path.relative_to(root).as_posix()
            for folder in folders
            for path in listing.find(root / folder)
        }
    )
    shares = dict.fromkeys(names, 1.0)
    for prefix, share in keep:
        inside = [name for name in names if pathlib.PurePosixPath(name).is_relative_to(prefix)]
        if not inside:
            raise InputError(f"--keep={prefix}={share}: there is no image in {root / prefix}")
        shares |= {name: min(share, shares[name]) for name in inside}

    held_out = set[str]()
    for pattern in validate:
        matching = {name for name in names if pathlib.PurePosixPath(name).match(pattern)}
        if not matching:
            raise InputError(f"--validate={pattern}: no image below {root} matches")
        held_out |= matching

    # Hashed with a prefix, since the split depends on the path's own hash.
    outcomes = {
        name: ("validation" if name in held_out else splits.split_of(name, validation_fraction, 0))
        if splits.place_of(f"keep {name}") < shares[name]
        else _NOT_KEPT
        for name in names
    }
    candidates = [name for name in names if outcomes[name] == "train"]
    with ThreadPoolExecutor(num_threads) as pool:
        measured = pool.map(measure, (root / name for name in candidates))
        progress = tqdm(measured, "measure", total=len(candidates), unit="img", disable=None)
        for name, value in zip(candidates, progress, strict=True):
            if value < min_colorfulness:
                outcomes[name] = _TOO_GRAY
    return outcomes


def summarize(outcomes: dict[str, str]) -> str:
    """Counts the outcomes by folder, in a table."""
    counts = Counter((str(pathlib.PurePosixPath(name).parent), outcomes[name]) for name in outcomes)
    folders = sorted({folder for folder, _ in counts})
    width = max(map(len, ["total", *folders]))
    rows = [(folder, [counts[folder, outcome] for outcome in _OUTCOMES]) for folder in folders]
    rows.append(("total", [sum(column) for column in zip(*(row for _, row in rows), strict=True)]))
    header = f"{'':{width}}" + "".join(f"{outcome:>12}" for outcome in _OUTCOMES)
    return "\n".join(
        [header, *(f"{name:{width}}" + "".join(f"{n:12,}" for n in row) for name, row in rows)]
    )


def _kept_share(text: str) -> tuple[str, float]:
    prefix, _, share = text.rpartition("=")
    try:
        if prefix and 0 <= float(share) <= 1:
            return prefix, float(share)
    except ValueError:
        pass
    raise argparse.ArgumentTypeError(f"{text!r}: must be PATH=SHARE, with a share in [0, 1]")


def main() -> None:
    """Selects images, writes the file and prints the counts."""
    data = config_lib.get_config().data
    parser = cli.Parser(__doc__)
    parser.add_argument("folders", nargs="+", help="relative to the root")
    parser.add_argument("--root", type=pathlib.Path, required=True, help="config.data.path")
    parser.add_argument(
        "--min_colorfulness", type=float, default=0.0, help="of training images; 0 takes all"
    )
    parser.add_argument(
        "--keep",
        type=_kept_share,
        action="append",
        default=[],
        metavar="PATH=SHARE",
        help="keep only a share, 0 to 1, of the images below a path; may be repeated",
    )
    parser.add_argument("--validation_fraction", type=float, default=data.validation_fraction)
    parser.add_argument(
        "--validate",
        action="append",
        default=[],
        metavar="PATTERN",
        help="validate on every image whose path matches, a source held out; may be repeated",
    )
    parser.add_argument("--output", type=pathlib.Path, required=True, help="file to write")
    args = parser.parse_args()
    if not 0 <= args.validation_fraction < 1:
        parser.error(f"--validation_fraction={args.validation_fraction}: must be in [0, 1)")
    try:
        outcomes = select(
            args.root,
            args.folders,
            min_colorfulness=args.min_colorfulness,
            keep=args.keep,
            validation_fraction=args.validation_fraction,
            validate=args.validate,
            num_threads=data.num_threads,
        )
        lines = [f"{split}\t{name}\n" for name, split in outcomes.items() if split in splits.SPLITS]
        with files.written_whole(args.output) as partial:
            partial.write_text("".join(lines))
    except (InputError, OSError) as error:
        sys.exit(f"error: {error}")
    print(summarize(outcomes))
    print(f"{len(lines):,} images listed in {args.output}")


if __name__ == "__main__":
    main()
