"""``# mothball: ignore[rule, ...] reason``: the comment that takes a finding out of the count.

The same in every format whose comments begin with ``#``.
"""

from __future__ import annotations

import re

from mothball.hygiene import one_line
from mothball.model import IgnoreComment, ParseProblem, Rule, Span

# A directive may stand behind other words, but always behind a "#" of its own: `# via flask  # mothball: ignore[...]`.
_DIRECTIVE = r"#[ \t]*+mothball[ \t]*+:[ \t]*+"
_IGNORE = r"(?s)ignore[ \t]*+\[([^\]\r\n]*+)\](.*)"
_WORD = r"[^\s\[]*+"

_RULES = frozenset(str(rule) for rule in Rule)
_FORM = "write `# mothball: ignore[archived] reason`"


def read_comment(text: str, span: Span) -> IgnoreComment | ParseProblem | None:
    """Read the comment that ``span`` covers in ``text``, from its ``#`` to its end.

    Returns None where mothball is not spoken to, and a problem that says what to write where it is spoken to in words
    it does not know. The ``span`` of what is returned begins at the directive's own ``#``. The reason may be empty.
    """
    comment = span.of(text)
    directive = re.search(_DIRECTIVE, comment) if "mothball" in comment else None
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
    unknown = next((rule for rule in rules if rule not in _RULES), None)
    if unknown is not None:
        return _unknown_rule(place, unknown)
    return IgnoreComment(place, rules, ignore[2].strip(), about=place)


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
    from difflib import get_close_matches  # noqa: PLC0415 - only a comment that is wrong pays for it

    known = sorted(_RULES)
    close = get_close_matches(rule[:40].lower(), known, n=1)
    suggestion = f"did you mean `{close[0]}`? " if close else ""
    return ParseProblem(place, f"`{one_line(rule, 40)}` is no rule", f"{suggestion}The rules are {', '.join(known)}")
