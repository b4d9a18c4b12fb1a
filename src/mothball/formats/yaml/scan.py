"""YAML files: their nodes, their comments, and where what a scalar says stands in the file.

PyYAML says what a scalar means; where the parts of that stand in the file is found out here (YAML 1.1, "Flow Scalar
Styles").
"""

from __future__ import annotations

import re
from bisect import bisect_right
from operator import attrgetter
from typing import TYPE_CHECKING

from mothball.formats.broken import broken_document, find_conflict_marker
from mothball.formats.ignores import may_hold_ignore_comment, read_comment
from mothball.formats.source_map import SourceMap, SourcePart, source_map
from mothball.formats.yaml.reader import ParsedYaml, YamlError, read_yaml
from mothball.model.document import Document, IgnoreComment, ParseProblem, Span
from mothball.model.sanitize import one_line

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mothball.formats.yaml.nodes import YamlNode, YamlScalar

# What YAML does not allow, and a byte-order mark, which would shift all places.
_UNPRINTABLE = re.compile("[^\t\n\r -~\x85\xa0-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]")
_LINE_END = re.compile(r"[\r\n]|\Z")
_DIRECTIVE = r"(?i)mothball"
_BEFORE_COMMENT = " \t\"',[]{}"
_ESCAPE = re.compile(r"\\(?:x[0-9A-Fa-f]{2}|u[0-9A-Fa-f]{4}|U[0-9A-Fa-f]{8}|[^\r\n])")
_QUOTE = re.compile("''")
# The characters behind a backslash, and what they stand for; any other stands for itself.
_SHORT_ESCAPES = dict(zip("0abt\tnvfreN_LP", "\0\a\b\t\t\n\v\f\r\x1b\x85\xa0\u2028\u2029", strict=True))
_WORD = re.compile(r"\S+")
_MAX_SHOWN = 100


class YamlScan:
    """A YAML file that was read."""

    def __init__(self, text: str, reading: ParsedYaml) -> None:
        """Take the text and what was read of it."""
        self._text = text
        self._reading = reading

    @property
    def documents(self) -> tuple[YamlNode, ...]:
        """The documents of the file; all but the first are rare."""
        return self._reading.documents

    def content(self, scalar: YamlScalar) -> SourceMap | None:
        """Return what ``scalar`` says with the way back to the file.

        None where the two cannot be brought together, which takes escapes in a string that runs over several lines.
        """
        return _content(self._text, scalar.span, scalar.value)

    def comments(self) -> tuple[list[IgnoreComment], list[ParseProblem]]:
        """Return the ignores of the file, and what is wrong with comments that were meant as such."""
        read = [read_comment(self._text, span) for span in self._comments()]
        ignores = [one for one in read if isinstance(one, IgnoreComment)]
        return ignores, [one for one in read if isinstance(one, ParseProblem)]

    def _comments(self) -> Iterator[Span]:
        """Yield the comments in which mothball may be spoken to, each from its ``#`` to the end of its line."""
        text = self._text
        end = 0
        for found in re.finditer(_DIRECTIVE, text) if may_hold_ignore_comment(text) else ():
            if found.start() < end:  # on a line that was read
                continue
            start = max(text.rfind("\n", end, found.start()), text.rfind("\r", end, found.start()), end - 1) + 1
            line_end = _LINE_END.search(text, found.start())
            end = line_end.start() if line_end else len(text)
            comment = _comment_start(text, Span(start, end), self._reading.scalars)
            if comment is not None:
                yield Span(comment, end)


def scan_yaml(format_name: str, text: str) -> YamlScan | Document:
    """Return ``text``, which is without byte-order mark, as it was read, or the document of a text that is no YAML.

    Raises nothing, and takes time linear in the text.
    """
    unprintable = _UNPRINTABLE.search(text)
    if unprintable is not None:
        failure: YamlError | None = YamlError(unprintable.start(), "a control character")
    else:
        reading = read_yaml(text)
        failure = reading.failure
        # In brackets, YAML takes the marks of a conflict for words.
        if failure is None and find_conflict_marker(text) is None:
            return YamlScan(text, reading)
    message = one_line(failure.message, _MAX_SHOWN) if failure else ""
    return broken_document(format_name, text, failure.offset if failure else 0, f"invalid YAML: {message}")


def _comment_start(text: str, line: Span, scalars: tuple[Span, ...]) -> int | None:
    """Return where the comment on ``line`` begins: at a ``#`` in no scalar, behind white space or what ends a token.

    YAML wants white space; PyYAML, which pre-commit and conda read with, does not.
    """
    position = text.find("#", *line)
    while position >= 0:
        before = bisect_right(scalars, position, key=attrgetter("start")) - 1
        scalar_end = scalars[before].end if before >= 0 else 0
        if position >= scalar_end and (position == line.start or text[position - 1] in _BEFORE_COMMENT):
            return position
        position = text.find("#", max(position + 1, scalar_end), line.end)
    return None


def _content(text: str, span: Span, value: str) -> SourceMap | None:
    """Return ``value``, the meaning of the scalar that ``span`` covers in ``text``, as an excerpt of ``text``."""
    quote = text[span.start : span.start + 1]
    inner = Span(span.start + 1, span.end - 1) if quote in {'"', "'"} else span
    written = inner.slice(text)
    if written == value:
        return source_map([SourcePart(value, *inner)])
    if quote in {'"', "'"}:
        decoded = _decoded(text, inner, quote)
        if decoded.text == value:
            return decoded
    return _folded(text, inner, value)


def _decoded(text: str, inner: Span, quote: str) -> SourceMap:
    """Return what stands between the quotes, with its escapes resolved."""
    parts: list[SourcePart] = []
    position = inner.start
    for escape in (_ESCAPE if quote == '"' else _QUOTE).finditer(text, *inner):
        parts.append(SourcePart(text[position : escape.start()], position, escape.start()))
        parts.append(SourcePart(_meaning(escape[0]), *escape.span()))
        position = escape.end()
    parts.append(SourcePart(text[position : inner.end], position, inner.end))
    return source_map(parts)


def _meaning(escape: str) -> str:
    if escape == "''":
        return "'"
    if len(escape) == 2:
        return _SHORT_ESCAPES.get(escape[1], escape[1])
    code_point = int(f"0x{escape[2:]}", 0)
    return chr(code_point) if code_point < 0x110000 else "\ufffd"


def _folded(text: str, inner: Span, value: str) -> SourceMap | None:
    """Find the words of ``value`` one after the other: folding lines changes nothing but the white space."""
    parts: list[SourcePart] = []
    position = inner.start
    offset = 0
    for word in _WORD.finditer(value):
        start = text.find(word[0], position, inner.end)
        if start < 0:
            return None
        parts.append(SourcePart(value[offset : word.start()], position, start))
        position = start + len(word[0])
        parts.append(SourcePart(word[0], start, position))
        offset = word.end()
    parts.append(SourcePart(value[offset:], position, inner.end))
    return source_map(parts)
