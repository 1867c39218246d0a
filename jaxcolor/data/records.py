"""Packed data sets: TFDS and ArrayRecord files, read without TensorFlow."""

import pathlib
from collections.abc import Callable, Mapping
from typing import Any

import grain
import numpy as np
from ml_collections import ConfigDict

from jaxcolor import images
from jaxcolor.config import InputError


class RecordSource:
    """Records that hold, or from which `encoded` takes, the bytes of an image file."""

    def __init__(
        self, records: Any, name: str, encoded: Callable[[Any], bytes], min_side: int | None
    ):
        """Takes records.

        Args:
            records: a sequence.
            name: of the sequence, for errors.
            encoded: a record to the bytes of an image file.
            min_side: as of `images.decode`.
        """
        self._records, self._name, self._encoded = records, name, encoded
        self._min_side = min_side

    def __len__(self) -> int:
        """Returns the number of records."""
        return len(self._records)

    def __getitem__(self, index: int) -> np.ndarray:
        """Reads one record.

        Raises:
            InputError: it cannot be decoded; the message names it.
        """
        try:
            return images.decode(self._encoded(self._records[index]), self._min_side)
        except InputError as error:
            raise InputError(f"{self._name}, record {index}: {error}") from error


def open_tfds(data: ConfigDict, min_sides: Mapping[str, int | None]) -> dict[str, RecordSource]:
    """Opens splits of a TFDS data set.

    Args:
        data: `config.data`.
        min_sides: the splits, each with the `min_side` of `images.decode`.

    Raises:
        InputError: there is no such data set or split, or not as ArrayRecord.
    """
    # Imported here, since it takes a second that other sources do not need.
    import tensorflow_datasets as tfds

    try:
        if pathlib.Path(data.path).is_dir():
            builder = tfds.builder_from_directory(data.path)
        else:
            builder = tfds.builder(data.path, file_format="array_record")
        decoders = {"image": tfds.decode.SkipDecoding()}
        return {
            split: RecordSource(
                builder.as_data_source(data[f"{split}_split"], decoders=decoders),
                f"config.data.path={data.path!r}, {split} split",
                lambda record: record["image"],
                min_side,
            )
            for split, min_side in min_sides.items()
        }
    except (tfds.core.DatasetNotFoundError, AssertionError, KeyError, OSError, ValueError) as error:
        reason = f"{type(error).__name__}: {error}".partition("\n")[0]
        raise InputError(
            f"config.data.path={data.path!r}: cannot be opened as a TFDS data set "
            f"({reason}); prepare it as ArrayRecord "
            "once, where TensorFlow is installed (the extra `tfds`): "
            f"tfds build {data.path} --file_format=array_record"
        ) from error


def open_array_record(
    data: ConfigDict, min_sides: Mapping[str, int | None]
) -> dict[str, RecordSource]:
    """Opens splits that `scripts/pack_array_record.py` wrote.

    Args:
        data: `config.data`.
        min_sides: the splits, each with the `min_side` of `images.decode`.

    Raises:
        InputError: a split has no file.
    """
    opened: dict[str, RecordSource] = {}
    for split, min_side in min_sides.items():
        files = sorted(pathlib.Path(data.path).glob(f"{split}*.array_record"))
        if not files:
            raise InputError(
                f"config.data.path={data.path!r}: holds no {split}*.array_record; write one with "
                "scripts/pack_array_record.py"
            )
        records = grain.sources.ArrayRecordDataSource([str(file) for file in files])
        opened[split] = RecordSource(
            records, f"{data.path}/{split}", lambda record: record, min_side
        )
    return opened
