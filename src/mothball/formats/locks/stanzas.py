"""Data model of TOML locks of all tools: one stanza for each package, and the values outside of packages.

``fast_reader`` reads locks in the layout that tools write, ``toml_reader`` all others.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from mothball.model.document import IgnoreComment, ParseProblem, SkipReason, Span
from mothball.model.records import NamedTuple

# Keys relative to the table of a package, or to the root; array items have the path of their array.
KeyPath = tuple[str, ...]
Leaf = str | bool
Values = dict[KeyPath, list[Leaf]]

NAME: KeyPath = ("name",)
_ANY = "*"


class Schema(NamedTuple):
    """What identifies a lock format: its tables and keys at the root, and the key of its version.

    ``newest`` is the newest known major version. ``is_number`` is True if the version is a number, not a string.
    """

    keys: frozenset[str]
    version_key: str
    newest: int
    is_number: bool = False


class Layout(NamedTuple):
    """The values that a format reads: its array of packages, and the paths in each package and at the root.

    A path includes everything below it. ``*`` matches any single key, and its values are stored under ``*``. No two
    paths may match the same key. ``name`` is always read. ``skips_files`` is True if file lists are not needed.
    """

    array: str
    schema: Schema
    package: tuple[KeyPath, ...]
    root: tuple[KeyPath, ...] = ()
    skips_files: bool = True


class LocatedName(NamedTuple):
    """The decoded name of a package, and its span without quotes."""

    text: str
    span: Span


class Stanza(NamedTuple):
    """One package, from its header to its last value.

    ``values`` holds the strings and booleans at the paths of the layout, and an empty list for keys without any.
    ``is_complete`` is False if the name or one of these values is incomplete.
    """

    span: Span
    name: LocatedName | None
    values: Mapping[KeyPath, Sequence[Leaf]]
    is_complete: bool = True

    def text(self, *path: str) -> str | None:
        """Return the string at ``path``, or None."""
        leaves = self.values.get(path)
        return leaves[0] if leaves and isinstance(leaves[0], str) else None


class Lock(NamedTuple):
    """The content of a lock; ``root`` holds the values outside of packages by full path.

    ``is_truncated`` is True if it is not read, because it has too many errors or statements.
    """

    stanzas: tuple[Stanza, ...]
    root: Mapping[KeyPath, Sequence[Leaf]]
    problems: tuple[ParseProblem, ...] = ()
    ignores: tuple[IgnoreComment, ...] = ()
    is_truncated: bool = False


def strings_at(values: Mapping[KeyPath, Sequence[Leaf]], paths: Iterable[KeyPath]) -> list[str]:
    """Return all strings in ``values`` at ``paths``."""
    return [leaf for path in paths for leaf in values.get(path, ()) if isinstance(leaf, str)]


def match_path(path: KeyPath, patterns: tuple[KeyPath, ...]) -> tuple[KeyPath, bool] | None:
    """Match ``path`` against ``patterns``; return None if neither it nor a path below it can match.

    The result is the path to store the value under, and True if ``path`` itself matches, False if only paths below it
    can match.
    """
    for pattern in patterns:
        for name, step in zip(pattern, path, strict=False):
            if name not in {step, _ANY}:
                break
        else:
            stored = path if _ANY not in pattern else tuple(map(_stored_step, pattern, path)) + path[len(pattern) :]
            return stored, len(path) >= len(pattern)
    return None


def _stored_step(name: str, step: str) -> str:
    return _ANY if name == _ANY else step


# --- package sources --------------------------------------------------------------------------------------------------


class PackageSource(NamedTuple):
    """The index that the lock records, None for the default one, or the reason not to look the package up."""

    skip_reason: SkipReason | None = None
    index_url: str | None = None


REGISTRY = PackageSource()
# The directory of the lock contains the project itself.
_LOCK_DIRECTORY = {".", "./"}


def index_source(url: str) -> PackageSource:
    """Return the source of a package from the index at ``url``; an index on a disk cannot be queried."""
    if url[:8].lower().startswith(("https://", "http://")):
        return PackageSource(index_url=url)
    return PackageSource(SkipReason.PATH)


def local_source(path: str | None, *, is_editable: bool) -> PackageSource:
    """Return the source of a package in the directory at ``path``."""
    if path in _LOCK_DIRECTORY:
        return PackageSource(SkipReason.SELF)
    return PackageSource(SkipReason.EDITABLE if is_editable else SkipReason.PATH)


def archive_source(location: str | None) -> PackageSource:
    """Return the source of a package in an archive at a URL or path."""
    return PackageSource(SkipReason.URL if location and "://" in location else SkipReason.PATH)
