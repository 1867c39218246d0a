"""The metrics of the latest steps, and how fast they went."""

import time
from collections.abc import Iterator
from typing import Any

import jax
import numpy as np

# Steps that may wait for the devices: enough to keep them busy, and few enough to stop soon.
_STEPS_AHEAD = 2

NOT_FINITE_HINT = (
    "checkpoints of earlier steps are intact. Start again in another --workdir with lower learning "
    "rates, or in float32"
)


class History:
    """The metrics of the steps since the last report, fetched from the devices only then."""

    def __init__(self, examples: int):
        """Starts without steps, each of which uses up so many examples."""
        self._examples = examples
        self._steps: list[tuple[int, dict[str, jax.Array]]] = []
        self._start: float | None = None
        self._waited = 0.0

    def restart_clock(self) -> None:
        """Leaves out of the speed what happened since the last step."""
        self._start, self._timed, self._waited = time.perf_counter(), 0, 0.0

    def take(self, batches: Iterator[Any]) -> Any:
        """Returns the next batch, and notes how long it was waited for."""
        asked = time.perf_counter()
        batch = next(batches)
        self._waited += time.perf_counter() - asked
        return batch

    def append(self, step: int, metrics: dict[str, jax.Array]) -> None:
        """Notes a step's metrics; waits for earlier steps where too many are under way."""
        if len(self._steps) >= _STEPS_AHEAD:
            jax.block_until_ready(self._steps[-_STEPS_AHEAD])
        self._steps.append((step, metrics))
        if self._start is None:  # The first step's time went into compiling it.
            self.restart_clock()
        else:
            self._timed += 1

    def drain(self) -> dict[str, float]:
        """Returns the average of each metric, and how fast it went.

        "speed/images_per_second", and "speed/waiting_for_data", the share of the time in which the
        next batch was not ready.

        Returns:
            Nothing if there was no step.

        Raises:
            FloatingPointError: a metric of some step is not finite.
        """
        if not self._steps:
            return {}
        fetched = jax.device_get(self._steps)
        for step, metrics in fetched:
            for name, value in metrics.items():
                if not np.isfinite(value):
                    raise FloatingPointError(f"step {step}: {name} is {value}; {NOT_FINITE_HINT}")
        means = {name: float(np.mean([m[name] for _, m in fetched])) for name in fetched[0][1]}
        if self._start is not None and self._timed:
            seconds = time.perf_counter() - self._start
            means["speed/images_per_second"] = self._timed * self._examples / seconds
            means["speed/waiting_for_data"] = self._waited / seconds
        self._steps.clear()
        self.restart_clock()
        return means
