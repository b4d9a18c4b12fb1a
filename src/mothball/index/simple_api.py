"""From the bytes of a project page to what it says of its project's status.

Sources: PEP 503 (HTML), PEP 691 (JSON), PEP 792 (status markers) and the living specification *simple repository API*.
The decoders are imported where they are used: ``lookup_of`` is on the warm path, which a page from the cache takes and
which cannot afford msgspec.
"""

from __future__ import annotations

import re

from mothball.index.page_request import ProjectPage
from mothball.index.project_page import page_of
from mothball.model.errors import PageError
from mothball.model.lookup import KnownStatus, Origin, ProjectStatus, StatusNotStated, UnrecognizedStatus

_VERSIONED = r"application/vnd\.pypi\.simple\.v([0-9]{1,6})\+(json|html)"
_STATUSES = {str(status): status for status in ProjectStatus}
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


def decode_page(body: bytes, content_type: str, name: str) -> ProjectPage:
    """Return what ``body`` says of the status of the project ``name`` (normalised).

    ``content_type`` is the header as received, empty where there was none. It decides where it is one of the API's
    own; every other one (``text/html``, a mirror's literal ``text_html``, none at all) leaves it to the first
    character. Linear in the size of ``body``.

    Raises PageError for whatever is not surely this project's page, so that no login page, error document or
    misspelt marker is ever taken for a page without a marker.
    """
    body = body.removeprefix(_BYTE_ORDER_MARK)
    if _is_json(content_type, body):
        from mothball.index.simple_json import read_json  # noqa: PLC0415 - msgspec is for fresh pages only

        return page_of(read_json(body), name)
    from mothball.index.simple_html import read_html  # noqa: PLC0415 - as msgspec

    return page_of(read_html(body, name), name)


def _is_json(content_type: str, body: bytes) -> bool:
    """Return whether to read ``body`` as JSON; raise PageError for a content type of an unknown major version."""
    media_type = content_type.partition(";")[0].strip().lower()
    versioned = re.fullmatch(_VERSIONED, media_type)
    if versioned is None:
        return media_type == "application/json" or body[:256].lstrip().startswith(b"{")
    if int(versioned[1]) != 1:
        raise PageError(f"the page is of the type {media_type}; this mothball knows version 1")
    return versioned[2] == "json"


def lookup_of(page: ProjectPage, origin: Origin) -> KnownStatus | StatusNotStated | UnrecognizedStatus:
    """Return what was learnt from ``page``, as ``origin`` gave it.

    Markers are lower-case literals (PEP 792): any other spelling is a marker we do not know. That an absent marker
    means *active* on an index which states statuses is for the caller to say, who has seen more than one page.
    """
    if page.marker is None:
        return StatusNotStated(origin, page.release)
    if page.marker in _STATUSES:
        return KnownStatus(_STATUSES[page.marker], page.reason, origin, page.release, "stated")
    return UnrecognizedStatus(page.marker, page.reason, origin, page.release)
