"""Parse tox.ini: dependencies of tox environments and requirements of tox itself.

``deps`` contains requirements file lines, optionally with a condition (``py311: ``) and with substitutions. Lines that
consist of a substitution without a name, ``{[testenv]deps}`` or ``{env:NAME}``, yield no dependency; referenced options
are parsed at their own location. Specification: tox 4, "Configuration", "ini files".
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


# A substitution for the directory of the file at the beginning of a path.
ROOT = r"\{(?:tox_root|toxinidir)\}(?:[/\\]|\{/\})"

_BRACE = re.compile(r"\\[{}]|\{(?>(?:env:[^:{}]*+:)?)|\}")
_CONSTANTS = {"{toxinidir}": ".", "{tox_root}": ".", "{/}": "/", "{:}": ":"}
_MAX_CONSTANT_LENGTH = max(map(len, _CONSTANTS))


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
        if brace[0][0] == "\\" or (not is_opening and not open_braces):
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


_ENVIRONMENT = "testenv"
_PACKAGING = "pkgenv"
_KINDS = {"deps": DependencyKind.REQUIREMENT, "constraints": DependencyKind.CONSTRAINT}
_REQUIRES = "requires"
# A condition: factor names, optionally negated, joined, grouped or listed, then a colon and white space.
_CONDITION = r"(?>(?:[\w.!*?\[\],\s-]++|\{[^{}:]*+\})*):(?=\s|\Z)\s*+"
_BRACES = frozenset("{}")
_COMMENT = r"(?<!\\)#"
# The beginning of a reference to another option, which is parsed at its own location.
_REFERENCE_START = "{["
# ``{[SECTION]OPTION}``; either bracket may be missing in incomplete text.
_REFERENCE = r"\{(\[?)([^\[\]{}:]++)(\]?)([\w-]*+)"


class Environments(NamedTuple):
    """The dependencies of the environments in a file, and the comments after their entries."""

    document: Document
    comments: tuple[Span, ...]


class _Lines(NamedTuple):
    """The lines of an option as passed to pip; ``unclear`` are the spans of lines with unknown substitutions."""

    source_map: SourceMap
    unclear: list[Span]


class _TaggedOption(NamedTuple):
    """An option that contains requirement lines, with its section for dependencies."""

    option: ini.IniOption
    section: Section


def parse(text: str) -> Document:
    """Parse a tox.ini without byte-order mark, complete or not. Raises nothing."""
    scan = ini.scan(text)
    document, comments = read_environments(text, scan.sections)
    ignores, bad_comments = ini.read_comments(text, (*scan.comments, *comments))
    problems = sorted((*scan.problems, *document.problems, *bad_comments))
    return document._replace(problems=tuple(problems), ignores=tuple(ignores))


def read_environments(text: str, sections: Sequence[ini.IniSection], core: str = "tox") -> Environments:
    """Return the dependencies in the tox configuration in ``sections``.

    ``core`` is the name of the section with the requirements of tox itself.
    """
    comments: list[Span] = []
    results = [*_read_core(text, sections, core, comments)]
    includes: list[Include] = []
    index_options: list[IndexOption] = []
    unnamed: list[UnnamedEntry] = []
    for setting in _settings(text, sections):
        lines = _pip_lines(text, setting.option, comments)
        document = read_pip_lines(lines.source_map.text, lines.source_map.locate, setting.section)
        results += (
            _with_source_specifier(text, dependency)
            for dependency in document.dependencies
            if not _has_brace(text, dependency.name_span)
        )
        unnamed += document.unnamed
        unnamed += (
            UnnamedEntry(dependency.entry_span, SkipReason.VARIABLE)
            for dependency in document.dependencies
            if _has_brace(text, dependency.name_span)
            and not text.startswith(_REFERENCE_START, dependency.entry_span.start)
        )
        results += (problem for problem in document.problems if not _is_within(lines.unclear, problem.span.start))
        includes += filter(None, (_resolve_include(text, include) for include in document.includes))
        index_options += (_index_option(text, option) for option in document.index_options)
    document = Document(
        "tox-ini",
        tuple(sorted((result for result in results if isinstance(result, Dependency)), key=attrgetter("name_span"))),
        tuple(result for result in results if isinstance(result, ParseProblem)),
        includes=tuple(sorted(includes)),
        index_options=tuple(sorted(index_options)),
        unnamed=tuple(sorted(unnamed)),
    )
    return Environments(document, tuple(comments))


def _has_brace(text: str, span: Span) -> bool:
    """Return True if ``span`` contains a brace of a substitution."""
    return not _BRACES.isdisjoint(span.slice(text))


def _is_within(spans: Sequence[Span], position: int) -> bool:
    """Return True if ``position`` is in, or directly after, one of ``spans``, which are in file order."""
    before = bisect_right(spans, position, key=attrgetter("start"))
    return before > 0 and position <= spans[before - 1].end


def _with_source_specifier(text: str, dependency: Dependency) -> Dependency:
    """Restore substitutions in the specifier of ``dependency``."""
    if dependency.specifier_span is None or not _has_brace(text, dependency.specifier_span):
        return dependency
    return dependency._replace(specifier=dependency.specifier_span.slice(text))


def _read_core(
    text: str, sections: Sequence[ini.IniSection], core: str, comments: list[Span]
) -> Iterator[Dependency | ParseProblem]:
    for section in sections:
        for option in ini.merge_undelimited(section, {_REQUIRES}) if section.name == core else ():
            if option.name.lower() == _REQUIRES:
                yield from _read_requires(text, option, comments)


# --- options ----------------------------------------------------------------------------------------------------------


def _settings(text: str, sections: Sequence[ini.IniSection]) -> Iterator[_TaggedOption]:
    """Yield each option that contains requirements: options of environments and options that they reference."""
    options: dict[tuple[str, str], list[ini.IniOption]] = {}
    pending: list[_TaggedOption] = []
    for section in sections:
        is_environment = section.name in {_ENVIRONMENT, _PACKAGING} or section.name.startswith(f"{_ENVIRONMENT}:")
        for option in ini.merge_undelimited(section, _KINDS):
            name = option.name.lower()
            options.setdefault((section.name, name), []).append(option)
            if is_environment and name in _KINDS:
                pending.append(_TaggedOption(option, Section(f"{section.name}.{name}", _KINDS[name])))
    unbracketed = {"".join(key): key for key in options}
    seen: set[Span] = set()
    while pending:
        setting = pending.pop()
        if setting.option.span in seen:
            continue
        seen.add(setting.option.span)
        yield setting
        for line in setting.option.lines:
            for key in _references(line.slice(text), unbracketed):
                referenced_section = setting.section._replace(name=".".join(key))
                # Removed from `options`, so that each referenced option is processed once.
                pending += (_TaggedOption(option, referenced_section) for option in options.pop(key, ()))


def _references(line: str, unbracketed: Mapping[str, tuple[str, str]]) -> Iterator[tuple[str, str]]:
    """Yield section and name of each option that ``line`` references.

    ``unbracketed`` maps references without ``]`` to section and name.
    """
    for opening, section, closing, name in re.findall(_REFERENCE, line):
        if closing:
            yield section, name.lower()
        elif opening and section in unbracketed:
            yield unbracketed[section]


# --- lines ------------------------------------------------------------------------------------------------------------


def _pip_lines(text: str, option: ini.IniOption, comments: list[Span]) -> _Lines:
    """Return the lines of ``option`` as passed to pip; append the spans of comments to ``comments``."""
    parts: list[SourcePart] = []
    unclear: list[Span] = []
    for span in option.lines:
        line = _without_comment(text, span, comments)
        condition = re.match(_CONDITION, line.slice(text))
        start = line.start + (condition.end() if condition else 0)
        line_parts = substitute(text, Span(start, line.end))
        if any(is_substitution(text, part) for part in line_parts):
            unclear.append(line)
        parts += (*line_parts, SourcePart("\n", line.end, line.end))
    return _Lines(source_map(parts), unclear)


def _without_comment(text: str, line: Span, comments: list[Span]) -> Span:
    comment = re.search(_COMMENT, line.slice(text))
    if comment is None:
        return line
    start = line.start + comment.start()
    comments.append(Span(start, line.end))
    return Span(line.start, line.start + len(text[line.start : start].rstrip()))


def _resolve_include(text: str, include: Include) -> Include | None:
    """Return ``include`` with its path relative to the file, or None if it depends on an environment variable."""
    path = include.span.slice(text)
    root = re.match(ROOT, path)
    if root is not None:
        path = path[root.end() :]
        include = Include(Span(include.span.start + root.end(), include.span.end), path, include.kind)
    return include if path and "{" not in path else None


def _index_option(text: str, option: IndexOption) -> IndexOption:
    """Return ``option``; a value with a substitution is prefixed with ``$`` to mark it as a variable."""
    return option._replace(value=f"${option.span.slice(text)}") if _has_brace(text, option.span) else option


def _read_requires(text: str, option: ini.IniOption, comments: list[Span]) -> Iterator[Dependency | ParseProblem]:
    """Yield the requirements of tox itself: one per line, or comma-separated on one line."""
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
