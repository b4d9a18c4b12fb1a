"""The name that somebody is in the middle of typing: it is asked for late, or not before the typing goes on elsewhere.

The protocol does not tell where the cursor is; where the last change ended does. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from fnmatch import fnmatchcase

from mothball.index.resolution import Query
from mothball.lsp.documents import Checked, OpenDocument
from mothball.model.document import Span

_EMPTY_TABLE = r"\{\s*\}\Z"


def settled_queries(document: OpenDocument, *, has_paused: bool = False) -> tuple[Query, ...]:
    """Return the queries of a document but for names that are being typed.

    When the typing ``has_paused``, only those are left out that are about to become private ones, or whose table holds
    nothing yet.
    """
    queries, checked = document.queries(), document.checked
    if checked is None or checked.opened is None or document.last_edit is None:
        return queries
    typed = _names_at(checked, document.last_edit)
    if has_paused and typed:
        private = checked.opened.file.resolved_config.network.private
        typed = frozenset(name for name in typed if may_become_private(name, private))
    typed |= _begun_at(checked, document.last_edit.end)
    return tuple(query for query in queries if query.name not in typed) if typed else queries


def changed_span(before: str, after: str) -> Span:
    """Return what of ``after`` differs from ``before``: all from the first place to the last, if there are several."""
    shorter = min(len(before), len(after))
    start = _longest(shorter, lambda length: before.startswith(after[:length]))
    kept = _longest(shorter - start, lambda length: before.endswith(after[len(after) - length :]))
    return Span(start, len(after) - kept)


def _longest(most: int, is_alike: Callable[[int], bool]) -> int:
    """Return the largest length up to ``most`` that ``is_alike``, as are all below it.

    By halving: to compare slices costs next to nothing.
    """
    low, high = 0, most
    while low < high:
        middle = (low + high + 1) // 2
        if is_alike(middle):
            low = middle
        else:
            high = middle - 1
    return low


def _names_at(checked: Checked, edit: Span) -> frozenset[str]:
    """Return the names that may be growing where ``edit`` was, but for those that stand elsewhere, too.

    That is the name within or at the ends of which it ended. Somebody who types in several places at once has changed
    all in between: it may have begun within another name, and what stands in between is no other place.
    """
    here: set[str] = set()
    elsewhere: set[str] = set()
    for item in checked.dependencies():
        span = item.dependency.name_span
        if span.start <= edit.end <= span.end or span.start < edit.start < span.end:
            here.add(item.dependency.name)
        elif span.end < edit.start or span.start > edit.end:
            elsewhere.add(item.dependency.name)
    return frozenset(here - elsewhere)


def _begun_at(checked: Checked, offset: int) -> frozenset[str]:
    """Return the names whose table is empty, and ``offset`` in it.

    Any version will do, that says; and so it looks before somebody has typed the path that they have in mind, as
    editors close a brace when it is opened.
    """
    return frozenset(
        item.dependency.name
        for item in checked.dependencies()
        if not item.dependency.specifier and _is_in_empty_table(checked.text, item.dependency.entry_span, offset)
    )


def _is_in_empty_table(text: str, entry: Span, offset: int) -> bool:
    if not entry.start <= offset:
        return False
    if text.startswith("[", entry.start):
        # The table of a header goes on until the next one.
        return text.find("\n[", entry.end, offset) < 0
    return offset <= entry.end and re.search(_EMPTY_TABLE, entry.slice(text)) is not None


def may_become_private(name: str, patterns: tuple[str, ...]) -> bool:
    """Return whether ``name`` matches none of ``patterns``, and may as it goes on; ``*`` stands for any part.

    >>> may_become_private("acme-int", ("acme-internal",)), may_become_private("requests", ("acme-*",))
    (True, False)
    """
    if any(fnmatchcase(name, pattern) for pattern in patterns):
        return False  # it is private already, and goes where such names go
    for pattern in patterns:
        literal, star, _ = pattern.partition("*")
        if literal.startswith(name) or (star and name.startswith(literal)):
            return True
    return False
