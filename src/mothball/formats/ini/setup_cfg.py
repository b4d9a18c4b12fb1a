"""Parse setup.cfg: requirement lists of setuptools and pbr, and tox configuration in the same file.

Specification: setuptools, "Configuring setuptools using setup.cfg files". A list on one line is separated by ``;``, a
list over several lines has one requirement per line. In pbr, ``:`` separates a marker (pbr, "Usage", ``extras``).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mothball.formats.broken import MAX_LENGTH, too_long_document
from mothball.formats.ignores import read_comments
from mothball.formats.ini import scanner as ini
from mothball.formats.pep508 import parse_requirement
from mothball.formats.requirements.strings import Item, Section, collect, read_requirement
from mothball.formats.source_map import SourceMap, SourcePart, source_map
from mothball.model.document import Dependency, DependencyKind, Document, Include, ParseProblem, Span, normalize_name

if TYPE_CHECKING:
    from collections.abc import Iterator

# Older files spell the option names with dashes.
_SEPARATORS = ("_", "-")
_LISTS = {
    "options": ("install_requires", "setup_requires", "tests_require"),
    # These are options of pbr.
    "metadata": ("requires_dist", "setup_requires_dist"),
}
# Sections whose options are extras.
_EXTRAS = frozenset({"options.extras_require", "options.extras-require"})
_PBR_EXTRAS = "extras"
_PBR_SECTIONS = frozenset({"metadata", _PBR_EXTRAS})
_FILE = "file:"
_TOX = "tox:tox"
# In a list, setuptools requires a space before a comment.
_COMMENT = " #"
# The beginning of a marker.
_VARIABLE = r"\s*+\(?+\s*+(?:python_|os_name|sys_platform|platform_|implementation_|extra\b)"
_FILE_NAME = r"[^,\s](?:[^,\r\n]*[^,\s])?"


def parse(text: str) -> Document:
    """Parse a setup.cfg without byte-order mark, complete or not. Raises nothing."""
    if len(text) > MAX_LENGTH:
        return too_long_document("setup-cfg", text)
    scan = ini.scan(text)
    sections = ini.with_defaults(scan.sections)
    project_name = _project_name(text, sections)
    items: list[Item] = [*scan.problems]
    comments = list(scan.comments)
    seen: set[Span] = set()
    for section in sections:
        for option, name in _lists(section):
            # Several sections inherit the same option of [DEFAULT].
            if option.span in seen:
                continue
            seen.add(option.span)
            listed = Section(name, project_name=project_name)
            if option.is_one_line and option.lines[0].slice(text).startswith(_FILE):
                items += _read_files(text, option.lines[0])
                continue
            for entry in _logical_lines(text, option, comments):
                if section.name in _PBR_SECTIONS:
                    items += read_requirement(_with_semicolon(entry.text), entry.locate, listed)
                elif option.is_one_line:
                    items += _read_list(entry, listed)
                else:
                    items += read_requirement(entry.text, entry.locate, listed)
    items += read_comments(text, comments)
    if any(section.name == _TOX for section in sections):
        from mothball.formats.ini.tox_ini import read_environments  # noqa: PLC0415 - rare in setup.cfg

        items += read_environments(text, sections, core=_TOX)
    return collect("setup-cfg", items, project_name=project_name)


def _project_name(text: str, sections: tuple[ini.IniSection, ...]) -> str:
    options = (option for section in sections if section.name == "metadata" for option in section.options)
    names = (option.lines[0].slice(text) for option in options if option.name == "name" and option.is_one_line)
    return normalize_name(next(names, ""))


def _lists(section: ini.IniSection) -> Iterator[tuple[ini.IniOption, str]]:
    """Yield the options of ``section`` that are requirement lists, each with its section name for dependencies."""
    if section.name in _EXTRAS or section.name == _PBR_EXTRAS:
        for option in section.options:
            yield option, f"{section.name.replace('-', '_')}.{option.name}"
    elif section.name in _LISTS:
        names = {name.replace("_", sign): name for name in _LISTS[section.name] for sign in _SEPARATORS}
        for option in ini.merge_undelimited(section, names):
            if option.name in names:
                yield option, f"{section.name}.{names[option.name]}"


def _with_semicolon(entry: str) -> str:
    """Return an entry of pbr with the ``:`` before its marker replaced by ``;``."""
    return entry if ";" in entry or "@" in entry else entry.replace(":", ";", 1)


def _logical_lines(text: str, option: ini.IniOption, comments: list[Span]) -> Iterator[SourceMap]:
    """Yield the logical lines of a list, and append their comments to ``comments``.

    A line that ends in a backslash is joined with the next.
    """
    parts: list[SourcePart] = []
    for span in option.lines:
        line = span.slice(text)
        comment = line.find(_COMMENT)
        if comment >= 0:
            comments.append(Span(span.start + comment + 1, span.end))
            line = line[:comment].rstrip()
        is_continued = line.endswith("\\")
        line = line.removesuffix("\\")
        parts.append(SourcePart(line, span.start, span.start + len(line)))
        if not is_continued:
            yield source_map(parts)
            parts = []
    if parts:
        yield source_map(parts)


def _read_list(entry: SourceMap, listed: Section) -> Iterator[Item]:
    """Parse a list on one line, whose entries are separated by ``;``."""
    start = 0
    for piece in entry.text.split(";"):
        end = start + len(piece)
        if start and re.match(_VARIABLE, piece) and isinstance(parse_requirement(f"x;{piece}"), Dependency):
            yield ParseProblem(
                entry.locate(end - len(piece.lstrip()), end),
                "setuptools reads this marker as a separate requirement: `;` separates entries on one line",
                "write the requirement on its own line below",
            )
        elif piece.strip():
            cut = entry.submap(start, end)
            yield from read_requirement(cut.text, cut.locate, listed)
        start = end + 1


def _read_files(text: str, line: Span) -> Iterator[Include]:
    for name in re.finditer(_FILE_NAME, line.slice(text)[len(_FILE) :]):
        start = line.start + len(_FILE) + name.start()
        yield Include(Span(start, start + len(name[0])), name[0], DependencyKind.REQUIREMENT)
