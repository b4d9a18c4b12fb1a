"""A virtual screen for graphical programs, with screenshots, mouse and keyboard."""

from __future__ import annotations

import os
import signal
import subprocess
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple, TypeVar

from tests.editors.workbench import LIMIT
from tests.support.waiting import wait_until

_POLL = 0.1
# Less than the time limit of a test, so that a failure reports what was missing.
_PATIENCE = 30.0
_Found = TypeVar("_Found")


class Picture(NamedTuple):
    """A screenshot: its width, and the pixels line by line, three bytes each."""

    width: int
    pixels: bytes

    def row(self, y: int) -> Counter[tuple[int, ...]]:
        """Return the number of pixels of each color in the row ``y``."""
        line = self.pixels[y * self.width * 3 : (y + 1) * self.width * 3]
        return Counter(tuple(line[at : at + 3]) for at in range(0, len(line), 3))


class Screen:
    """A running Xvfb; ``environment`` is for the programs on it."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self.environment = environment

    def picture(self) -> Picture:
        """Take a screenshot."""
        data = self._do("import", "-window", "root", "-depth", "8", "ppm:-")
        # P6, width, height, maximum value, then the pixels.
        _, width, height, _ = data.split(maxsplit=4)[:4]
        return Picture(int(width), data[-int(width) * int(height) * 3 :])

    def save(self, path: Path, size: str) -> None:
        """Save the upper left ``size`` (WIDTHxHEIGHT) of the screen as a PNG."""
        self._do("import", "-window", "root", "-crop", f"{size}+0+0", "+repage", "-strip", str(path))

    def window(self, title: str) -> str:
        """Wait for a window whose title matches ``title``, and return its number."""
        return self.wait_for(f"a window {title}", lambda: self._find(title))

    def point(self, x: int, y: int) -> None:
        """Move the mouse."""
        self._do("xdotool", "mousemove", str(x), str(y))

    def click(self, x: int, y: int) -> None:
        """Click at a position."""
        self._do("xdotool", "mousemove", str(x), str(y), "click", "1")

    def press(self, *keys: str, window: str | None = None) -> None:
        """Press ``keys`` one after the other, in ``window`` or at the last click."""
        if window is not None:
            self._do("xdotool", "windowfocus", "--sync", window)
        self._do("xdotool", "key", "--delay", "100", *keys)

    def wait_for(self, what: str, look: Callable[[], _Found]) -> _Found:
        """Return the result of ``look`` once it is not empty."""
        return wait_until(look, what, _PATIENCE, _POLL)

    def _find(self, title: str) -> str:
        command = ("xdotool", "search", "--onlyvisible", "--name", title)
        done = subprocess.run(command, env=self.environment, capture_output=True, text=True, check=False)
        return (done.stdout.split() or [""])[0]

    def _do(self, *command: str) -> bytes:
        return subprocess.run(command, env=self.environment, capture_output=True, check=True, timeout=LIMIT).stdout


@contextmanager
def screen(environment: Mapping[str, str], size: str) -> Iterator[Screen]:
    """Run an Xvfb of ``size`` (WIDTHxHEIGHT) on a free display."""
    reader, writer = os.pipe()
    command = ("Xvfb", "-displayfd", str(writer), "-screen", "0", f"{size}x24", "-nolisten", "tcp")
    with _ended(subprocess.Popen(command, pass_fds=[writer], stderr=subprocess.DEVNULL, start_new_session=True)):
        os.close(writer)
        with os.fdopen(reader) as number:
            display = number.readline().strip()
        yield Screen({**environment, "DISPLAY": f":{display}"})


@contextmanager
def running(screen: Screen, *command: str, cwd: Path, log: Path) -> Iterator[None]:
    """Run ``command`` on ``screen``, and end it with all its child processes."""
    with log.open("wb") as output:
        process = subprocess.Popen(
            command,
            cwd=cwd,
            env=screen.environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
        with _ended(process):
            yield


@contextmanager
def _ended(process: subprocess.Popen[bytes]) -> Iterator[None]:
    """End ``process`` and its group when the block exits."""
    with process:
        try:
            yield
        finally:
            os.killpg(process.pid, signal.SIGTERM)
            try:
                process.wait(5)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
