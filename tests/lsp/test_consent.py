"""Nothing is contacted that the user has not chosen or saved."""

from __future__ import annotations

import time

import pytest

from tests.lsp.conftest import InProcess, Workspace
from tests.lsp.pages import page
from tests.lsp.test_diagnostics import watched
from tests.support.lsp_client import PUSH
from tests.support.scripted_index import ScriptedIndex


def typed(client: InProcess, document: str, before: str, line: str, after: str) -> None:
    """Type ``line`` letter by letter, with a pause after each that is long enough for names to be asked for."""
    for length in range(1, len(line) + 1):
        client.change(document, before + line[:length] + after, length + 1)
        client.wait_for(lambda: True)
        time.sleep(0.01)


@pytest.mark.parametrize(
    ("name", "before", "line", "after"),
    [
        ("requirements.txt", "", "--index-url URL", "\nold-lib\nnew-name\n"),
        ("requirements.txt", "", "--extra-index-url URL", "\nold-lib\nnew-name\n"),
        (
            "pyproject.toml",
            '[project]\nname = "x"\ndependencies = ["old-lib", "new-name"]\n[[tool.uv.index]]\nname = "own"\n',
            'url = "URL"',
            '\n[tool.uv.sources]\nold-lib = { index = "own" }\nnew-name = { index = "own" }\n',
        ),
        (
            "Pipfile",
            '[packages]\nold-lib = { version = "*", index = "own" }\n[[source]]\nname = "own"\n',
            'url = "URL"',
            "\n",
        ),
        (
            "pyproject.toml",
            '[project]\nname = "x"\ndependencies = ["old-lib"]\n[tool.mothball]\n',
            'index-url = "URL"',
            "\n",
        ),
    ],
)
def test_an_address_that_is_typed_letter_by_letter_is_contacted_by_nobody(
    client: InProcess, workspace: Workspace, index: ScriptedIndex, *, name: str, before: str, line: str, after: str
) -> None:
    with ScriptedIndex() as chosen:
        chosen.script("old-lib", page("old-lib", "active"))
        client.start(PUSH, str(workspace.root), chosen.url, allowLocalIndexes=True)
        client.in_loop(lambda: setattr(client.server.bench, "pause", 0.0))
        document = client.open(workspace.write(name, before + after), before + after)
        client.wait_for(lambda: document in client.diagnostics)
        line = line.replace("URL", index.url)
        typed(client, document, before, line, after)
        time.sleep(0.2)
        assert index.received == []
        # Saved, it is the file's word, and the user has allowed it.
        index.script("old-lib", page("old-lib", "archived"))
        workspace.write(name, before + line + after)
        client.save(document)
        if "tool.mothball" not in before:  # what the user chose goes before what the project would rather have
            client.wait_for(lambda: "archived" in [one["code"] for one in client.diagnostics[document]])


def test_a_name_keeps_to_its_index_while_the_line_that_pins_it_is_half_gone(
    client: InProcess, workspace: Workspace, index: ScriptedIndex
) -> None:
    with ScriptedIndex() as own:
        own.script("acme-lib", page("acme-lib", "archived"))
        client.start(PUSH, str(workspace.root), index.url, allowLocalIndexes=True)
        client.in_loop(lambda: setattr(client.server.bench, "pause", 0.0))
        head = '[project]\nname = "x"\ndependencies = ["acme-lib", "acme-path"]\n'
        sources = '[tool.uv.sources]\nacme-lib = { index = "own" }\nacme-path = { path = "../p" }\n'
        table = f'[[tool.uv.index]]\nname = "own"\nurl = "{own.url}"\nexplicit = true\n'
        document = client.open(workspace.write("pyproject.toml", head + sources + table), head + sources + table)
        client.wait_for_diagnostics(document, "archived")
        for version, half in enumerate((head + table, head + sources[:-20] + table, head + sources, head), 2):
            client.change(document, half, version)
            client.wait_for_diagnostics(document, "archived")
        hover = client.hover(document, 2, 32)["contents"]["value"]
        assert "the change is not saved" in hover
        assert index.received == []


def test_a_local_index_that_only_the_repository_names_waits_for_consent(
    client: InProcess, workspace: Workspace, index: ScriptedIndex
) -> None:
    index.script("old-lib", page("old-lib", "archived"))
    client.initialize(PUSH, str(workspace.root))
    text = f"--index-url {index.url}\nold-lib\n"
    document = client.open(workspace.write("requirements.txt", text), text)
    (asked,) = client.wait_for(lambda: client.diagnostics.get(document))
    assert (asked["severity"], asked.get("code")) == (2, "unverified")
    assert "allowLocalIndexes" in asked["message"]
    assert index.received == []
    client.settings = {"allowLocalIndexes": True}
    client.notify("workspace/didChangeConfiguration", {"settings": None})
    client.wait_for_diagnostics(document, "archived")


def test_the_projects_own_configuration_does_not_consent_for_the_user(
    client: InProcess, workspace: Workspace, index: ScriptedIndex
) -> None:
    workspace.write("mothball.toml", f'index-url = "{index.url}"\n')
    client.initialize(PUSH, str(workspace.root))
    document = client.open(workspace.write("requirements.txt", "old-lib\n"), "old-lib\n")
    client.wait_for(lambda: client.diagnostics.get(document))
    assert index.received == []
    path = workspace.write("mothball.toml", f'index-url = "{index.url}"\nallow-local-indexes = true\n')
    watched(client, path)
    (told, *_) = client.wait_for(
        lambda: [one for one in client.diagnostics[document] if "only in your own" in one["message"]]
    )
    assert index.received == []
    assert told["severity"] == 1
