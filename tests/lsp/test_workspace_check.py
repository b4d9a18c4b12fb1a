"""The check of the workspace: what it must not hold up, and what it must not call clean."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from mothball.lsp import unopened, workspace_check
from mothball.lsp.shared_run import GivenUpError
from mothball.lsp.workspace_check import Found, Means
from tests.lsp.conftest import InProcess, Workspace
from tests.lsp.pages import page
from tests.support.lsp_client import LIMIT, PULL, PUSH, Message, ServerError, codes_of, uri
from tests.support.scripted_index import ScriptedIndex

CHECK = "mothball.checkWorkspace"


def test_checks_of_the_workspace_hold_up_nothing_and_a_cancelled_one_is_answered_at_once(
    client: InProcess, workspace: Workspace, index: ScriptedIndex
) -> None:
    index.script("slow", page("slow", "archived", delay=LIMIT))
    workspace.write("a/requirements.txt", "slow\n")
    client.start(PUSH, str(workspace.root), index.url)
    begin = time.monotonic()
    numbers = [
        client.start_request("workspace/executeCommand", {"command": "mothball.checkWorkspace"}) for _ in range(3)
    ]
    created = client.wait_for(lambda: client.messages("window/workDoneProgress/create")[2:] and client.received)
    client.wait_for(lambda: index.received)
    document = client.open(workspace.path("requirements.txt"), "==broken\n")
    client.wait_for_diagnostics(document, "unreadable")
    for one in [one for one in created if one.get("method") == "window/workDoneProgress/create"]:
        client.notify("window/workDoneProgress/cancel", {"token": one["params"]["token"]})
    assert [client.answer(number) for number in numbers] == [None, None, None]
    assert time.monotonic() - begin < LIMIT / 2


def test_a_broken_configuration_is_told_in_its_file_and_calls_nothing_clean(
    client: InProcess, workspace: Workspace, index: ScriptedIndex
) -> None:
    index.script("old-lib", page("old-lib", "archived"))
    path = workspace.write("requirements.txt", "old-lib\n")
    client.start(PUSH, str(workspace.root), index.url)
    assert client.command("mothball.checkWorkspace")["findings"] == 1
    config = workspace.write("mothball.toml", "private = 7\n")
    assert client.command("mothball.checkWorkspace")["problems"] == 1
    (told,) = client.wait_for(lambda: client.diagnostics.get(uri(config)))
    assert "were not checked" in told["message"]
    assert codes_of(client.diagnostics[uri(path)]) == ["archived"]
    workspace.write("mothball.toml", "")
    client.command("mothball.checkWorkspace")
    client.wait_for_diagnostics(uri(config))


def test_a_broken_configuration_keeps_nothing_in_sight_over_which_it_does_not_rule(
    client: InProcess, workspace: Workspace, index: ScriptedIndex
) -> None:
    index.script("old-lib", page("old-lib", "archived"))
    mine, other = (workspace.write(f"{name}/requirements.txt", "old-lib\n") for name in ("mine", "other"))
    client.start(PUSH, str(workspace.root), index.url)
    assert client.command("mothball.checkWorkspace")["findings"] == 2
    workspace.write("mine/mothball.toml", "private = 7\n")
    workspace.write("mothball.toml", 'exclude = ["other"]\n')
    client.command("mothball.checkWorkspace")
    client.wait_for_diagnostics(uri(other))
    assert codes_of(client.diagnostics[uri(mine)]) == ["archived"]


def test_who_pulls_the_workspace_learns_of_a_broken_configuration_and_keeps_the_last_reports(
    client: InProcess, workspace: Workspace, index: ScriptedIndex
) -> None:
    index.script("old-lib", page("old-lib", "archived"))
    path = workspace.write("requirements.txt", "old-lib\n")
    client.start(PULL, str(workspace.root), index.url, workspaceDiagnostics=True)
    (first,) = client.request("workspace/diagnostic", {"previousResultIds": []})["items"]
    config = workspace.write("mothball.toml", "private = 7\n")
    client.in_loop(client.server.bench.disk_changed)
    held = [{"uri": uri(path), "value": first["resultId"]}]
    items = {one["uri"]: one for one in client.request("workspace/diagnostic", {"previousResultIds": held})["items"]}
    assert items[uri(path)]["kind"] == "unchanged"
    assert "were not checked" in items[uri(config)]["items"][0]["message"]


def test_a_user_configuration_that_cannot_be_used_is_told_in_its_file_and_once(
    client: InProcess, workspace: Workspace, index: ScriptedIndex, tmp_path: Path
) -> None:
    path = started(client, workspace, index)
    assert client.command(CHECK)["findings"] == 1
    client.wait_for_diagnostics(uri(path), "archived")
    config = tmp_path / "home" / ".config" / "mothball" / "config.toml"
    config.parent.mkdir(parents=True)
    config.write_text("\nprivate = 7\n", encoding="utf-8")
    added = [{"uri": uri(workspace.path("other")), "name": "other"}]
    client.notify("workspace/didChangeWorkspaceFolders", {"event": {"removed": [], "added": added}})
    assert client.command(CHECK) == {"files": 0, "dependencies": 0, "findings": 0, "problems": 1}
    (told,) = client.wait_for(lambda: client.diagnostics.get(uri(str(config))))
    assert told["message"].startswith("nothing is checked: ")
    assert codes_of(client.diagnostics[uri(path)]) == ["archived"]
    assert index.count("old-lib") == 1


def test_settings_that_cannot_be_used_are_told_where_a_configuration_would_stand(
    client: InProcess, workspace: Workspace
) -> None:
    workspace.write("requirements.txt", "old-lib\n")
    client.start(PUSH, str(workspace.root), private=7)
    assert client.command(CHECK)["problems"] == 1
    (told,) = client.wait_for(lambda: client.diagnostics.get(uri(workspace.path("mothball.toml"))))
    assert "mothball.private" in told["message"]


# --- nested folders ---------------------------------------------------------------------------------------------------


def test_a_file_in_nested_folders_counts_once_by_the_innermost(
    client: InProcess, workspace: Workspace, index: ScriptedIndex
) -> None:
    index.script("old-lib", page("old-lib", "archived"))
    outer = workspace.write("requirements.txt", "old-lib\n-r a/b/common/extra.txt\n")
    # A repository of its own, in which the configuration of the outer folder does not hold.
    workspace.write("a/b/.git/HEAD", "ref: refs/heads/main\n")
    workspace.write("mothball.toml", '[severity]\narchived = "note"\n')
    inner = workspace.write("a/b/requirements.txt", "old-lib\n\n")
    middle = workspace.write("a/requirements.txt", "old-lib\n")
    # By its name it is a dependency file to nobody but the one that includes it.
    included = workspace.write("a/b/common/extra.txt", "old-lib\n")
    folders = [str(workspace.root), workspace.path("a/b"), str(workspace.root)]
    client.settings = {"indexUrl": index.url}
    client.initialize(PUSH, *folders, initializationOptions={"indexUrl": index.url})
    numbers = client.command(CHECK)
    assert numbers == {"files": 4, "dependencies": 4, "findings": 4}
    client.wait_for(lambda: len(client.diagnostics) == 4)
    paths = (outer, inner, middle, included)
    severities = {path: [one["severity"] for one in client.diagnostics[uri(path)]] for path in paths}
    assert severities == {outer: [3], inner: [1], middle: [3], included: [3]}
    # As the inner one shows itself when it is opened.
    document = client.open(inner, "old-lib\n")
    assert [one["severity"] for one in client.wait_for_diagnostics(document, "archived")] == [1]
    assert index.count("old-lib") == 1


def test_folders_of_one_repository_say_of_its_configuration_what_is_wrong_with_it_once(
    client: InProcess, workspace: Workspace, index: ScriptedIndex
) -> None:
    workspace.write(".git/HEAD", "ref: refs/heads/main\n")
    config = workspace.write("mothball.toml", '[ignore]\nx = { rules = ["archived"], until = 2020-01-01 }\n')
    for folder in ("a", "b"):
        index.script(folder, page(folder, None))
        workspace.write(f"{folder}/requirements.txt", f"{folder}\n")
    client.settings = {"indexUrl": index.url}
    client.initialize(PUSH, *map(workspace.path, "ab"), initializationOptions={"indexUrl": index.url})
    # The ignore that has ended, and an index that states nothing, whoever asks it.
    assert client.command(CHECK) == {"files": 2, "dependencies": 2, "findings": 2}
    client.wait_for_diagnostics(uri(config), "expired-ignore")


# --- one run for all --------------------------------------------------------------------------------------------------


class Held:
    """A check of the workspace that waits at its beginning, and tells how far it is when it is let go."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.begun = 0
        self.given_up = 0
        # How often it has asked whether anybody wants to know the rest.
        self.looks = 0
        self.go = threading.Event()
        self._real = workspace_check.check_folders
        monkeypatch.setattr(unopened, "check_folders", self._check)

    def _check(self, folders: tuple[str, ...], means: Means) -> Found:
        self.begun += 1
        try:
            means.on_progress(1, 4)
            while not self.go.wait(0.01):
                self.looks += 1
                means.on_progress(0, 0)
            return self._real(folders, means)
        except GivenUpError:
            self.given_up += 1
            raise


@pytest.fixture
def held(monkeypatch: pytest.MonkeyPatch) -> Iterator[Held]:
    held = Held(monkeypatch)
    yield held
    held.go.set()


def start_check(client: InProcess, token: str | int | None = None) -> int:
    params: Message = {"command": CHECK} | ({} if token is None else {"workDoneToken": token})
    return client.start_request("workspace/executeCommand", params)


def steps(client: InProcess, token: str | int) -> list[Message]:
    """Return what was told under a progress token."""
    told = [one["params"] for one in client.messages("$/progress")]
    return [one["value"] for one in told if one["token"] == token]


def started(client: InProcess, workspace: Workspace, index: ScriptedIndex) -> str:
    index.script("old-lib", page("old-lib", "archived"))
    path = workspace.write("requirements.txt", "old-lib\n")
    client.start(PUSH, str(workspace.root), index.url)
    return path


def test_a_request_while_a_check_is_under_way_joins_it_with_its_progress(
    client: InProcess, workspace: Workspace, index: ScriptedIndex, held: Held
) -> None:
    started(client, workspace, index)
    first = start_check(client, "first")
    client.wait_for(lambda: len(steps(client, "first")) >= 2)
    second = start_check(client, "second")
    # How far it is already.
    client.wait_for(lambda: len(steps(client, "second")) >= 2)
    assert steps(client, "second")[1] == {"kind": "report", "message": "1 of 4 names", "percentage": 25}
    held.go.set()
    assert client.answer(first) == client.answer(second) == {"files": 1, "dependencies": 1, "findings": 1}
    assert (held.begun, index.count("old-lib")) == (1, 1)
    for token in ("first", "second"):
        assert steps(client, token)[-1] == {"kind": "end"}
    assert client.server.work_done_progress.tokens == {}


@pytest.mark.parametrize("by", ["$/cancelRequest", "window/workDoneProgress/cancel"])
def test_who_cancels_withdraws_alone_and_the_last_one_ends_the_check(
    client: InProcess, workspace: Workspace, index: ScriptedIndex, held: Held, by: str
) -> None:
    path = started(client, workspace, index)
    numbers = {token: start_check(client, token) for token in ("first", "second")}

    def cancel(token: str) -> None:
        client.notify(by, {"id": numbers[token]} if by == "$/cancelRequest" else {"token": token})
        if by == "$/cancelRequest":
            with pytest.raises(ServerError) as cancelled:
                client.answer(numbers[token])
            assert cancelled.value.error["code"] == -32800
        else:
            assert client.answer(numbers[token]) is None
        client.wait_for(lambda: steps(client, token)[-1] == {"kind": "end"})

    client.wait_for(lambda: steps(client, "second")[1:])
    cancel("first")
    before = held.looks
    client.wait_for(lambda: held.looks > before + 3)
    assert held.given_up == 0
    cancel("second")
    client.wait_for(lambda: held.given_up == 1)
    assert held.begun == 1
    # Nothing of it is shown, and the next one is a check of its own.
    assert client.published == []
    held.go.set()
    assert client.command(CHECK)["findings"] == 1
    client.wait_for_diagnostics(uri(path), "archived")
    assert client.server.work_done_progress.tokens == {}


def test_a_check_that_comes_to_its_end_after_it_was_cancelled_shows_nothing(
    client: InProcess, workspace: Workspace, index: ScriptedIndex
) -> None:
    index.script("slow", page("slow", "archived", delay=0.5))
    workspace.write("requirements.txt", "slow\n")
    client.start(PUSH, str(workspace.root), index.url)
    number = start_check(client, "token")
    client.wait_for(lambda: index.received)
    client.notify("window/workDoneProgress/cancel", {"token": "token"})
    assert client.answer(number) is None
    # The one that has a thread to itself is at its end when that thread does the next thing.
    client.server.unopened._threads.submit(lambda: None).result(LIMIT)
    assert client.hover("file:///nowhere/requirements.txt", 0, 0) is None
    assert client.published == []


def test_a_request_after_something_has_changed_is_a_check_of_its_own(
    client: InProcess, workspace: Workspace, index: ScriptedIndex, held: Held
) -> None:
    path = started(client, workspace, index)
    first = start_check(client)
    client.wait_for(lambda: held.begun == 1)
    client.save(uri(path))
    second, third = start_check(client), start_check(client)
    client.wait_for(lambda: len(client.messages("window/workDoneProgress/create")) == 3)
    # One that has not even begun is given up as well.
    client.notify("$/cancelRequest", {"id": third})
    held.go.set()
    assert client.answer(first) == client.answer(second)
    assert held.begun == 2


def test_what_looks_in_the_background_gives_way_to_who_asks(
    client: InProcess, workspace: Workspace, index: ScriptedIndex, held: Held, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unopened, "_PAUSE", 0.0)
    path = started(client, workspace, index)
    held.go.set()
    client.command(CHECK)
    held.go.clear()
    client.save(uri(path))
    client.wait_for(lambda: held.begun == 2)
    number = start_check(client)
    client.wait_for(lambda: (held.begun, held.given_up) == (3, 1))
    held.go.set()
    assert client.answer(number)["findings"] == 1


def test_a_check_that_fails_is_told_to_all_who_wait_and_the_next_one_works(
    client: InProcess, workspace: Workspace, index: ScriptedIndex, held: Held, monkeypatch: pytest.MonkeyPatch
) -> None:
    started(client, workspace, index)
    numbers = [start_check(client, token) for token in ("first", "second")]
    client.wait_for(lambda: steps(client, "second")[1:])

    def burst(*_: object) -> Found:
        raise ZeroDivisionError

    monkeypatch.setattr(held, "_real", burst)
    held.go.set()
    for number in numbers:
        with pytest.raises(ServerError) as failed:
            client.answer(number)
        assert failed.value.error["code"] == -32603
    monkeypatch.setattr(held, "_real", workspace_check.check_folders)
    assert client.command(CHECK)["findings"] == 1


# --- progress ---------------------------------------------------------------------------------------------------------


def test_progress_is_announced_and_told_on_the_token_that_the_client_gives(
    client: InProcess, workspace: Workspace, index: ScriptedIndex
) -> None:
    index.script("old-lib", page("old-lib", "archived"))
    path = workspace.write("requirements.txt", "old-lib\n")
    result = client.start(PULL, str(workspace.root), index.url, workspaceDiagnostics=True)
    assert result["capabilities"]["executeCommandProvider"]["workDoneProgress"] is True
    assert result["capabilities"]["diagnosticProvider"]["workDoneProgress"] is True
    client.answer(start_check(client, 7))
    # None of ours is needed then.
    assert client.messages("window/workDoneProgress/create") == []
    kinds = [one["kind"] for one in steps(client, 7)]
    assert (kinds[0], kinds[-1]) == ("begin", "end")
    assert steps(client, 7)[0]["cancellable"] is True
    client.in_loop(client.server.unopened.changed)
    client.request("workspace/diagnostic", {"previousResultIds": [], "workDoneToken": "pull"})
    kinds = [one["kind"] for one in steps(client, "pull")]
    assert (kinds[0], kinds[-1]) == ("begin", "end")
    # Where nothing is to be done, there is nothing to show.
    client.request("workspace/diagnostic", {"previousResultIds": [], "workDoneToken": "idle"})
    assert steps(client, "idle") == []
    document = client.open(path, "old-lib\n")
    client.request("textDocument/diagnostic", {"textDocument": {"uri": document}, "workDoneToken": "one"})
    assert [one["kind"] for one in steps(client, "one")] == ["begin", "end"]


@pytest.mark.parametrize("by", ["$/cancelRequest", "window/workDoneProgress/cancel"])
def test_a_pull_of_the_workspace_is_cancelled_either_way(
    client: InProcess, workspace: Workspace, held: Held, by: str
) -> None:
    client.start(PULL, str(workspace.root), offline=True, workspaceDiagnostics=True)
    number = client.start_request("workspace/diagnostic", {"previousResultIds": [], "workDoneToken": "token"})
    client.wait_for(lambda: steps(client, "token")[1:])
    client.notify(by, {"id": number} if by == "$/cancelRequest" else {"token": "token"})
    with pytest.raises(ServerError) as cancelled:
        client.answer(number)
    assert cancelled.value.error["code"] == -32800
    client.wait_for(lambda: steps(client, "token")[-1] == {"kind": "end"})
    client.wait_for(lambda: held.given_up == 1)


def test_a_client_that_refuses_a_token_or_answers_late_is_served_without(
    client: InProcess, workspace: Workspace, index: ScriptedIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    started(client, workspace, index)
    client.silent_about.add("window/workDoneProgress/create")
    number = start_check(client)
    (asked,) = client.wait_for(lambda: client.messages("window/workDoneProgress/create"))
    client.send({"id": asked["id"], "error": {"code": -32603, "message": "no progress today"}})
    assert client.answer(number)["findings"] == 1
    monkeypatch.setattr("mothball.lsp.work_progress._PATIENCE", 0.0)
    assert client.command(CHECK)["findings"] == 1
    late = client.messages("window/workDoneProgress/create")[1]
    client.send({"id": late["id"], "result": None})
    assert client.command(CHECK)["findings"] == 1
    assert client.messages("$/progress") == []
    assert client.server.work_done_progress.tokens == {}


def test_a_client_without_progress_is_asked_for_no_token(
    client: InProcess, workspace: Workspace, index: ScriptedIndex
) -> None:
    index.script("old-lib", page("old-lib", "archived"))
    workspace.write("requirements.txt", "old-lib\n")
    client.settings = {"indexUrl": index.url}
    client.start({**PUSH, "window": {}}, str(workspace.root), index.url)
    assert client.command(CHECK)["findings"] == 1
    assert client.messages("window/workDoneProgress/create") == []
