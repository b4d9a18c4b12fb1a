"""Delay the lookup of a name that is being typed. No I/O.

The protocol does not report the cursor, so the end of the last change is used instead.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from fnmatch import fnmatchcase

from mothball.index.resolution import Query
from mothball.lsp.documents import Checked, OpenDocument
from mothball.model.document import DependencyKind, Span

_EMPTY_TABLE = r"\{\s*\}\Z"


def settled_queries(document: OpenDocument, *, has_paused: bool = False) -> tuple[Query, ...]:
    """Return the queries of a document without those of names that are being typed.

    If the typing ``has_paused``, only names that may become private and names in an empty table are left out.
    """
    queries, checked = document.queries(), document.checked
    if checked is None or checked.opened is None or document.last_edit is None:
        return queries
    typed = _names_at(checked, document.last_edit)
    if has_paused and typed:
        private = checked.opened.file.resolved_config.network.private
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
