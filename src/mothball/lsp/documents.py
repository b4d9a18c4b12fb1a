"""The texts that are being edited: their state, names that are being typed, and what they mean for other documents.

Used only in the event loop's thread.

Policy in the text of a configuration (severities, ignores, successors) applies before it is saved, because it sends
nothing anywhere. Private name patterns, a changed project name and changed index settings only restrict lookups. All
other settings apply once they are saved.
"""

from __future__ import annotations

import asyncio
import os
import re
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from fnmatch import fnmatchcase

from lsprotocol import types  # noqa: TC002 - as TC001

from mothball.config.keys import read_config
from mothball.config.values import MAX_PATTERNS, read_name_patterns
from mothball.discovery.config_lookup import table_path, with_unverified
from mothball.discovery.resolve import private_patterns
from mothball.formats.toml.scanner import scan_cached
from mothball.formats.toml.values import first_error_in
from mothball.index.resolution import Query
from mothball.lsp.open_text import Checked, DocumentContext, Parsed, TypedPolicy, Unsaved, typed_setting, typed_table
from mothball.model.document import DependencyKind, Span
from mothball.model.errors import ConfigError
from mothball.model.file_names import MOTHBALL_TOML, PYPROJECT_TOML
from mothball.model.records import NamedTuple
from mothball.model.results import CheckedDependency, Severity
from mothball.repository.paths import is_inside

_EMPTY_TABLE = r"\{\s*\}\Z"


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
        # Set, and replaced by a new event, when a check has finished and when the document is closed.
        self.check_ended = asyncio.Event()

    def end_check(self) -> None:
        """Resume everything that waits for a check."""
        self.check_ended.set()
        self.check_ended = asyncio.Event()

    def queries(self) -> tuple[Query, ...]:
        """Return the queries of the text that was checked last."""
        return self.checked.queries if self.checked is not None else ()

    def is_checked(self) -> bool:
        """Return True if the current text is checked."""
        return self.checked_revision == self.revision and not self.check_is_scheduled


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
        private = (*checked.file.resolved_config.network.private, *checked.file.facts.private)
        typed = frozenset(name for name in typed if may_become_private(name, private))
    typed |= _names_in_empty_table(checked.text, items, document.last_edit.end)
    return tuple(query for query in queries if query.name not in typed) if typed else queries


def changed_span(before: str, after: str) -> Span:
    """Return the span of ``after`` that differs from ``before``, from the first difference to the last."""
    # A binary search for the longest common start, and the longest common end of the rest: comparing slices is much
    # faster than comparing characters in a loop.
    lengths = range(1, min(len(before), len(after)) + 1)
    start = bisect_left(lengths, 1, key=lambda length: not before.startswith(after[:length]))
    rest = lengths[: len(lengths) - start]
    kept = bisect_left(rest, 1, key=lambda length: not before.endswith(after[len(after) - length :]))
    return Span(start, len(after) - kept)


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
            any(related.typed.changes_indexes for related in self._others_in_repository(document)),
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
            for related in self._others_in_repository(document):
                self._schedule_check(related)

    def _others_in_repository(self, document: OpenDocument) -> Iterator[OpenDocument]:
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
