"""What a run tells while it goes: progress, scalars, sample sheets."""

import pathlib

import numpy as np
from tensorboardX import SummaryWriter
from tqdm import tqdm

from jaxcolor import images


class Summary:
    """Writes to the terminal, to event files in `WORKDIR/events` and to `WORKDIR/samples`."""

    def __init__(self, workdir: pathlib.Path, step: int, num_steps: int, enabled: bool):
        """Starts to report.

        Args:
            workdir: of the run.
            step: steps done; later events of a run that was cut off are marked as void.
            num_steps: steps of the whole run.
            enabled: whether this process reports; of several, only the first does.
        """
        self._workdir = workdir
        self._enabled = enabled
        hidden = None if enabled else True  # None: unless a terminal shows it.
        self._bar = tqdm(total=num_steps, initial=step, unit="step", disable=hidden)
        if enabled:
            self._writer = SummaryWriter(str(workdir / "events"), purge_step=step + 1)

    def message(self, text: str) -> None:
        """Prints a line without breaking the progress bar."""
        if self._enabled:
            tqdm.write(text)

    def advance(self) -> None:
        """Moves the progress bar by one step."""
        self._bar.update()

    def scalars(self, step: int, values: dict[str, float], prefix: str = "") -> None:
        """Writes scalars and prints them on one line."""
        if not self._enabled:
            return
        for name, value in values.items():
            self._writer.add_scalar(prefix + name, value, step)
        listing = "  ".join(f"{name} {value:.5g}" for name, value in values.items())
        self.message(f"step {step}  {prefix}{listing}")

    def sheet(self, step: int, rows: list[np.ndarray]) -> None:
        """Writes a sample sheet as PNG and as event image.

        Args:
            step: steps done.
            rows: each `[N, H, W, 3]` uint8: gray, output, truth.
        """
        if not self._enabled:
            return
        picture = images.sheet(rows)
        images.write(self._workdir / "samples" / f"step_{step:07d}.png", picture)
        self._writer.add_image("samples", picture, step, dataformats="HWC")

    def flush(self) -> None:
        """Brings the event files up to date."""
        if self._enabled:
            self._writer.flush()

    def close(self) -> None:
        """Ends the report."""
        self._bar.close()
        if self._enabled:
            self._writer.close()
