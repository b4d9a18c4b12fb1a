"""Parse the metadata block of a Python script (PEP 723, "Inline script metadata").

The top-level keys of the block are those of ``[project]`` in pyproject.toml, and ``[tool.uv]`` has the same meaning in
both. The block is therefore parsed as a pyproject.toml with ``[project]`` prepended.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import takewhile

from mothball.formats.broken import conflict_problems, is_conflict_marker
from mothball.formats.manifests import pyproject
from mothball.formats.requirements.strings import Item, collect
from mothball.formats.source_map import SourceMap, SourcePart, source_map
from mothball.model.document import Document, ParseProblem, Span, relocated

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


def parse(text: str) -> Document:
    """Parse the script blocks of a Python file without byte-order mark. Never raises.

    Any line ending is accepted. A second block and an unclosed block are problems, but are parsed nevertheless.
    """
    items: list[Item] = []
    documents: list[Document] = []
    is_cut = False
    for block in _blocks(text):
        if block.type == _TYPE:
            items += block.problems(is_first=not documents)
            content = block.as_project_table()
            documents.append(pyproject.parse(content.text))
            items += _items(documents[-1], content, is_valid=block.is_closed and not block.conflict_markers())
            is_cut = is_cut or block.is_cut
        else:
            items += block.nested_block_problems()
    return collect(
        "script",
        items,
        tools=tuple(dict.fromkeys(tool for document in documents for tool in document.tools)),
        is_broken=is_cut or any(document.is_broken for document in documents),
    )


def _items(document: Document, content: SourceMap, *, is_valid: bool) -> Iterator[Item]:
    """Yield the items of the ``document`` of a block, with their positions in the file.

    Without ``is_valid``, problems are left out: the end of an unclosed block is unknown, so its last lines may be other
    comments, and the sides of a merge conflict define the same names.
    """
    for dependency in document.dependencies:
        if dependency.section == _SECTION or dependency.section.startswith(_TOOL):
            section = dependency.section.replace(_SECTION, "script.dependencies")
            yield relocated(dependency, content.locate)._replace(section=section)
    for span, message, help_text in document.problems if is_valid else ():
        yield ParseProblem(content.locate(*span), message.replace(_SECTION, "dependencies"), help_text)
    others: tuple[Item, ...] = (*document.ignores, *document.tool_indexes, *document.unnamed)
    yield from (relocated(item, content.locate) for item in others)


class _Block:
    """The lines of a block of any type; ``is_cut`` is True if it has more lines than are read."""

    def __init__(self, opening: re.Match[str]) -> None:
        self.opening = Span(*opening.span(1))
        self.type = opening[1].split()[2]
        self.is_cut = False
        self._text = opening.string
        self._lines: list[re.Match[str]] = []
        self._broken = 0
        # The index of the closing line.
        self._end: int | None = None

    @property
    def is_closed(self) -> bool:
        return self._end is not None

    def add(self, line: re.Match[str]) -> bool:
        """Add ``line`` and return True, or return False if it does not belong to the block or the block is too long.

        Up to ``_MAX_BROKEN`` lines before the closing line may lack the ``# ``. After such a line, an opening line
        starts a new block.
        """
        is_comment = _is_comment(line)
        if len(self._lines) - self._broken >= _MAX_LINES:
            self.is_cut = is_comment
            return False
        if is_comment:
            if self._broken and _OPENING.fullmatch(line[1]):
                return False
            if _CLOSING.fullmatch(line[1]):
                self._end = len(self._lines)
        elif not line[1] or self.is_closed or self._broken >= _MAX_BROKEN:
            return False
        self._broken += not is_comment
        self._lines.append(line)
        return True

    def nested_block_problems(self) -> Iterator[ParseProblem]:
        """Yield the problem of the first line that looks like the opening of a script block."""
        for line in self._lines:
            opening = _OPENING.fullmatch(line[1])
            if opening is not None and opening[1] == _TYPE:
                message = "script block inside a block of another type: uv reads it, other tools ignore it"
                yield ParseProblem(Span(*line.span(1)), message, "insert an empty line above it")
                return

    def problems(self, *, is_first: bool) -> Iterator[ParseProblem]:
        """Yield the problems of a script block apart from those of its content."""
        if not is_first:
            message = "second script block: only one is allowed"
            yield ParseProblem(self.opening, message, "merge the two blocks")
        if self.is_cut:
            message = f"the script block has more than {_MAX_LINES:,} lines: the others are not read"
            yield ParseProblem(self.opening, message, "shorten it")
        elif not self.is_closed:
            yield ParseProblem(self.opening, "the script block is not closed", "end it with the line `# ///`")
        markers = self.conflict_markers()
        yield from conflict_problems(self._text, markers)
        for line in self._broken_lines():
            if line not in markers:
                yield ParseProblem(line, "line in the script block is not a comment", "start the line with `# `")

    def conflict_markers(self) -> list[Span]:
        return [line for line in self._broken_lines() if is_conflict_marker(line.slice(self._text))]

    def _broken_lines(self) -> list[Span]:
        """Return the spans of the lines that do not start with ``# ``; there are none in a block that is not closed."""
        return [Span(*line.span(1)) for line in self._lines if not _is_comment(line)] if self.is_closed else []

    def as_project_table(self) -> SourceMap:
        """Return the content as the table ``[project]`` of a pyproject.toml."""
        # In a block that is never closed, the first line without `# ` is code.
        comments = filter if self.is_closed else takewhile
        parts = [_content(line) for line in comments(_is_comment, self._lines[: self._end])]
        start = parts[0].start if parts else self.opening.end
        return source_map([SourcePart(_HEADER, start, start), *parts])


def _is_comment(line: re.Match[str]) -> bool:
    return line[1] == "#" or line[1].startswith("# ")


def _content(line: re.Match[str]) -> SourcePart:
    """Return a line without its ``# ``, with a lone carriage return as a newline, which TOML requires."""
    start = line.start() + (1 if line[1] == "#" else 2)
    text = line.string[start : line.end()]
    return SourcePart(f"{text[:-1]}\n" if text.endswith("\r") else text, start, line.end())


def _blocks(text: str) -> Iterator[_Block]:
    """Yield the blocks of all types; an opening line in a block of another type starts none."""
    block: _Block | None = None
    # The last match is always empty: it ends the last block.
    for line in _LINE.finditer(text):
        if block is not None and block.add(line):
            continue
        if block is not None:
            yield block
        block = _Block(line) if _OPENING.fullmatch(line[1]) else None
