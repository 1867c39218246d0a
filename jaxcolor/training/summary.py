"""Reports of a run: progress, scalars, sample sheets."""

import collections
import contextlib
import pathlib
import struct
import sys
import time
from collections.abc import Iterator

import numpy as np
from tensorboardX import summary as protos
from tensorboardX.event_file_writer import EventsWriter
from tensorboardX.proto.event_pb2 import Event, SessionLog
from tqdm import tqdm

from jaxcolor import images
from jaxcolor.config import InputError


def read_scalars(workdir: pathlib.Path) -> dict[str, list[tuple[int, float]]]:
    """Reads the scalars that a run has written.

    Args:
        workdir: of the run.

    Returns:
        For each scalar, "G_L1", "validation/PSNR" and so on, its steps and values in order; of
        repeated steps, the later ones. A truncated record ends its file.
    """
    found: dict[str, dict[int, float]] = collections.defaultdict(dict)
    for path in sorted((workdir / "events").glob("*")):
        data = path.read_bytes()
        start = 0
        while len(data) - start > 16:  # length, its checksum, the event, its checksum
            (length,) = struct.unpack_from("<Q", data, start)
            end = start + 16 + length
            if len(data) < end:
                break
            event = Event.FromString(data[start + 12 : end - 4])
            start = end
            for value in event.summary.value:
                if value.HasField("simple_value"):
                    found[value.tag][event.step] = value.simple_value
    return {name: sorted(values.items()) for name, values in found.items()}


class Summary:
    """Writes to the terminal, to event files in `WORKDIR/events` and to `WORKDIR/samples`.

    Every method that writes raises `InputError` if the disk does not take it. So the
    events are written in the same thread: a failure of tensorboardX's own `SummaryWriter`, which
    has its own, is silent.
    """

    def __init__(self, workdir: pathlib.Path, step: int, num_steps: int, enabled: bool):
        """Starts to report.

        Args:
            workdir: of the run.
            step: steps done; later events of an interrupted run are marked as void.
            num_steps: steps of the whole run.
            enabled: whether this process reports; of several, only the first does.
        """
        self._workdir = workdir
        self._enabled = enabled
        self._width = len(str(num_steps))
        hidden = None if enabled else True  # None: unless a terminal shows it.
        self._bar = tqdm(total=num_steps, initial=step, unit="step", disable=hidden)
        if enabled:
            with self._writing():
                (workdir / "events").mkdir(exist_ok=True)
                self._events = EventsWriter(str(workdir / "events" / "events"), f".{step}")
                self._add(step + 1, session_log=SessionLog(status=SessionLog.START))

    def message(self, text: str) -> None:
        """Prints a line without breaking the progress bar."""
        if self._enabled:
            tqdm.write(text)
            sys.stdout.flush()  # A log file should show it now, not when a buffer is full.

    def advance(self) -> None:
        """Advances the progress bar by one step."""
        self._bar.update()

    def scalars(self, step: int, values: dict[str, float], prefix: str = "") -> None:
        """Writes scalars and prints them on one line, those of the same names below each other."""
        if not self._enabled:
            return
        listing = "  ".join(f"{name} {value:<10.5g}" for name, value in values.items())
        self.message(f"step {step:<{self._width}}  {prefix}{listing}".rstrip())
        with self._writing():
            for name, value in values.items():
                self._add(step, summary=protos.scalar(prefix + name, value))
            self._events.flush()

    def sheet(self, step: int, rows: list[np.ndarray]) -> None:
        """Writes a sample sheet as PNG and as event image.

        Args:
            step: steps done.
            rows: each `[N, H, W, 3]` uint8: gray, output, truth.
        """
        if not self._enabled:
            return
        picture = images.sheet(rows)
        with self._writing():
            images.write(self._workdir / "samples" / f"step_{step:07d}.png", picture)
            self._add(step, summary=protos.image("samples", picture, dataformats="HWC"))
            self._events.flush()

    def close(self) -> None:
        """Ends the report."""
        self._bar.close()
        if self._enabled:
            with self._writing():
                self._events.close()

    def _add(self, step: int, **content: object) -> None:
        self._events.write_event(Event(step=step, wall_time=time.time(), **content))

    @contextlib.contextmanager
    def _writing(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise InputError(
                f"{self._workdir}: cannot be written to: {error.strerror}; the last checkpoint is "
                "intact. Free disk space or fix the permissions, and start again to resume"
            ) from error
