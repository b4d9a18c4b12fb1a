"""``textDocument/codeAction``: ignore or remove a dependency, check again, open its project page.

There is no ``source.fixAll`` and no preferred action, because keeping or removing an archived project is a decision.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from lsprotocol import types

from mothball.check.inputs import ResolvedFile
from mothball.discovery.config_lookup import table_path
from mothball.edits.ignore_comment import add_ignore_comment
from mothball.edits.ignore_config import NewIgnore, add_config_ignores
from mothball.edits.model import Edit
from mothball.lsp.client import ClientFeatures
from mothball.lsp.convert import Positions, path_of, uri_of
from mothball.lsp.documents import Checked, is_reported
from mothball.lsp.features.commands import CHECK_AGAIN, OPEN_PAGE
from mothball.lsp.features.hover import findings_of
from mothball.lsp.hover_text import project_page
from mothball.lsp.lookups import PENDING
from mothball.model.document import Dependency, Document
from mothball.model.errors import ConfigError, UnreadableFileError
from mothball.model.findings import IGNORABLE_RULES, CheckedDependency, Finding
from mothball.model.records import NamedTuple
from mothball.model.sanitize import one_line
from mothball.repository.files import read_utf8

if TYPE_CHECKING:
    from mothball.lsp.server import Server

# Placeholder for the reason, to be replaced by the user.
REASON_PLACEHOLDER = "WHY"
# Offer actions for at most this many dependencies of a selection.
_MAX_DEPENDENCIES = 5
_KIND = types.CodeActionKind.QuickFix


class OpenText(NamedTuple):
    """The text of an open document, which may be newer than the file."""

    text: str
    version: int | None


class _Target(NamedTuple):
    """A dependency to offer actions for, and its finding."""

    item: CheckedDependency
    finding: Finding

    @property
    def name(self) -> str:
        return one_line(self.item.dependency.name, 60)

    def ignorable(self) -> bool:
        """Return True if there is a finding that can be ignored."""
        finding = self.finding
        if finding.lookup == PENDING or not is_reported(finding):
            return False
        return finding.rule in IGNORABLE_RULES


def register(server: Server) -> None:
    """Register code actions."""
    session = server.session

    async def actions(params: types.CodeActionParams) -> list[types.CodeAction | types.Command]:
        if not _is_wanted(params.context.only):
            return []
        document = await session.wait_until_checked(params.text_document.uri)
        if document is None or document.checked is None or document.checked.opened is None:
            return []
        open_texts = {
            path: OpenText(document.text, document.version)
            for document in session.documents.values()
            if (path := path_of(document.uri)) is not None
        }
        builder = _ActionBuilder(params, document.checked, session.client, open_texts)
        # Computing edits parses the file several times and may read a configuration file.
        return await asyncio.get_running_loop().run_in_executor(session.threads, builder.actions)

    options = types.CodeActionOptions(code_action_kinds=[_KIND])
    server.feature(types.TEXT_DOCUMENT_CODE_ACTION, options)(actions)


def _is_wanted(only: Iterable[types.CodeActionKind | str] | None) -> bool:
    """Return True if the client requests quick fixes or any kind of action."""
    if only is None:
        return True
    kinds = [str(getattr(kind, "value", kind)) for kind in only]
    return any(kind in ("", _KIND.value) for kind in kinds)


class _ActionBuilder:
    """Computes the actions of one request."""

    def __init__(
        self, params: types.CodeActionParams, checked: Checked, client: ClientFeatures, open_texts: dict[str, OpenText]
    ) -> None:
        self._params = params
        self._checked = checked
        self._client = client
        self._open_texts = open_texts
        self._positions = Positions(checked.text, client.encoding)

    def actions(self) -> list[types.CodeAction | types.Command]:
        """Return the actions in the order of the dependencies. Reads the disk."""
        lines = range(self._params.range.start.line + 1, self._params.range.end.line + 2)
        items = [item for item in self._checked.dependencies() if item.location.start.line in lines][:_MAX_DEPENDENCIES]
        targets = [_Target(item, finding) for item in items for finding in findings_of(self._checked, item)]
        actions: list[types.CodeAction | types.Command] = []
        for target in targets:
            if target.ignorable() and self._client.code_action_literals:
                actions += self._edits_for(target)
        if items:
            actions.append(self._command("Check again", CHECK_AGAIN, [self._params.text_document.uri]))
        for item in items if self._client.show_document else ():
            address = project_page(item.dependency.name, item.lookup)
            if address is not None:
                name = one_line(item.dependency.name, 60)
                actions.append(self._command(f"Open the project page of {name}", OPEN_PAGE, [address]))
        return actions

    def _command(self, title: str, name: str, arguments: list[str]) -> types.CodeAction | types.Command:
        command = types.Command(title, name, arguments=arguments)
        return types.CodeAction(title, _KIND, command=command) if self._client.code_action_literals else command

    def _edits_for(self, target: _Target) -> Iterator[types.CodeAction]:
        opened, finding = self._checked.opened, target.finding
        if opened is None:
            return
        file, document, entry = opened.file, opened.file.document, target.item.dependency
        if document.is_broken:
            return
        yield from self._ignore_in_comment(target, finding, document, entry)
        yield from self._ignore_in_configuration(target, finding, file)
        yield from self._remove(target, finding, document, entry)

    def _ignore_in_comment(
        self, target: _Target, finding: Finding, document: Document, entry: Dependency
    ) -> Iterator[types.CodeAction]:
        edit = add_ignore_comment(self._checked.text, document, entry, (finding.rule,), REASON_PLACEHOLDER)
        if edit is not None:
            title = f"Ignore `{finding.rule}` for {target.name} in a comment"
            yield self._edit(title, finding, self._document_edit((edit,)))

    def _remove(
        self, target: _Target, finding: Finding, document: Document, entry: Dependency
    ) -> Iterator[types.CodeAction]:
        from mothball.edits.removal import remove_dependency  # noqa: PLC0415 - needed only to remove an entry

        edits = remove_dependency(self._checked.text, document, entry)
        if edits:
            yield self._edit(f"Remove {target.name} from this file", finding, self._document_edit(edits))

    def _ignore_in_configuration(
        self, target: _Target, finding: Finding, file: ResolvedFile
    ) -> Iterator[types.CodeAction]:
        path = file.resolved_config.edited_path
        open_text = self._open_texts.get(path)
        is_new = open_text is None and not os.path.lexists(path)
        if os.path.islink(path) or (is_new and not self._client.creates_files):
            return
        try:
            text = "" if is_new else open_text.text if open_text else read_utf8(path)
            versions = () if finding.version is None else (finding.version,)
            new = NewIgnore(target.item.dependency.name, (finding.rule,), REASON_PLACEHOLDER, versions)
            edits = add_config_ignores(text, table_path(path), [new])
        except (ConfigError, UnreadableFileError):
            return
        if edits:
            name = f"a new {os.path.basename(path)}" if is_new else os.path.basename(path)
            title = f"Ignore `{finding.rule}` for {target.name} in {name}"
            change = _Change(uri_of(path), open_text.version if open_text else None, text, edits, is_new)
            yield self._edit(title, finding, self._workspace_edit(change))

    def _document_edit(self, edits: Iterable[Edit]) -> types.WorkspaceEdit:
        uri = self._params.text_document.uri
        return self._workspace_edit(_Change(uri, self._checked.version, self._checked.text, tuple(edits)))

    def _workspace_edit(self, change: _Change) -> types.WorkspaceEdit:
        positions = Positions(change.text, self._client.encoding)
        edits = [types.TextEdit(positions.range(edit.span), edit.new_text) for edit in change.edits]
        if not self._client.document_changes:
            return types.WorkspaceEdit(changes={change.uri: edits})
        # The version lets the client reject the edit if the text has changed in the meantime.
        document = types.OptionalVersionedTextDocumentIdentifier(change.uri, change.version)
        edit = types.TextDocumentEdit(document, edits)
        if change.is_new:
            creation = types.CreateFile(uri=change.uri, options=types.CreateFileOptions(ignore_if_exists=True))
            return types.WorkspaceEdit(document_changes=[creation, edit])
        return types.WorkspaceEdit(document_changes=[edit])

    def _edit(self, title: str, finding: Finding, edit: types.WorkspaceEdit) -> types.CodeAction:
        fixed = [diagnostic for diagnostic in self._params.context.diagnostics if diagnostic.code == str(finding.rule)]
        return types.CodeAction(title, _KIND, diagnostics=fixed or None, edit=edit)


class _Change(NamedTuple):
    """Edits of one document; ``version`` is None if it is not open, ``is_new`` is True if it does not exist."""

    uri: str
    version: int | None
    text: str
    edits: tuple[Edit, ...]
    is_new: bool = False
