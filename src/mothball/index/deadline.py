"""How long a question may still take."""

from __future__ import annotations

import threading
import time


class Deadline:
    """The time that is left, shared by the thread that asks and those that wait for the answer.

    Every wait and every chunk of a body looks here, so that nothing is asked or read on after everybody has gone.
    """

    def __init__(self, seconds: float) -> None:
        """Start with ``seconds``."""
        self._end = time.monotonic() + seconds
        self._given_up = threading.Event()

    def extend(self, seconds: float) -> None:
        """Be patient for at least ``seconds`` from now: somebody else waits for the same answer."""
        self._end = max(self._end, time.monotonic() + seconds)

    def give_up(self) -> None:
        """Have no patience left; wakes who pauses."""
        self._given_up.set()

    def remaining(self) -> float:
        """Return the seconds that are left; 0.0 when there are none."""
        return 0.0 if self._given_up.is_set() else max(0.0, self._end - time.monotonic())

    def pause(self, seconds: float) -> None:
        """Wait ``seconds``, or until somebody gives up."""
        self._given_up.wait(seconds)
