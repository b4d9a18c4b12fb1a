"""Limit the memory for large pages: otherwise, an index could make each of 32 workers hold a page of 32 MiB."""

from __future__ import annotations

import threading

from mothball.index.deadline import Deadline

# Bytes of a body that every worker may hold. Few pages are larger: those of projects with thousands of files.
LARGE = 1024 * 1024
# Number of larger pages in memory at the same time.
MAX_LARGE = 3
# How often a waiting worker checks its deadline, in seconds.
_POLL_INTERVAL = 0.5


class LargePages:
    """Grants slots for pages of more than ``LARGE`` bytes. Thread-safe."""

    def __init__(self) -> None:
        """Create ``MAX_LARGE`` free slots."""
        self._slots = threading.BoundedSemaphore(MAX_LARGE)

    def acquire(self, deadline: Deadline) -> bool:
        """Wait for a slot and take it; return False if the deadline ends first."""
        while remaining := deadline.remaining():
            if self._slots.acquire(timeout=min(remaining, _POLL_INTERVAL)):
                return True
        return False

    def release(self) -> None:
        """Return a slot, when the page is no longer in memory."""
        self._slots.release()
