"""How many requests an endpoint gets at a time.

A server that closes each connection after its answer takes every request as a new caller, and a simple one lets few
wait in line: 32 at once overflow it, connections are lost, and an index that is up looks down. So every endpoint is
asked by a few at first, and by all once it has shown that it keeps connections open.
"""

from __future__ import annotations

import threading

from mothball.index.patience import Patience
from mothball.index.urls import Endpoint

CAREFUL = 4
# How long to wait before looking whether anybody still wants the answer, in seconds.
_LOOK_UP = 0.5


class Gate:
    """Lets requests through to endpoints; shared by all threads."""

    def __init__(self) -> None:
        """Know no endpoint yet."""
        self._turn = threading.Condition()
        self._inside: dict[Endpoint, int] = {}
        self._open: set[Endpoint] = set()
        self._answered: set[Endpoint] = set()

    def enter(self, endpoint: Endpoint, patience: Patience) -> bool:
        """Wait for a place at ``endpoint`` and take it; return False, without one, when patience ends first."""
        with self._turn:
            while endpoint not in self._open and self._inside.get(endpoint, 0) >= CAREFUL:
                left = patience.remaining()
                if not left:
                    return False
                self._turn.wait(min(left, _LOOK_UP))
            self._inside[endpoint] = self._inside.get(endpoint, 0) + 1
            return True

    def leave(self, endpoint: Endpoint, *, answered: bool, keeps_open: bool) -> None:
        """Give the place back, and say whether there was an answer, and whether its connection stays open."""
        with self._turn:
            self._inside[endpoint] -= 1
            if answered:
                self._answered.add(endpoint)
                (self._open.add if keeps_open else self._open.discard)(endpoint)
            self._turn.notify_all()

    def has_answered(self, endpoint: Endpoint) -> bool:
        """Return whether ``endpoint`` has ever answered."""
        return endpoint in self._answered
