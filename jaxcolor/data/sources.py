"""Where images come from: drawn scenes, a folder, a TFDS data set, ArrayRecord files.

A source is a sequence of `[H, W, 3]` uint8 sRGB images with random access, safe to read from
several threads.
"""

import hashlib
import math
import pathlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Protocol

import grain
import numpy as np
from ml_collections import ConfigDict

from jaxcolor import images
from jaxcolor.config import InputError
from jaxcolor.data import scenes

SPLITS = ("train", "validation", "test")

# Seeds the series of drawn scenes: the data set is the same whatever a run's own seed.
_SCENES_SEED = 20


class Source(Protocol):
    """A sequence of `[H, W, 3]` uint8 sRGB images."""

    def __len__(self) -> int:
        """Returns the number of images."""

    def __getitem__(self, index: int) -> np.ndarray:
        """Returns one image."""


def open_splits(data: ConfigDict, splits: Iterable[str]) -> dict[str, Source]:
    """Opens some splits of the configured data set.

    Args:
        data: `config.data`.
        splits: of "train", "validation" and "test".

    Raises:
        InputError: the data cannot be found or read, or a split has no image. Unreadable files of
            a folder are all listed, or left out and counted with `data.skip_unreadable`.
    """
    openers: dict[str, Callable[..., dict[str, Source]]] = {
        "scenes": _open_scenes,
        "folder": _open_folder,
        "tfds": _open_tfds,
        "array_record": _open_array_record,
    }
    if data.source not in openers:
        raise InputError(f"config.data.source={data.source!r}: must be one of {sorted(openers)}")
    if data.source != "scenes" and not data.path:
        raise InputError(f"config.data.path is empty: config.data.source={data.source!r} needs it")
    if data.skip_unreadable and data.source != "folder":
        raise InputError(
            f"config.data.skip_unreadable=True: config.data.source={data.source!r} has no files to "
            "leave out; leave them out where the data is packed"
        )
    opened = openers[data.source](data, tuple(splits))
    for split, source in opened.items():
        if not len(source):
            raise InputError(
                f"the {split} split of config.data.source={data.source!r} "
                f"(config.data.path={data.path!r}) holds no image; {_more(data.source, split)}"
            )
    return opened


def _more(source: str, split: str) -> str:
    if source == "tfds":
        return f"fix config.data.{split}_split"
    if source == "array_record":
        return "pack more images"
    if split == "train":
        return "add images"
    fix = f"raise config.data.{split}_fraction or add images"
    return fix + (", or set config.train.eval_every=0" if split == "validation" else "")


def split_of(relative_path: str, validation_fraction: float, test_fraction: float) -> str:
    """Assigns a path to a split by its SHA-256, the same on every machine and in every version.

    Args:
        relative_path: with forward slashes, relative to the data's folder.
        validation_fraction: share of the images, in [0, 1).
        test_fraction: share of the images, in [0, 1).
    """
    digest = hashlib.sha256(relative_path.encode()).digest()
    place = int.from_bytes(digest[:8], "big") / 2**64
    if place < test_fraction:
        return "test"
    return "validation" if place < test_fraction + validation_fraction else "train"


class FileSource:
    """Image files, decoded as they are read."""

    def __init__(self, paths: Sequence[pathlib.Path], min_side: int | None = None):
        """Takes files.

        Args:
            paths: of the files.
            min_side: as of `images.decode`.
        """
        self.paths, self._min_side = list(paths), min_side

    def __len__(self) -> int:
        """Returns the number of files."""
        return len(self.paths)

    def __getitem__(self, index: int) -> np.ndarray:
        """Reads one file."""
        return images.read(self.paths[index], self._min_side)


class _SceneSource:
    def __init__(self, indices: range, size: int):
        self._indices, self._size = indices, size

    def __len__(self) -> int:
        return len(self._indices)

    def __getitem__(self, index: int) -> np.ndarray:
        return scenes.render(_SCENES_SEED, self._indices[index], self._size)


class _RecordSource:
    """Records that hold, or from which `encoded` takes, the bytes of an image file."""

    def __init__(
        self, records: Any, name: str, encoded: Callable[[Any], bytes], min_side: int | None
    ):
        self._records, self._name, self._encoded = records, name, encoded
        self._min_side = min_side

    def __len__(self) -> int:
        return len(self._records)

    def __getitem__(self, index: int) -> np.ndarray:
        try:
            return images.decode(self._encoded(self._records[index]), self._min_side)
        except InputError as error:
            raise InputError(f"{self._name}, record {index}: {error}") from error


def _open_scenes(data: ConfigDict, splits: Sequence[str]) -> dict[str, Source]:
    test = round(data.num_scenes * data.test_fraction)
    validation = test + round(data.num_scenes * data.validation_fraction)
    indices = {
        "test": range(test),
        "validation": range(test, validation),
        "train": range(validation, data.num_scenes),
    }
    size = data.image_size * data.target_scale
    return {split: _SceneSource(indices[split], size) for split in splits}


def _open_folder(data: ConfigDict, splits: Sequence[str]) -> dict[str, Source]:
    folder = pathlib.Path(data.path)
    chosen: dict[str, list[pathlib.Path]] = {split: [] for split in splits}
    if data.split_file:
        for split, path in _read_split_file(pathlib.Path(data.split_file), folder):
            if split in chosen:
                chosen[split].append(path)
    else:
        for path in images.find(folder):
            relative = path.relative_to(folder).as_posix()
            split = split_of(relative, data.validation_fraction, data.test_fraction)
            if split in chosen:
                chosen[split].append(path)
    paths = [path for paths in chosen.values() for path in paths]
    if data.skip_unreadable:
        problems = images.unreadable(paths, data.num_threads)
        if problems:
            print(f"{_listing(problems, paths)}\nthey are left out", flush=True)
        chosen = {split: [p for p in chosen[split] if p not in problems] for split in splits}
    else:
        check_readable(paths, data.num_threads, "config.data.skip_unreadable=true leaves them out")
    return {split: FileSource(chosen[split], _min_side(data, split)) for split in splits}


def _min_side(data: ConfigDict, split: str) -> int | None:
    """Returns how large images have to be for training; scores are taken on the files as they are.

    Twice the size of what is cut out of them: the resizing then hides how they were decoded.
    """
    if split != "train":
        return None
    kept = data.min_crop if data.augment else 1
    return math.ceil(2 * data.image_size * data.target_scale / kept)


def check_readable(paths: Sequence[pathlib.Path], num_threads: int, fix: str = "") -> None:
    """Decodes every file once.

    Args:
        paths: of the files.
        num_threads: that decode.
        fix: what helps besides fixing or removing the files.

    Raises:
        InputError: some cannot be read; all of them are listed with reasons.
    """
    if problems := images.unreadable(paths, num_threads):
        fixes = "fix or remove them" + (f"; {fix}" if fix else "")
        raise InputError(f"{_listing(problems, paths)}\n{fixes}")


def _listing(problems: dict[pathlib.Path, str], paths: Sequence[pathlib.Path]) -> str:
    lines = [f"  {path}: {reason}" for path, reason in problems.items()]
    return "\n".join([f"{len(problems)} of {len(paths)} image files cannot be read:", *lines])


def _read_split_file(
    path: pathlib.Path, folder: pathlib.Path
) -> Iterator[tuple[str, pathlib.Path]]:
    try:
        lines = path.read_text().splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"config.data.split_file={str(path)!r}: {error}") from error
    seen: dict[str, int] = {}
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        split, _, relative = line.partition("\t")
        if split not in SPLITS or not relative:
            raise InputError(
                f"{path}, line {number}: {line!r} must be one of {', '.join(SPLITS)}, a tab and a "
                "path relative to config.data.path"
            )
        if not (folder / relative).is_file():
            raise InputError(f"{path}, line {number}: {folder / relative} does not exist")
        if relative in seen:
            raise InputError(f"{path}, lines {seen[relative]} and {number}: both name {relative}")
        seen[relative] = number
        yield split, folder / relative


def _open_tfds(data: ConfigDict, splits: Sequence[str]) -> dict[str, Source]:
    # The import takes a second, which other sources need not wait for.
    import tensorflow_datasets as tfds

    try:
        if pathlib.Path(data.path).is_dir():
            builder = tfds.builder_from_directory(data.path)
        else:
            builder = tfds.builder(data.path, file_format="array_record")
        decoders = {"image": tfds.decode.SkipDecoding()}
        return {
            split: _RecordSource(
                builder.as_data_source(data[f"{split}_split"], decoders=decoders),
                f"config.data.path={data.path!r}, {split} split",
                lambda record: record["image"],
                _min_side(data, split),
            )
            for split in splits
        }
    except (tfds.core.DatasetNotFoundError, AssertionError, KeyError, OSError, ValueError) as error:
        reason = f"{type(error).__name__}: {error}".partition("\n")[0]
        raise InputError(
            f"config.data.path={data.path!r}: cannot be opened as a TFDS data set "
            f"({reason}); prepare it as ArrayRecord "
            "once, where TensorFlow is installed (the extra `tfds`): "
            f"tfds build {data.path} --file_format=array_record"
        ) from error


def _open_array_record(data: ConfigDict, splits: Sequence[str]) -> dict[str, Source]:
    opened: dict[str, Source] = {}
    for split in splits:
        files = sorted(pathlib.Path(data.path).glob(f"{split}*.array_record"))
        if not files:
            raise InputError(
                f"config.data.path={data.path!r}: holds no {split}*.array_record; write one with "
                "scripts/pack_array_record.py"
            )
        records = grain.sources.ArrayRecordDataSource([str(file) for file in files])
        opened[split] = _RecordSource(
            records, f"{data.path}/{split}", lambda record: record, _min_side(data, split)
        )
    return opened
