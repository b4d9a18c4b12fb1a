"""Misbehaving clients, at the level of bytes, with the installed program."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.lsp_client import LIMIT, PULL, PUSH, Process, ServerError
from tests.support.lsp_in_process import InProcess, Workspace
from tests.support.lsp_pages import page
from tests.support.scripted_index import ScriptedIndex
from tests.support.waiting import wait_until


@pytest.fixture
def process(tmp_path: Path, workspace: Workspace) -> Iterator[Process]:
    home = tmp_path / "home"
    home.mkdir()
    with Process(str(home), str(workspace.root), "--stdio") as process:
        yield process


# --- messages ---------------------------------------------------------------------------------------------------------


def test_header_names_are_case_insensitive(process: Process) -> None:
    body = json.dumps(
        {
            "jsonrpc": "2.0",
            "id": 1,
            "method": "initialize",
            "params": {"processId": None, "rootUri": None, "capabilities": {}},
        }
    ).encode()
    header = b"content-type: application/vscode-jsonrpc; charset=utf-8\r\nCONTENT-LENGTH:%d\r\n\r\n" % len(body)
    process.raw(header + body)
    assert process.answer(1)["serverInfo"]["name"] == "mothball"


def test_unknown_enumeration_values_are_accepted(process: Process, workspace: Workspace) -> None:
    capabilities = json.loads(json.dumps(PUSH))
    capabilities["textDocument"]["publishDiagnostics"]["tagSupport"]["valueSet"] = [1, 2, 3]
    capabilities["textDocument"]["hover"]["contentFormat"] = ["html", "markdown"]
    capabilities["general"] = {"positionEncodings": ["utf-7", "utf-8"]}
    capabilities["workspace"]["workspaceEdit"] = {"resourceOperations": ["paint"], "failureHandling": "despair"}
    capabilities["textDocument"]["completion"] = {"completionItemKind": {"valueSet": [999]}}
    result = process.start(capabilities, str(workspace.root))
    assert result["capabilities"]["positionEncoding"] == "utf-8"


@pytest.mark.parametrize("body", [b"{", b"\xff", b"[]", b"7", b'{"jsonrpc": "1.0", "id": 1}', b"[" * 100_000])
def test_invalid_message_returns_an_error(process: Process, workspace: Workspace, body: bytes) -> None:
    process.raw(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
    process.wait_for(lambda: process.received)
    (answer,) = process.received
    assert (answer["id"], answer["error"]["code"]) in [(None, -32700), (None, -32600)]
    process.start(PUSH, str(workspace.root))


def test_malformed_parameters_return_an_error(process: Process, workspace: Workspace) -> None:
    process.start(PUSH, str(workspace.root))
    for params in (None, 7, {"textDocument": "x"}, {"textDocument": {"uri": 1}, "position": {"line": "x"}}):
        with pytest.raises(ServerError) as refused:
            process.request("textDocument/hover", params)
        assert refused.value.error["code"] in (-32602, -32603)
    process.notify("textDocument/didOpen", {"textDocument": {"uri": 7}})
    process.notify("textDocument/didChange", None)
    assert process.hover("file:///nowhere/requirements.txt", 0, 0) is None


def test_method_must_be_a_string(process: Process, workspace: Workspace) -> None:
    process.start(PUSH, str(workspace.root))
    process.send({"id": 99, "method": 5})
    with pytest.raises(ServerError) as refused:
        process.answer(99)
    assert refused.value.error["code"] == -32600


def test_garbage_between_messages_is_ignored(process: Process, workspace: Workspace) -> None:
    process.raw(b"garbage\r\nContent-Length: nonsense\r\n\r\n\r\n")
    process.start(PUSH, str(workspace.root))


def test_unknown_methods_and_commands_are_refused(process: Process, workspace: Workspace) -> None:
    process.start(PUSH, str(workspace.root))
    with pytest.raises(ServerError) as unknown:
        process.request("textDocument/unheardOf", {})
    assert unknown.value.error["code"] == -32601
    with pytest.raises(ServerError) as no_command:
        process.command("mothball.unheardOf")
    assert "data" not in no_command.value.error
    process.notify("unheard/of", {"x": 1})
    process.notify("$/setTrace", {"value": "verbose"})
    process.notify("$/cancelRequest", {"id": 999})
    assert process.hover("file:///nowhere/requirements.txt", 0, 0) is None


def test_invalid_uris_and_positions_are_ignored(client: InProcess, workspace: Workspace) -> None:
    client.start(PUSH, str(workspace.root), offline=True)
    for odd in (
        "",
        "file://",
        "file:///",
        "http://[",
        "file:///a%00b/requirements.txt",
        "file://server/requirements.txt",
    ):
        params = {"uri": odd, "languageId": "x", "version": 1, "text": "==broken\n"}
        client.notify("textDocument/didOpen", {"textDocument": params})
    document = client.open(workspace.path("requirements.txt"), "==broken\r\nfine")
    client.wait_for_diagnostics(document, "unverified", "unreadable")
    for line, character in ((0, 999), (1, 0), (1, 4), (2, 0), (999, 999), (2**31 - 1, 2**31 - 1)):
        client.hover(document, line, character)
    assert client.hover(document, 1, 99) is not None


def test_internal_error_is_sent_without_traceback(
    client: InProcess, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    def burst(*_: object, **__: object) -> str:
        raise RuntimeError(f"in {os.getcwd()}")

    client.start(PUSH, str(workspace.root), offline=True)
    document = client.open(workspace.path("requirements.txt"), "name\n")
    client.wait_for(lambda: client.hover(document, 0, 0))
    monkeypatch.setattr("mothball.lsp.features.hover.hover_text", burst)
    with pytest.raises(ServerError) as failed:
        client.hover(document, 0, 0)
    assert failed.value.error["code"] == -32603
    assert "data" not in failed.value.error
    assert "Traceback" not in failed.value.error["message"]
    assert os.getcwd() not in failed.value.error["message"]
    assert client.messages("window/showMessage") == []


def test_failing_check_does_not_stop_the_server_or_block_requests(
    client: InProcess, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    def burst(*_: object, **__: object) -> None:
        raise RuntimeError("a bug")

    client.start(PULL, str(workspace.root), offline=True)
    with monkeypatch.context() as broken:
        broken.setattr("mothball.lsp.file_context.read_file_context", burst)
        document = client.open(workspace.path("requirements.txt"), "name\n")
        (diagnostic,) = client.pull(document)["items"]
        client.change(document, "name\nother\n")
        (again,) = client.pull(document)["items"]
    assert diagnostic["message"].startswith("not checked: internal error in mothball")
    assert again["message"] == diagnostic["message"]
    assert client.hover(document, 0, 0) is None
    client.change(document, "name\nother\n# more\n", 3)
    client.wait_for(lambda: client.hover(document, 0, 0) is not None or None)


# --- load -------------------------------------------------------------------------------------------------------------


def test_slow_lookups_do_not_delay_hover(client: InProcess, workspace: Workspace, index: ScriptedIndex) -> None:
    for number in range(6):
        index.script(f"slow-{number}", page(f"slow-{number}", "active", delay=LIMIT))
    index.script("quick", page("quick", "archived"))
    client.start(PUSH, str(workspace.root), index.url)
    quick = client.open(workspace.write("requirements.txt", "quick\n"), "quick\n")
    client.wait_for_diagnostics(quick, "archived")
    for number in range(6):
        client.open(workspace.write(f"requirements-{number}.txt", f"slow-{number}\n"), f"slow-{number}\n")
    slow = {f"slow-{number}" for number in range(6)}

    def pending() -> set[str]:
        return client.in_loop(lambda: {request.name for request in client.server.session.lookups._in_flight})

    wait_until(lambda: slow <= pending(), "six lookups are pending")
    client.change(quick, "# moved\nquick\n")
    client.wait_for(lambda: client.diagnostics[quick][0]["range"]["start"]["line"] == 1)
    assert client.hover(quick, 1, 0)["contents"]["value"].startswith("**archived**")
    assert pending() == slow


def test_a_request_can_be_canceled(client: InProcess, workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    import threading

    from mothball.lsp import file_context

    held, real = threading.Event(), file_context.read_file_context
    monkeypatch.setattr(file_context, "read_file_context", lambda *arguments: held.wait(LIMIT) and real(*arguments))
    client.start(PULL, str(workspace.root), offline=True)
    document = client.open(workspace.path("requirements.txt"), "==broken\n")
    number = client.start_request("textDocument/diagnostic", {"textDocument": {"uri": document}})
    client.notify("$/cancelRequest", {"id": number})
    with pytest.raises(ServerError) as canceled:
        client.answer(number)
    assert canceled.value.error["code"] == -32800
    held.set()
    client.wait_for_pull(document, "unreadable")


@pytest.mark.slow
def test_huge_document_does_not_block_typing(client: InProcess, workspace: Workspace) -> None:
    client.start(PUSH, str(workspace.root), offline=True)
    text = "".join(f"name-{number}==1.0\n" for number in range(20_000))
    document = client.open(workspace.path("requirements.txt"), text)
    for version in range(2, 12):
        client.change(document, f"{text}==broken-{version}\n", version)
    client.wait_for(
        lambda: any(
            diagnostic["code"] == "unreadable" and "broken-11" in diagnostic["message"]
            for diagnostic in client.diagnostics.get(document, ())
        )
    )


@pytest.mark.slow
def test_document_above_the_file_size_limit_is_checked(client: InProcess, workspace: Workspace) -> None:
    client.start(PUSH, str(workspace.root), offline=True)
    document = client.open(workspace.path("requirements.txt"), "#" * (40 * 1024 * 1024) + "\n==broken\n")
    client.wait_for_diagnostics(document, "unreadable")


def test_notifications_leave_no_futures(client: InProcess, workspace: Workspace) -> None:
    client.start(PUSH, str(workspace.root), offline=True)
    document = client.open(workspace.path("requirements.txt"), "")
    for version in range(2, 300):
        client.change(document, f"==broken{version}\n", version)
    client.wait_for(lambda: "broken299" in str(client.diagnostics.get(document)))
    assert not client.server.protocol._request_futures
