"""While a setup.py or YAML file has a syntax error, findings on unchanged lines are still shown."""

from __future__ import annotations

from typing import NamedTuple

import pytest

from tests.support.lsp_client import PUSH
from tests.support.lsp_in_process import InProcess, Workspace
from tests.support.lsp_pages import page
from tests.support.scripted_index import ScriptedIndex

SETUP = "setup(\n    install_requires=[\n        'fine',\n        'old-lib',\n    ],\n)\n"
CONDA = "dependencies:\n- pip:\n  - fine\n  - old-lib\n"


class Case(NamedTuple):
    """A file with ``old-lib`` on its fourth line, and the text typed before that line."""

    name: str
    valid: str
    begun: str


CASES = pytest.mark.parametrize(
    "case",
    [Case("setup.py", SETUP, "        'acme"), Case("environment.yml", CONDA, "  - 'acme")],
    ids=lambda case: case.name,
)
LINE = 3


def start(client: InProcess, workspace: Workspace, index: ScriptedIndex) -> None:
    for name, status in (("old-lib", "archived"), ("fine", "active")):
        index.script(name, page(name, status))
    client.start(PUSH, str(workspace.root), index.url)
    client.in_loop(lambda: vars(client.server.session).update(pause=0.0, typing_pause=0.0))


@CASES
def test_findings_stay_on_unchanged_lines_of_a_broken_text(
    client: InProcess, workspace: Workspace, index: ScriptedIndex, case: Case
) -> None:
    def changes_to(text: str, version: int) -> None:
        client.change(document, text, version)
        client.wait_for(lambda: (found := client.server.session.documents[document].checked) and found.text == text)

    start(client, workspace, index)
    document = client.open(workspace.write(case.name, case.valid), case.valid)
    client.wait_for_diagnostics(document, "archived")
    lines = case.valid.splitlines(keepends=True)
    broken = ""
    for version, more in enumerate(("", "-s", "-secret"), 2):
        broken = "".join([*lines[:LINE], f"{case.begun}{more}\n", *lines[LINE:]])
        changes_to(broken, version)
        found = client.wait_for_diagnostics(document, "unreadable", "archived")
        assert found[-1]["range"]["start"]["line"] == LINE + 1
    assert "archived" in client.hover(document, LINE + 1, 12)["contents"]["value"]
    # The same after saving, and after a change elsewhere.
    workspace.write(case.name, broken)
    client.save(document)
    changes_to(f"{broken}\n", 9)
    client.wait_for_diagnostics(document, "unreadable", "archived")
    changes_to(case.valid, 10)
    client.wait_for_diagnostics(document, "archived")
    assert sorted(request.name for request in index.received) == ["fine", "old-lib"]


@CASES
def test_opening_a_broken_file_shows_only_its_error(
    client: InProcess, workspace: Workspace, index: ScriptedIndex, case: Case
) -> None:
    start(client, workspace, index)
    broken = f"{case.valid}{case.begun}\n"
    document = client.open(workspace.write(case.name, broken), broken)
    (diagnostic,) = client.wait_for_diagnostics(document, "unreadable")

    assert diagnostic["message"].startswith("invalid ")
    assert diagnostic["range"]["start"]["line"] == len(case.valid.splitlines())
    assert index.received == []


def test_changing_the_line_clears_its_finding(client: InProcess, workspace: Workspace, index: ScriptedIndex) -> None:
    start(client, workspace, index)
    document = client.open(workspace.write("setup.py", SETUP), SETUP)
    client.wait_for_diagnostics(document, "archived")
    client.change(document, SETUP.replace("'old-lib'", "'old-lib"))
    client.wait_for_diagnostics(document, "unreadable")
