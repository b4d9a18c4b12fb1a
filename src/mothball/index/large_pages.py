"""Limit the memory for large pages: otherwise, an index could make each of 32 workers hold a page of 32 MiB."""

from __future__ import annotations

import threading
from collections import Counter
from types import TracebackType
from typing import Self

from mothball.index.deadline import Deadline
from mothball.index.urls import Endpoint

# Bytes of a body that every worker may hold. Few pages are larger: those of projects with thousands of files.
LARGE = 1024 * 1024
# Number of larger pages in memory at the same time, and of those from one endpoint: the difference is left to other
# indexes, while a slow one holds its slots until the deadline.
MAX_LARGE = 4
MAX_LARGE_OF_ENDPOINT = 3
# How often a waiting worker checks its deadline, in seconds.
_POLL_INTERVAL = 0.5


class LargePages:
    """The slots for pages of more than ``LARGE`` bytes. Thread-safe."""

    def __init__(self) -> None:
        """Create ``MAX_LARGE`` free slots."""
        self._condition = threading.Condition()
        self._taken: Counter[Endpoint] = Counter()

    def slot(self, endpoint: Endpoint) -> LargePageSlot:
        """Return a slot for one page of ``endpoint``, which is not taken yet."""
        return LargePageSlot(self, endpoint)

    def take(self, endpoint: Endpoint, deadline: Deadline) -> bool:
        """Wait for a free slot and take it; return False if the deadline ends first."""
        with self._condition:
            while self._taken[endpoint] == MAX_LARGE_OF_ENDPOINT or self._taken.total() == MAX_LARGE:
                remaining = deadline.remaining()
                if not remaining:
                    return False
                self._condition.wait(min(remaining, _POLL_INTERVAL))
            self._taken[endpoint] += 1
            return True

    def release(self, endpoint: Endpoint) -> None:
        """Return a slot that ``endpoint`` has taken."""
        with self._condition:
            self._taken[endpoint] -= 1
            self._condition.notify_all()


class LargePageSlot:
    """A context manager around reading and decoding a page: it returns the slot at the end, if the page was large."""

    def __init__(self, pages: LargePages, endpoint: Endpoint) -> None:
        """Create a slot that is not taken; see ``LargePages.slot``."""
        self._pages = pages
        self._endpoint = endpoint
        self._is_taken = False

    def take(self, deadline: Deadline) -> bool:
        """Wait for a free slot and take it, once; return False if the deadline ends first."""
        self._is_taken = self._is_taken or self._pages.take(self._endpoint, deadline)
        return self._is_taken

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, _type: type[BaseException] | None, _value: BaseException | None, _traceback: TracebackType | None
    ) -> None:
        if self._is_taken:
            self._is_taken = False
            self._pages.release(self._endpoint)
