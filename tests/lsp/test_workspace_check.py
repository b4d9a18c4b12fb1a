"""The check of the workspace: what it must not hold up, and what it must not call clean."""

from __future__ import annotations

import time

from tests.lsp.conftest import InProcess, Workspace
from tests.lsp.pages import page
from tests.support.lsp_client import LIMIT, PULL, PUSH, codes_of, uri
from tests.support.scripted_index import ScriptedIndex


def test_checks_of_the_workspace_hold_up_nothing_and_a_cancelled_one_is_answered_at_once(
    client: InProcess, workspace: Workspace, index: ScriptedIndex
) -> None:
    index.script("slow", page("slow", "archived", delay=LIMIT))
    workspace.write("a/requirements.txt", "slow\n")
    client.start(PUSH, str(workspace.root), index.url)
    begin = time.monotonic()
    numbers = [
        client.start_request("workspace/executeCommand", {"command": "mothball.checkWorkspace"}) for _ in range(3)
    ]
    created = client.wait_for(lambda: client.messages("window/workDoneProgress/create")[2:] and client.received)
    client.wait_for(lambda: index.received)
    document = client.open(workspace.path("requirements.txt"), "==broken\n")
    client.wait_for_diagnostics(document, "unreadable")
    for one in [one for one in created if one.get("method") == "window/workDoneProgress/create"]:
        client.notify("window/workDoneProgress/cancel", {"token": one["params"]["token"]})
    assert [client.answer(number) for number in numbers] == [None, None, None]
    assert time.monotonic() - begin < LIMIT / 2


def test_a_broken_configuration_is_told_in_its_file_and_calls_nothing_clean(
    client: InProcess, workspace: Workspace, index: ScriptedIndex
) -> None:
    index.script("old-lib", page("old-lib", "archived"))
    path = workspace.write("requirements.txt", "old-lib\n")
    client.start(PUSH, str(workspace.root), index.url)
    assert client.command("mothball.checkWorkspace")["findings"] == 1
    config = workspace.write("mothball.toml", "private = 7\n")
    assert client.command("mothball.checkWorkspace")["problems"] == 1
    (told,) = client.wait_for(lambda: client.diagnostics.get(uri(config)))
    assert "were not checked" in told["message"]
    assert codes_of(client.diagnostics[uri(path)]) == ["archived"]
    workspace.write("mothball.toml", "")
    client.command("mothball.checkWorkspace")
    client.wait_for_diagnostics(uri(config))


def test_who_pulls_the_workspace_learns_of_a_broken_configuration_and_keeps_the_last_reports(
    client: InProcess, workspace: Workspace, index: ScriptedIndex
) -> None:
    index.script("old-lib", page("old-lib", "archived"))
    path = workspace.write("requirements.txt", "old-lib\n")
    client.start(PULL, str(workspace.root), index.url, workspaceDiagnostics=True)
    (first,) = client.request("workspace/diagnostic", {"previousResultIds": []})["items"]
    config = workspace.write("mothball.toml", "private = 7\n")
    client.in_loop(client.server.bench.disk_changed)
    held = [{"uri": uri(path), "value": first["resultId"]}]
    items = {one["uri"]: one for one in client.request("workspace/diagnostic", {"previousResultIds": held})["items"]}
    assert items[uri(path)]["kind"] == "unchanged"
    assert "were not checked" in items[uri(config)]["items"][0]["message"]
