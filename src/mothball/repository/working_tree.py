"""Read files of a working tree that has no symbolic links (``core.symlinks=false``, the usual case on Windows).

git writes each link as a text file that contains the path of the target.
"""

from __future__ import annotations

import os
from collections.abc import Mapping

from mothball.model.errors import GitError, UnreadableFileError
from mothball.repository.files import DISK, MAX_FILE_SIZE, Tree
from mothball.repository.paths import decoded, is_inside, repository_root

_MAX_LINKS = 40
# PATH_MAX of Linux, in bytes.
_MAX_TARGET = 4096


class PlaceholderTree(Tree):
    """The disk, with some text files that stand for links."""

    def __init__(self, root: str, links: Mapping[str, str]) -> None:
        """Initialize the tree of the repository at ``root``; ``links`` has the absolute path of each link's target."""
        self._root = root
        self._links = links

    def is_file(self, path: str) -> bool:
        """Return True if ``path`` is a regular file or a link to one."""
        target = self._target(path)
        return target is not None and super().is_file(target)

    def is_directory(self, path: str) -> bool:
        """Return True if ``path`` is a directory or a link to one."""
        target = self._target(path)
        return target is not None and super().is_directory(target)

    def is_link(self, path: str) -> bool:
        """Return True if ``path`` is a symbolic link, or a text file that stands for one."""
        return path in self._links or super().is_link(path)

    def real_path(self, path: str) -> str | None:
        """Return ``path`` with all links resolved, None if it does not exist."""
        target = self._target(path)
        return None if target is None else super().real_path(target)

    def leads_outside(self, path: str, directory: str) -> bool:
        """Return True if ``path`` is a link out of ``directory``, or a broken link."""
        if path not in self._links:
            return super().leads_outside(path, directory)
        real = self.real_path(path)
        return real is None or not is_inside(real, os.path.realpath(directory))

    def read(self, path: str, limit: int = MAX_FILE_SIZE) -> bytes:
        """Return the bytes of a file of at most ``limit`` bytes. Raises UnreadableFileError."""
        target = self._target(path)
        if target is None:
            raise UnreadableFileError(path, "no such file")
        return super().read(target, limit)

    def _target(self, path: str) -> str | None:
        """Return the path that ``path`` leads to, None if that is outside the repository or in a circle.

        A path outside is not accessed: on Windows, accessing ``//host/share`` sends a log-in request.
        """
        if path not in self._links:
            return path
        for _ in range(_MAX_LINKS):
            if path not in self._links:
                return path if is_inside(path, self._root) else None
            path = self._links[path]
        return None


def working_tree(directory: str) -> Tree:
    """Return the tree of the files on the disk in the repository around ``directory``."""
    root = repository_root(directory)
    try:
        config = DISK.read(os.path.join(root, ".git", "config")).lower()
    except UnreadableFileError:
        return DISK
    return _placeholder_tree(root) if b"symlinks" in config else DISK


def _placeholder_tree(root: str) -> Tree:
    """Return the tree of the working tree at ``root``; the disk itself if git fails or all links are links."""
    from mothball.repository.git_process import Git  # noqa: PLC0415
    from mothball.repository.git_repository import list_links  # noqa: PLC0415 - rarely needed

    try:
        entries = list_links(Git(root), None)
    except GitError:
        return DISK
    links = {}
    for relative in entries:
        path = os.path.join(root, relative.replace("/", os.sep))
        if os.path.islink(path) or not os.path.isfile(path):
            continue
        try:
            text = decoded(DISK.read(path, _MAX_TARGET))
        except UnreadableFileError:
            continue
        if "\n" not in text:
            links[path] = os.path.normpath(os.path.join(os.path.dirname(path), text))
    return PlaceholderTree(root, links) if links else DISK
