"""What holds for the places in every document, whatever its format and however broken its text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mothball.model import normalise

if TYPE_CHECKING:
    from collections.abc import Callable

    from mothball.model import Document, Span


def check_places(text: str, document: Document, *, escapes: bool = False) -> None:
    """Assert that each span slices back to what it is said to cover.

    With ``escapes``, names and specifiers may be written in another way than they read: in strings with escapes, around
    substitutions.
    """
    for one in document.dependencies:
        written = one.name_span.of(text)
        assert escapes or normalise(written) == one.name, one
        assert one.entry_span.start <= one.name_span.start < one.name_span.end <= one.entry_span.end, one
        entry = one.entry_span.of(text)
        assert entry == entry.strip(), one
        if one.specifier_span is None:
            assert not one.specifier, one
        else:
            assert escapes or one.specifier_span.of(text) == one.specifier, one
            _check_bounds(one.specifier_span, text)
    assert list(document.problems) == sorted(document.problems)
    for problem in document.problems:
        _check_bounds(problem.span, text)
        assert problem.message
    for ignore in document.ignores:
        assert ignore.span.of(text).startswith("#")
        assert "\n" not in ignore.span.of(text)
        _check_bounds(ignore.about, text)
    for include in document.includes:
        assert escapes or include.span.of(text) == include.target
        _check_bounds(include.span, text)
    for option in document.index_options:
        _check_bounds(option.span, text)


def check_prefixes(text: str, parse: Callable[[str], Document], *, escapes: bool = False) -> None:
    """Assert that every beginning of ``text`` is read without an error, and with all places where they belong."""
    for end in range(len(text) + 1):
        check_places(text[:end], parse(text[:end]), escapes=escapes)


def _check_bounds(span: Span, text: str) -> None:
    assert 0 <= span.start <= span.end <= len(text), span
