"""Assigns the images of a folder to the training, validation and test splits."""

import hashlib
import os
import pathlib
from collections.abc import Iterator

from ml_collections import ConfigDict

from jaxcolor import listing
from jaxcolor.config import InputError

SPLITS = ("train", "validation", "test")


def split_of(relative_path: str, validation_fraction: float, test_fraction: float) -> str:
    """Assigns a path to a split by its SHA-256, the same on every machine and in every version.

    Args:
        relative_path: with forward slashes, relative to the data's folder.
        validation_fraction: share of the images, in [0, 1).
        test_fraction: share of the images, in [0, 1).
    """
    place = place_of(relative_path)
    if place < test_fraction:
        return "test"
    return "validation" if place < test_fraction + validation_fraction else "train"


def place_of(text: str) -> float:
    """Returns the place of a text's SHA-256 in [0, 1), as if drawn uniformly."""
    # File names need not be text: Python escapes their other bytes, and this restores them.
    digest = hashlib.sha256(text.encode(errors="surrogateescape")).digest()
    return int.from_bytes(digest[:8], "big") / 2**64


def assign(data: ConfigDict, folder: pathlib.Path) -> Iterator[tuple[str, pathlib.Path]]:
    """Yields each image file of a folder with its split, by `data.split_file` or else by hash.

    Args:
        data: `config.data`.
        folder: with the images.

    Raises:
        InputError: the folder holds no image, or the split file cannot be read or is wrong; the
            message names the line.
    """
    if data.split_file:
        yield from _read_split_file(pathlib.Path(data.split_file), folder)
        return
    for path in listing.find(folder):
        name = path.relative_to(folder).as_posix()
        yield split_of(name, data.validation_fraction, data.test_fraction), path


def choose(
    paths: list[pathlib.Path], split: str, data: ConfigDict, folder: pathlib.Path
) -> list[pathlib.Path]:
    """Chooses `data.num_SPLIT_images` images of a split by the SHA-256 of their paths, or all.

    A smaller choice is part of a larger one.

    Args:
        paths: of the split's images.
        split: their split.
        data: `config.data`.
        folder: with the images.

    Raises:
        InputError: there are fewer.
    """
    count = data[f"num_{split}_images"]
    if count > len(paths):
        raise InputError(
            f"config.data.num_{split}_images={count}: the {split} split of {folder} holds only "
            f"{len(paths)} images; lower it, or set it to 0 for all"
        )
    if not count:
        return paths
    by_hash = sorted(paths, key=lambda path: place_of(path.relative_to(folder).as_posix()))
    chosen = set(by_hash[:count])
    return [path for path in paths if path in chosen]


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
        if split not in SPLITS or not relative or os.path.isabs(relative):
            raise InputError(
                f"{path}, line {number}: {line!r} must be one of {', '.join(SPLITS)}, a tab and a "
                "path relative to config.data.path"
            )
        if not (folder / relative).is_file():
            raise InputError(
                f"{path}, line {number}: {folder / relative} does not exist, or is no regular file"
            )
        name = os.path.normpath(relative)
        if name in seen:
            raise InputError(f"{path}, lines {seen[name]} and {number}: both name {name}")
        seen[name] = number
        yield split, folder / relative
