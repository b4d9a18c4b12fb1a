"""Diagnostics of files that are not open follow all changes once the workspace was checked."""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from types import SimpleNamespace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mothball.lsp import workspace_diagnostics
from mothball.lsp.convert import path_of
from mothball.lsp.workspace_check import Context, WorkspaceResult
from tests.support.lsp_client import PULL, Message, ServerError, codes_of
from tests.support.lsp_editor import CHANGED, DELETED, Editor
from tests.support.lsp_pages import page
from tests.support.scripted_index import Reply

OLD = {"requirements.txt": "old-lib\n"}
IGNORE = '[ignore]\nold-lib = { rules = ["archived"], reason = "x" }\n'
CHECK_AGAIN = "mothball.checkAgain"


# --- what is shown follows changes ------------------------------------------------------------------------------------


def test_changed_and_created_files_are_checked_again(editor: Editor) -> None:
    editor.start({"a/requirements.txt": "old-lib\n", "b/requirements.txt": "fine\n"})
    assert editor.check()["findings"] == 1
    editor.wait_for("a/requirements.txt", "archived")
    editor.write("a/requirements.txt", "fine\n")
    editor.write("b/requirements.txt", "\nold-lib\n")
    editor.write("c/requirements.txt", "old-lib\n")
    editor.wait_for("a/requirements.txt")
    editor.wait_for("b/requirements.txt", "archived")
    editor.wait_for("c/requirements.txt", "archived")
    # The cache has all lookup results.
    assert sorted(request.name for request in editor.index.received) == ["fine", "old-lib"]


def test_deleted_files_and_directories_are_cleared_at_once(editor: Editor) -> None:
    names = ("requirements.txt", "a/b/requirements.txt", "ab/requirements.txt", "requirements-dev.txt")
    editor.start(dict.fromkeys(names, "old-lib\n"))
    editor.hold_background()
    assert editor.check()["findings"] == 4
    os.unlink(editor.path("requirements.txt"))
    shutil.rmtree(editor.path("a"))
    # git replaces files by deleting them: requirements-dev.txt still exists.
    editor.notify(DELETED, "requirements.txt", "a", "requirements-dev.txt")
    editor.wait_for("requirements.txt")
    editor.wait_for("a/b/requirements.txt")
    assert editor.codes("ab/requirements.txt") == editor.codes("requirements-dev.txt") == ["archived"]


def test_a_file_deleted_during_a_check_is_not_shown_by_it(editor: Editor, monkeypatch: pytest.MonkeyPatch) -> None:
    editor.start({**OLD, "a/requirements.txt": "old-lib\n"})
    editor.hold_background()
    editor.check()
    editor.wait_for("requirements.txt", "archived")
    found: list[Message] = []
    real = editor.checks.check_folders

    def delete_after(folders: Sequence[str], context: Context) -> WorkspaceResult:
        # The check has read the file, but its outcome is not handled yet.
        outcome = real(folders, context)
        editor.delete("requirements.txt")
        editor.wait_for("requirements.txt")
        found.extend(editor.client.published)
        return outcome

    monkeypatch.setattr(workspace_diagnostics, "check_folders", delete_after)
    assert editor.check()["findings"] == 2
    assert [notification["uri"] for notification in editor.client.published[len(found) :]] == []


def test_changed_configuration_is_applied(editor: Editor) -> None:
    editor.start(OLD)
    editor.check()
    editor.wait_for("requirements.txt", "archived")
    config = editor.open("mothball.toml", "")
    editor.client.change(config, IGNORE)
    editor.workspace.write("mothball.toml", IGNORE)
    editor.client.save(config)
    editor.wait_for("requirements.txt")
    editor.write("mothball.toml", 'exclude = ["nothing"]\n')
    editor.wait_for("requirements.txt", "archived")
    editor.write("mothball.toml", 'exclude = ["requirements.txt"]\n')
    editor.wait_for("requirements.txt")


def test_changed_settings_are_followed(editor: Editor) -> None:
    editor.start(OLD)
    editor.check()
    editor.wait_for("requirements.txt", "archived")
    editor.client.settings = {"indexUrl": editor.index.url, "deprecatedTag": True}
    editor.client.notify("workspace/didChangeConfiguration", {"settings": None})
    editor.client.wait_for(lambda: "tags" in editor.shown("requirements.txt")[0])


def test_files_of_a_removed_folder_are_cleared_at_once(editor: Editor) -> None:
    first, inner = "a/requirements.txt", "a/inner/requirements.txt"
    editor.start({first: "old-lib\n", inner: "old-lib\n"}, folders=("a", "a/inner"))
    editor.hold_background()
    assert editor.check()["findings"] == 2
    editor.wait_for(first, "archived")
    editor.wait_for(inner, "archived")
    editor.change_folders(removed=["a"])
    editor.wait_for(first)
    # It is in another folder.
    assert editor.codes(inner) == ["archived"]
    editor.change_folders(removed=["a/inner"])
    editor.wait_for(inner)


def test_an_added_folder_is_checked(editor: Editor) -> None:
    editor.start({"a/requirements.txt": "old-lib\n", "b/requirements.txt": "old-lib\n"}, folders=["a"])
    assert editor.check()["findings"] == 1
    editor.change_folders(added=["b"])
    editor.wait_for("b/requirements.txt", "archived")


def test_check_again_looks_up_all_names_of_the_workspace(editor: Editor) -> None:
    editor.start({**OLD, "a/requirements.txt": "fine\n"})
    editor.check()
    editor.wait_for("requirements.txt", "archived")
    editor.index.script("old-lib", page("old-lib", "active"))
    editor.index.script("fine", page("fine", "archived"))
    editor.client.command(CHECK_AGAIN)
    editor.wait_for("requirements.txt")
    editor.wait_for("a/requirements.txt", "archived")


def test_lookup_for_an_open_file_is_used_for_other_files(editor: Editor) -> None:
    editor.start({"a/requirements.txt": "fine\n", "requirements.txt": "fine\n"})
    assert editor.check()["findings"] == 0
    document = editor.open("requirements.txt", "fine\n")
    editor.client.wait_for_diagnostics(document)
    editor.index.script("fine", page("fine", "archived"))
    # Like "check again", but only for open files.
    queries = editor.client.server.session.documents[document].queries()
    editor.client.in_loop(lambda: editor.client.server.session.lookups.look_up(queries, refresh=True))
    editor.client.wait_for_diagnostics(document, "archived")
    editor.wait_for("a/requirements.txt", "archived")
    assert editor.index.count("fine") == 2


def test_failed_lookups_are_retried_in_the_background_after_a_while(editor: Editor) -> None:
    editor.index.script("down-lib", Reply(403))
    editor.start({"requirements.txt": "down-lib\nfine\n"})
    editor.check()
    editor.wait_for("requirements.txt", "unverified")
    editor.index.script("down-lib", page("down-lib", "archived"))
    editor.client.in_loop(editor.diagnostics.retry_failed)
    editor.settle()
    assert editor.checks.started == 1
    # A check for another reason does not retry failed lookups.
    editor.write("a/requirements.txt", "old-lib\n")
    editor.wait_for("a/requirements.txt", "archived")
    assert editor.index.count("down-lib") == 1
    editor.client.in_loop(lambda: setattr(editor.diagnostics, "_retry_at", 0.0))
    editor.client.in_loop(editor.diagnostics.retry_failed)
    editor.wait_for("requirements.txt", "archived")
    assert editor.index.count("fine") == 1
    editor.client.in_loop(lambda: setattr(editor.diagnostics, "_retry_at", 0.0))
    editor.client.in_loop(editor.diagnostics.retry_failed)
    editor.settle()
    assert editor.checks.started == 3


def test_the_command_retries_failed_lookups_immediately(editor: Editor) -> None:
    editor.index.script("down-lib", Reply(403))
    editor.start({"requirements.txt": "down-lib\n"})
    editor.check()
    editor.wait_for("requirements.txt", "unverified")
    editor.index.script("down-lib", page("down-lib", "archived"))
    editor.check()
    editor.wait_for("requirements.txt", "archived")


# --- open files -------------------------------------------------------------------------------------------------------


def test_a_closed_file_shows_what_is_on_disk(editor: Editor) -> None:
    editor.start({"requirements.txt": "\nold-lib\n"})
    editor.hold_background()
    editor.check()
    editor.wait_for("requirements.txt", "archived")
    document = editor.open("requirements.txt", "old-lib\n")
    editor.client.wait_for(lambda: editor.line("requirements.txt") == 0)
    # Closed without saving.
    editor.client.close(document)
    editor.client.wait_for(lambda: editor.line("requirements.txt") == 1)


def test_an_open_file_shows_its_own_diagnostics_only(editor: Editor) -> None:
    editor.start({"requirements.txt": "old-lib\nold-lib\n"})
    editor.open("requirements.txt", "old-lib\n")
    editor.wait_for("requirements.txt", "archived")
    assert editor.check()["findings"] == 2
    editor.notify(CHANGED, "requirements.txt")
    editor.settle()
    assert [
        len(notification["diagnostics"]) for notification in editor.client.published if notification["diagnostics"]
    ] == [1]


def test_an_unusable_snapshot_is_reported_before_and_after_it_is_opened_and_closed(editor: Editor) -> None:
    files = {"statuses.json": "{", "mothball.toml": 'snapshot = "statuses.json"\n', "requirements.txt": "fine\n"}
    editor.start(files)
    editor.check()
    (reported,) = editor.client.wait_for(lambda: editor.shown("statuses.json"))
    editor.client.close(editor.open("statuses.json", "{"))
    editor.settle()
    assert editor.shown("statuses.json") == [reported]


def test_a_file_fixed_in_the_editor_is_clean_when_it_is_closed(editor: Editor) -> None:
    editor.start(OLD)
    editor.check()
    document = editor.open("requirements.txt", "old-lib\n")
    editor.wait_for("requirements.txt", "archived")
    editor.client.change(document, "fine\n")
    editor.wait_for("requirements.txt")
    editor.workspace.write("requirements.txt", "fine\n")
    editor.client.save(document)
    editor.settle()
    sent = len(editor.client.published)
    editor.client.close(document)
    editor.settle()
    assert [notification["diagnostics"] for notification in editor.client.published[sent:]] == [[]]


def test_a_file_opened_under_another_spelling_of_its_uri_is_not_shown_twice(editor: Editor) -> None:
    editor.start(OLD)
    editor.check()
    editor.wait_for("requirements.txt", "archived")
    odd = editor.uri("requirements.txt").replace("requirements", "%72equirements")
    document = {"uri": odd, "languageId": "any", "version": 1, "text": "old-lib\n"}
    editor.client.notify("textDocument/didOpen", {"textDocument": document})
    editor.wait_for("requirements.txt")
    editor.client.wait_for_diagnostics(odd, "archived")
    editor.client.close(odd)
    editor.client.wait_for_diagnostics(odd)
    editor.wait_for("requirements.txt", "archived")


# --- unsaved text keeps names private ---------------------------------------------------------------------------------


def test_names_that_an_unsaved_configuration_declares_private_are_not_looked_up(editor: Editor) -> None:
    editor.start({"a/requirements.txt": "fine\n"}, indexUrl=None, offline=True)
    editor.open("a/mothball.toml", 'private = ["acme-*"]\n')
    editor.open("a/pyproject.toml", '[tool.mothball]\nprivate = ["corp-*"]\n')
    editor.open("b/mothball.toml", 'private = ["old-*"]\n')
    editor.check()
    assert editor.looked_up() == {"fine"}
    editor.write("a/requirements.txt", "fine\nold-lib\nacme-secret\ncorp-secret\n")
    editor.client.wait_for(lambda: "old-lib" in editor.looked_up())
    editor.check()
    assert editor.looked_up() == {"fine", "old-lib"}


def test_an_unsaved_project_name_is_not_looked_up(editor: Editor) -> None:
    named = '[project]\nname = "{}"\nversion = "1"\n'
    files = {
        "tox.ini": "[testenv]\ndeps =\n    new-name\n    fine\n",
        "pyproject.toml": named.format("old-name"),
    }
    editor.start(files, indexUrl=None, offline=True)
    document = editor.open("pyproject.toml", named.format("old-name"))
    editor.client.wait_for_diagnostics(document)
    editor.client.change(document, named.format("new-name"))
    editor.until(lambda: editor.client.server.session.documents[document].typed.project_name == "new-name")
    editor.check()
    assert editor.looked_up() == {"fine"}


# --- cost -------------------------------------------------------------------------------------------------------------


def test_nothing_is_checked_before_a_request_or_while_typing(editor: Editor) -> None:
    editor.start({"requirements.txt": "fine\n"})
    document = editor.open("requirements.txt", "fine\n")
    editor.client.save(document)
    editor.notify(CHANGED, "requirements.txt")
    editor.client.wait_for_diagnostics(document)
    editor.roundtrip()
    assert editor.client.in_loop(lambda: (editor.diagnostics._timer, editor.diagnostics._run)) == (None, None)
    assert editor.check()["findings"] == 0
    editor.settle()
    started = editor.checks.started
    for version in range(2, 30):
        editor.client.change(document, f"fine\nold-lib\n{'#' * version}\n", version)
    editor.client.wait_for_diagnostics(document, "archived")
    editor.settle()
    assert (started, editor.checks.started) == (1, 1)


def test_changes_within_the_pause_are_checked_together(editor: Editor) -> None:
    names = [f"{number}/requirements.txt" for number in range(20)]
    editor.start(dict.fromkeys(names, "old-lib\n"))
    editor.hold_background()
    editor.check()
    for name in names:
        editor.write(name, "\nold-lib\n")
    editor.roundtrip()
    editor.end_pause()
    editor.client.wait_for(lambda: all(editor.line(name) == 1 for name in names))
    assert editor.checks.started == 2


def test_after_a_slow_background_check_the_next_one_waits_longer(
    editor: Editor, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = SimpleNamespace(now=100.0)
    fake = SimpleNamespace(monotonic=lambda: clock.now)
    editor.start(OLD)
    editor.check()
    editor.hold_background()
    monkeypatch.setattr(workspace_diagnostics, "time", fake)
    for seconds, rest in ((2.0, 8.0), (60.0, 10.0)):
        with editor.checks.held():
            editor.notify(CHANGED, "requirements.txt")
            editor.end_pause()
            clock.now += seconds
        editor.settle()
        assert editor.diagnostics._rest == rest


def test_a_requested_check_replaces_the_background_check_that_is_due(editor: Editor) -> None:
    editor.start(OLD)
    editor.hold_background()
    editor.check()
    editor.client.save(editor.uri("requirements.txt"))
    assert editor.check()["findings"] == 1
    editor.settle()
    assert editor.checks.started == 2


def test_only_changed_diagnostics_are_sent(editor: Editor) -> None:
    editor.start({"a/requirements.txt": "old-lib\n", "b/requirements.txt": "old-lib\n"})
    editor.check()
    editor.client.wait_for(lambda: len(editor.client.published) == 2)
    editor.write("a/requirements.txt", "\nold-lib\n")
    editor.client.wait_for(lambda: editor.line("a/requirements.txt") == 1)
    editor.settle()
    assert [notification["uri"] for notification in editor.client.published[2:]] == [editor.uri("a/requirements.txt")]


def test_crash_of_background_check_is_logged_and_next_change_is_checked(
    editor: Editor, caplog: pytest.LogCaptureFixture
) -> None:
    editor.start(OLD)
    editor.check()
    editor.checks.failure = ZeroDivisionError()
    editor.notify(CHANGED, "requirements.txt")
    editor.client.wait_for(lambda: "the check of the workspace failed" in caplog.text)
    # The diagnostics of the last check stay.
    assert editor.codes("requirements.txt") == ["archived"]
    editor.checks.failure = None
    editor.write("requirements.txt", "fine\n")
    editor.wait_for("requirements.txt")


# --- random changes ---------------------------------------------------------------------------------------------------

NAMES = ("requirements.txt", "a/requirements.txt", "a/pyproject.toml", "mothball.toml", "a/mothball.toml")
TEXTS = (
    "old-lib\n",
    "fine\nold-lib\n",
    '[project]\nname = "x"\ndependencies = ["old-lib"]\n',
    IGNORE,
    '[severity]\narchived = "note"\n',
    'exclude = ["a/**"]\n',
    "half [typed\n",
)
Step = tuple[str, str, str]
STEPS = st.tuples(
    st.sampled_from(("write", "delete", "open", "close", "save")), st.sampled_from(NAMES), st.sampled_from(TEXTS)
)


@given(steps=st.lists(STEPS, min_size=1, max_size=8))
@settings(deadline=None, max_examples=40, suppress_health_check=list(HealthCheck))
def test_after_any_changes_a_new_check_shows_the_same(checked_editor: Editor, steps: list[Step]) -> None:
    editor = checked_editor
    opened: dict[str, str] = {}
    for step in steps:
        take(editor, opened, step)
    editor.settle()
    followed = of_unopened(editor, opened)
    editor.check()
    editor.settle()
    assert of_unopened(editor, opened) == followed
    for name in opened:
        editor.client.close(editor.uri(name))


def of_unopened(editor: Editor, opened: dict[str, str]) -> dict[str, list[Message]]:
    """Return the diagnostics of the files that are not open."""
    paths = {editor.path(name) for name in opened}
    return {
        document: shown
        for document, shown in editor.client.diagnostics.items()
        if shown and path_of(document) not in paths
    }


def take(editor: Editor, opened: dict[str, str], step: Step) -> None:
    """Apply a step if possible, and notify the server as editors do."""
    action, name, text = step
    match action:
        case "write":
            editor.write(name, text)
        case "delete" if os.path.exists(editor.path(name)):
            editor.delete(name)
        case "open" if name not in opened:
            opened[name] = text
            editor.open(name, text)
        case "close" if name in opened:
            del opened[name]
            editor.client.close(editor.uri(name))
        case "save" if name in opened:
            editor.workspace.write(name, opened[name])
            editor.client.save(editor.uri(name))


@pytest.fixture
def checked_editor(editor: Editor) -> Editor:
    editor.start({})
    editor.check()
    return editor


# --- unused ignores ---------------------------------------------------------------------------------------------------

UNUSED = '[ignore]\ngone-lib = { rules = ["archived"], reason = "x" }\n'


def test_an_unused_ignore_is_reported_in_an_open_configuration_once_the_workspace_was_checked(editor: Editor) -> None:
    editor.start({"mothball.toml": UNUSED, "requirements.txt": "fine\n"})
    document = editor.open("mothball.toml", UNUSED)
    editor.client.wait_for_diagnostics(document)
    # Only a check of the whole workspace finds unused ignores.
    assert editor.check()["findings"] == 1
    editor.wait_for("mothball.toml", "unused-ignore")
    editor.client.change(document, f"# above\n{UNUSED}")
    editor.client.wait_for(lambda: editor.line("mothball.toml") == 2)
    editor.client.change(document, "# above\n[ignore]\n", 3)
    editor.wait_for("mothball.toml")
    editor.client.change(document, UNUSED, 4)
    editor.wait_for("mothball.toml", "unused-ignore")


def test_an_ignore_that_is_used_again_is_not_reported_anymore(editor: Editor) -> None:
    editor.index.script("gone-lib", page("gone-lib", "archived"))
    editor.start({"mothball.toml": UNUSED, "requirements.txt": "fine\n"})
    editor.check()
    editor.wait_for("mothball.toml", "unused-ignore")
    document = editor.open("mothball.toml", UNUSED)
    editor.until(lambda: editor.client.server.session.documents[document].checked is not None)
    assert editor.codes("mothball.toml") == ["unused-ignore"]
    editor.write("requirements.txt", "gone-lib\n")
    editor.wait_for("mothball.toml")
    editor.write("requirements.txt", "fine\n")
    editor.wait_for("mothball.toml", "unused-ignore")
    editor.client.close(document)
    editor.settle()
    assert editor.codes("mothball.toml") == ["unused-ignore"]


def test_an_unused_ignore_is_reported_in_an_open_pyproject_toml(editor: Editor) -> None:
    text = '[project]\nname = "x"\ndependencies = ["fine"]\n[tool.mothball.ignore]\n'
    text += 'gone-lib = { rules = ["archived"], reason = "x" }\n'
    editor.start({"pyproject.toml": text})
    assert editor.check()["findings"] == 1
    editor.open("pyproject.toml", text)
    editor.wait_for("pyproject.toml", "unused-ignore")
    assert editor.line("pyproject.toml") == 4


# --- clients that pull the workspace ----------------------------------------------------------------------------------


@pytest.fixture
def puller(editor: Editor) -> Editor:
    """A client that pulls the workspace, and does not respond to refresh requests."""
    editor.client.silent_about.add("workspace/diagnostic/refresh")
    editor.start(OLD, PULL, workspaceDiagnostics=True)
    return editor


def test_a_client_is_asked_to_pull_again_when_diagnostics_have_changed(puller: Editor) -> None:
    uri = puller.uri("requirements.txt")
    first = puller.pull()
    puller.notify(CHANGED, "requirements.txt")
    puller.settle()
    assert puller.refreshes() == 0
    assert puller.pull((uri, first[uri]["resultId"]))[uri]["kind"] == "unchanged"
    puller.write("requirements.txt", "fine\n")
    puller.client.wait_for(lambda: puller.refreshes() == 1)
    again = puller.pull((uri, first[uri]["resultId"]))[uri]
    assert (again["kind"], again["items"]) == ("full", [])
    puller.write("requirements.txt", "old-lib\n")
    puller.client.wait_for(lambda: puller.refreshes() == 2)
    last = puller.pull((uri, again["resultId"]))[uri]
    puller.delete("requirements.txt")
    puller.client.wait_for(lambda: puller.refreshes() > 2)
    assert puller.pull((uri, last["resultId"]))[uri]["items"] == []
    assert puller.client.published == []
    assert not puller.client.server.protocol._request_futures


def test_a_pull_includes_changes_that_were_not_checked_yet(puller: Editor) -> None:
    uri = puller.uri("requirements.txt")
    assert puller.check()["findings"] == 1
    # A client that has not pulled is not requested to pull again.
    assert (puller.client.published, puller.refreshes()) == ([], 0)
    assert codes_of(puller.pull()[uri]["items"]) == ["archived"]
    puller.hold_background()
    puller.workspace.write("requirements.txt", "fine\n")
    puller.client.in_loop(puller.diagnostics.changed)
    assert puller.pull()[uri]["items"] == []
    # Results of the command are also pulled.
    asked = puller.refreshes()
    puller.workspace.write("requirements.txt", "old-lib\n")
    assert puller.check()["findings"] == 1
    puller.client.wait_for(lambda: puller.refreshes() > asked)
    assert puller.client.published == []


def test_a_pull_without_changes_checks_nothing(puller: Editor) -> None:
    puller.pull()
    puller.pull()
    assert puller.checks.started == 1


def test_a_pull_reports_a_check_that_crashed(puller: Editor) -> None:
    puller.pull()
    puller.checks.failure = ZeroDivisionError()
    puller.client.in_loop(puller.diagnostics.changed)
    for _ in range(2):
        with pytest.raises(ServerError) as failed:
            puller.pull()
        assert failed.value.error["code"] == -32603


def test_the_last_pull_of_a_document_that_is_closed_returns_what_the_check_found(puller: Editor) -> None:
    uri = puller.uri("requirements.txt")
    assert puller.client.pull(uri) == {"kind": "full", "items": []}
    first = puller.pull()[uri]
    puller.open("requirements.txt", "old-lib\nold-lib\n")
    puller.client.wait_for_pull(uri, "archived", "archived")
    assert puller.pull() == {}
    asked = puller.refreshes()
    puller.client.close(uri)
    last = puller.client.pull(uri)
    assert (codes_of(last["items"]), last["resultId"]) == (["archived"], first["resultId"])
    assert puller.client.pull(uri, last["resultId"])["kind"] == "unchanged"
    puller.client.wait_for(lambda: puller.refreshes() > asked)
    assert puller.pull()[uri]["resultId"] == first["resultId"]
    assert puller.client.pull("untitled:1") == {"kind": "full", "items": []}


def test_closing_a_file_without_a_report_asks_for_no_pull(puller: Editor) -> None:
    puller.pull()
    puller.client.close(puller.open("requirements-new.txt", "fine\n"))
    puller.settle()
    assert (puller.refreshes(), puller.client.published) == (0, [])


def test_unopened_files_are_published_to_a_client_that_pulls_documents_only(editor: Editor) -> None:
    editor.start(OLD, PULL)
    editor.check()
    editor.wait_for("requirements.txt", "archived")
    document = editor.open("requirements.txt", "old-lib\n")
    editor.wait_for("requirements.txt")
    editor.client.wait_for_pull(document, "archived")
    editor.client.close(document)
    editor.wait_for("requirements.txt", "archived")
