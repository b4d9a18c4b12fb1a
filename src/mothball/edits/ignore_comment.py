"""Add the ignore comment ``# mothball: ignore[archived] reason`` to the end of the line of an entry."""

from __future__ import annotations

from collections.abc import Sequence
from operator import attrgetter

from mothball.check.inputs import is_lock, line_range
from mothball.edits.model import Edit, apply, read_edited
from mothball.model.document import Dependency, Document, IgnoreComment, LineIndex, Span
from mothball.model.results import Rule
from mothball.model.sanitize import one_line


def add_ignore_comment(
    text: str, document: Document, dependency: Dependency, rules: Sequence[Rule], reason: str
) -> Edit | None:
    """Return the edit that adds an ignore comment for ``rules`` to the line of ``dependency``.

    ``document`` is the parsed ``text``, and ``dependency`` one of its entries. Missing rules are added to an existing
    ignore comment, which keeps its reason. Return None if no rule is missing, if other packages are on the line (the
    comment would apply to them too), and if the format reads no comment there: in locks, JSON, strings, and on lines
    that a backslash continues.
    """
    lines = LineIndex(text)
    number = lines.number(dependency.name_span.start)
    names = {entry.name for entry in document.dependencies if number in line_range(entry.entry_span, lines)}
    if is_lock(document) or names != {dependency.name}:
        return None
    existing = _comments_on(document, dependency, lines)
    missing = tuple(rule for rule in dict.fromkeys(rules) if not any(rule in comment.rules for comment in existing))
    if not missing:
        return None
    if existing:
        comment = existing[-1]
        expected = ((*comment.rules, *missing), comment.reason)
        start, end = text.index("[", comment.span.start) + 1, text.index("]", comment.span.start)
        edit = Edit(Span(start, end), ", ".join(expected[0]))
    else:
        expected = (missing, one_line(reason).rstrip("\\ "))
        line = lines.line(number)
        start = lines.start(number)
        comment_text = f"  # mothball: ignore[{', '.join(missing)}] {expected[1]}".rstrip()
        edit = Edit(Span(start + len(line.rstrip()), start + len(line)), comment_text)
    edited = apply(text, (edit,))
    after = read_edited(edited, document)
    if after is None:
        return None
    edited_dependency = after.dependencies[document.dependencies.index(dependency)]
    comments = _comments_on(after, edited_dependency, LineIndex(edited))
    return edit if expected in [(comment.rules, comment.reason) for comment in comments] else None


def _comments_on(document: Document, dependency: Dependency, lines: LineIndex) -> list[IgnoreComment]:
    """Return the ignore comments that apply to ``dependency``, in the order of the file."""
    entry_lines = {*line_range(dependency.entry_span, lines)}
    comments = [
        comment for comment in document.ignores if not entry_lines.isdisjoint(line_range(comment.applies_to, lines))
    ]
    return sorted(comments, key=attrgetter("span"))
