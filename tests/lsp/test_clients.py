"""The installed program with the capabilities of VS Code, Neovim and Emacs, as recorded by pytest-lsp."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from lsprotocol import types
from pytest_lsp import LanguageClient, client_capabilities, make_test_lsp_client

from tests.support.cli import clean_environment, installed_script
from tests.support.lsp_client import LIMIT, uri
from tests.support.lsp_in_process import Workspace
from tests.support.lsp_pages import page
from tests.support.scripted_index import ScriptedIndex

# An emoji and an accent precede the name on its line.
TEXT = '[project]\nname = "x"\noptional-dependencies = { "😀é" = ["old-lib"] }\ndependencies = ["fine"]\n'
# Column of the name, in the units of the editor.
EDITORS = {"visual-studio-code": 36, "neovim@v0.11.0": 39, "neovim with refresh": 39, "emacs": 35}
Scenario = Callable[[LanguageClient, str], Awaitable[None]]


@pytest.fixture(params=EDITORS)
def editor(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


def capabilities_of(editor: str) -> types.ClientCapabilities:
    """Return the capabilities of an editor.

    Neovim 0.11 pulls diagnostics but does not support refresh requests, so diagnostics are published to it.
    """
    capabilities = client_capabilities(editor.replace(" with refresh", ""))
    if editor.endswith("refresh"):
        assert capabilities.workspace is not None
        capabilities.workspace.diagnostics = types.DiagnosticWorkspaceClientCapabilities(refresh_support=True)
    return capabilities


def play(editor: str, home: Path, workspace: Workspace, index: ScriptedIndex, scenario: Scenario) -> LanguageClient:
    """Start the server for ``editor``, open a file, run ``scenario``, and shut down as editors do."""

    async def run() -> LanguageClient:
        client = make_test_lsp_client()
        await client.start_io(installed_script(), "lsp", "--stdio", env=clean_environment(home))
        folders = [types.WorkspaceFolder(uri(str(workspace.root)), "workspace")]
        options = {"indexUrl": index.url}
        client.set_configuration({"indexUrl": index.url}, section="mothball")
        params = types.InitializeParams(
            capabilities_of(editor), workspace_folders=folders, initialization_options=options
        )
        await client.initialize_session(params)
        document = uri(workspace.write("pyproject.toml", TEXT))
        client.text_document_did_open(
            types.DidOpenTextDocumentParams(types.TextDocumentItem(document, "toml", 1, TEXT))
        )
        await asyncio.wait_for(scenario(client, document), LIMIT)
        await client.shutdown_session()
        await client.stop()  # type: ignore[no-untyped-call]
        return client

    index.script("old-lib", page("old-lib", "archived", "use new-lib"))
    index.script("fine", page("fine", "active"))
    return asyncio.run(run())


def pulls(client: LanguageClient) -> bool:
    """Return True if the client pulls diagnostics and supports refresh requests."""
    workspace = client.capabilities.workspace if client.capabilities else None
    return workspace is not None and workspace.diagnostics is not None


async def diagnostics_of(client: LanguageClient, document: str) -> list[types.Diagnostic]:
    """Return the diagnostics of a document once there are any, pulled or published as for the editor."""
    while True:
        if pulls(client):
            report = await client.text_document_diagnostic_async(
                types.DocumentDiagnosticParams(types.TextDocumentIdentifier(document))
            )
            found = list(report.items)  # type: ignore[union-attr]
        else:
            found = list(client.diagnostics.get(document, ()))
        if found:
            return found
        await asyncio.sleep(0.05)


def test_diagnostic_range_is_exactly_the_name(
    editor: str, tmp_path: Path, workspace: Workspace, index: ScriptedIndex
) -> None:
    async def scenario(client: LanguageClient, document: str) -> None:
        client.capabilities = capabilities_of(editor)
        (diagnostic,) = await diagnostics_of(client, document)
        start = EDITORS[editor]
        assert diagnostic.range == types.Range(types.Position(2, start), types.Position(2, start + len("old-lib")))
        found = (diagnostic.code, diagnostic.source, diagnostic.severity)
        assert found == ("archived", "mothball", types.DiagnosticSeverity.Error)

    client = play(editor, tmp_path, workspace, index, scenario)
    assert pulls(client) == editor.endswith("refresh")
    assert bool(client.diagnostics) != pulls(client)
    assert client.messages == []


def test_hover_and_actions_are_placed_exactly(
    editor: str, tmp_path: Path, workspace: Workspace, index: ScriptedIndex
) -> None:
    async def scenario(client: LanguageClient, document: str) -> None:
        client.capabilities = capabilities_of(editor)
        diagnostics = await diagnostics_of(client, document)
        item, start = types.TextDocumentIdentifier(document), EDITORS[editor]
        at = types.Position(2, start + 2)
        hover = await client.text_document_hover_async(types.HoverParams(item, at))
        assert hover is not None
        assert hover.range is not None
        assert hover.range.start == types.Position(2, start)
        assert isinstance(hover.contents, types.MarkupContent)
        assert "archived" in hover.contents.value.partition("\n")[0]
        actions = await client.text_document_code_action_async(
            types.CodeActionParams(item, types.Range(at, at), types.CodeActionContext(diagnostics))
        )
        ignore = next(action for action in actions or () if action.title.endswith("in a comment"))
        assert isinstance(ignore, types.CodeAction)
        assert ignore.edit is not None
        edits = list((ignore.edit.changes or {}).get(document, ()))
        for change in ignore.edit.document_changes or ():
            assert isinstance(change, types.TextDocumentEdit)
            edits += (edit for edit in change.edits if isinstance(edit, types.TextEdit))
        (edit,) = edits
        assert edit.new_text == "  # mothball: ignore[archived] WHY"
        # At the end of the line.
        assert edit.range.start == types.Position(2, start + len('old-lib"] }'))

    play(editor, tmp_path, workspace, index, scenario)
