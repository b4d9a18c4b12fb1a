"""Where a locked package comes from: an index, or something that no index answers for."""

from __future__ import annotations

from mothball.model import WithheldReason
from mothball.records import NamedTuple


class PackageSource(NamedTuple):
    """Why no index is asked for a package, or else the index that its lock records; None for the default one."""

    withheld: WithheldReason | None = None
    index_url: str | None = None


REGISTRY = PackageSource()
# The directory of the lock itself: what is there is the project that the lock is of.
_HERE = {".", "./"}


def web_index(url: str) -> PackageSource:
    """Return the source of a package that the index at ``url`` holds; one on a disk has nobody to be asked."""
    if url[:8].lower().startswith(("https://", "http://")):
        return PackageSource(index_url=url)
    return PackageSource(WithheldReason.PATH)


def local_source(path: str | None, *, is_editable: bool) -> PackageSource:
    """Return the source of a package in the directory at ``path``."""
    if path in _HERE:
        return PackageSource(WithheldReason.SELF)
    return PackageSource(WithheldReason.EDITABLE if is_editable else WithheldReason.PATH)


def archive_source(address: str | None) -> PackageSource:
    """Return the source of a package in an archive, on a disk or elsewhere."""
    return PackageSource(WithheldReason.URL if address and "://" in address else WithheldReason.PATH)
