"""Reads the scalars back that a run wrote for TensorBoard."""

import pathlib
import struct
from collections import defaultdict

from tensorboardX.proto import event_pb2


def scalars(folder: pathlib.Path) -> dict[str, dict[int, float]]:
    """Returns, by name and step, the scalars of all event files in a folder."""
    found: dict[str, dict[int, float]] = defaultdict(dict)
    for path in sorted(folder.iterdir()):
        data = path.read_bytes()
        while data:  # length, its checksum, the event, its checksum
            (length,) = struct.unpack_from("<Q", data)
            event = event_pb2.Event.FromString(data[12 : 12 + length])
            data = data[16 + length :]
            for value in event.summary.value:
                if value.HasField("simple_value"):
                    found[value.tag][event.step] = value.simple_value
    return found
