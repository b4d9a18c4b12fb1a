"""Edits that are not offered because the result would not have the intended meaning."""

from __future__ import annotations

import pytest

from tests.support.lsp_client import PUSH, codes_of
from tests.support.lsp_in_process import InProcess, Workspace, actions
from tests.support.lsp_pages import page
from tests.support.scripted_index import ScriptedIndex

IN_A_STRING = 'from setuptools import setup\nsetup(install_requires="""\nold-lib\n""")\n'
IN_TWO_PLACES = '[tool.poetry.dependencies]\nold-lib.version = "1"\nold-lib.extras = ["x"]\n'


@pytest.fixture
def index(index: ScriptedIndex) -> ScriptedIndex:
    index.script("old-lib", page("old-lib", "archived"))
    return index


def opened(client: InProcess, workspace: Workspace, name: str, text: str) -> str:
    document = client.open(workspace.write(name, text), text)
    client.wait_for(lambda: "archived" in codes_of(client.diagnostics.get(document, [])))
    return document


def test_no_comment_action_inside_python_string(client: InProcess, workspace: Workspace, index: ScriptedIndex) -> None:
    client.start(PUSH, str(workspace.root), index.url)
    document = opened(client, workspace, "setup.py", IN_A_STRING)
    assert set(actions(client, document, 2)) == {"Check again"}


def test_no_remove_action_for_entry_in_two_places(
    client: InProcess, workspace: Workspace, index: ScriptedIndex
) -> None:
    client.start(PUSH, str(workspace.root), index.url)
    document = opened(client, workspace, "pyproject.toml", IN_TWO_PLACES)
    offered = {f"Ignore `archived` for old-lib in {place}" for place in ("a comment", "pyproject.toml")}
    assert set(actions(client, document, 1)) == {"Check again", *offered}


def test_existing_ignore_is_not_added_again(client: InProcess, workspace: Workspace, index: ScriptedIndex) -> None:
    workspace.write("mothball.toml", "")
    client.start(PUSH, str(workspace.root), index.url)
    document = opened(client, workspace, "requirements.txt", "old-lib\n")
    assert any("in mothball.toml" in title for title in actions(client, document, 0))
    # Changed on disk without a notification.
    workspace.write("mothball.toml", '[ignore]\nold-lib = { rules = ["archived"], reason = "x" }\n')
    assert not any("in mothball.toml" in title for title in actions(client, document, 0))


def test_actions_are_limited_to_first_dependencies_of_a_selection(
    client: InProcess, workspace: Workspace, index: ScriptedIndex
) -> None:
    names = [f"old-{number}" for number in range(22)]
    for name in names:
        index.script(name, page(name, "archived"))
    client.start(PUSH, str(workspace.root), index.url)
    text = "".join(f"{name}\n" for name in names)
    document = client.open(workspace.write("requirements.txt", text), text)
    client.wait_for_diagnostics(document, *["archived"] * 22)
    everything = {"start": {"line": 0, "character": 0}, "end": {"line": 22, "character": 0}}
    params = {"textDocument": {"uri": document}, "range": everything, "context": {"diagnostics": []}}
    removed = [
        action["title"] for action in client.request("textDocument/codeAction", params) if "Remove" in action["title"]
    ]
    assert removed == [f"Remove {name} from this file" for name in names[:20]]
