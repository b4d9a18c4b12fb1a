"""Split requirements files into the logical lines of pip, and these into entry and options.

A logical line may consist of several lines of the file, joined by trailing backslashes. Offsets in a logical line are
mapped back to the file. pip splits options like a POSIX shell and parses them with ``optparse``: ``-rFILE``,
``-r FILE``, ``--requirement FILE``, ``--requirement=FILE``, and unambiguous abbreviations of long names.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from itertools import accumulate
from typing import TYPE_CHECKING

from mothball.formats.broken import CONFLICT_MARKERS
from mothball.model.document import Span
from mothball.model.records import NamedTuple, make
from mothball.model.sanitize import one_line

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


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
        is_conflict_marker = line[:7] in CONFLICT_MARKERS and line[7:8] in {"", " "}
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


# --- options ----------------------------------------------------------------------------------------------------------


class ShellWord(NamedTuple):
    """One word after shell splitting; ``origins`` has the offset in the line of each character of ``value``.

    ``origins`` is never empty: for an empty value it has the offsets of the quotes or of the option.
    """

    value: str
    origins: Sequence[int]

    def drop(self, count: int) -> ShellWord:
        """Return the word without its first ``count`` characters."""
        return ShellWord(self.value[count:], self.origins[count:] or self.origins)


class PipOption(NamedTuple):
    """An option by its canonical long name; ``value`` is the option itself if it takes no value."""

    name: str
    value: ShellWord


class OptionError(NamedTuple):
    """The reason why pip rejects the options of a line, and the rejected word."""

    word: ShellWord
    message: str
    help: str


# All options valid in a requirements file. Newer versions of pip reject --global-option.
_WITH_VALUE = frozenset(
    {"--all-releases", "--config-settings", "--constraint", "--editable", "--extra-index-url", "--find-links"}
    | {"--global-option", "--hash", "--index-url", "--no-binary", "--only-binary", "--only-final", "--pypi-url"}
    | {"--requirement", "--trusted-host", "--use-feature"}
)
_FLAGS = frozenset({"--no-index", "--no-require-hashes", "--pre", "--prefer-binary", "--require-hashes"})
_SHORT = {
    "-C": "--config-settings",
    "-c": "--constraint",
    "-e": "--editable",
    "-f": "--find-links",
    "-i": "--index-url",
    "-r": "--requirement",
}
# The spellings without abbreviations.
OPTIONS_WITH_VALUE = _WITH_VALUE | _SHORT.keys()
_HASHES = ("sha256:", "sha384:", "sha512:")
_HASH_OPTIONS = tuple(f"--hash={algorithm}" for algorithm in _HASHES)


def find_options_start(line: str) -> int:
    """Return the offset of the options of a logical line, or its length if it has none.

    Options begin at the first dash at the start of the line or after a space (not after a tab).
    """
    if line.startswith("-"):
        return 0
    space = line.find(" -")
    return len(line) if space < 0 else space + 1


def has_only_hashes(line: str, start: int) -> bool:
    """Return True if ``line[start:]`` consists of valid ``--hash`` options only; False if in doubt."""
    if not line.startswith(_HASH_OPTIONS, start) or _QUOTING.search(line, start) is not None:
        return False
    # str.split() splits at more characters than a shell. If every part is a valid hash, so is every shell word.
    return all(word.startswith(_HASH_OPTIONS) for word in line[start:].split())


def read_options(line: str, start: int) -> tuple[list[PipOption], OptionError | None, ShellWord | None]:
    """Parse the options in ``line[start:]``.

    Return them, the error of the first one that pip rejects, and the first word that pip ignores: one that belongs to
    no option, or follows ``--``. Unlike pip, continue after an error: an index option later on an incomplete line still
    counts.
    """
    words = _split_words(line, start)
    if isinstance(words, OptionError):
        return [], words, None
    ignored: ShellWord | None = None
    options: list[PipOption] = []
    error: OptionError | None = None
    # Reversed, so that the next word can be popped from the end.
    words.reverse()
    while words:
        word = words.pop()
        if not word.value.startswith("-") or word.value in ("-", "--"):
            ignored = ignored or word
            if word.value == "--":
                break
            continue
        result = _read_option(word, words, needs_help=error is None)
        if isinstance(result, PipOption):
            options.append(result)
        else:
            error = error or result
    return options, error, ignored


def _read_option(word: ShellWord, rest: list[ShellWord], *, needs_help: bool) -> PipOption | OptionError:
    """Parse the option at ``word``, whose value may be the last word of ``rest``."""
    if word.value.startswith("--"):
        spelling, equals, _ = word.value.partition("=")
        name = _full_name(spelling)
        value_start = len(spelling) + 1 if equals else 0
    else:
        spelling, name = word.value, _SHORT.get(word.value[:2])
        value_start = 2 if len(spelling) > 2 else 0
    if name is None:
        message = f"`{one_line(spelling, 40)}` is not a valid option in a requirements file"
        return OptionError(word, message, _suggestion(word.value) if needs_help else "")
    if name in _FLAGS:
        if value_start:
            return OptionError(word, f"`{name}` does not take a value", f"write `{name}` without a value")
        return PipOption(name, word)
    if not value_start and not rest:
        return OptionError(word, f"`{one_line(word.value, 40)}` needs a value", f"write `{name} VALUE`")
    return _checked(name, word.drop(value_start) if value_start else rest.pop())


def _checked(name: str, value: ShellWord) -> PipOption | OptionError:
    """Return the option, or an error if pip rejects its value."""
    if name == "--hash" and not value.value.startswith(_HASHES):
        return OptionError(value, "`--hash` needs a sha256, sha384 or sha512 hash", "write `--hash=sha256:…`")
    if name == "--config-settings" and "=" not in value.value:
        return OptionError(value, "`--config-settings` needs a key and a value", "write `--config-settings=KEY=VALUE`")
    if name in {"--requirement", "--constraint"} and not value.value:
        return OptionError(value, f"`{name}` needs a file name", f"write `{name} FILE`")
    return PipOption(name, value)


def _full_name(spelling: str) -> str | None:
    """Return the option with the name or unambiguous abbreviation ``spelling``, or None."""
    options = _WITH_VALUE | _FLAGS
    candidates = [spelling] if spelling in options else [name for name in options if name.startswith(spelling)]
    return candidates[0] if len(candidates) == 1 else None


def _suggestion(spelling: str) -> str:
    from difflib import get_close_matches  # noqa: PLC0415 - only needed for errors

    close = get_close_matches(spelling.partition("=")[0][:40], _WITH_VALUE | _FLAGS, n=1)
    return f"did you mean `{close[0]}`?" if close else "remove it, or correct its spelling"


# --- words ------------------------------------------------------------------------------------------------------------

_QUOTING = re.compile(r"[\"'\\]")
# The next patterns are compiled when they are needed. A word consists of plain characters, escaped ones and strings.
_UNQUOTED = r"[^ \t\r\n]++"
_WORD_PART = r"""([^ \t\r\n"'\\]++)|\\((?s:.))|'([^']*+)'|"((?>(?:[^"\\]++|\\(?s:.))*))\""""
# In double quotes, a backslash escapes only itself and the quote.
_IN_DOUBLE_QUOTES = r"\\([\"\\])|((?s:.))"
_DOUBLE_QUOTED = 4


def _split_words(line: str, start: int) -> list[ShellWord] | OptionError:
    """Split ``line[start:]`` like a POSIX shell, without support for comments."""
    if _QUOTING.search(line, start) is None:
        return [ShellWord(word[0], range(*word.span())) for word in re.compile(_UNQUOTED).finditer(line, start)]
    words: list[ShellWord] = []
    word_part = re.compile(_WORD_PART)
    position = start
    while position < len(line):
        first = position
        origins: list[int] = []
        while part := word_part.match(line, position):
            span = part.span(part.lastindex or 0)
            if part.lastindex == _DOUBLE_QUOTED:
                characters = re.compile(_IN_DOUBLE_QUOTES).finditer(line, *span)
                origins += (character.start(character.lastindex or 0) for character in characters)
            else:
                origins += range(*span)
            position = part.end()
        if position > first:
            words.append(ShellWord("".join(map(line.__getitem__, origins)), origins or range(first, position)))
        if line[position : position + 1] in {'"', "'", "\\"}:
            what = ("trailing backslash", "remove the backslash")
            if line[position] != "\\":
                what = ("unclosed quote", "close the quote")
            return OptionError(ShellWord(line[position:], range(position, len(line))), *what)
        position += 1
    return words
