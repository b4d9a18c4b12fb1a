"""Read the tree of a commit, or the index, through the same interface as the disk."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from types import MappingProxyType

from mothball.model.errors import MissingObjectError, UnreadableFileError
from mothball.repository.files import MAX_FILE_SIZE, Tree, too_large
from mothball.repository.git_process import Git
from mothball.repository.git_repository import Entry, Listing, Repository
from mothball.repository.paths import decoded, is_inside

_MISSING_HELP = "the clone is partial or damaged: fetch the object, for example with `git fetch --refetch --no-filter`"


class Blobs:
    """A cache of file contents by object ID, filled on demand."""

    def __init__(self, git: Git) -> None:
        self._git = git
        self._contents: dict[str, bytes | None] = {}

    def __contains__(self, oid: str) -> bool:
        return oid in self._contents

    def fetch(self, oids: Iterable[str]) -> None:
        """Read the contents of ``oids`` with one git process, or several if the total size is very large.

        Raises GitError.
        """
        missing = [oid for oid in dict.fromkeys(oids) if oid not in self._contents]
        while missing:
            missing = missing[self._fetch(missing) :]

    def read(self, oid: str) -> bytes | None:
        """Return the content of ``oid``, None if it is larger than ``MAX_FILE_SIZE``. Raises GitError."""
        self.fetch([oid])
        if oid not in self._contents:
            raise MissingObjectError(f"git object {oid[:12]} is missing", help_text=_MISSING_HELP)
        return self._contents[oid]

    def _fetch(self, oids: list[str]) -> int:
        """Read the contents of ``oids`` up to the output limit; return how many of them are done, at least one."""
        result = self._git.run("cat-file", "--batch", stdin="".join(f"{oid}\n" for oid in oids).encode("ascii"))
        output, position, done = result.stdout, 0, 0
        while (end := output.find(b"\n", position)) >= 0:
            fields = output[position:end].decode("ascii", "replace").split(" ")
            position = end + 1
            # A missing object is reported as `ID missing`.
            if len(fields) == 3 and fields[2].isdecimal():
                start, position = position, position + int(fields[2]) + 1
                if int(fields[2]) > MAX_FILE_SIZE:
                    self._contents[fields[0]] = None
                elif position <= len(output):
                    self._contents[fields[0]] = output[start : position - 1]
                else:
                    break
            done += 1
        return max(done, 1) if result.truncated else len(oids)


# The limit of Linux.
_MAX_LINKS = 40


class GitTree(Tree):
    """The tree of a commit, or the index. Paths are absolute, below the root of the repository.

    git lists the tree once, when an entry is needed. Links are followed inside the tree, at any part of a path.
    Submodules are omitted. Every method may raise GitError.
    """

    is_on_disk = False

    def __init__(
        self,
        repository: Repository,
        commit: str | None,
        blobs: Blobs,
        known: Mapping[str, Entry | None] = MappingProxyType({}),
        others: GitTree | None = None,
    ) -> None:
        """Initialize the tree of ``commit``, of the index if that is None; if it is empty, an empty tree.

        ``known`` are entries by path relative to the root, None for a missing file. ``others`` is a tree that has the
        same entries for all other paths.
        """
        self.commit = commit
        self._repository = repository
        self._blobs = blobs
        self._known: dict[str, Entry | None] = dict(known)
        self._others = others
        self._all: Mapping[str, Entry | None] | None = {} if commit == "" else None
        self._links: Mapping[str, Entry] | None = {} if commit == "" else None
        self._names: dict[str, list[str]] = {}
        self._directories: dict[str, dict[str, None]] = {}

    def paths(self) -> list[str]:
        """Return the absolute paths of all regular files and of the links to them."""
        paths = [(self._repository.absolute(path), entry) for path, entry in self.entries().items() if entry]
        return [path for path, entry in paths if entry.is_file or (entry.is_link and self.is_file(path))]

    @cached_property
    def _listing(self) -> Listing:
        return Listing(self._repository.git, self.commit)

    def entries(self) -> Mapping[str, Entry | None]:
        """Return all entries by path relative to the root; the result must not be changed."""
        if self._all is None:
            others = self._listing.entries if self._others is None else self._others.entries()
            self._all = {**others, **self._known}
        return self._all

    def links(self) -> Mapping[str, Entry]:
        """Return the entries of all symbolic links, by path relative to the root; the result must not be changed."""
        if self._links is None:
            others = self._listing.links() if self._others is None else self._others.links()
            self._links = {path: entry for path, entry in others.items() if path not in self._known}
            self._links |= {path: entry for path, entry in self._known.items() if entry and entry.is_link}
        return self._links

    def find(self, relative: str) -> Entry | None:
        """Return the entry at ``relative``, a path relative to the root, None if there is none."""
        if self._all is not None:
            return self._all.get(relative)
        if relative not in self._known:
            others = self._listing if self._others is None else self._others
            self._known[relative] = others.find(relative)
        return self._known[relative]

    def read_links(self, paths: Iterable[str]) -> None:
        """Read the targets of the links at ``paths``, relative to the root, with one git process."""
        self._blobs.fetch(self.links()[path].oid for path in paths)

    def entry(self, path: str) -> Entry | None:
        """Return the entry of the file at ``path`` or that it leads to, that of the link itself if it leads nowhere.

        Returns None if ``path`` does not exist, or is a directory, a submodule, or a link to one.
        """
        real = self.real_path(path)
        own = self._own_entry(real or path)
        if real is not None or own is None:
            return own
        target = self._resolve(path)
        return None if target and self._is_directory(target) else own

    def _own_entry(self, path: str) -> Entry | None:
        """Return the entry of the file or link at ``path``, None if there is neither."""
        relative = self._relative(path)
        entry = None if relative is None else self.find(relative)
        return entry if entry and (entry.is_file or entry.is_link) else None

    def exists(self, path: str) -> bool:
        """Return True if there is a file or link at ``path``."""
        return self._own_entry(path) is not None

    def is_file(self, path: str) -> bool:
        """Return True if ``path`` is a regular file or a link to one."""
        return self.real_path(path) is not None

    def is_directory(self, path: str) -> bool:  # noqa: ARG002 - the base class needs it
        """Return False: directories of a git tree are not searched, ``paths`` lists all files."""
        return False

    def is_link(self, path: str) -> bool:
        """Return True if ``path`` is a symbolic link."""
        entry = self._own_entry(path)
        return entry is not None and entry.is_link

    def real_path(self, path: str) -> str | None:
        """Return ``path`` with links resolved inside the tree, None if that is no file."""
        entry = self._own_entry(path)
        if entry and entry.is_file:
            return path
        real = self._resolve(path)
        return real if real and self._own_entry(real) else None

    def followed(self, path: str) -> tuple[str, ...]:
        """Return ``path`` and the paths that it leads through if links are followed; the last is no link."""
        relative = self._relative(path)
        return () if relative is None else tuple(map(self._repository.absolute, self._steps(relative)))

    def _resolve(self, path: str) -> str | None:
        """Return ``path`` with links resolved inside the tree, None if a link leads outside or in a circle."""
        if not self.links():
            return path if self._relative(path) else None
        *_, last = self.followed(path) or ("",)
        return last if last and not self.is_link(last) else None

    def _steps(self, relative: str) -> Iterator[str]:
        """Yield all paths that must be looked up to resolve ``relative``: each component, or the target of its link.

        The last one is a link only if it leads outside or in a circle.
        """
        links = self.links()
        yield relative
        pending, current, count = relative.split("/")[::-1], "", 0
        while pending:
            name = pending.pop()
            if name == ".." and not current:
                return
            step = os.path.dirname(current) if name == ".." else "/".join(filter(None, (current, name)))
            if name in ("", ".", "..") or step not in links:
                current = current if name in ("", ".") else step
                continue
            yield step
            count += 1
            target = decoded(self._blobs.read(links[step].oid) or b"")
            if target.startswith("/"):
                inside = self._relative(os.path.normpath(target))
                target, current = inside or "", ""
            if count > _MAX_LINKS or not target:
                return
            pending += target.split("/")[::-1]
        yield current

    def _is_directory(self, path: str) -> bool:
        """Return True if the tree has a directory or a submodule at ``path``, which is resolved."""
        relative = self._relative(path)
        return relative is not None and any(
            entry and (name == relative or name.startswith(f"{relative}/")) for name, entry in self.entries().items()
        )

    def is_tracked(self, path: str, root: str) -> bool:  # noqa: ARG002 - the base class needs it
        """Return True: a git tree contains nothing else."""
        return self.exists(path)

    def names_in(self, directory: str) -> list[str]:
        """Return the names of the files, links and submodules in a directory."""
        if not self._names:
            if self._all is None and self._others is None:
                paths = self._listing.paths()
            else:
                paths = (path for path, entry in self.entries().items() if entry)
            for path in paths:
                parent, _, name = path.rpartition("/")
                self._names.setdefault(parent, []).append(name)
        relative = "" if directory == self._repository.root else self._relative(directory)
        return [] if relative is None else self._names.get(relative, [])

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
        self._blobs.fetch(entry.oid for path in paths if (entry := self.entry(path)))

    def has_content(self, path: str) -> bool:
        """Return False if the file at ``path`` was prefetched, but its content is not in this partial clone."""
        entry = self.entry(path)
        return entry is None or entry.oid in self._blobs

    def read(self, path: str, limit: int = MAX_FILE_SIZE) -> bytes:
        """Return the bytes of the file at ``path``. Raises UnreadableFileError or GitError."""
        entry = self.entry(path)
        if entry is None or not entry.is_file:
            raise UnreadableFileError(path, "no such file")
        data = self._blobs.read(entry.oid)
        if data is None or len(data) > limit:
            raise too_large(path, limit)
        return data

    def _relative(self, path: str) -> str | None:
        root = self._repository.root
        # Repository files may name paths with zero bytes; no program can be started with such an argument.
        if path == root or not is_inside(path, root) or "\0" in path:
            return None
        return path[len(root.rstrip(os.sep)) + 1 :].replace(os.sep, "/")
