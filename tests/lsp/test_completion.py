"""Completion and inlay hints from the client's view."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.lsp_client import PUSH, Message
from tests.support.lsp_in_process import InProcess, Workspace, archived
from tests.support.lsp_pages import page
from tests.support.scripted_index import ScriptedIndex, json_page


def completed(client: InProcess, document: str, line: int, column: int) -> list[Message]:
    at = {"line": line, "character": column}
    items: list[Message] = client.request(
        "textDocument/completion", {"textDocument": {"uri": document}, "position": at}
    )
    return items


def hints(client: InProcess, document: str, lines: int) -> list[tuple[int, int, Any]]:
    everything = {"start": {"line": 0, "character": 0}, "end": {"line": lines, "character": 0}}
    found = client.request("textDocument/inlayHint", {"textDocument": {"uri": document}, "range": everything})
    return [(hint["position"]["line"], hint["position"]["character"], hint["label"]) for hint in found]


def test_rules_are_completed_in_an_ignore_comment(client: InProcess, workspace: Workspace) -> None:
    client.start(PUSH, str(workspace.root), offline=True)
    text = "# 🦉\nöld-lib  # mothball: ignore[arch]\n"
    document = client.open(workspace.write("requirements.txt", text), text)
    items = completed(client, document, 1, text.splitlines()[1].index("]"))
    (edit,) = [item["textEdit"] for item in items if item["label"] == "archived"]
    assert edit["newText"] == "archived"
    assert [edit["range"][side]["character"] for side in ("start", "end")] == [28, 32]
    assert completed(client, document, 1, 3) == []


def test_keys_of_an_invalid_configuration_are_completed(
    client: InProcess, workspace: Workspace, index: ScriptedIndex
) -> None:
    client.start(PUSH, str(workspace.root), index.url)
    text = "[severity]\narchived = \nunknown"
    document = client.open(workspace.write("mothball.toml", text), text)
    assert [item["label"] for item in completed(client, document, 1, 11)] == ["error", "warning", "note", "off"]
    assert "yanked" in [item["label"] for item in completed(client, document, 2, 2)]
    assert index.received == []


def test_names_of_packages_are_neither_completed_nor_sent(
    client: InProcess, workspace: Workspace, index: ScriptedIndex
) -> None:
    client.start(PUSH, str(workspace.root), index.url)
    document = client.open(workspace.write("requirements.txt", ""), "")
    client.change(document, "secret-na")
    assert completed(client, document, 0, 9) == []
    assert index.received == []


# --- inlay hints ------------------------------------------------------------------------------------------------------

HINTS: Message = {**PUSH, "workspace": {**PUSH["workspace"], "inlayHint": {"refreshSupport": True}}}


def test_inlay_hints_are_off_by_default(client: InProcess, workspace: Workspace, index: ScriptedIndex) -> None:
    document = archived(client, workspace, index, "old-lib\n")
    assert hints(client, document, 1) == []


@pytest.mark.parametrize(
    ("config", "label"), [("", "archived"), ('[successors]\nOld_Lib = "new-lib"\n', "archived → new-lib")]
)
def test_inlay_hints_show_status_successor_and_latest_release(
    client: InProcess, workspace: Workspace, index: ScriptedIndex, config: str, label: str
) -> None:
    workspace.write("mothball.toml", config)
    files = [{"filename": "fine-8.4.1.tar.gz", "upload-time": "2024-03-04T01:02:03Z"}]
    index.script("fine", json_page("fine", "active", files=files))
    index.script("bare", page("bare", "active"))
    index.script("old-lib", page("old-lib", "archived"))
    client.start(HINTS, str(workspace.root), index.url, inlayHints=True)
    text = '[project]\ndependencies = [\n  "old-lib>=1",  # kept\n  "fine>=8", "bare",\n  "fine==8.4.1",\n]\n'
    document = client.open(workspace.write("pyproject.toml", text), text)
    client.wait_for_diagnostics(document, "archived")
    client.settle(document)
    assert hints(client, document, 6) == [(2, 14, label), (3, 11, "latest 8.4.1")]
    assert hints(client, document, 2) == [(2, 14, label)]
    assert client.messages("workspace/inlayHint/refresh")


def test_inlay_hints_are_requested_again_when_the_setting_changes(
    client: InProcess, workspace: Workspace, index: ScriptedIndex
) -> None:
    index.script("old-lib", page("old-lib", "archived"))
    client.start(HINTS, str(workspace.root), index.url)
    document = client.open(workspace.write("requirements.txt", "old-lib\n"), "old-lib\n")
    client.wait_for_diagnostics(document, "archived")
    requests = "workspace/inlayHint/refresh"
    assert client.messages(requests) == []
    client.settings = {"inlayHints": True}
    client.notify("workspace/didChangeConfiguration", {"settings": None})
    client.wait_for(lambda: client.messages(requests))
    assert hints(client, document, 1) == [(0, 7, "archived")]
    client.settle(document)
    before = len(client.messages(requests))
    client.settings = {"inlayHints": False}
    client.notify("workspace/didChangeConfiguration", {"settings": None})
    client.wait_for(lambda: len(client.messages(requests)) > before)
    assert hints(client, document, 1) == []
