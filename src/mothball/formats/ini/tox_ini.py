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

from mothball.formats.broken import MAX_LENGTH, too_long_document
from mothball.formats.ini import scanner as ini
from mothball.formats.pep508 import ParsedRequirement, parse_requirement
from mothball.formats.requirements.strings import Section, read_pip_lines, read_requirement
from mothball.formats.source_map import SourceMap, SourcePart, source_map
from mothball.formats.substitutions import has_brace, is_substitution, resolve_include, substitute
from mothball.model.document import (
    Dependency,
    DependencyKind,
    Document,
    Include,
    IndexOption,
    ParseProblem,
    Span,
    UnnamedEntry,
    variable_skip_reason,
)
from mothball.model.records import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence


_ENVIRONMENT = "testenv"
_PACKAGING = "pkgenv"
_KINDS = {"deps": DependencyKind.REQUIREMENT, "constraints": DependencyKind.CONSTRAINT}
# tox passes each line of constraints to pip as a file (tox 4, "constraints").
_PREFIXES = {DependencyKind.REQUIREMENT: "", DependencyKind.CONSTRAINT: "-c "}
_REQUIRES = "requires"
_BASE = "base"
# A condition: factor names, optionally negated, joined, grouped or listed, then a colon and white space.
_CONDITION = r"(?>(?:[\w.!*?\[\],\s-]++|\{[^{}:]*+\})*):(?=\s|\Z)\s*+"
_COMMENT = r"(?<!\\)#"
# The options whose value is a file name.
_FILE_OPTION = r"(-r|--requirement|-c|--constraint)(?:[ \t]*+=)?[ \t]*+"
# A line that is a reference to another option, ``{[SECTION]OPTION}`` or ``{[SECTION]OPTION:DEFAULT}``, which is parsed
# at its own location. Either bracket and the last brace may be missing in incomplete text.
_REFERENCE = rf"(?:{_FILE_OPTION})?\{{(\[?)([^\[\]{{}}:]++)(\]?)([\w-]*+)(?::.*|\}})?"


class Environments(NamedTuple):
    """The contents of the environments in a file by kind, sorted, and the comments after their entries."""

    dependencies: tuple[Dependency, ...] = ()
    problems: tuple[ParseProblem, ...] = ()
    includes: tuple[Include, ...] = ()
    index_options: tuple[IndexOption, ...] = ()
    unnamed: tuple[UnnamedEntry, ...] = ()
    comments: tuple[Span, ...] = ()


class _Lines(NamedTuple):
    """The lines of an option as passed to pip; ``unclear`` are the spans of lines with unknown substitutions."""

    source_map: SourceMap
    unclear: list[Span]


class _Setting(NamedTuple):
    """An option that contains requirements, with its section for dependencies.

    ``prefix`` is the option of pip that tox or a reference puts before each line: ``-c`` for constraints. ``is_list``
    is True for a list of requirements (PEP 508) instead of lines for pip.
    """

    option: ini.IniOption
    section: Section
    prefix: str = ""
    is_list: bool = False


def parse(text: str) -> Document:
    """Parse a tox.ini without byte-order mark, complete or not. Raises nothing."""
    if len(text) > MAX_LENGTH:
        return too_long_document("tox-ini", text)
    scan = ini.scan(text)
    environments = read_environments(text, ini.with_defaults(scan.sections))
    ignores, bad_comments = ini.read_comments(text, (*scan.comments, *environments.comments))
    return Document(
        "tox-ini",
        environments.dependencies,
        tuple(sorted((*scan.problems, *environments.problems, *bad_comments))),
        tuple(ignores),
        environments.includes,
        environments.index_options,
        unnamed=environments.unnamed,
    )


def read_environments(text: str, sections: Sequence[ini.IniSection], core: str = "tox") -> Environments:
    """Return the dependencies in the tox configuration in ``sections``.

    ``core`` is the name of the section with the requirements of tox itself.
    """
    comments: list[Span] = []
    dependencies: list[Dependency] = []
    problems: list[ParseProblem] = []
    includes: list[Include] = []
    index_options: list[IndexOption] = []
    unnamed: list[UnnamedEntry] = []
    for setting in _settings(text, sections, core):
        lines = _read_lines(text, setting, comments)
        document = _read_list(lines, setting) if setting.is_list else _read_pip_lines(lines, setting)
        for dependency in document.dependencies:
            if not has_brace(text, dependency.name_span):
                dependencies.append(_with_source_specifier(text, dependency))
            elif not _is_reference(dependency.entry_span.slice(text)):
                reason = variable_skip_reason(dependency.entry_span.slice(text))
                unnamed.append(UnnamedEntry(dependency.entry_span, reason))
        unnamed += document.unnamed
        problems += (problem for problem in document.problems if not _is_within(lines.unclear, problem.span.start))
        for include in document.includes:
            resolved = resolve_include(text, include)
            if isinstance(resolved, Include):
                includes.append(resolved)
            elif resolved is not None and not _is_reference(resolved.span.slice(text)):
                unnamed.append(resolved)
        index_options += (_index_option(text, option) for option in document.index_options)
    return Environments(
        tuple(sorted(dependencies, key=attrgetter("name_span"))),
        tuple(problems),
        tuple(sorted(includes)),
        tuple(sorted(index_options)),
        tuple(sorted(unnamed)),
        tuple(comments),
    )


def _is_reference(entry: str) -> bool:
    """Return True if ``entry`` is replaced by another option, which is parsed at its own location."""
    return entry.startswith("{[") and re.fullmatch(_REFERENCE, entry) is not None


def _is_within(spans: Sequence[Span], position: int) -> bool:
    """Return True if ``position`` is in, or directly after, one of ``spans``, which are in file order."""
    before = bisect_right(spans, position, key=attrgetter("start"))
    return before > 0 and position <= spans[before - 1].end


def _with_source_specifier(text: str, dependency: Dependency) -> Dependency:
    """Restore substitutions in the specifier of ``dependency``."""
    if dependency.specifier_span is None or not has_brace(text, dependency.specifier_span):
        return dependency
    return dependency._replace(specifier=dependency.specifier_span.slice(text))


# --- options ----------------------------------------------------------------------------------------------------------


def _settings(text: str, sections: Sequence[ini.IniSection], core: str) -> Iterator[_Setting]:
    """Yield each option that contains requirements: options of tox and its environments, and what they reference."""
    options: dict[tuple[str, str], list[ini.IniOption]] = {}
    pending: list[_Setting] = []
    requires: list[_Setting] = []
    bases = set(_bases(text, sections))
    for section in sections:
        is_core = section.name == core
        for option in ini.merge_undelimited(section, {_REQUIRES} if is_core else _KINDS):
            name = option.name.lower()
            options.setdefault((section.name, name), []).append(option)
            if is_core and name == _REQUIRES:
                requires.append(_Setting(option, Section(f"tox.{_REQUIRES}"), is_list=True))
            elif name in _KINDS and (_is_environment(section) or section.name in bases):
                kind = _KINDS[name]
                pending.append(_Setting(option, Section(f"{section.name}.{name}", kind), _PREFIXES[kind]))
    # Lines for pip come first: they may contain what a list may not.
    pending = [*requires, *pending]
    unbracketed = {"".join(key): key for key in options}
    seen: set[Span] = set()
    while pending:
        setting = pending.pop()
        if setting.option.span in seen:
            continue
        seen.add(setting.option.span)
        yield setting
        for line in setting.option.lines:
            reference = re.fullmatch(_REFERENCE, _statement(text, line, []).slice(text))
            key = _referenced_key(reference, unbracketed) if reference else None
            if reference is None or key is None:
                continue
            section_name = setting.section._replace(name=".".join(key))
            prefix = f"{reference[1]} " if reference[1] else setting.prefix
            # Removed from `options`, so that each referenced option is processed once.
            pending += (
                setting._replace(option=option, section=section_name, prefix=prefix) for option in options.pop(key, ())
            )


def _is_environment(section: ini.IniSection) -> bool:
    return section.name in {_ENVIRONMENT, _PACKAGING} or section.name.startswith(f"{_ENVIRONMENT}:")


def _bases(text: str, sections: Iterable[ini.IniSection]) -> Iterator[str]:
    """Yield the names of the sections from which environments inherit."""
    for section in filter(_is_environment, sections):
        for option in section.options:
            if option.name.lower() == _BASE:
                yield from (name for line in option.lines for name in re.split(r"[\s,]+", line.slice(text)))


def _referenced_key(reference: re.Match[str], unbracketed: Mapping[str, tuple[str, str]]) -> tuple[str, str] | None:
    """Return section and name of the option that a line references.

    ``unbracketed`` maps references without ``]`` to section and name.
    """
    _, opening, section, closing, name = reference.groups()
    if closing:
        return section, name.lower()
    return unbracketed.get(section) if opening else None


# --- lines ------------------------------------------------------------------------------------------------------------


def _read_lines(text: str, setting: _Setting, comments: list[Span]) -> _Lines:
    """Return the lines of an option as passed to pip; append the spans of comments to ``comments``."""
    parts: list[SourcePart] = []
    unclear: list[Span] = []
    for span in setting.option.lines:
        line = _statement(text, span, comments)
        line_parts = substitute(text, line)
        if any(is_substitution(text, part) for part in line_parts):
            unclear.append(span)
        if setting.prefix and line.start < line.end and text[line.start] != "-":
            parts.append(SourcePart(setting.prefix, line.start, line.start))
        parts += (*line_parts, SourcePart("\n", line.end, line.end))
    return _Lines(source_map(parts), unclear)


def _statement(text: str, line: Span, comments: list[Span]) -> Span:
    """Return the part of ``line`` after its condition and before its comment, which is added to ``comments``."""
    line = _without_comment(text, line, comments)
    condition = re.match(_CONDITION, line.slice(text))
    return line._replace(start=line.start + (condition.end() if condition else 0))


def _read_pip_lines(lines: _Lines, setting: _Setting) -> Document:
    return read_pip_lines(lines.source_map.text, lines.source_map.locate, setting.section)


def _read_list(lines: _Lines, setting: _Setting) -> Document:
    """Read requirements, one per line, or comma-separated on one line."""
    text = lines.source_map.text
    if setting.option.is_one_line and not isinstance(parse_requirement(text.strip()), ParsedRequirement):
        text = text.replace(",", "\n")
    items: list[Dependency | ParseProblem] = []
    for line in re.finditer(r"[^\n]++", text):
        entry = lines.source_map.submap(*line.span())
        items += read_requirement(line[0], entry.locate, setting.section) if line[0].strip() else ()
    return Document(
        "tox-ini",
        tuple(item for item in items if isinstance(item, Dependency)),
        tuple(item for item in items if isinstance(item, ParseProblem)),
    )


def _without_comment(text: str, line: Span, comments: list[Span]) -> Span:
    comment = re.search(_COMMENT, line.slice(text))
    if comment is None:
        return line
    start = line.start + comment.start()
    comments.append(Span(start, line.end))
    return Span(line.start, line.start + len(text[line.start : start].rstrip()))


def _index_option(text: str, option: IndexOption) -> IndexOption:
    """Return ``option``; a value with a substitution is prefixed with ``$`` to mark it as a variable."""
    return option._replace(value=f"${option.span.slice(text)}") if has_brace(text, option.span) else option
