"""Read untrusted files safely: regular files of limited size, and links only within the repository."""

from __future__ import annotations

import errno
import os
import stat
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import lru_cache
from typing import BinaryIO

from mothball.model.errors import GitError, UnreadableFileError, decoding_error
from mothball.model.file_names import PYPROJECT_TOML
from mothball.repository.paths import decoded, is_inside, repository_root

# The largest known lock files have about 10 MB.
MAX_FILE_SIZE = 32 * 1024 * 1024
# Files that make a directory a project.
PROJECT_FILES = (PYPROJECT_TOML, "setup.py", "setup.cfg", "Pipfile", "pixi.toml")
# PATH_MAX of Linux, the largest of the common systems; resolving takes quadratic time in the length.
MAX_PATH_LENGTH = 4096
# The limit of Linux for links that lead to one another.
_MAX_LINKS = 40

# Modification time in nanoseconds, and size in bytes.
Stamp = tuple[int, int]


def read_file(path: str, limit: int = MAX_FILE_SIZE) -> bytes:
    """Return the bytes of the regular file at ``path``; links are followed.

    Raises UnreadableFileError if it is missing, not a regular file, not readable, or larger than ``limit`` bytes.
    """
    try:
        # O_NONBLOCK: opening a FIFO would otherwise block until there is a writer.
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


def read_stream(stream: BinaryIO, name: str, limit: int = MAX_FILE_SIZE) -> bytes:
    """Return the content of ``stream``; ``name`` is the file name for errors. Raises UnreadableFileError."""
    data = stream.read(limit + 1)
    if len(data) > limit:
        raise too_large(name, limit)
    return data


def replace_file(path: str, data: bytes) -> None:
    """Replace the content of the file at ``path`` atomically.

    If ``path`` is a link, its target is written. The mode is kept, and the owner if permitted. A device or pipe, such
    as /dev/stdout, is written to and not replaced. Raises OSError, also if the existing file is not writable; the file
    is unchanged then.
    """
    if os.path.exists(path) and not os.path.isfile(path):
        with open(path, "wb") as stream:
            stream.write(data)
        return
    path = os.path.realpath(path)
    before = os.stat(path) if os.path.exists(path) else None
    if before and not os.access(path, os.W_OK):
        # Replacing needs write access to the directory only, but a read-only file must stay protected.
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), path)
    temporary = f"{path}.{os.getpid()}.new"
    try:
        with open(temporary, "xb") as file:
            if before:
                if sys.platform != "win32":
                    with suppress(OSError):  # only root may change the owner
                        os.chown(temporary, before.st_uid, before.st_gid)
                os.chmod(temporary, stat.S_IMODE(before.st_mode))
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except FileExistsError:
        # The temporary file belongs to another process: keep it.
        raise
    except BaseException:
        with suppress(OSError):
            os.unlink(temporary)
        raise


class Tree:
    """A source of files: this class reads the disk, ``GitTree`` a git tree. All paths are absolute."""

    is_on_disk = True

    def exists(self, path: str) -> bool:
        """Return True if ``path`` exists, even as a broken link."""
        return os.path.lexists(path)

    def is_file(self, path: str) -> bool:
        """Return True if ``path`` is a regular file or a link to one."""
        return os.path.isfile(self._target(path))

    def is_directory(self, path: str) -> bool:
        """Return True if ``path`` is a directory or a link to one."""
        return os.path.isdir(self._target(path))

    def is_link(self, path: str) -> bool:
        """Return True if ``path`` is a symbolic link."""
        return os.path.islink(path)

    def real_path(self, path: str) -> str | None:
        """Return ``path`` with all links resolved, None if it does not exist."""
        path = self._target(path)
        if len(path) > MAX_PATH_LENGTH:
            return None
        try:
            # The system fails after 40 links or so; realpath would follow a chain of thousands.
            os.stat(path)
            return os.path.realpath(path)
        except (OSError, ValueError):
            return None

    def followed(self, path: str) -> tuple[str, ...]:
        """Return ``path`` and the paths that it leads through if links are followed, if these are known."""
        return path, self.real_path(path) or path

    def leads_outside(self, path: str, directory: str) -> bool:
        """Return True if ``path`` is a link out of ``directory``, or a broken link.

        The two cases are not distinguished: a repository must not be able to find out which files exist outside of it.
        """
        if not self.is_link(path):
            return False
        real = self.real_path(path)
        return real is None or not is_inside(real, os.path.realpath(directory))

    def is_tracked(self, path: str, root: str) -> bool:
        """Return True if git tracks the file at ``path``, which is resolved, in the repository at ``root``."""
        from mothball.repository.git_repository import tracked_paths  # noqa: PLC0415 - rarely needed

        return bool(tracked_paths([path], os.path.realpath(root)))

    def names_in(self, directory: str) -> list[str]:
        """Return the names of all entries of a directory, none if it cannot be listed."""
        try:
            return os.listdir(directory)
        except OSError:
            return []

    def directories_in(self, directory: str) -> list[str]:
        """Return the names of the subdirectories of a directory, without links; none if it cannot be listed."""
        try:
            with os.scandir(directory) as entries:
                return [entry.name for entry in entries if entry.is_dir(follow_symlinks=False)]
        except OSError:
            return []

    def prepare(self, paths: Sequence[str]) -> None:
        """Prefetch the files at ``paths``, if reading many together is faster."""

    def has_content(self, path: str) -> bool:  # noqa: ARG002 - git trees need it
        """Return False if the file at ``path`` was prefetched, but its content is not in this partial clone."""
        return True

    def read(self, path: str, limit: int = MAX_FILE_SIZE) -> bytes:
        """Return the bytes of a file of at most ``limit`` bytes. Raises UnreadableFileError."""
        target = self._target(path)
        if not target:
            raise UnreadableFileError(path, "no such file")
        return read_file(target, limit)

    def read_utf8(self, path: str) -> str:
        """Return the text of a UTF-8 file without byte-order mark. Raises UnreadableFileError."""
        data = self.read(path)
        try:
            return data.decode("utf-8").removeprefix("\ufeff")
        except UnicodeDecodeError as error:
            raise decoding_error(path, data, error) from error

    def _target(self, path: str) -> str:
        """Return the path to read instead of ``path``, empty for none."""
        return path


DISK = Tree()


class PlaceholderTree(Tree):
    """The disk, with some text files that stand for links.

    With ``core.symlinks=false``, the usual case on Windows, git writes each link as a text file that contains the path
    of the target.
    """

    def __init__(self, root: str, links: Mapping[str, str]) -> None:
        """Initialize the tree of the repository at ``root``; ``links`` has the absolute path of each link's target."""
        self._root = root
        self._links = links

    def is_link(self, path: str) -> bool:
        """Return True if ``path`` is a symbolic link, or a text file that stands for one."""
        return path in self._links or super().is_link(path)

    def _target(self, path: str) -> str:
        """Return the path that ``path`` leads to, empty if that is outside the repository or in a circle.

        A path outside is not accessed: on Windows, accessing ``//host/share`` sends a log-in request.
        """
        if path not in self._links:
            return path
        for _ in range(_MAX_LINKS):
            if path not in self._links:
                return path if is_inside(path, self._root) else ""
            path = self._links[path]
        return ""


def working_tree(directory: str) -> Tree:
    """Return the tree of the files on the disk in the repository around ``directory``."""
    root = repository_root(directory)
    path = os.path.join(root, ".git", "config")
    if not os.path.exists(path):  # a directory without a repository, or a linked working tree
        return DISK
    try:
        config = DISK.read(path).lower()
    except UnreadableFileError:
        return DISK
    return _placeholder_tree(root) if b"symlinks" in config else DISK


def _placeholder_tree(root: str) -> Tree:
    """Return the tree of the working tree at ``root``; the disk itself if git fails or all links are links."""
    from mothball.repository.git_process import Git  # noqa: PLC0415
    from mothball.repository.git_repository import Listing  # noqa: PLC0415 - rarely needed

    try:
        entries = Listing(Git(root), None).links()
    except GitError:
        return DISK
    links = {}
    for relative in entries:
        path = os.path.join(root, relative.replace("/", os.sep))
        if os.path.islink(path) or not os.path.isfile(path):
            continue
        try:
            text = decoded(DISK.read(path, MAX_PATH_LENGTH))
        except UnreadableFileError:
            continue
        if "\n" not in text:
            links[path] = os.path.normpath(os.path.join(os.path.dirname(path), text))
    return PlaceholderTree(root, links) if links else DISK


def project_of(path: str, root: str, tree: Tree = DISK) -> str:
    """Return the directory of the project that the file at the absolute ``path`` belongs to.

    This is the nearest directory upward that contains one of ``PROJECT_FILES`` in ``tree``, or else ``root``.
    """
    directory = os.path.dirname(path)
    while directory != root and is_inside(directory, root):
        if any(tree.exists(os.path.join(directory, name)) for name in PROJECT_FILES):
            return directory
        directory = os.path.dirname(directory)
    return root


def stamp_of(path: str) -> Stamp | None:
    """Return a value that changes when the file at ``path`` is modified, None if it does not exist."""
    try:
        status = os.stat(path)
    except (OSError, ValueError):
        return None
    return status.st_mtime_ns, status.st_size


def resolves_inside(path: str, directory: str) -> bool:
    """Return True if the absolute ``path`` exists inside ``directory``, both as written and with all links resolved.

    A path that is outside as written is not accessed: on Windows, accessing ``//host/share`` sends a log-in request.
    """
    real = DISK.real_path(path) if is_inside(path, directory) else None
    return real is not None and is_inside(real, os.path.realpath(directory))


def display_path(path: str) -> str:
    """Return ``path`` for display, with forward slashes.

    It is relative to the working directory if it is below it, or in the same repository; otherwise as given.

    The result never starts with a colon: some CI services interpret lines that start with "::" as commands.
    """
    absolute, working_directory = os.path.abspath(path), os.getcwd()
    is_near = is_inside(absolute, working_directory) or is_inside(absolute, _root_of(working_directory))
    shown = os.path.relpath(absolute, working_directory) if is_near else path
    shown = shown.replace(os.sep, "/")
    return f"./{shown}" if shown.startswith(":") else shown


@lru_cache(maxsize=4)
def _root_of(working_directory: str) -> str:
    return repository_root(working_directory)


def os_error_text(error: OSError | ValueError) -> str:
    """Return the reason why a file could not be opened or read."""
    if isinstance(error, FileNotFoundError):
        return "no such file"
    if isinstance(error, PermissionError):
        return "permission denied"
    if isinstance(error, OSError):
        return f"cannot be read ({error.strerror or error})"
    return "invalid file name"
