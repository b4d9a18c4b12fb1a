"""Where lookups failed: the code lens "Check again" and the action "Open settings"."""

from __future__ import annotations

from typing import Any

import pytest

from mothball.config.user_settings import user_config_file
from tests.support.lsp_client import PUSH, Message, uri
from tests.support.lsp_in_process import InProcess, Workspace, actions, archived
from tests.support.lsp_pages import page
from tests.support.scripted_index import Fault, Reply, ScriptedIndex

LENSES: Message = {**PUSH, "workspace": {**PUSH["workspace"], "codeLens": {"refreshSupport": True}}}
FAILING = Reply(fault=Fault.RESET)


def lenses(client: InProcess, document: str) -> list[tuple[int, Any]]:
    """Return line and command of each code lens."""
    found = client.request("textDocument/codeLens", {"textDocument": {"uri": document}})
    return [(lens["range"]["start"]["line"], lens["command"]) for lens in found]


def test_code_lens_checks_again_where_lookups_failed(
    client: InProcess, workspace: Workspace, index: ScriptedIndex
) -> None:
    index.script("old-lib", FAILING)
    client.start(LENSES, str(workspace.root), index.url)
    document = client.open(workspace.write("requirements.txt", "# one\nold-lib\n"), "# one\nold-lib\n")
    client.wait_for_diagnostics(document, "unverified")
    ((line, command),) = lenses(client, document)
    assert (line, command["title"]) == (0, "Check again")
    assert client.messages("workspace/codeLens/refresh")
    index.script("old-lib", page("old-lib", "archived"))
    client.command(command["command"], *command["arguments"])
    client.wait_for_diagnostics(document, "archived")
    assert lenses(client, document) == []


def test_code_lens_of_one_page_is_at_its_name(client: InProcess, workspace: Workspace, index: ScriptedIndex) -> None:
    index.script("fine", page("fine", "active"))
    index.script("broken", Reply(status=500))
    client.start(PUSH, str(workspace.root), index.url)
    document = client.open(workspace.write("requirements.txt", "fine\nbroken\n"), "fine\nbroken\n")
    client.wait_for_diagnostics(document, "unverified")
    assert [line for line, _ in lenses(client, document)] == [1]
    assert client.messages("workspace/codeLens/refresh") == []


def test_files_without_failed_lookups_have_no_code_lens(
    client: InProcess, workspace: Workspace, index: ScriptedIndex
) -> None:
    document = archived(client, workspace, index, "fine\nold-lib\n")
    assert lenses(client, document) == []
    assert "Open settings" not in actions(client, document, 1)
    assert lenses(client, uri(workspace.write("setup.py", ""))) == []


@pytest.mark.parametrize("is_configured", [False, True])
def test_settings_of_an_outage_are_opened(
    client: InProcess, workspace: Workspace, index: ScriptedIndex, *, is_configured: bool
) -> None:
    configuration = workspace.write("mothball.toml", "") if is_configured else user_config_file()
    index.script("old-lib", FAILING)
    client.start(PUSH, str(workspace.root), index.url)
    document = client.open(workspace.write("requirements.txt", "old-lib\n"), "old-lib\n")
    client.wait_for_diagnostics(document, "unverified")
    offered = actions(client, document, 0)
    assert list(offered) == ["Check again", "Open settings"]
    command = offered["Open settings"]["command"]
    client.command(command["command"], *command["arguments"])
    (request,) = client.wait_for(lambda: client.messages("window/showDocument"))
    assert (request["params"]["uri"], request["params"]["takeFocus"]) == (uri(configuration), True)


def test_dependency_whose_index_cannot_be_determined_is_not_removed(
    client: InProcess, workspace: Workspace, index: ScriptedIndex
) -> None:
    client.start(PUSH, str(workspace.root), index.url)
    text = "lib\n-r missing.txt\n"
    document = client.open(workspace.write("requirements.txt", text), text)
    first, _ = client.wait_for_diagnostics(document, "unresolvable", "unreadable")
    assert "`-r missing.txt` in line 2 cannot be read" in first["message"]
    assert workspace.path("") not in first["message"]
    assert list(actions(client, document, 0)) == [
        "Ignore `unresolvable` for lib in a comment",
        "Check again",
    ]


def test_settings_are_offered_where_consent_is_missing(
    client: InProcess, workspace: Workspace, index: ScriptedIndex
) -> None:
    workspace.write("mothball.toml", "")
    client.initialize(PUSH, str(workspace.root))
    text = f"--index-url {index.url}\nold-lib\n"
    document = client.open(workspace.write("requirements.txt", text), text)
    client.wait_for_diagnostics(document, "unresolvable")
    # A repository cannot give consent, so it is the configuration of the user.
    assert actions(client, document, 1)["Open settings"]["command"]["arguments"] == [uri(user_config_file())]


def test_settings_are_offered_for_an_invalid_setting_of_the_editor(
    client: InProcess, workspace: Workspace, index: ScriptedIndex
) -> None:
    client.start(PUSH, str(workspace.root), index.url, private=[7])
    document = client.open(workspace.write("requirements.txt", "# one\nold-lib\n"), "# one\nold-lib\n")
    client.wait_for(lambda: "nothing is checked" in str(client.diagnostics.get(document)))
    assert list(actions(client, document, 0)) == ["Open settings"]
    assert list(actions(client, document, 1)) == []


def test_settings_are_not_offered_to_a_client_that_cannot_show_documents(
    client: InProcess, workspace: Workspace, index: ScriptedIndex
) -> None:
    index.script("old-lib", FAILING)
    client.start({**PUSH, "window": {}}, str(workspace.root), index.url)
    document = client.open(workspace.write("requirements.txt", "old-lib\n"), "old-lib\n")
    client.wait_for_diagnostics(document, "unverified")
    assert list(actions(client, document, 0)) == ["Check again"]
    client.command("mothball.openSettings", uri(user_config_file()))
    assert client.messages("window/showDocument") == []
