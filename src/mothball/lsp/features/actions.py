"""``textDocument/codeAction``: replace, remove or ignore a dependency, open its project page, fix ignores.

There is no ``source.fixAll``, because keeping or removing an archived project is a decision. Preferred are the
replacement that the configuration names, and the removal of an unused ignore.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping

from lsprotocol import types

from mothball.check.inputs import ResolvedFile
from mothball.check.messages import REASON_PLACEHOLDER
from mothball.config.user_settings import user_config_file
from mothball.discovery.config_lookup import table_path
from mothball.edits.dependencies import remove_dependency, replace_dependency
from mothball.edits.ignore_comments import (
    add_ignore_comment,
    add_reason,
    add_rules,
    correct_name,
    remove_ignore_comment,
)
from mothball.edits.model import Edit, apply, read_edited
from mothball.edits.settings import NewIgnore, add_config_ignores, add_config_reason, remove_config_ignore
from mothball.index.resolution import Query
from mothball.lsp.blocking_lookups import BlockingLookups
from mothball.lsp.client import ClientFeatures
from mothball.lsp.convert import Positions, relative_path, uri_of
from mothball.lsp.features.commands import CHECK_AGAIN, OPEN_PAGE, OPEN_SETTINGS
from mothball.lsp.features.hover import project_page
from mothball.lsp.lookups import PENDING
from mothball.lsp.open_text import Checked, is_reported
from mothball.lsp.server import Server
from mothball.model.document import Document, LineIndex, Location, Position, SkipReason, Span, normalize_name
from mothball.model.errors import ConfigError, UnreadableFileError
from mothball.model.records import NamedTuple
from mothball.model.results import IGNORABLE_RULES, CheckedDependency, Finding, Rule, Skipped
from mothball.model.sanitize import one_line
from mothball.repository.files import DISK

# Offer actions for at most this many dependencies of a selection.
_MAX_DEPENDENCIES = 20
_IGNORE_RULES = (Rule.UNUSED_IGNORE, Rule.EXPIRED_IGNORE, Rule.IGNORE_WITHOUT_REASON)
_KIND = types.CodeActionKind.QuickFix
# If a lookup failed, only another one helps.
_IGNORABLE = frozenset(IGNORABLE_RULES) - {Rule.UNVERIFIED}
# The status is not known, so nothing speaks against the dependency.
_UNKNOWN_STATUS = (Rule.UNVERIFIED, Rule.UNRESOLVABLE)
_Action = types.CodeAction | types.Command
_AnyEdit = types.TextEdit | types.AnnotatedTextEdit | types.SnippetTextEdit


class _Target(NamedTuple):
    """A dependency to offer actions for, and its findings that are reported, at least one."""

    item: CheckedDependency
    findings: tuple[Finding, ...]

    @property
    def name(self) -> str:
        return one_line(self.item.dependency.name, 60)

    @property
    def rules(self) -> list[Rule]:
        return [finding.rule for finding in self.findings]


def register(server: Server) -> None:
    """Register code actions."""
    session = server.session

    async def actions(params: types.CodeActionParams) -> list[_Action]:
        if not _is_wanted(params.context.only):
            return []
        checked = await session.checked(params.text_document.uri)
        if checked is None:
            return []
        # A text in an editor may be newer than the file.
        open_texts = {document.path: (document.text, document.version) for document in session.documents.values()}
        builder = _ActionBuilder(params, checked, session.client, open_texts, session.lookups.blocking)
        # Computing edits parses the file several times and may read a configuration file.
        return await session.loop.run_in_executor(session.threads, builder.actions)

    options = types.CodeActionOptions(code_action_kinds=[_KIND])
    server.feature(types.TEXT_DOCUMENT_CODE_ACTION, options)(actions)


def _is_wanted(only: Iterable[types.CodeActionKind | str] | None) -> bool:
    """Return True if the client requests quick fixes or any kind of action."""
    if only is None:
        return True
    kinds = [str(getattr(kind, "value", kind)) for kind in only]
    return any(kind in ("", _KIND.value) for kind in kinds)


def _is_shown(finding: Finding) -> bool:
    return is_reported(finding) and finding.lookup != PENDING


def _needs_consent(finding: Finding) -> bool:
    return isinstance(finding.lookup, Skipped) and finding.lookup.reason is SkipReason.CONSENT


class _ActionBuilder:
    """Computes the actions of one request.

    ``open_texts`` has text and version of all open documents by their absolute path.
    """

    def __init__(
        self,
        params: types.CodeActionParams,
        checked: Checked,
        client: ClientFeatures,
        open_texts: Mapping[str, tuple[str, int | None]],
        lookups: BlockingLookups,
    ) -> None:
        self._params = params
        self._checked = checked
        self._file = checked.file
        self._client = client
        self._open_texts = open_texts
        self._lookups = lookups
        self._lines = range(params.range.start.line + 1, params.range.end.line + 2)

    def actions(self) -> list[_Action]:
        """Return the actions in the order of the dependencies, then those for ignores. Reads the disk."""
        actions: list[_Action] = []
        targets = self._targets()
        for target in targets:
            actions += self._actions_for(target)
        if self._client.code_action_literals:
            actions += self._fixes()
        if targets or self._is_at_outage():
            actions.append(self._command("Check again", CHECK_AGAIN, [self._params.text_document.uri]))
        settings_path = self._settings_path(targets)
        if settings_path is not None and self._client.show_document:
            actions.append(self._command("Open settings", OPEN_SETTINGS, [uri_of(settings_path)]))
        return actions

    def _targets(self) -> list[_Target]:
        """Return the dependencies with findings that the range touches, or else the only one that begins on a line."""
        positions = Positions(self._checked.text, self._client.encoding)
        start, end = positions.offset(self._params.range.start), positions.offset(self._params.range.end)
        items = self._checked.dependencies_at(start, end, self._lines)
        targets = (_Target(item, tuple(filter(_is_shown, self._checked.findings_of(item)))) for item in items)
        return [target for target in targets if target.findings][:_MAX_DEPENDENCIES]

    def _is_at_outage(self) -> bool:
        """Return True if the range is at the top, where the failure of an index is reported."""
        return self._params.range.start.line == 0 and any(
            finding.rule is Rule.UNVERIFIED and _is_shown(finding) for finding in self._checked.findings()
        )

    def _settings_path(self, targets: Iterable[_Target]) -> str | None:
        """Return the configuration file that may be the cause or the remedy of a failure here, None without a failure.

        A file of the user may not exist yet. VS Code opens its own settings instead.
        """
        findings = [finding for target in targets for finding in target.findings]
        if self._is_at_invalid_settings() or any(map(_needs_consent, findings)):
            return user_config_file()
        if not self._is_at_outage() and all(finding.rule is not Rule.UNVERIFIED for finding in findings):
            return None
        path = self._file.resolved_config.edited_path if self._file else ""
        return path if os.path.isfile(path) else user_config_file()

    def _is_at_invalid_settings(self) -> bool:
        """Return True if the range is at the top, where an invalid setting of the editor is reported."""
        is_unchecked = self._file is None and any(not problem.path for problem in self._checked.problems)
        return is_unchecked and self._params.range.start.line == 0

    def _actions_for(self, target: _Target) -> Iterator[_Action]:
        """Yield the actions in this order: replace, remove, open the page, ignore here, ignore in the configuration."""
        file = self._file if self._client.code_action_literals else None
        if file is not None and file.document.is_broken:
            file = None
        if file is not None and any(finding.rule not in _UNKNOWN_STATUS for finding in target.findings):
            yield from self._replacement(target, file.document)
            edits = remove_dependency(self._checked.text, file.document, target.item.dependency)
            if edits:
                yield self._action(f"Remove {target.name} from this file", target.rules, self._own_edit(edits))
        address = project_page(target.item.dependency.name, target.item.lookup)
        if address is not None and self._client.show_document:
            yield self._command(f"Open the project page of {target.name}", OPEN_PAGE, [address])
        if file is None:
            return
        ignorable = [finding for finding in target.findings if finding.rule in _IGNORABLE]
        for finding in ignorable:
            dependency, rules = target.item.dependency, (finding.rule,)
            edit = add_ignore_comment(self._checked.text, file.document, dependency, rules, REASON_PLACEHOLDER)
            if edit is not None:
                title = f"Ignore `{finding.rule}` for {target.name} in a comment"
                yield self._action(title, rules, self._own_edit((edit,)))
        for finding in ignorable:
            yield from self._ignore_in_configuration(target, finding, file)

    def _command(self, title: str, name: str, arguments: list[str]) -> _Action:
        command = types.Command(title, name, arguments=arguments)
        return types.CodeAction(title, _KIND, command=command) if self._client.code_action_literals else command

    def _replacement(self, target: _Target, document: Document) -> Iterator[types.CodeAction]:
        dependency = target.item.dependency
        successor = next((finding.successor for finding in target.findings if finding.successor), "")
        if not successor:
            return
        query = self._checked.query_of(target.item)
        # The indexes of the dependency apply to its successor.
        releases = query and self._lookups.cached_releases(
            Query(normalize_name(successor), query.indexes, query.settings)
        )
        keeps_specifier = releases is not None and bool(releases.allowed(dependency.specifier))
        edits = replace_dependency(self._checked.text, document, dependency, successor, keeps_specifier=keeps_specifier)
        if edits:
            title = f"Replace {target.name} with {one_line(successor, 60)}"
            yield self._action(title, target.rules, self._own_edit(edits), is_preferred=True)

    def _ignore_in_configuration(
        self, target: _Target, finding: Finding, file: ResolvedFile
    ) -> Iterator[types.CodeAction]:
        path = file.resolved_config.edited_path
        open_text, version = self._open_texts.get(path, (None, None))
        is_new = open_text is None and not os.path.lexists(path)
        if os.path.islink(path) or (is_new and not self._client.creates_files):
            return
        try:
            text = "" if is_new else DISK.read_utf8(path) if open_text is None else open_text
            versions = () if finding.version is None else (finding.version,)
            new = NewIgnore(target.item.dependency.name, (finding.rule,), REASON_PLACEHOLDER, versions)
            edits = add_config_ignores(text, table_path(path), [new])
        except (ConfigError, UnreadableFileError):
            return
        if edits:
            # A project may have several configurations.
            shown = relative_path(path, file.parsed.path)
            title = f"Ignore `{finding.rule}` for {target.name} in {'a new ' if is_new else ''}{shown}"
            edit = self._workspace_edit(uri_of(path), version, text, edits, is_new=is_new)
            yield self._action(title, (finding.rule,), edit)

    def _fixes(self) -> Iterator[types.CodeAction]:
        for fix in _ignore_fixes(self._checked, self._lines):
            # Without snippets, the placeholder that is there already cannot be selected.
            if self._client.snippet_edits or fix.edit.new_text != fix.edit.span.slice(self._checked.text):
                rules = () if fix.rule is None else (fix.rule,)
                yield self._action(fix.title, rules, self._own_edit((fix.edit,)), is_preferred=fix.is_preferred)

    def _own_edit(self, edits: Iterable[Edit]) -> types.WorkspaceEdit:
        checked = self._checked
        return self._workspace_edit(self._params.text_document.uri, checked.version, checked.text, edits)

    def _workspace_edit(
        self, uri: str, version: int | None, text: str, edits: Iterable[Edit], *, is_new: bool = False
    ) -> types.WorkspaceEdit:
        """Return ``edits`` of a document in the form that the client supports.

        ``version`` is None if it is not open, ``is_new`` is True if it does not exist. Where the client supports
        snippets, the placeholder of a reason is selected after the edit.
        """
        positions = Positions(text, self._client.encoding)
        plain = [types.TextEdit(positions.range(edit.span), edit.new_text) for edit in edits]
        if not self._client.document_changes:
            return types.WorkspaceEdit(changes={uri: plain})
        supported: Iterable[_AnyEdit] = map(_with_placeholder, plain) if self._client.snippet_edits else plain
        # The version lets the client reject the edit if the text has changed in the meantime.
        document = types.OptionalVersionedTextDocumentIdentifier(uri, version)
        creation = types.CreateFile(uri=uri, options=types.CreateFileOptions(ignore_if_exists=True))
        edit = types.TextDocumentEdit(document, [*supported])
        return types.WorkspaceEdit(document_changes=[creation, edit] if is_new else [edit])

    def _action(
        self, title: str, rules: Iterable[Rule], edit: types.WorkspaceEdit, *, is_preferred: bool = False
    ) -> types.CodeAction:
        """Return an action that fixes the diagnostics of ``rules``."""
        codes = [*map(str, rules)]
        fixed = [diagnostic for diagnostic in self._params.context.diagnostics if diagnostic.code in codes]
        return types.CodeAction(title, _KIND, diagnostics=fixed or None, is_preferred=is_preferred or None, edit=edit)


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


# --- fixes for ignores ------------------------------------------------------------------------------------------------


class _Fix(NamedTuple):
    """An edit of the checked document that fixes a finding of ``rule``, None for an error in the configuration."""

    title: str
    edit: Edit
    rule: Rule | None
    is_preferred: bool = False


def _ignore_fixes(checked: Checked, lines: range) -> Iterator[_Fix]:
    """Yield the fixes for the findings about ignores that begin on one of ``lines`` (1-based)."""
    yield from _configuration_corrections(checked, lines)
    if checked.file is None or checked.file.document.is_broken:
        return
    document = checked.file.document
    for finding in filter(is_reported, checked.findings()):
        if finding.path != checked.path or finding.location is None or finding.location.start.line not in lines:
            continue
        if finding.rule in _IGNORE_RULES:
            is_comment = finding.name is None
            yield from _comment_fixes(checked, document, finding) if is_comment else _entry_fixes(checked, finding)
        elif finding.rule is Rule.UNREADABLE:
            yield from _comment_corrections(checked, document, finding, finding.location)


def _comment_fixes(checked: Checked, document: Document, finding: Finding) -> Iterator[_Fix]:
    index = LineIndex(checked.text)
    for comment in document.ignores:
        if finding.location is None or index.position(comment.span.start) != finding.location.start:
            continue
        if finding.rule is Rule.IGNORE_WITHOUT_REASON and (edit := add_reason(checked.text, comment)) is not None:
            yield _Fix("State the reason of the ignore", edit, finding.rule)
        removal = remove_ignore_comment(checked.text, document, comment)
        if removal is not None:
            is_unused = finding.rule is Rule.UNUSED_IGNORE
            title = "Remove the unused ignore" if is_unused else "Remove the ignore"
            yield _Fix(title, removal, finding.rule, is_unused)


def _entry_fixes(checked: Checked, finding: Finding) -> Iterator[_Fix]:
    prefix, name = table_path(checked.path), finding.name or ""
    if finding.rule is Rule.IGNORE_WITHOUT_REASON:
        reason = add_config_reason(checked.text, prefix, name)
        if reason is not None:
            yield _Fix(f"State the reason of the ignore for {one_line(name, 60)}", reason, finding.rule)
    removal = remove_config_ignore(checked.text, prefix, name)
    if removal is not None:
        kind = {Rule.UNUSED_IGNORE: "unused ", Rule.EXPIRED_IGNORE: "expired "}.get(finding.rule, "")
        title = f"Remove the {kind}ignore for {one_line(name, 60)}"
        yield _Fix(title, removal, finding.rule, finding.rule is Rule.UNUSED_IGNORE)


def _comment_corrections(checked: Checked, document: Document, finding: Finding, place: Location) -> Iterator[_Fix]:
    text, index = checked.text, LineIndex(checked.text)
    start = _offset(index, place.start)
    name = correct_name(text, start, finding.message, finding.help)
    if name is not None and read_edited(apply(text, (name,)), document) is not None:
        yield _Fix(_correction_title(text, name), name, finding.rule)
    on_line = {item.location for item in checked.dependencies() if item.location.start.line == place.start.line}
    rules = {found.rule for found in checked.findings() if found.location in on_line and found.rule in IGNORABLE_RULES}
    for rule in sorted(rules):
        edit = add_rules(text, document, Span(start, _offset(index, place.end)), (rule,))
        if edit is not None:
            yield _Fix(f"Ignore only `{rule}`", edit, finding.rule)


def _configuration_corrections(checked: Checked, lines: range) -> Iterator[_Fix]:
    """Yield corrections of misspelled keys and values in an open configuration."""
    index = LineIndex(checked.text)
    for problem in checked.problems:
        position = problem.position
        is_here = problem.path == checked.path and position is not None and position.line in lines
        if not is_here or position is None or position.line > index.count:
            continue
        edit = correct_name(checked.text, _offset(index, position), problem.message, problem.help)
        if edit is not None:
            yield _Fix(_correction_title(checked.text, edit), edit, None)


def _correction_title(text: str, edit: Edit) -> str:
    return f"Change `{one_line(edit.span.slice(text), 60)}` to `{one_line(edit.new_text, 60)}`"


def _offset(index: LineIndex, position: Position) -> int:
    return index.start(position.line) + position.column - 1
