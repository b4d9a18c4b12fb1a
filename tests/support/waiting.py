"""Wait for a condition; no other test module sleeps."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

LIMIT = 20.0
Result = TypeVar("Result")


def wait_until(
    condition: Callable[[], Result], what: str = "the condition holds", seconds: float = LIMIT, every: float = 0.01
) -> Result:
    """Call ``condition`` until its result is true, and return that; fail after ``seconds``."""
    deadline = time.monotonic() + seconds
    while not (result := condition()):
        assert time.monotonic() < deadline, f"not within {seconds:g} s: {what}"
        time.sleep(every)
    return result
