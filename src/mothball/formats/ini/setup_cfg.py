"""setup.cfg: what setuptools reads there, and tox where its configuration stands in the same file.

Rules: setuptools, "Configuring setuptools using setup.cfg files". A list on one line is split at ``;``, one that goes
on in further lines has one requirement a line.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mothball.formats.ini import scanner as ini
from mothball.formats.pep508 import ParsedRequirement, parse_requirement
from mothball.formats.requirements.strings import Section, read_requirement
from mothball.formats.source_map import SourceMap, SourcePart, source_map
from mothball.model.document import Dependency, DependencyKind, Document, Include, ParseProblem, Span, normalize_name
from mothball.model.records import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

# Older files write the names with dashes.
_LISTS = {
    name.replace("_", separator): f"options.{name}"
    for name in ("install_requires", "setup_requires", "tests_require")
    for separator in ("_", "-")
}
_EXTRAS = frozenset({"options.extras_require", "options.extras-require"})
_FILE = "file:"
_TOX = "tox:tox"
# Where a comment begins in a list: setuptools wants a space before it.
_COMMENT = " #"
# How a marker begins.
_VARIABLE = r"\s*+\(?+\s*+(?:python_|os_name|sys_platform|platform_|implementation_|extra\b)"
_FILE_NAME = r"[^,\s](?:[^,\r\n]*[^,\s])?"

_Found = Dependency | ParseProblem | Include


class _Line(NamedTuple):
    """A logical line of a list: its text without comment, and where its comments stand."""

    entry: SourceMap
    comments: tuple[Span, ...]


def parse(text: str) -> Document:
    """Read a setup.cfg, whole or half typed, without byte-order mark; raises nothing."""
    scan = ini.scan(text)
    own_name = _own_name(text, scan.sections)
    found: list[_Found] = []
    comments = list(scan.comments)
    for section in scan.sections:
        for option, name in _lists(section):
            listed = Section(name, own_name=own_name)
            if option.is_one_line and option.lines[0].slice(text).startswith(_FILE):
                found += _read_files(text, option.lines[0])
                continue
            for line in _logical_lines(text, option):
                comments += line.comments
                entry = line.entry
                found += (
                    _read_list(entry, listed)
                    if option.is_one_line
                    else read_requirement(entry.text, entry.locate, listed)
                )
    return _with_tox(text, scan, found, comments)._replace(project_name=own_name)


def _own_name(text: str, sections: tuple[ini.IniSection, ...]) -> str:
    """Return the normalised name of the project, empty where there is none."""
    for section in sections:
        for option in section.options if section.name == "metadata" else ():
            if option.name == "name" and option.is_one_line:
                return normalize_name(option.lines[0].slice(text))
    return ""


def _lists(section: ini.IniSection) -> Iterator[tuple[ini.IniOption, str]]:
    """Yield the options of ``section`` that are lists of requirements, each with the name of its list."""
    if section.name == "options":
        for option in ini.merge_undelimited(section, _LISTS):
            if option.name in _LISTS:
                yield option, _LISTS[option.name]
    elif section.name in _EXTRAS:
        for option in section.options:
            yield option, f"options.extras_require.{option.name}"


def _logical_lines(text: str, option: ini.IniOption) -> Iterator[_Line]:
    """Yield the lines of a list, those that end in a backslash joined with the next."""
    parts: list[SourcePart] = []
    comments: list[Span] = []
    for span in option.lines:
        line = span.slice(text)
        at = line.find(_COMMENT)
        if at >= 0:
            comments.append(Span(span.start + at + 1, span.end))
            line = line[:at].rstrip()
        goes_on = line.endswith("\\")
        line = line.removesuffix("\\")
        parts.append(SourcePart(line, span.start, span.start + len(line)))
        if not goes_on:
            yield _Line(source_map(parts), tuple(comments))
            parts, comments = [], []
    if parts:
        yield _Line(source_map(parts), tuple(comments))


def _read_list(entry: SourceMap, listed: Section) -> Iterator[_Found]:
    """Read a list that stands on one line; its entries are separated by ``;``."""
    start = 0
    for piece in entry.text.split(";"):
        end = start + len(piece)
        if start and re.match(_VARIABLE, piece) and isinstance(parse_requirement(f"x;{piece}"), ParsedRequirement):
            yield ParseProblem(
                entry.locate(end - len(piece.lstrip()), end),
                "setuptools takes this marker for a requirement of its own: `;` separates entries on one line",
                "write the requirement on a line of its own below",
            )
        elif piece.strip():
            cut = entry.submap(start, end)
            yield from read_requirement(cut.text, cut.locate, listed)
        start = end + 1


def _read_files(text: str, line: Span) -> Iterator[Include]:
    """Yield the files that a ``file:`` directive names."""
    for name in re.finditer(_FILE_NAME, line.slice(text)[len(_FILE) :]):
        start = line.start + len(_FILE) + name.start()
        yield Include(Span(start, start + len(name[0])), name[0], DependencyKind.REQUIREMENT)


def _with_tox(text: str, scan: ini.IniScan, found: list[_Found], comments: list[Span]) -> Document:
    """Put together what was found, and what tox finds where it is told to look into this file."""
    document = Document("setup-cfg")
    if any(section.name == _TOX for section in scan.sections):
        from mothball.formats.ini import tox_ini  # noqa: PLC0415 - hardly any setup.cfg holds it

        environments = tox_ini.read_environments(text, scan.sections, core=_TOX)
        document = environments.document
        comments += environments.comments
    ignores, bad_comments = ini.read_comments(text, comments)
    problems = [
        *scan.problems,
        *bad_comments,
        *document.problems,
        *(one for one in found if isinstance(one, ParseProblem)),
    ]
    return document._replace(
        format="setup-cfg",
        dependencies=(*(one for one in found if isinstance(one, Dependency)), *document.dependencies),
        problems=tuple(sorted(problems)),
        ignores=tuple(ignores),
        includes=(*(one for one in found if isinstance(one, Include)), *document.includes),
    )
