from __future__ import annotations

import io
import sys

import pytest

from mothball.cli.progress import Progress
from tests.support.clock import Clock


class Terminal(io.StringIO):
    """A stream that says it is a terminal, or that it is none."""

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


def test_a_long_wait_is_shown_with_its_numbers_and_cleared_away(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
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


def test_a_short_wait_is_not_shown(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = stderr(monkeypatch)
    progress = Progress(clock)
    clock.seconds += 0.3
    progress.update(1, 2)
    progress.close()
    assert terminal.getvalue() == ""


def test_nothing_is_shown_when_there_is_nothing_left_to_wait_for(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = stderr(monkeypatch)
    progress = Progress(clock)
    clock.seconds += 5.0
    progress.update(2, 2)
    progress.close()
    assert terminal.getvalue() == ""


def test_nothing_is_shown_where_nobody_watches(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    pipe = stderr(monkeypatch, is_terminal=False)
    progress = Progress(clock)
    clock.seconds += 5.0
    progress.update(1, 2)
    progress.close()
    assert pipe.getvalue() == ""


def test_a_second_round_of_look_ups_moves_the_same_bar(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = stderr(monkeypatch)
    progress = Progress(clock)
    clock.seconds += 1.0
    progress.update(9, 10)
    progress.update(10, 10)
    progress.update(1, 3)
    progress.close()
    assert "1/3" in terminal.getvalue()
