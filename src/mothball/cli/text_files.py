"""Read and replace text files of a repository."""

from __future__ import annotations

import os

from mothball.formats.table import decode
from mothball.model.errors import UnreadableFileError
from mothball.model.records import NamedTuple
from mothball.repository.files import DISK, read_file, replace_file

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


class TextFile(NamedTuple):
    """A UTF-8 file with its absolute path; the ``text`` has no byte-order mark and is empty if the file is missing."""

    path: str
    text: str
    exists: bool
    has_mark: bool = False


def read_text_file(path: str, root: str | None, suffixes: tuple[str, ...]) -> TextFile:
    """Return the file at ``path``, which may be missing.

    ``root`` is the repository that must contain it, None for a file that the user chose. Raises UnreadableFileError if
    it cannot be read or must not be written: a link in a repository must not make mothball write to .git/config or to
    a script.
    """
    if root is not None and (DISK.leads_outside(path, root) or not os.path.realpath(path).endswith(suffixes)):
        suffix = suffixes[0]
        raise UnreadableFileError(
            path, f"symbolic link to a file outside the repository or without the suffix {suffix}"
        )
    exists = os.path.lexists(path)
    data = read_file(path) if exists else b""
    return TextFile(path, decode("pyproject", path, data), exists, data.startswith(_BYTE_ORDER_MARK))


def replace_text(file: TextFile, text: str) -> None:
    """Replace the content of ``file`` by ``text``. Raises UnreadableFileError."""
    try:
        replace_file(file.path, _BYTE_ORDER_MARK * file.has_mark + text.encode())
    except OSError as error:
        cause = f"cannot write the file ({error.strerror or error})"
        raise UnreadableFileError(file.path, cause, help_text="the file was not changed") from error
