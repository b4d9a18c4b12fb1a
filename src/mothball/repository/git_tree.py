"""Read the tree of a commit, or the index, through the same interface as the disk."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence

from mothball.model.errors import UnreadableFileError
from mothball.repository.files import MAX_FILE_SIZE, Tree, is_inside, too_large
from mothball.repository.git_blobs import Blobs
from mothball.repository.git_repository import Entry, Repository, list_entries

# Linux allows 40 nested links; no real configuration file needs that many.
_MAX_LINKS = 8


class GitTree(Tree):
    """The tree of a commit, or the index. Paths are absolute, below the root of the repository.

    Entries are read from git on demand and cached; ``prefetch`` reads many with one git process. Submodules are
    omitted. Every method may raise GitError.
    """

    def __init__(
        self,
        repository: Repository,
        commit: str | None,
        blobs: Blobs,
        known: Mapping[str, Entry | None],
        *,
        is_listed: bool = False,
    ) -> None:
        """Initialize the tree of ``commit``, or of the index if that is None.

        ``known`` are entries that were already read, by path relative to the root; None stands for a missing file.
        ``is_listed`` states that ``known`` is the complete tree.
        """
        self._repository = repository
        self._commit = commit
        self._blobs = blobs
        self._entries: dict[str, Entry | None] = dict(known)
        self._is_listed = is_listed
        self._names: dict[str, list[str]] = {}
        self._directories: dict[str, dict[str, None]] = {}

    def paths(self) -> list[str]:
        """Return the absolute paths of all regular files."""
        if not self._is_listed:
            self._entries = dict(list_entries(self._repository.git, self._commit))
            self._is_listed = True
        return [self._absolute(path) for path, entry in self._entries.items() if entry and entry.is_file]

    def prefetch(self, paths: Iterable[str]) -> None:
        """Read the entries of ``paths`` with one git process."""
        relative = [path for path in map(self._relative, paths) if path]
        missing = tuple(path for path in dict.fromkeys(relative) if path not in self._entries)
        if missing and not self._is_listed:
            entries = dict(list_entries(self._repository.git, self._commit, missing))
            self._entries.update({path: entries.get(path) for path in missing})

    def entry(self, path: str) -> Entry | None:
        """Return the entry of the file or link at ``path``, None if there is neither."""
        relative = self._relative(path)
        if relative is None:
            return None
        self.prefetch([path])
        entry = self._entries.get(relative)
        return entry if entry and (entry.is_file or entry.is_link) else None

    def exists(self, path: str) -> bool:
        """Return True if there is a file or link at ``path``."""
        return self.entry(path) is not None

    def is_file(self, path: str) -> bool:
        """Return True if ``path`` is a regular file or a link to one."""
        return self.real_path(path) is not None

    def is_directory(self, path: str) -> bool:  # noqa: ARG002 - the base class needs it
        """Return False: directories of a git tree are not searched, ``paths`` lists all files."""
        return False

    def is_link(self, path: str) -> bool:
        """Return True if ``path`` is a symbolic link."""
        entry = self.entry(path)
        return entry is not None and entry.is_link

    def real_path(self, path: str) -> str | None:
        """Return ``path`` with links resolved inside the tree, None if that is no file."""
        for _ in range(_MAX_LINKS):
            entry = self.entry(path)
            if entry is None:
                return None
            if entry.is_file:
                return path
            target = os.fsdecode(self._blobs.read(entry.oid) or b"")
            path = os.path.normpath(os.path.join(os.path.dirname(path), target))
        return None

    def leads_outside(self, path: str, directory: str) -> bool:
        """Return True if ``path`` is a link out of ``directory``, or broken in this tree."""
        if not self.is_link(path):
            return False
        real = self.real_path(path)
        return real is None or not is_inside(real, directory)

    def names_in(self, directory: str) -> list[str]:
        """Return the names of the files in a directory."""
        if not self._names:
            for path in self.paths():
                parent, name = os.path.split(path)
                self._names.setdefault(parent, []).append(name)
        return self._names.get(directory, [])

    def directories_in(self, directory: str) -> list[str]:
        """Return the names of the subdirectories of a directory."""
        if not self._directories:
            for path in self.paths():
                parent = os.path.dirname(path)
                # The parents of a known directory are known as well.
                while parent != self._repository.root and is_inside(parent, self._repository.root):
                    grandparent, name = os.path.split(parent)
                    if name in self._directories.setdefault(grandparent, {}):
                        break
                    self._directories[grandparent][name] = None
                    parent = grandparent
        return list(self._directories.get(directory, ()))

    def prepare(self, paths: Sequence[str]) -> None:
        """Read the contents of the files at ``paths`` with one git process."""
        self.prefetch(paths)
        self._blobs.fetch(entry.oid for path in paths if (entry := self.entry(path)))

    def read(self, path: str, limit: int = MAX_FILE_SIZE) -> bytes:
        """Return the bytes of the file at ``path``. Raises UnreadableFileError or GitError."""
        real = self.real_path(path)
        entry = self.entry(real) if real else None
        if entry is None:
            raise UnreadableFileError(path, "no such file")
        data = self._blobs.read(entry.oid)
        if data is None or len(data) > limit:
            raise too_large(path, limit)
        return data

    def _relative(self, path: str) -> str | None:
        root = self._repository.root
        if path == root or not is_inside(path, root):
            return None
        return path[len(root.rstrip(os.sep)) + 1 :].replace(os.sep, "/")

    def _absolute(self, path: str) -> str:
        return os.path.join(self._repository.root, path.replace("/", os.sep))
