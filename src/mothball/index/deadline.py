"""A deadline that several threads share, which can be extended and canceled."""

from __future__ import annotations

import threading
import time


class Deadline:
    """The time left for a lookup. Shared by the worker that queries the index and the callers that wait for the result.

    Checked before every wait and every chunk of a body, so that a canceled lookup stops soon.
    """

    def __init__(self, seconds: float) -> None:
        """Create a deadline ``seconds`` from now."""
        self._end = time.monotonic() + seconds
        self._canceled = threading.Event()

    def extend(self, seconds: float) -> None:
        """Move the deadline to at least ``seconds`` from now."""
        self._end = max(self._end, time.monotonic() + seconds)

    def cancel(self) -> None:
        """Leave no time, and wake up threads in ``wait``."""
        self._canceled.set()

    def remaining(self) -> float:
        """Return the remaining seconds, 0.0 after the deadline or ``cancel``."""
        return 0.0 if self._canceled.is_set() else max(0.0, self._end - time.monotonic())

    def wait(self, seconds: float) -> None:
        """Wait ``seconds``, or until ``cancel``."""
        self._canceled.wait(seconds)
