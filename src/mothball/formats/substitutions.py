"""Expand ``{substitutions}`` of tox and Hatch: defaults in place of values that only the tool knows.

Specifications: tox 4, "String substitution reference"; Hatch, "Context formatting".
"""

from __future__ import annotations

import re

from mothball.formats.source_map import SourcePart
from mothball.model.document import DependencyKind, Include, SkipReason, Span, UnnamedEntry

# An escaped brace, or a variable in pip's syntax; a substitution with a default; any other brace.
_BRACE = re.compile(
    r"\\[{}]|\$\{[A-Z0-9_]++\}"
    r"|\{(?>(?:(?:env|matrix):[^:{}]*+:|posargs:|\[[^\[\]{}]*+\][\w-]++:)?)|\}"
)
_CONSTANTS = {"{toxinidir}": ".", "{tox_root}": ".", "{/}": "/", "{:}": ":"}
_MAX_CONSTANT_LENGTH = max(map(len, _CONSTANTS))
_BRACES = frozenset("{}")
# The directory of the file at the beginning of a path.
_ROOT = r"\{(?:tox_root|toxinidir)\}(?:[/\\]|\{/\})"


def substitute(text: str, span: Span) -> list[SourcePart]:
    """Return the parts of ``span`` in ``text`` with substitutions expanded, in linear time.

    An unknown substitution becomes digits of the same length: they are valid in a version, and in a name they are
    detected by the braces in the file.
    """
    parts: list[SourcePart] = []
    position = span.start
    # The offset of each open brace, or None for a substitution that is replaced by its default.
    open_braces: list[int | None] = []
    unknown = 0
    for brace in _BRACE.finditer(text, span.start, span.end):
        start, end = brace.span()
        is_opening = brace[0][0] == "{"
        if brace[0][0] in "\\$" or (not is_opening and not open_braces):
            continue
        if is_opening:
            if not unknown:
                parts.append(SourcePart(text[position:start], position, start))
                position = end
            has_default = brace[0] != "{"
            open_braces.append(None if has_default else start)
            unknown += not has_default
            continue
        opening = open_braces.pop()
        if opening is not None:
            unknown -= 1
        if not unknown:
            parts.append(_replacement(text, position, opening, start))
            position = end
    if unknown:
        first = next(start for start in open_braces if start is not None)
        parts.append(SourcePart("1" * (span.end - first), first, span.end))
    else:
        parts.append(SourcePart(text[position : span.end], position, span.end))
    return parts


def is_substitution(text: str, part: SourcePart) -> bool:
    """Return True if ``part`` replaces an unknown substitution in ``text``."""
    return part.text[:1] == "1" and text.startswith("{", part.start)


def _replacement(text: str, position: int, opening: int | None, closing: int) -> SourcePart:
    """Return the replacement for the text between matching braces, or for the whole substitution."""
    if opening is None:
        return SourcePart(text[position:closing], position, closing)
    if closing + 1 - opening <= _MAX_CONSTANT_LENGTH:
        constant = _CONSTANTS.get(text[opening : closing + 1])
        if constant is not None:
            return SourcePart(constant, opening, closing + 1)
    return SourcePart("1" * (closing + 1 - opening), opening, closing + 1)


def has_brace(text: str, span: Span) -> bool:
    """Return True if ``span`` of ``text`` contains a brace of a substitution."""
    return not _BRACES.isdisjoint(span.slice(text))


def resolve_include(text: str, include: Include) -> Include | UnnamedEntry | None:
    """Return ``include`` with its path relative to the file.

    The path of an include with other substitutions is not known, nor what it installs: return an entry without a name,
    whatever its path looks like, and None for constraints, which install nothing.
    """
    path = include.span.slice(text)
    root = re.match(_ROOT, path)
    if root is not None:
        path = path[root.end() :]
        include = Include(Span(include.span.start + root.end(), include.span.end), path, include.kind)
    if path and "{" not in path:
        return include
    is_known = not path or include.kind is DependencyKind.CONSTRAINT
    # A path with a variable is no path requirement here: the file names projects of an index.
    return None if is_known else UnnamedEntry(include.span, SkipReason.VARIABLE)
