"""Decode project pages: PEP 503 (HTML), PEP 691 (JSON), and the living specification *simple repository API*.

The decoders are imported where they are used: a page has one of the formats.
"""

from __future__ import annotations

import re

from mothball.index.page_request import ProjectPage
from mothball.index.project_page import validate_page
from mothball.model.errors import PageError

_VERSIONED = r"application/vnd\.pypi\.simple\.v([0-9]{1,6})\+(json|html)"
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


def decode_page(body: bytes, content_type: str, name: str) -> ProjectPage:
    """Decode the page ``body`` of the project ``name`` (normalized).

    ``content_type`` is the header as received, empty if there is none. It determines the format if it is a content type
    of the API; for others (``text/html``, ``text_html`` of a mirror, none) the first character does. Takes linear time.

    Raises PageError unless the page clearly belongs to this project, so that login pages, error documents and
    misspelled markers are not taken for a page without a marker.
    """
    body = body.removeprefix(_BYTE_ORDER_MARK)
    if _is_json(content_type, body):
        from mothball.index.simple_json import read_json  # noqa: PLC0415 - loads msgspec

        return validate_page(read_json(body), name)
    from mothball.index.simple_html import read_html  # noqa: PLC0415 - as above

    return validate_page(read_html(body, name), name)


def _is_json(content_type: str, body: bytes) -> bool:
    """Return True if ``body`` is JSON. Raises PageError for a content type with an unsupported major version."""
    media_type = content_type.partition(";")[0].strip().lower()
    versioned = re.fullmatch(_VERSIONED, media_type)
    if versioned is None:
        return media_type == "application/json" or body[:256].lstrip().startswith(b"{")
    if int(versioned[1]) != 1:
        raise PageError(f"the page has the content type {media_type}; only version 1 is supported")
    return versioned[2] == "json"
