"""tox.ini: what tox installs into its environments, and what it requires of itself.

``deps`` holds lines as pip reads them, each perhaps behind a condition (``py311: ``) and with substitutions in it;
those that tell nothing of a name, ``{[testenv]deps}`` or ``{env:NAME}``, name nothing here either. What a reference
leads to is read where it stands. Rules: tox 4, "Configuration", "ini files".
"""

from __future__ import annotations

import re
from bisect import bisect_right
from operator import attrgetter
from typing import TYPE_CHECKING

from mothball.formats.ini import scanner as ini
from mothball.formats.pep508 import ParsedRequirement, parse_requirement
from mothball.formats.requirements.strings import Section, read_pip_lines, read_requirement
from mothball.formats.source_map import SourceMap, SourcePart, map_span, source_map
from mothball.model.document import (
    Dependency,
    DependencyKind,
    Document,
    Include,
    IndexOption,
    ParseProblem,
    SkipReason,
    Span,
    UnnamedEntry,
)
from mothball.model.records import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence


# The directory of the file, in front of a path.
ROOT = r"\{(?:tox_root|toxinidir)\}(?:[/\\]|\{/\})"

_BRACE = re.compile(r"\\[{}]|\{(?>(?:env:[^:{}]*+:)?)|\}")
_KNOWN = {"{toxinidir}": ".", "{tox_root}": ".", "{/}": "/", "{:}": ":"}
_LONGEST_KNOWN = max(map(len, _KNOWN))


def substituted(text: str, span: Span) -> list[SourcePart]:
    """Return what ``span`` of ``text`` says with its substitutions made.

    What is not known becomes a number as long as the substitution: in a version it is one, as part of a name it is
    found out by its braces in the file. Linear in the span, whatever its nesting.
    """
    parts: list[SourcePart] = []
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
                parts.append(SourcePart(text[position:start], position, start))
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
        parts.append(SourcePart("1" * (span.end - first), first, span.end))
    else:
        parts.append(SourcePart(text[position : span.end], position, span.end))
    return parts


def is_substitution(text: str, part: SourcePart) -> bool:
    """Return whether ``part`` stands in for a substitution of ``text`` that is not known."""
    return part.text[:1] == "1" and text.startswith("{", part.start)


def _closed(text: str, position: int, opening: int | None, closing: int) -> SourcePart:
    """Return what stands between a brace and its partner, or in place of both."""
    if opening is None:
        return SourcePart(text[position:closing], position, closing)
    if closing + 1 - opening <= _LONGEST_KNOWN:
        known = _KNOWN.get(text[opening : closing + 1])
        if known is not None:
            return SourcePart(known, opening, closing + 1)
    return SourcePart("1" * (closing + 1 - opening), opening, closing + 1)


_ENVIRONMENT = "testenv"
_PACKAGING = "pkgenv"
_KINDS = {"deps": DependencyKind.REQUIREMENT, "constraints": DependencyKind.CONSTRAINT}
_REQUIRES = "requires"
# A condition: names of factors, perhaps negated, joined, grouped or listed, and a colon with white space behind it.
_CONDITION = r"(?>(?:[\w.!*?\[\],\s-]++|\{[^{}:]*+\})*):(?=\s|\Z)\s*+"
_BRACES = frozenset("{}")
_COMMENT = r"(?<!\\)#"
# What leads to other settings, which are read where they stand.
_REFERRING = "{["
# ``{[SECTION]OPTION}``, with or without each of its brackets: somebody may be typing one of them.
_REFERENCE = r"\{(\[?)([^\[\]{}:]++)(\]?)([\w-]*+)"


class Environments(NamedTuple):
    """What the environments of a file hold, and the comments behind their entries."""

    document: Document
    comments: tuple[Span, ...]


class _Lines(NamedTuple):
    """The lines of an option as pip would get them, and those in which something stands in for what is not known."""

    source_map: SourceMap
    unclear: list[Span]


class _TaggedOption(NamedTuple):
    """An option that tox reads lines of requirements from."""

    option: ini.IniOption
    section: Section


def parse(text: str) -> Document:
    """Read a tox.ini, whole or half typed, without byte-order mark; raises nothing."""
    scan = ini.scan(text)
    document, comments = read_environments(text, scan.sections)
    ignores, bad_comments = ini.read_comments(text, (*scan.comments, *comments))
    problems = sorted((*scan.problems, *document.problems, *bad_comments))
    return document._replace(problems=tuple(problems), ignores=tuple(ignores))


def read_environments(text: str, sections: Sequence[ini.IniSection], core: str = "tox") -> Environments:
    """Return what tox reads from ``sections`` of ``text``; ``core`` is the section of its own settings."""
    comments: list[Span] = []
    found = [*_read_core(text, sections, core, comments)]
    includes: list[Include] = []
    index_options: list[IndexOption] = []
    unnamed: list[UnnamedEntry] = []
    for setting in _settings(text, sections):
        lines = _pip_lines(text, setting.option, comments)
        document = read_pip_lines(lines.source_map.text, lines.source_map.locate, setting.section)
        found += (_as_written(text, one) for one in document.dependencies if not _has_brace(text, one.name_span))
        unnamed += document.unnamed
        unnamed += (
            UnnamedEntry(one.entry_span, SkipReason.VARIABLE)
            for one in document.dependencies
            if _has_brace(text, one.name_span) and not text.startswith(_REFERRING, one.entry_span.start)
        )
        found += (one for one in document.problems if not _is_within(lines.unclear, one.span.start))
        includes += filter(None, (_resolved(text, include) for include in document.includes))
        index_options += (_index_option(text, option) for option in document.index_options)
    document = Document(
        "tox-ini",
        tuple(sorted((one for one in found if isinstance(one, Dependency)), key=attrgetter("name_span"))),
        tuple(one for one in found if isinstance(one, ParseProblem)),
        includes=tuple(sorted(includes)),
        index_options=tuple(sorted(index_options)),
        unnamed=tuple(sorted(unnamed)),
    )
    return Environments(document, tuple(comments))


def _has_brace(text: str, span: Span) -> bool:
    """Return whether a substitution, or the end of one, is part of ``span``."""
    return not _BRACES.isdisjoint(span.slice(text))


def _is_within(spans: Sequence[Span], position: int) -> bool:
    """Return whether ``position`` is in, or directly behind, one of ``spans``, which are in the order of the file."""
    before = bisect_right(spans, position, key=attrgetter("start"))
    return before > 0 and position <= spans[before - 1].end


def _as_written(text: str, found: Dependency) -> Dependency:
    """Return ``found`` with the specifier as the file has it, not with what stood in for a substitution."""
    if found.specifier_span is None or not _has_brace(text, found.specifier_span):
        return found
    return found._replace(specifier=found.specifier_span.slice(text))


def _read_core(
    text: str, sections: Sequence[ini.IniSection], core: str, comments: list[Span]
) -> Iterator[Dependency | ParseProblem]:
    """Yield what tox requires of itself."""
    for section in sections:
        for option in ini.merge_undelimited(section, {_REQUIRES}) if section.name == core else ():
            if option.name.lower() == _REQUIRES:
                yield from _read_requires(text, option, comments)


# --- which options ----------------------------------------------------------------------------------------------------


def _settings(text: str, sections: Sequence[ini.IniSection]) -> Iterator[_TaggedOption]:
    """Yield the options that hold requirements: those of environments, and those that they refer to, each once."""
    options: dict[tuple[str, str], list[ini.IniOption]] = {}
    waiting: list[_TaggedOption] = []
    for section in sections:
        is_environment = section.name in {_ENVIRONMENT, _PACKAGING} or section.name.startswith(f"{_ENVIRONMENT}:")
        for option in ini.merge_undelimited(section, _KINDS):
            name = option.name.lower()
            options.setdefault((section.name, name), []).append(option)
            if is_environment and name in _KINDS:
                waiting.append(_TaggedOption(option, Section(f"{section.name}.{name}", _KINDS[name])))
    half_typed = {"".join(key): key for key in options}
    seen: set[Span] = set()
    while waiting:
        setting = waiting.pop()
        if setting.option.span in seen:
            continue
        seen.add(setting.option.span)
        yield setting
        for line in setting.option.lines:
            for key in _references(line.slice(text), half_typed):
                referred = setting.section._replace(name=".".join(key))
                # Taken out, so that it is gone through once, however often it is referred to.
                waiting += (_TaggedOption(option, referred) for option in options.pop(key, ()))


def _references(line: str, half_typed: Mapping[str, tuple[str, str]]) -> Iterator[tuple[str, str]]:
    """Yield section and name of the options that ``line`` refers to; ``half_typed`` is what they make without ``]``."""
    for opening, section, closing, name in re.findall(_REFERENCE, line):
        if closing:
            yield section, name.lower()
        elif opening and section in half_typed:
            yield half_typed[section]


# --- their lines ------------------------------------------------------------------------------------------------------


def _pip_lines(text: str, option: ini.IniOption, comments: list[Span]) -> _Lines:
    """Return the lines of ``option`` as pip would get them; their comments go to ``comments``."""
    parts: list[SourcePart] = []
    unclear: list[Span] = []
    for span in option.lines:
        line = _without_comment(text, span, comments)
        condition = re.match(_CONDITION, line.slice(text))
        start = line.start + (condition.end() if condition else 0)
        of_line = substituted(text, Span(start, line.end))
        if any(is_substitution(text, part) for part in of_line):
            unclear.append(line)
        parts += (*of_line, SourcePart("\n", line.end, line.end))
    return _Lines(source_map(parts), unclear)


def _without_comment(text: str, line: Span, comments: list[Span]) -> Span:
    comment = re.search(_COMMENT, line.slice(text))
    if comment is None:
        return line
    start = line.start + comment.start()
    comments.append(Span(start, line.end))
    return Span(line.start, line.start + len(text[line.start : start].rstrip()))


def _resolved(text: str, include: Include) -> Include | None:
    """Return ``include`` with its path from the directory of the file; None where it depends on the environment.

    An address that only stands in for an environment variable is left out too: nobody could follow it.
    """
    written = include.span.slice(text)
    root = re.match(ROOT, written)
    if root is not None:
        written = written[root.end() :]
        include = Include(Span(include.span.start + root.end(), include.span.end), written, include.kind)
    is_default = text[include.span.start - 1 : include.span.start] == ":"
    if not written or "{" in written or (is_default and "://" in written):
        return None
    return include


def _index_option(text: str, option: IndexOption) -> IndexOption:
    """Return ``option`` with the value marked as variable where it depends on the environment."""
    return option._replace(value=f"${option.span.slice(text)}") if _has_brace(text, option.span) else option


def _read_requires(text: str, option: ini.IniOption, comments: list[Span]) -> Iterator[Dependency | ParseProblem]:
    """Yield what tox requires of itself: one requirement a line, or several on one line with commas between."""
    own = Section(f"tox.{_REQUIRES}")
    for span in option.lines:
        entry = map_span(text, _without_comment(text, span, comments))
        if not option.is_one_line or isinstance(parse_requirement(entry.text), ParsedRequirement):
            yield from read_requirement(entry.text, entry.locate, own) if entry.text else ()
            continue
        start = 0
        for piece in entry.text.split(","):
            if piece.strip():
                cut = entry.submap(start, start + len(piece))
                yield from read_requirement(cut.text, cut.locate, own)
            start += len(piece) + 1
