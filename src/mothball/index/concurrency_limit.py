"""Limit the number of concurrent requests per endpoint, and delay them after ``Retry-After``.

A server that closes each connection after its response handles every request on a new connection, and small servers
have a short accept queue: 32 simultaneous connections overflow it, connections fail and the index seems to be
unreachable. Therefore each endpoint starts with a low limit, which is lifted once a connection is kept alive. After a
Retry-After response no request is sent until the time is over, and then half as many at a time; the limit grows by one
for every 20 responses.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from mothball.index.deadline import Deadline
from mothball.index.urls import Endpoint

INITIAL_LIMIT = 4
_UNLIMITED = 1_000
_RESPONSES_PER_INCREASE = 20
# How often a waiting request checks its deadline, in seconds.
_POLL_INTERVAL = 0.5


def _no_limit(_: Endpoint) -> None:
    return None


class _HostSlots:
    """The state of one endpoint: running requests, limits, and the time (monotonic) until which it is paused."""

    def __init__(self) -> None:
        self.running = 0
        self.limit = INITIAL_LIMIT
        self.paused_until = 0.0
        # The limit after Retry-After, and the responses since then.
        self.retry_after_limit = _UNLIMITED
        self.responses = 0


class ConcurrencyLimit:
    """Grants slots for requests, per endpoint. Thread-safe."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """Create a limit without requests; ``clock`` returns seconds."""
        self._clock = clock
        self._condition = threading.Condition()
        self._slots: dict[Endpoint, _HostSlots] = {}

    def acquire(
        self,
        endpoint: Endpoint,
        deadline: Deadline,
        *,
        has_waited: bool = False,
        allowed_requests: Callable[[Endpoint], int | None] = _no_limit,
    ) -> bool:
        """Wait for a slot and take it; return False if the deadline ends first.

        ``has_waited`` skips the pause of ``pause``, for a request that has waited as long itself. ``allowed_requests``
        returns a further limit of at least one, or None; it is called again after each released slot.
        """
        with self._condition:
            slots = self._slots.setdefault(endpoint, _HostSlots())
            while True:
                pause = 0.0 if has_waited else slots.paused_until - self._clock()
                limit = min(slots.limit, slots.retry_after_limit, allowed_requests(endpoint) or _UNLIMITED)
                if pause <= 0 and slots.running < limit:
                    slots.running += 1
                    return True
                remaining = deadline.remaining()
                if not remaining:
                    return False
                self._condition.wait(min(remaining, _POLL_INTERVAL, pause if pause > 0 else _POLL_INTERVAL))

    def pause(self, endpoint: Endpoint, seconds: float) -> None:
        """Grant no slot for ``seconds`` and halve the limit, after a Retry-After response of ``endpoint``."""
        with self._condition:
            slots = self._slots.setdefault(endpoint, _HostSlots())
            now = self._clock()
            if slots.paused_until <= now:  # concurrent requests get the same response: halve the limit only once
                slots.retry_after_limit = max(1, min(slots.running, slots.retry_after_limit) // 2)
                slots.responses = 0
            slots.paused_until = max(slots.paused_until, now + seconds)

    def release(self, endpoint: Endpoint, *, keep_alive: bool | None) -> None:
        """Return a slot; ``keep_alive`` is whether the connection stays open, None if there was no response."""
        with self._condition:
            slots = self._slots[endpoint]
            slots.running -= 1
            if keep_alive is not None:
                slots.limit = _UNLIMITED if keep_alive else INITIAL_LIMIT
                slots.responses += 1
                if slots.responses % _RESPONSES_PER_INCREASE == 0:
                    slots.retry_after_limit += 1
            self._condition.notify_all()
