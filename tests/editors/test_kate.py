"""A real Kate on a virtual screen with `editors/kate/settings.json`."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.editors.instructions import follow
from tests.editors.screen import Picture, Screen, running, screen
from tests.editors.workbench import ROOT, Session, only_with

pytestmark = only_with("kate")

_SIZE = "1100x640"
_WINDOW = "733x427"
# Without a window manager Kate is in the upper left corner; the line height depends on the font.
_LEFT, _TOP, _LINE = 150, 116, 17
_REQUIREMENTS = "lantern-web\nquill-templates==2.1.4\ntallybook\n"


def line(number: int) -> int:
    """Return the vertical center of the line ``number`` (from 1) of the text."""
    return _TOP + (number - 1) * _LINE


def erroneous(picture: Picture) -> list[int]:
    """Return which of the first lines have the background of an error: pale red, darker at the cursor."""
    rows = {number: picture.row(line(number) - 6) for number in range(1, 16)}
    return [number for number, row in rows.items() if any(map(_is_pale_red, _backgrounds(row)))]


def _backgrounds(row: Counter[tuple[int, ...]]) -> list[tuple[int, ...]]:
    return [color for color, times in row.items() if times > 100]


def _is_pale_red(color: tuple[int, ...]) -> bool:
    red, green, blue = color
    return red - green > 15 and abs(green - blue) < 6


@pytest.fixture
def artefacts() -> Path:
    """The directory of screenshots."""
    given = os.environ.get("MOTHBALL_EDITORS_ARTEFACTS")
    directory = (Path(given) if given else ROOT / ".nox/editors-artefacts") / "kate"
    directory.mkdir(parents=True, exist_ok=True)
    return directory


def prepare(session: Session) -> None:
    """Follow the README: install the settings and enable the LSP client of Kate."""
    follow(session, "kate")
    (session.home / ".config/katerc").write_text(
        "[General]\nShow welcome view for new window=false\n\n[Kate Plugins]\nlspclientplugin=true\n"
    )


def allow(kate: Screen) -> None:
    """Allow Kate to start the server."""
    kate.press("Return", window=kate.window("LSP server start"))


@pytest.mark.parametrize(("name", "number"), [("requirements-dev.txt", 2), ("pyproject.toml", 11)])
def test_kate_diagnostics_and_ignore_action(
    session: Session, kate: str, artefacts: Path, name: str, number: int
) -> None:
    prepare(session)
    session.write("requirements-dev.txt", _REQUIREMENTS)
    path = session.project / name
    before = path.read_text("utf-8").splitlines()

    with screen(session.environment, _SIZE) as shown:
        command = ("dbus-run-session", "--", kate, "--new", "--startanon", name)
        with running(shown, *command, cwd=session.project, log=artefacts / f"{name}.log"), kept(shown, artefacts, name):
            allow(shown)
            shown.wait_for("the error's line", lambda: erroneous(shown.picture()) == [number])
            shown.save(artefacts / f"{name}.png", _WINDOW)

            empty = shown.picture().row(line(number) + 3 * _LINE)
            shown.point(_LEFT, line(number))
            shown.wait_for("the hover", lambda: shown.picture().row(line(number) + 3 * _LINE) != empty)
            shown.save(artefacts / f"{name}-hover.png", _WINDOW)

            below = line(number) + 2 * _LINE
            calm = shown.picture().row(below)
            shown.click(_LEFT, line(number))
            shown.press("alt+Return")
            shown.wait_for("the menu", lambda: shown.picture().row(below) != calm)
            shown.save(artefacts / f"{name}-actions.png", _WINDOW)
            # The second action: the first one removes the entry.
            shown.press("Down", "Down", "Return", "ctrl+s")
            after = shown.wait_for("the file to be saved", lambda: changed(path, before))
            shown.wait_for("the error to go", lambda: erroneous(shown.picture()) == [])
            shown.save(artefacts / f"{name}-after.png", _WINDOW)

    assert after[number - 1].startswith(before[number - 1])
    assert "# mothball: ignore[archived]" in after[number - 1]
    others = [line for line in before if line != before[number - 1]]
    assert [line for line in after if line != after[number - 1]] == others
    assert session.contacted() == []
    assert session.server_has_ended(), "Kate was ended, and its server runs on"


@contextmanager
def kept(shown: Screen, artefacts: Path, name: str) -> Iterator[None]:
    """Take a screenshot when the block exits."""
    try:
        yield
    finally:
        shown.save(artefacts / f"{name}-last.png", _SIZE)


def changed(path: Path, before: list[str]) -> list[str]:
    """Return the lines of the file at ``path`` if they differ from ``before``, else an empty list."""
    now = path.read_text("utf-8").splitlines()
    return now if now != before else []
