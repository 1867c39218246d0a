"""How the processes of a run end together if one of them fails.

The others cannot notice by themselves: they wait for it in a computation that never ends. So the
first one that fails says so in the key-value store of JAX's coordination service, which a thread
of every process looks at. A process that is killed says nothing; the computation breaks off, or
the service misses its heartbeat (`parallel.set_up`).
"""

import contextlib
import os
import sys
import threading
import time
from types import TracebackType
from typing import Any, NoReturn, Self

import jax
from jax._src import distributed  # The store has no public name; Orbax takes it from here, too.

_FOLDER = "jaxcolor"
_CLAIM, _REPORT = f"{_FOLDER}/claim", f"{_FOLDER}/report"
_SECONDS_BETWEEN_LOOKS = 1.0
_SECONDS_TO_SAVE = 600
_SECONDS_TO_MEET = 10
_SECONDS_TO_LEAVE = 3


class Processes:
    """The processes of a run while the block runs; of a single one there is nothing to do.

    If the block fails on one of them, the others print its error and end with exit code 1,
    wherever they are.

    Attributes:
        is_failing: whether this process failed first, so that it saves without the others.
    """

    def __init__(self) -> None:
        """Takes the processes that `parallel.set_up` joined."""
        self._client = distributed.global_state.client
        self._end = threading.Event()
        self.is_failing = False
        self._outcome = ""

    def claim(self) -> bool:
        """Tells the others to wait for this process's end.

        Returns:
            Whether no other process did so before.
        """
        if self._client is None or self.is_failing:
            return True
        try:
            self._client.key_value_set(_CLAIM, str(jax.process_index()))
        except jax.errors.JaxRuntimeError:  # There is one already, or no service any more.
            return False
        self.is_failing = True
        return True

    def report(self, outcome: str) -> None:
        """Prints what the failure costs, and notes it for the other processes."""
        self._outcome = outcome
        print(outcome, flush=True)

    def __enter__(self) -> Self:
        """Begins to look for failures of others."""
        if self._client is not None:
            threading.Thread(target=self._look, args=(self._client,), daemon=True).start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Tells the others of a failure, and waits until they know."""
        self._end.set()
        if self._client is not None and error is not None:
            if self.claim():
                message = f"process {jax.process_index()} failed: {error or kind}\n{self._outcome}"
                self._client.key_value_set(_REPORT, message.strip())
            _meet(self._client)

    def _look(self, client: Any) -> None:
        while not self._end.wait(_SECONDS_BETWEEN_LOOKS):
            found = dict(client.key_value_dir_get(_FOLDER))
            if _REPORT in found and not self.is_failing:
                print(f"error: {found[_REPORT]}", file=sys.stderr, flush=True)
                _meet(client)
                os._exit(1)


def _meet(client: Any) -> None:
    """Waits until every process knows of the failure, but not long for those that are dead."""
    with contextlib.suppress(jax.errors.JaxRuntimeError):
        # Process 0, which keeps the store, must not leave while another one saves.
        client.blocking_key_value_get(_REPORT, 1000 * _SECONDS_TO_SAVE)
        client.wait_at_barrier(f"{_FOLDER}/end", 1000 * _SECONDS_TO_MEET)
        if jax.process_index() == 0:  # JAX aborts the others as soon as it leaves.
            time.sleep(_SECONDS_TO_LEAVE)


def stop(message: str) -> NoReturn:
    """Ends the program with an error message, and does not wait for processes that are dead."""
    if jax.distributed.is_initialized():
        print(f"error: {message}", file=sys.stderr, flush=True)
        os._exit(1)
    sys.exit(f"error: {message}")
