"""Signals that end a run: it saves first."""

import signal
from types import FrameType, TracebackType
from typing import Self

_SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


class Interruption:
    """Notes SIGTERM, SIGINT (Ctrl-C) and SIGHUP (a closed terminal) while the block runs.

    Until `defer` is called they end the program. What was ignored before, as SIGHUP is under
    nohup, stays ignored. A second Ctrl-C ends the process at once, whatever it is doing.

    Attributes:
        name: of the signal that came, such as "SIGTERM"; empty before.
    """

    def __init__(self) -> None:
        """Starts without a signal."""
        self.name = ""
        self._deferred = False

    def defer(self) -> None:
        """Leaves it to the loop to stop."""
        self._deferred = True

    def __enter__(self) -> Self:
        """Takes the signals."""
        self._previous = {
            number: signal.signal(number, self._note)
            for number in _SIGNALS
            if signal.getsignal(number) is not signal.SIG_IGN
        }
        return self

    def _note(self, number: int, _: FrameType | None) -> None:
        self.name = signal.Signals(number).name
        if number == signal.SIGINT:
            signal.signal(number, signal.SIG_DFL)
        if not self._deferred:
            raise SystemExit(128 + number)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Gives the signals back."""
        for number, handler in self._previous.items():
            signal.signal(number, handler)
