"""Lookup results: what an index returned for a project, or why the project was not looked up.

All records are immutable. Each member of ``LookupResult`` has a ``kind``: no two kinds compare equal, and JSON can name
them.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Literal

from mothball.model.document import UNRESOLVABLE_REASONS, SkipReason
from mothball.model.records import NamedTuple


class ProjectStatus(StrEnum):
    """The project statuses of PEP 792."""

    ACTIVE = "active"
    ARCHIVED = "archived"
    DEPRECATED = "deprecated"
    QUARANTINED = "quarantined"


class Source(StrEnum):
    """The source of a lookup result."""

    INDEX = "index"
    CACHE = "cache"
    STALE = "stale"
    SNAPSHOT = "snapshot"


class Origin(NamedTuple):
    """The index of a lookup result (its URL without credentials), the Unix time of the lookup, and the source.

    The result is not ``authenticated`` if the user switched off the verification of TLS for the host of the index.
    """

    index_url: str
    checked_at: float
    source: Source = Source.INDEX
    authenticated: bool = True


class Cause(StrEnum):
    """The cause of a failed lookup."""

    UNREACHABLE = "unreachable"
    PROXY = "proxy"
    TIMEOUT = "timeout"
    DEADLINE = "deadline"
    TLS = "tls"
    REFUSED_URL = "refused-url"
    UNAUTHORIZED = "unauthorized"
    RATE_LIMITED = "rate-limited"
    SERVER_ERROR = "server-error"
    REFUSED_REDIRECT = "refused-redirect"
    UNEXPECTED_RESPONSE = "unexpected-response"
    TOO_LARGE = "too-large"
    OFFLINE = "offline"


# In code points; longer versions are not shown.
MAX_VERSION = 64


class Release(NamedTuple):
    """The latest release of a project: its version (sanitized) and the ISO date of its upload."""

    version: str
    date: str


class PageFiles(NamedTuple):
    """The files on the page of a project, for a query with a pin.

    ``text`` is a list in the format of ``index.file_list``: untrusted. If ``is_whole`` is false, it has only the files
    of the pinned version, and one of them is not yanked. ``origin`` is that of the page: the status may come from
    another one. ``is_kept`` is false if the page is cached without its files, because no entry pinned a version then.
    """

    text: str
    is_whole: bool
    origin: Origin
    is_kept: bool = True


class KnownStatus(NamedTuple):
    """The index states a status.

    ``reason`` is the text that the index gives for it: untrusted, possibly empty. ``release``, here and below, is None
    if the page does not show it, and ``files`` is None if the query has no pin or the list is not known.
    """

    status: ProjectStatus
    reason: str
    origin: Origin
    release: Release | None = None
    kind: Literal["stated"] = "stated"
    files: PageFiles | None = None


class StatusNotStated(NamedTuple):
    """The index has the project, but states no status for it, and has stated none for other projects."""

    origin: Origin
    release: Release | None = None
    kind: Literal["not-stated"] = "not-stated"
    files: PageFiles | None = None


class UnrecognizedStatus(NamedTuple):
    """The index states a status that PEP 792 does not define. ``marker`` and ``reason`` are untrusted text."""

    marker: str
    reason: str
    origin: Origin
    release: Release | None = None
    kind: Literal["unrecognized"] = "unrecognized"
    files: PageFiles | None = None


class Missing(NamedTuple):
    """None of the queried indexes has the project. ``origin`` is that of the last one."""

    origin: Origin
    kind: Literal["missing"] = "missing"


# In code points; the detail of a failed lookup lists where credentials were looked for.
MAX_DETAIL = 600


class Unavailable(NamedTuple):
    """The lookup failed. ``detail`` is one line of plain text. Never treat this as active.

    ``ignorable_status`` is the HTTP status for which ``ignore-error-codes`` would lead to the next index, else 0.
    """

    cause: Cause
    detail: str
    origin: Origin
    ignorable_status: int = 0
    kind: Literal["unavailable"] = "unavailable"


class Skipped(NamedTuple):
    """The dependency was deliberately not looked up.

    ``detail`` says what causes the reason, possibly empty. It contains text of the repository: untrusted.
    """

    reason: SkipReason
    detail: str = ""
    kind: Literal["skipped"] = "skipped"

    @property
    def is_unresolvable(self) -> bool:
        """Whether the dependency may be on an index: its name or its index cannot be determined."""
        return self.reason in UNRESOLVABLE_REASONS


IndexResult = KnownStatus | StatusNotStated | UnrecognizedStatus | Missing | Unavailable
LookupResult = IndexResult | Skipped
