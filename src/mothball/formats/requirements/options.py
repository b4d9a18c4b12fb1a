"""The options on one logical line of a requirements file, with the place of each value.

pip splits them by the rules of a POSIX shell and reads them as ``optparse`` does: ``-rFILE``, ``-r FILE``,
``--requirement FILE``, ``--requirement=FILE``, and unambiguous beginnings of long names.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mothball.model.records import NamedTuple
from mothball.model.sanitize import one_line

if TYPE_CHECKING:
    from collections.abc import Sequence


class ShellWord(NamedTuple):
    """One word after shell splitting; ``origins`` holds the offset in the line for each character of ``value``.

    It is never empty: a word without characters has the offsets of what stands for it, its quotes or its option.
    """

    value: str
    origins: Sequence[int]

    def drop(self, count: int) -> ShellWord:
        """Return the word without its first ``count`` characters."""
        return ShellWord(self.value[count:], self.origins[count:] or self.origins)


class PipOption(NamedTuple):
    """An option under its chief name; ``value`` is the option's own word where it takes none."""

    name: str
    value: ShellWord


class OptionError(NamedTuple):
    """Why pip refuses the options of a line, and the word that it refuses them for."""

    word: ShellWord
    message: str
    help: str


# Every option that may stand in a requirements file, and whether it takes a value. Later pips refuse --global-option.
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
_HASH_OPTIONS = tuple(f"--hash={one}" for one in _HASHES)


def find_options_start(line: str) -> int:
    """Return where the options of a logical line begin: its length where it has none.

    They begin at the first dash that opens the line or follows a space; a tab does not count.
    """
    if line.startswith("-"):
        return 0
    space = line.find(" -")
    return len(line) if space < 0 else space + 1


def has_only_hashes(line: str, start: int) -> bool:
    """Return whether ``line[start:]`` is plainly nothing but hashes, with which nothing is wrong."""
    if not line.startswith(_HASH_OPTIONS, start) or _QUOTING.search(line, start) is not None:
        return False
    # Broken at more white space than a shell knows: what is wrong in no part is not wrong in the whole.
    return all(word.startswith(_HASH_OPTIONS) for word in line[start:].split())


def read_options(line: str, start: int) -> tuple[list[PipOption], OptionError | None]:
    """Read the options in ``line[start:]``, and what is wrong with the first that pip refuses.

    pip reads no further then. This does: an index named later on a line that is being typed is still the index. Words
    that belong to no option are passed over, as pip does.
    """
    words = _split_words(line, start)
    if isinstance(words, OptionError):
        return [], words
    options: list[PipOption] = []
    error: OptionError | None = None
    # Next word last, so that taking one is cheap.
    words.reverse()
    while words:
        word = words.pop()
        if word.value == "--":
            break
        if not word.value.startswith("-") or word.value == "-":
            continue
        outcome = _read_long(word, words) if word.value.startswith("--") else _read_short(word, words)
        if isinstance(outcome, PipOption):
            outcome = _check_value(outcome)
        if isinstance(outcome, PipOption):
            options.append(outcome)
        else:
            error = error or outcome
    if error is not None and not error.help:
        error = error._replace(help=_suggestion(error.word.value))
    return options, error


def _read_long(word: ShellWord, rest: list[ShellWord]) -> PipOption | OptionError:
    written, equals, _ = word.value.partition("=")
    name = _full_name(written)
    if name is None:
        return _unknown(word, written)
    if not _TAKES_VALUE[name]:
        if equals:
            return OptionError(word, f"`{name}` does not take a value", f"write `{name}` without a value")
        return PipOption(name, word)
    if equals:
        return PipOption(name, word.drop(len(written) + 1))
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


def _full_name(written: str) -> str | None:
    """Return the option that ``written`` names or begins; None where none does, or several do."""
    if written in _TAKES_VALUE:
        return written
    candidates = [name for name in _TAKES_VALUE if name.startswith(written)]
    return candidates[0] if len(candidates) == 1 else None


def _unknown(word: ShellWord, written: str) -> OptionError:
    return OptionError(word, f"`{one_line(written, 40)}` is not a valid option in a requirements file", "")


def _suggestion(written: str) -> str:
    from difflib import get_close_matches  # noqa: PLC0415 - only a line that is wrong pays for it

    close = get_close_matches(written.partition("=")[0][:40], _TAKES_VALUE, n=1)
    return f"did you mean `{close[0]}`?" if close else "remove it, or correct its spelling"


def _check_value(option: PipOption) -> PipOption | OptionError:
    """Refuse the values that pip refuses."""
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
    """Split ``line[start:]`` as a POSIX shell would, without comments."""
    if _QUOTING.search(line, start) is None:
        return [ShellWord(word[0], range(*word.span())) for word in _UNQUOTED.finditer(line, start)]
    words: list[ShellWord] = []
    position = start
    while position < len(line):
        if line[position] in " \t\r\n":
            position += 1
            continue
        outcome = _read_word(line, position)
        if isinstance(outcome, OptionError):
            return outcome
        word, position = outcome
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
    """Read from a quote to its partner; return the offset behind it, or one beyond the line where there is none."""
    quote = line[position]
    position += 1
    while position < len(line):
        character = line[position]
        if character == quote:
            return position + 1
        # Between double quotes a backslash guards only itself and the quote.
        if quote == '"' and character == "\\" and line[position + 1 : position + 2] in {'"', "\\"}:
            position += 1
        origins.append(position)
        position += 1
    return len(line) + 1
