"""Parse the metadata block of a Python script (PEP 723, "Inline script metadata").

The top-level keys of the block are those of ``[project]`` in pyproject.toml, and ``[tool.uv]`` has the same meaning in
both. The block is therefore parsed as a pyproject.toml with ``[project]`` prepended.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from mothball.formats.broken import conflict_problems, is_conflict_marker
from mothball.formats.manifests import document as pyproject
from mothball.formats.source_map import SourceMap, SourcePart, source_map
from mothball.model.document import Dependency, Document, ParseProblem, Span, relocated
from mothball.model.records import NamedTuple

_FORMAT = "script"
_TYPE = "script"
_HEADER = "[project]\n"
_LINE = re.compile(r"([^\r\n]*+)(?:\r\n|\r|\n|\Z)")
_OPENING = re.compile(r"# /// ([a-zA-Z0-9-]+)[ \t]*+")
_CLOSING = re.compile(r"# ///[ \t]*+")
# Maximum number of lines in a block that are no comments; a merge conflict has up to four.
_MAX_BROKEN = 4
# Maximum number of lines in a block: the rest of a longer one is not read, and reported.
_MAX_LINES = 20_000
_SECTION = "project.dependencies"
_TOOL = "tool."


class _Block(NamedTuple):
    """A script block: the span of its first line, its content as TOML, and whether the closing line exists.

    ``is_cut`` is true if the block has more lines than are read. ``conflict_markers`` are the spans of merge conflict
    markers, and ``broken`` those of other lines in the block that do not start with ``# ``.
    """

    opening: Span
    content: SourceMap
    closed: bool
    is_cut: bool
    broken: tuple[Span, ...]
    conflict_markers: tuple[Span, ...]


def parse(text: str) -> Document:
    """Parse the script blocks of a Python file without byte-order mark. Never raises.

    Any line ending is accepted. A second block and an unclosed block are problems, but are parsed nevertheless.
    """
    documents: list[Document] = []
    problems: list[ParseProblem] = []
    for reader in _all_blocks(text):
        problems += (
            ParseProblem(
                line,
                "script block inside a block of another type: uv reads it, other tools ignore it",
                "insert an empty line above it",
            )
            for line in reader.nested_script_blocks()
        )
    for block in _blocks(text):
        if documents:
            problems.append(
                ParseProblem(block.opening, "second script block: only one is allowed", "merge the two blocks")
            )
        if block.is_cut:
            message = f"the script block has more than {_MAX_LINES:,} lines: the others are not read"
            problems.append(ParseProblem(block.opening, message, "shorten it"))
        elif not block.closed:
            problems.append(
                ParseProblem(block.opening, "the script block is not closed", "end it with the line `# ///`")
            )
        problems += conflict_problems(text, block.conflict_markers)
        problems += (
            ParseProblem(line, "line in the script block is not a comment", "start the line with `# `")
            for line in block.broken
        )
        documents.append(_parse_block(block))
    return Document(
        _FORMAT,
        tuple(dependency for document in documents for dependency in document.dependencies),
        tuple(sorted([*problems, *(problem for document in documents for problem in document.problems)])),
        tuple(comment for document in documents for comment in document.ignores),
        tool_indexes=tuple(index for document in documents for index in document.tool_indexes),
        unnamed=tuple(unnamed for document in documents for unnamed in document.unnamed),
        tools=tuple(dict.fromkeys(tool for document in documents for tool in document.tools)),
        is_broken=any(document.is_broken for document in documents),
    )


class _BlockReader:
    """Collect the lines of one block of any type."""

    def __init__(self, opening: re.Match[str]) -> None:
        self._opening = opening
        self._lines: list[re.Match[str]] = []
        self._broken: list[re.Match[str]] = []
        self._before_broken = 0
        self._end: int | None = None
        self._is_cut = False

    def add(self, line: re.Match[str]) -> bool:
        """Add ``line`` and return True, or return False if it does not belong to the block or the block is too long.

        Up to ``_MAX_BROKEN`` lines before the closing line may lack the ``# ``. After such a line, an opening line
        starts a new block.
        """
        is_comment = line[1] == "#" or line[1].startswith("# ")
        if len(self._lines) >= _MAX_LINES:
            self._is_cut = is_comment
            return False
        if is_comment:
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

    def nested_script_blocks(self) -> Iterator[Span]:
        """Yield the first line in a block of another type that looks like the opening of a script block."""
        if self._opening[1].split()[2] == _TYPE:
            return
        for line in self._lines:
            opening = _OPENING.fullmatch(line[1])
            if opening is not None and opening[1] == _TYPE:
                yield Span(*line.span(1))
                return

    def blocks(self) -> Iterator[_Block]:
        """Yield the block if its type is ``script``."""
        if self._opening[1].split()[2] != _TYPE:
            return
        if self._end is not None:
            lines = self._lines[: self._end]
        else:
            # In a block that is never closed, the first line without `# ` is code.
            lines = self._lines[: self._before_broken] if self._broken else self._lines
        others = self._broken if self._end is not None else []
        markers = tuple(Span(*line.span(1)) for line in others if is_conflict_marker(line[1]))
        broken = tuple(Span(*line.span(1)) for line in others if not is_conflict_marker(line[1]))
        content = source_map(_content(line) for line in lines)
        yield _Block(Span(*self._opening.span(1)), content, self._end is not None, self._is_cut, broken, markers)


def _content(line: re.Match[str]) -> SourcePart:
    """Return a line without its ``# ``, with a lone carriage return as a newline, which TOML requires."""
    start = line.start() + (1 if line[1] == "#" else 2)
    text = line.string[start : line.end()]
    return SourcePart(f"{text[:-1]}\n" if text.endswith("\r") else text, start, line.end())


def _blocks(text: str) -> Iterator[_Block]:
    """Yield the blocks of type ``script``; an opening line in a block of another type starts none."""
    for reader in _all_blocks(text):
        yield from reader.blocks()


def _all_blocks(text: str) -> Iterator[_BlockReader]:
    reader: _BlockReader | None = None
    # The last match is always empty: it ends the last block.
    for line in _LINE.finditer(text):
        if reader is not None and reader.add(line):
            continue
        if reader is not None:
            yield reader
        reader = _BlockReader(line) if _OPENING.fullmatch(line[1]) else None


def _parse_block(block: _Block) -> Document:
    """Parse the content of a block as the table ``[project]`` of a pyproject.toml."""
    start = block.content.locate(0, 0).start or block.opening.end
    text = source_map([SourcePart(_HEADER, start, start), *block.content.parts(0, len(block.content.text))])
    document = pyproject.parse(text.text)
    dependencies = (
        dependency
        for dependency in document.dependencies
        if dependency.section == _SECTION or dependency.section.startswith(_TOOL)
    )
    return document._replace(
        dependencies=tuple(_relocate_dependency(dependency, text) for dependency in dependencies),
        # The end of an unclosed block is unknown, so its last lines may be other comments: report no problems in it.
        # The sides of a merge conflict define the same names.
        problems=tuple(
            _relocate_problem(problem, text)
            for problem in document.problems
            if block.closed and not block.conflict_markers
        ),
        ignores=tuple(relocated(comment, text.locate) for comment in document.ignores),
        tool_indexes=tuple(relocated(index, text.locate) for index in document.tool_indexes),
        is_broken=document.is_broken or block.is_cut,
    )


def _relocate_dependency(dependency: Dependency, text: SourceMap) -> Dependency:
    section = dependency.section.replace(_SECTION, f"{_FORMAT}.dependencies")
    return relocated(dependency, text.locate)._replace(section=section)


def _relocate_problem(problem: ParseProblem, text: SourceMap) -> ParseProblem:
    message = problem.message.replace(_SECTION, "dependencies")
    return ParseProblem(text.locate(*problem.span), message, problem.help)
