"""What a TOML lock is made of, whichever tool wrote it: one stanza a package, and what stands outside of them.

Two readers make these: ``lock_lines`` where the file has the layout that tools write, ``lock_toml`` for all others.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from mothball.model.document import IgnoreComment, ParseProblem, SkipReason, Span
from mothball.model.records import NamedTuple

# Keys from a package's own table downward, or from the root; items of an array have the path of their array.
KeyPath = tuple[str, ...]
Leaf = str | bool
Values = dict[KeyPath, list[Leaf]]

NAME: KeyPath = ("name",)
_ANY = "*"


class Layout(NamedTuple):
    """Where a format keeps what: the array of its packages, and the paths worth reading in a package and at the root.

    A path stands for everything beneath it. ``*`` is any one key whose name is not worth keeping: what is found there
    is kept under ``*``. No two paths may match the same key. ``name`` is always read.
    ``skips_files`` is whether nothing is wanted of arrays of files.
    """

    array: str
    package: tuple[KeyPath, ...]
    root: tuple[KeyPath, ...] = ()
    skips_files: bool = True


class LocatedName(NamedTuple):
    """The name of a package, decoded, and where it stands between its quotes."""

    text: str
    span: Span


class Stanza(NamedTuple):
    """One package: from its header to its last value.

    ``values`` holds the strings and booleans at the paths that the layout names, and an empty list for a key that has
    none. ``whole`` is False where the name or one of these values is half typed.
    """

    span: Span
    name: LocatedName | None
    values: Mapping[KeyPath, Sequence[Leaf]]
    whole: bool = True

    def text(self, *path: str) -> str | None:
        """Return the string at ``path``, None where there is none."""
        leaves = self.values.get(path)
        return leaves[0] if leaves and isinstance(leaves[0], str) else None


class Lock(NamedTuple):
    """A lock that was read; ``root`` holds what the layout names outside of packages, by full path."""

    stanzas: tuple[Stanza, ...]
    root: Mapping[KeyPath, Sequence[Leaf]]
    problems: tuple[ParseProblem, ...] = ()
    ignores: tuple[IgnoreComment, ...] = ()


def strings_at(values: Mapping[KeyPath, Sequence[Leaf]], paths: Iterable[KeyPath]) -> list[str]:
    """Return all strings that ``values`` holds at ``paths``."""
    return [leaf for path in paths for leaf in values.get(path, ()) if isinstance(leaf, str)]


def match_path(path: KeyPath, wanted: tuple[KeyPath, ...]) -> tuple[KeyPath, bool] | None:
    """Return the path under which ``path`` is kept, and whether it is wanted itself or only what may be beneath it.

    None where neither is.
    """
    for one in wanted:
        for name, step in zip(one, path, strict=False):
            if name not in {step, _ANY}:
                break
        else:
            kept = path if _ANY not in one else tuple(map(_kept_step, one, path)) + path[len(one) :]
            return kept, len(path) >= len(one)
    return None


def _kept_step(name: str, step: str) -> str:
    return _ANY if name == _ANY else step


# --- where packages come from -----------------------------------------------------------------------------------------


class PackageSource(NamedTuple):
    """Why no index is asked for a package, or else the index that its lock records; None for the default one."""

    skip_reason: SkipReason | None = None
    index_url: str | None = None


REGISTRY = PackageSource()
# The directory of the lock itself: what is there is the project that the lock is of.
_HERE = {".", "./"}


def index_source(url: str) -> PackageSource:
    """Return the source of a package that the index at ``url`` holds; one on a disk has nobody to be asked."""
    if url[:8].lower().startswith(("https://", "http://")):
        return PackageSource(index_url=url)
    return PackageSource(SkipReason.PATH)


def local_source(path: str | None, *, is_editable: bool) -> PackageSource:
    """Return the source of a package in the directory at ``path``."""
    if path in _HERE:
        return PackageSource(SkipReason.SELF)
    return PackageSource(SkipReason.EDITABLE if is_editable else SkipReason.PATH)


def archive_source(address: str | None) -> PackageSource:
    """Return the source of a package in an archive, on a disk or elsewhere."""
    return PackageSource(SkipReason.URL if address and "://" in address else SkipReason.PATH)
