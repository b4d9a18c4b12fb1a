"""How far the look-ups are, on stderr, when somebody is watching and there is something to wait for."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from rich.progress import Progress as RichProgress

# Faster than this and a bar would only flicker.
_PATIENCE_SECONDS = 0.4


class Progress:
    """A progress bar that appears only on a terminal, and only when the wait is long enough to notice."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """Measure the wait by ``clock`` (seconds)."""
        self._clock = clock
        self._started = clock()
        self._bar: RichProgress | None = None

    def update(self, done: int, total: int) -> None:
        """Show that ``done`` of ``total`` look-ups have come back."""
        if self._bar is None:
            if self._clock() - self._started < _PATIENCE_SECONDS or done == total or not sys.stderr.isatty():
                return
            self._bar = _open_bar(total)
        self._bar.update(self._bar.task_ids[0], completed=done, total=total)

    def close(self) -> None:
        """Take the bar away again."""
        if self._bar is not None:
            self._bar.stop()


def _open_bar(total: int) -> RichProgress:
    # rich costs three times a bare interpreter start, paid only while there is waiting to be done anyway.
    from rich.console import Console  # noqa: PLC0415
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn  # noqa: PLC0415
    from rich.progress import Progress as RichProgress  # noqa: PLC0415

    columns = (TextColumn("asking the index"), BarColumn(), MofNCompleteColumn())
    bar = RichProgress(*columns, console=Console(stderr=True), transient=True)
    bar.add_task("asking", total=total)
    bar.start()
    return bar
