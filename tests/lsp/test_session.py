"""Concurrent changes of texts, results and lookups, in any order."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator

import pytest

from mothball.lsp import file_context
from mothball.lsp.documents import OpenDocument
from mothball.lsp.open_text import DocumentContext, Parsed, Unsaved, parse_open
from tests.support.lsp_client import LIMIT, PULL, PUSH, ServerError, codes_of, uri
from tests.support.lsp_in_process import InProcess, Workspace
from tests.support.lsp_pages import page
from tests.support.scripted_index import Reply, ScriptedIndex
from tests.support.waiting import wait_until

# A text that is checked in a thread.
LONG = "#" * 200_000 + "\n"


@pytest.fixture
def index(index: ScriptedIndex) -> ScriptedIndex:
    index.script("old-lib", page("old-lib", "archived"))
    return index


class HeldChecks:
    """Holds the results of checks in threads until released."""

    def __init__(self) -> None:
        self.texts: list[str] = []
        self.go = threading.Event()

    def parse(self, text: str, context: DocumentContext, unsaved: Unsaved, before: Parsed | None) -> Parsed:
        if len(text) >= len(LONG):
            self.texts.append(text[len(LONG) :])
            self.go.wait(LIMIT)
        return parse_open(text, context, unsaved, before)


@pytest.fixture
def held(monkeypatch: pytest.MonkeyPatch) -> Iterator[HeldChecks]:
    held = HeldChecks()
    monkeypatch.setattr("mothball.lsp.session.parse_open", held.parse)
    yield held
    held.go.set()


def waiting(document: OpenDocument) -> int:
    """Return the number of requests that wait for a check."""
    return len(document.check_ended._waiters)


def until(client: InProcess, condition: Callable[[], bool]) -> None:
    """Wait until a condition holds in the loop's thread."""
    wait_until(lambda: client.in_loop(condition))


# --- long texts -------------------------------------------------------------------------------------------------------


def test_only_last_text_is_checked_after_a_long_check(
    client: InProcess, workspace: Workspace, index: ScriptedIndex, held: HeldChecks
) -> None:
    client.start(PUSH, str(workspace.root), index.url)
    document = client.open(workspace.path("requirements.txt"), f"{LONG}==first\n")
    client.wait_for(lambda: held.texts)
    for version, word in enumerate(("second", "third", "fourth"), 2):
        client.change(document, f"{LONG}=={word}\n", version)
    until(client, lambda: client.server.session.documents[document].is_outdated)
    held.go.set()
    client.wait_for(lambda: "fourth" in str(client.diagnostics.get(document)))
    assert held.texts == ["==first\n", "==fourth\n"]
    assert "first" not in str(client.published)


def test_results_during_check_of_long_text_are_used(
    client: InProcess, workspace: Workspace, index: ScriptedIndex, held: HeldChecks
) -> None:
    held.go.set()
    client.start(PUSH, str(workspace.root), index.url)
    text = f"{LONG}old-lib\n"
    document = client.open(workspace.write("requirements.txt", text), text)
    client.wait_for_diagnostics(document, "archived")
    held.go.clear()
    del held.texts[:]
    client.save(document)
    client.wait_for(lambda: held.texts)
    index.script("old-lib", page("old-lib", "active"))
    client.start_request("workspace/executeCommand", {"command": "mothball.checkAgain"})
    until(client, lambda: client.server.session.documents[document].is_outdated)
    held.go.set()
    client.wait_for_diagnostics(document)


def test_summary_waits_for_the_check_of_a_long_text(
    client: InProcess,
    workspace: Workspace,
    index: ScriptedIndex,
    held: HeldChecks,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("mothball.lsp.session._POLL_INTERVAL", 0.0)
    held.go.set()
    index.script("old-lib", page("old-lib", "active"))
    client.start(PUSH, str(workspace.root), index.url)
    text = f"{LONG}old-lib\n"
    document = client.open(workspace.write("requirements.txt", text), text)
    client.settle(document)
    index.script("old-lib", page("old-lib", "archived"))
    held.go.clear()
    number = client.start_request("workspace/executeCommand", {"command": "mothball.checkAgain"})
    session = client.server.session
    until(client, lambda: session.documents[document].is_outdated and not session.lookups.pending())
    client.settle(document)  # the command has seen that no lookup is pending
    held.go.set()
    assert client.answer(number)["rules"] == {"archived": 1}


def test_client_is_asked_to_pull_again_after_requested_check_of_a_long_text(
    client: InProcess, workspace: Workspace, index: ScriptedIndex, held: HeldChecks
) -> None:
    held.go.set()
    client.start(PULL, str(workspace.root), index.url)
    text = f"{LONG}old-lib\n"
    document = client.open(workspace.write("requirements.txt", text), text)
    client.wait_for_pull(document, "archived")
    index.script("old-lib", page("old-lib", "active"))
    held.go.clear()
    number = client.start_request("workspace/executeCommand", {"command": "mothball.checkAgain"})
    session = client.server.session
    until(client, lambda: session.documents[document].is_outdated and not session.lookups.pending())
    until(client, lambda: waiting(session.documents[document]) > 0)
    before = len(client.messages("workspace/diagnostic/refresh"))
    held.go.set()
    client.answer(number)
    client.wait_for(lambda: len(client.messages("workspace/diagnostic/refresh")) > before)
    assert client.pull(document)["items"] == []


def test_code_lenses_are_requested_again_once_a_long_text_is_checked(
    client: InProcess, workspace: Workspace, index: ScriptedIndex, held: HeldChecks
) -> None:
    held.go.set()
    index.script("old-lib", Reply(500))
    lenses = {"workspace": {**PUSH["workspace"], "codeLens": {"refreshSupport": True}}}
    client.start({**PUSH, **lenses}, str(workspace.root), index.url)
    text = f"{LONG}old-lib\n"
    document = client.open(workspace.write("requirements.txt", text), text)
    client.wait_for_diagnostics(document, "unverified")
    client.settle(document)
    index.script("old-lib", page("old-lib", "active"))
    held.go.clear()
    number = client.start_request("workspace/executeCommand", {"command": "mothball.checkAgain"})
    session = client.server.session
    until(client, lambda: session.documents[document].is_outdated and not session.lookups.pending())
    before = len(client.messages("workspace/codeLens/refresh"))
    held.go.set()
    client.answer(number)
    client.wait_for(lambda: len(client.messages("workspace/codeLens/refresh")) > before)
    assert client.request("textDocument/codeLens", {"textDocument": {"uri": document}}) == []


def test_result_of_a_long_text_closed_meanwhile_is_dropped(
    client: InProcess, workspace: Workspace, index: ScriptedIndex, held: HeldChecks
) -> None:
    client.start(PUSH, str(workspace.root), index.url)
    document = client.open(workspace.path("requirements.txt"), f"{LONG}==broken\n")
    client.wait_for(lambda: held.texts)
    client.close(document)
    client.wait_for_diagnostics(document)
    held.go.set()
    # When the next text is checked, the threads have finished with the closed one.
    other = client.open(workspace.path("a/requirements.txt"), f"{LONG}==broken\n")
    client.wait_for_diagnostics(other, "unreadable")
    assert client.diagnostics[document] == []


def test_result_of_a_long_text_opened_again_meanwhile_is_dropped(
    client: InProcess, workspace: Workspace, index: ScriptedIndex, held: HeldChecks
) -> None:
    client.start(PUSH, str(workspace.root), index.url)
    document = client.open(workspace.path("requirements.txt"), f"{LONG}==broken\n")
    client.wait_for(lambda: held.texts)
    client.close(document)
    client.open(workspace.path("requirements.txt"), "old-lib\n")
    client.wait_for_diagnostics(document, "archived")
    held.go.set()
    other = client.open(workspace.path("a/requirements.txt"), f"{LONG}==broken\n")
    client.wait_for_diagnostics(other, "unreadable")
    assert codes_of(client.diagnostics[document]) == ["archived"]


# --- edge cases ---


def test_text_changed_and_closed_immediately_is_not_checked(
    client: InProcess, workspace: Workspace, index: ScriptedIndex
) -> None:
    client.start(PUSH, str(workspace.root), index.url)
    document = client.open(workspace.path("requirements.txt"), "==broken\n")
    client.wait_for_diagnostics(document, "unreadable")
    session = client.server.session

    def change_and_close() -> None:
        session.change(document, "==broken\n==again\n", 2)
        session.close(document)

    client.in_loop(change_and_close)
    assert client.hover(document, 0, 0) is None
    assert [codes_of(notification["diagnostics"]) for notification in client.published] == [["unreadable"]]


def test_text_changed_and_opened_again_immediately_is_not_checked(
    client: InProcess, workspace: Workspace, index: ScriptedIndex
) -> None:
    client.start(PUSH, str(workspace.root), index.url)
    path = workspace.path("requirements.txt")
    document = client.open(path, "==broken\n")
    client.wait_for_diagnostics(document, "unreadable")
    session = client.server.session

    def change_and_open_again() -> None:
        session.change(document, "==broken\n==again\n", 2)
        session.close(document)
        session.open(document, path, "old-lib\n", 1)

    client.in_loop(change_and_open_again)
    client.wait_for_diagnostics(document, "archived")
    assert "again" not in str(client.published)


def test_crash_of_check_is_reported_and_next_text_is_checked(
    client: InProcess, workspace: Workspace, index: ScriptedIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    def burst(*_: object) -> Parsed:
        raise ZeroDivisionError

    client.start(PUSH, str(workspace.root), index.url)
    document = client.open(workspace.path("requirements.txt"), "")
    client.wait_for_diagnostics(document)
    with monkeypatch.context() as broken:
        broken.setattr("mothball.lsp.session.parse_open", burst)
        client.change(document, "old-lib\n")
        (diagnostic,) = client.wait_for(lambda: client.diagnostics[document])
    assert diagnostic["message"].startswith("not checked: internal error in mothball")
    client.change(document, "old-lib\n\n", 3)
    client.wait_for_diagnostics(document, "archived")


def test_periodic_task_skips_document_being_read(
    client: InProcess, workspace: Workspace, index: ScriptedIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    go, real = threading.Event(), file_context.read_file_context
    monkeypatch.setattr(file_context, "read_file_context", lambda *arguments: go.wait(LIMIT) and real(*arguments))
    client.start(PUSH, str(workspace.root), index.url)
    document = client.open(workspace.write("requirements.txt", "old-lib\n"), "old-lib\n")
    assert client.hover("file:///nowhere/requirements.txt", 0, 0) is None
    client.in_loop(client.server.session.refresh_stale)
    assert client.in_loop(lambda: client.server.session.documents[document].reads_started) == 1
    go.set()
    client.wait_for_diagnostics(document, "archived")


def test_links_wait_for_lookup_results(client: InProcess, workspace: Workspace, index: ScriptedIndex) -> None:
    index.script("old-lib", page("old-lib", "archived", delay=0.3))
    client.start(PUSH, str(workspace.root), index.url)
    document = client.open(workspace.write("requirements.txt", "old-lib\n"), "old-lib\n")
    client.request("textDocument/documentLink", {"textDocument": {"uri": document}})
    assert codes_of(client.diagnostics[document]) == ["archived"]


def test_canceled_pull_does_not_block_other_pulls(
    client: InProcess, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    go, real = threading.Event(), file_context.read_file_context
    monkeypatch.setattr(file_context, "read_file_context", lambda *arguments: go.wait(LIMIT) and real(*arguments))
    client.start(PULL, str(workspace.root), offline=True)
    document = client.open(workspace.path("requirements.txt"), "==broken\n")
    first, second = (
        client.start_request("textDocument/diagnostic", {"textDocument": {"uri": document}}) for _ in range(2)
    )
    until(client, lambda: waiting(client.server.session.documents[document]) == 2)
    client.notify("$/cancelRequest", {"id": first})
    with pytest.raises(ServerError) as canceled:
        client.answer(first)
    assert canceled.value.error["code"] == -32800
    go.set()
    assert codes_of(client.answer(second)["items"]) == ["unreadable"]


def test_pull_of_a_document_closed_meanwhile_is_empty(
    client: InProcess, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    go, real = threading.Event(), file_context.read_file_context
    monkeypatch.setattr(file_context, "read_file_context", lambda *arguments: go.wait(LIMIT) and real(*arguments))
    client.start(PULL, str(workspace.root), offline=True)
    document = client.open(workspace.path("requirements.txt"), "==broken\n")
    number = client.start_request("textDocument/diagnostic", {"textDocument": {"uri": document}})
    until(client, lambda: waiting(client.server.session.documents[document]) > 0)
    client.close(document)
    assert client.answer(number) == {"kind": "full", "items": []}
    go.set()


# --- settings ---------------------------------------------------------------------------------------------------------

SCRIPT = '# /// script\n# dependencies = ["==broken"]\n# ///\n'


@pytest.mark.parametrize("capabilities", [PUSH, PULL])
def test_scripts_are_cleared_when_disabled(
    client: InProcess, workspace: Workspace, capabilities: dict[str, object]
) -> None:
    client.start(capabilities, str(workspace.root), offline=True, scripts=True)
    document = client.open(workspace.path("tool.py"), SCRIPT)
    pulls = capabilities is PULL
    until(client, lambda: document in client.server.session.documents)
    if pulls:
        assert codes_of(client.pull(document)["items"]) == ["unreadable"]
    else:
        client.wait_for_diagnostics(document, "unreadable")
    client.settings = {"offline": True, "scripts": False}
    client.notify("workspace/didChangeConfiguration", {"settings": None})
    if pulls:
        client.wait_for_pull(document)
        assert client.published == []
    else:
        client.wait_for_diagnostics(document)


def test_empty_response_to_settings_request_keeps_settings(client: InProcess, workspace: Workspace) -> None:
    client.silent_about.add("workspace/configuration")
    client.initialize(PUSH, str(workspace.root), initializationOptions={"maxAge": "7d"})
    client.notify("workspace/didChangeConfiguration", {"settings": None})
    asked = client.wait_for(lambda: client.messages("workspace/configuration")[1:] and client.received)
    numbers = [message["id"] for message in asked if message.get("method") == "workspace/configuration"]
    for number, nothing in zip(numbers, ([], [None]), strict=True):
        client.send({"id": number, "result": nothing})
    assert client.hover(uri(workspace.path("requirements.txt")), 0, 0) is None
    assert client.in_loop(lambda: client.server.session.settings.max_age) == 7 * 24 * 3600
