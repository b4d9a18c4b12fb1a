"""Processor time, for tests that compare the growth of time; absolute times are never asserted."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable


def least_seconds(work: Callable[[], object], times: int = 3) -> float:
    """Return the least processor time that ``work`` took.

    Garbage collection is disabled, since its cost grows with the number of live objects.
    """
    taken = []
    gc.disable()
    try:
        for _ in range(times):
            begin = time.process_time()
            work()
            taken.append(time.process_time() - begin)
    finally:
        gc.enable()
    return min(taken)
