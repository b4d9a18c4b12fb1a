"""Invariants of the positions in every document, whatever its format and its errors."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mothball.model.document import normalize_name

if TYPE_CHECKING:
    from mothball.model.document import Document, Span


def check_places(text: str, document: Document, *, substitutions: bool = False) -> None:
    """Assert that each span covers the text that it is said to cover.

    With escapes or continuations, the text is longer than its value. With ``substitutions``, names and specifiers
    may differ from the text, where a tool fills in values.
    """
    for one in document.dependencies:
        assert one.entry_span.start <= one.name_span.start < one.name_span.end <= one.entry_span.end, one
        _check_bounds(one.entry_span, text)
        entry = one.entry_span.slice(text)
        assert entry == entry.strip(), one
        exact = not substitutions and "\\" not in entry
        assert one.name == normalize_name(one.name)
        assert normalize_name(one.name_span.slice(text)) == one.name or not exact, one
        if one.specifier_span is None:
            assert not one.specifier, one
        else:
            assert one.specifier_span.slice(text) == one.specifier or not exact, one
            _check_bounds(one.specifier_span, text)
    assert len({one.name_span for one in document.dependencies}) == len(document.dependencies)
    assert list(document.problems) == sorted(document.problems)
    for problem in document.problems:
        _check_bounds(problem.span, text)
        assert problem.message
    for ignore in document.ignores:
        assert ignore.span.slice(text).startswith("#")
        assert not re.search(r"[\r\n]", ignore.span.slice(text))
        _check_bounds(ignore.applies_to, text)
    for include in document.includes:
        written = include.span.slice(text)
        assert written == include.target or substitutions or "\\" in written or re.search(r"[\"']", written), include
        _check_bounds(include.span, text)
    assert list(document.unnamed) == sorted(document.unnamed)
    for unnamed in document.unnamed:
        assert unnamed.span.slice(text).strip(), unnamed
        _check_bounds(unnamed.span, text)
    for option in document.index_options:
        _check_bounds(option.span, text)


def _check_bounds(span: Span, text: str) -> None:
    assert 0 <= span.start <= span.end <= len(text), span
