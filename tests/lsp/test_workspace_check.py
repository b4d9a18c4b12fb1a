"""Check of the workspace: findings, files that must not look clean, progress, and cancellation."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from mothball.config.project import ConfigOverrides, UserConfig
from mothball.index.resolution import Query
from mothball.lsp.blocking_lookups import IndexResults
from mothball.lsp.client import ClientFeatures
from mothball.lsp.settings import EffectiveSettings
from mothball.lsp.workspace_check import Context, check_folders
from mothball.model.results import KnownStatus, Origin, ProjectStatus
from tests.support.lsp_client import PULL, PUSH, Message, ServerError, uri
from tests.support.lsp_editor import Editor, numbers_of
from tests.support.lsp_in_process import Workspace
from tests.support.lsp_pages import page

OLD = {"requirements.txt": "old-lib\n"}
NUMBERS = {"files": 1, "dependencies": 1, "findings": 1, "problems": 0}


# --- what must not be called clean ------------------------------------------------------------------------------------


def test_an_invalid_configuration_is_reported_and_the_diagnostics_of_its_files_stay(editor: Editor) -> None:
    editor.start(OLD)
    assert editor.check()["findings"] == 1
    editor.workspace.write("mothball.toml", "private = 7\n")
    assert editor.check()["problems"] == 1
    (reported,) = editor.client.wait_for(lambda: editor.shown("mothball.toml"))
    assert "were not checked" in reported["message"]
    assert editor.codes("requirements.txt") == ["archived"]
    editor.workspace.write("mothball.toml", "")
    editor.check()
    editor.wait_for("mothball.toml")


def test_an_invalid_configuration_keeps_the_diagnostics_of_no_other_files(editor: Editor) -> None:
    editor.start({"mine/requirements.txt": "old-lib\n", "other/requirements.txt": "old-lib\n"})
    assert editor.check()["findings"] == 2
    editor.workspace.write("mine/mothball.toml", "private = 7\n")
    editor.workspace.write("mothball.toml", 'exclude = ["other"]\n')
    editor.check()
    editor.wait_for("other/requirements.txt")
    assert editor.codes("mine/requirements.txt") == ["archived"]


def test_a_pull_reports_an_invalid_configuration_and_the_last_diagnostics_of_its_files(editor: Editor) -> None:
    editor.start(OLD, PULL, workspaceDiagnostics=True)
    path = editor.uri("requirements.txt")
    first = editor.pull()
    editor.workspace.write("mothball.toml", "private = 7\n")
    editor.client.in_loop(editor.client.server.session.files_changed)
    items = editor.pull((path, first[path]["resultId"]))
    assert items[path]["kind"] == "unchanged"
    assert "were not checked" in items[editor.uri("mothball.toml")]["items"][0]["message"]


def test_an_invalid_user_configuration_is_reported_once_and_nothing_is_looked_up(
    editor: Editor, tmp_path: Path
) -> None:
    editor.start(OLD)
    assert editor.check()["findings"] == 1
    editor.wait_for("requirements.txt", "archived")
    config = tmp_path / "home" / ".config" / "mothball" / "config.toml"
    config.parent.mkdir(parents=True)
    config.write_text("\nprivate = 7\n", encoding="utf-8")
    editor.change_folders(added=["other"])
    assert editor.check() == {"files": 0, "dependencies": 0, "findings": 0, "problems": 1}
    (reported,) = editor.client.wait_for(lambda: editor.client.diagnostics.get(uri(str(config))))
    assert reported["message"].startswith("nothing is checked: ")
    assert editor.codes("requirements.txt") == ["archived"]
    assert editor.index.count("old-lib") == 1


def test_invalid_settings_are_reported_where_a_configuration_would_be(editor: Editor) -> None:
    editor.start(OLD, private=7)
    assert editor.check()["problems"] == 1
    (reported,) = editor.client.wait_for(lambda: editor.shown("mothball.toml"))
    assert "mothball.private" in reported["message"]
    assert editor.index.received == []


# --- nested folders ---------------------------------------------------------------------------------------------------


def test_file_in_nested_folders_counts_once_with_settings_of_innermost_folder(editor: Editor) -> None:
    outer, middle, inner = "requirements.txt", "a/requirements.txt", "a/b/requirements.txt"
    # Only the including file makes this a dependency file.
    included = "a/b/common/extra.txt"
    files = {
        outer: f"old-lib\n-r {included}\n",
        "mothball.toml": '[severity]\narchived = "note"\n',
        middle: "old-lib\n",
        # A repository of its own: the configuration of the outer folder does not apply.
        "a/b/.git/HEAD": "ref: refs/heads/main\n",
        inner: "old-lib\n\n",
        included: "old-lib\n",
    }
    editor.start(files, folders=("", "a/b", ""))
    assert editor.check() == {"files": 4, "dependencies": 4, "findings": 4, "problems": 0}
    names = (outer, middle, inner, included)
    editor.client.wait_for(lambda: len(editor.client.diagnostics) == 4)
    severities = {name: [diagnostic["severity"] for diagnostic in editor.shown(name)] for name in names}
    assert severities == {outer: [3], middle: [3], inner: [1], included: [3]}
    # The open file has the same findings.
    editor.open(inner, "old-lib\n")
    editor.client.wait_for(lambda: [diagnostic["severity"] for diagnostic in editor.shown(inner)] == [1])
    assert editor.index.count("old-lib") == 1


def test_problem_of_several_folders_is_reported_once(editor: Editor) -> None:
    files = {
        ".git/HEAD": "ref: refs/heads/main\n",
        "mothball.toml": '[ignore]\nx = { rules = ["archived"], until = 2020-01-01 }\n',
    }
    for folder in ("a", "b"):
        editor.index.script(folder, page(folder, None))
        files[f"{folder}/requirements.txt"] = f"{folder}\n"
    editor.start(files, folders=("a", "b"))
    # The expired ignore, and the index that states no statuses.
    assert editor.check() == {"files": 2, "dependencies": 2, "findings": 2, "problems": 0}
    editor.wait_for("mothball.toml", "expired-ignore")


def test_ignores_of_outer_folder_used_by_inner_folder_are_not_unused(editor: Editor) -> None:
    files = {
        ".git/HEAD": "ref: refs/heads/main\n",
        "mothball.toml": '[ignore]\nold-lib = { rules = ["archived"], reason = "x" }\n',
        "requirements.txt": "fine\n",
        "a/requirements.txt": "old-lib\n",
    }
    editor.start(files, folders=("a", ""))
    assert editor.check()["findings"] == 0
    editor.workspace.write("a/requirements.txt", "fine\n")
    assert editor.check()["findings"] == 1
    editor.wait_for("mothball.toml", "unused-ignore")


# --- concurrent requests ----------------------------------------------------------------------------------------------


def steps(editor: Editor, token: str | int) -> list[Message]:
    """Return the progress reports of a token."""
    reported = [message["params"] for message in editor.client.messages("$/progress")]
    return [step["value"] for step in reported if step["token"] == token]


def test_a_request_during_a_check_shares_it(editor: Editor) -> None:
    editor.start(OLD)
    with editor.checks.held():
        first, second = editor.start_check("first"), editor.start_check("second")
        editor.client.wait_for(lambda: len(steps(editor, "second")) >= 2)
        assert steps(editor, "second")[1] == {"kind": "report", "message": "1 of 4 names", "percentage": 25}
    assert [numbers_of(editor.client.answer(number)) for number in (first, second)] == [NUMBERS] * 2
    assert (editor.checks.started, editor.index.count("old-lib")) == (1, 1)
    for token in ("first", "second"):
        assert steps(editor, token)[-1] == {"kind": "end", "message": "1 file, 1 dependency: 1 archived"}
    assert editor.client.server.work_done_progress.tokens == {}


def test_a_request_after_a_change_waits_for_the_next_check(editor: Editor) -> None:
    editor.start(OLD)
    with editor.checks.held():
        first = editor.start_check()
        editor.client.wait_for(lambda: editor.checks.started == 1)
        editor.write("requirements.txt", "fine\n")
        editor.until(lambda: editor.diagnostics._is_stale)
        second, third = editor.start_check(), editor.start_check()
        editor.until(lambda: len(editor.diagnostics._waiting) == 3)
        editor.client.notify("$/cancelRequest", {"id": third})
        with pytest.raises(ServerError):
            editor.client.answer(third)
    results = [numbers_of(editor.client.answer(number)) for number in (first, second)]
    assert results == [{**NUMBERS, "findings": 0}] * 2
    assert editor.checks.started == 2


@pytest.mark.parametrize("by", ["$/cancelRequest", "window/workDoneProgress/cancel"])
def test_canceling_withdraws_one_request_and_the_last_one_ends_the_check(editor: Editor, by: str) -> None:
    editor.start(OLD)
    with editor.checks.held():
        numbers = {token: editor.start_check(token) for token in ("first", "second")}

        def cancel(token: str) -> None:
            editor.client.notify(by, {"id": numbers[token]} if by == "$/cancelRequest" else {"token": token})
            if by == "$/cancelRequest":
                with pytest.raises(ServerError) as canceled:
                    editor.client.answer(numbers[token])
                assert canceled.value.error["code"] == -32800
            else:
                assert editor.client.answer(numbers[token]) is None
            editor.client.wait_for(lambda: steps(editor, token)[-1] == {"kind": "end"})

        editor.client.wait_for(lambda: steps(editor, "second")[1:])
        cancel("first")
        before = editor.checks.looks
        editor.client.wait_for(lambda: editor.checks.looks > before + 3)
        assert editor.checks.canceled == 0
        cancel("second")
        editor.client.wait_for(lambda: editor.checks.canceled == 1)
        assert editor.checks.started == 1
        assert editor.client.published == []
    assert editor.check()["findings"] == 1
    editor.wait_for("requirements.txt", "archived")
    assert editor.client.server.work_done_progress.tokens == {}


def test_a_check_that_ends_after_it_was_canceled_shows_nothing(editor: Editor, monkeypatch: pytest.MonkeyPatch) -> None:
    editor.start(OLD)
    # This check does not notice the cancellation.
    monkeypatch.setattr(editor.diagnostics, "_progressed", lambda *_: None)
    with editor.checks.held():
        number = editor.start_check("token")
        editor.client.wait_for(lambda: editor.checks.looks)
        editor.client.notify("window/workDoneProgress/cancel", {"token": "token"})
        assert editor.client.answer(number) is None
    editor.diagnostics._thread.submit(lambda: None).result()
    editor.roundtrip()
    assert editor.client.published == []


def test_a_check_in_progress_does_not_delay_open_files(editor: Editor) -> None:
    editor.start({})
    with editor.checks.held():
        number = editor.start_check()
        editor.client.wait_for(lambda: editor.checks.looks)
        editor.open("requirements.txt", "==broken\nold-lib\n")
        editor.wait_for("requirements.txt", "unreadable", "archived")
    editor.client.answer(number)


def test_a_check_that_crashes_fails_all_requests_and_the_next_one_works(editor: Editor) -> None:
    editor.start(OLD)
    editor.checks.failure = ZeroDivisionError()
    with editor.checks.held():
        numbers = [editor.start_check(token) for token in ("first", "second")]
        editor.client.wait_for(lambda: steps(editor, "second")[1:])
    for number in numbers:
        with pytest.raises(ServerError) as failed:
            editor.client.answer(number)
        assert failed.value.error["code"] == -32603
    editor.checks.failure = None
    assert editor.check()["findings"] == 1


def test_a_canceled_check_stops_between_two_batches_of_lookups(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mothball.lsp.workspace_check._BATCH", 2)
    workspace.write("requirements.txt", "a\nb\nc\nd\ne\n")
    asked: list[str] = []

    def ask(queries: Sequence[Query], **_: object) -> IndexResults:
        asked.extend(query.name for query in queries)
        origin = Origin("https://index.example/simple/", 0.0)
        return dict.fromkeys(queries, KnownStatus(ProjectStatus.ACTIVE, "", origin))

    def on_progress(done: int, total: int) -> None:
        if done >= 4:
            raise InterruptedError(f"{done} of {total}")

    context = Context(
        lambda: EffectiveSettings(ConfigOverrides(), UserConfig()),
        ask,
        refresh=False,
        failed={},
        private=(),
        client=ClientFeatures(),
        on_progress=on_progress,
    )
    with pytest.raises(InterruptedError, match="4 of 5"):
        check_folders([str(workspace.root)], context)
    assert asked == ["a", "b", "c", "d"]


# --- progress ---------------------------------------------------------------------------------------------------------


def test_progress_is_reported_to_the_token_of_the_request(editor: Editor) -> None:
    result = editor.start(OLD, PULL, workspaceDiagnostics=True)
    assert result["capabilities"]["executeCommandProvider"]["workDoneProgress"] is True
    assert result["capabilities"]["diagnosticProvider"]["workDoneProgress"] is True
    editor.client.answer(editor.start_check(7))
    assert editor.client.messages("window/workDoneProgress/create") == []
    kinds = [step["kind"] for step in steps(editor, 7)]
    assert (kinds[0], kinds[-1]) == ("begin", "end")
    assert steps(editor, 7)[0]["cancellable"] is True
    # A background check could otherwise end before the request.
    editor.hold_background()
    editor.client.in_loop(editor.diagnostics.changed)
    editor.pull(workDoneToken="pull")
    kinds = [step["kind"] for step in steps(editor, "pull")]
    assert (kinds[0], kinds[-1]) == ("begin", "end")
    # Nothing has changed: no check, no progress.
    editor.pull(workDoneToken="idle")
    assert steps(editor, "idle") == []
    document = editor.open("requirements.txt", "old-lib\n")
    editor.client.request("textDocument/diagnostic", {"textDocument": {"uri": document}, "workDoneToken": "one"})
    assert [step["kind"] for step in steps(editor, "one")] == ["begin", "end"]


@pytest.mark.parametrize("by", ["$/cancelRequest", "window/workDoneProgress/cancel"])
def test_a_pull_of_the_workspace_can_be_canceled(editor: Editor, by: str) -> None:
    editor.start({}, PULL, workspaceDiagnostics=True)
    with editor.checks.held():
        number = editor.client.start_request(
            "workspace/diagnostic", {"previousResultIds": [], "workDoneToken": "token"}
        )
        editor.client.wait_for(lambda: steps(editor, "token")[1:])
        editor.client.notify(by, {"id": number} if by == "$/cancelRequest" else {"token": "token"})
        with pytest.raises(ServerError) as canceled:
            editor.client.answer(number)
        assert canceled.value.error["code"] == -32800
        editor.client.wait_for(lambda: steps(editor, "token")[-1] == {"kind": "end"})
        editor.client.wait_for(lambda: editor.checks.canceled == 1)


def test_a_client_that_rejects_a_token_or_responds_late_gets_no_progress(
    editor: Editor, monkeypatch: pytest.MonkeyPatch
) -> None:
    editor.start(OLD)
    client = editor.client
    client.silent_about.add("window/workDoneProgress/create")
    number = editor.start_check()
    (request,) = client.wait_for(lambda: client.messages("window/workDoneProgress/create"))
    client.send({"id": request["id"], "error": {"code": -32603, "message": "no progress today"}})
    assert client.answer(number)["findings"] == 1
    monkeypatch.setattr("mothball.lsp.features.commands._TOKEN_TIMEOUT", 0.0)
    assert editor.check()["findings"] == 1
    late = client.messages("window/workDoneProgress/create")[1]
    client.send({"id": late["id"], "result": None})
    assert editor.check()["findings"] == 1
    assert client.messages("$/progress") == []
    assert client.server.work_done_progress.tokens == {}


def test_a_client_without_progress_is_asked_for_no_token(editor: Editor) -> None:
    editor.start(OLD, {**PUSH, "window": {}})
    assert editor.check()["findings"] == 1
    assert editor.client.messages("window/workDoneProgress/create") == []
