"""Which endpoints are down, so that one failure, or a few in a row, speak for all names."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from mothball.index.page_request import Failed
from mothball.index.urls import Endpoint

# So many names in a row that failed for good, without an answer in between, are no accident. As many as are let in at
# first (gate.CAREFUL), and nobody is let in for those that failed (``room``): an index that takes connections and says
# nothing costs one wait in all.
ENOUGH = 4


class CircuitBreaker:
    """The endpoints that are not asked for a while. Shared by all threads."""

    def __init__(self, rest: float, clock: Callable[[], float] = time.monotonic) -> None:
        """Take an endpoint that failed to be down for ``rest`` seconds of ``clock``."""
        self._rest = rest
        self._clock = clock
        self._lock = threading.Lock()
        self._down: dict[Endpoint, tuple[Failed, float]] = {}
        self._answers: dict[Endpoint, int] = {}
        self._in_a_row: dict[Endpoint, int] = {}

    def trip(self, endpoint: Endpoint, failed: Failed) -> None:
        """Remember that ``endpoint`` is down: it cannot be connected to."""
        with self._lock:
            self._down[endpoint] = (failed, self._clock() + self._rest)

    def failed(self, endpoint: Endpoint, failed: Failed) -> None:
        """Count a name that could not be learnt at ``endpoint``; after a few in a row it is taken to be down."""
        with self._lock:
            self._in_a_row[endpoint] = self._in_a_row.get(endpoint, 0) + 1
            if self._in_a_row[endpoint] >= ENOUGH:
                self._down[endpoint] = (failed, self._clock() + self._rest)

    def answered(self, endpoint: Endpoint) -> None:
        """Remember that ``endpoint`` is up."""
        with self._lock:
            self._answers[endpoint] = self._answers.get(endpoint, 0) + 1
            self._in_a_row[endpoint] = 0

    def answers(self, endpoint: Endpoint) -> int:
        """Return how many times ``endpoint`` has answered."""
        with self._lock:
            return self._answers.get(endpoint, 0)

    def has_answered(self, endpoint: Endpoint) -> bool:
        """Return whether ``endpoint`` has ever answered."""
        return self.answers(endpoint) > 0

    def room(self, endpoint: Endpoint) -> int | None:
        """Return how many may ask ``endpoint`` at a time after failures in a row; None where nothing limits them.

        Who fails leaves a place that nobody takes, until there is an answer or the endpoint is found to be down;
        otherwise the next names would walk into the same wait, one for each that comes out of it.
        """
        with self._lock:
            in_a_row = self._in_a_row.get(endpoint, 0)
        return None if in_a_row == 0 or self.failure(endpoint) is not None else max(1, ENOUGH - in_a_row)

    def failure(self, endpoint: Endpoint) -> Failed | None:
        """Return how ``endpoint`` failed; None where nothing speaks against asking it."""
        with self._lock:
            failed, until = self._down.get(endpoint, (None, 0.0))
        return failed if self._clock() < until else None
