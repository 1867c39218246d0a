"""Where images come from: drawn scenes, a folder, a TFDS data set, ArrayRecord files.

A source is a sequence of `[H, W, 3]` uint8 sRGB images with random access, safe to read from
several threads.
"""

import functools
import hashlib
import math
import pathlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Protocol

import numpy as np
from ml_collections import ConfigDict

from jaxcolor import images
from jaxcolor.config import InputError
from jaxcolor.data import manifest, records, scenes
from jaxcolor.data.splits import assign, choose

# Of the drawn scenes: the data set does not depend on a run's own seed.
_SCENES_SEED = 20
# Fields of `config.data` that no other source reads.
_OF_FOLDERS = ("num_train_images", "num_validation_images", "num_test_images", "split_file")


class Source(Protocol):
    """A sequence of `[H, W, 3]` uint8 sRGB images."""

    def __len__(self) -> int:
        """Returns the number of images."""

    def __getitem__(self, index: int) -> np.ndarray:
        """Returns one image."""


def open_splits(data: ConfigDict, splits: Iterable[str], size: int) -> dict[str, Source]:
    """Opens some splits of the configured data set.

    Args:
        data: `config.data`.
        splits: of "train", "validation" and "test".
        size: height and width that the images will be resized to, in pixels.

    Raises:
        InputError: the data cannot be found or read, or a split has no image. Files of a folder
            whose header cannot be read are all listed, or left out with `data.skip_unreadable`.
    """
    openers: dict[str, Callable[..., Mapping[str, Source]]] = {
        "scenes": functools.partial(_open_scenes, size=size),
        "folder": _open_folder,
        "tfds": records.open_tfds,
        "array_record": records.open_array_record,
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
    for field in _OF_FOLDERS:
        if data[field] and data.source != "folder":
            raise InputError(
                f"config.data.{field}={data[field]!r}: has no effect with config.data.source="
                f"{data.source!r}; it is for folders"
            )
    opened = openers[data.source](data, {split: _min_side(data, split, size) for split in splits})
    for split, source in opened.items():
        if not len(source):
            raise InputError(
                f"the {split} split of config.data.source={data.source!r} "
                f"(config.data.path={data.path!r}) holds no image; {_remedy(data.source, split)}"
            )
    return dict(opened)


def _min_side(data: ConfigDict, split: str, size: int) -> int | None:
    """Returns the least size to decode training images at; others are decoded in full.

    Twice the size of the crop: the resizing then hides the reduced decoding.
    """
    if split != "train":
        return None
    kept = data.min_crop if data.augment else 1
    return math.ceil(2 * size / kept)


def _remedy(source: str, split: str) -> str:
    if source == "tfds":
        return f"fix config.data.{split}_split"
    if source == "array_record":
        return "pack more images"
    if split == "train":
        return "add images"
    fix = f"raise config.data.{split}_fraction or add images"
    return fix + (", or set config.train.eval_every=0" if split == "validation" else "")


class FileSource:
    """Image files, decoded when they are read.

    Attributes:
        paths: of the files.
        unreadable: files that were replaced by others so far, with their errors.
    """

    def __init__(
        self,
        paths: Sequence[pathlib.Path],
        min_side: int | None = None,
        *,
        skip_unreadable: bool = False,
    ):
        """Takes files.

        Args:
            paths: of the files.
            min_side: as of `images.decode`.
            skip_unreadable: replace a file that cannot be read by the next one.
        """
        self.paths = list(paths)
        self.unreadable: dict[pathlib.Path, str] = {}
        self._min_side, self._skip_unreadable = min_side, skip_unreadable

    def __len__(self) -> int:
        """Returns the number of files."""
        return len(self.paths)

    def __getitem__(self, index: int) -> np.ndarray:
        """Reads one file, or with `skip_unreadable` the first readable one from there on.

        Which one that is depends on the files alone, so that a resumed run reads the same.

        Raises:
            InputError: the file cannot be read, or none can; the message names it.
        """
        count = len(self.paths)
        for path in (self.paths[(index + step) % count] for step in range(count)):
            try:
                return images.read(path, self._min_side)
            except InputError as error:
                if not self._skip_unreadable:
                    raise InputError(
                        f"{error}; restore or remove it, or set config.data.skip_unreadable=true"
                    ) from error
                problem = str(error)
            if self.unreadable.setdefault(path, problem) is problem:
                print(f"{problem}; replaced by the next file", flush=True)
        raise InputError(f"{problem}; nor can any other of {count} files be read")


def replaced(source: Source) -> list[str]:
    """Lists the unreadable files of a source, each of which was replaced by the next, so far."""
    return [str(path) for path in source.unreadable] if isinstance(source, FileSource) else []


def sha256_of_paths(source: Source) -> str:
    """Hashes the paths of a source's files in their order; without files it is empty."""
    if not isinstance(source, FileSource):
        return ""
    return sha256_of_names([path.as_posix() for path in source.paths])


def sha256_of_names(names: Iterable[str]) -> str:
    """Hashes names of files in their order."""
    return hashlib.sha256("\n".join(names).encode(errors="surrogateescape")).hexdigest()


class _SceneSource:
    def __init__(self, indices: range, size: int):
        self._indices, self._size = indices, size

    def __len__(self) -> int:
        return len(self._indices)

    def __getitem__(self, index: int) -> np.ndarray:
        return scenes.render(_SCENES_SEED, self._indices[index], self._size)


def _open_scenes(data: ConfigDict, splits: Iterable[str], size: int) -> dict[str, Source]:
    test = round(data.num_scenes * data.test_fraction)
    validation = test + round(data.num_scenes * data.validation_fraction)
    indices = {
        "test": range(test),
        "validation": range(test, validation),
        "train": range(validation, data.num_scenes),
    }
    return {split: _SceneSource(indices[split], size) for split in splits}


def _open_folder(data: ConfigDict, min_sides: Mapping[str, int | None]) -> dict[str, FileSource]:
    folder = pathlib.Path(data.path)
    chosen: dict[str, list[pathlib.Path]] = {split: [] for split in min_sides}
    for split, path in assign(data, folder):
        if split in chosen:
            chosen[split].append(path)
    chosen = {split: choose(paths, split, data, folder) for split, paths in chosen.items()}
    paths = [path for paths in chosen.values() for path in paths]
    problems = manifest.unreadable(folder, paths, data.num_threads)
    report_unreadable(
        problems,
        paths,
        skip=data.skip_unreadable,
        fix="config.data.skip_unreadable=true leaves them out",
    )
    return {
        split: FileSource(
            [path for path in chosen[split] if path not in problems],
            min_side,
            skip_unreadable=data.skip_unreadable,
        )
        for split, min_side in min_sides.items()
    }


def report_unreadable(
    problems: Mapping[pathlib.Path, str],
    paths: Sequence[pathlib.Path],
    *,
    skip: bool = False,
    fix: str = "",
) -> None:
    """Lists image files that cannot be read, if there are any.

    Args:
        problems: the reason for each of them.
        paths: of all files that were checked.
        skip: print the list instead of raising it.
        fix: another remedy besides fixing or removing the files.

    Raises:
        InputError: some cannot be read, and they are not to be skipped.
    """
    if not problems:
        return
    lines = [f"  {path}: {reason}" for path, reason in problems.items()]
    listing = "\n".join([f"{len(problems)} of {len(paths)} image files cannot be read:", *lines])
    if not skip:
        raise InputError(f"{listing}\nfix or remove them" + (f"; {fix}" if fix else ""))
    print(f"{listing}\nthey are left out", flush=True)
