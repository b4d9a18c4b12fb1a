"""``textDocument/didOpen``, ``didChange``, ``didSave``, ``didClose``, and changes of workspace folders."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lsprotocol import types

from mothball.lsp.convert import Positions, path_of

if TYPE_CHECKING:
    from mothball.lsp.server import Server


def register(server: Server) -> None:
    """Register the document notifications."""
    session = server.session

    def document_opened(params: types.DidOpenTextDocumentParams) -> None:
        document = params.text_document
        path = path_of(document.uri)
        if path is not None:
            session.open(document.uri, path, document.text, document.version)
            server.workspace_diagnostics.document_opened()

    def document_changed(params: types.DidChangeTextDocumentParams) -> None:
        text = session.text_of(params.text_document.uri)
        if text is None:
            return
        for change in params.content_changes:
            text = _apply_change(text, change, session.client.encoding)
        session.change(params.text_document.uri, text, params.text_document.version)

    def document_saved(params: types.DidSaveTextDocumentParams) -> None:
        session.saved(params.text_document.uri)

    def document_closed(params: types.DidCloseTextDocumentParams) -> None:
        document = session.close(params.text_document.uri)
        if document is not None:
            server.workspace_diagnostics.document_closed(document)

    def folders_changed(params: types.DidChangeWorkspaceFoldersParams) -> None:
        removed = {path_of(folder.uri) for folder in params.event.removed}
        added = [path for folder in params.event.added if (path := path_of(folder.uri)) is not None]
        session.folders = [*(folder for folder in session.folders if folder not in removed), *added]
        server.workspace_diagnostics.drop(lambda path: session.folder_of(path) is None)
        session.files_changed()

    server.feature(types.TEXT_DOCUMENT_DID_OPEN)(document_opened)
    server.feature(types.TEXT_DOCUMENT_DID_CHANGE)(document_changed)
    server.feature(types.TEXT_DOCUMENT_DID_SAVE)(document_saved)
    server.feature(types.TEXT_DOCUMENT_DID_CLOSE)(document_closed)
    server.feature(types.WORKSPACE_DID_CHANGE_WORKSPACE_FOLDERS)(folders_changed)


def _apply_change(text: str, change: types.TextDocumentContentChangeEvent, encoding: str) -> str:
    if not isinstance(change, types.TextDocumentContentChangePartial):
        return change.text
    # Incremental changes are not announced but accepted.
    positions = Positions(text, encoding)
    return f"{text[: positions.offset(change.range.start)]}{change.text}{text[positions.offset(change.range.end) :]}"
