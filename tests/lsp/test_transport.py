"""Framing and dispatch of messages."""

from __future__ import annotations

import io
import json
import threading

import pytest

from mothball.lsp import server
from mothball.lsp.server import MessageWriter, start_reading
from tests.support.lsp_client import PUSH, ServerError
from tests.support.lsp_in_process import InProcess, Workspace
from tests.support.lsp_pages import page
from tests.support.scripted_index import ScriptedIndex


def read(data: bytes) -> tuple[list[bytes], list[str]]:
    """Return the bodies in ``data``, and the reasons of rejected messages."""
    bodies: list[bytes] = []
    refused: list[str] = []
    ended = threading.Event()
    start_reading(io.BytesIO(data), bodies.append, refused.append, ended.set)
    assert ended.wait(10)
    return bodies, refused


def test_frames_with_unusual_headers_are_read() -> None:
    assert read(b"Content-Length: 2\r\n\r\n{}content-length:3\nX: y\n\n[1]") == ([b"{}", b"[1]"], [])
    assert read(b"noise\r\n\r\nContent-Length: x\r\nContent-Length: 1\r\n\r\n7") == ([b"7"], [])
    assert read(b"Content-Length: 9\r\n\r\ncut") == ([], [])
    assert read(b"") == ([], [])


def test_too_large_message_is_rejected(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "MAX_MESSAGE", 4)
    assert read(b"Content-Length: 5\r\n\r\n12345Content-Length: 1\r\n\r\n7") == ([b"7"], ["the message is too large"])
    assert read(b"Content-Length: 5\r\n\r\n12") == ([], ["the message is too large"])


def test_closed_output_stream_is_not_an_error() -> None:
    lost: list[str] = []
    closed = io.BytesIO()
    writer = MessageWriter(closed, lambda: lost.append("lost"))
    writer.write(b"x")
    assert closed.getvalue() == b"x"
    writer.close()
    writer.write(b"y")
    assert lost == ["lost"]


def test_unserved_messages_return_an_error(client: InProcess, workspace: Workspace) -> None:
    for body in (b"{", b"[]", b'{"jsonrpc": "1.0"}'):
        client._send_body(body)
    client.in_loop(lambda: client.server.protocol.refuse("too large"))
    client.wait_for(lambda: len(client.received) == 4)
    assert [message["id"] for message in client.received] == [None] * 4
    with pytest.raises(ServerError, match="not initialized"):
        client.hover("file:///x", 0, 0)
    client.notify("textDocument/didSave", {})
    client.start(PUSH, str(workspace.root))
    for params in (7, {"textDocument": 1}):
        with pytest.raises(ServerError):
            client.request("textDocument/hover", params)
    client.notify("textDocument/didSave", {"textDocument": 1})
    with pytest.raises(ServerError, match="already initialized"):
        client.request("initialize", {"processId": None, "rootUri": None, "capabilities": {}})
    client.request("shutdown")
    with pytest.raises(ServerError, match="shutting down"):
        client.hover("file:///x", 0, 0)
    client.notify("exit")
    client.wait_for(lambda: client.ended)
    assert client.code == 0


def test_incremental_changes_are_accepted(client: InProcess, workspace: Workspace) -> None:
    client.start(PUSH, str(workspace.root), offline=True)
    document = client.open(workspace.path("requirements.txt"), "# 😀\r\n==broken\n")
    client.wait_for_diagnostics(document, "unreadable")
    part = {"start": {"line": 0, "character": 4}, "end": {"line": 1, "character": 8}}
    params = {"textDocument": {"uri": document, "version": 2}, "contentChanges": [{"range": part, "text": "x"}]}
    client.notify("textDocument/didChange", params)
    client.wait_for_diagnostics(document)
    assert client.in_loop(lambda: client.server.session.documents[document].text) == "# 😀x\n"


def test_end_of_client_process_ends_the_server(
    client: InProcess, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mothball.lsp.features.lifecycle._CLIENT_CHECK_INTERVAL", 0.01)
    monkeypatch.setattr("mothball.lsp.features.lifecycle._REFRESH_INTERVAL", 0.01)
    answers = iter([True] * 10)
    monkeypatch.setattr("mothball.lsp.features.lifecycle._is_alive", lambda _: next(answers, False))
    client.initialize(PUSH, str(workspace.root), processId=1)
    client.wait_for(lambda: client.code == 1)
    # The server exited after the process had ended, not before.
    assert next(answers, None) is None


def test_lookups_work_without_a_usable_cache(
    client: InProcess, workspace: Workspace, index: ScriptedIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MOTHBALL_CACHE_DIR", workspace.write("no-directory", ""))
    index.script("old-lib", page("old-lib", "archived"))
    client.start(PUSH, str(workspace.root), index.url)
    document = client.open(workspace.write("requirements.txt", "old-lib\n"), "old-lib\n")
    client.wait_for_diagnostics(document, "archived")


def test_crash_of_lookup_is_not_a_clean_file(
    client: InProcess, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    def burst(*_: object, **__: object) -> None:
        raise RuntimeError("a bug")

    monkeypatch.setattr("mothball.lsp.blocking_lookups.Resolver", burst)
    client.start(PUSH, str(workspace.root))
    document = client.open(workspace.write("requirements.txt", "old-lib\n"), "old-lib\n")
    (diagnostic,) = client.wait_for_diagnostics(document, "unverified")
    assert "internal error" in diagnostic["message"]
    assert "RuntimeError" not in json.dumps(diagnostic)
