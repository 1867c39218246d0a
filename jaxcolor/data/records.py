"""Packed data sets: TFDS and ArrayRecord files, read without TensorFlow."""

import bisect
import itertools
import pathlib
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import grain
import numpy as np
from ml_collections import ConfigDict

from jaxcolor import images
from jaxcolor.config import InputError

_PACK_AGAIN = "pack it again with scripts/pack_array_record.py"


class RecordSource:
    """Records that hold, or from which `encoded` takes, the bytes of an image file."""

    def __init__(
        self,
        parts: Mapping[str, Any],
        encoded: Callable[[Any], bytes],
        min_side: int | None,
        remedy: str,
    ):
        """Takes records.

        Args:
            parts: sequences of records, by the name that errors give them.
            encoded: a record to the bytes of an image file.
            min_side: as of `images.decode`.
            remedy: for a damaged record.
        """
        self._parts = list(parts.items())
        self._ends = list(itertools.accumulate(len(records) for records in parts.values()))
        self._encoded, self._min_side, self._remedy = encoded, min_side, remedy

    def __len__(self) -> int:
        """Returns the number of records."""
        return self._ends[-1]

    def __getitem__(self, index: int) -> np.ndarray:
        """Reads one record.

        Raises:
            InputError: it cannot be read or decoded; the message names it.
        """
        part = bisect.bisect_right(self._ends, index)
        name, records = self._parts[part]
        place = index - (self._ends[part] - len(records))
        try:
            return images.decode(self._encoded(records[place]), self._min_side)
        except Exception as error:  # The readers raise whatever a damaged file provokes.
            raise InputError(f"{name}, record {place}: {error}; {self._remedy}") from error


def open_tfds(data: ConfigDict, min_sides: Mapping[str, int | None]) -> dict[str, RecordSource]:
    """Opens splits of a TFDS data set.

    Args:
        data: `config.data`.
        min_sides: the splits, each with the `min_side` of `images.decode`.

    Raises:
        InputError: there is no such data set or split, or not as ArrayRecord, or its description is
            damaged.
    """
    # Imported here, since it takes a second that other sources do not need.
    import tensorflow_datasets as tfds

    remedy = (
        "prepare it as ArrayRecord once, and again if it is damaged, where TensorFlow is installed "
        f"(the extra `tfds`): tfds build {data.path} --file_format=array_record"
    )
    try:
        if pathlib.Path(data.path).is_dir():
            builder = tfds.builder_from_directory(data.path)
        else:
            builder = tfds.builder(data.path, file_format="array_record")
        decoders = {"image": tfds.decode.SkipDecoding()}
        return {
            split: RecordSource(
                {
                    f"config.data.path={data.path!r}, {split} split": builder.as_data_source(
                        data[f"{split}_split"], decoders=decoders
                    )
                },
                lambda record: record["image"],
                min_side,
                remedy,
            )
            for split, min_side in min_sides.items()
        }
    except Exception as error:  # TFDS raises whatever a malformed description provokes.
        reason = f"{type(error).__name__}: {error}".partition("\n")[0]
        raise InputError(
            f"config.data.path={data.path!r}: cannot be opened as a TFDS data set ({reason}); "
            f"{remedy}"
        ) from error


def open_array_record(
    data: ConfigDict, min_sides: Mapping[str, int | None]
) -> dict[str, RecordSource]:
    """Opens splits that `scripts/pack_array_record.py` wrote.

    Args:
        data: `config.data`.
        min_sides: the splits, each with the `min_side` of `images.decode`.

    Raises:
        InputError: a split has no file, or files that cannot be opened, which are all named.
    """
    opened: dict[str, RecordSource] = {}
    for split, min_side in min_sides.items():
        files = sorted(pathlib.Path(data.path).glob(f"{split}*.array_record"))
        if not files:
            raise InputError(
                f"config.data.path={data.path!r}: holds no {split}*.array_record; write one with "
                "scripts/pack_array_record.py"
            )
        opened[split] = RecordSource(_open(files), lambda record: record, min_side, _PACK_AGAIN)
    return opened


def _open(files: Iterable[pathlib.Path]) -> dict[str, Any]:
    opened: dict[str, Any] = {}
    problems: list[str] = []
    for file in files:
        try:
            opened[str(file)] = grain.sources.ArrayRecordDataSource([str(file)])
        except Exception as error:  # The reader raises whatever a damaged file provokes.
            problems.append(f"{file}: cannot be opened: {error}; {_PACK_AGAIN}")
    if problems:
        raise InputError("\n".join(problems))
    return opened
