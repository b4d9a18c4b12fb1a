"""Add, correct and remove ignore comments: ``# mothball: ignore[archived] reason``."""

from __future__ import annotations

import re
from collections.abc import Sequence
from operator import attrgetter

from mothball.check.inputs import is_lock, line_range
from mothball.check.messages import REASON_PLACEHOLDER
from mothball.check.policy import is_reason
from mothball.edits.model import Edit, apply, end_of_line, next_line, read_edited, start_of_line
from mothball.model.document import Dependency, Document, IgnoreComment, LineIndex, Span
from mothball.model.results import Rule
from mothball.model.sanitize import one_line

_SUGGESTION = re.compile(r"did you mean `([^`]+)`\?")
_WRONG = re.compile(r"`([^`]+)`")
_WITHOUT_RULE = re.compile(r"[#;][ \t]*mothball[ \t]*:[ \t]*ignore[ \t]*(\[[ \t,]*\])?", re.IGNORECASE)


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
    return edit if expected in map(_fields, comments) else None


def _comments_on(document: Document, dependency: Dependency, lines: LineIndex) -> list[IgnoreComment]:
    """Return the ignore comments that apply to ``dependency``, in the order of the file."""
    entry_lines = {*line_range(dependency.entry_span, lines)}
    comments = [
        comment for comment in document.ignores if not entry_lines.isdisjoint(line_range(comment.applies_to, lines))
    ]
    return sorted(comments, key=attrgetter("span"))


def _fields(comment: IgnoreComment) -> tuple[tuple[str, ...], str]:
    return comment.rules, comment.reason


def remove_ignore_comment(text: str, document: Document, comment: IgnoreComment) -> Edit | None:
    """Return the edit that removes ``comment`` from ``text``, which was parsed as ``document``.

    A line without anything else is removed. Other text of the same comment stays. Returns None if the edited text would
    not be the same document without the comment.
    """
    line = start_of_line(text, comment.span.start)
    before = text[line : comment.span.start]
    end = end_of_line(text, comment.span.start)
    span = Span(line + len(before.rstrip()), end) if before.strip() else Span(line, next_line(text, end))
    after = read_edited(apply(text, (Edit(span, ""),)), document)
    expected = [_fields(ignore) for ignore in document.ignores if ignore != comment]
    return Edit(span, "") if after is not None and list(map(_fields, after.ignores)) == expected else None


def add_reason(text: str, comment: IgnoreComment) -> Edit | None:
    """Return the edit that writes the placeholder in place of the missing reason of ``comment``.

    Returns None for a comment with a reason.
    """
    if is_reason(comment.reason):
        return None
    source = comment.span.slice(text)
    bracket = source.index("]") + 1
    return Edit(Span(comment.span.start + bracket, comment.span.end), f" {REASON_PLACEHOLDER}")


def add_rules(text: str, document: Document, span: Span, rules: Sequence[str]) -> Edit | None:
    """Return the edit that adds ``rules`` to the ignore comment at ``span`` that names none.

    Returns None if another ignore comment is there, or if the edited text would not be the same document.
    """
    match = _WITHOUT_RULE.search(text, span.start, span.end)
    if match is None or not rules or text[match.end() : match.end() + 1] == "[":
        return None
    start = match.start(1) if match[1] else match.start() + len(match[0].rstrip())
    edit = Edit(Span(start, match.end(1) if match[1] else start), f"[{', '.join(rules)}]")
    after = read_edited(apply(text, (edit,)), document)
    return edit if after is not None and len(after.ignores) == len(document.ignores) + 1 else None


def correct_name(text: str, start: int, message: str, help_text: str) -> Edit | None:
    """Return the edit that replaces the name that ``message`` quotes with the suggestion in ``help_text``.

    The name must be on the line at ``start`` of ``text``, after that position.
    """
    wrong, right = _WRONG.search(message), _SUGGESTION.search(help_text)
    if wrong is None or right is None:
        return None
    name = re.compile(rf"(?<![\w.-]){re.escape(wrong[1])}(?![\w.-])")
    match = name.search(text, start, end_of_line(text, start))
    return Edit(Span(*match.span()), right[1]) if match else None
