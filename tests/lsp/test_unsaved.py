"""Unsaved text may prevent lookups, but never causes them on another index."""

from __future__ import annotations

import os

import pytest

from tests.support.lsp_client import PUSH
from tests.support.lsp_in_process import InProcess, Workspace

PYPROJECT = '[project]\nname = "x"\ndependencies = ["old-lib", "acme-secret"]\n'
SAVED = '[project]\nname = "x"\ndependencies = ["old-lib"]\n'


def looked_up_names(client: InProcess, document: str, text: str) -> set[str]:
    """Return the names that would be looked up once ``text`` is checked."""

    def names() -> set[str] | None:
        known = client.server.session.documents.get(document)
        found = known.checked if known else None
        return {query.name for query in found.queries} | {""} if found and found.text == text else None

    waited: set[str] = client.wait_for(names)
    return waited - {""}


OWN_INDEX = 'url = "https://index.example/simple/"\n'


@pytest.mark.parametrize(
    ("name", "saved", "text"),
    [
        ("requirements.txt", None, "--index-url https://index.example/simple/\nacme-secret\n"),
        ("requirements.txt", "old-lib\n", "--index-url https://index.example/simple/\nold-lib\nacme-secret\n"),
        ("requirements.txt", "--no-index\n", "acme-secret\n"),
        ("pyproject.toml", SAVED, f"{PYPROJECT}[[tool.uv.index]]\n{OWN_INDEX}default = true\n"),
        (
            "pyproject.toml",
            SAVED,
            f'{PYPROJECT}[[tool.poetry.source]]\nname = "own"\n{OWN_INDEX}',
        ),
        ("pyproject.toml", SAVED, f'{PYPROJECT}[tool.mothball]\nprivate = ["acme-*"]\n'),
        (
            "Pipfile",
            '[packages]\nold-lib = "*"\n',
            f'[[source]]\nname = "own"\n{OWN_INDEX}[packages]\nold-lib = "*"\nacme-secret = "*"\n',
        ),
    ],
)  # fmt: skip
def test_new_name_is_not_looked_up_with_unsaved_index_or_private_setting(
    client: InProcess, workspace: Workspace, name: str, saved: str | None, text: str
) -> None:
    client.start(PUSH, str(workspace.root), offline=True)
    path = workspace.path(name) if saved is None else workspace.write(name, saved)
    document = client.open(path, text)
    assert "acme-secret" not in looked_up_names(client, document, text)
    if saved and "old-lib" in saved:
        assert "old-lib" in looked_up_names(client, document, text)
    # Once saved, the routing of the file applies.
    workspace.write(name, text)
    client.save(document)
    if "private" not in text:
        client.wait_for(lambda: "acme-secret" in looked_up_names(client, document, text))


def test_private_names_of_unsaved_configuration_are_skipped_in_other_files(
    client: InProcess, workspace: Workspace
) -> None:
    client.start(PUSH, str(workspace.root), offline=True)
    text = "old-lib\nacme-secret\n"
    document = client.open(workspace.write("below/requirements.txt", text), text)
    assert looked_up_names(client, document, text) == {"old-lib", "acme-secret"}
    configuration = client.open(workspace.write("mothball.toml", ""), "")
    client.change(configuration, 'private = ["acme-*", 7, "half-ty')
    client.change(configuration, 'private = ["acme-*", 7]\n', 3)
    client.wait_for(lambda: looked_up_names(client, document, text) == {"old-lib"})
    # A configuration in another directory does not apply to this file.
    elsewhere = client.open(workspace.path("elsewhere/mothball.toml"), 'private = ["old-*"]\n')
    client.close(configuration)
    client.wait_for(lambda: looked_up_names(client, document, text) == {"old-lib", "acme-secret"})
    client.close(elsewhere)


@pytest.mark.parametrize(
    ("name", "saved", "text"),
    [
        (
            "requirements.txt",
            "-r dev-requirements.txt\n",
            "--index-url https://index.example/simple/\n-r dev-requirements.txt\n",
        ),
        ("mothball.toml", "", 'index-url = "https://index.example/simple/"\n'),
        ("pyproject.toml", "[tool.mothball]\n", f"[tool.mothball]\nindex-{OWN_INDEX}"),
    ],
)
def test_new_name_is_not_looked_up_with_unsaved_index_in_another_file(
    client: InProcess, workspace: Workspace, name: str, saved: str, text: str
) -> None:
    client.start(PUSH, str(workspace.root), offline=True)
    os.mkdir(workspace.path(".git"))
    other = client.open(workspace.write(name, saved), saved)
    document = client.open(workspace.write("dev-requirements.txt", "old-lib\n"), "old-lib\n")
    before = "old-lib\nnew-lib\n"
    client.change(document, before, 2)
    assert looked_up_names(client, document, before) == {"old-lib", "new-lib"}
    client.change(other, text, 2)
    client.wait_for(lambda: looked_up_names(client, document, before) == {"old-lib"})
    # Closed without saving, or saved, it has no effect anymore.
    client.close(other)
    client.wait_for(lambda: looked_up_names(client, document, before) == {"old-lib", "new-lib"})
    other = client.open(workspace.path(name), text)
    client.wait_for(lambda: looked_up_names(client, document, before) == {"old-lib"})
    workspace.write(name, text)
    client.save(other)
    client.wait_for(lambda: looked_up_names(client, document, before) == {"old-lib", "new-lib"})


def test_members_and_local_projects_are_not_looked_up_saved_or_not(client: InProcess, workspace: Workspace) -> None:
    client.start(PUSH, str(workspace.root), offline=True)
    workspace.write("pyproject.toml", '[tool.uv.workspace]\nmembers = ["packages/*"]\n')
    workspace.write("packages/lib/pyproject.toml", '[project]\nname = "acme-lib"\n')
    saved = '[project]\nname = "web"\ndependencies = ["old-lib"]\n'
    typed = saved.replace('"]', '", "acme-lib", "owl"]')
    document = client.open(workspace.write("packages/web/pyproject.toml", saved), saved)
    assert looked_up_names(client, document, saved) == {"old-lib"}
    client.change(document, typed)
    assert looked_up_names(client, document, typed) == {"old-lib", "owl"}
    typed = "owl\nacme-lib\n-e ./packages/lib\n"
    document = client.open(workspace.write("requirements.txt", "owl\n"), "owl\n")
    client.change(document, typed)
    assert looked_up_names(client, document, typed) == {"owl"}
    client.change(document, "owl\nacme-lib\n-e ./packages/other\n", 3)
    assert looked_up_names(client, document, "owl\nacme-lib\n-e ./packages/other\n") == {"owl", "acme-lib"}
    # A new member is recognized once its file exists.
    both = '[project]\nname = "web"\ndependencies = ["acme-core", "old-lib"]\n'
    document = client.open(workspace.write("packages/web/pyproject.toml", both), both)
    assert looked_up_names(client, document, both) == {"acme-core", "old-lib"}
    workspace.write("packages/core/pyproject.toml", '[project]\nname = "acme-core"\n')
    client.save(document)
    client.wait_for(lambda: looked_up_names(client, document, both) == {"old-lib"})


def test_new_name_is_not_looked_up_with_unsaved_workspace(client: InProcess, workspace: Workspace) -> None:
    client.start(PUSH, str(workspace.root), offline=True)
    workspace.write("packages/lib/pyproject.toml", '[project]\nname = "acme-lib"\n')
    document = client.open(workspace.write("pyproject.toml", SAVED), SAVED)
    text = SAVED.replace('"]', '", "acme-lib"]') + '[tool.uv.workspace]\nmembers = ["packages/*"]\n'
    assert looked_up_names(client, document, SAVED) == {"old-lib"}
    client.change(document, text)
    assert looked_up_names(client, document, text) == {"old-lib"}


def test_unsaved_project_name_is_skipped_in_other_files(client: InProcess, workspace: Workspace) -> None:
    client.start(PUSH, str(workspace.root), offline=True)
    os.mkdir(workspace.path(".git"))
    named = '[project]\nname = "{}"\nversion = "1"\n'
    project = client.open(workspace.write("pyproject.toml", named.format("old-name")), named.format("old-name"))
    text = "[testenv]\ndeps =\n    new-name\n    old-lib\n"
    document = client.open(workspace.write("tox.ini", text), text)
    assert looked_up_names(client, document, text) == {"new-name", "old-lib"}
    client.change(project, named.format("New.Name"), 2)
    client.wait_for(lambda: looked_up_names(client, document, text) == {"old-lib"})
    client.change(project, named.format("old-name"), 3)
    client.wait_for(lambda: looked_up_names(client, document, text) == {"new-name", "old-lib"})
    client.change(project, named.format("*"), 4)
    assert looked_up_names(client, project, named.format("*")) == set()
    assert looked_up_names(client, document, text) == {"new-name", "old-lib"}


def test_source_that_is_typed_is_believed_until_it_is_saved(client: InProcess, workspace: Workspace) -> None:
    sources = '[tool.uv.sources]\nold-lib = { path = "gone" }\n'
    client.start(PUSH, str(workspace.root), offline=True)
    path = workspace.write("pyproject.toml", SAVED + sources)
    document = client.open(path, SAVED + sources)
    assert "old-lib" in looked_up_names(client, document, SAVED + sources)
    text = f'{PYPROJECT}{sources}acme-secret = {{ path = "acm" }}\n'
    client.change(document, text)
    assert looked_up_names(client, document, text) == {"old-lib"}
    workspace.write("pyproject.toml", text)
    client.save(document)
    client.wait_for(lambda: "acme-secret" in looked_up_names(client, document, text))
