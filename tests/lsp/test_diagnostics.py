"""Diagnostics: pushed or pulled, placed on names, weighed as by ``mothball check``."""

from __future__ import annotations

from tests.lsp.conftest import InProcess, Workspace
from tests.lsp.pages import page
from tests.support.lsp_client import PULL, PUSH
from tests.support.scripted_index import ScriptedIndex


def test_an_archived_entry_is_underlined_when_its_file_is_opened(
    client: InProcess, workspace: Workspace, index: ScriptedIndex
) -> None:
    index.script("old-lib", page("old-lib", "archived", "use new-lib"))
    text = f"--index-url {index.url}\nold-lib==1.0\n"
    path = workspace.write("requirements.txt", text)
    client.initialize(PUSH, str(workspace.root))
    document = client.open(path, text)
    (found,) = client.wait_for_diagnostics(document, "archived")
    assert found["range"] == {"start": {"line": 1, "character": 0}, "end": {"line": 1, "character": 7}}
    assert (found["severity"], found["source"]) == (1, "mothball")
    assert found["message"] == "old-lib is archived: use new-lib"
    assert found["codeDescription"]["href"].endswith("/rule_pages/archived.md")
    assert "tags" not in found


def test_a_client_that_pulls_is_not_pushed_to(client: InProcess, workspace: Workspace, index: ScriptedIndex) -> None:
    index.script("old-lib", page("old-lib", "archived"))
    text = f"--index-url {index.url}\nold-lib==1.0\n"
    path = workspace.write("requirements.txt", text)
    client.initialize(PULL, str(workspace.root))
    document = client.open(path, text)
    client.wait_for_pull(document, "archived")
    assert client.published == []
    assert client.messages("workspace/diagnostic/refresh")
