"""The text of a requirements file: from bytes to characters, from characters to the lines that pip sees.

A logical line may run over several lines of the file, each but the last ending in a backslash. Whatever is found in it
is mapped back to where it stands in the file.
"""

from __future__ import annotations

import codecs
import re
from bisect import bisect_right

from mothball.model import Span
from mothball.records import NamedTuple

# The UTF-32 mark begins with the UTF-16 one, so it is looked for first.
_BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_CODING = rb"coding[:=]\s*+([-\w.]{1,40})"
# Nobody writes files in these; the time that the first two take grows with the square of the text.
_REFUSED_CODECS = frozenset({"idna", "punycode", "raw-unicode-escape", "undefined", "unicode-escape"})


def decode(data: bytes) -> str:
    """Decode a requirements file as pip does: by byte-order mark, else by coding comment (PEP 263), else as UTF-8.

    The coding comment begins one of the first two lines. Where pip falls back to the locale, this raises: what a file
    says must not depend on who reads it. The result holds no byte-order mark. Raises UnicodeDecodeError where the bytes
    are not in the encoding, LookupError where there is no such encoding for text.
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
    raise LookupError(f"{encoding} is no encoding for files")


class LogicalLine(NamedTuple):
    """A line as pip reads it: continuations joined, the comment and the white space around it taken off.

    ``starts`` are the offsets into ``text`` where its pieces begin, and ``sources`` where the same pieces begin in the
    file.
    """

    text: str
    starts: tuple[int, ...]
    sources: tuple[int, ...]

    def span(self, start: int, end: int) -> Span:
        """Return where ``text[start:end]`` stands in the file."""
        if len(self.starts) == 1:
            return Span(self.sources[0] + start, self.sources[0] + end)
        if start == end:
            place = self.source(start)
            return Span(place, place)
        return Span(self.source(start), self.source(end - 1) + 1)

    def source(self, offset: int) -> int:
        """Return where the character at ``offset`` of ``text`` stands in the file."""
        piece = bisect_right(self.starts, offset) - 1
        return self.sources[piece] + offset - self.starts[piece]


class Comment(NamedTuple):
    """A comment from its ``#`` to the end of its physical line, and where the logical line begins that it ends."""

    span: Span
    line_start: int


class Lines(NamedTuple):
    """What a requirements file consists of."""

    logical: tuple[LogicalLine, ...]
    comments: tuple[Comment, ...]
    conflict_marks: tuple[Span, ...]


# Only these three end a line here, as in every editor; pip also breaks at form feeds and U+2028.
_LINE = re.compile(r"([^\r\n]*+)(?:\r\n|\r|\n|\Z)")
_COMMENT = re.compile(r"(?:^|(?<=\s))#")
_CONFLICT_MARKS = frozenset({"<<<<<<<", "|||||||", "=======", ">>>>>>>"})


def split_lines(text: str) -> Lines:
    """Split a decoded requirements file into logical lines, comments and the marks of an unfinished merge.

    A mark stands on a line of its own and ends a continuation, as a comment line does.
    """
    logical: list[LogicalLine] = []
    comments: list[Comment] = []
    marks: list[Span] = []
    pending: list[Span] = []
    for physical in _LINE.finditer(text):
        line = physical[1]
        start, end = physical.span(1)
        is_mark = line[:7] in _CONFLICT_MARKS and line[7:8] in {"", " "}
        bare = line.lstrip()
        if is_mark or bare.startswith("#"):
            place = Span(end - len(bare), end)
            if is_mark:
                marks.append(place)
            else:
                comments.append(Comment(place, pending[0].start if pending else start))
        elif line.endswith("\\"):
            # pip takes the backslashes at the line's beginning away as well.
            body = line.strip("\\")
            leading = len(line) - len(line.lstrip("\\")) if body else 0
            pending.append(Span(start + leading, start + leading + len(body)))
            continue
        elif pending:
            pending.append(Span(start, end))
        elif bare:
            _add_line(line, (0,), (start,), logical, comments)
        if pending:
            _join(text, pending, logical, comments)
            pending.clear()
    return Lines(tuple(logical), tuple(comments), tuple(marks))


def _join(text: str, pieces: list[Span], logical: list[LogicalLine], comments: list[Comment]) -> None:
    """Make one logical line of the pieces of a continued one."""
    starts = []
    length = 0
    for piece in pieces:
        starts.append(length)
        length += piece.end - piece.start
    joined = "".join(piece.of(text) for piece in pieces)
    _add_line(joined, tuple(starts), tuple(piece.start for piece in pieces), logical, comments)


def _add_line(
    text: str, starts: tuple[int, ...], sources: tuple[int, ...], logical: list[LogicalLine], comments: list[Comment]
) -> None:
    """Take the comment and the outer white space off a line, and keep both."""
    comment = _COMMENT.search(text) if "#" in text else None
    if comment is not None:
        at = comment.start()
        piece = bisect_right(starts, at) - 1
        piece_end = starts[piece + 1] if piece + 1 < len(starts) else len(text)
        start = sources[piece] + at - starts[piece]
        comments.append(Comment(Span(start, start + piece_end - at), sources[0]))
        text = text[:at]
    body = text.strip()
    if not body:
        return
    leading = len(text) - len(text.lstrip())
    if len(starts) == 1:
        logical.append(LogicalLine(body, (0,), (sources[0] + leading,)))
    else:
        logical.append(LogicalLine(body, tuple(start - leading for start in starts), sources))
