"""``# mothball: ignore[rule, ...] reason``: the comment that takes a finding out of the count.

The same in every format whose comments begin with ``#``; in INI files a comment may begin with ``;`` as well.
"""

from __future__ import annotations

import re

from mothball.model.document import IgnoreComment, ParseProblem, Span
from mothball.model.errors import suggest
from mothball.model.findings import IGNORABLE_RULES, Rule
from mothball.model.sanitize import one_line

# A directive may stand behind other words, but always behind a "#" of its own: `# via flask  # mothball: ignore[...]`.
# Behind our name in other letters only what begins like an ignore is one: `# Mothball: a word about it` is prose.
_DIRECTIVE = r"{}[ \t]*+(?:mothball[ \t]*+:|(?i:mothball[ \t]*+:(?=[ \t]*+ignore)))[ \t]*+"
_US = "mothball"
_IGNORE = r"(?s)ignore[ \t]*+\[([^\]\r\n]*+)\](.*)"
_WORD = r"[^\s\[]*+"

# The way out where what should be a comment is none.
COMMENT_FORM = "a comment begins with a space and `#`: write ` # mothball: ignore[archived] reason` behind the entry"
_FORM = "write `# mothball: ignore[archived] reason`"


def may_hold_ignore_comment(text: str) -> bool:
    """Return whether a comment in ``text`` may be one that ``read_comment`` reads: most files hold none."""
    return _US in text or _US in text.lower()


def read_comment(text: str, span: Span, mark: str = "#") -> IgnoreComment | ParseProblem | None:
    """Read the comment that ``span`` covers in ``text``, from its ``mark`` to its end.

    Returns None where mothball is not spoken to, and a problem that says what to write where it is spoken to in words
    it does not know. The ``span`` of what is returned begins at the directive's own mark. The reason may be empty.
    """
    comment = span.slice(text)
    directive = re.search(_DIRECTIVE.format(f"[#{mark}]"), comment) if may_hold_ignore_comment(comment) else None
    if directive is None:
        return None
    place = Span(span.start + directive.start(), span.start + len(comment.rstrip()))
    body = comment[directive.end() :]
    ignore = re.match(_IGNORE, body)
    if ignore is None:
        return ParseProblem(place, _what_is_wrong(body), _FORM)
    rules = tuple(dict.fromkeys(rule for rule in (part.strip() for part in ignore[1].split(",")) if rule))
    if not rules:
        return ParseProblem(place, "`mothball: ignore[]` names no rule", _FORM)
    unknown = next((rule for rule in rules if rule not in IGNORABLE_RULES), None)
    if unknown is not None:
        return _unknown_rule(place, unknown)
    return IgnoreComment(place, rules, ignore[2].strip(), applies_to=place)


def _what_is_wrong(body: str) -> str:
    word = re.match(_WORD, body)
    directive = one_line(word[0], 40) if word else ""
    if not directive:
        return "`mothball:` is followed by no directive"
    if directive != "ignore":
        return f"`mothball: {directive}` is no directive"
    if body[len("ignore") :].lstrip().startswith("["):
        return "`mothball: ignore[` is not closed with `]`"
    return "`mothball: ignore` names no rule"


def _unknown_rule(place: Span, rule: str) -> ParseProblem:
    what = "cannot be ignored" if rule in tuple(Rule) else "is no rule"
    return ParseProblem(place, f"`{one_line(rule, 40)}` {what}", suggest(rule.lower(), IGNORABLE_RULES))
