"""Removed settings are reset, and invalid restrictive settings prevent lookups."""

from __future__ import annotations

import pytest

from tests.support.lsp_client import PUSH
from tests.support.lsp_in_process import InProcess, Workspace
from tests.support.lsp_pages import page
from tests.support.scripted_index import ScriptedIndex


def changed(client: InProcess, settings: object) -> None:
    """Change all settings of the client."""
    client.settings = settings
    client.notify("workspace/didChangeConfiguration", {"settings": None})


@pytest.mark.parametrize("nothing", [{}, None, {"allowLocalIndexes": None}])
def test_deleted_consent_is_withdrawn(
    client: InProcess, workspace: Workspace, index: ScriptedIndex, nothing: object
) -> None:
    index.script("old-lib", page("old-lib", "archived"))
    client.settings = {"allowLocalIndexes": True, "private": ["acme-*"], "offline": False}
    client.initialize(PUSH, str(workspace.root))
    text = f"--index-url {index.url}\nold-lib\n"
    document = client.open(workspace.write("requirements.txt", text), text)
    client.wait_for_diagnostics(document, "archived")
    assert list(client.server.session.settings.private) == ["acme-*"]
    changed(client, nothing)
    client.wait_for(lambda: "allowLocalIndexes" in str(client.diagnostics[document]))
    assert not client.server.session.settings.private


def test_settings_of_initialize_are_defaults(client: InProcess, workspace: Workspace) -> None:
    client.settings = {"private": ["other-*"]}
    given = {"offline": True, "private": ["acme-*"]}
    client.initialize(PUSH, str(workspace.root), initializationOptions=given)
    client.wait_for(lambda: client.server.session.settings.private == ("other-*",))
    assert client.server.session.settings.offline
    changed(client, {"offline": False})
    client.wait_for(lambda: not client.server.session.settings.offline)
    assert list(client.server.session.settings.private) == ["acme-*"]
    changed(client, None)
    client.wait_for(lambda: client.server.session.settings.offline)


@pytest.mark.parametrize(
    "bad",
    [
        {"private": 7},
        {"private": ["acme *"]},
        {"offline": "true"},
        {"trustedHosts": {"a": 1}},
        {"indexUrl": "ftp://index.example/"},
        ["private"],
    ],
)
def test_invalid_restrictive_setting_prevents_all_lookups(
    client: InProcess, workspace: Workspace, index: ScriptedIndex, bad: object
) -> None:
    index.script("old-lib", page("old-lib", "archived"))
    good = {"indexUrl": index.url}
    client.settings = {**good, **bad} if isinstance(bad, dict) else bad
    client.initialize(PUSH, str(workspace.root), initializationOptions=client.settings)
    document = client.open(workspace.write("requirements.txt", "old-lib\n"), "old-lib\n")
    (diagnostic,) = client.wait_for(lambda: client.diagnostics.get(document))
    assert (diagnostic["severity"], diagnostic.get("code")) == (1, None)
    assert "nothing is checked" in diagnostic["message"]
    assert "correct the editor settings" in diagnostic["message"]
    if isinstance(bad, dict):
        assert f"mothball.{next(iter(bad))}" in diagnostic["message"]
    assert index.received == []
    assert index.received == []
    if isinstance(bad, dict):
        client.settings = None
        changed(client, dict.fromkeys(bad) | good)
        client.wait_for_diagnostics(document, "archived")
        changed(client, good | bad)
        client.wait_for(lambda: "nothing is checked" in str(client.diagnostics[document]))


def test_string_is_accepted_for_list_of_one(client: InProcess, workspace: Workspace) -> None:
    client.settings = {"private": "acme-*", "trustedHosts": "index.example"}
    client.initialize(PUSH, str(workspace.root))
    client.wait_for(lambda: client.server.session.settings.private == ("acme-*",))
    assert client.server.session.settings.trusted_hosts == ("index.example",)


def test_open_scripts_are_checked_when_enabled(client: InProcess, workspace: Workspace, index: ScriptedIndex) -> None:
    index.script("old-lib", page("old-lib", "archived"))
    client.start(PUSH, str(workspace.root), index.url)
    script = '# /// script\n# dependencies = ["old-lib"]\n# ///\n'
    document = client.open(workspace.path("tool.py"), "")
    client.change(document, script)
    changed(client, {"scripts": True})
    client.wait_for_diagnostics(document, "archived")
    changed(client, {"scripts": False})
    client.wait_for_diagnostics(document)


def test_invalid_unrestrictive_setting_is_reported_and_does_not_prevent_lookups(
    client: InProcess, workspace: Workspace, index: ScriptedIndex
) -> None:
    index.script("old-lib", page("old-lib", "archived"))
    client.start(PUSH, str(workspace.root), index.url, maxAge="soon")
    document = client.open(workspace.write("requirements.txt", "old-lib\n"), "old-lib\n")
    client.wait_for_diagnostics(document, "archived")
    assert any("mothball.maxAge" in message["params"]["message"] for message in client.messages("window/logMessage"))
