"""``{...}`` in a value of tox: what each stands for, as far as the file itself tells.

The directory of the file and the default of an environment variable are known; of anything else only that something
stands there. Rules: tox 4, "Configuration", "Substitutions".
"""

from __future__ import annotations

import re

from mothball.formats.source_map import Part
from mothball.model.document import Span

# The directory of the file, in front of a path.
ROOT = r"\{(?:tox_root|toxinidir)\}(?:[/\\]|\{/\})"

_BRACE = re.compile(r"\\[{}]|\{(?>(?:env:[^:{}]*+:)?)|\}")
_KNOWN = {"{toxinidir}": ".", "{tox_root}": ".", "{/}": "/", "{:}": ":"}
_LONGEST_KNOWN = max(map(len, _KNOWN))


def substituted(text: str, span: Span) -> list[Part]:
    """Return what ``span`` of ``text`` says with its substitutions made.

    What is not known becomes a number as long as the substitution: in a version it is one, as part of a name it is
    found out by its braces in the file. Linear in the span, whatever its nesting.
    """
    parts: list[Part] = []
    position = span.start
    # For each brace that is open: where it stands, or None where only its default is kept, without the braces.
    open_at: list[int | None] = []
    unknown = 0
    for brace in _BRACE.finditer(text, span.start, span.end):
        start, end = brace.span()
        is_opening = brace[0][0] == "{"
        if brace[0][0] == "\\" or (not is_opening and not open_at):
            continue
        if is_opening:
            if not unknown:
                parts.append(Part(text[position:start], position, start))
                position = end
            has_default = brace[0] != "{"
            open_at.append(None if has_default else start)
            unknown += not has_default
            continue
        opening = open_at.pop()
        if opening is not None:
            unknown -= 1
        if not unknown:
            parts.append(_closed(text, position, opening, start))
            position = end
    if unknown:
        first = next(start for start in open_at if start is not None)
        parts.append(Part("1" * (span.end - first), first, span.end))
    else:
        parts.append(Part(text[position : span.end], position, span.end))
    return parts


def is_stand_in(text: str, part: Part) -> bool:
    """Return whether ``part`` stands in for a substitution of ``text`` that is not known."""
    return part.text[:1] == "1" and text.startswith("{", part.start)


def _closed(text: str, position: int, opening: int | None, closing: int) -> Part:
    """Return what stands between a brace and its partner, or in place of both."""
    if opening is None:
        return Part(text[position:closing], position, closing)
    if closing + 1 - opening <= _LONGEST_KNOWN:
        known = _KNOWN.get(text[opening : closing + 1])
        if known is not None:
            return Part(known, opening, closing + 1)
    return Part("1" * (closing + 1 - opening), opening, closing + 1)
