"""The open documents: the results of their checks, names that are being typed, and what unsaved texts mean for others.

Used only in the event loop's thread, apart from ``Checked``, which is immutable.

Policy in the text of a configuration (severities, ignores, successors) applies before it is saved, because it sends
nothing anywhere. Private name patterns, a changed project name and changed index settings only restrict lookups. All
other settings apply once they are saved.
"""

from __future__ import annotations

import asyncio
import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from fnmatch import fnmatchcase
from itertools import chain

from lsprotocol import types  # noqa: TC002 - as TC001

from mothball.check.inputs import ResolvedFile, pin_of
from mothball.config.keys import read_config
from mothball.config.values import MAX_PATTERNS, read_name_patterns
from mothball.discovery.config_lookup import table_path, with_unverified
from mothball.discovery.resolve import private_patterns
from mothball.formats.names import format_of
from mothball.formats.toml.scanner import scan_cached
from mothball.formats.toml.values import first_error_in
from mothball.index.resolution import Query
from mothball.lsp.lookups import PENDING
from mothball.lsp.open_text import (
    CONFIGURATION_FORMAT,
    DocumentContext,
    LastValid,
    Parsed,
    TypedPolicy,
    Unsaved,
    typed_setting,
    typed_table,
)
from mothball.model.document import DependencyKind, Span
from mothball.model.errors import ConfigError
from mothball.model.file_names import MOTHBALL_TOML, PYPROJECT_TOML
from mothball.model.records import NamedTuple
from mothball.model.results import CheckedDependency, Finding, Problem, Report, Severity
from mothball.repository.paths import is_inside

_EMPTY_TABLE = r"\{\s*\}\Z"


class Checked(NamedTuple):
    """A text of a document and the result of its check.

    ``path`` is its path as displayed in reports. ``file`` is None if the document must not be checked; ``manifests``
    were checked with it. ``unused`` are unused ignores in it that a check of the workspace found, and ``unreadable``
    is the finding about a saved file that cannot be read.
    """

    text: str
    path: str
    version: int | None = None
    file: ResolvedFile | None = None
    manifests: tuple[ResolvedFile, ...] = ()
    report: Report | None = None
    queries: tuple[Query, ...] = ()
    problems: tuple[Problem, ...] = ()
    unreadable: tuple[Finding, ...] = ()
    unused: tuple[Finding, ...] = ()

    def is_pending(self) -> bool:
        """Return True if any dependency has not been looked up yet."""
        return any(item.lookup == PENDING for item in self.dependencies())

    def dependencies(self) -> list[CheckedDependency]:
        """Return the dependencies of this document, without those of its manifests."""
        items, path = self.report.dependencies if self.report else (), self.path
        return [item for item in items if item.path == path]

    def dependencies_at(self, start: int, end: int, lines: range) -> list[CheckedDependency]:
        """Return those that touch the text from ``start`` to ``end``, else the only one on ``lines`` (1-based)."""
        items = self.dependencies()
        touched = [
            item
            for item in items
            if item.dependency.entry_span.start <= end and item.dependency.entry_span.end >= start
        ]
        on_lines = [] if touched else [item for item in items if item.location.start.line in lines]
        return on_lines if len(on_lines) == 1 else touched

    def query_of(self, item: CheckedDependency) -> Query | None:
        """Return the query for a dependency of this document, None if it is not looked up."""
        queries = [query for query in self.queries if query.name == item.dependency.name]
        pinned = (query for query in queries if query.pin == pin_of(item.dependency))
        return next(chain(pinned, queries), None)

    def findings(self) -> list[Finding]:
        """Return the findings of this document in its order, suppressed ones included."""
        findings, path = (*self.report.findings, *self.unused) if self.report else (), self.path
        return [
            finding
            for finding in findings
            if finding.path in (path, "") or any(place.path == path for place in finding.related_locations)
        ]

    def findings_of(self, item: CheckedDependency) -> list[Finding]:
        """Return the findings of a dependency, suppressed ones included: about the project, and about the version."""
        return [
            finding
            for finding in self.findings()
            if finding.lookup is not None and item.location in (finding.location, *finding.related_locations)
        ]


class TypedText(NamedTuple):
    """What the text of an open document means for other documents.

    ``private`` are the private name patterns and ``policy`` the last valid policy of a configuration. ``project_name``
    is a changed project name; ``changes_indexes`` is True if the text names other indexes than the saved file.
    """

    private: tuple[str, ...] = ()
    policy: TypedPolicy | None = None
    project_name: str = ""
    changes_indexes: bool = False


class OpenDocument:
    """A document between didOpen and didClose."""

    def __init__(self, uri: str, path: str, file_format: str, text: str, version: int | None) -> None:
        self.uri = uri
        self.path = path
        self.format = file_format
        self.text = text
        self.version = version
        # Number of changes since the document was opened. Editors move what they show with every change, so diagnostics
        # belong to one revision, even if its text equals that of an earlier one.
        self.revision = 0
        self.typed = TypedText()
        self.context: DocumentContext | None = None
        self.parsed: Parsed | None = None
        # The unchanged part of the last valid parse, for formats that are parsed as a whole or not at all.
        self.valid: LastValid | None = None
        self.checked: Checked | None = None
        self.checked_revision = -1
        self.diagnostics: list[types.Diagnostic] | None = None
        self.result_id = ""
        # The revision whose diagnostics were sent or can be pulled; None to send them in any case.
        self.reported_revision: int | None = None
        # Whether a client that pulls has received the diagnostics before the last change.
        self.pulled = False
        # Number of pulls that wait for a check: their responses will have its diagnostics.
        self.waiting_pulls = 0
        # The first read failed; the next change tries again.
        self.read_failed = False
        # Number of reads started; the results of all but the last are dropped.
        self.reads_started = 0
        self.check_is_scheduled = False
        self.lookup_is_due = False
        # The last change, until the file is saved: a name may still be being typed there.
        self.last_edit: Span | None = None
        # Long texts are checked in a thread, one check at a time; `is_outdated` requests another one.
        self.is_in_thread = False
        self.is_outdated = False
        self.lookup_timer: asyncio.TimerHandle | None = None
        self.waiters: list[asyncio.Future[None]] = []

    def change(self, text: str, version: int | None) -> None:
        """Replace the text."""
        self.text, self.version = text, version
        self.revision += 1

    def queries(self) -> tuple[Query, ...]:
        """Return the queries of the text that was checked last."""
        return self.checked.queries if self.checked is not None else ()

    def is_checked(self) -> bool:
        """Return True if the current text is checked."""
        return self.checked_revision == self.revision and not self.check_is_scheduled


def format_for(path: str, *, scripts: bool) -> str | None:
    """Return the format of the file at ``path`` by its name, None if it is not a dependency file.

    Language identifiers are ignored: editors use four different ones for requirements files.
    """
    if os.path.basename(path) == MOTHBALL_TOML:
        return CONFIGURATION_FORMAT
    found = format_of(path)
    if found is None and scripts and path.endswith(".py"):
        return "script"
    return found


def is_reported(finding: Finding) -> bool:
    """Return True if ``finding`` is shown: not ignored, and its severity is not "off"."""
    return finding.suppressed is None and finding.severity is not Severity.OFF


# --- names that are being typed ---------------------------------------------------------------------------------------
#
# The protocol does not report the cursor, so the end of the last change is used instead.


def settled_queries(document: OpenDocument, *, has_paused: bool = False) -> tuple[Query, ...]:
    """Return the queries of a document without those of names that are being typed.

    If the typing ``has_paused``, only names that may become private and names in an empty table are left out.
    """
    queries, checked = document.queries(), document.checked
    if checked is None or checked.file is None or document.last_edit is None:
        return queries
    items = checked.dependencies()
    typed = _names_at(items, document.last_edit)
    if has_paused and typed:
        private = checked.file.resolved_config.network.private
        typed = frozenset(name for name in typed if may_become_private(name, private))
    typed |= _names_in_empty_table(checked.text, items, document.last_edit.end)
    return tuple(query for query in queries if query.name not in typed) if typed else queries


def changed_span(before: str, after: str) -> Span:
    """Return the span of ``after`` that differs from ``before``, from the first difference to the last."""
    shorter = min(len(before), len(after))
    start = _largest(shorter, lambda length: before.startswith(after[:length]))
    kept = _largest(shorter - start, lambda length: before.endswith(after[len(after) - length :]))
    return Span(start, len(after) - kept)


def _largest(most: int, holds: Callable[[int], bool]) -> int:
    """Return the largest length up to ``most`` for which ``holds`` holds, by binary search.

    It must hold for all smaller lengths. Comparing slices is much faster than comparing characters in a loop.
    """
    low, high = 0, most
    while low < high:
        middle = (low + high + 1) // 2
        if holds(middle):
            low = middle
        else:
            high = middle - 1
    return low


def _names_at(items: Iterable[CheckedDependency], edit: Span) -> frozenset[str]:
    """Return the names at the end of ``edit`` that occur nowhere else in the document.

    With several cursors, everything between the first and the last change counts as changed, so a name in between is
    not an occurrence elsewhere.
    """
    at_edit: set[str] = set()
    elsewhere: set[str] = set()
    for item in items:
        span = item.dependency.name_span
        if span.start <= edit.end <= span.end or span.start < edit.start < span.end:
            at_edit.add(item.dependency.name)
        elif span.end < edit.start or span.start > edit.end:
            elsewhere.add(item.dependency.name)
    return frozenset(at_edit - elsewhere)


def _names_in_empty_table(text: str, items: Iterable[CheckedDependency], offset: int) -> frozenset[str]:
    """Return the names whose table is empty and contains ``offset``.

    An empty table means any version, but it may also be one in which a path is about to be typed: editors insert the
    closing brace with the opening one. A table of a lock is not one to type a path in.
    """
    return frozenset(
        item.dependency.name
        for item in items
        if not item.dependency.specifier
        and item.dependency.kind is not DependencyKind.LOCKED
        and _is_in_empty_table(text, item.dependency.entry_span, offset)
    )


def _is_in_empty_table(text: str, entry: Span, offset: int) -> bool:
    if not entry.start <= offset:
        return False
    if text.startswith("[", entry.start):
        # The table of a header continues until the next header.
        return text.find("\n[", entry.end, offset) < 0
    return offset <= entry.end and re.search(_EMPTY_TABLE, entry.slice(text)) is not None


def may_become_private(name: str, patterns: tuple[str, ...]) -> bool:
    """Return True if ``name`` matches none of ``patterns`` but may when continued; ``*`` matches anything.

    >>> may_become_private("acme-int", ("acme-internal",)), may_become_private("requests", ("acme-*",))
    (True, False)
    """
    if any(fnmatchcase(name, pattern) for pattern in patterns):
        return False  # private already, and routed accordingly
    for pattern in patterns:
        literal, star, _ = pattern.partition("*")
        if literal.startswith(name) or (star and name.startswith(literal)):
            return True
    return False


# --- unsaved texts ----------------------------------------------------------------------------------------------------


class UnsavedTexts:
    """Tracks the texts of the open documents, and schedules checks of the documents that they affect."""

    def __init__(
        self,
        documents: Mapping[str, OpenDocument],
        schedule_check: Callable[[OpenDocument], None],
        unverified: Severity | None,
    ) -> None:
        """``documents`` is the live mapping of open documents; ``unverified`` is the severity of failed lookups."""
        self._documents = documents
        self._schedule_check = schedule_check
        self._unverified = unverified

    def text_changed(self, document: OpenDocument) -> None:
        """Update private name patterns and policy, which apply immediately.

        While a text is invalid, its last valid policy applies.
        """
        text, path, typed = document.text, document.path, document.typed
        policy = _policy_in(text, path, typed.policy, self._unverified)
        self._update(document, TypedText(_private_in(text, path), policy, typed.project_name, typed.changes_indexes))

    def analyzed(self, document: OpenDocument) -> None:
        """Update the changed index settings and project name after a check."""
        changes_indexes = document.parsed is not None and document.parsed.changes_indexes
        typed = document.typed
        self._update(document, TypedText(typed.private, typed.policy, _project_name(document), changes_indexes))

    def closed(self, document: OpenDocument) -> None:
        """Remove what a closed document means for others."""
        self._update(document, TypedText())

    def private(self) -> list[tuple[str, tuple[str, ...]]]:
        """Return directories and the name patterns that are private below them."""
        private = []
        for document in self._documents.values():
            if document.typed.private:
                private.append((os.path.dirname(document.path), document.typed.private))
            # The name of a project is not looked up anywhere, as it may be private.
            if document.typed.project_name and document.context is not None:
                private.append((document.context.root, (document.typed.project_name,)))
        return private

    def state_for(self, document: OpenDocument) -> Unsaved:
        """Return what applies to ``document``; policies are those of configurations above or beside it."""
        policies = (other.typed.policy for other in self._documents.values())
        return Unsaved(
            private_patterns(document.path, self.private()),
            any(related.typed.changes_indexes for related in self._same_repository(document)),
            tuple(policy for policy in policies if policy and is_inside(document.path, os.path.dirname(policy.path))),
        )

    def _update(self, document: OpenDocument, typed: TypedText) -> None:
        """Schedule checks of the documents that the changes of a text affect."""
        before, document.typed = document.typed, typed
        if (typed.private, typed.policy) != (before.private, before.policy):
            for below in self._documents.values():
                if below.context is not None and is_inside(below.path, os.path.dirname(document.path)):
                    self._schedule_check(below)
        if (typed.project_name, typed.changes_indexes) != (before.project_name, before.changes_indexes):
            for related in self._same_repository(document):
                self._schedule_check(related)

    def _same_repository(self, document: OpenDocument) -> Iterator[OpenDocument]:
        """Yield the other documents of the same repository."""
        context = document.context
        for related in self._documents.values():
            if related is not document and context and related.context and related.context.root == context.root:
                yield related


def _project_name(document: OpenDocument) -> str:
    """Return the project name in the text, empty if it equals that of the saved file."""
    file = document.checked.file if document.checked else None
    saved = document.context.saved if document.context else None
    name = file.document.project_name if file else ""
    # The text may hold anything; as a pattern, "*" would match unrelated names.
    return "" if "*" in name or (saved is not None and saved.file.document.project_name == name) else name


def _private_in(text: str, path: str) -> tuple[str, ...]:
    """Return the private name patterns in a configuration with incomplete text; invalid ones are left out."""
    given = typed_setting(text, path, "private")
    if given is None:
        return ()
    patterns: list[str] = []
    for pattern in (given if isinstance(given, list) else [given])[:MAX_PATTERNS]:
        with suppress(ConfigError):
            patterns += read_name_patterns([pattern], ("private",))
    return tuple(patterns)


def _policy_in(text: str, path: str, before: TypedPolicy | None, unverified: Severity | None) -> TypedPolicy | None:
    """Return the policy in ``text``, the one ``before`` if it is invalid, None if it is not a configuration."""
    if os.path.basename(path) not in (MOTHBALL_TOML, PYPROJECT_TOML):
        return None
    prefix = table_path(path)
    if (not prefix or "mothball" in text) and first_error_in(scan_cached(text), prefix) is not None:
        return before
    table = typed_table(text, path)
    if before is not None and before.table == table:
        return before
    try:
        config = with_unverified(read_config(table), unverified)
    except ConfigError:
        return before
    return TypedPolicy(path, table, config)
