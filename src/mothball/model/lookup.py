"""The words mothball thinks in: what an index says of a name, or why it was not asked. All of it is immutable.

Each member of ``LookupResult`` holds its ``kind``: no two kinds compare equal, and JSON can name
them.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Literal

from mothball.model.document import SkipReason
from mothball.model.records import NamedTuple


class ProjectStatus(StrEnum):
    """The status markers of PEP 792."""

    ACTIVE = "active"
    ARCHIVED = "archived"
    DEPRECATED = "deprecated"
    QUARANTINED = "quarantined"


class Source(StrEnum):
    """How an answer reached us."""

    INDEX = "index"
    CACHE = "cache"
    STALE = "stale"
    SNAPSHOT = "snapshot"


class Origin(NamedTuple):
    """Whose answer it is (an index URL without credentials), when it was learnt (Unix time, seconds), and how."""

    index_url: str
    checked_at: float
    source: Source = Source.INDEX


class Cause(StrEnum):
    """Why an index could not answer."""

    UNREACHABLE = "unreachable"
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


# A longer version is not shown; in code points.
MAX_VERSION = 64


class Release(NamedTuple):
    """The release of a project that was published last: its version, harmless text, and its day, an ISO date."""

    version: str
    date: str


class KnownStatus(NamedTuple):
    """The index states a status. ``reason`` is the index's own words: hostile text, possibly empty.

    ``release`` here and in the other answers that come of a page is None where the page does not tell.
    """

    status: ProjectStatus
    reason: str
    origin: Origin
    release: Release | None = None
    kind: Literal["stated"] = "stated"


class StatusNotStated(NamedTuple):
    """The index has the project and says nothing of its status, nor has it been seen to state any."""

    origin: Origin
    release: Release | None = None
    kind: Literal["not-stated"] = "not-stated"


class UnrecognizedStatus(NamedTuple):
    """The index states a marker that PEP 792 does not know. ``marker`` and ``reason`` are hostile text."""

    marker: str
    reason: str
    origin: Origin
    release: Release | None = None
    kind: Literal["unrecognized"] = "unrecognized"


class Missing(NamedTuple):
    """None of the indexes that may be asked has the project; ``origin`` is that of the last one asked."""

    origin: Origin
    kind: Literal["missing"] = "missing"


class Unavailable(NamedTuple):
    """The index could not answer; ``detail`` says how, in one line of plain text. Never to be read as active."""

    cause: Cause
    detail: str
    origin: Origin
    kind: Literal["unavailable"] = "unavailable"


class Skipped(NamedTuple):
    """The name was sent nowhere."""

    reason: SkipReason
    kind: Literal["skipped"] = "skipped"


IndexResult = KnownStatus | StatusNotStated | UnrecognizedStatus | Missing | Unavailable
LookupResult = IndexResult | Skipped
