"""A clock that tests set."""

from __future__ import annotations


class Clock:
    """Replace ``time.monotonic``: return ``seconds``."""

    def __init__(self) -> None:
        self.seconds = 1000.0

    def __call__(self) -> float:
        return self.seconds
