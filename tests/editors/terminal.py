"""A terminal of fixed size in tmux, in which an editor runs and whose text can be read."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from tests.editors.workbench import ROOT
from tests.support.waiting import wait_until

_PATIENCE = 30.0
_POLL = 0.1
_PAGE = ROOT / "docs" / "editors.md"


class Terminal:
    """A running terminal; ``socket`` is that of its tmux server."""

    def __init__(self, tmux: str, socket: Path, environment: Mapping[str, str]) -> None:
        self._tmux = (tmux, "-S", str(socket), "-f", "/dev/null")
        self._environment = environment

    def text(self) -> str:
        """Return the text of the terminal, without trailing spaces."""
        shown = self.do("capture-pane", "-p")
        return "".join(f"{line.rstrip()}\n" for line in shown.rstrip().splitlines())

    def wait_for(self, *texts: str) -> str:
        """Return the text of the terminal once it contains all of ``texts``."""
        shown = ""

        def has_all() -> bool:
            nonlocal shown
            shown = self.text()
            return all(text in shown for text in texts)

        try:
            wait_until(has_all, f"the terminal shows {texts}", _PATIENCE, _POLL)
        except AssertionError as error:
            error.add_note(shown)
            raise
        return shown

    def press(self, *keys: str) -> None:
        """Press ``keys``, named as in tmux; other strings are typed."""
        self.do("send-keys", *keys)

    def do(self, *command: str) -> str:
        """Run a tmux command and return its output."""
        done = subprocess.run(
            [*self._tmux, *command], env=self._environment, capture_output=True, text=True, check=True
        )
        return done.stdout


@contextmanager
def terminal(
    tmux: str, command: tuple[str, ...], cwd: Path, environment: Mapping[str, str], size: str
) -> Iterator[Terminal]:
    """Run ``command`` in a terminal of ``size`` (COLUMNSxLINES), and end it."""
    opened = Terminal(tmux, cwd.parent / "tmux", environment)
    columns, lines = size.split("x")
    opened.do("new-session", "-d", "-x", columns, "-y", lines, "-c", str(cwd), *command)
    try:
        yield opened
    finally:
        opened.do("kill-server")


def verify_page(editor: str, shown: str, *telling: str) -> None:
    """Compare the screen of ``editor`` in docs/editors.md with ``shown``.

    Only lines with one of ``telling`` are compared; the others depend on the version of the editor.
    """
    page = _PAGE.read_text("utf-8")
    pattern = re.compile(rf"(<!-- screen: {editor} -->\n```text\n)(.*?)(```\n)", re.DOTALL)
    (block,) = pattern.finditer(page)
    if os.environ.get("MOTHBALL_REGENERATE"):
        _PAGE.write_text(page.replace(block[0], block[1] + shown + block[3]), "utf-8")
        return
    lines = [line for line in block[2].splitlines() if any(text in line for text in telling)]
    assert lines
    assert [line for line in lines if line not in shown.splitlines()] == []
