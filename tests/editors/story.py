"""The scenario of every editor: diagnostics, hover, and code action."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, NamedTuple

import pytest

from tests.editors.workbench import ROOT, Seen, Session
from tests.support.scripted_index import Fault, Received, Reply, ScriptedIndex, json_page

_EXAMPLE = (ROOT / "examples" / "shop" / "pyproject.toml").read_text("utf-8")
_REQUIREMENTS = "# für die Entwicklung\nlantern-web\nquill-templates==2.1.4\ntallybook\n"
NARROW = (
    pytest.param("requirements-dev.txt", _REQUIREMENTS, id="requirements"),
    pytest.param("pyproject.toml", _EXAMPLE, id="pyproject"),
)
# Characters of two and of four bytes before a name, as clients count bytes, UTF-16 units or characters. (ALE and
# lsp-mode count characters, whatever the server announces.)
_WIDE = _EXAMPLE.replace("lint = [", '"🦀-Prüfung" = ["tallybook"]\nlint = [')
ALL = (*NARROW, pytest.param("pyproject.toml", _WIDE, id="wide characters"))
STEPS_FILE = "requirements-dev.txt"
# The statuses of the packages in _REQUIREMENTS.
_STATUSES = {"lantern-web": "active", "quill-templates": "archived", "tallybook": "deprecated"}
UNDERLINED = ("quill-templates", "tallybook")
# Reports about the whole file are on its first character.
ABOUT_THE_FILE = ("#",)
REASON = "merged into lantern-web 4; no more releases"


def prepare(session: Session, name: str, text: str) -> dict[str, str]:
    """Write ``text`` as the file ``name``, and return variables for the driver in the editor."""
    session.write(name, text)
    return {"MOTHBALL_TEST_FILE": name, "MOTHBALL_TEST_COUNT": str(len(session.checked(name)))}


class Step(NamedTuple):
    """A command of the editor, empty for none, and the texts underlined after it, in the order of the file."""

    command: str
    underlined: tuple[str, ...]


def prepare_steps(session: Session, steps: Sequence[Step], encoding: str = "utf-8") -> dict[str, str]:
    """Write a requirements file, and return variables for a driver that runs ``steps``."""
    session.write(STEPS_FILE, "").write_text(_REQUIREMENTS, encoding)
    found = [step._asdict() for step in steps]
    return {"MOTHBALL_TEST_FILE": STEPS_FILE, "MOTHBALL_TEST_STEPS": json.dumps(found)}


def prepare_successor(session: Session, steps: Sequence[Step]) -> dict[str, str]:
    """Configure a successor of an archived package, and return variables for a driver that runs ``steps``."""
    successors = '\n[tool.mothball.successors]\nquill-templates = "lantern-web"\n'
    session.write("pyproject.toml", _EXAMPLE + successors)
    return prepare_steps(session, steps)


class Outage(ScriptedIndex):
    """An index that resets all connections until the file ``BACK`` is in the project of ``session``."""

    BACK = "index-is-back"

    def __init__(self, session: Session) -> None:
        super().__init__({name: json_page(name, status) for name, status in _STATUSES.items()})
        self._session = session

    def reply_to(self, request: Received) -> Reply:
        """Return the page of a project, or reset the connection."""
        is_back = (self._session.project / self.BACK).exists()
        return super().reply_to(request) if is_back else Reply(fault=Fault.RESET)

    def prepare(self, steps: Sequence[Step]) -> dict[str, str]:
        """Write a project that uses this index, and return variables for a driver that runs ``steps``."""
        self._session.write("pyproject.toml", '[project]\nname = "shop"\n')
        environment = prepare_steps(self._session, steps)
        # The pages have no files: a pinned version would be reported as unlisted.
        self._session.write(STEPS_FILE, _REQUIREMENTS.replace("==2.1.4", ""))
        return {**environment, "MOTHBALL_TEST_SETTINGS": json.dumps({"indexUrl": self.url})}


def prepare_offline(session: Session) -> dict[str, str]:
    """Write a project without settings, for an editor with the setting `offline`."""
    session.write("pyproject.toml", '[project]\nname = "shop"\n')
    session.write("requirements-dev.txt", "quill-templates\ntallybook\n")
    return {
        "MOTHBALL_TEST_FILE": "requirements-dev.txt",
        "MOTHBALL_TEST_COUNT": "1",
        "MOTHBALL_TEST_ONLY_LOOK": "1",
        "MOTHBALL_TEST_SETTINGS": json.dumps({"offline": True}),
    }


def verify_offline(session: Session, answer: Any) -> None:
    """Check that no index was contacted, and that the diagnostics say so."""
    assert answer["diagnostics"]
    assert all("Offline (" in diagnostic["message"] for diagnostic in answer["diagnostics"])
    assert session.contacted() == []


def prepare_without_git(session: Session) -> dict[str, str]:
    """Write a file below an offline project that is not in a repository."""
    session.leave_git()
    environment = prepare(session, "requirements/worker.txt", "quill-templates\ntallybook\nacme-secret\n")
    return {**environment, "MOTHBALL_TEST_ONLY_LOOK": "1"}


def verify_without_git(session: Session, answer: Any) -> None:
    """Check that the configuration of the project was applied."""
    shown = {
        (diagnostic["text"], diagnostic["severity"])
        for diagnostic in answer["diagnostics"]
        # The editor reports failed lookups once a file, on its first character.
        if len(diagnostic["text"]) > 1
    }
    assert shown == {("quill-templates", "error"), ("tallybook", "warning")}
    checked = session.checked("requirements/worker.txt")
    assert {finding.text for finding in checked if finding.rule != "unverified"} == {text for text, _ in shown}
    assert session.contacted() == []


def verify(session: Session, name: str, text: str, answer: Any) -> None:
    """Compare the diagnostics of an editor with `mothball check` for the same text."""
    session.write(name, text)
    expected = session.checked(name)
    before = text.splitlines()
    (acted,) = (finding for finding in expected if finding.text == "quill-templates")
    assert {(finding.text, finding.rule, finding.severity) for finding in expected} >= {
        ("quill-templates", "archived", "error"),
        ("tallybook", "deprecated", "warning"),
    }

    assert sorted(map(_seen, answer["diagnostics"])) == sorted(expected)
    (message,) = (
        diagnostic["message"] for diagnostic in answer["diagnostics"] if diagnostic["text"] == "quill-templates"
    )
    assert "quill-templates is archived" in message
    assert REASON in message
    assert "archived" in answer["hover"]
    assert REASON in answer["hover"].replace("\n", " ")
    assert answer["line"].startswith(before[acted.line - 1])
    assert "# mothball: ignore[archived]" in answer["line"]
    after = sorted(map(_seen, answer["after"]))
    # The placeholder in the comment is reported until it is replaced with a reason.
    placeholder = [finding for finding in after if finding.rule == "ignore-without-reason"]
    assert [finding.line for finding in placeholder] == [acted.line]
    assert sorted(set(after) - set(placeholder)) == sorted(expected - {acted})
    assert session.contacted() == []
    assert session.server_has_ended(), "the editor has gone, and its server runs on"


def _seen(shown: dict[str, Any]) -> Seen:
    return Seen(shown["line"], shown["column"], shown["text"], shown["rule"], shown["severity"])
