"""The exceptions of mothball.

Errors carry fields. ``str(error)`` is built from them and is one line of plain text. ``help`` says what to do, possibly
empty. Untrusted text in a field is sanitized when the message is built.
"""

from __future__ import annotations

from mothball.model.sanitize import one_line


class MothballError(Exception):
    """The base class of all exceptions that mothball raises. ``help`` says what to do."""

    help: str = ""

    def __init__(self, *parts: str, help_text: str = "") -> None:
        """Store the parts of the message, and the remedy."""
        super().__init__(*parts)
        self.help = help_text or self.help

    def __str__(self) -> str:
        """Return the message as one line."""
        return one_line(" ".join(str(part) for part in self.args))

    @property
    def cause(self) -> str:
        """The message without the path of the file."""
        return str(self)


class UsageError(MothballError):
    """The command line is invalid."""


class ConfigError(MothballError):
    """A configuration contains an unknown key or an invalid value.

    ``key`` is the full path of the key, from which the caller that reads the file determines the line.
    """

    def __init__(self, message: str, *, key: tuple[str, ...] = (), help_text: str = "") -> None:
        """Store the message, the path of the key, and the remedy."""
        super().__init__(message, help_text=help_text)
        self.message = message
        self.key = key


class UnreadableFileError(MothballError):
    """A file is missing, not a regular file, too large, or in the wrong encoding."""

    def __init__(self, path: str, cause: str, *, help_text: str = "") -> None:
        """Store the path, the cause and the remedy."""
        super().__init__(path, cause, help_text=help_text)
        self.path = path

    @property
    def cause(self) -> str:
        """The message without the path of the file."""
        return str(self.args[1])

    def __str__(self) -> str:
        """Return ``PATH: CAUSE``."""
        return f"{one_line(self.path)}: {one_line(self.cause)}"


class TooManyEntriesError(Exception):
    """A file has more entries, options or errors than are read; ``args`` are the problems that explain it."""


class BrokenLinkError(UnreadableFileError):
    """A symbolic link leads nowhere, outside the repository, or into a submodule."""


def decoding_error(path: str, data: bytes, error: UnicodeDecodeError) -> UnreadableFileError:
    """Return the error for a file whose content is not in its encoding, with line and byte offset.

    ``data`` are all bytes of the file, including a byte-order mark.
    """
    # `error.start` counts from the end of a byte-order mark if the decoder was not given it.
    start = error.start + len(data) - len(error.object)
    line = data.count(b"\n", 0, start) + 1
    cause = f"not valid {error.encoding.upper()} (line {line}, byte {start})"
    return UnreadableFileError(path, cause, help_text="save it as UTF-8")


class SnapshotError(MothballError):
    """A snapshot is invalid or of an unsupported version."""

    help = "write a new one with `mothball snapshot -o FILE`"


class GitError(MothballError):
    """git is missing, refuses to work in this repository, or cannot find a revision.

    ``detail`` is the error message of git, empty if git did not run.
    """

    def __init__(self, cause: str, *, detail: str = "", help_text: str = "") -> None:
        """Store the cause, git's error message, and the remedy."""
        super().__init__(cause, detail, help_text=help_text)

    def __str__(self) -> str:
        """Return ``CAUSE: DETAIL``."""
        return ": ".join(one_line(part) for part in self.args if part)


class MissingObjectError(GitError):
    """The repository lacks the content of a file, as a partial clone does."""


class PageError(MothballError):
    """An index returned status 200 with content that is not a project page (PEP 503, PEP 691)."""


class CacheError(MothballError):
    """The cache is damaged, read-only, full, locked, or owned by another user: callers continue without it.

    The parts of its message are the directory and the cause.
    """

    def __str__(self) -> str:
        """Return ``cache DIRECTORY cannot be used: CAUSE``."""
        directory, cause = map(one_line, self.args)
        return f"cache {directory} cannot be used: {cause}"


def suggest(name: str, choices: tuple[str, ...]) -> str:
    """Return a sentence that suggests the closest of ``choices`` for a misspelled ``name``, or lists all of them."""
    match = closest(name, choices)
    return f"did you mean `{match}`?" if match else f"expected one of: {', '.join(choices)}"


def closest(name: str, choices: tuple[str, ...]) -> str:
    """Return the one of ``choices`` that a misspelled ``name`` is most similar to, empty if none is similar.

    Upper and lower case are the same.
    """
    from difflib import get_close_matches  # noqa: PLC0415 - only needed for errors

    by_lower_case = {choice.lower(): choice for choice in reversed(choices)}
    # Matching time grows with the length.
    return next((by_lower_case[match] for match in get_close_matches(name[:60].lower(), by_lower_case, n=1)), "")
