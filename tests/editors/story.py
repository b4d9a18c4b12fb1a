"""The one story that every editor must tell: what is underlined, what hovering says, what the code action does."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.editors.workbench import ROOT, Seen, Session

_EXAMPLE = (ROOT / "examples" / "shop" / "pyproject.toml").read_text("utf-8")
_REQUIREMENTS = "# für die Entwicklung\nlantern-web\nquill-templates==2.1.4\ntallybook\n"
NARROW = (
    pytest.param("requirements-dev.txt", _REQUIREMENTS, id="requirements"),
    pytest.param("pyproject.toml", _EXAMPLE, id="pyproject"),
)
# Characters of two and of four bytes before a name: clients count in bytes, in UTF-16 and in characters. (ALE and
# lsp-mode take them all for one, whatever the server says.)
_WIDE = _EXAMPLE.replace("lint = [", '"🦀-Prüfung" = ["tallybook"]\nlint = [')
ALL = (*NARROW, pytest.param("pyproject.toml", _WIDE, id="wide characters"))
REASON = "merged into lantern-web 4; no more releases"


def prepare(session: Session, name: str, text: str) -> dict[str, str]:
    """Write ``text`` as the file ``name``, and return what the driver in the editor needs to know."""
    session.write(name, text)
    return {"MOTHBALL_TEST_FILE": name, "MOTHBALL_TEST_COUNT": str(len(session.checked(name)))}


def prepare_offline(session: Session) -> dict[str, str]:
    """Write a project whose configuration says nothing, for an editor whose user has set `offline`."""
    session.write("pyproject.toml", '[project]\nname = "shop"\n')
    session.write("requirements-dev.txt", "quill-templates\ntallybook\n")
    return {
        "MOTHBALL_TEST_FILE": "requirements-dev.txt",
        "MOTHBALL_TEST_COUNT": "1",
        "MOTHBALL_TEST_ONLY_LOOK": "1",
        "MOTHBALL_TEST_SETTINGS": json.dumps({"offline": True}),
    }


def verify_offline(session: Session, answer: Any) -> None:
    """Hold what such an editor showed against what the setting means: nobody is asked, and it says so."""
    assert answer["diagnostics"]
    assert all("offline" in one["message"] for one in answer["diagnostics"])
    assert session.contacted() == []


def prepare_without_git(session: Session) -> dict[str, str]:
    """Write a file below a project whose configuration asks nobody, where no version control tells its root."""
    session.leave_git()
    environment = prepare(session, "requirements/worker.txt", "quill-templates\ntallybook\nacme-secret\n")
    return {**environment, "MOTHBALL_TEST_ONLY_LOOK": "1"}


def verify_without_git(session: Session, answer: Any) -> None:
    """Hold what such an editor showed against what the configuration of the project says."""
    shown = {(one["text"], one["severity"]) for one in answer["diagnostics"]}
    assert shown >= {("quill-templates", "error"), ("tallybook", "warning")}
    assert {one.text for one in session.checked("requirements/worker.txt")} == {text for text, _ in shown}
    assert session.contacted() == []


def verify(session: Session, name: str, text: str, answer: Any) -> None:
    """Hold what an editor showed against what `mothball check` says of the same text."""
    session.write(name, text)
    expected = session.checked(name)
    before = text.splitlines()
    (acted,) = (one for one in expected if one.text == "quill-templates")
    assert {(one.text, one.rule, one.severity) for one in expected} >= {
        ("quill-templates", "archived", "error"),
        ("tallybook", "deprecated", "warning"),
    }

    assert sorted(map(_seen, answer["diagnostics"])) == sorted(expected)
    (message,) = (one["message"] for one in answer["diagnostics"] if one["text"] == "quill-templates")
    assert "quill-templates is archived" in message
    assert REASON in message
    assert "archived" in answer["hover"]
    assert REASON in answer["hover"].replace("\n", " ")
    assert answer["line"].startswith(before[acted.line - 1])
    assert "# mothball: ignore[archived]" in answer["line"]
    assert sorted(map(_seen, answer["after"])) == sorted(expected - {acted})
    assert session.contacted() == []
    assert session.server_has_ended(), "the editor has gone, and its server runs on"


def _seen(shown: dict[str, Any]) -> Seen:
    return Seen(shown["line"], shown["column"], shown["text"], shown["rule"], shown["severity"])
