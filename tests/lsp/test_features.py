"""Hover, code actions, links, commands, settings and folders, from the client's view."""

from __future__ import annotations

import json
import os
import re

import pytest

from mothball.lsp.settings import SETTINGS
from tests.support.lsp_client import PULL, PUSH, Message, codes_of
from tests.support.lsp_in_process import LOCK, InProcess, Workspace, actions, archived, place
from tests.support.lsp_pages import page
from tests.support.scripted_index import ScriptedIndex, json_page


def edited(text: str, action: Message, uri: str) -> str:
    """Return ``text`` (ASCII) after the edits of an action."""
    (change,) = action["edit"]["documentChanges"]
    assert change["textDocument"]["uri"] == uri
    lines = text.splitlines(keepends=True)

    def offset(at: Message) -> int:
        return sum(map(len, lines[: at["line"]])) + int(at["character"])

    for edit in sorted(change["edits"], key=lambda text_edit: -offset(text_edit["range"]["start"])):
        start, end = offset(edit["range"]["start"]), offset(edit["range"]["end"])
        text = text[:start] + edit["newText"] + text[end:]
    return text


# --- hover ------------------------------------------------------------------------------------------------------------


def test_hover_on_any_dependency_line(client: InProcess, workspace: Workspace, index: ScriptedIndex) -> None:
    document = archived(client, workspace, index, 'old-lib>=1 ; python_version < "4"\nfine\n\n# nothing\n')
    hover = client.hover(document, 0, 20)
    assert hover["range"] == {"start": {"line": 0, "character": 0}, "end": {"line": 0, "character": 7}}
    assert hover["contents"]["kind"] == "markdown"
    value = hover["contents"]["value"]
    assert value.startswith("**archived** `old-lib`  \nReason (not verified): `use new-lib`\n\n")
    assert f"`{index.url}`, checked less than a minute ago" in value
    assert client.hover(document, 1, 0)["contents"]["value"].startswith("**active** `fine`")
    assert client.hover(document, 2, 0) is None
    assert client.hover(document, 3, 3) is None


def test_hover_shows_latest_release_from_cache(client: InProcess, workspace: Workspace, index: ScriptedIndex) -> None:
    files = [
        {"filename": f"old_lib-{version}.tar.gz", "upload-time": f"{day}T01:02:03Z"}
        for version, day in (("1.0", "2020-01-02"), ("2.0", "2024-03-04"), ("1.1", "2021-01-02"))
    ]
    index.script("old-lib", json_page("old-lib", "archived", files=files)._replace(etag='"1"'))
    client.start(PUSH, str(workspace.root), index.url)
    document = client.open(workspace.write("requirements.txt", "old-lib\n"), "old-lib\n")
    client.wait_for_diagnostics(document, "archived")
    line = "- Latest release: `2.0` (2024-03-04)\n"
    assert line in client.hover(document, 0, 0)["contents"]["value"]
    client.command("mothball.checkAgain")
    client.wait_for(lambda: len(index.received) == 2)
    client.wait_for_diagnostics(document, "archived")
    assert line in client.hover(document, 0, 0)["contents"]["value"]
    other = client.open(workspace.write("other/requirements.txt", "old-lib\n"), "old-lib\n")
    client.wait_for_diagnostics(other, "archived")
    assert line in client.hover(other, 0, 0)["contents"]["value"]
    assert len(index.received) == 2


def test_hover_shows_the_newest_release_that_fits_a_range(
    client: InProcess, workspace: Workspace, index: ScriptedIndex
) -> None:
    files = [
        {"filename": f"fine-{version}.tar.gz", "upload-time": f"{day}T01:02:03Z"}
        for version, day in (("1.0", "2020-01-02"), ("2.0", "2024-03-04"), ("1.1", "2021-01-02"))
    ]
    index.script("fine", json_page("fine", "active", files=files))
    client.start(PUSH, str(workspace.root), index.url)
    text = "fine>=1,<2\nfine>=1\nfine==1.0\n"
    document = client.open(workspace.write("requirements.txt", text), text)
    client.settle(document)
    requests = len(index.received)
    # The latest release fits, and the list of files of a pinned name is known.
    assert "Newest" not in client.hover(document, 1, 0)["contents"]["value"]
    assert "- Version `1.0`: not yanked, published 2020-01-02\n" in client.hover(document, 2, 0)["contents"]["value"]
    assert len(index.received) == requests
    expected = "- Newest release that fits `>=1,<2`: `1.1` (2021-01-02)\n"
    assert expected in client.hover(document, 0, 0)["contents"]["value"]
    # The list is kept.
    requests = len(index.received)
    assert expected in client.hover(document, 0, 0)["contents"]["value"]
    assert len(index.received) == requests


def test_hover_requests_the_releases_of_a_range_once(
    client: InProcess, workspace: Workspace, index: ScriptedIndex
) -> None:
    files = [{"filename": "fine-1.0.tar.gz"}, {"filename": "fine-2.0.tar.gz", "upload-time": "2024-03-04T01:02:03Z"}]
    index.script("fine", json_page("fine", "active", files=files))
    client.start(PUSH, str(workspace.root), index.url)
    document = client.open(workspace.write("requirements.txt", "fine<2\n"), "fine<2\n")
    client.settle(document)
    requests = len(index.received)
    for _ in range(2):
        assert "Newest release that fits `<2`: `1.0`" in client.hover(document, 0, 0)["contents"]["value"]
        assert len(index.received) == requests + 1


def test_hover_is_plain_text_without_markdown_support(
    client: InProcess, workspace: Workspace, index: ScriptedIndex
) -> None:
    index.script("old-lib", page("old-lib", "archived"))
    client.start({}, str(workspace.root), index.url)
    document = client.open(workspace.write("requirements.txt", "old-lib\n"), "old-lib\n")
    client.wait_for_diagnostics(document, "archived")
    contents = client.hover(document, 0, 0)["contents"]
    assert contents["kind"] == "plaintext"
    assert contents["value"].startswith("archived old-lib\n")


# --- code actions -----------------------------------------------------------------------------------------------------

IGNORE_HERE = "Ignore `archived` for old-lib in a comment"
REMOVE = "Remove old-lib from this file"


def test_ignore_comment_action_inserts_placeholder_reason(
    client: InProcess, workspace: Workspace, index: ScriptedIndex
) -> None:
    text = "fine\nold-lib==1.0\n"
    document = archived(client, workspace, index, text)
    action = actions(client, document, 1)[IGNORE_HERE]
    assert (action["kind"], codes_of(action["diagnostics"])) == ("quickfix", ["archived"])
    assert "isPreferred" not in action
    after = edited(text, action, document)
    assert after == "fine\nold-lib==1.0  # mothball: ignore[archived] WHY\n"
    client.change(document, after)
    client.wait_for_diagnostics(document, "ignore-without-reason")


ENTRY = 'old-lib = { rules = ["archived"], reason = "WHY" }\n'
TABLE = '[tool.mothball]\n\n[tool.mothball.ignore]\nnew-lib = { rules = ["archived"] }\n'


@pytest.mark.parametrize(
    ("name", "before", "after"), [("mothball.toml", "", f"[ignore]\n{ENTRY}"), ("pyproject.toml", TABLE, TABLE + ENTRY)]
)
def test_ignore_action_edits_the_governing_configuration(
    client: InProcess, workspace: Workspace, index: ScriptedIndex, *, name: str, before: str, after: str
) -> None:
    path = workspace.write(name, before)
    document = archived(client, workspace, index, "old-lib\n")
    action = actions(client, document, 0)[f"Ignore `archived` for old-lib in {name}"]
    assert edited(before, action, f"file://{path}") == after
    assert action["edit"]["documentChanges"][0]["textDocument"]["version"] is None
    # The text in the editor is newer than the file.
    held = f"# held\n{before}"
    client.open(path, held, version=7)
    action = actions(client, document, 0)[f"Ignore `archived` for old-lib in {name}"]
    assert action["edit"]["documentChanges"][0]["textDocument"]["version"] == 7
    assert edited(held, action, f"file://{path}").endswith(after)


def test_no_comment_action_for_line_with_several_packages(
    client: InProcess, workspace: Workspace, index: ScriptedIndex
) -> None:
    text = '[project]\nname = "x"\ndependencies = ["fine", "old-lib"]\n'
    document = archived(client, workspace, index, text, "pyproject.toml")
    offered = actions(client, document, 2, column=text.splitlines()[2].index("old-lib"))
    assert IGNORE_HERE not in offered
    assert REMOVE in offered


def test_configuration_file_is_created_if_the_client_supports_it(
    client: InProcess, workspace: Workspace, index: ScriptedIndex
) -> None:
    index.script("old-lib", page("old-lib", "archived"))
    can = {
        "workspace": {**PUSH["workspace"], "workspaceEdit": {"documentChanges": True, "resourceOperations": ["create"]}}
    }
    client.start(PUSH | can, str(workspace.root), index.url)
    document = client.open(workspace.write("requirements.txt", "old-lib\n"), "old-lib\n")
    client.wait_for_diagnostics(document, "archived")
    action = actions(client, document, 0)["Ignore `archived` for old-lib in a new mothball.toml"]
    creation, edit = action["edit"]["documentChanges"]
    uri = f"file://{workspace.path('mothball.toml')}"
    assert creation == {"kind": "create", "uri": uri, "options": {"ignoreIfExists": True}}
    assert edit["textDocument"] == {"uri": uri, "version": None}
    assert [text_edit["newText"] for text_edit in edit["edits"]] == [f"[ignore]\n{ENTRY}"]


def test_no_configuration_edit_through_symbolic_link(
    client: InProcess, workspace: Workspace, index: ScriptedIndex
) -> None:
    os.symlink(workspace.write("policies/shared.toml", ""), workspace.path("mothball.toml"))
    document = archived(client, workspace, index, "old-lib\n")
    assert not [title for title in actions(client, document, 0) if "mothball.toml" in title]


def test_remove_action_deletes_the_entry(client: InProcess, workspace: Workspace, index: ScriptedIndex) -> None:
    text = '[project]\nname = "x"\ndependencies = [\n    "fine",\n    "old-lib",\n]\n'
    document = archived(client, workspace, index, text, "pyproject.toml")
    action = actions(client, document, 4)[REMOVE]
    assert edited(text, action, document) == text.replace('    "old-lib",\n', "")


def test_no_edit_actions_for_locks(client: InProcess, workspace: Workspace, index: ScriptedIndex) -> None:

    workspace.write("mothball.toml", "")
    index.script("direct-lib", page("direct-lib", "active"))
    index.script("old-lib", page("old-lib", "archived"))
    client.start(PUSH, str(workspace.root), index.url, allowLocalIndexes=True)
    text = LOCK.format(url=index.url)
    document = client.open(workspace.write("uv.lock", text), text)
    (diagnostic,) = client.wait_for_diagnostics(document, "archived")
    assert list(actions(client, document, place(diagnostic)[0])) == [
        "Ignore `archived` for old-lib in mothball.toml",
        "Check again",
    ]


def test_line_without_findings_has_no_actions(client: InProcess, workspace: Workspace, index: ScriptedIndex) -> None:
    document = archived(client, workspace, index, "fine\nold-lib\n\n")
    assert actions(client, document, 0) == {}
    assert actions(client, document, 2) == {}


def test_there_is_no_fix_all(client: InProcess, workspace: Workspace, index: ScriptedIndex) -> None:
    document = archived(client, workspace, index, "old-lib\n")
    assert actions(client, document, 0, ["source.fixAll"]) == {}
    assert actions(client, document, 0, ["source"]) == {}
    assert IGNORE_HERE in actions(client, document, 0, ["quickfix"])


def test_client_without_code_action_literals_gets_commands(
    client: InProcess, workspace: Workspace, index: ScriptedIndex
) -> None:
    index.script("old-lib", page("old-lib", "archived"))
    client.start({}, str(workspace.root), index.url)
    document = client.open(workspace.write("requirements.txt", "old-lib\n"), "old-lib\n")
    client.wait_for_diagnostics(document, "archived")
    (only,) = actions(client, document, 0).values()
    assert only == {"title": "Check again", "command": "mothball.checkAgain", "arguments": [document]}


def test_edits_without_document_versions(client: InProcess, workspace: Workspace, index: ScriptedIndex) -> None:
    index.script("old-lib", page("old-lib", "archived"))
    capabilities = {"textDocument": PUSH["textDocument"]}
    client.start(capabilities, str(workspace.root), index.url)
    document = client.open(workspace.write("requirements.txt", "old-lib\n"), "old-lib\n")
    client.wait_for_diagnostics(document, "archived")
    assert list(actions(client, document, 0)[IGNORE_HERE]["edit"]["changes"]) == [document]


# --- links and pages --------------------------------------------------------------------------------------------------


def test_links_of_includes_and_names_without_page(
    client: InProcess, workspace: Workspace, index: ScriptedIndex
) -> None:
    base = workspace.write("base.txt", "fine\n")
    workspace.write("secret.env", "x")
    text = "-r base.txt\n-c missing.txt\n-r secret.env\n-r ../outside.txt\nold-lib\n"
    index.script("old-lib", page("old-lib", "archived"))
    client.start(PUSH, str(workspace.root), index.url)
    document = client.open(workspace.write("requirements.txt", text), text)
    links = client.request("textDocument/documentLink", {"textDocument": {"uri": document}})
    # The index does not use https, so there are no links to its pages.
    assert [(link["target"], link["range"]["start"]) for link in links] == [
        (f"file://{base}", {"line": 0, "character": 3})
    ]


def test_links_of_public_and_private_names(client: InProcess, workspace: Workspace) -> None:
    workspace.write(
        "mothball.toml", 'index-url = "https://index.example/simple/"\nprivate = ["acme-*"]\noffline = true\n'
    )
    remember(workspace, "old-lib", "archived")
    client.start(PUSH, str(workspace.root))
    text = "old-lib\nacme-secret\n"
    document = client.open(workspace.write("requirements.txt", text), text)
    links = client.request("textDocument/documentLink", {"textDocument": {"uri": document}})
    assert [link["target"] for link in links] == ["https://index.example/simple/old-lib/"]
    title = "Open the project page of old-lib"
    action = actions(client, document, 0)[title]
    client.command(action["command"]["command"], *action["command"]["arguments"])
    (shown,) = client.wait_for(lambda: client.messages("window/showDocument"))
    assert shown["params"] == {"uri": "https://index.example/simple/old-lib/", "external": True}
    for odd in (("file:///etc/passwd",), (), (7,)):
        client.command("mothball.openPage", *odd)
    assert len(client.messages("window/showDocument")) == 1


def remember(workspace: Workspace, name: str, marker: str) -> None:
    """Cache a result of index.example."""
    import os
    import time

    from mothball.index.cache import CachedPage, StatusCache, page_key
    from mothball.index.project_page import ProjectPage

    cache = StatusCache.open(os.environ["MOTHBALL_CACHE_DIR"])
    key = page_key("https://index.example/simple/", name)
    cache.put_many({key: CachedPage(ProjectPage(marker), None, time.time())})
    cache.close()


# --- commands ---------------------------------------------------------------------------------------------------------


def test_check_again_ignores_cached_results(client: InProcess, workspace: Workspace, index: ScriptedIndex) -> None:
    document = archived(client, workspace, index, "old-lib\n")
    index.script("old-lib", page("old-lib", "active"))
    client.command("mothball.checkAgain", document)
    client.wait_for_diagnostics(document)
    assert [request.name for request in index.received] == ["old-lib", "old-lib"]


def test_the_workspace_is_checked_with_progress(client: InProcess, workspace: Workspace, index: ScriptedIndex) -> None:
    index.script("old-lib", page("old-lib", "archived"))
    first = workspace.write("a/requirements.txt", "old-lib\n")
    second = workspace.write("b/requirements.txt", "==broken\n")
    config = workspace.write("c/mothball.toml", '[ignore]\nx = { rules = ["archived"], until = 2020-01-01 }\n')
    workspace.write("c/requirements.txt", "")
    client.start(PUSH, str(workspace.root), index.url)
    open_text = "old-lib\nold-lib\n"
    opened = client.open(workspace.write("requirements.txt", open_text), open_text)
    client.wait_for_diagnostics(opened, "archived", "archived")
    numbers = client.command("mothball.checkWorkspace")
    assert numbers["message"] == "4 files, 3 dependencies: 3 archived, 1 unreadable, 1 expired-ignore"
    client.wait_for_diagnostics(f"file://{first}", "archived")
    client.wait_for_diagnostics(f"file://{second}", "unreadable")
    client.wait_for_diagnostics(f"file://{config}", "expired-ignore")
    assert len([notification for notification in client.published if notification["uri"] == opened]) == 2
    steps = [message["params"]["value"]["kind"] for message in client.messages("$/progress")]
    assert (steps[0], steps[-1]) == ("begin", "end")
    # Fixed, and cleared by the next check; an open file shows its own diagnostics.
    workspace.write("b/requirements.txt", "")
    client.command("mothball.checkWorkspace")
    client.wait_for_diagnostics(f"file://{second}")
    client.open(first, "\n")
    client.wait_for_diagnostics(f"file://{first}")


def test_a_client_that_pulls_may_pull_the_workspace(
    client: InProcess, workspace: Workspace, index: ScriptedIndex
) -> None:
    index.script("old-lib", page("old-lib", "archived"))
    path = workspace.write("a/requirements.txt", "old-lib\n")
    clean = workspace.write("b/requirements.txt", "")
    result = client.start(PULL, str(workspace.root), index.url, workspaceDiagnostics=True)
    assert result["capabilities"]["diagnosticProvider"]["workspaceDiagnostics"] is True

    def pull(*held: tuple[str, str]) -> dict[str, Message]:
        previous = [{"uri": uri, "value": value} for uri, value in held]
        items = client.request("workspace/diagnostic", {"previousResultIds": previous})["items"]
        return {report["uri"]: report for report in items}

    first = pull()
    assert set(first) == {f"file://{path}", f"file://{clean}"}
    assert codes_of(first[f"file://{path}"]["items"]) == ["archived"]
    held = [(uri, report["resultId"]) for uri, report in first.items()]
    assert {report["kind"] for report in pull(*held).values()} == {"unchanged"}
    workspace.write("a/requirements.txt", "\n")
    client.notify("workspace/didChangeWatchedFiles", {"changes": []})
    client.wait_for(lambda: pull(*held)[f"file://{path}"]["kind"] == "full")
    gone = pull(("file:///nowhere/requirements.txt", "1"))["file:///nowhere/requirements.txt"]
    assert gone["items"] == []
    client.open(path, "\n")
    assert f"file://{path}" not in pull()


# --- settings and folders ---------------------------------------------------------------------------------------------


def test_settings_are_requested_after_changes(client: InProcess, workspace: Workspace, index: ScriptedIndex) -> None:
    index.script("old-lib", page("old-lib", "archived"))
    client.settings = {"indexUrl": index.url, "maxAge": None}
    client.initialize(PUSH, str(workspace.root))
    document = client.open(workspace.write("requirements.txt", "old-lib\n"), "old-lib\n")
    client.wait_for_diagnostics(document, "archived")
    client.settings = {"indexUrl": index.url, "deprecatedTag": True}
    client.notify("workspace/didChangeConfiguration", {"settings": None})
    client.wait_for(lambda: "tags" in client.diagnostics[document][0])


def test_settings_in_change_notification_are_applied(
    client: InProcess, workspace: Workspace, index: ScriptedIndex
) -> None:
    index.script("old-lib", page("old-lib", "archived"))
    capabilities = {"textDocument": PUSH["textDocument"]}
    client.initialize(capabilities, str(workspace.root), initializationOptions={"mothball": {"offline": True}})
    document = client.open(workspace.write("requirements.txt", "old-lib\n"), "old-lib\n")
    client.wait_for_diagnostics(document, "unverified")
    settings = {"mothball": {"offline": False, "indexUrl": index.url}}
    client.notify("workspace/didChangeConfiguration", {"settings": settings})
    client.wait_for_diagnostics(document, "archived")


def test_invalid_settings_are_logged_once_and_ignored(client: InProcess, workspace: Workspace) -> None:
    bad = {"indexUrl": "ftp://x", "private": 7, "offline": "yes", "unknown": 1, "maxAge": "1h"}
    client.initialize(PUSH, str(workspace.root), initializationOptions=bad)
    client.wait_for(lambda: len(client.messages("window/logMessage")) == 4)
    messages = [logged["params"]["message"] for logged in client.messages("window/logMessage")]
    assert [re.split("[:;]", message)[0] for message in messages] == [
        f"{kind} setting mothball.{key}"
        for kind, key in (
            ("invalid", "indexUrl"),
            ("invalid", "private"),
            ("invalid", "offline"),
            ("unknown", "unknown"),
        )
    ]
    assert client.server.session.settings.max_age == 3600.0
    client.notify("workspace/didChangeConfiguration", {"settings": [1]})


def test_misspelled_settings_are_logged_once_with_suggestion(client: InProcess, workspace: Workspace) -> None:
    bad = {"allowLocalIndexs": True, "privat": ["acme-*"], "path": "mothball", "uvx": False, "trace": {"server": "off"}}
    client.settings = bad
    client.initialize(PUSH, str(workspace.root), initializationOptions=bad)
    client.settings = {**bad, "offline": True}
    client.notify("workspace/didChangeConfiguration", {"settings": None})
    client.wait_for(lambda: client.server.session.settings.offline)
    assert [
        (message["params"]["type"], message["params"]["message"]) for message in client.messages("window/logMessage")
    ] == [
        (2, "unknown setting mothball.allowLocalIndexs; did you mean `allowLocalIndexes`?"),
        (2, "unknown setting mothball.privat; did you mean `private`?"),
    ]


def test_empty_array_is_accepted_and_other_sections_are_ignored() -> None:
    from mothball.lsp.settings import Settings, read_settings

    messages: list[str] = []
    given: tuple[object, ...] = ([], {"mothball": []}, {}, {"pylsp": {"plugins": {}}})
    assert {read_settings(value, Settings(offline=True), messages.append) for value in given} == {
        Settings(offline=True)
    }
    assert messages == []


def test_user_index_and_project_policy_apply(client: InProcess, workspace: Workspace, index: ScriptedIndex) -> None:
    index.script("old-lib", page("old-lib", "archived"))
    workspace.write("mothball.toml", 'index-url = "https://index.example/simple/"\n[severity]\narchived = "warning"\n')
    client.start(PUSH, str(workspace.root), index.url)
    document = client.open(workspace.write("requirements.txt", "old-lib\n"), "old-lib\n")
    (diagnostic,) = client.wait_for_diagnostics(document, "archived")
    assert diagnostic["severity"] == 2


@pytest.mark.parametrize("folder", ["requirements", None])
def test_without_git_configuration_above_the_folder_applies(
    client: InProcess, workspace: Workspace, index: ScriptedIndex, folder: str | None
) -> None:
    index.script("old-lib", page("old-lib", "archived"))
    workspace.write("pyproject.toml", '[tool.mothball]\nseverity.archived = "warning"\n')
    path = workspace.write("requirements/worker.txt", "old-lib\n")
    client.start(PUSH, workspace.path(folder or "elsewhere"), index.url)
    document = client.open(path, "old-lib\n")
    (diagnostic,) = client.wait_for_diagnostics(document, "archived")
    assert diagnostic["severity"] == 2
    hover = client.hover(document, 0, 0)["contents"]["value"]
    assert "warning, set by `severity.archived` in `../pyproject.toml`\n" in hover


def test_private_names_of_the_user_are_not_looked_up(client: InProcess, workspace: Workspace) -> None:
    client.start(PUSH, str(workspace.root), private=["acme-*"])
    document = client.open(workspace.write("requirements.txt", "acme-secret\n"), "acme-secret\n")
    client.wait_for_diagnostics(document)
    hover = client.hover(document, 0, 0)["contents"]["value"]
    assert "Not looked up: private name" in hover
    assert "http" not in hover


def test_every_setting_is_read() -> None:
    from mothball.lsp.settings import Settings, read_settings

    values: dict[str, object] = {"string": "1h", "boolean": True, "array": ["a.example"]}
    for setting in SETTINGS:
        value = "https://index.example/simple/" if setting.key == "indexUrl" else values[setting.type]
        messages: list[str] = []
        changed = read_settings({setting.key: value}, Settings(), messages.append)
        assert changed != Settings()
        assert messages == []
        assert read_settings({setting.key: setting.default}, changed, messages.append) == Settings()
        assert read_settings(json.loads(json.dumps({"mothball": {setting.key: value}})), Settings(), print) == changed


def test_adding_and_removing_folders(client: InProcess, workspace: Workspace) -> None:
    workspace.write("one/base.txt", "")
    text = "-r ../base.txt\n"
    path = workspace.write("one/deep/requirements.txt", text)
    client.start(PUSH, workspace.path("other"), offline=True)
    document = client.open(path, text)
    # Without its folder, configurations above it do not apply.
    client.wait_for(lambda: client.diagnostics.get(document))
    folder = {"uri": f"file://{workspace.path('one')}", "name": "one"}
    client.notify("workspace/didChangeWorkspaceFolders", {"event": {"added": [folder], "removed": []}})
    client.wait_for(lambda: client.diagnostics[document] == [])
    client.notify("workspace/didChangeWorkspaceFolders", {"event": {"added": [], "removed": [folder]}})
    client.wait_for(lambda: client.diagnostics[document])
