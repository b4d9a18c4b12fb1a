"""What is asked of an index, and everything that can come back."""

from __future__ import annotations

from typing import Literal

from mothball.model.lookup import Cause, Release
from mothball.model.records import NamedTuple


class ProjectPage(NamedTuple):
    """What a project page (PEP 691 JSON or PEP 503 HTML) says of its project's status.

    ``marker`` is None where the page has none; otherwise it is the index's own word, not yet held against PEP 792.
    ``marker`` and ``reason`` are hostile text as received, capped in length. ``release`` is the one published
    last, None where the page does not tell; HTML never does.
    """

    marker: str | None
    reason: str = ""
    release: Release | None = None


class PageRequest(NamedTuple):
    """One project page to be asked of one index.

    ``index_url`` is the index's base URL as its origin gave it; ``name`` is normalised. ``etag`` is the validator of
    the answer that a cache still holds, which makes the request conditional.
    """

    index_url: str
    name: str
    etag: str | None = None


class Fetched(NamedTuple):
    """200: the page, and the validator for asking again (None where the index gives none)."""

    page: ProjectPage
    etag: str | None = None
    kind: Literal["fetched"] = "fetched"


class NotModified(NamedTuple):
    """304: what the cache holds is still true."""

    kind: Literal["not-modified"] = "not-modified"


class NotFound(NamedTuple):
    """404 or 410: the index does not have the project."""

    kind: Literal["not-found"] = "not-found"


class Failed(NamedTuple):
    """The index could not answer; ``detail`` is one harmless line without credentials."""

    cause: Cause
    detail: str
    kind: Literal["failed"] = "failed"


Outcome = Fetched | NotModified | NotFound | Failed
