"""Reading files that somebody else wrote: regular ones of a sane size, inside the repository where that matters."""

from __future__ import annotations

import errno
import os
import stat
import sys
from collections.abc import Sequence
from contextlib import suppress
from typing import BinaryIO

from mothball.model.errors import UnreadableFileError, decoding_error
from mothball.model.file_names import PYPROJECT_TOML
from mothball.repository.paths import is_inside, repository_root

__all__ = [
    "DISK",
    "MAX_FILE_SIZE",
    "PROJECT_FILES",
    "Tree",
    "display_path",
    "is_inside",
    "leads_outside",
    "os_error_text",
    "project_of",
    "read_file",
    "read_stream",
    "read_utf8",
    "real_path",
    "replace_file",
    "repository_root",
    "resolves_inside",
    "too_large",
]

# The largest lock files seen are some 10 MB; beyond this something is wrong, or somebody means harm.
MAX_FILE_SIZE = 32 * 1024 * 1024
# What makes a directory a project of its own.
PROJECT_FILES = (PYPROJECT_TOML, "setup.py", "setup.cfg", "Pipfile", "pixi.toml")
# What Linux takes, and the most of all systems that people meet; resolving costs the square of the length.
MAX_PATH_LENGTH = 4096


# When a file was changed last, in nanoseconds, and its size.
Stamp = tuple[int, int]


def read_file(path: str, limit: int = MAX_FILE_SIZE) -> bytes:
    """Return the bytes of the regular file at ``path``; links are followed.

    Raises UnreadableFileError when it is missing, no regular file, not readable, or larger than ``limit`` bytes.
    """
    try:
        # Opening a FIFO would wait for a writer for ever, were it not for O_NONBLOCK.
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    except (OSError, ValueError) as error:
        raise UnreadableFileError(path, os_error_text(error)) from error
    try:
        mode = os.fstat(descriptor).st_mode
        if not stat.S_ISREG(mode):
            raise UnreadableFileError(path, "is a directory" if stat.S_ISDIR(mode) else "not a regular file")
        with open(descriptor, "rb", closefd=False) as file:
            data = file.read(limit + 1)
    except OSError as error:
        raise UnreadableFileError(path, os_error_text(error)) from error
    finally:
        os.close(descriptor)
    if len(data) > limit:
        raise too_large(path, limit)
    return data


def too_large(path: str, limit: int) -> UnreadableFileError:
    """Return the error for a file that is larger than ``limit`` bytes."""
    return UnreadableFileError(path, f"larger than {limit // (1024 * 1024)} MiB")


def read_utf8(path: str) -> str:
    """Return the text of the UTF-8 file at ``path`` without a byte-order mark; line endings stay as they are.

    Raises UnreadableFileError.
    """
    return DISK.read_utf8(path)


def read_stream(stream: BinaryIO, name: str, limit: int = MAX_FILE_SIZE) -> bytes:
    """Return the bytes that ``stream``, which stands for the file ``name``, holds; limited as a file is."""
    data = stream.read(limit + 1)
    if len(data) > limit:
        raise too_large(name, limit)
    return data


def replace_file(path: str, data: bytes) -> None:
    """Write ``data`` to the file at ``path`` in one step: whoever reads it gets all of the old or all of the new.

    Where ``path`` is a link, the file that it leads to is written. Mode and, as far as we may, owner are kept. Raises
    OSError, also where the file that is there may not be written, and nothing is changed then.
    """
    path = os.path.realpath(path)
    before = os.stat(path) if os.path.exists(path) else None
    if before and not os.access(path, os.W_OK):
        # Its directory may be open to us all the same, but this is how people protect a file.
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), path)
    unfinished = f"{path}.{os.getpid()}.new"
    try:
        with open(unfinished, "xb") as file:
            if before:
                _take_over(unfinished, before)
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(unfinished, path)
    except FileExistsError:
        # Not ours: somebody else is at work, or has put it there.
        raise
    except BaseException:
        with suppress(OSError):
            os.unlink(unfinished)
        raise


def _take_over(path: str, status: os.stat_result) -> None:
    """Give the file at ``path`` the owner and the mode of ``status``."""
    if sys.platform != "win32":
        with suppress(OSError):  # only root may give a file away
            os.chown(path, status.st_uid, status.st_gid)
    os.chmod(path, stat.S_IMODE(status.st_mode))


class Tree:
    """Where files are read from: this one is the disk, others are a tree that git keeps. All paths are absolute."""

    def exists(self, path: str) -> bool:
        """Return whether anything bears this path, be it a link that leads nowhere."""
        return os.path.lexists(path)

    def is_file(self, path: str) -> bool:
        """Return whether ``path`` leads to a regular file."""
        return os.path.isfile(path)

    def is_directory(self, path: str) -> bool:
        """Return whether ``path`` leads to a directory."""
        return os.path.isdir(path)

    def is_link(self, path: str) -> bool:
        """Return whether ``path`` is a symbolic link."""
        return os.path.islink(path)

    def real_path(self, path: str) -> str | None:
        """Return ``path`` with every link followed, None where it leads to nothing that is there."""
        return real_path(path)

    def leads_outside(self, path: str, directory: str) -> bool:
        """Return whether ``path`` is a link that leads out of ``directory``, or nowhere."""
        return leads_outside(path, directory)

    def names_in(self, directory: str) -> list[str]:
        """Return the names of what lies in a directory, none where it cannot be listed."""
        try:
            return os.listdir(directory)
        except OSError:
            return []

    def directories_in(self, directory: str) -> list[str]:
        """Return the names of the directories in a directory, without links; none where it cannot be listed."""
        try:
            with os.scandir(directory) as entries:
                return [entry.name for entry in entries if entry.is_dir(follow_symlinks=False)]
        except OSError:
            return []

    def prepare(self, paths: Sequence[str]) -> None:
        """Get ready for the files at ``paths`` to be read, where it is cheaper to do so for many at once."""

    def read(self, path: str, limit: int = MAX_FILE_SIZE) -> bytes:
        """Return the bytes of a file of at most ``limit`` bytes. Raises UnreadableFileError."""
        return read_file(path, limit)

    def read_utf8(self, path: str) -> str:
        """Return the text of a UTF-8 file without byte-order mark. Raises UnreadableFileError."""
        data = self.read(path)
        try:
            return data.decode("utf-8").removeprefix("\ufeff")
        except UnicodeDecodeError as error:
            raise decoding_error(path, data, error) from error


DISK = Tree()


def project_of(path: str, root: str, tree: Tree = DISK) -> str:
    """Return the directory of the project that the file at the absolute ``path`` belongs to.

    It is the nearest one from the file's own upward that holds one of ``PROJECT_FILES`` in ``tree``, else ``root``.
    """
    directory = os.path.dirname(path)
    while directory != root and is_inside(directory, root):
        if any(tree.exists(os.path.join(directory, name)) for name in PROJECT_FILES):
            return directory
        directory = os.path.dirname(directory)
    return root


def stamp_of(path: str) -> Stamp | None:
    """Return by what to tell later whether the file at ``path`` has changed; None where there is none."""
    try:
        found = os.stat(path)
    except (OSError, ValueError):
        return None
    return found.st_mtime_ns, found.st_size


def real_path(path: str) -> str | None:
    """Return ``path`` with every link followed, None where it leads to nothing that is there."""
    if len(path) > MAX_PATH_LENGTH:
        return None
    try:
        # The system gives up after some forty links; realpath would follow a chain of thousands.
        os.stat(path)
        return os.path.realpath(path)
    except (OSError, ValueError):
        return None


def resolves_inside(path: str, directory: str) -> bool:
    """Return whether the absolute ``path`` lies inside ``directory``, as it is written and with every link followed.

    Nothing outside is touched for what is written as outside: on Windows a look at ``//host/share`` is a log-in there.
    What is not there lies nowhere.
    """
    real = real_path(path) if is_inside(path, directory) else None
    return real is not None and is_inside(real, os.path.realpath(directory))


def leads_outside(path: str, directory: str) -> bool:
    """Return whether ``path`` is a link that leads out of ``directory``, or nowhere.

    The two are not told apart: a repository must not find out by its links what lies on the disk.
    """
    if not os.path.islink(path):
        return False
    real = real_path(path)
    return real is None or not is_inside(real, os.path.realpath(directory))


def display_path(path: str) -> str:
    """Return ``path`` as people give it: relative to the working directory when below it, with forward slashes.

    It never begins with a colon: a line that begins with two is a command to some CI services.
    """
    absolute, here = os.path.abspath(path), os.getcwd()
    shown = os.path.relpath(absolute, here) if is_inside(absolute, here) else path
    shown = shown.replace(os.sep, "/")
    return f"./{shown}" if shown.startswith(":") else shown


def os_error_text(error: OSError | ValueError) -> str:
    """Return in words why a file could not be opened or read."""
    if isinstance(error, FileNotFoundError):
        return "no such file"
    if isinstance(error, PermissionError):
        return "permission denied"
    if isinstance(error, OSError):
        return f"cannot be read ({error.strerror or error})"
    return "invalid file name"
