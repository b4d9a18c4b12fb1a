"""Entries that pin one version, and the comparison of the files that a lock records with those of the index."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from mothball.check.inputs import ResolvedFile, RunSettings
from mothball.formats.recorded_files import RecordedFile
from mothball.index.project_page import ListedFile
from mothball.index.resolution import Query
from mothball.model.document import Dependency, DependencyKind
from mothball.model.records import NamedTuple
from mothball.model.results import LookupResult

_FIND_LINKS = frozenset({"find-links", "find_links", "flat"})
_PIN = re.compile(r"\s*+\(?\s*+===?\s*+([^\s,*;$()]++)\s*+\)?\s*+")


class PinnedEntry(NamedTuple):
    """An entry that pins a version, the query for it and the result."""

    file: ResolvedFile
    dependency: Dependency
    query: Query
    lookup: LookupResult
    settings: RunSettings


def pin_of(dependency: Dependency) -> str:
    """Return the version that ``dependency`` pins with ``==``, ``===`` or as a lock, as written; empty without one."""
    if dependency.version is not None:
        return dependency.version
    if dependency.kind is DependencyKind.LOCKED or "==" not in dependency.specifier:
        return ""
    match = _PIN.fullmatch(dependency.specifier)
    return match[1] if match else ""


def has_common_file(listed: Iterable[ListedFile], recorded: Sequence[RecordedFile]) -> bool | None:
    """Return True if one of the ``recorded`` files is ``listed``, None if they cannot be compared.

    Files are compared by the SHA-256 digest if both have it, else by name.
    """
    listed = list(listed)
    digests = {file.digest for file in listed if file.digest}
    names = {file.name for file in listed}
    has_all_digests = all(file.digest for file in listed)
    is_comparable = True
    for file in recorded:
        if file.algorithm == "sha256" and file.digest and digests:
            if any(file.digest.startswith(digest) for digest in digests):
                return True
            is_comparable = is_comparable and (has_all_digests or bool(file.name))
            if not has_all_digests and file.name in {other.name for other in listed if not other.digest}:
                return True
        elif file.name:
            if file.name in names:
                return True
        else:
            is_comparable = False
    return False if is_comparable else None


def uses_find_links(file: ResolvedFile) -> bool:
    """Return True if files may come from `find-links` or from a directory instead of an index."""
    installers = file.resolved_config.network.installers
    return bool(
        any(option.name == "find-links" for option in file.indexes.options)
        or any(index.role in _FIND_LINKS or _is_local(index.url) for index in file.indexes.indexes)
        or installers.pip.find_links
        or installers.uv.find_links
    )


def _is_local(url: str) -> bool:
    """Return True for an index that is a directory; an index that is known by its name has no URL."""
    return bool(url) and not url[:8].lower().startswith(("http://", "https://", "${"))
