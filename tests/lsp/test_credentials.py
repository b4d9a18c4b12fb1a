"""Changed credentials are used without a restart."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.keyrings import TestKeyring
from tests.support.lsp_client import PUSH
from tests.support.lsp_in_process import InProcess, Workspace
from tests.support.lsp_pages import page
from tests.support.scripted_index import ScriptedIndex

TEXT = "old-lib\n"
LOGIN = ("user", "right")


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


def refused(client: InProcess, workspace: Workspace, index_url: str) -> str:
    """Open a file whose names cannot be looked up, and return its URI."""
    client.start(PUSH, str(workspace.root), index_url)
    document = client.open(workspace.write("requirements.txt", TEXT), TEXT)
    client.wait_for_diagnostics(document, "unverified")
    return document


def write_netrc(home: Path, password: str) -> None:
    (home / ".netrc").write_text(f"machine 127.0.0.1 login user password {password}\n")
    (home / ".netrc").chmod(0o600)


def test_changed_netrc_is_used_for_next_lookup(
    client: InProcess, workspace: Workspace, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mothball.lsp.lookups.RETRY_AFTER", 0.0)
    write_netrc(home, "wrong")
    with ScriptedIndex({"old-lib": page("old-lib", "archived")}, login=LOGIN) as index:
        document = refused(client, workspace, index.url)
        asked = len(index.received)
        for _ in range(3):  # a login that was refused is not sent again: a few more tries may lock the account
            client.in_loop(client.server.session.refresh_stale)
            client.wait_for(lambda: not client.server.session.lookups._in_flight)
        assert len(index.received) == asked
        write_netrc(home, "right")
        client.in_loop(client.server.session.refresh_stale)
        client.wait_for_diagnostics(document, "archived")


def test_check_again_reads_the_keyring_again(
    client: InProcess, workspace: Workspace, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = home / ".config" / "mothball"
    config.mkdir(parents=True)
    (config / "config.toml").write_text('keyring-provider = "import"\n')
    with ScriptedIndex({"old-lib": page("old-lib", "archived")}, login=LOGIN) as index:
        keyring = TestKeyring(tmp_path / "keyring", {index.url: {"user": "wrong"}})
        for name, value in keyring.environment.items():
            monkeypatch.setenv(name, value)
        document = refused(client, workspace, index.url)
        keyring.hold({index.url: {"user": "right"}})
        client.command("mothball.checkAgain")
        client.wait_for_diagnostics(document, "archived")


def test_check_again_reads_user_configuration_again(
    client: InProcess, workspace: Workspace, home: Path, index: ScriptedIndex
) -> None:
    index.script("old-lib", page("old-lib", "archived"))
    client.initialize(PUSH, str(workspace.root))
    text = f"--index-url {index.url}\nold-lib\n"
    document = client.open(workspace.write("requirements.txt", text), text)
    client.wait_for_diagnostics(document, "unresolvable")
    config = home / ".config" / "mothball"
    config.mkdir(parents=True)
    (config / "config.toml").write_text("no TOML")
    client.command("mothball.checkAgain")
    client.wait_for(
        lambda: any("nothing is checked" in diagnostic["message"] for diagnostic in client.diagnostics[document])
    )
    (config / "config.toml").write_text("allow-local-indexes = true\n")
    client.command("mothball.checkAgain")
    client.wait_for_diagnostics(document, "archived")
