"""The open documents, the results of their checks, and the names that are being typed.

Used only in the event loop's thread, apart from ``Checked``, which is immutable.
"""

from __future__ import annotations

import asyncio
import os
import re
from collections.abc import Callable
from fnmatch import fnmatchcase
from itertools import chain

from lsprotocol import types  # noqa: TC002 - as TC001

from mothball.check.inputs import ResolvedFile, pin_of
from mothball.formats.names import format_of
from mothball.index.resolution import Query
from mothball.lsp.lookups import PENDING
from mothball.lsp.open_text import CONFIGURATION_FORMAT, DocumentContext, LastValid, Parsed, TypedPolicy
from mothball.model.document import DependencyKind, Span
from mothball.model.file_names import MOTHBALL_TOML
from mothball.model.records import NamedTuple
from mothball.model.results import CheckedDependency, Finding, Problem, Report, Severity

_EMPTY_TABLE = r"\{\s*\}\Z"


class Checked(NamedTuple):
    """A text of a document and the result of its check.

    ``shown`` is its path as displayed in reports. ``file`` is None if the document must not be checked; ``manifests``
    were checked with it. ``unused`` are unused ignores in it that a check of the workspace found, and ``unreadable``
    is the finding about a saved file that cannot be read.
    """

    text: str
    shown: str
    version: int | None
    file: ResolvedFile | None = None
    manifests: tuple[ResolvedFile, ...] = ()
    report: Report | None = None
    queries: tuple[Query, ...] = ()
    problems: tuple[Problem, ...] = ()
    unreadable: tuple[Finding, ...] = ()
    unused: tuple[Finding, ...] = ()

    @property
    def path(self) -> str:
        """The path of the document in the report."""
        return self.file.path if self.file else ""

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
    typed = _names_at(checked, document.last_edit)
    if has_paused and typed:
        private = checked.file.resolved_config.network.private
        typed = frozenset(name for name in typed if may_become_private(name, private))
    typed |= _names_in_empty_table(checked, document.last_edit.end)
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


def _names_at(checked: Checked, edit: Span) -> frozenset[str]:
    """Return the names at the end of ``edit`` that occur nowhere else in the document.

    With several cursors, everything between the first and the last change counts as changed, so a name in between is
    not an occurrence elsewhere.
    """
    at_edit: set[str] = set()
    elsewhere: set[str] = set()
    for item in checked.dependencies():
        span = item.dependency.name_span
        if span.start <= edit.end <= span.end or span.start < edit.start < span.end:
            at_edit.add(item.dependency.name)
        elif span.end < edit.start or span.start > edit.end:
            elsewhere.add(item.dependency.name)
    return frozenset(at_edit - elsewhere)


def _names_in_empty_table(checked: Checked, offset: int) -> frozenset[str]:
    """Return the names whose table is empty and contains ``offset``.

    An empty table means any version, but it may also be one in which a path is about to be typed: editors insert the
    closing brace with the opening one. A table of a lock is not one to type a path in.
    """
    return frozenset(
        item.dependency.name
        for item in checked.dependencies()
        if not item.dependency.specifier
        and item.dependency.kind is not DependencyKind.LOCKED
        and _is_in_empty_table(checked.text, item.dependency.entry_span, offset)
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
