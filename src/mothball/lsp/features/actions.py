"""``textDocument/codeAction``: replace, remove or ignore a dependency, open its project page, fix ignores.

There is no ``source.fixAll``, because keeping or removing an archived project is a decision. Preferred are the
replacement that the configuration names, and the removal of an unused ignore.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING

from lsprotocol import types

from mothball.check.messages import REASON_PLACEHOLDER
from mothball.config.user_directories import user_config_file
from mothball.discovery.config_lookup import table_path
from mothball.edits.dependencies import remove_dependency, replace_dependency
from mothball.edits.ignore_comments import add_ignore_comment
from mothball.edits.model import Edit
from mothball.edits.settings import NewIgnore, add_config_ignores
from mothball.index.releases import Releases
from mothball.lsp.client import ClientFeatures
from mothball.lsp.convert import Positions, path_of, relative_path, uri_of
from mothball.lsp.documents import Checked, is_reported
from mothball.lsp.edit_text import DocumentEdit, workspace_edit
from mothball.lsp.features.commands import CHECK_AGAIN, OPEN_PAGE, OPEN_SETTINGS
from mothball.lsp.features.hover import findings_of
from mothball.lsp.hover_text import project_page
from mothball.lsp.ignore_actions import ignore_fixes
from mothball.lsp.lookups import PENDING
from mothball.model.document import SkipReason, normalize_name
from mothball.model.errors import ConfigError, UnreadableFileError
from mothball.model.records import NamedTuple
from mothball.model.results import IGNORABLE_RULES, CheckedDependency, Finding, Rule, Skipped
from mothball.model.sanitize import one_line
from mothball.repository.files import DISK

if TYPE_CHECKING:
    from mothball.lsp.server import Server

# Offer actions for at most this many dependencies of a selection.
_MAX_DEPENDENCIES = 20
_KIND = types.CodeActionKind.QuickFix
# The lookup failed: only another one helps.
_FAILED = (Rule.UNVERIFIED,)
# The status is not known, so nothing speaks against the dependency.
_UNKNOWN_STATUS = (*_FAILED, Rule.UNRESOLVABLE)
_Action = types.CodeAction | types.Command


class OpenText(NamedTuple):
    """The text of an open document, which may be newer than the file."""

    text: str
    version: int | None


class _Target(NamedTuple):
    """A dependency to offer actions for, and its findings that are reported, at least one."""

    item: CheckedDependency
    findings: tuple[Finding, ...]

    @property
    def name(self) -> str:
        return one_line(self.item.dependency.name, 60)

    @property
    def successor(self) -> str:
        return next((finding.successor for finding in self.findings if finding.successor), "")


class ActionContext(NamedTuple):
    """The state that the actions of one request depend on.

    ``path`` is the absolute path of the document, ``open_texts`` has the texts of all open documents by path, and
    ``releases_of`` returns the releases of a project that the cache has, given its name and a dependency whose indexes
    apply to it.
    """

    path: str
    checked: Checked
    client: ClientFeatures
    open_texts: dict[str, OpenText]
    releases_of: Callable[[str, CheckedDependency], Releases | None]


def register(server: Server) -> None:
    """Register code actions."""
    session = server.session

    async def actions(params: types.CodeActionParams) -> list[_Action]:
        if not _is_wanted(params.context.only):
            return []
        document = await session.wait_until_checked(params.text_document.uri)
        if document is None or document.checked is None:
            return []
        checked = document.checked
        open_texts = {
            path: OpenText(document.text, document.version)
            for document in session.documents.values()
            if (path := path_of(document.uri)) is not None
        }

        def releases_of(name: str, item: CheckedDependency) -> Releases | None:
            query = checked.query_of(item)
            return session.lookups.cached_releases(query._replace(name=normalize_name(name))) if query else None

        context = ActionContext(document.path, checked, session.client, open_texts, releases_of)
        builder = _ActionBuilder(params, context)
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


def _needs_consent(finding: Finding) -> bool:
    return isinstance(finding.lookup, Skipped) and finding.lookup.reason is SkipReason.CONSENT


class _ActionBuilder:
    """Computes the actions of one request."""

    def __init__(self, params: types.CodeActionParams, context: ActionContext) -> None:
        self._params = params
        self._context = context
        self._checked = context.checked
        self._client = context.client
        self._positions = Positions(context.checked.text, context.client.encoding)

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

    def _lines(self) -> range:
        return range(self._params.range.start.line + 1, self._params.range.end.line + 2)

    def _targets(self) -> list[_Target]:
        """Return the dependencies with findings that the range touches, or else the only one that begins on a line."""
        start, end = self._positions.offset(self._params.range.start), self._positions.offset(self._params.range.end)
        items = self._checked.dependencies()
        touched = [
            item
            for item in items
            if item.dependency.entry_span.start <= end and item.dependency.entry_span.end >= start
        ]
        if not touched:
            on_lines = [item for item in items if item.location.start.line in self._lines()]
            touched = on_lines if len(on_lines) == 1 else []
        targets = (_Target(item, self._reported(item)) for item in touched)
        return [target for target in targets if target.findings][:_MAX_DEPENDENCIES]

    def _is_at_outage(self) -> bool:
        """Return True if the range is at the top, where the failure of an index is reported."""
        return self._params.range.start.line == 0 and any(
            finding.rule is Rule.UNVERIFIED and is_reported(finding) and finding.lookup != PENDING
            for finding in self._checked.findings()
        )

    def _settings_path(self, targets: Iterable[_Target]) -> str | None:
        """Return the configuration file that may be the cause or the remedy of a failure here, None without a failure.

        A file of the user may not exist yet. VS Code opens its own settings instead.
        """
        findings = [finding for target in targets for finding in target.findings]
        if self._is_at_invalid_settings() or any(map(_needs_consent, findings)):
            return user_config_file()
        if not self._is_at_outage() and all(finding.rule not in _FAILED for finding in findings):
            return None
        path = self._checked.opened.file.resolved_config.edited_path if self._checked.opened else ""
        return path if os.path.isfile(path) else user_config_file()

    def _is_at_invalid_settings(self) -> bool:
        """Return True if the range is at the top, where an invalid setting of the editor is reported."""
        is_unchecked = self._checked.opened is None and any(not problem.path for problem in self._checked.problems)
        return is_unchecked and self._params.range.start.line == 0

    def _reported(self, item: CheckedDependency) -> tuple[Finding, ...]:
        findings = findings_of(self._checked, item)
        return tuple(finding for finding in findings if is_reported(finding) and finding.lookup != PENDING)

    def _actions_for(self, target: _Target) -> Iterator[_Action]:
        """Yield the actions in this order: replace, remove, open the page, ignore here, ignore in the configuration."""
        opened = self._checked.opened
        is_known = any(finding.rule not in _UNKNOWN_STATUS for finding in target.findings)
        has_edits = self._client.code_action_literals and opened is not None and not opened.file.document.is_broken
        if has_edits and is_known:
            yield from self._replace(target)
            yield from self._remove(target)
        address = project_page(target.item.dependency.name, target.item.lookup)
        if address is not None and self._client.show_document:
            yield self._command(f"Open the project page of {target.name}", OPEN_PAGE, [address])
        ignorable = [
            finding
            for finding in target.findings
            if has_edits and finding.rule in IGNORABLE_RULES and finding.rule not in _FAILED
        ]
        for finding in ignorable:
            yield from self._ignore_in_comment(target, finding)
        for finding in ignorable:
            yield from self._ignore_in_configuration(target, finding)

    def _command(self, title: str, name: str, arguments: list[str]) -> _Action:
        command = types.Command(title, name, arguments=arguments)
        return types.CodeAction(title, _KIND, command=command) if self._client.code_action_literals else command

    def _replace(self, target: _Target) -> Iterator[types.CodeAction]:
        if not target.successor or self._checked.opened is None:
            return
        releases = self._context.releases_of(target.successor, target.item)
        dependency = target.item.dependency
        edits = replace_dependency(
            self._checked.text,
            self._checked.opened.file.document,
            dependency,
            target.successor,
            keeps_specifier=releases is not None and releases.has_match(dependency.specifier),
        )
        if edits:
            title = f"Replace {target.name} with {one_line(target.successor, 60)}"
            yield self._edit(title, target.findings, self._document_edit(edits), is_preferred=True)

    def _remove(self, target: _Target) -> Iterator[types.CodeAction]:
        if self._checked.opened is None:
            return
        edits = remove_dependency(self._checked.text, self._checked.opened.file.document, target.item.dependency)
        if edits:
            yield self._edit(f"Remove {target.name} from this file", target.findings, self._document_edit(edits))

    def _ignore_in_comment(self, target: _Target, finding: Finding) -> Iterator[types.CodeAction]:
        if self._checked.opened is None:
            return
        document, dependency = self._checked.opened.file.document, target.item.dependency
        edit = add_ignore_comment(self._checked.text, document, dependency, (finding.rule,), REASON_PLACEHOLDER)
        if edit is not None:
            title = f"Ignore `{finding.rule}` for {target.name} in a comment"
            yield self._edit(title, (finding,), self._document_edit((edit,)))

    def _ignore_in_configuration(self, target: _Target, finding: Finding) -> Iterator[types.CodeAction]:
        if self._checked.opened is None:
            return
        path = self._checked.opened.file.resolved_config.edited_path
        open_text = self._context.open_texts.get(path)
        is_new = open_text is None and not os.path.lexists(path)
        if os.path.islink(path) or (is_new and not self._client.creates_files):
            return
        try:
            text = "" if is_new else open_text.text if open_text else DISK.read_utf8(path)
            versions = () if finding.version is None else (finding.version,)
            new = NewIgnore(target.item.dependency.name, (finding.rule,), REASON_PLACEHOLDER, versions)
            edits = add_config_ignores(text, table_path(path), [new])
        except (ConfigError, UnreadableFileError):
            return
        if edits:
            # A project may have several configurations.
            shown = relative_path(path, self._context.path)
            title = f"Ignore `{finding.rule}` for {target.name} in {'a new ' if is_new else ''}{shown}"
            change = DocumentEdit(uri_of(path), open_text.version if open_text else None, text, edits, is_new)
            yield self._edit(title, (finding,), workspace_edit(change, self._client))

    def _fixes(self) -> Iterator[types.CodeAction]:
        for fix in ignore_fixes(self._checked, self._lines()):
            # Without snippets, the placeholder that is there already cannot be selected.
            if self._client.snippet_edits or fix.edit.new_text != fix.edit.span.slice(self._checked.text):
                codes = [] if fix.rule is None else [str(fix.rule)]
                yield self._action(fix.title, codes, self._document_edit((fix.edit,)), is_preferred=fix.is_preferred)

    def _document_edit(self, edits: Iterable[Edit]) -> types.WorkspaceEdit:
        uri = self._params.text_document.uri
        change = DocumentEdit(uri, self._checked.version, self._checked.text, tuple(edits))
        return workspace_edit(change, self._client)

    def _edit(
        self, title: str, findings: Iterable[Finding], edit: types.WorkspaceEdit, *, is_preferred: bool = False
    ) -> types.CodeAction:
        return self._action(title, [str(finding.rule) for finding in findings], edit, is_preferred=is_preferred)

    def _action(
        self, title: str, codes: list[str], edit: types.WorkspaceEdit, *, is_preferred: bool
    ) -> types.CodeAction:
        fixed = [diagnostic for diagnostic in self._params.context.diagnostics if diagnostic.code in codes]
        return types.CodeAction(title, _KIND, diagnostics=fixed or None, is_preferred=is_preferred or None, edit=edit)
