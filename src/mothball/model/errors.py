"""Every exception that mothball raises on purpose.

    MothballError
    ├── UsageError             the command line was called wrongly
    ├── ConfigError            a configuration names what we do not know, or contradicts itself
    ├── UnreadableFileError    a file is missing, not a file, too large, or in the wrong encoding
    ├── SnapshotError          a snapshot is not one, or is of another version
    ├── GitError               git is missing, refuses a repository, or lacks what was asked for
    ├── PageError              an index answered with something that is no project page
    └── CacheError             the cache cannot be used; callers go on without it

Errors carry fields; ``str(error)`` is built from them and is one line of plain text. ``help`` is the way out, possibly
empty. Foreign text in a field is cleaned where the message is built.
"""

from __future__ import annotations

from mothball.model.sanitize import one_line


class MothballError(Exception):
    """The root: whatever mothball raises on purpose derives from it."""

    help: str = ""

    def __str__(self) -> str:
        """Return the message: one line, built from the fields."""
        return one_line(" ".join(str(argument) for argument in self.args))


class UsageError(MothballError):
    """The command line was called wrongly."""

    def __init__(self, message: str, *, help_text: str = "") -> None:
        """Keep the message and the way out."""
        super().__init__(message)
        self.help = help_text


class ConfigError(MothballError):
    """A configuration holds what we do not know or cannot use.

    ``key`` is the full path of the offending key, so that whoever knows the file can give its line.
    """

    def __init__(self, message: str, *, key: tuple[str, ...] = (), help_text: str = "") -> None:
        """Keep the message, the path of the key it is about, and the way out."""
        super().__init__(message)
        self.message = message
        self.key = key
        self.help = help_text


class UnreadableFileError(MothballError):
    """A file that was to be read is missing, no regular file, too large, or in the wrong encoding."""

    def __init__(self, path: str, cause: str, *, help_text: str = "") -> None:
        """Keep the path, what was wrong with it, and the way out."""
        super().__init__(path, cause)
        self.path = path
        self.cause = cause
        self.help = help_text

    def __str__(self) -> str:
        """Return ``PATH: CAUSE``."""
        return f"{one_line(self.path)}: {one_line(self.cause)}"


def decoding_error(path: str, data: bytes, error: UnicodeDecodeError) -> UnreadableFileError:
    """Return the error for a file at ``path`` whose bytes, ``data``, are not in its encoding, with line and byte."""
    # A decoder that was given what stands behind a byte-order mark counts from there.
    start = error.start + len(data) - len(error.object)
    line = data.count(b"\n", 0, start) + 1
    cause = f"it is not {error.encoding.upper()} (line {line}, byte {start})"
    return UnreadableFileError(path, cause, help_text="save it as UTF-8")


class SnapshotError(MothballError):
    """A snapshot is no snapshot, is damaged, or is of a version that we do not read."""

    def __init__(self, cause: str, *, help_text: str = "") -> None:
        """Keep what was wrong and the way out."""
        super().__init__(cause)
        self.cause = cause
        self.help = help_text or "write a new one with `mothball snapshot -o FILE`"


class GitError(MothballError):
    """git is missing, refuses to work here, or does not have what was asked for.

    ``detail`` is what git itself said, empty where it did not come to that.
    """

    def __init__(self, cause: str, *, detail: str = "", help_text: str = "") -> None:
        """Keep what was wrong, git's own words, and the way out."""
        super().__init__(cause, detail)
        self.cause = cause
        self.detail = detail
        self.help = help_text

    def __str__(self) -> str:
        """Return ``CAUSE: DETAIL``."""
        return one_line(self.cause) + (f": {one_line(self.detail)}" if self.detail else "")


class PageError(MothballError):
    """An index answered 200 with something that is no project page (PEP 503, PEP 691)."""

    def __init__(self, detail: str) -> None:
        """Keep what was wrong with the page."""
        super().__init__(detail)
        self.detail = detail


class CacheError(MothballError):
    """The cache cannot be used: damaged, read-only, full, locked, or owned by somebody else."""

    def __init__(self, directory: str, cause: str, *, help_text: str = "") -> None:
        """Keep the cache's directory, what was wrong with it, and the way out."""
        super().__init__(directory, cause)
        self.directory = directory
        self.cause = cause
        self.help = help_text

    def __str__(self) -> str:
        """Return ``cache DIRECTORY cannot be used: CAUSE``."""
        return f"cache {one_line(self.directory)} cannot be used: {one_line(self.cause)}"


def suggest(word: str, known: tuple[str, ...]) -> str:
    """Return a sentence that leads from a misspelt ``word`` to what is ``known``."""
    from difflib import get_close_matches  # noqa: PLC0415 - only ever needed on the way to an error

    # No word of ours is half as long, and comparing grows with the length.
    close = get_close_matches(word[:60], known, n=1)
    return f"did you mean `{close[0]}`?" if close else f"known are {', '.join(known)}"
