"""The text of a requirements file: from bytes to characters, from characters to the lines that pip sees.

A logical line may run over several lines of the file, each but the last ending in a backslash. Whatever is found in it
is mapped back to where it stands in the file.
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
    raise LookupError(f"unsupported encoding in its coding line: {encoding}")


class LogicalLine(NamedTuple):
    """A line as pip reads it: continuations joined, the comment and the white space around it taken off.

    ``starts`` are the offsets into ``text`` where its pieces begin, and ``sources`` where the same pieces begin in the
    file.
    """

    text: str
    starts: tuple[int, ...]
    sources: tuple[int, ...]

    def offset(self, end: int) -> int | None:
        """Return where ``text`` would begin if all of ``text[:end]`` stood in one piece; None where it does not."""
        if len(self.starts) == 1 or end <= self.starts[1]:
            return self.sources[0] - self.starts[0]
        return None

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


# Only these three end a line here, as in every editor; pip also breaks at form feeds and U+2028.
_LINE = re.compile(r"([^\r\n]*+)(?:\r\n|\r|\n|\Z)")
_COMMENT = re.compile(r"(?:^|(?<=\s))#")
_CONFLICT_MARKS = frozenset({"<<<<<<<", "|||||||", "=======", ">>>>>>>"})
_ONE_PIECE = (0,)


def logical_lines(text: str, comments: list[Comment], marks: list[Span]) -> Iterator[LogicalLine]:
    """Yield the logical lines of a decoded requirements file, and put down its comments and the marks of a merge.

    A mark, of a merge that is not finished, stands on a line of its own and ends a continuation, as a comment line
    does.
    """
    # The pieces of a continued line, and where they begin in the file.
    pieces: list[str] = []
    sources: list[int] = []
    for line, start in _physical_lines(text):
        if line[:1].isalnum() and "#" not in line and line[-1] != "\\" and not pieces:  # as nearly always
            yield make(LogicalLine, (line.rstrip(), _ONE_PIECE, (start,)))
            continue
        is_mark = line[:7] in _CONFLICT_MARKS and line[7:8] in {"", " "}
        bare = line.lstrip()
        if is_mark or bare.startswith("#"):
            end = start + len(line)
            place = Span(end - len(bare), end)
            if is_mark:
                marks.append(place)
            else:
                comments.append(Comment(place, sources[0] if pieces else start))
        elif line.endswith("\\"):
            # pip takes the backslashes at the line's beginning away as well.
            body = line.strip("\\")
            sources.append(start + (len(line) - len(line.lstrip("\\")) if body else 0))
            pieces.append(body)
            continue
        elif pieces:
            sources.append(start)
            pieces.append(line)
        elif bare:
            yield from _bare_line(line, _ONE_PIECE, (start,), comments)
        if pieces:
            starts = tuple(accumulate(map(len, pieces[:-1]), initial=0))
            yield from _bare_line("".join(pieces), starts, tuple(sources), comments)
            pieces, sources = [], []


def _physical_lines(text: str) -> Iterator[tuple[str, int]]:
    """Yield each line without its end, and where it begins; the last one is empty, and ends what goes on until then."""
    if "\r" in text:
        for found in _LINE.finditer(text):
            yield found[1], found.start()
        return
    start = 0
    for line in text.split("\n"):
        yield line, start
        start += len(line) + 1
    yield "", len(text)


def _bare_line(
    text: str, starts: tuple[int, ...], sources: tuple[int, ...], comments: list[Comment]
) -> Iterator[LogicalLine]:
    """Yield a line without its comment, which is put down, and outer white space; nothing where nothing is left."""
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
        yield LogicalLine(body, _ONE_PIECE, (sources[0] + leading,))
    else:
        yield LogicalLine(body, tuple(start - leading for start in starts) if leading else starts, sources)
