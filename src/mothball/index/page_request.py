"""Requests for project pages and their outcomes."""

from __future__ import annotations

from typing import Literal

from mothball.model.lookup import Cause, Release
from mothball.model.records import NamedTuple

# The longest list of files that is kept, in code points: about 7,000 files.
MAX_LIST = 768 * 1024


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
    """The request failed; ``detail`` is one line of sanitized text without credentials."""

    cause: Cause
    detail: str
    kind: Literal["failed"] = "failed"


Outcome = Fetched | NotModified | NotFound | Failed
