"""Order, preference and placeholders of code actions, and the fixes for ignores."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.support.lsp_client import PUSH, Message
from tests.support.lsp_in_process import InProcess, Workspace, actions, archived
from tests.support.lsp_pages import page
from tests.support.scripted_index import ScriptedIndex, json_page

SNIPPETS: Message = {
    **PUSH,
    "workspace": {**PUSH["workspace"], "workspaceEdit": {"documentChanges": True, "snippetEditSupport": True}},
}
SUCCESSOR = '[successors]\nold-lib = "new-lib"\n'


def new_texts(action: Message) -> list[str]:
    (change,) = action["edit"]["documentChanges"]
    return [edit.get("newText") or edit.get("snippet", {}).get("value", "") for edit in change["edits"]]


def edited(text: str, action: Message) -> str:
    """Return ``text`` (ASCII) after the edits of an action."""
    (change,) = action["edit"]["documentChanges"]
    lines = text.splitlines(keepends=True)

    def offset(at: Message) -> int:
        return sum(map(len, lines[: at["line"]])) + int(at["character"])

    for edit in sorted(change["edits"], key=lambda item: -offset(item["range"]["start"])):
        start, end = offset(edit["range"]["start"]), offset(edit["range"]["end"])
        text = text[:start] + edit["newText"] + text[end:]
    return text


def opened(client: InProcess, workspace: Workspace, name: str, text: str, *codes: str) -> str:
    document = client.open(workspace.write(name, text), text)
    client.wait_for_diagnostics(document, *codes)
    return document


def test_actions_have_a_fixed_order_and_the_replacement_is_preferred(
    client: InProcess, workspace: Workspace, index: ScriptedIndex
) -> None:
    workspace.write("mothball.toml", SUCCESSOR)
    text = "old-lib[x]==1.0 ; python_version < '4'  # kept\n"
    document = archived(client, workspace, index, text)
    offered = actions(client, document, 0)
    assert list(offered) == [
        "Replace old-lib with new-lib",
        "Remove old-lib from this file",
        "Ignore `archived` for old-lib in a comment",
        "Ignore `archived` for old-lib in mothball.toml",
        "Check again",
    ]
    assert [title for title, action in offered.items() if action.get("isPreferred")] == ["Replace old-lib with new-lib"]
    assert edited(text, offered["Replace old-lib with new-lib"]) == "new-lib[x] ; python_version < '4'  # kept\n"
    # The successor is not looked up before it is in the file.
    assert {request.name for request in index.received} == {"old-lib"}


def test_name_in_a_reason_is_not_offered(client: InProcess, workspace: Workspace, index: ScriptedIndex) -> None:
    document = archived(client, workspace, index, "old-lib\n")  # its reason is "use new-lib"
    assert "new-lib" not in json.dumps(actions(client, document, 0) | {"diagnostics": None}).replace(
        json.dumps(client.diagnostics[document])[1:-1], ""
    )


@pytest.mark.parametrize(("specifier", "kept"), [(">=2,<3", ">=2,<3"), ("==2.5", ""), (">=4", "")])
def test_specifier_is_kept_if_a_known_release_of_the_successor_satisfies_it(
    client: InProcess, workspace: Workspace, index: ScriptedIndex, specifier: str, kept: str
) -> None:
    workspace.write("mothball.toml", SUCCESSOR)
    files = [
        {"filename": f"new_lib-{version}.tar.gz", "upload-time": "2024-03-04T01:02:03Z", "yanked": yanked}
        for version, yanked in (("2.0", False), ("2.5", True), ("3.0", False))
    ]
    index.script("new-lib", json_page("new-lib", "active", files=files))
    index.script("old-lib", json_page("old-lib", "archived", files=[{"filename": "old_lib-2.5.tar.gz"}]))
    client.start(PUSH, str(workspace.root), index.url)
    # The list of files is in the cache because another entry pins a version.
    other = client.open(workspace.write("other/requirements.txt", "new-lib==2.0\n"), "new-lib==2.0\n")
    client.settle(other)
    text = f"old-lib{specifier}\n"
    document = opened(client, workspace, "requirements.txt", text, "archived")
    replaced = actions(client, document, 0)["Replace old-lib with new-lib"]
    assert edited(text, replaced) == f"new-lib{kept}\n"


def test_only_dependencies_at_the_cursor_have_actions(
    client: InProcess, workspace: Workspace, index: ScriptedIndex
) -> None:
    names = [f"old-{number}" for number in range(8)]
    for name in names:
        index.script(name, page(name, "archived"))
    client.start(PUSH, str(workspace.root), index.url)
    text = f'[project]\nname = "x"\ndependencies = {json.dumps(names)}\n'
    document = opened(client, workspace, "pyproject.toml", text, *["archived"] * 8)
    for name in names:
        titles = actions(client, document, 2, column=text.splitlines()[2].index(name) + 2)
        assert {other for other in names if other in "".join(titles)} == {name}


def test_placeholder_is_selected_if_the_client_supports_snippets(
    client: InProcess, workspace: Workspace, index: ScriptedIndex
) -> None:
    workspace.write("mothball.toml", "")
    index.script("old-lib", page("old-lib", "archived"))
    client.start(SNIPPETS, str(workspace.root), index.url)
    document = opened(client, workspace, "requirements.txt", "old-lib\n", "archived")
    offered = actions(client, document, 0)
    assert new_texts(offered["Ignore `archived` for old-lib in a comment"]) == [
        "  # mothball: ignore[archived] ${1:WHY}"
    ]
    assert new_texts(offered["Ignore `archived` for old-lib in mothball.toml"]) == [
        '[ignore]\nold-lib = { rules = ["archived"], reason = "${1:WHY}" \\}\n'
    ]


def test_title_has_the_path_of_the_configuration_relative_to_the_document(
    client: InProcess, workspace: Workspace, index: ScriptedIndex
) -> None:
    workspace.write("pyproject.toml", "[tool.mothball]\n")
    text = '[project]\nname = "x"\ndependencies = ["old-lib"]\n'
    document = archived(client, workspace, index, text, "sub/pyproject.toml")
    titles = list(actions(client, document, 2))
    assert "Ignore `archived` for old-lib in ../pyproject.toml" in titles


# --- ignores ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "code", "title", "after", "is_preferred"),
    [
        (
            "fine  # mothball: ignore[archived] until June\n",
            "unused-ignore",
            "Remove the unused ignore",
            "fine\n",
            True,
        ),
        (
            "old-lib  # mothball: ignore[archived]\n",
            "ignore-without-reason",
            "State the reason of the ignore",
            "old-lib  # mothball: ignore[archived] WHY\n",
            None,
        ),
        (
            "fine  # mothball: ignore[archvied] x\n",
            "unreadable",
            "Change `archvied` to `archived`",
            "fine  # mothball: ignore[archived] x\n",
            None,
        ),
    ],
)
def test_findings_about_comments_have_fixes(
    client: InProcess,
    workspace: Workspace,
    index: ScriptedIndex,
    *,
    text: str,
    code: str,
    title: str,
    after: str,
    is_preferred: bool | None,
) -> None:
    index.script("old-lib", page("old-lib", "archived"))
    index.script("fine", page("fine", "active"))
    client.start(PUSH, str(workspace.root), index.url)
    document = opened(client, workspace, "requirements.txt", text, code)
    action = actions(client, document, 0)[title]
    assert edited(text, action) == after
    assert action.get("isPreferred") is is_preferred
    assert [diagnostic["code"] for diagnostic in action["diagnostics"]] == [code]


def test_ignore_comment_without_rule_gets_the_rule_of_the_line(
    client: InProcess, workspace: Workspace, index: ScriptedIndex
) -> None:
    index.script("old-lib", page("old-lib", "archived"))
    client.start(PUSH, str(workspace.root), index.url)
    text = "old-lib  # mothball: ignore until June\n"
    document = opened(client, workspace, "requirements.txt", text, "archived", "unreadable")
    action = actions(client, document, 0)["Ignore only `archived`"]
    after = edited(text, action)
    assert after == "old-lib  # mothball: ignore[archived] until June\n"
    client.change(document, after)
    client.wait_for_diagnostics(document)


def test_placeholder_that_is_there_is_selected(client: InProcess, workspace: Workspace, index: ScriptedIndex) -> None:
    index.script("old-lib", page("old-lib", "archived"))
    client.start(SNIPPETS, str(workspace.root), index.url)
    text = "old-lib  # mothball: ignore[archived] WHY\n"
    document = opened(client, workspace, "requirements.txt", text, "ignore-without-reason")
    assert new_texts(actions(client, document, 0)["State the reason of the ignore"]) == [" ${1:WHY}"]


def test_placeholder_that_is_there_needs_snippets(
    client: InProcess, workspace: Workspace, index: ScriptedIndex
) -> None:
    index.script("old-lib", page("old-lib", "archived"))
    client.start(PUSH, str(workspace.root), index.url)
    text = "old-lib  # mothball: ignore[archived] WHY\n"
    document = opened(client, workspace, "requirements.txt", text, "ignore-without-reason")
    assert list(actions(client, document, 0)) == ["Remove the ignore"]


def test_findings_about_entries_have_fixes_in_the_configuration(client: InProcess, workspace: Workspace) -> None:
    text = '[ignore]\na = { rules = ["archived"], reason = "x", until = 2020-01-01 }\nb = { rules = ["archived"] }\n'
    client.start(PUSH, str(workspace.root))
    document = opened(client, workspace, "mothball.toml", text, "expired-ignore", "ignore-without-reason")
    removed = actions(client, document, 1)["Remove the expired ignore for a"]
    assert edited(text, removed) == '[ignore]\nb = { rules = ["archived"] }\n'
    stated = actions(client, document, 2)
    assert list(stated) == ["State the reason of the ignore for b", "Remove the ignore for b"]
    assert edited(text, stated["State the reason of the ignore for b"]).endswith(
        'b = { rules = ["archived"], reason = "WHY" }\n'
    )


@pytest.mark.parametrize(
    ("text", "title", "after"),
    [
        ("[ignroe]\n", "Change `ignroe` to `ignore`", "[ignore]\n"),
        ('[severity]\narchvied = "off"\n', "Change `archvied` to `archived`", '[severity]\narchived = "off"\n'),
    ],
)
def test_misspelled_key_of_a_configuration_is_corrected(
    client: InProcess, workspace: Workspace, text: str, title: str, after: str
) -> None:
    client.start(PUSH, str(workspace.root))
    document = client.open(workspace.write("mothball.toml", text), text)
    client.wait_for(lambda: client.diagnostics.get(document))
    line: Any = client.diagnostics[document][0]["range"]["start"]["line"]
    assert edited(text, actions(client, document, line)[title]) == after


# --- configurations as typed ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "saved", "typed"),
    [
        ("mothball.toml", "", '[ignore]\nold-lib = { rules = ["archived"], reason = "x" }\n'),
        ("mothball.toml", "", '[severity]\narchived = "off"\n'),
        ("pyproject.toml", "", '[tool.mothball.ignore]\nold-lib = { rules = ["archived"], reason = "x" }\n'),
        ("pyproject.toml", "[tool.mothball]\n", '[tool.mothball.severity]\narchived = "off"\n'),
    ],
)
def test_policy_counts_as_typed(
    client: InProcess, workspace: Workspace, index: ScriptedIndex, *, name: str, saved: str, typed: str
) -> None:
    config = workspace.write(name, saved)
    document = archived(client, workspace, index, "old-lib\n", "sub/requirements.txt")
    open_config = client.open(config, saved)
    client.change(open_config, typed)
    client.wait_for_diagnostics(document)
    # An invalid text keeps the last valid policy.
    client.change(open_config, f"{typed}x = [\n")
    client.settle(document)
    client.wait_for_diagnostics(document)
    client.change(open_config, saved)
    client.wait_for_diagnostics(document, "archived")
    client.change(open_config, typed)
    client.wait_for_diagnostics(document)
    client.notify("textDocument/didClose", {"textDocument": {"uri": open_config}})
    client.wait_for_diagnostics(document, "archived")
    assert {request.name for request in index.received} == {"old-lib"}


def test_action_in_an_open_configuration_takes_effect_before_it_is_saved(
    client: InProcess, workspace: Workspace, index: ScriptedIndex
) -> None:
    text = "[tool.mothball]\n"
    config = workspace.write("pyproject.toml", text)
    document = archived(client, workspace, index, "old-lib\n")
    open_config = client.open(config, text)
    action = actions(client, document, 0)["Ignore `archived` for old-lib in pyproject.toml"]
    client.change(open_config, edited(text, action))
    client.wait_for_diagnostics(document)
    client.wait_for_diagnostics(open_config, "ignore-without-reason")


@pytest.mark.parametrize("typed", ["[tool]\nmothball = 3\n", "tool.mothball.ignore = [1]\n", "tool = 3 # mothball\n"])
def test_table_of_another_type_keeps_the_saved_policy(
    client: InProcess, workspace: Workspace, index: ScriptedIndex, typed: str
) -> None:
    config = workspace.write("pyproject.toml", "[tool.mothball]\n")
    document = archived(client, workspace, index, "old-lib\n")
    client.change(client.open(config, "[tool.mothball]\n"), typed)
    client.settle(document)
    client.wait_for_diagnostics(document, "archived")


def test_successor_counts_as_typed(client: InProcess, workspace: Workspace, index: ScriptedIndex) -> None:
    config = workspace.write("mothball.toml", "")
    document = archived(client, workspace, index, "old-lib\n")
    client.change(client.open(config, ""), SUCCESSOR)
    client.wait_for(lambda: "Replace old-lib with new-lib" in actions(client, document, 0))


def test_other_settings_count_once_they_are_saved(
    client: InProcess, workspace: Workspace, index: ScriptedIndex
) -> None:
    config = workspace.write("mothball.toml", "")
    document = archived(client, workspace, index, "old-lib\n")
    typed = 'exclude = ["*.txt"]\noffline = true\n[severity]\narchived = "warning"\n'
    client.change(client.open(config, ""), typed)
    client.wait_for(lambda: [found["severity"] for found in client.diagnostics[document]] == [2])
