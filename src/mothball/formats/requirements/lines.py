"""Decode requirements files and split them into the logical lines of pip.

A logical line may consist of several lines of the file, joined by trailing backslashes. Offsets in a logical line are
mapped back to the file.
"""

from __future__ import annotations

import codecs
import re
from bisect import bisect_right
from itertools import accumulate
from typing import TYPE_CHECKING

from mothball.model.document import Span
from mothball.model.records import NamedTuple, make

if TYPE_CHECKING:
    from collections.abc import Iterator

# The UTF-32-LE mark begins with the UTF-16-LE mark, so it must come first.
_BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_CODING = rb"coding[:=]\s*+([-\w.]{1,40})"
# Not encodings of text files; decoding the first two takes quadratic time.
_REFUSED_CODECS = frozenset({"idna", "punycode", "raw-unicode-escape", "undefined", "unicode-escape"})


def decode(data: bytes) -> str:
    """Decode a requirements file as pip does: by byte-order mark, else by coding comment (PEP 263), else as UTF-8.

    The coding comment must start one of the first two lines. The result has no byte-order mark. Raises
    UnicodeDecodeError if the content is not valid in its encoding (pip would fall back to the locale, so its result
    depends on the machine), and LookupError, with a message for users, if the encoding is not supported.
    """
    for mark, encoding in _BYTE_ORDER_MARKS:
        if data.startswith(mark):
            return data[len(mark) :].decode(encoding).removeprefix("\ufeff")
    for line in data.split(b"\n", 2)[:2]:
        if line.startswith(b"#") and (coding := re.search(_CODING, line)):
            return _decode_as(coding[1].decode("ascii"), data).removeprefix("\ufeff")
    return data.decode("utf-8")


def _decode_as(encoding: str, data: bytes) -> str:
    try:
        if codecs.lookup(encoding).name not in _REFUSED_CODECS:
            return data.decode(encoding)
    except LookupError:
        pass
    raise LookupError(f"unsupported encoding in its coding line: {encoding}")


class LogicalLine(NamedTuple):
    """A logical line: continuations joined, without its comment and surrounding white space.

    ``starts`` are the offsets of its pieces in ``text``, ``sources`` the offsets of the same pieces in the file.
    """

    text: str
    starts: tuple[int, ...]
    sources: tuple[int, ...]

    def offset(self, end: int) -> int | None:
        """Return the file offset of ``text`` if ``text[:end]`` is in the first piece, else None."""
        if len(self.starts) == 1 or end <= self.starts[1]:
            return self.sources[0] - self.starts[0]
        return None

    def span(self, start: int, end: int) -> Span:
        """Return the file range of ``text[start:end]``."""
        if len(self.starts) == 1:
            return Span(self.sources[0] + start, self.sources[0] + end)
        if start == end:
            offset = self.source(start)
            return Span(offset, offset)
        return Span(self.source(start), self.source(end - 1) + 1)

    def source(self, offset: int) -> int:
        """Return the file offset of the character at ``offset`` of ``text``."""
        piece = bisect_right(self.starts, offset) - 1
        return self.sources[piece] + offset - self.starts[piece]


class Comment(NamedTuple):
    """A comment from its ``#`` to the end of the line, and the file offset of its logical line."""

    span: Span
    line_start: int


# A line ends at \r\n, \r or \n, as in editors; pip also breaks lines at form feeds and U+2028.
_LINE = re.compile(r"([^\r\n]*+)(?:\r\n|\r|\n|\Z)")
_COMMENT = re.compile(r"(?:^|(?<=\s))#")
_CONFLICT_MARKERS = frozenset({"<<<<<<<", "|||||||", "=======", ">>>>>>>"})
_ONE_PIECE = (0,)


def logical_lines(text: str, comments: list[Comment], conflict_markers: list[Span]) -> Iterator[LogicalLine]:
    """Yield the logical lines of a decoded requirements file.

    Append its comments to ``comments`` and its merge conflict markers to ``conflict_markers``. Like a comment line, a
    line with a conflict marker ends a continuation.
    """
    # The pieces of a continued line and their file offsets.
    pieces: list[str] = []
    sources: list[int] = []
    for line, start in _physical_lines(text):
        if line[:1].isalnum() and "#" not in line and line[-1] != "\\" and not pieces:  # fast path
            yield make(LogicalLine, (line.rstrip(), _ONE_PIECE, (start,)))
            continue
        is_conflict_marker = line[:7] in _CONFLICT_MARKERS and line[7:8] in {"", " "}
        bare = line.lstrip()
        if is_conflict_marker or bare.startswith("#"):
            end = start + len(line)
            span = Span(end - len(bare), end)
            if is_conflict_marker:
                conflict_markers.append(span)
            else:
                comments.append(Comment(span, sources[0] if pieces else start))
        elif line.endswith("\\"):
            # pip also strips backslashes at the beginning of the line.
            body = line.strip("\\")
            sources.append(start + (len(line) - len(line.lstrip("\\")) if body else 0))
            pieces.append(body)
            continue
        elif pieces:
            sources.append(start)
            pieces.append(line)
        elif bare:
            yield from _strip_comment(line, _ONE_PIECE, (start,), comments)
        if pieces:
            starts = tuple(accumulate(map(len, pieces[:-1]), initial=0))
            yield from _strip_comment("".join(pieces), starts, tuple(sources), comments)
            pieces, sources = [], []


def _physical_lines(text: str) -> Iterator[tuple[str, int]]:
    """Yield each line without its line ending, and its offset; an empty last line ends any continuation."""
    if "\r" in text:
        for line in _LINE.finditer(text):
            yield line[1], line.start()
        return
    start = 0
    for content in text.split("\n"):
        yield content, start
        start += len(content) + 1
    yield "", len(text)


def _strip_comment(
    text: str, starts: tuple[int, ...], sources: tuple[int, ...], comments: list[Comment]
) -> Iterator[LogicalLine]:
    """Append the comment of a line to ``comments`` and yield the line without it, unless it is empty."""
    comment = _COMMENT.search(text) if "#" in text else None
    if comment is not None:
        comment_start = comment.start()
        piece = bisect_right(starts, comment_start) - 1
        piece_end = starts[piece + 1] if piece + 1 < len(starts) else len(text)
        start = sources[piece] + comment_start - starts[piece]
        comments.append(Comment(Span(start, start + piece_end - comment_start), sources[0]))
        text = text[:comment_start]
    body = text.strip()
    if not body:
        return
    leading = len(text) - len(text.lstrip())
    if len(starts) == 1:
        yield LogicalLine(body, _ONE_PIECE, (sources[0] + leading,))
    else:
        yield LogicalLine(body, tuple(start - leading for start in starts) if leading else starts, sources)
