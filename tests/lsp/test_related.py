"""Location and related information of diagnostics."""

from __future__ import annotations

import pytest

from tests.support.lsp_client import PUSH, Message, uri
from tests.support.lsp_in_process import InProcess, Workspace
from tests.support.lsp_pages import page
from tests.support.scripted_index import ScriptedIndex

MANIFEST = '[project]\nname = "app"\ndependencies = [\n    "fine",\n    "direct-lib",\n]\n'
PACKAGE = '[[package]]\nname = "{}"\nversion = "1.0"\nsource = {{ registry = "{}" }}\ndependencies = [{}]\n\n'
EDGES = {
    "direct-lib": ("old-lib", "tired-lib"),
    "fine": (),
    "lonely-lib": (),
    "old-lib": (),
    "tired-lib": (),
}


def lock(index_url: str) -> str:
    """Return a lock of all packages, one of which has no dependency path."""
    app = "".join(f'{{ name = "{name}" }}, ' for name in ("direct-lib", "fine"))
    head = 'version = 1\n\n[[package]]\nname = "app"\nversion = "0"\nsource = { editable = "." }\n'
    packages = (
        PACKAGE.format(name, index_url, ", ".join(f'{{ name = "{dependency}" }}' for dependency in brings))
        for name, brings in EDGES.items()
    )
    return f"{head}dependencies = [{app}]\n\n{''.join(packages)}"


@pytest.fixture
def index(index: ScriptedIndex) -> ScriptedIndex:
    for name in ("fine", "direct-lib"):
        index.script(name, page(name, "active"))
    for name in ("old-lib", "tired-lib", "lonely-lib"):
        index.script(name, page(name, "archived"))
    return index


def lock_diagnostics(
    client: InProcess, workspace: Workspace, index: ScriptedIndex, capabilities: Message
) -> list[Message]:
    """Return the diagnostics of the lock."""
    workspace.write("pyproject.toml", MANIFEST)
    client.start(capabilities, str(workspace.root), index.url, allowLocalIndexes=True)
    text = lock(index.url)
    document = client.open(workspace.write("uv.lock", text), text)
    return client.wait_for_diagnostics(document, *["archived"] * 3)


def test_only_transitive_dependencies_have_related_information(
    client: InProcess, workspace: Workspace, index: ScriptedIndex
) -> None:
    lonely, *brought_in = lock_diagnostics(client, workspace, index, PUSH)
    assert lonely["message"].startswith("lonely-lib is archived")
    assert "relatedInformation" not in lonely
    for diagnostic, name in zip(brought_in, ("old-lib", "tired-lib"), strict=True):
        (related,) = diagnostic["relatedInformation"]
        assert related["message"] == f"{name} is a transitive dependency of direct-lib"
        assert related["location"]["uri"] == uri(workspace.path("pyproject.toml"))
        assert related["location"]["range"]["start"] == {"line": 4, "character": 5}


def test_no_related_information_without_client_support(
    client: InProcess, workspace: Workspace, index: ScriptedIndex
) -> None:
    publish = {**PUSH["textDocument"]["publishDiagnostics"], "relatedInformation": False}
    capabilities = {**PUSH, "textDocument": {**PUSH["textDocument"], "publishDiagnostics": publish}}
    assert not any(
        "relatedInformation" in diagnostic for diagnostic in lock_diagnostics(client, workspace, index, capabilities)
    )


def test_not_stated_diagnostic_is_at_the_first_name_of_the_index(
    client: InProcess, workspace: Workspace, index: ScriptedIndex
) -> None:
    index.script("silent", page("silent"))
    text = "local @ file:///nowhere/local.tar.gz\nsilent\nsilent[extra]\n"
    client.start(PUSH, str(workspace.root), index.url)
    document = client.open(workspace.write("requirements.txt", text), text)
    (note,) = client.wait_for_diagnostics(document, "not-stated")
    assert note["range"] == {"start": {"line": 1, "character": 0}, "end": {"line": 1, "character": 6}}


def test_related_information_in_unopened_workspace_member_and_lock(
    client: InProcess, workspace: Workspace, index: ScriptedIndex
) -> None:
    index.script("direct-lib", page("direct-lib", "archived"))
    workspace.write("pyproject.toml", '[project]\nname = "app"\n[tool.uv.workspace]\nmembers = ["member"]\n')
    member = workspace.write("member/pyproject.toml", MANIFEST.replace("app", "member"))
    above = workspace.write("uv.lock", lock(index.url).replace('"."', '"member"').replace('"app"', '"member"'))
    client.start(PUSH, str(workspace.root), index.url, allowLocalIndexes=True)
    client.command("mothball.checkWorkspace")
    (diagnostic,) = client.wait_for_diagnostics(uri(member), "archived")
    assert diagnostic["range"]["start"]["line"] == 4
    first = client.wait_for(lambda: client.diagnostics.get(uri(above)))[0]
    assert first["message"].startswith("direct-lib is archived")
