"""What a user sees of a check that takes long or was requested."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.lsp_client import PUSH, Message, ServerError
from tests.support.lsp_in_process import InProcess, Workspace
from tests.support.lsp_pages import page
from tests.support.scripted_index import Reply, ScriptedIndex

WITHOUT_PROGRESS: Message = {**PUSH, "window": {}}
TEXT = "old-lib\nbad-lib\nfine\nold-lib[x]\n"
SUMMARY = "1 file, 4 dependencies: 2 archived, 1 quarantined"


@pytest.fixture
def pages(index: ScriptedIndex) -> ScriptedIndex:
    for name, status in (("old-lib", "archived"), ("bad-lib", "quarantined"), ("fine", "active")):
        index.script(name, page(name, status))
    return index


def ends(client: InProcess) -> list[Any]:
    """Return the messages with which progress ended."""
    values = [message["params"]["value"] for message in client.messages("$/progress")]
    return [value.get("message") for value in values if value["kind"] == "end"]


def shown(client: InProcess) -> list[tuple[int, str]]:
    """Return type and text of the messages that were shown."""
    parameters = [message["params"] for message in client.messages("window/showMessage")]
    return [(params["type"], params["message"]) for params in parameters]


@pytest.mark.parametrize("command", ["mothball.checkAgain", "mothball.checkWorkspace"])
@pytest.mark.parametrize("capabilities", [PUSH, WITHOUT_PROGRESS], ids=["progress", "no progress"])
def test_requested_check_ends_with_a_summary(
    client: InProcess, workspace: Workspace, pages: ScriptedIndex, command: str, capabilities: Message
) -> None:
    client.start(capabilities, str(workspace.root), pages.url)
    client.open(workspace.write("requirements.txt", TEXT), TEXT)
    result = client.command(command)
    assert (result["message"], result["rules"]) == (SUMMARY, {"archived": 2, "quarantined": 1})
    assert (result["files"], result["dependencies"], result["findings"], result["problems"]) == (1, 4, 3, 0)
    if capabilities is PUSH:
        client.wait_for(lambda: SUMMARY in ends(client))
        assert shown(client) == []
    else:
        client.wait_for(lambda: shown(client))
        assert shown(client) == [(3, f"mothball: {SUMMARY}")]


def test_failed_lookups_are_part_of_the_summary(client: InProcess, workspace: Workspace, index: ScriptedIndex) -> None:
    index.script("old-lib", Reply(500, b"", None))
    client.start(PUSH, str(workspace.root), index.url, allowLocalIndexes=True)
    client.open(workspace.write("requirements.txt", "old-lib\n"), "old-lib\n")
    assert client.command("mothball.checkAgain")["message"] == "1 file, 1 dependency: 1 unverified"


def test_failure_of_a_requested_check_is_shown(
    client: InProcess, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("mothball.lsp.workspace_diagnostics.check_folders", fail)
    client.start(PUSH, str(workspace.root), offline=True)
    with pytest.raises(ServerError):
        client.command("mothball.checkWorkspace")
    client.wait_for(lambda: ends(client) == ["the check failed: see the server log"])


def test_problems_are_counted(client: InProcess, workspace: Workspace) -> None:
    client.start(PUSH, str(workspace.root), offline=True)
    workspace.write("mothball.toml", "unknown = 1\n")
    workspace.write("requirements.txt", "old-lib\n")
    message = client.command("mothball.checkWorkspace")["message"]
    assert message.endswith("; 1 problem (see the log)")


def test_long_lookup_shows_progress(
    client: InProcess, workspace: Workspace, index: ScriptedIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mothball.lsp.features.commands._DELAY", 0.0)
    index.script("old-lib", page("old-lib", "archived", delay=1.0))
    client.start(PUSH, str(workspace.root), index.url)
    document = client.open(workspace.write("requirements.txt", "old-lib\n"), "old-lib\n")
    client.wait_for(lambda: client.messages("$/progress"))
    assert "looking up" in client.hover(document, 0, 1)["contents"]["value"]
    client.wait_for_diagnostics(document, "archived")
    client.wait_for(lambda: ends(client))
    begin = client.messages("$/progress")[0]["params"]["value"]
    assert (begin["kind"], begin["title"]) == ("begin", "mothball: looking up dependencies")
