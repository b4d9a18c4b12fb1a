"""Project pages and their status markers (PEP 792), requests for pages and their outcomes."""

from __future__ import annotations

from typing import Literal

from mothball.model.records import NamedTuple
from mothball.model.results import (
    Cause,
    KnownStatus,
    Origin,
    ProjectStatus,
    Release,
    StatusNotStated,
    UnrecognizedStatus,
)

# Hexadecimal digits of the digest of a file that are kept: 12 bytes, far beyond any chance of equal ones.
DIGEST_LENGTH = 24
# The longest list of files that is kept, in code points: about 25,000 files. Some popular projects have 15,000.
MAX_LIST = 3 * 1024 * 1024
_STATUSES = {str(status): status for status in ProjectStatus}


class ProjectPage(NamedTuple):
    """The status on a project page (PEP 691 JSON or PEP 503 HTML).

    ``marker`` is the status marker as received, None if the page has none. ``marker`` and ``reason`` are untrusted text
    of limited length. ``release`` is the one published last, None if the page does not say so, as in HTML. ``files`` is
    the list of files (see ``file_list``), None if it is unknown or too long. Cached pages are read without it.
    """

    marker: str | None
    reason: str = ""
    release: Release | None = None
    files: str | None = ""


def status_of_page(page: ProjectPage, origin: Origin) -> KnownStatus | StatusNotStated | UnrecognizedStatus:
    """Return the status on ``page``, which comes from ``origin``.

    Markers are lower-case literals (PEP 792); other spellings are unrecognized. On an index that states statuses, an
    absent marker means *active*: the caller decides that, because it takes other pages.
    """
    if page.marker is None:
        return StatusNotStated(origin, page.release)
    if page.marker in _STATUSES:
        return KnownStatus(_STATUSES[page.marker], page.reason, origin, page.release, "stated")
    return UnrecognizedStatus(page.marker, page.reason, origin, page.release)


class PageRequest(NamedTuple):
    """A request for one project page.

    ``index_url`` is the base URL of the index, ``name`` the normalized project name. ``etag`` is that of the cached
    page and makes the request conditional.
    """

    index_url: str
    name: str
    etag: str | None = None


class Fetched(NamedTuple):
    """200: the page and its ETag, None if the index sends none."""

    page: ProjectPage
    etag: str | None = None
    kind: Literal["fetched"] = "fetched"


class NotModified(NamedTuple):
    """304: the cached page is up to date."""

    kind: Literal["not-modified"] = "not-modified"


class NotFound(NamedTuple):
    """404 or 410: the index does not have the project."""

    kind: Literal["not-found"] = "not-found"


class Failed(NamedTuple):
    """The request failed; ``detail`` is one line of sanitized text without credentials.

    ``status`` is the HTTP status of the response if ``ignore-error-codes`` may name it, else 0.
    """

    cause: Cause
    detail: str
    status: int = 0
    kind: Literal["failed"] = "failed"


class Redirected(NamedTuple):
    """The index redirected to another host, which was not contacted.

    ``index_url`` is the index whose page of the same name is the target (``urls.index_of_page``), empty for any other
    target; untrusted. ``failed`` is the outcome unless the name may be looked up on that index.
    """

    index_url: str
    failed: Failed
    kind: Literal["redirected"] = "redirected"


Outcome = Fetched | NotModified | NotFound | Failed | Redirected
