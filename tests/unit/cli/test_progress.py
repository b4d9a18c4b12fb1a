from __future__ import annotations

import io
import sys

import pytest

from mothball.cli.common import Progress
from tests.support.clock import Clock


class Terminal(io.StringIO):
    """A text stream whose `isatty()` result is configurable."""

    def __init__(self, *, is_terminal: bool = True) -> None:
        super().__init__()
        self._is_terminal = is_terminal

    def isatty(self) -> bool:
        return self._is_terminal


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    monkeypatch.setenv("TERM", "xterm")
    return Clock()


def stderr(monkeypatch: pytest.MonkeyPatch, *, is_terminal: bool = True) -> Terminal:
    terminal = Terminal(is_terminal=is_terminal)
    monkeypatch.setattr(sys, "stderr", terminal)
    return terminal


def test_slow_run_shows_counts_and_clears_the_bar(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = stderr(monkeypatch)
    progress = Progress(clock)
    clock.seconds += 1.0
    progress.update(3, 40)
    progress.update(17, 40)
    progress.close()
    shown = terminal.getvalue()
    assert "querying the index" in shown
    assert "17/40" in shown
    assert shown.rstrip().endswith("\x1b[2K")  # the line is erased


def test_fast_run_shows_no_bar(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = stderr(monkeypatch)
    progress = Progress(clock)
    clock.seconds += 0.3
    progress.update(1, 2)
    progress.close()
    assert terminal.getvalue() == ""


def test_completed_lookups_show_no_bar(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = stderr(monkeypatch)
    progress = Progress(clock)
    clock.seconds += 5.0
    progress.update(2, 2)
    progress.close()
    assert terminal.getvalue() == ""


def test_no_bar_without_a_terminal(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    pipe = stderr(monkeypatch, is_terminal=False)
    progress = Progress(clock)
    clock.seconds += 5.0
    progress.update(1, 2)
    progress.close()
    assert pipe.getvalue() == ""


def test_second_batch_of_lookups_reuses_the_bar(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = stderr(monkeypatch)
    progress = Progress(clock)
    clock.seconds += 1.0
    progress.update(9, 10)
    progress.update(10, 10)
    progress.update(1, 3)
    progress.close()
    assert "1/3" in terminal.getvalue()
