"""Convert edits to workspace edits of the protocol."""

from __future__ import annotations

from collections.abc import Iterable

from lsprotocol import types

from mothball.check.messages import REASON_PLACEHOLDER
from mothball.edits.model import Edit
from mothball.lsp.client import ClientFeatures
from mothball.lsp.convert import Positions
from mothball.model.records import NamedTuple

_AnyEdit = types.TextEdit | types.AnnotatedTextEdit | types.SnippetTextEdit


class DocumentEdit(NamedTuple):
    """Edits of one document; ``version`` is None if it is not open, ``is_new`` is True if it does not exist."""

    uri: str
    version: int | None
    text: str
    edits: tuple[Edit, ...]
    is_new: bool = False


def workspace_edit(change: DocumentEdit, client: ClientFeatures) -> types.WorkspaceEdit:
    """Return ``change`` in the form that ``client`` supports.

    Where the client supports snippets, the placeholder of a reason is selected after the edit.
    """
    positions = Positions(change.text, client.encoding)
    plain = [types.TextEdit(positions.range(edit.span), edit.new_text) for edit in change.edits]
    if not client.document_changes:
        return types.WorkspaceEdit(changes={change.uri: plain})
    edits: Iterable[_AnyEdit] = map(_with_placeholder, plain) if client.snippet_edits else plain
    # The version lets the client reject the edit if the text has changed in the meantime.
    document = types.OptionalVersionedTextDocumentIdentifier(change.uri, change.version)
    edit = types.TextDocumentEdit(document, [*edits])
    if change.is_new:
        creation = types.CreateFile(uri=change.uri, options=types.CreateFileOptions(ignore_if_exists=True))
        return types.WorkspaceEdit(document_changes=[creation, edit])
    return types.WorkspaceEdit(document_changes=[edit])


def _with_placeholder(edit: types.TextEdit) -> _AnyEdit:
    before, found, after = edit.new_text.rpartition(REASON_PLACEHOLDER)
    if not found:
        return edit
    snippet = f"{_escaped(before)}${{1:{found}}}{_escaped(after)}"
    return types.SnippetTextEdit(edit.range, types.StringValue(snippet))


def _escaped(text: str) -> str:
    """Return ``text`` as the literal text of a snippet (LSP, "Snippet Syntax")."""
    for character in "\\$}":
        text = text.replace(character, f"\\{character}")
    return text
