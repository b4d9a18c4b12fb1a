"""Progress bar of the lookups, on stderr."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from rich.progress import Progress as RichProgress

# Runs that end earlier show no bar, which would only flicker.
_DELAY_SECONDS = 0.4


class Progress:
    """A progress bar that appears only on a terminal, and only for runs longer than ``_DELAY_SECONDS``."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """Initialize with ``clock``, which returns seconds."""
        self._clock = clock
        self._started = clock()
        self._bar: RichProgress | None = None

    def update(self, done: int, total: int) -> None:
        """Show that ``done`` of ``total`` lookups are complete."""
        if self._bar is None:
            if self._clock() - self._started < _DELAY_SECONDS or done == total or not sys.stderr.isatty():
                return
            self._bar = _open_bar(total)
        self._bar.update(self._bar.task_ids[0], completed=done, total=total)

    def close(self) -> None:
        """Remove the bar from the terminal."""
        if self._bar is not None:
            self._bar.stop()


def _open_bar(total: int) -> RichProgress:
    # Importing rich is slow, so it is only done once the run is known to wait for the network.
    from rich.console import Console  # noqa: PLC0415
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn  # noqa: PLC0415
    from rich.progress import Progress as RichProgress  # noqa: PLC0415

    columns = (TextColumn("querying the index"), BarColumn(), MofNCompleteColumn())
    bar = RichProgress(*columns, console=Console(stderr=True), transient=True)
    bar.add_task("lookups", total=total)
    bar.start()
    return bar
