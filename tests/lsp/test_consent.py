"""No index is contacted that the user has not configured or saved."""

from __future__ import annotations

import pytest

from tests.support.lsp_client import PUSH, codes_of
from tests.support.lsp_in_process import InProcess, Workspace, watched
from tests.support.lsp_pages import page
from tests.support.scripted_index import ScriptedIndex


def typed(client: InProcess, document: str, before: str, line: str, after: str) -> None:
    """Type ``line`` letter by letter, pausing after each long enough for lookups."""
    for length in range(1, len(line) + 1):
        client.change(document, before + line[:length] + after, length + 1)
        client.settle(document)


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
def test_index_url_is_not_contacted_while_typed(
    client: InProcess, workspace: Workspace, index: ScriptedIndex, *, name: str, before: str, line: str, after: str
) -> None:
    with ScriptedIndex() as chosen:
        chosen.script("old-lib", page("old-lib", "active"))
        client.start(PUSH, str(workspace.root), chosen.url, allowLocalIndexes=True)
        client.in_loop(lambda: setattr(client.server.session, "pause", 0.0))
        document = client.open(workspace.write(name, before + after), before + after)
        client.wait_for(lambda: document in client.diagnostics)
        line = line.replace("URL", index.url)
        typed(client, document, before, line, after)
        assert index.received == []
        # Once saved, it is used, because the user allows local indexes.
        index.script("old-lib", page("old-lib", "archived"))
        workspace.write(name, before + line + after)
        client.save(document)
        if "tool.mothball" not in before:  # the user's index takes precedence over the project's
            client.wait_for(lambda: "archived" in [diagnostic["code"] for diagnostic in client.diagnostics[document]])


def test_name_keeps_its_index_while_its_index_setting_is_incomplete(
    client: InProcess, workspace: Workspace, index: ScriptedIndex
) -> None:
    with ScriptedIndex() as own:
        own.script("acme-lib", page("acme-lib", "archived"))
        client.start(PUSH, str(workspace.root), index.url, allowLocalIndexes=True)
        client.in_loop(lambda: setattr(client.server.session, "pause", 0.0))
        head = '[project]\nname = "x"\ndependencies = ["acme-lib", "acme-path"]\n'
        sources = '[tool.uv.sources]\nacme-lib = { index = "own" }\nacme-path = { path = "./pp" }\n'
        workspace.write("pp/pyproject.toml", '[project]\nname = "acme-path"\n')
        table = f'[[tool.uv.index]]\nname = "own"\nurl = "{own.url}"\nexplicit = true\n'
        document = client.open(workspace.write("pyproject.toml", head + sources + table), head + sources + table)
        client.wait_for_diagnostics(document, "archived")
        for version, half in enumerate((head + table, head + sources[:-20] + table, head + sources, head), 2):
            client.change(document, half, version)
            # An incomplete entry has diagnostics of its own.
            client.wait_for(lambda: "archived" in codes_of(client.diagnostics[document]))
        hover = client.hover(document, 2, 32)["contents"]["value"]
        assert "unsaved change" in hover
        assert index.received == []


@pytest.mark.parametrize("declared_by", ["pyproject.toml", "setup.cfg"])
def test_typed_project_name_is_not_looked_up(
    client: InProcess, workspace: Workspace, index: ScriptedIndex, declared_by: str
) -> None:
    files = {"pyproject.toml": '[project]\nname = "My.Project"\n', "setup.cfg": "[metadata]\nname = My.Project\n"}
    workspace.write(declared_by, files[declared_by])
    index.script("old-lib", page("old-lib", "archived"))
    client.start(PUSH, str(workspace.root), index.url)
    client.in_loop(lambda: setattr(client.server.session, "pause", 0.0))
    document = client.open(workspace.write("requirements.txt", "old-lib\n"), "old-lib\n")
    client.wait_for_diagnostics(document, "archived")
    for version, before in enumerate(("", "another\n"), 2):
        client.change(document, f"{before}my_project[test]\nold-lib\n", version)
        line = before.count("\n")
        client.wait_for(lambda: client.hover(document, line, 2) is not None)  # noqa: B023 - called at once
        hover = client.hover(document, line, 2)["contents"]["value"]
        assert "skipped" in hover, hover
        assert "the project itself" in hover, hover
    client.wait_for(lambda: index.count("another") == 1)
    # Once saved, the result equals that for the file on disk, also while typing continues.
    workspace.write("requirements.txt", "my-project\nold-lib\n")
    client.save(document)
    client.change(document, "my-project[more]\nold-lib\n", 9)
    assert "the project itself" in client.hover(document, 0, 2)["contents"]["value"]
    # The project name has changed, so the name is another project.
    index.script("my-project", page("my-project", "deprecated"))
    watched(client, workspace.write(declared_by, files[declared_by].replace("My.Project", "renamed")))
    client.wait_for_diagnostics(document, "deprecated", "archived")
    assert index.count("my-project") == 1


def test_name_keeps_all_indexes_of_the_saved_file(
    client: InProcess, workspace: Workspace, index: ScriptedIndex
) -> None:
    with ScriptedIndex() as first, ScriptedIndex() as second:
        second.script("acme-lib", page("acme-lib", "archived"))
        client.start(PUSH, str(workspace.root), index.url, allowLocalIndexes=True)
        client.in_loop(lambda: setattr(client.server.session, "pause", 0.0))
        head = '[project]\nname = "x"\ndependencies = ["acme-lib"]\n'
        pins = [f"{{ index = '{name}', marker = \"sys_platform {sign} 'linux'\" }}" for name, sign in PINS]
        tables = "".join(
            f'[[tool.uv.index]]\nname = "{name}"\nurl = "{index.url}"\nexplicit = true\n'
            for name, index in (("first", first), ("second", second))
        )
        text = f"{head}[tool.uv.sources]\nacme-lib = [{', '.join(pins)}]\n{tables}"
        document = client.open(workspace.write("pyproject.toml", text), text)
        client.wait_for_diagnostics(document, "archived")
        assert (first.count("acme-lib"), second.count("acme-lib")) == (1, 1)
        for version, half in enumerate((text.replace(f", {pins[1]}", ""), text.replace(pins[0], ""), head + tables), 2):
            assert half != text
            client.change(document, half, version)
            client.change(document, "\n" + half, version + 10)
            assert client.hover(document, 3, 18)["contents"]["value"].startswith("**archived**")
        assert index.received == []
        assert (first.count("acme-lib"), second.count("acme-lib")) == (1, 1)


PINS = (("first", "=="), ("second", "!="))


def test_local_index_configured_by_repository_waits_for_consent(
    client: InProcess, workspace: Workspace, index: ScriptedIndex
) -> None:
    index.script("old-lib", page("old-lib", "archived"))
    client.initialize(PUSH, str(workspace.root))
    text = f"--index-url {index.url}\nold-lib\n"
    document = client.open(workspace.write("requirements.txt", text), text)
    (diagnostic,) = client.wait_for(lambda: client.diagnostics.get(document))
    assert (diagnostic["severity"], diagnostic.get("code")) == (2, "unresolvable")
    assert "allowLocalIndexes" in diagnostic["message"]
    assert index.received == []
    client.settings = {"allowLocalIndexes": True}
    client.notify("workspace/didChangeConfiguration", {"settings": None})
    client.wait_for_diagnostics(document, "archived")


def test_project_configuration_cannot_give_consent(
    client: InProcess, workspace: Workspace, index: ScriptedIndex
) -> None:
    workspace.write("mothball.toml", f'index-url = "{index.url}"\n')
    client.initialize(PUSH, str(workspace.root))
    document = client.open(workspace.write("requirements.txt", "old-lib\n"), "old-lib\n")
    client.wait_for(lambda: client.diagnostics.get(document))
    assert index.received == []
    path = workspace.write("mothball.toml", f'index-url = "{index.url}"\nallow-local-indexes = true\n')
    watched(client, path)
    (diagnostic, *_) = client.wait_for(
        lambda: [
            diagnostic
            for diagnostic in client.diagnostics[document]
            if "only allowed in the user configuration" in diagnostic["message"]
        ]
    )
    assert index.received == []
    assert diagnostic["severity"] == 1
