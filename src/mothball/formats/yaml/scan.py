"""Scan YAML files: nodes, comments, and the mapping from scalar values to source positions.

PyYAML decodes scalars but does not record the positions of their characters; these are reconstructed here (YAML 1.1,
"Flow Scalar Styles").
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

# Characters that YAML forbids, and the byte-order mark, which would shift all positions.
_UNPRINTABLE = re.compile("[^\t\n\r -~\x85\xa0-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]")
_LINE_END = re.compile(r"[\r\n]|\Z")
_DIRECTIVE = r"(?i)mothball"
_BEFORE_COMMENT = " \t\"',[]{}"
_ESCAPE = re.compile(r"\\(?:x[0-9A-Fa-f]{2}|u[0-9A-Fa-f]{4}|U[0-9A-Fa-f]{8}|[^\r\n])")
_QUOTE = re.compile("''")
# Decoded short escapes by the character after the backslash; any other character stands for itself.
_SHORT_ESCAPES = dict(zip("0abt\tnvfreN_LP", "\0\a\b\t\t\n\v\f\r\x1b\x85\xa0\u2028\u2029", strict=True))
_WORD = re.compile(r"\S+")
_MAX_SHOWN = 100


class YamlScan:
    """A valid YAML file."""

    def __init__(self, text: str, parsed: ParsedYaml) -> None:
        """Initialize with a text and its parse result."""
        self._text = text
        self._parsed = parsed

    @property
    def documents(self) -> tuple[YamlNode, ...]:
        """The documents of the file."""
        return self._parsed.documents

    def content(self, scalar: YamlScalar) -> SourceMap | None:
        """Return the value of ``scalar`` with its mapping to source positions.

        Return None if the positions cannot be reconstructed, as for escapes in a multi-line string.
        """
        return _content(self._text, scalar.span, scalar.value)

    def comments(self) -> tuple[list[IgnoreComment], list[ParseProblem]]:
        """Return the ignore comments of the file, and the problems of invalid ones."""
        comments = [read_comment(self._text, span) for span in self._comment_spans()]
        ignores = [comment for comment in comments if isinstance(comment, IgnoreComment)]
        return ignores, [comment for comment in comments if isinstance(comment, ParseProblem)]

    def _comment_spans(self) -> Iterator[Span]:
        """Yield the spans of comments that contain the name of mothball, from the ``#`` to the end of the line."""
        text = self._text
        end = 0
        for mention in re.finditer(_DIRECTIVE, text) if may_hold_ignore_comment(text) else ():
            if mention.start() < end:  # the line was already searched
                continue
            start = max(text.rfind("\n", end, mention.start()), text.rfind("\r", end, mention.start()), end - 1) + 1
            line_end = _LINE_END.search(text, mention.start())
            end = line_end.start() if line_end else len(text)
            comment = _comment_start(text, Span(start, end), self._parsed.scalars)
            if comment is not None:
                yield Span(comment, end)


def scan_yaml(format_name: str, text: str) -> YamlScan | Document:
    """Scan ``text``, which has no byte-order mark; return a broken document if it is no valid YAML.

    Never raises, and takes time linear in the text.
    """
    unprintable = _UNPRINTABLE.search(text)
    if unprintable is not None:
        error: YamlError | None = YamlError(unprintable.start(), "control character")
    else:
        parsed = read_yaml(text)
        error = parsed.error
        # In brackets, conflict markers are valid YAML scalars.
        if error is None and find_conflict_marker(text) is None:
            return YamlScan(text, parsed)
    message = one_line(error.message, _MAX_SHOWN) if error else ""
    return broken_document(format_name, text, error.offset if error else 0, f"invalid YAML: {message}")


def _comment_start(text: str, line: Span, scalars: tuple[Span, ...]) -> int | None:
    """Return the start of the comment on ``line``: a ``#`` outside of scalars, after white space or the end of a token.

    YAML requires white space before the ``#``; PyYAML, which pre-commit and conda use, does not.
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
    """Map ``value``, the decoded scalar at ``span``, to its positions in ``text``."""
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
    """Decode the escapes in a quoted string."""
    parts: list[SourcePart] = []
    position = inner.start
    for escape in (_ESCAPE if quote == '"' else _QUOTE).finditer(text, *inner):
        parts.append(SourcePart(text[position : escape.start()], position, escape.start()))
        parts.append(SourcePart(_decode_escape(escape[0]), *escape.span()))
        position = escape.end()
    parts.append(SourcePart(text[position : inner.end], position, inner.end))
    return source_map(parts)


def _decode_escape(escape: str) -> str:
    if escape == "''":
        return "'"
    if len(escape) == 2:
        return _SHORT_ESCAPES.get(escape[1], escape[1])
    code_point = int(f"0x{escape[2:]}", 0)
    return chr(code_point) if code_point < 0x110000 else "\ufffd"


def _folded(text: str, inner: Span, value: str) -> SourceMap | None:
    """Map ``value`` word by word: line folding changes only white space."""
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
