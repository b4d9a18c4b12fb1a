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
from mothball.formats.ignores import read_comments
from mothball.formats.ini import scanner as ini
from mothball.formats.pep508 import parse_requirement
from mothball.formats.requirements.strings import Item, Section, collect, read_pip_lines, read_requirement
from mothball.formats.source_map import (
    SourceMap,
    SourcePart,
    has_brace,
    is_substitution,
    resolve_include,
    source_map,
    substitute,
)
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
    from collections.abc import Iterator, Sequence


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
    items = read_environments(text, ini.with_defaults(scan.sections))
    return collect("tox-ini", (*scan.problems, *read_comments(text, scan.comments), *items))


def read_environments(text: str, sections: Sequence[ini.IniSection], core: str = "tox") -> Iterator[Item]:
    """Yield the contents of the tox configuration in ``sections``, and the ignore comments after its entries.

    ``core`` is the name of the section with the requirements of tox itself.
    """
    comments: list[Span] = []
    for setting in _settings(text, sections, core):
        lines, unclear = _read_lines(text, setting, comments)
        for item in _read_items(lines, setting):
            yield from _with_substitutions(text, item, unclear)
    yield from read_comments(text, comments)


def _with_substitutions(text: str, item: Item, unclear: Sequence[Span]) -> Iterator[Item]:
    """Yield ``item`` as written, or what its substitutions make of it; drop problems in ``unclear`` lines."""
    match item:
        case Dependency() if not has_brace(text, item.name_span):
            if item.specifier_span is not None and has_brace(text, item.specifier_span):
                item = item._replace(specifier=item.specifier_span.slice(text))
            yield item
        case Dependency(entry_span=span):
            if not _is_reference(span.slice(text)):
                yield UnnamedEntry(span, variable_skip_reason(span.slice(text)))
        case Include():
            resolved = resolve_include(text, item)
            if isinstance(resolved, Include) or (resolved and not _is_reference(resolved.span.slice(text))):
                yield resolved
        case IndexOption(span=span, name=name) if has_brace(text, span):
            # Marked as a variable.
            yield IndexOption(span, name, f"${span.slice(text)}")
        case ParseProblem() if _is_within(unclear, item.span.start):
            pass
        case _:
            yield item


def _is_reference(entry: str) -> bool:
    """Return True if ``entry`` is replaced by another option, which is parsed at its own location."""
    return entry.startswith("{[") and re.fullmatch(_REFERENCE, entry) is not None


def _is_within(spans: Sequence[Span], position: int) -> bool:
    """Return True if ``position`` is in, or directly after, one of ``spans``, which are in file order."""
    before = bisect_right(spans, position, key=attrgetter("start"))
    return before > 0 and position <= spans[before - 1].end


# --- options ----------------------------------------------------------------------------------------------------------


def _settings(text: str, sections: Sequence[ini.IniSection], core: str) -> Iterator[_Setting]:
    """Yield each option that contains requirements: options of tox and its environments, and what they reference."""
    options: dict[tuple[str, str], list[ini.IniOption]] = {}
    pending: list[_Setting] = []
    requires: list[_Setting] = []
    inherited = [option for section in filter(_is_environment, sections) for option in section.options]
    values = [line.slice(text) for option in inherited if option.name.lower() == _BASE for line in option.lines]
    bases = {name for value in values for name in re.split(r"[\s,]+", value)}
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
            option_of_pip, opening, name, closing, option_name = reference.groups() if reference else [""] * 5
            # The whole reference is in `name` if its `]` is missing.
            key = (name, option_name.lower()) if closing else unbracketed.get(name) if opening else None
            if key is None:
                continue
            referenced = Section(".".join(key), setting.section.kind)
            prefix = f"{option_of_pip} " if option_of_pip else setting.prefix
            # Removed from `options`, so that each referenced option is processed once.
            pending += (_Setting(option, referenced, prefix, setting.is_list) for option in options.pop(key, ()))


def _is_environment(section: ini.IniSection) -> bool:
    return section.name in {_ENVIRONMENT, _PACKAGING} or section.name.startswith(f"{_ENVIRONMENT}:")


# --- lines ------------------------------------------------------------------------------------------------------------


def _read_lines(text: str, setting: _Setting, comments: list[Span]) -> tuple[SourceMap, list[Span]]:
    """Return the lines of an option as passed to pip, and the spans of those with unknown substitutions.

    Append the spans of comments to ``comments``.
    """
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
    return source_map(parts), unclear


def _statement(text: str, line: Span, comments: list[Span]) -> Span:
    """Return the part of ``line`` after its condition and before its comment, which is added to ``comments``."""
    comment = re.search(_COMMENT, line.slice(text))
    if comment is not None:
        start = line.start + comment.start()
        comments.append(Span(start, line.end))
        line = Span(line.start, line.start + len(text[line.start : start].rstrip()))
    condition = re.match(_CONDITION, line.slice(text))
    return Span(line.start + condition.end(), line.end) if condition else line


def _read_items(lines: SourceMap, setting: _Setting) -> Iterator[Item]:
    """Yield the contents of lines for pip, or of requirements, one per line or comma-separated on one line."""
    if not setting.is_list:
        yield from read_pip_lines(lines.text, lines.locate, setting.section)
        return
    text = lines.text
    if setting.option.is_one_line and not isinstance(parse_requirement(text.strip()), Dependency):
        text = text.replace(",", "\n")
    for line in re.finditer(r"[^\n]++", text):
        if line[0].strip():
            yield from read_requirement(line[0], lines.submap(*line.span()).locate, setting.section)
