"""Parse ignore comments: ``# mothball: ignore[rule, ...] reason``.

The syntax is the same in every format whose comments begin with ``#``. In INI files, ``;`` works as well.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from mothball.model.document import IgnoreComment, ParseProblem, Span
from mothball.model.errors import suggest
from mothball.model.results import IGNORABLE_RULES, Rule
from mothball.model.sanitize import one_line

# A directive may follow other comment text but needs its own "#": `# via flask  # mothball: ignore[...]`. Unless the
# name is in lower case, only "ignore" makes it a directive: `# Mothball: our linter` is prose.
_DIRECTIVE = r"{}[ \t]*+(?:mothball[ \t]*+:|(?i:mothball[ \t]*+:(?=[ \t]*+ignore)))[ \t]*+"
_NAME = "mothball"
_IGNORE = r"(?s)ignore[ \t]*+\[([^\]\r\n]*+)\](.*)"
_TO_END = r"[^\r\n]*+"
_WORD = r"[^\s\[]*+"

# Help for an ignore comment that does not parse as a comment.
COMMENT_FORM = "a comment needs a space before `#`: write ` # mothball: ignore[archived] reason` after the entry"
_ONE_FORM = "write all rules in one comment: `# mothball: ignore[archived, yanked] reason`"
_FORM = "write `# mothball: ignore[archived] reason`"


def may_hold_ignore_comment(text: str) -> bool:
    """Return False if no comment in ``text`` can be an ignore comment; a fast check, since most files have none."""
    return _NAME in text or _NAME in text.lower()


def comment_spans(text: str, strings: Iterable[Span], before: str = "") -> Iterator[Span]:
    """Yield the spans of all comments; a ``#`` in one of the sorted ``strings`` starts no comment.

    If ``before`` is given, it has the characters that a comment may follow.
    """
    remaining = iter(strings)
    string = next(remaining, None)
    position = 0
    while (position := text.find("#", position)) >= 0:
        while string is not None and string.end <= position:
            string = next(remaining, None)
        if string is not None and string.start <= position:
            position = string.end
        elif before and position and text[position - 1] not in before:
            position += 1
        else:
            end = re.compile(_TO_END).match(text, position).end()  # type: ignore[union-attr]  # matches anywhere
            yield Span(position, end)
            position = end


def read_comments(text: str, spans: Iterable[Span]) -> Iterator[IgnoreComment | ParseProblem]:
    """Yield the ignore comments among the comments at ``spans`` of ``text``, and the problems of invalid ones."""
    for span in spans if may_hold_ignore_comment(text) else ():
        comment = read_comment(text, span)
        if comment is not None:
            yield comment


def read_comment(text: str, span: Span, applies_from: int | None = None) -> IgnoreComment | ParseProblem | None:
    """Parse the comment that ``span`` covers in ``text``, from its ``#`` or ``;``.

    Return None for a comment without a mothball directive and a problem for an invalid directive. The span of the
    result begins at the directive's own mark. The reason may be empty. An ignore comment applies from ``applies_from``,
    by default from its own start.
    """
    comment = span.slice(text)
    pattern = _DIRECTIVE.format("[#;]" if comment.startswith(";") else "#")
    directive = re.search(pattern, comment) if may_hold_ignore_comment(comment) else None
    if directive is None:
        return None
    directive_span = Span(span.start + directive.start(), span.start + len(comment.rstrip()))
    body = comment[directive.end() :]
    ignore = re.match(_IGNORE, body)
    if ignore is None:
        return ParseProblem(directive_span, _directive_error(body), _FORM)
    if re.search(pattern, ignore[2]):
        return ParseProblem(directive_span, "two mothball comments on one line", _ONE_FORM)
    rules = tuple(dict.fromkeys(rule for rule in (part.strip() for part in ignore[1].split(",")) if rule))
    if not rules:
        return ParseProblem(directive_span, "`mothball: ignore[]` has no rule", _FORM)
    unknown = next((rule for rule in rules if rule not in IGNORABLE_RULES), None)
    if unknown is not None:
        shown = one_line(unknown, 40)
        message = f"rule `{shown}` cannot be ignored" if unknown in tuple(Rule) else f"unknown rule `{shown}`"
        return ParseProblem(directive_span, message, suggest(unknown.lower(), IGNORABLE_RULES))
    start = directive_span.start if applies_from is None else applies_from
    return IgnoreComment(directive_span, rules, ignore[2].strip(), applies_to=Span(start, directive_span.end))


def _directive_error(body: str) -> str:
    word = re.match(_WORD, body)
    directive = one_line(word[0], 40) if word else ""
    if not directive:
        return "`mothball:` has no directive"
    if directive != "ignore":
        return f"unknown directive `mothball: {directive}`"
    if body[len("ignore") :].lstrip().startswith("["):
        return "`mothball: ignore[` has no closing `]`"
    return "`mothball: ignore` has no rule"
