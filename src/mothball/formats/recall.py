"""What texts were made into, remembered as long as they are read again and again: as an editor does at every keystroke.

A memory of the least recently used would hold every version that somebody has typed, until it is full. This one lets go
of what nobody reads any more.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

# So many texts are kept, twice, and none that is longer, in code points: some megabytes, whatever is read.
KEPT_TEXTS = 2048
MAX_KEPT_LENGTH = 200
# So often are texts asked for before those are let go of that were not among them.
ROUND = 5000

Made = TypeVar("Made")


class Recall(Generic[Made]):
    """A pure function of a text, and what it made of those that were asked for last. For any thread."""

    __slots__ = ("_before", "_left", "_make", "_now")

    def __init__(self, make: Callable[[str], Made]) -> None:
        """Take the function; that it returned None is never remembered."""
        self._make = make
        self.forget()

    def __len__(self) -> int:
        return len(self._now) + len(self._before)

    def forget(self) -> None:
        """Remember nothing."""
        self._now: dict[str, Made] = {}
        # What was asked for in the round before this one, and may be asked for again.
        self._before: dict[str, Made] = {}
        self._left = ROUND

    def of(self, text: str) -> Made:
        """Return what the function makes of ``text``."""
        self._left -= 1
        found = self._now.get(text)
        return self._look(text) if found is None else found

    def _look(self, text: str) -> Made:
        if self._left <= 0 or len(self._now) >= KEPT_TEXTS:
            self._before, self._now, self._left = self._now, {}, ROUND
        found = self._before.get(text)
        if found is None:
            found = self._make(text)
        if found is not None and len(text) <= MAX_KEPT_LENGTH:
            self._now[text] = found
        return found
