"""How many requests an endpoint gets at a time, and when.

A server that closes each connection after its answer takes every request as a new caller, and a simple one lets few
wait in line: 32 at once overflow it, connections are lost, and an index that is up looks down. So every endpoint is
asked by a few at first, and by all once it has shown that it keeps connections open. One that asks us to wait
(Retry-After) is asked by nobody until then, and after that by half as many; one more for each score of answers.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from mothball.index.deadline import Deadline
from mothball.index.urls import Endpoint

CAREFUL = 4
_ALL = 1_000
_TRUST = 20
# How long to wait before looking whether anybody still wants the answer, in seconds.
_LOOK_UP = 0.5


def _no_limit(_: Endpoint) -> None:
    """Limit nobody."""


class _HostSlots:
    """The way to one endpoint: how many are inside and may be, and from when on (monotonic) anybody may enter."""

    def __init__(self) -> None:
        """Let a few in."""
        self.inside = 0
        self.limit = CAREFUL
        self.closed_until = 0.0
        # Of an endpoint that has asked us to wait: how many may be inside, and what it has answered since the last.
        self.polite_limit = _ALL
        self.answers = 0


class ConcurrencyLimit:
    """Lets requests through to endpoints; shared by all threads."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """Measure how long endpoints ask to wait by ``clock`` (seconds)."""
        self._clock = clock
        self._turn = threading.Condition()
        self._doors: dict[Endpoint, _HostSlots] = {}

    def enter(
        self,
        endpoint: Endpoint,
        patience: Deadline,
        *,
        has_waited: bool = False,
        room: Callable[[Endpoint], int | None] = _no_limit,
    ) -> bool:
        """Wait for a place at ``endpoint`` and take it; return False, without one, when patience ends first.

        Who ``has_waited`` as long as the endpoint asked for need not wait for it again. ``room`` tells how many may be
        inside for reasons of its own, at least one; it is asked whenever somebody has left.
        """
        with self._turn:
            door = self._doors.setdefault(endpoint, _HostSlots())
            while True:
                closed_for = 0.0 if has_waited else door.closed_until - self._clock()
                if closed_for <= 0 and door.inside < min(door.limit, door.polite_limit, room(endpoint) or _ALL):
                    door.inside += 1
                    return True
                left = patience.remaining()
                if not left:
                    return False
                self._turn.wait(min(left, _LOOK_UP, closed_for if closed_for > 0 else _LOOK_UP))

    def hold(self, endpoint: Endpoint, seconds: float) -> None:
        """Let nobody in for ``seconds``, and fewer from then on: ``endpoint`` has asked for it."""
        with self._turn:
            door = self._doors.setdefault(endpoint, _HostSlots())
            now = self._clock()
            if door.closed_until <= now:  # those who were inside together are told together, and that is one word
                door.polite_limit = max(1, min(door.inside, door.polite_limit) // 2)
                door.answers = 0
            door.closed_until = max(door.closed_until, now + seconds)

    def leave(self, endpoint: Endpoint, *, keeps_open: bool | None) -> None:
        """Give the place back; ``keeps_open`` says whether the connection stays open, None that there was no answer."""
        with self._turn:
            door = self._doors[endpoint]
            door.inside -= 1
            if keeps_open is not None:
                door.limit = _ALL if keeps_open else CAREFUL
                door.answers += 1
                if door.answers % _TRUST == 0:
                    door.polite_limit += 1
            self._turn.notify_all()
