"""Unusual clients: unopened documents, malformed settings, requests for unchecked files."""

from __future__ import annotations

import asyncio
import os
import threading
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest import mock

import pytest

from mothball.index.resolution import LookupSettings, Query
from mothball.lsp import lookups
from mothball.lsp.features.lifecycle import _is_alive
from mothball.lsp.lookups import Lookups
from mothball.model.results import Cause, IndexResult, Missing, Origin, Source, StatusNotStated, Unavailable
from tests.support.lsp_client import LIMIT, PUSH, codes_of, uri
from tests.support.lsp_in_process import InProcess, Workspace, actions, archived
from tests.support.lsp_pages import page
from tests.support.scripted_index import Fault, Reply, ScriptedIndex
from tests.support.waiting import wait_until

NOW = 1_800_000_000.0
INDEX = "https://index.example/simple/"


def test_notifications_for_unopened_documents_are_ignored(
    client: InProcess, workspace: Workspace, index: ScriptedIndex
) -> None:
    client.start(PUSH, str(workspace.root), index.url)
    unknown = uri(workspace.path("requirements.txt"))
    client.change(unknown, "old-lib\n")
    client.save(unknown)
    client.close(unknown)
    client.in_loop(lambda: client.server.session.change(unknown, "old-lib\n", 2))
    assert client.hover(unknown, 0, 0) is None
    assert client.request("textDocument/documentLink", {"textDocument": {"uri": unknown}}) == []
    assert index.received == []
    assert client.published == []


def test_excluded_file_has_no_hover_actions_or_links(
    client: InProcess, workspace: Workspace, index: ScriptedIndex
) -> None:
    workspace.write("mothball.toml", "max-age = 3\n")
    client.start(PUSH, str(workspace.root), index.url)
    document = client.open(workspace.write("requirements.txt", "old-lib\n"), "old-lib\n")
    client.wait_for(lambda: client.diagnostics.get(document))
    assert client.hover(document, 0, 0) is None
    assert set(actions(client, document, 0)) <= {"Check again"}
    assert client.request("textDocument/documentLink", {"textDocument": {"uri": document}}) == []
    assert index.received == []


def test_invalid_configuration_is_not_edited(client: InProcess, workspace: Workspace, index: ScriptedIndex) -> None:
    workspace.write("mothball.toml", "")
    document = archived(client, workspace, index, "old-lib\n")
    assert "in mothball.toml" in "".join(actions(client, document, 0))
    workspace.write("mothball.toml", "[ignore\n")
    assert "in mothball.toml" not in "".join(actions(client, document, 0))


@pytest.mark.parametrize("odd", [[1], 3, "x", {"mothball": [1]}])
def test_malformed_settings_are_logged_and_ignored(client: InProcess, workspace: Workspace, odd: Any) -> None:
    client.initialize({}, str(workspace.root))
    before = client.in_loop(lambda: client.server.session.settings)
    client.notify("workspace/didChangeConfiguration", {"settings": odd})
    (logged,) = client.wait_for(lambda: client.messages("window/logMessage"))
    assert "the settings must be an object" in logged["params"]["message"]
    now = client.in_loop(lambda: client.server.session.settings)
    assert now == before._replace(errors=("the settings must be an object",))


def test_failed_settings_request_keeps_settings(client: InProcess, workspace: Workspace) -> None:
    client.silent_about.add("workspace/configuration")
    client.initialize(PUSH, str(workspace.root), initializationOptions={"maxAge": "7d"})
    (request,) = client.wait_for(lambda: client.messages("workspace/configuration"))
    client.send({"id": request["id"], "error": {"code": -32603, "message": "no settings today"}})
    assert client.hover(uri(workspace.path("requirements.txt")), 0, 0) is None
    assert client.in_loop(lambda: client.server.session.settings.max_age) == 7 * 24 * 3600


def test_failures_of_background_tasks_and_messages_are_logged(
    client: InProcess, workspace: Workspace, caplog: pytest.LogCaptureFixture
) -> None:
    client.initialize(PUSH, str(workspace.root))

    async def fail() -> None:
        await asyncio.sleep(0)
        raise OSError("an error\nof two lines")

    client.in_loop(lambda: client.server.run_in_background(fail()))
    client.wait_for(lambda: "a background task failed" in caplog.text)
    client.in_loop(lambda: client.server.report_server_error(ValueError("odd\nmessage"), ValueError))
    assert "odd message" in caplog.text


def test_process_of_another_user_is_alive() -> None:
    assert _is_alive(os.getpid())
    for error, alive in ((PermissionError, True), (ProcessLookupError, False)):
        with mock.patch("os.kill", side_effect=error):
            assert _is_alive(1) is alive


def test_no_signal_is_sent_to_check_processes_on_windows() -> None:
    with mock.patch("mothball.lsp.features.lifecycle.os", SimpleNamespace(name="nt")):
        assert _is_alive(1)


def test_root_path_of_old_clients_is_a_folder(client: InProcess, workspace: Workspace) -> None:
    params: dict[str, Any] = {"processId": None, "rootUri": None, "rootPath": str(workspace.root), "capabilities": {}}
    client.request("initialize", params)
    assert client.in_loop(lambda: client.server.session.folders) == [str(workspace.root)]


# --- expiration of results ---


@pytest.fixture
def known() -> Lookups:
    return Lookups(lambda call, *arguments: call(*arguments), lambda _: None)


def query(name: str = "lib", **settings: Any) -> Query:
    return Query(name, (INDEX,), LookupSettings(**settings))


@pytest.mark.parametrize(
    ("answer", "settings", "seconds"),
    [
        (StatusNotStated(Origin(INDEX, NOW)), {}, 3600),
        (StatusNotStated(Origin(INDEX, NOW)), {"max_age": 5.0}, 30),
        (Missing(Origin(INDEX, NOW)), {}, 300),
        (Missing(Origin(INDEX, NOW)), {"max_age": 60.0}, 60),
        (Unavailable(Cause.TIMEOUT, "", Origin(INDEX, NOW)), {}, 30),
        (StatusNotStated(Origin(INDEX, NOW - 9e5, Source.STALE)), {}, 30),
        (StatusNotStated(Origin(INDEX, NOW - 9e5, Source.SNAPSHOT)), {}, 3600),
        (StatusNotStated(Origin(INDEX, NOW - 9e5, Source.SNAPSHOT)), {"max_age": 0.0}, 30),
        (StatusNotStated(Origin(INDEX, NOW - 9e5, Source.CACHE)), {"offline": True}, 300),
    ],
)
def test_results_expire(known: Lookups, answer: IndexResult, settings: dict[str, Any], seconds: float) -> None:
    asked = query(**settings)
    assert known.outdated([asked], NOW) == [asked]
    with mock.patch("time.time", return_value=NOW):
        known.store({asked: answer})
    assert known.results([asked]) == {asked: answer}
    assert known.outdated([asked], NOW + seconds) == []
    assert known.outdated([asked], NOW + seconds + 1) == [asked]
    # Other settings need a new lookup; until then the old result is shown.
    other = query(max_age=77.0)
    assert known.outdated([other], NOW) == [other]
    assert known.results([other]) == {other: answer}


def test_unused_results_are_dropped_above_the_limit(known: Lookups, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lookups, "_MAX_RESULTS", 2)
    queries = [query(name) for name in ("a", "b", "c")]
    known.store(dict.fromkeys(queries, StatusNotStated(Origin(INDEX, NOW))))
    known.prune(queries[:1])
    assert [query.name for query, answer in known.results(queries).items() if answer is not lookups.PENDING] == ["a"]
    known.prune([])
    assert known.results(queries[:1])[queries[0]] is not lookups.PENDING


def test_unusable_cache_is_logged_once_and_ignored(
    client: InProcess, workspace: Workspace, index: ScriptedIndex, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "home" / "mothball-cache").write_text("no directory")
    index.script("old-lib", page("old-lib", "archived"))
    client.start(PUSH, str(workspace.root), index.url)
    document = client.open(workspace.write("requirements.txt", "old-lib\n"), "old-lib\n")
    client.wait_for_diagnostics(document, "archived")
    client.command("mothball.checkAgain")
    client.wait_for(lambda: index.count("old-lib") == 2)
    assert caplog.text.count("continuing without it") == 1


def test_check_again_does_not_wait_for_a_lookup_that_is_running(
    client: InProcess, workspace: Workspace, index: ScriptedIndex
) -> None:
    index.script("old-lib", Reply(fault=Fault.SILENCE), page("old-lib", "archived"))
    client.start(PUSH, str(workspace.root), index.url)
    document = client.open(workspace.write("requirements.txt", "old-lib\n"), "old-lib\n")
    client.wait_for(lambda: index.count("old-lib") == 1)
    assert client.command("mothball.checkAgain")["message"] == "1 file, 1 dependency: 1 archived"
    assert codes_of(client.diagnostics[document]) == ["archived"]


def test_late_result_of_a_replaced_lookup_is_dropped(known: Lookups, monkeypatch: pytest.MonkeyPatch) -> None:
    asked, late, current = query(), Missing(Origin(INDEX, NOW)), StatusNotStated(Origin(INDEX, NOW))
    running, release = threading.Event(), threading.Event()

    def look_up(queries: tuple[Query, ...], **_: object) -> dict[Query, IndexResult]:
        if running.is_set():
            return dict.fromkeys(queries, current)
        running.set()
        release.wait(LIMIT)
        return dict.fromkeys(queries, late)

    monkeypatch.setattr(known.blocking, "look_up", look_up)
    known.look_up([asked], refresh=True)
    running.wait(LIMIT)
    known.look_up([asked], refresh=True)
    wait_until(lambda: not known.pending())
    release.set()
    known._network_pool.shutdown()
    assert known.results([asked]) == {asked: current}


@pytest.mark.parametrize("crashing", ["Resolver", "cache_directory"])
def test_crash_of_lookup_is_logged_and_unverified(
    client: InProcess, workspace: Workspace, index: ScriptedIndex, caplog: pytest.LogCaptureFixture, crashing: str
) -> None:
    with mock.patch(f"mothball.lsp.blocking_lookups.{crashing}", side_effect=ZeroDivisionError):
        client.start(PUSH, str(workspace.root), index.url)
        document = client.open(workspace.write("requirements.txt", "old-lib\n"), "old-lib\n")
        (diagnostic,) = client.wait_for_diagnostics(document, "unverified")
    assert "internal error" in diagnostic["message"]


def test_paths_that_are_no_files_are_ignored() -> None:
    from mothball.lsp.convert import path_of, uri_of

    assert path_of("file://[/x") is None
    assert path_of("untitled:1") is None
    assert uri_of("//server/share/a b") == "file://server/share/a%20b"
