"""A tree that git keeps, the index or that of a commit, read as if it lay on the disk."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence

from mothball.model.errors import UnreadableFileError
from mothball.repository.files import MAX_FILE_SIZE, Tree, is_inside, too_large
from mothball.repository.git_blobs import Blobs
from mothball.repository.git_repository import Entry, Repository, list_entries

# The system gives up after some forty; no configuration is so far away.
_MAX_LINKS = 8


class GitTree(Tree):
    """The tree of the commit ``commit``, or the index where that is None. Paths are absolute, below the root.

    What is not known is asked of git when it is needed, and remembered; ``prefetch`` asks for many paths at once.
    Submodules are not there. Any look may raise GitError.
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
        """Take what is known already: entries by path relative to the root, None where there is nothing.

        ``is_listed`` is set where that is the whole tree.
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
        """Learn in one call of git what stands at ``paths``."""
        relative = [path for path in map(self._relative, paths) if path]
        unknown = tuple(path for path in dict.fromkeys(relative) if path not in self._entries)
        if unknown and not self._is_listed:
            found = dict(list_entries(self._repository.git, self._commit, unknown))
            self._entries.update({path: found.get(path) for path in unknown})

    def entry(self, path: str) -> Entry | None:
        """Return the file or link that stands at ``path``, None where there is neither."""
        relative = self._relative(path)
        if relative is None:
            return None
        self.prefetch([path])
        entry = self._entries.get(relative)
        return entry if entry and (entry.is_file or entry.is_link) else None

    def exists(self, path: str) -> bool:
        """Return whether a file or link stands at ``path``."""
        return self.entry(path) is not None

    def is_file(self, path: str) -> bool:
        """Return whether ``path`` leads to a regular file."""
        return self.real_path(path) is not None

    def is_directory(self, path: str) -> bool:  # noqa: ARG002 - the disk needs it
        """Return False: a tree is asked for files, and ``paths`` lists them."""
        return False

    def is_link(self, path: str) -> bool:
        """Return whether ``path`` is a symbolic link."""
        entry = self.entry(path)
        return entry is not None and entry.is_link

    def real_path(self, path: str) -> str | None:
        """Return ``path`` with links followed inside the tree, None where that leads to no file of it."""
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
        """Return whether ``path`` is a link that leads out of ``directory``, or nowhere in this tree."""
        if not self.is_link(path):
            return False
        real = self.real_path(path)
        return real is None or not is_inside(real, directory)

    def names_in(self, directory: str) -> list[str]:
        """Return the names of the files that lie in a directory."""
        if not self._names:
            for path in self.paths():
                parent, name = os.path.split(path)
                self._names.setdefault(parent, []).append(name)
        return self._names.get(directory, [])

    def directories_in(self, directory: str) -> list[str]:
        """Return the names of the directories that lie in a directory."""
        if not self._directories:
            for path in self.paths():
                parent = os.path.dirname(path)
                # What lies above one that is known is known, too.
                while parent != self._repository.root and is_inside(parent, self._repository.root):
                    above, name = os.path.split(parent)
                    if name in self._directories.setdefault(above, {}):
                        break
                    self._directories[above][name] = None
                    parent = above
        return list(self._directories.get(directory, ()))

    def prepare(self, paths: Sequence[str]) -> None:
        """Fetch the contents of the files at ``paths`` in one call of git."""
        self.prefetch(paths)
        self._blobs.fetch(entry.oid for path in paths if (entry := self.entry(path)))

    def read(self, path: str, limit: int = MAX_FILE_SIZE) -> bytes:
        """Return the bytes of the file at ``path``. Raises UnreadableFileError, and GitError where git lacks them."""
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
