"""Every way in which an index can fail, and the expected lookup result."""

from __future__ import annotations

from typing import NamedTuple

from tests.support.scripted_index import (
    Fault,
    Reply,
    cut_gzip,
    gzipped,
    html_page,
    json_page,
    json_reply,
    padded,
    redirect,
    too_many,
)

NAME = "old-lib"
PAGE = json_page(NAME, "archived", "no time")
MIB = 1024 * 1024
NOTHING = json_page(NAME)
FAILED = Reply(500, b"oops", "text/plain")
ROOT = (
    b'<!DOCTYPE html><html><head><meta name="pypi:repository-version" content="1.4"><title>Simple index</title></head>'
    b'<body><a href="/simple/old-lib/">old-lib</a></body></html>'
)
# The connection is closed early, without a Content-Length.
CUT_HEAD = (
    b'<!DOCTYPE html><html><head><meta name="pypi:repository-version" content="1.4"><title>Links for old-lib</title>'
)
NOT_ACCEPTABLE = Reply(406, b"no", "text/plain")


class Case(NamedTuple):
    """The replies of the index in order, the lookup result, the exit code with --strict, the number of requests."""

    replies: tuple[Reply, ...]
    said: tuple[str, str | None]
    exit_code: int
    asked: int = 1


def marked(marker: object) -> Reply:
    """Return a page whose ``project-status`` is ``marker``, of any type."""
    return json_page(NAME, None, None, **{"project-status": marker})


def unavailable(cause: str, *replies: Reply, asked: int = 1) -> Case:
    """Return a case in which the lookup fails; the exit code is 3."""
    return Case(replies, ("unavailable", cause), 3, asked)


def archived(*replies: Reply, asked: int = 1) -> Case:
    """Return a case in which the lookup succeeds despite the fault."""
    return Case(replies, ("stated", "archived"), 1, asked)


CASES = {
    "401": unavailable("unauthorized", Reply(401, b"who?", "text/plain")),
    "403": unavailable("unauthorized", Reply(403, b"no", "text/plain")),
    "404": Case((Reply(404, b"none", "text/plain"),), ("missing", None), 1),
    "410": Case((Reply(410, b"gone", "text/plain"),), ("missing", None), 1),
    "400": unavailable("unexpected-response", Reply(400, b"what?", "text/plain")),
    "406 to every Accept": unavailable("unexpected-response", NOT_ACCEPTABLE, asked=2),
    "406 to the API's own types": archived(NOT_ACCEPTABLE, PAGE, asked=2),
    "429 that asks for a second": archived(too_many("1"), PAGE, asked=2),
    "429 that asks for an hour": unavailable("rate-limited", too_many("3600")),
    "429 again and again": unavailable("rate-limited", too_many("0"), asked=3),
    "500 again and again": unavailable("server-error", FAILED, asked=3),
    "500 twice": archived(FAILED, FAILED, PAGE, asked=3),
    "501": unavailable("server-error", Reply(501, b"no", "text/plain")),
    "connection reset": unavailable("unreachable", Reply(fault=Fault.RESET), asked=3),
    "connection reset once": archived(Reply(fault=Fault.RESET), PAGE, asked=2),
    "something else than HTTP": unavailable("unexpected-response", Reply(fault=Fault.NOT_HTTP)),
    "body cut off": unavailable("unexpected-response", PAGE._replace(fault=Fault.CUT_OFF)),
    "gzip": archived(gzipped(PAGE)),
    "gzip cut off": unavailable("unexpected-response", cut_gzip(PAGE)),
    "empty body": unavailable("unexpected-response", PAGE._replace(body=b"")),
    "JSON cut off, and its length true to that": unavailable("unexpected-response", PAGE._replace(body=PAGE.body[:-9])),
    "JSON of no type": archived(PAGE._replace(content_type=None)),
    "JSON labelled application/octet-stream": archived(PAGE._replace(content_type="application/octet-stream")),
    "HTML labelled JSON": unavailable(
        "unexpected-response", html_page(NAME, "archived")._replace(content_type="application/json")
    ),
    "HTML": archived(html_page(NAME, "archived", "no time")),
    "HTML labelled text_html": archived(html_page(NAME, "archived", "no time")._replace(content_type="text_html")),
    "a login page": unavailable(
        "unexpected-response",
        Reply(200, b"<html><head><title>Sign in</title></head><form></form></html>", "text/html"),
    ),
    "plain text": unavailable("unexpected-response", Reply(200, b"all is well", "text/plain")),
    "an image": unavailable("unexpected-response", Reply(200, b"\x89PNG\r\n\x1a\n\x00\x00", "image/png")),
    "null instead of a page": unavailable("unexpected-response", json_reply(None)),
    "an array instead of a page": unavailable("unexpected-response", json_reply([])),
    "null instead of a marker": Case((marked(None),), ("not-stated", None), 3),
    "null instead of a status": Case((marked({"status": None, "reason": None}),), ("not-stated", None), 3),
    "a marker that is a number": unavailable("unexpected-response", marked(7)),
    "no marker": Case((NOTHING,), ("not-stated", None), 3),
    "an unknown marker": Case((json_page(NAME, "mothballed", "why"),), ("unrecognized", "mothballed"), 1),
    "a marker in capitals": Case((json_page(NAME, "ARCHIVED"),), ("unrecognized", "ARCHIVED"), 1),
    "a marker with control characters": Case(
        (json_page(NAME, "odd\x1b[2J\u202e\nstatus"),), ("unrecognized", "odd [2J status"), 1
    ),
    "meta.project-status": archived(
        json_page(NAME, meta={"api-version": "1.4", "project-status": "archived", "project-status-reason": "no time"})
    ),
    "project-status.state": archived(marked({"state": "archived"})),
    "another project's page": unavailable("unexpected-response", json_page("other-lib", "archived")),
    "another project's page in HTML": unavailable("unexpected-response", html_page("other-lib", "active")),
    "the list of all projects": unavailable(
        "unexpected-response", json_reply({"meta": {"api-version": "1.4"}, "projects": [{"name": NAME}]})
    ),
    "the list of all projects in HTML": unavailable("unexpected-response", Reply(200, ROOT, "text/html")),
    "an error in JSON that has a meta": unavailable(
        "unexpected-response", json_reply({"meta": {"api-version": "1.0"}, "error": "login required"})
    ),
    "JSON that has the name and no files": unavailable(
        "unexpected-response", json_reply({"name": NAME, "message": "hi"})
    ),
    "JSON whose files are null": unavailable("unexpected-response", json_reply({"name": NAME, "files": None})),
    "two statuses in one page": unavailable(
        "unexpected-response",
        PAGE._replace(body=PAGE.body.replace(b'"project-status": {', b'"project-status": {"state": "active", ')),
    ),
    "HTML that ends in its head": unavailable("unexpected-response", Reply(200, CUT_HEAD, "text/html")),
    "a later minor version": archived(json_page(NAME, "archived", meta={"api-version": "1.99"})),
    "a later major version": unavailable(
        "unexpected-response", json_page(NAME, "archived", meta={"api-version": "2.0"})
    ),
    "50 MB": unavailable("too-large", padded(PAGE, 50 * MIB)),
    "50 MB in a gzip of 50 kB": unavailable("too-large", gzipped(padded(PAGE, 50 * MIB))),
    "50 MB of HTML": unavailable("too-large", padded(html_page(NAME, "archived"), 50 * MIB)),
    "redirected in a circle": unavailable("refused-redirect", redirect(f"/simple/{NAME}/"), asked=6),
    "redirected to another host": unavailable("refused-redirect", redirect(f"https://index.example/simple/{NAME}/")),
    "redirected on the same host": archived(redirect(f"/elsewhere/{NAME}/"), PAGE, asked=2),
}
