"""Processor time taken, for tests that show how time grows; how long anything takes is never asserted."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable


def least_seconds(work: Callable[[], object], times: int = 3) -> float:
    """Return the least processor time that ``work`` took.

    Without garbage collection, whose cost grows with all that lives.
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
