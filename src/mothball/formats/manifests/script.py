"""Python scripts with a block of metadata in their comments (PEP 723, "Inline script metadata").

The block says at its top level what pyproject.toml says under ``[project]``, and ``[tool.uv]`` in it means the same in
both; so it is read as one.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mothball.formats.manifests import document as pyproject
from mothball.formats.source_map import SourceMap, SourcePart, source_map
from mothball.model.document import Dependency, Document, ParseProblem, Span
from mothball.model.records import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

_FORMAT = "script"
_TYPE = "script"
_HEADER = "[project]\n"
_LINE = re.compile(r"([^\r\n]*+)(?:\r\n|\r|\n|\Z)")
_OPENING = re.compile(r"# /// ([a-zA-Z0-9-]+)[ \t]*+")
_CLOSING = re.compile(r"# ///[ \t]*+")
# So many lines of a block may be broken: a merge conflict has three.
_MAX_BROKEN = 3
_SECTION = "project.dependencies"
_TOOL = "tool."


class _Block(NamedTuple):
    """A block: the place of its first line, its content as TOML, whether its last line is there.

    ``broken`` are lines within that lack the ``# `` in front.
    """

    opening: Span
    content: SourceMap
    closed: bool
    broken: tuple[Span, ...]


def parse(text: str) -> Document:
    """Read the script blocks of a Python file, without byte-order mark; raises nothing.

    Windows line ends are as good as others. A second block is a problem, as is one without its end, and both are read
    all the same.
    """
    documents: list[Document] = []
    problems: list[ParseProblem] = []
    for reader in _readers(text):
        problems += (
            ParseProblem(line, "uv reads a script block here, the standard none", "put an empty line above it")
            for line in reader.within_another()
        )
    for block in _blocks(text):
        if documents:
            problems.append(
                ParseProblem(block.opening, "a second script block: there may be only one", "put the two together")
            )
        if not block.closed:
            problems.append(ParseProblem(block.opening, "the script block is not closed", "end it with a line `# ///`"))
        problems += (
            ParseProblem(line, "a line of the script block that is no comment", "begin it with `# `")
            for line in block.broken
        )
        documents.append(_read(block))
    return Document(
        _FORMAT,
        tuple(one for document in documents for one in document.dependencies),
        tuple(sorted([*problems, *(one for document in documents for one in document.problems)])),
        tuple(one for document in documents for one in document.ignores),
        tool_indexes=tuple(one for document in documents for one in document.tool_indexes),
        unnamed=tuple(one for document in documents for one in document.unnamed),
        tools=tuple(dict.fromkeys(one for document in documents for one in document.tools)),
    )


class _Reader:
    """The lines of a block as they come, from its first line on."""

    def __init__(self, opening: re.Match[str]) -> None:
        self._opening = opening
        self._lines: list[re.Match[str]] = []
        self._broken: list[re.Match[str]] = []
        self._before_broken = 0
        self._end: int | None = None

    def takes(self, line: re.Match[str]) -> bool:
        """Take ``line``, and return whether the block may go on behind it.

        Before its end a few lines may be broken; what begins a block of its own belongs to none before.
        """
        if line[1] == "#" or line[1].startswith("# "):
            if self._broken and _OPENING.fullmatch(line[1]):
                return False
            if _CLOSING.fullmatch(line[1]):
                self._end = len(self._lines)
            self._lines.append(line)
            return True
        if not line[1] or self._end is not None or len(self._broken) >= _MAX_BROKEN:
            return False
        if not self._broken:
            self._before_broken = len(self._lines)
        self._broken.append(line)
        return True

    def within_another(self) -> Iterator[Span]:
        """Yield the first line inside of a block of another type that opens a script block where it stands alone."""
        if self._opening[1].split()[2] == _TYPE:
            return
        for line in self._lines:
            opening = _OPENING.fullmatch(line[1])
            if opening is not None and opening[1] == _TYPE:
                yield Span(*line.span(1))
                return

    def blocks(self) -> Iterator[_Block]:
        """Yield the block, if it is one of the type ``script``."""
        if self._opening[1].split()[2] != _TYPE:
            return
        if self._end is not None:
            lines = self._lines[: self._end]
        else:
            # What lacks the `# ` is the code behind a block that was never closed.
            lines = self._lines[: self._before_broken] if self._broken else self._lines
        broken = [Span(*line.span(1)) for line in self._broken] if self._end is not None else []
        content = source_map(_content(line) for line in lines)
        yield _Block(Span(*self._opening.span(1)), content, self._end is not None, tuple(broken))


def _content(line: re.Match[str]) -> SourcePart:
    """Return what a line says behind its ``# ``; TOML knows no carriage return that stands alone."""
    start = line.start() + (1 if line[1] == "#" else 2)
    text = line.string[start : line.end()]
    return SourcePart(f"{text[:-1]}\n" if text.endswith("\r") else text, start, line.end())


def _blocks(text: str) -> Iterator[_Block]:
    """Yield the blocks of the type ``script``; what stands in a block of another type opens none."""
    for reader in _readers(text):
        yield from reader.blocks()


def _readers(text: str) -> Iterator[_Reader]:
    """Yield the blocks of all types."""
    reader: _Reader | None = None
    # The last match is empty, whatever the text: it ends a block that nothing else does.
    for line in _LINE.finditer(text):
        if reader is not None and reader.takes(line):
            continue
        if reader is not None:
            yield reader
        reader = _Reader(line) if _OPENING.fullmatch(line[1]) else None


def _read(block: _Block) -> Document:
    """Read the content of a block as the part of a pyproject.toml that it is."""
    start = block.content.locate(0, 0).start or block.opening.end
    text = source_map([SourcePart(_HEADER, start, start), *block.content.parts(0, len(block.content.text))])
    document = pyproject.parse(text.text)
    dependencies = (one for one in document.dependencies if one.section == _SECTION or one.section.startswith(_TOOL))
    return document._replace(
        dependencies=tuple(_moved(one, text) for one in dependencies),
        # Where a block ends that is not closed, nobody knows: what is wrong with its last lines is no news.
        problems=tuple(_told(one, text) for one in document.problems if block.closed),
        ignores=tuple(
            one._replace(span=text.locate(*one.span), applies_to=text.locate(*one.applies_to))
            for one in document.ignores
        ),
        tool_indexes=tuple(one._replace(span=text.locate(*one.span)) for one in document.tool_indexes),
    )


def _moved(found: Dependency, text: SourceMap) -> Dependency:
    specifier = found.specifier_span
    return found._replace(
        name_span=text.locate(*found.name_span),
        entry_span=text.locate(*found.entry_span),
        specifier_span=text.locate(*specifier) if specifier else None,
        section=found.section.replace(_SECTION, f"{_FORMAT}.dependencies"),
    )


def _told(problem: ParseProblem, text: SourceMap) -> ParseProblem:
    message = problem.message.replace(_SECTION, "dependencies")
    return ParseProblem(text.locate(*problem.span), message, problem.help)
