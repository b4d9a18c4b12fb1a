"""Stop requests to endpoints that are down, so that not every name waits for the same failure."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from mothball.index.project_page import Failed
from mothball.index.urls import Endpoint

# Consecutive failed names that open the breaker. Equal to concurrency_limit.INITIAL_LIMIT: with ``allowed_requests``,
# an index that accepts connections but never responds costs one timeout in total.
FAILURE_THRESHOLD = 4


class CircuitBreaker:
    """Tracks failures per endpoint. Thread-safe."""

    def __init__(self, cooldown: float, clock: Callable[[], float] = time.monotonic) -> None:
        """Create a breaker that stays open for ``cooldown`` seconds of ``clock``."""
        self._cooldown = cooldown
        self._clock = clock
        self._lock = threading.Lock()
        self._open: dict[Endpoint, tuple[Failed, float]] = {}
        self._successes: dict[Endpoint, int] = {}
        self._consecutive_failures: dict[Endpoint, int] = {}

    def open(self, endpoint: Endpoint, failed: Failed) -> None:
        """Stop requests to ``endpoint``, because no connection is possible."""
        with self._lock:
            self._open[endpoint] = (failed, self._clock() + self._cooldown)

    def record_failure(self, endpoint: Endpoint, failed: Failed) -> None:
        """Count a failed name; ``FAILURE_THRESHOLD`` consecutive ones open the breaker."""
        with self._lock:
            self._consecutive_failures[endpoint] = self._consecutive_failures.get(endpoint, 0) + 1
            if self._consecutive_failures[endpoint] >= FAILURE_THRESHOLD:
                self._open[endpoint] = (failed, self._clock() + self._cooldown)

    def record_success(self, endpoint: Endpoint) -> None:
        """Count a response and reset the count of consecutive failures."""
        with self._lock:
            self._successes[endpoint] = self._successes.get(endpoint, 0) + 1
            self._consecutive_failures[endpoint] = 0

    def successes(self, endpoint: Endpoint) -> int:
        """Return the number of responses of ``endpoint``."""
        with self._lock:
            return self._successes.get(endpoint, 0)

    def allowed_requests(self, endpoint: Endpoint) -> int | None:
        """Return the limit of concurrent requests after consecutive failures, None if there is no limit.

        A failed request keeps its slot until the host responds or the breaker opens, so that later requests do not each
        wait for a timeout.
        """
        with self._lock:
            failures = self._consecutive_failures.get(endpoint, 0)
        if failures == 0 or self.failure(endpoint) is not None:
            return None
        return max(1, FAILURE_THRESHOLD - failures)

    def failure(self, endpoint: Endpoint) -> Failed | None:
        """Return the failure that opened the breaker, None if requests are allowed."""
        with self._lock:
            failed, until = self._open.get(endpoint, (None, 0.0))
        return failed if self._clock() < until else None
