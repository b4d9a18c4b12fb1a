"""Files that are not open: once the workspace was checked, what is shown of them follows whatever changes."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mothball.lsp import unopened
from mothball.lsp.convert import path_of
from mothball.lsp.workspace_check import Found, Means, check_folders
from tests.lsp.conftest import InProcess, Workspace
from tests.lsp.pages import page
from tests.support.lsp_client import LIMIT, PULL, PUSH, Message, codes_of, uri
from tests.support.scripted_index import Reply, ScriptedIndex

CHECK = "mothball.checkWorkspace"
DELETED, CHANGED, CREATED = 3, 2, 1


@pytest.fixture
def index(index: ScriptedIndex) -> ScriptedIndex:
    index.script("old-lib", page("old-lib", "archived"))
    index.script("fine", page("fine", "active"))
    return index


class Runs:
    """Counts the checks of the workspace."""

    def __init__(self) -> None:
        self.folders: list[tuple[str, ...]] = []

    def check(self, folders: tuple[str, ...], means: Means) -> Found:
        self.folders.append(folders)
        return check_folders(folders, means)


@pytest.fixture
def runs(monkeypatch: pytest.MonkeyPatch) -> Runs:
    runs = Runs()
    monkeypatch.setattr(unopened, "check_folders", runs.check)
    return runs


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Look again at once."""
    monkeypatch.setattr(unopened, "_PAUSE", 0.0)
    monkeypatch.setattr("mothball.lsp.watching._GATHERING", 0.0)


@pytest.fixture
def never(monkeypatch: pytest.MonkeyPatch) -> None:
    """Never look again: what is cleared is cleared at once."""
    monkeypatch.setattr(unopened, "_PAUSE", 1e6)


def watched(client: InProcess, kind: int, *paths: str) -> None:
    """Tell the server what happened to files on the disk."""
    client.notify("workspace/didChangeWatchedFiles", {"changes": [{"uri": uri(path), "type": kind} for path in paths]})


def settle(client: InProcess) -> None:
    """Wait until nothing is known to have changed since the last look."""
    # All that the client has sent before is taken in.
    assert client.hover("file:///nowhere/requirements.txt", 0, 0) is None
    follows = client.server.unopened
    until(client, lambda: follows._seen == follows._changes and follows._follower is None)


def until(client: InProcess, condition: Callable[[], bool]) -> None:
    """Wait until something is so in the loop's thread."""
    give_up = time.monotonic() + LIMIT
    while not client.in_loop(condition):
        assert time.monotonic() < give_up
        time.sleep(0.01)


# --- what is shown follows --------------------------------------------------------------------------------------------


def test_files_that_git_or_anybody_changes_are_looked_at_again(
    client: InProcess, workspace: Workspace, index: ScriptedIndex
) -> None:
    mended = workspace.write("a/requirements.txt", "old-lib\n")
    spoilt = workspace.write("b/requirements.txt", "fine\n")
    # Of no age would the cache be asked.
    client.start(PUSH, str(workspace.root), index.url, maxAge="0s")
    assert client.command(CHECK)["findings"] == 1
    client.wait_for_diagnostics(uri(mended), "archived")
    workspace.write("a/requirements.txt", "fine\n")
    workspace.write("b/requirements.txt", "\nold-lib\n")
    created = workspace.write("c/requirements.txt", "old-lib\n")
    watched(client, CHANGED, mended, spoilt)
    watched(client, CREATED, created)
    client.wait_for_diagnostics(uri(mended))
    client.wait_for_diagnostics(uri(spoilt), "archived")
    client.wait_for_diagnostics(uri(created), "archived")
    # All of it by the answers at hand.
    assert sorted(one.name for one in index.received) == ["fine", "old-lib"]


@pytest.mark.usefixtures("never")
def test_a_file_or_a_directory_that_is_deleted_is_cleared_at_once(
    client: InProcess, workspace: Workspace, index: ScriptedIndex
) -> None:
    alone = workspace.write("requirements.txt", "old-lib\n")
    below = workspace.write("a/b/requirements.txt", "old-lib\n")
    stays = workspace.write("ab/requirements.txt", "old-lib\n")
    replaced = workspace.write("requirements-dev.txt", "old-lib\n")
    client.start(PUSH, str(workspace.root), index.url)
    assert client.command(CHECK)["findings"] == 4
    os.unlink(alone)
    shutil.rmtree(workspace.path("a"))
    # git deletes what it replaces; what is there again has not gone.
    watched(client, DELETED, alone, workspace.path("a"), replaced)
    client.wait_for_diagnostics(uri(alone))
    client.wait_for_diagnostics(uri(below))
    assert codes_of(client.diagnostics[uri(stays)]) == ["archived"]
    assert codes_of(client.diagnostics[uri(replaced)]) == ["archived"]


@pytest.mark.usefixtures("never")
def test_what_is_deleted_while_a_check_is_under_way_is_not_shown_by_it(
    client: InProcess, workspace: Workspace, index: ScriptedIndex
) -> None:
    path = workspace.write("requirements.txt", "old-lib\n")
    client.start(PUSH, str(workspace.root), index.url)
    client.command(CHECK)
    client.wait_for_diagnostics(uri(path), "archived")
    index.script("slow", page("slow", "active", delay=0.5))
    workspace.write("a/requirements.txt", "slow\n")
    number = client.start_request("workspace/executeCommand", {"command": CHECK})
    client.wait_for(lambda: index.count("slow"))
    os.unlink(path)
    watched(client, DELETED, path)
    client.wait_for_diagnostics(uri(path))
    sent = len(client.published)
    assert client.answer(number)["findings"] == 1
    assert [one for one in client.published[sent:] if one["diagnostics"]] == []


@pytest.mark.usefixtures("quick")
def test_a_configuration_that_changes_is_followed(
    client: InProcess, workspace: Workspace, index: ScriptedIndex
) -> None:
    path = workspace.write("requirements.txt", "old-lib\n")
    client.start(PUSH, str(workspace.root), index.url)
    client.command(CHECK)
    client.wait_for_diagnostics(uri(path), "archived")
    text = '[ignore]\nold-lib = { rules = ["archived"], reason = "x" }\n'
    config = client.open(workspace.write("mothball.toml", ""), "")
    client.change(config, text)
    workspace.write("mothball.toml", text)
    client.save(config)
    client.wait_for_diagnostics(uri(path))
    workspace.write("mothball.toml", 'exclude = ["nothing"]\n')
    watched(client, CHANGED, workspace.path("mothball.toml"))
    client.wait_for_diagnostics(uri(path), "archived")
    workspace.write("mothball.toml", 'exclude = ["requirements.txt"]\n')
    watched(client, CHANGED, workspace.path("mothball.toml"))
    client.wait_for_diagnostics(uri(path))


@pytest.mark.usefixtures("quick")
def test_settings_that_change_are_followed(client: InProcess, workspace: Workspace, index: ScriptedIndex) -> None:
    path = workspace.write("requirements.txt", "old-lib\n")
    client.start(PUSH, str(workspace.root), index.url)
    client.command(CHECK)
    client.wait_for_diagnostics(uri(path), "archived")
    client.settings = {"indexUrl": index.url, "deprecatedTag": True}
    client.notify("workspace/didChangeConfiguration", {"settings": None})
    client.wait_for(lambda: "tags" in client.diagnostics[uri(path)][0])


def change_folders(client: InProcess, workspace: Workspace, removed: list[str], added: list[str]) -> None:
    """Tell the server which folders, below the workspace's, have come and gone."""
    event = {
        "removed": [{"uri": uri(workspace.path(one)), "name": one} for one in removed],
        "added": [{"uri": uri(workspace.path(one)), "name": one} for one in added],
    }
    client.notify("workspace/didChangeWorkspaceFolders", {"event": event})


@pytest.mark.usefixtures("never")
def test_a_folder_that_is_taken_away_is_cleared_at_once(
    client: InProcess, workspace: Workspace, index: ScriptedIndex
) -> None:
    first = workspace.write("a/requirements.txt", "old-lib\n")
    inner = workspace.write("a/inner/requirements.txt", "old-lib\n")
    folders = map(workspace.path, ("a", "a/inner"))
    client.settings = {"indexUrl": index.url}
    client.initialize(PUSH, *folders, initializationOptions={"indexUrl": index.url})
    assert client.command(CHECK)["findings"] == 2
    client.wait_for_diagnostics(uri(first), "archived")
    client.wait_for_diagnostics(uri(inner), "archived")
    change_folders(client, workspace, ["a"], [])
    client.wait_for_diagnostics(uri(first))
    # It is in a folder of its own.
    assert codes_of(client.diagnostics[uri(inner)]) == ["archived"]
    change_folders(client, workspace, ["a/inner"], [])
    client.wait_for_diagnostics(uri(inner))


@pytest.mark.usefixtures("quick")
def test_a_folder_that_comes_is_checked(client: InProcess, workspace: Workspace, index: ScriptedIndex) -> None:
    workspace.write("a/requirements.txt", "old-lib\n")
    come = workspace.write("b/requirements.txt", "old-lib\n")
    client.start(PUSH, workspace.path("a"), index.url)
    assert client.command(CHECK)["findings"] == 1
    change_folders(client, workspace, [], ["b"])
    client.wait_for_diagnostics(uri(come), "archived")


def test_check_again_asks_for_the_names_of_files_that_show_something_and_each_once(
    client: InProcess, workspace: Workspace, index: ScriptedIndex
) -> None:
    index.script("also-old", page("also-old", "archived"))
    shows = workspace.write("a/requirements.txt", "old-lib\nalso-old\n")
    workspace.write("b/requirements.txt", "fine\n")
    client.start(PUSH, str(workspace.root), index.url)
    opened = client.open(workspace.write("requirements.txt", "also-old\n"), "also-old\n")
    client.wait_for_diagnostics(opened, "archived")
    client.command(CHECK)
    client.wait_for_diagnostics(uri(shows), "archived", "archived")
    index.script("old-lib", page("old-lib", "active"))
    index.script("also-old", page("also-old", "active"))
    asked = len(index.received)
    client.command("mothball.checkAgain")
    client.wait_for_diagnostics(opened)
    client.wait_for_diagnostics(uri(shows))
    assert sorted(one.name for one in index.received[asked:]) == ["also-old", "old-lib"]


@pytest.mark.usefixtures("quick")
def test_what_is_learnt_for_an_open_document_is_shown_of_the_others(
    client: InProcess, workspace: Workspace, index: ScriptedIndex
) -> None:
    path = workspace.write("a/requirements.txt", "fine\n")
    client.start(PUSH, str(workspace.root), index.url)
    opened = client.open(workspace.write("requirements.txt", "fine\n"), "fine\n")
    until(client, lambda: is_answered(client, opened))
    assert client.command(CHECK)["findings"] == 0
    index.script("fine", page("fine", "archived"))
    client.command("mothball.checkAgain")
    client.wait_for_diagnostics(opened, "archived")
    client.wait_for_diagnostics(uri(path), "archived")


def is_answered(client: InProcess, document: str) -> bool:
    checked = client.server.bench.documents[document].checked
    return checked is not None and bool(checked.queries) and not checked.is_pending()


@pytest.mark.usefixtures("never")
def test_a_file_that_is_closed_shows_what_is_known_of_it_on_the_disk(
    client: InProcess, workspace: Workspace, index: ScriptedIndex
) -> None:
    path = workspace.write("requirements.txt", "\nold-lib\n")
    client.start(PUSH, str(workspace.root), index.url)
    client.command(CHECK)
    client.wait_for_diagnostics(uri(path), "archived")
    client.open(path, "old-lib\n")
    client.wait_for(lambda: line_of(client, path) == 0)
    # What was typed is given up, and the file is what it was.
    client.close(uri(path))
    client.wait_for(lambda: line_of(client, path) == 1)


def line_of(client: InProcess, path: str) -> int | None:
    found = client.diagnostics.get(uri(path))
    line: int | None = found[0]["range"]["start"]["line"] if found else None
    return line


@pytest.mark.usefixtures("quick")
def test_a_file_that_is_open_shows_its_own_whatever_the_disk_says(
    client: InProcess, workspace: Workspace, index: ScriptedIndex
) -> None:
    path = workspace.write("requirements.txt", "old-lib\nold-lib\n")
    client.start(PUSH, str(workspace.root), index.url)
    client.open(path, "old-lib\n")
    client.wait_for_diagnostics(uri(path), "archived")
    assert client.command(CHECK)["findings"] == 2
    watched(client, CHANGED, path)
    settle(client)
    assert [len(one["diagnostics"]) for one in client.published if one["diagnostics"]] == [1]


@pytest.mark.usefixtures("quick")
def test_a_snapshot_that_cannot_be_used_says_so_when_it_is_opened_and_closed_too(
    client: InProcess, workspace: Workspace, index: ScriptedIndex
) -> None:
    path = workspace.write("statuses.json", "{")
    workspace.write("mothball.toml", 'snapshot = "statuses.json"\n')
    workspace.write("requirements.txt", "fine\n")
    client.start(PUSH, str(workspace.root), index.url)
    client.command(CHECK)
    (told,) = client.wait_for(lambda: client.diagnostics.get(uri(path)))
    client.close(client.open(path, "{"))
    settle(client)
    assert client.diagnostics[uri(path)] == [told]


@pytest.mark.usefixtures("quick")
def test_a_file_that_was_mended_in_the_editor_is_clean_when_it_is_closed(
    client: InProcess, workspace: Workspace, index: ScriptedIndex
) -> None:
    path = workspace.write("requirements.txt", "old-lib\n")
    client.start(PUSH, str(workspace.root), index.url)
    client.command(CHECK)
    client.open(path, "old-lib\n")
    client.wait_for_diagnostics(uri(path), "archived")
    client.change(uri(path), "fine\n")
    client.wait_for_diagnostics(uri(path))
    workspace.write("requirements.txt", "fine\n")
    client.save(uri(path))
    settle(client)
    sent = len(client.published)
    client.close(uri(path))
    settle(client)
    assert [one["diagnostics"] for one in client.published[sent:]] == [[]]


@pytest.mark.usefixtures("quick")
def test_an_address_that_is_written_in_another_way_is_taken_back_when_the_file_is_closed(
    client: InProcess, workspace: Workspace, index: ScriptedIndex
) -> None:
    path = workspace.write("requirements.txt", "old-lib\n")
    client.start(PUSH, str(workspace.root), index.url)
    client.command(CHECK)
    client.wait_for_diagnostics(uri(path), "archived")
    odd = uri(path).replace("requirements", "%72equirements")
    document = {"uri": odd, "languageId": "any", "version": 1, "text": "old-lib\n"}
    client.notify("textDocument/didOpen", {"textDocument": document})
    client.wait_for_diagnostics(uri(path))
    client.wait_for_diagnostics(odd, "archived")
    client.close(odd)
    client.wait_for_diagnostics(odd)
    client.wait_for_diagnostics(uri(path), "archived")


@pytest.mark.usefixtures("quick")
def test_an_index_that_answers_again_is_noticed_though_nothing_is_open(
    client: InProcess, workspace: Workspace, index: ScriptedIndex, runs: Runs, monkeypatch: pytest.MonkeyPatch
) -> None:
    index.script("down-lib", Reply(403))
    path = workspace.write("requirements.txt", "down-lib\nfine\n")
    client.start(PUSH, str(workspace.root), index.url)
    client.command(CHECK)
    client.wait_for_diagnostics(uri(path), "unverified")
    index.script("down-lib", page("down-lib", "archived"))
    client.in_loop(client.server.unopened.keep_house)
    settle(client)
    # A failure is believed for a while.
    assert len(runs.folders) == 1
    monkeypatch.setattr("mothball.lsp.lookups.RETRY_AFTER", 0.0)
    client.in_loop(client.server.unopened.keep_house)
    client.wait_for_diagnostics(uri(path), "archived")
    assert index.count("fine") == 1
    settle(client)
    client.in_loop(client.server.unopened.keep_house)
    settle(client)
    assert len(runs.folders) == 2


@pytest.mark.usefixtures("quick")
def test_a_name_that_a_configuration_in_the_editor_keeps_back_is_sent_to_no_public_index(
    client: InProcess, workspace: Workspace
) -> None:
    path = workspace.write("a/requirements.txt", "fine\n")
    client.start(PUSH, str(workspace.root), offline=True)
    client.open(workspace.write("a/mothball.toml", ""), 'private = ["acme-*"]\n')
    client.open(workspace.write("a/pyproject.toml", ""), '[tool.mothball]\nprivate = ["corp-*"]\n')
    client.open(workspace.write("b/mothball.toml", ""), 'private = ["old-*"]\n')

    def asked_for() -> set[str]:
        return {query.name for query in client.server.unopened._held}

    client.command(CHECK)
    assert asked_for() == {"fine"}
    workspace.write("a/requirements.txt", "fine\nold-lib\nacme-secret\ncorp-secret\n")
    watched(client, CHANGED, path)
    client.wait_for(lambda: "old-lib" in asked_for())
    client.command(CHECK)
    assert asked_for() == {"fine", "old-lib"}


@pytest.mark.usefixtures("quick")
def test_the_name_that_a_project_is_given_in_the_editor_is_not_asked_for_in_files_on_the_disk(
    client: InProcess, workspace: Workspace
) -> None:
    workspace.write("tox.ini", "[testenv]\ndeps =\n    new-name\n    fine\n")
    client.start(PUSH, str(workspace.root), offline=True)
    named = '[project]\nname = "{}"\nversion = "1"\n'
    document = client.open(workspace.write("pyproject.toml", named.format("old-name")), named.format("old-name"))
    client.wait_for_diagnostics(document)
    client.change(document, named.format("new-name"))
    client.wait_for(lambda: client.server.bench.documents[document].new_own_name == "new-name")
    client.command(CHECK)
    assert {query.name for query in client.server.unopened._held} == {"fine"}


# --- what it costs ----------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("quick")
def test_nothing_is_looked_at_before_a_check_was_asked_for_nor_while_somebody_types(
    client: InProcess, workspace: Workspace, index: ScriptedIndex, runs: Runs
) -> None:
    path = workspace.write("requirements.txt", "fine\n")
    client.start(PUSH, str(workspace.root), index.url)
    document = client.open(path, "fine\n")
    client.save(document)
    watched(client, CHANGED, path)
    client.wait_for_diagnostics(document)
    # Longer than changes are gathered.
    time.sleep(0.2)
    assert runs.folders == []
    assert client.command(CHECK)["findings"] == 0
    settle(client)
    assert len(runs.folders) == 1
    for version in range(2, 30):
        client.change(document, f"fine\nold-lib\n{'#' * version}\n", version)
    client.wait_for_diagnostics(document, "archived")
    settle(client)
    assert len(runs.folders) == 1


def test_what_changes_together_is_looked_at_together(
    client: InProcess, workspace: Workspace, index: ScriptedIndex, runs: Runs, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unopened, "_PAUSE", 0.5)
    paths = [workspace.write(f"{number}/requirements.txt", "old-lib\n") for number in range(20)]
    client.start(PUSH, str(workspace.root), index.url)
    client.command(CHECK)
    for path in paths:
        Path(path).write_text("\nold-lib\n", encoding="utf-8")
        watched(client, CHANGED, path)
    client.wait_for(lambda: all(line_of(client, path) == 1 for path in paths))
    settle(client)
    assert len(runs.folders) <= 3


@pytest.mark.usefixtures("quick")
def test_the_longer_a_look_takes_the_longer_until_the_next(
    client: InProcess, workspace: Workspace, index: ScriptedIndex
) -> None:
    path = workspace.write("requirements.txt", "fine\n")
    client.start(PUSH, str(workspace.root), index.url)
    client.command(CHECK)
    index.script("slow", page("slow", "active", delay=0.5))
    workspace.write("requirements.txt", "slow\n")
    watched(client, CHANGED, path)
    client.wait_for(lambda: index.count("slow"))
    settle(client)
    assert 2.0 <= client.server.unopened._rest <= 10.0


@pytest.mark.usefixtures("quick")
def test_what_somebody_has_asked_for_meanwhile_is_not_looked_at_again(
    client: InProcess, workspace: Workspace, index: ScriptedIndex, runs: Runs, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unopened, "_PAUSE", 0.3)
    path = workspace.write("requirements.txt", "old-lib\n")
    client.start(PUSH, str(workspace.root), index.url)
    client.command(CHECK)
    client.save(uri(path))
    assert client.command(CHECK)["findings"] == 1
    settle(client)
    assert len(runs.folders) == 2


def test_only_what_has_changed_is_sent(client: InProcess, workspace: Workspace, index: ScriptedIndex) -> None:
    changing = workspace.write("a/requirements.txt", "old-lib\n")
    workspace.write("b/requirements.txt", "old-lib\n")
    client.start(PUSH, str(workspace.root), index.url)
    client.command(CHECK)
    client.wait_for(lambda: len(client.published) == 2)
    workspace.write("a/requirements.txt", "\nold-lib\n")
    watched(client, CHANGED, changing)
    client.wait_for(lambda: line_of(client, changing) == 1)
    settle(client)
    assert [one["uri"] for one in client.published[2:]] == [uri(changing)]


@pytest.mark.usefixtures("quick")
def test_a_look_that_fails_is_logged_and_the_next_change_is_followed(
    client: InProcess,
    workspace: Workspace,
    index: ScriptedIndex,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def burst(*_: object) -> Found:
        raise ZeroDivisionError

    path = workspace.write("requirements.txt", "old-lib\n")
    client.start(PUSH, str(workspace.root), index.url)
    client.command(CHECK)
    with monkeypatch.context() as broken:
        broken.setattr(unopened, "check_folders", burst)
        watched(client, CHANGED, path)
        client.wait_for(lambda: "an errand failed" in caplog.text)
    # Until then it shows what it did.
    assert codes_of(client.diagnostics[uri(path)]) == ["archived"]
    workspace.write("requirements.txt", "fine\n")
    watched(client, CHANGED, path)
    client.wait_for_diagnostics(uri(path))


# --- whatever happens -------------------------------------------------------------------------------------------------

NAMES = ("requirements.txt", "a/requirements.txt", "a/pyproject.toml", "mothball.toml", "a/mothball.toml")
TEXTS = (
    "old-lib\n",
    "fine\nold-lib\n",
    '[project]\nname = "x"\ndependencies = ["old-lib"]\n',
    '[ignore]\nold-lib = { rules = ["archived"], reason = "x" }\n',
    '[severity]\narchived = "note"\n',
    'exclude = ["a/**"]\n',
    "half [typed\n",
)
ACTIONS = ("write", "delete", "open", "close", "save")
Step = tuple[str, str, str]
STEPS = st.tuples(st.sampled_from(ACTIONS), st.sampled_from(NAMES), st.sampled_from(TEXTS))


@given(steps=st.lists(STEPS, min_size=1, max_size=8))
@settings(deadline=None, max_examples=40, suppress_health_check=list(HealthCheck))
def test_after_whatever_happens_another_check_shows_nothing_else(
    following: tuple[InProcess, Workspace], steps: list[Step]
) -> None:
    client, project = following
    opened: dict[str, str] = {}
    for step in steps:
        happen(client, project, opened, step)
    settle(client)
    followed = of_unopened(client, opened)
    client.command(CHECK)
    settle(client)
    assert of_unopened(client, opened) == followed
    for path in opened:
        client.close(uri(path))


def of_unopened(client: InProcess, opened: dict[str, str]) -> dict[str, list[Message]]:
    """Return what is shown of the files that are not open."""
    return {address: shown for address, shown in client.diagnostics.items() if shown and path_of(address) not in opened}


def happen(client: InProcess, project: Workspace, opened: dict[str, str], step: Step) -> None:
    """Do what a step says, where it can be done, and tell of it as editors do."""
    action, name, text = step
    path = project.path(name)
    is_there = os.path.exists(path)
    match action:
        case "write":
            project.write(name, text)
            watched(client, CHANGED if is_there else CREATED, path)
        case "delete" if is_there:
            os.unlink(path)
            watched(client, DELETED, path)
        case "open" if path not in opened:
            opened[path] = text
            client.open(path, text)
        case "close" if path in opened:
            del opened[path]
            client.close(uri(path))
        case "save" if path in opened:
            project.write(name, opened[path])
            client.save(uri(path))


@pytest.fixture
def following(
    client: InProcess, workspace: Workspace, index: ScriptedIndex, quick: None
) -> tuple[InProcess, Workspace]:
    client.start(PUSH, str(workspace.root), index.url)
    client.command(CHECK)
    return client, workspace


# --- ignores that match nothing ---------------------------------------------------------------------------------------

IGNORES = '[ignore]\ngone-lib = { rules = ["archived"], reason = "x" }\n'


@pytest.fixture
def checked_configuration(client: InProcess, workspace: Workspace, index: ScriptedIndex, quick: None) -> str:
    path = workspace.write("mothball.toml", IGNORES)
    workspace.write("requirements.txt", "fine\n")
    client.start(PUSH, str(workspace.root), index.url)
    return path


def test_an_open_configuration_keeps_what_the_check_of_the_workspace_found_of_its_ignores(
    client: InProcess, workspace: Workspace, checked_configuration: str
) -> None:
    document = client.open(checked_configuration, IGNORES)
    client.wait_for_diagnostics(document)
    # Only the whole workspace tells that an ignore matches nothing.
    assert client.command(CHECK)["findings"] == 1
    client.wait_for_diagnostics(document, "unused-ignore")
    client.change(document, f"# above\n{IGNORES}")
    client.wait_for(lambda: line_of(client, checked_configuration) == 2)
    client.change(document, "# above\n[ignore]\n", 3)
    client.wait_for_diagnostics(document)
    client.change(document, IGNORES, 4)
    client.wait_for_diagnostics(document, "unused-ignore")
    # Another file needs it now.
    workspace.write("requirements.txt", "fine\ngone-lib\n")
    assert "unused-ignore" in codes_of(client.diagnostics[document])


def test_an_ignore_that_is_needed_again_is_told_of_no_more(
    client: InProcess, workspace: Workspace, checked_configuration: str, index: ScriptedIndex
) -> None:
    index.script("gone-lib", page("gone-lib", "archived"))
    client.command(CHECK)
    client.wait_for_diagnostics(uri(checked_configuration), "unused-ignore")
    document = client.open(checked_configuration, IGNORES)
    until(client, lambda: client.server.bench.documents[document].checked is not None)
    assert codes_of(client.diagnostics[document]) == ["unused-ignore"]
    path = workspace.write("requirements.txt", "gone-lib\n")
    watched(client, CHANGED, path)
    client.wait_for_diagnostics(document)
    workspace.write("requirements.txt", "fine\n")
    watched(client, CHANGED, path)
    client.wait_for_diagnostics(document, "unused-ignore")
    client.close(document)
    settle(client)
    assert codes_of(client.diagnostics[document]) == ["unused-ignore"]


@pytest.mark.usefixtures("quick")
def test_so_does_a_pyproject_that_is_a_configuration(
    client: InProcess, workspace: Workspace, index: ScriptedIndex
) -> None:
    text = '[project]\nname = "x"\ndependencies = ["fine"]\n[tool.mothball.ignore]\n'
    text += 'gone-lib = { rules = ["archived"], reason = "x" }\n'
    path = workspace.write("pyproject.toml", text)
    client.start(PUSH, str(workspace.root), index.url)
    assert client.command(CHECK)["findings"] == 1
    document = client.open(path, text)
    client.wait_for_diagnostics(document, "unused-ignore")
    assert client.diagnostics[document][0]["range"]["start"]["line"] == 4


# --- clients that pull the workspace ----------------------------------------------------------------------------------


def pull(client: InProcess, *held: tuple[str, str], **more: object) -> dict[str, Message]:
    """Pull the workspace, and return the reports by the files' addresses."""
    previous = [{"uri": uri, "value": value} for uri, value in held]
    items = client.request("workspace/diagnostic", {"previousResultIds": previous, **more})["items"]
    return {one["uri"]: one for one in items}


def refreshes(client: InProcess) -> int:
    return len(client.messages("workspace/diagnostic/refresh"))


@pytest.fixture
def pulling(client: InProcess, workspace: Workspace, index: ScriptedIndex, quick: None) -> str:
    """A client that pulls the workspace and answers no refresh; the path of a file that shows something."""
    path = workspace.write("a/requirements.txt", "old-lib\n")
    client.silent_about.add("workspace/diagnostic/refresh")
    client.start(PULL, str(workspace.root), index.url, workspaceDiagnostics=True)
    return path


def test_a_client_that_pulls_the_workspace_is_told_to_pull_again_when_the_outcome_has_changed(
    client: InProcess, workspace: Workspace, pulling: str
) -> None:
    first = pull(client)
    settle(client)
    assert refreshes(client) == 0
    watched(client, CHANGED, pulling)
    settle(client)
    assert refreshes(client) == 0
    workspace.write("a/requirements.txt", "fine\n")
    watched(client, CHANGED, pulling)
    client.wait_for(lambda: refreshes(client) == 1)
    again = pull(client, (uri(pulling), first[uri(pulling)]["resultId"]))
    assert (again[uri(pulling)]["kind"], again[uri(pulling)]["items"]) == ("full", [])
    os.unlink(pulling)
    watched(client, DELETED, pulling)
    client.wait_for(lambda: refreshes(client) == 2)
    assert pull(client, (uri(pulling), again[uri(pulling)]["resultId"]))[uri(pulling)]["items"] == []
    assert client.published == []
    assert not client.server.protocol._request_futures


def test_nobody_is_told_to_pull_again_who_has_not_pulled_or_is_being_answered(
    client: InProcess, workspace: Workspace, pulling: str
) -> None:
    assert client.command(CHECK)["findings"] == 1
    assert (client.published, refreshes(client)) == ([], 0)
    assert codes_of(pull(client)[uri(pulling)]["items"]) == ["archived"]
    # A change that is known, but not looked at yet: the answer waits for it.
    client.in_loop(lambda: setattr(client.server.unopened, "_rest", 1e6))
    workspace.write("a/requirements.txt", "fine\n")
    client.in_loop(client.server.unopened.changed)
    assert pull(client)[uri(pulling)]["items"] == []
    assert refreshes(client) == 0
    # What the command finds is pulled, too.
    workspace.write("a/requirements.txt", "old-lib\n")
    assert client.command(CHECK)["findings"] == 1
    client.wait_for(lambda: refreshes(client) == 1)
    assert client.published == []


def test_the_last_pull_of_a_file_that_is_being_closed_brings_what_is_known_of_it(
    client: InProcess, workspace: Workspace, pulling: str
) -> None:
    assert client.pull(uri(pulling)) == {"kind": "full", "items": []}
    first = pull(client)[uri(pulling)]
    client.open(pulling, "old-lib\nold-lib\n")
    client.wait_for_pull(uri(pulling), "archived", "archived")
    assert pull(client) == {}
    told = refreshes(client)
    client.close(uri(pulling))
    last = client.pull(uri(pulling))
    assert (codes_of(last["items"]), last["resultId"]) == (["archived"], first["resultId"])
    assert client.pull(uri(pulling), last["resultId"])["kind"] == "unchanged"
    client.wait_for(lambda: refreshes(client) > told)
    assert pull(client)[uri(pulling)]["resultId"] == first["resultId"]
    assert client.pull("untitled:1") == {"kind": "full", "items": []}


def test_a_file_of_which_nothing_is_known_is_closed_without_a_word(
    client: InProcess, workspace: Workspace, pulling: str
) -> None:
    pull(client)
    new = workspace.path("requirements-new.txt")
    client.open(new, "fine\n")
    client.close(uri(new))
    settle(client)
    assert (refreshes(client), client.published) == (0, [])


def test_an_old_check_is_renewed_by_asking(
    client: InProcess, workspace: Workspace, pulling: str, index: ScriptedIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    pull(client)
    settle(client)
    asked = len(index.received)
    pull(client)
    assert len(index.received) == asked
    monkeypatch.setattr(unopened, "_RENEWAL", 0.0)
    workspace.write("a/requirements.txt", "fine\n")
    assert pull(client)[uri(pulling)]["items"] == []


@pytest.mark.usefixtures("quick")
def test_a_client_that_pulls_documents_alone_is_sent_what_is_not_open(
    client: InProcess, workspace: Workspace, index: ScriptedIndex
) -> None:
    path = workspace.write("a/requirements.txt", "old-lib\n")
    client.start(PULL, str(workspace.root), index.url)
    client.command(CHECK)
    client.wait_for_diagnostics(uri(path), "archived")
    client.open(path, "old-lib\n")
    client.wait_for_diagnostics(uri(path))
    client.wait_for_pull(uri(path), "archived")
    client.close(uri(path))
    client.wait_for_diagnostics(uri(path), "archived")
