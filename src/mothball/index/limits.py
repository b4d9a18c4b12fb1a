"""Limits on requests to indexes: total time, concurrency and failures by endpoint, and memory for large pages.

**Concurrency.** A server that closes each connection after its response handles every request on a new connection, and
small servers have a short accept queue: 32 simultaneous connections overflow it, connections fail and the index seems
to be unreachable. Therefore each endpoint starts with a low limit, which is lifted once a connection is kept alive.
After a Retry-After response no request is sent until the time is over, and then half as many at a time; the limit grows
by one for every 20 responses.

**Failures.** A circuit breaker stops requests to endpoints that are down, so that not every name waits for the same
failure. A failed request keeps its slot until the host responds or the breaker opens, so that later requests do not
each wait for a timeout.

**Memory.** Otherwise, an index could make each of 32 workers hold a page of 32 MiB.
"""

from __future__ import annotations

import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from mothball.index.project_page import Failed
from mothball.index.urls import Endpoint

# Concurrent requests before a connection was kept alive.
INITIAL_LIMIT = 4
_UNLIMITED = 1_000
_RESPONSES_PER_INCREASE = 20
# Consecutive failed names that open the breaker. Equal to the initial limit, so that an index that accepts connections
# but never responds costs one timeout in total.
FAILURE_THRESHOLD = INITIAL_LIMIT
# Bytes of a body that every worker may hold. Few pages are larger: those of projects with thousands of files.
LARGE = 1024 * 1024
# Number of larger pages in memory at the same time, and of those from one endpoint: the difference is left to other
# indexes, while a slow one holds its slots until the deadline.
MAX_LARGE = 4
MAX_LARGE_OF_ENDPOINT = 3
# How often a waiting thread checks its deadline, in seconds.
_POLL_INTERVAL = 0.5


class Deadline:
    """The time left for a lookup. Shared by the worker that queries the index and the callers that wait for the result.

    Checked before every wait and every chunk of a body, so that a canceled lookup stops soon.
    """

    def __init__(self, seconds: float) -> None:
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


class _EndpointState:
    """Running requests, limits and failures of one endpoint. Times are those of the clock, in seconds."""

    def __init__(self) -> None:
        self.running = 0
        self.limit = INITIAL_LIMIT
        self.paused_until = 0.0
        # The limit after Retry-After, and the responses since then.
        self.retry_after_limit = _UNLIMITED
        self.responses = 0
        self.successes = 0
        self.consecutive_failures = 0
        # The failure that opened the breaker, and until when.
        self.failed: Failed | None = None
        self.open_until = 0.0
        self.large_pages = 0


class RequestLimits:
    """The limits of all endpoints. Thread-safe."""

    def __init__(self, cooldown: float, clock: Callable[[], float] = time.monotonic) -> None:
        """Create limits without requests; the breaker stays open for ``cooldown`` seconds of ``clock``."""
        self._cooldown = cooldown
        self._clock = clock
        # Guards the states; notified when a slot is released.
        self._condition = threading.Condition()
        self._states: defaultdict[Endpoint, _EndpointState] = defaultdict(_EndpointState)

    # --- slots for requests ---

    def acquire(self, endpoint: Endpoint, deadline: Deadline, *, has_waited: bool = False) -> bool:
        """Wait for a slot and take it; return False if the deadline ends first.

        ``has_waited`` skips the pause of ``pause``, for a request that has waited as long itself.
        """
        with self._condition:
            state = self._states[endpoint]

            def seconds_to_wait() -> float:
                pause = 0.0 if has_waited else state.paused_until - self._clock()
                if pause > 0:
                    return min(pause, _POLL_INTERVAL)
                return 0.0 if state.running < self._max_running(state) else _POLL_INTERVAL

            is_free = self._wait(seconds_to_wait, deadline)
            state.running += is_free
            return is_free

    def release(self, endpoint: Endpoint, *, keep_alive: bool | None) -> None:
        """Return a slot; ``keep_alive`` is whether the connection stays open, None if there was no response."""
        with self._condition:
            state = self._states[endpoint]
            state.running -= 1
            if keep_alive is not None:
                state.limit = _UNLIMITED if keep_alive else INITIAL_LIMIT
                state.responses += 1
                if state.responses % _RESPONSES_PER_INCREASE == 0:
                    state.retry_after_limit += 1
            self._condition.notify_all()

    def pause(self, endpoint: Endpoint, seconds: float) -> None:
        """Grant no slot for ``seconds`` and halve the limit, after a Retry-After response of ``endpoint``."""
        with self._condition:
            state = self._states[endpoint]
            now = self._clock()
            if state.paused_until <= now:  # concurrent requests get the same response: halve the limit only once
                state.retry_after_limit = max(1, min(state.running, state.retry_after_limit) // 2)
                state.responses = 0
            state.paused_until = max(state.paused_until, now + seconds)

    def _max_running(self, state: _EndpointState) -> int:
        limit = min(state.limit, state.retry_after_limit)
        if state.consecutive_failures and self._clock() >= state.open_until:
            limit = min(limit, max(1, FAILURE_THRESHOLD - state.consecutive_failures))
        return limit

    def _wait(self, seconds_to_wait: Callable[[], float], deadline: Deadline) -> bool:
        """Wait, with the lock held, until ``seconds_to_wait`` returns 0.0; return False if the deadline ends first."""
        while seconds := seconds_to_wait():
            remaining = deadline.remaining()
            if not remaining:
                return False
            self._condition.wait(min(remaining, seconds))
        return True

    # --- the circuit breaker ---

    def failure(self, endpoint: Endpoint) -> Failed | None:
        """Return the failure that opened the breaker, None if requests are allowed."""
        with self._condition:
            state = self._states[endpoint]
            return state.failed if self._clock() < state.open_until else None

    def open_breaker(self, endpoint: Endpoint, failed: Failed) -> None:
        """Stop requests to ``endpoint``, because no connection is possible."""
        with self._condition:
            state = self._states[endpoint]
            state.failed, state.open_until = failed, self._clock() + self._cooldown

    def record_failure(self, endpoint: Endpoint, failed: Failed) -> None:
        """Count a failed name; ``FAILURE_THRESHOLD`` consecutive ones open the breaker."""
        with self._condition:
            state = self._states[endpoint]
            state.consecutive_failures += 1
            if state.consecutive_failures >= FAILURE_THRESHOLD:
                self.open_breaker(endpoint, failed)

    def record_success(self, endpoint: Endpoint) -> None:
        """Count a response and reset the count of consecutive failures."""
        with self._condition:
            state = self._states[endpoint]
            state.successes += 1
            state.consecutive_failures = 0

    def successes(self, endpoint: Endpoint) -> int:
        """Return the number of responses of ``endpoint``."""
        with self._condition:
            return self._states[endpoint].successes

    # --- slots for large pages ---

    @contextmanager
    def large_page(self, endpoint: Endpoint, deadline: Deadline) -> Iterator[Callable[[], bool]]:
        """Provide a function for the block that reads and decodes a page, to call if it has more than ``LARGE`` bytes.

        The first call waits for a free slot and takes it, which is returned at the end of the block. The function
        returns False if the deadline ends first.
        """
        is_taken = False

        def take() -> bool:
            nonlocal is_taken
            is_taken = is_taken or self._take_large_page(endpoint, deadline)
            return is_taken

        try:
            yield take
        finally:
            if is_taken:
                with self._condition:
                    self._states[endpoint].large_pages -= 1
                    self._condition.notify_all()

    def _take_large_page(self, endpoint: Endpoint, deadline: Deadline) -> bool:
        def seconds_to_wait() -> float:
            of_all = sum(state.large_pages for state in self._states.values())
            is_full = self._states[endpoint].large_pages == MAX_LARGE_OF_ENDPOINT or of_all == MAX_LARGE
            return _POLL_INTERVAL if is_full else 0.0

        with self._condition:
            is_free = self._wait(seconds_to_wait, deadline)
            self._states[endpoint].large_pages += is_free
            return is_free
