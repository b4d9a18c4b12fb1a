"""What all locks have in common: the source of a package, the dependency graph, and the problems of the format."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from mothball.formats.pep508 import NAME_PATTERN
from mothball.model.document import DependencyGraph, ParseProblem, SkipReason, Span
from mothball.model.records import NamedTuple
from mothball.model.sanitize import one_line

# A project name, also at the start of a requirement.
NAME = re.compile(NAME_PATTERN, re.IGNORECASE | re.ASCII)
VERSION_CONTROL = ("git", "hg", "svn", "bzr")
LOCK_AGAIN = "lock again with a version of the tool that mothball supports, or update mothball"
# Maximum length of a name in a message, in code points.
MAX_SHOWN = 60


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


def dependency_graph(requires: Mapping[str, Iterable[str]], direct: Iterable[str] | None = None) -> DependencyGraph:
    """Return the graph of the locked packages; required names that are not locked are dropped.

    ``direct`` holds the names that the project requires itself, or is None if the lock does not record them.
    """
    locked = requires.keys()
    return DependencyGraph(
        {
            name: tuple(dict.fromkeys([required for required in names if required in locked and required != name]))
            for name, names in requires.items()
        },
        None if direct is None else tuple(dict.fromkeys(name for name in direct if name in locked)),
    )


def invalid_name(name: str, span: Span) -> ParseProblem:
    """Return the problem of a package whose name is no project name."""
    shown = one_line(name, MAX_SHOWN)
    return ParseProblem(
        span, f"`{shown}` is not a valid project name", "write only the name, without version or extras"
    )


def unknown_version(version: str, span: Span, help_text: str = LOCK_AGAIN) -> ParseProblem:
    """Return the problem of a version of the lock format that mothball does not know."""
    message = f"version {one_line(version, MAX_SHOWN)} of this lock format is not known"
    return ParseProblem(span, message, help_text)
