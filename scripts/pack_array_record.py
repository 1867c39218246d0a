"""Packs a folder of images into ArrayRecord files, for config.data.source="array_record".

    python scripts/pack_array_record.py photos packed

Files go in as they are, whole, and are decoded once to check them. Output, all of it or none:
train.array_record, validation.array_record and test.array_record, split as
config.data.source="folder" splits.
"""

import pathlib
import sys
from collections.abc import Sequence

from array_record.python.array_record_module import ArrayRecordWriter
from ml_collections import ConfigDict
from tqdm import tqdm

from jaxcolor import cli, files, images
from jaxcolor import config as config_lib
from jaxcolor.config import InputError
from jaxcolor.data import sources
from jaxcolor.data.splits import SPLITS


def pack(paths: Sequence[pathlib.Path], record: pathlib.Path) -> None:
    """Writes image files, as they are, into an ArrayRecord file.

    Raises:
        OSError: an image cannot be read, or the file cannot be written.
    """
    # One record per group, so that shuffled reading decompresses only the records it uses.
    writer = ArrayRecordWriter(str(record), "group_size:1")
    for path in tqdm(paths, desc=record.stem, unit="img", disable=None):
        writer.write(path.read_bytes())
    try:
        writer.close()  # It raises the errors of all writing before.
    except RuntimeError as error:
        raise OSError(f"{record}: cannot be written: {error}") from error


def readable_splits(data: ConfigDict) -> dict[str, list[pathlib.Path]]:
    """Decodes every file of the folder once, since a run cannot skip a damaged record.

    Args:
        data: `config.data`.

    Raises:
        InputError: some files cannot be read, and `data.skip_unreadable` is not set.
    """
    opened = sources.open_splits(data, SPLITS, data.image_size)
    splits = {split: source.paths for split, source in opened.items()}
    paths = [path for paths in splits.values() for path in paths]
    problems = images.damaged(paths, data.num_threads)
    sources.report_unreadable(
        problems, paths, skip=data.skip_unreadable, fix="--skip_unreadable leaves them out"
    )
    return {
        split: [path for path in paths if path not in problems] for split, paths in splits.items()
    }


def main() -> None:
    """Packs the folder."""
    data = config_lib.get_config().data
    parser = cli.Parser(__doc__)
    parser.add_argument("folder", help="with the images, at any depth")
    parser.add_argument("output", type=pathlib.Path, help="folder to write to")
    parser.add_argument("--validation_fraction", type=float, default=data.validation_fraction)
    parser.add_argument("--test_fraction", type=float, default=data.test_fraction)
    parser.add_argument("--split_file", default=data.split_file)
    parser.add_argument("--skip_unreadable", action="store_true")
    args = parser.parse_args()

    data.source, data.path = "folder", args.folder
    data.validation_fraction, data.test_fraction = args.validation_fraction, args.test_fraction
    data.split_file, data.skip_unreadable = args.split_file, args.skip_unreadable
    if args.output.exists() and not (args.output.is_dir() and not any(args.output.iterdir())):
        sys.exit(f"error: {args.output}: exists already; remove it, or give another folder")
    try:
        splits = readable_splits(data)
        with files.folder_written_whole(args.output) as partial:
            for split, paths in splits.items():
                pack(paths, partial / f"{split}.array_record")
    except (InputError, OSError) as error:
        sys.exit(f"error: {error}")
    for split, paths in splits.items():
        print(f"{args.output / split}.array_record: {len(paths):,} images")


if __name__ == "__main__":
    main()
