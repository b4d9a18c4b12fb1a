"""Parse the options on one logical line of a requirements file, with the position of each value.

pip splits them like a POSIX shell and parses them with ``optparse``: ``-rFILE``, ``-r FILE``, ``--requirement FILE``,
``--requirement=FILE``, and unambiguous abbreviations of long names.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mothball.model.records import NamedTuple
from mothball.model.sanitize import one_line

if TYPE_CHECKING:
    from collections.abc import Sequence


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


# All options valid in a requirements file, and whether they take a value. Newer versions of pip reject --global-option.
_TAKES_VALUE = {
    "--all-releases": True,
    "--config-settings": True,
    "--constraint": True,
    "--editable": True,
    "--extra-index-url": True,
    "--find-links": True,
    "--global-option": True,
    "--hash": True,
    "--index-url": True,
    "--no-binary": True,
    "--no-index": False,
    "--no-require-hashes": False,
    "--only-binary": True,
    "--only-final": True,
    "--pre": False,
    "--prefer-binary": False,
    "--pypi-url": True,
    "--require-hashes": False,
    "--requirement": True,
    "--trusted-host": True,
    "--use-feature": True,
}
_SHORT = {
    "-C": "--config-settings",
    "-c": "--constraint",
    "-e": "--editable",
    "-f": "--find-links",
    "-i": "--index-url",
    "-r": "--requirement",
}
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


class ReadOptions(NamedTuple):
    """The options of a line, the error of the first one that pip rejects, and the first word that pip ignores."""

    options: list[PipOption]
    error: OptionError | None = None
    ignored: ShellWord | None = None


def read_options(line: str, start: int) -> ReadOptions:
    """Parse the options in ``line[start:]``.

    Unlike pip, continue after an error: an index option later on an incomplete line still counts. pip ignores words
    that belong to no option, and everything after ``--``.
    """
    words = _split_words(line, start)
    if isinstance(words, OptionError):
        return ReadOptions([], words)
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
        result = _read_long(word, words) if word.value.startswith("--") else _read_short(word, words)
        if isinstance(result, PipOption):
            result = _check_value(result)
        if isinstance(result, PipOption):
            options.append(result)
        else:
            error = error or result
    if error is not None and not error.help:
        error = error._replace(help=_suggestion(error.word.value))
    return ReadOptions(options, error, ignored)


def _read_long(word: ShellWord, rest: list[ShellWord]) -> PipOption | OptionError:
    spelling, equals, _ = word.value.partition("=")
    name = _full_name(spelling)
    if name is None:
        return _unknown(word, spelling)
    if not _TAKES_VALUE[name]:
        if equals:
            return OptionError(word, f"`{name}` does not take a value", f"write `{name}` without a value")
        return PipOption(name, word)
    if equals:
        return PipOption(name, word.drop(len(spelling) + 1))
    return _with_next(name, word, rest)


def _read_short(word: ShellWord, rest: list[ShellWord]) -> PipOption | OptionError:
    name = _SHORT.get(word.value[:2])
    if name is None:
        return _unknown(word, word.value)
    if len(word.value) > 2:
        return PipOption(name, word.drop(2))
    return _with_next(name, word, rest)


def _with_next(name: str, word: ShellWord, rest: list[ShellWord]) -> PipOption | OptionError:
    if not rest:
        return OptionError(word, f"`{one_line(word.value, 40)}` needs a value", f"write `{name} VALUE`")
    return PipOption(name, rest.pop())


def _full_name(spelling: str) -> str | None:
    """Return the option with the name or unambiguous abbreviation ``spelling``, or None."""
    if spelling in _TAKES_VALUE:
        return spelling
    candidates = [name for name in _TAKES_VALUE if name.startswith(spelling)]
    return candidates[0] if len(candidates) == 1 else None


def _unknown(word: ShellWord, spelling: str) -> OptionError:
    return OptionError(word, f"`{one_line(spelling, 40)}` is not a valid option in a requirements file", "")


def _suggestion(spelling: str) -> str:
    from difflib import get_close_matches  # noqa: PLC0415 - only needed for errors

    close = get_close_matches(spelling.partition("=")[0][:40], _TAKES_VALUE, n=1)
    return f"did you mean `{close[0]}`?" if close else "remove it, or correct its spelling"


def _check_value(option: PipOption) -> PipOption | OptionError:
    """Return an error if pip rejects the value of the option."""
    name, value = option
    if name == "--hash" and not value.value.startswith(_HASHES):
        return OptionError(value, "`--hash` needs a sha256, sha384 or sha512 hash", "write `--hash=sha256:…`")
    if name == "--config-settings" and "=" not in value.value:
        return OptionError(value, "`--config-settings` needs a key and a value", "write `--config-settings=KEY=VALUE`")
    if name in {"--requirement", "--constraint"} and not value.value:
        return OptionError(value, f"`{name}` needs a file name", f"write `{name} FILE`")
    return option


# --- words ------------------------------------------------------------------------------------------------------------

_UNQUOTED = re.compile(r"[^ \t\r\n]++")
_QUOTING = re.compile(r"[\"'\\]")
_PLAIN_RUN = re.compile(r"[^ \t\r\n\"'\\]++")


def _split_words(line: str, start: int) -> list[ShellWord] | OptionError:
    """Split ``line[start:]`` like a POSIX shell, without support for comments."""
    if _QUOTING.search(line, start) is None:
        return [ShellWord(word[0], range(*word.span())) for word in _UNQUOTED.finditer(line, start)]
    words: list[ShellWord] = []
    position = start
    while position < len(line):
        if line[position] in " \t\r\n":
            position += 1
            continue
        result = _read_word(line, position)
        if isinstance(result, OptionError):
            return result
        word, position = result
        words.append(word)
    return words


def _read_word(line: str, position: int) -> tuple[ShellWord, int] | OptionError:
    origins: list[int] = []
    first = position
    while position < len(line) and line[position] not in " \t\r\n":
        if run := _PLAIN_RUN.match(line, position):
            origins.extend(range(*run.span()))
            position = run.end()
            continue
        quote = line[position]
        opened = position
        if quote == "\\":
            origins.append(position + 1)
            position += 2
        else:
            position = _read_quoted(line, position, origins)
        if position > len(line):
            rest = ShellWord(line[opened:], range(opened, len(line)))
            return OptionError(rest, *_UNFINISHED["\\" if quote == "\\" else "quote"])
    return ShellWord("".join(map(line.__getitem__, origins)), origins or range(first, position)), position


_UNFINISHED = {
    "\\": ("trailing backslash", "remove the backslash"),
    "quote": ("unclosed quote", "close the quote"),
}


def _read_quoted(line: str, position: int, origins: list[int]) -> int:
    """Read a quoted string; return the offset after the closing quote, or ``len(line) + 1`` if it is missing."""
    quote = line[position]
    position += 1
    while position < len(line):
        character = line[position]
        if character == quote:
            return position + 1
        # In double quotes, a backslash escapes only itself and the quote.
        if quote == '"' and character == "\\" and line[position + 1 : position + 2] in {'"', "\\"}:
            position += 1
        origins.append(position)
        position += 1
    return len(line) + 1
