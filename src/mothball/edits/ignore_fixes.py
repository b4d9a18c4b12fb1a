"""Correct ignore comments: remove unused ones, complete those without a reason or a rule; correct misspelled names."""

from __future__ import annotations

import re
from collections.abc import Sequence

from mothball.check.messages import REASON_PLACEHOLDER
from mothball.check.policy import is_reason
from mothball.edits.model import Edit, apply, end_of_line, next_line, read_edited, start_of_line
from mothball.model.document import Document, IgnoreComment, Span

_SUGGESTION = re.compile(r"did you mean `([^`]+)`\?")
_WRONG = re.compile(r"`([^`]+)`")
_WITHOUT_RULE = re.compile(r"[#;][ \t]*mothball[ \t]*:[ \t]*ignore[ \t]*(\[[ \t,]*\])?", re.IGNORECASE)


def remove_ignore_comment(text: str, document: Document, comment: IgnoreComment) -> Edit | None:
    """Return the edit that removes ``comment`` from ``text``, which was parsed as ``document``.

    A line without anything else is removed. Other text of the same comment stays. Returns None if the edited text would
    not be the same document without the comment.
    """
    line = start_of_line(text, comment.span.start)
    before = text[line : comment.span.start]
    end = end_of_line(text, comment.span.start)
    edit = (
        Edit(Span(line + len(before.rstrip()), end), "")
        if before.strip()
        else Edit(Span(line, next_line(text, end)), "")
    )
    after = read_edited(apply(text, (edit,)), document)
    if after is None:
        return None
    expected = [_fields(ignore) for ignore in document.ignores if ignore != comment]
    return edit if [_fields(ignore) for ignore in after.ignores] == expected else None


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


def _fields(comment: IgnoreComment) -> tuple[tuple[str, ...], str]:
    return comment.rules, comment.reason
