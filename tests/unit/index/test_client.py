"""One question to one index, and what each answer comes to."""

from __future__ import annotations

import gzip
import struct
import zlib
from collections.abc import Callable, Iterator
from email.utils import formatdate
from typing import NamedTuple

import pytest

from mothball import __version__
from mothball.config.credential_settings import CredentialSettings
from mothball.index import page_fetcher as asking
from mothball.index.client import Client, ClientSettings
from mothball.index.credentials import CredentialStore
from mothball.index.deadline import Deadline
from mothball.index.page_request import Failed, Fetched, NotFound, NotModified, Outcome, PageRequest, ProjectPage
from mothball.index.transport import Transport
from mothball.model.lookup import Cause
from tests.support.loopback import forget_network_settings
from tests.support.scripted_index import (
    Fault,
    Reply,
    ScriptedIndex,
    cut_gzip,
    gzipped,
    html_page,
    json_page,
    json_reply,
    padded,
    redirect,
    too_many,
)

PAGE = json_page("old-lib", "archived", "moved")
FETCHED = Fetched(ProjectPage("archived", "moved"))
SMALL = 100_000


class Asked(NamedTuple):
    """What came of a question, and how often the index was asked."""

    outcome: Outcome
    requests: int


@pytest.fixture(autouse=True)
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Have nothing wait before a retry, and note for how long it would have."""
    forget_network_settings(monkeypatch)
    noted: list[float] = []
    monkeypatch.setattr(Deadline, "wait", lambda _, seconds: noted.append(seconds))
    return noted


@pytest.fixture
def index() -> Iterator[ScriptedIndex]:
    with ScriptedIndex() as scripted:
        yield scripted


def ask(
    index: ScriptedIndex, *replies: Reply, etag: str | None = None, settings: ClientSettings | None = None
) -> Asked:
    index.script("old-lib", *replies)
    before = index.count("old-lib")
    with Client(settings or ClientSettings(max_body=SMALL)) as client:
        [(_, outcome)] = client.fetch([PageRequest(index.url, "old-lib", etag)])
    return Asked(outcome, index.count("old-lib") - before)


def assert_failed(asked: Asked, cause: Cause, detail: str = "", requests: int = 1) -> None:
    assert isinstance(asked.outcome, Failed), asked
    assert asked.outcome.cause is cause, asked
    assert detail in asked.outcome.detail
    assert asked.outcome.detail.isprintable()
    assert asked.requests == requests


# --- what is sent ---


def test_the_request_says_what_we_read_and_who_we_are_and_nothing_else(index: ScriptedIndex) -> None:
    ask(index, PAGE)
    [request] = index.received
    assert (request.method, request.path) == ("GET", "/simple/old-lib/")
    assert request.headers == {
        "host": f"127.0.0.1:{index.port}",
        "accept": "application/vnd.pypi.simple.v1+json, application/vnd.pypi.simple.v1+html;q=0.2, text/html;q=0.01",
        "accept-encoding": "gzip",
        "user-agent": f"mothball/{__version__} (+https://mothball.example/)",
    }


def test_no_credentials_are_sent_or_shown(
    index: ScriptedIndex, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path_factory.mktemp("home") / "netrc"
    netrc.write_text("machine 127.0.0.1 login somebody password secret\n")
    monkeypatch.setenv("NETRC", str(netrc))
    index.script("old-lib", Reply(401))
    url = index.url.replace("http://", "http://somebody:secret@") + "?token=secret#secret"
    with Client() as client:
        [(_, outcome)] = client.fetch([PageRequest(url, "old-lib")])
    assert outcome == Failed(
        Cause.UNAUTHORIZED, f"127.0.0.1:{index.port} returned 401 Unauthorized (credentials are required)"
    )
    [request] = index.received
    assert "authorization" not in request.headers
    assert request.path == "/simple/old-lib/"


def test_cookies_are_not_kept(index: ScriptedIndex) -> None:
    page = PAGE._replace(headers=(("Set-Cookie", "a=b; Path=/"),))
    index.script("old-lib", page)
    with Client() as client:
        for _ in range(2):
            list(client.fetch([PageRequest(index.url, "old-lib")]))
    assert all("cookie" not in request.headers for request in index.received)


@pytest.mark.parametrize("slash", ["", "/", "//"])
def test_the_base_may_lack_its_slash(index: ScriptedIndex, slash: str) -> None:
    index.script("old-lib", PAGE)
    with Client() as client:
        [(request, outcome)] = client.fetch([PageRequest(index.url.rstrip("/") + slash, "old-lib")])
    assert outcome == FETCHED
    assert request.index_url.endswith(f"simple{slash}")
    assert index.received[0].path == "/simple/old-lib/"


# --- pages ---


@pytest.mark.parametrize(
    "reply",
    [
        PAGE,
        gzipped(PAGE),
        PAGE._replace(chunked=True),
        gzipped(PAGE)._replace(chunked=True),
        PAGE._replace(headers=(("Content-Encoding", "identity"),)),
        PAGE._replace(headers=(("Connection", "close"),)),
        PAGE._replace(content_type=None),
        PAGE._replace(content_type="text/plain"),
        html_page("old-lib", "archived", "moved"),
        html_page("old-lib", "archived", "moved")._replace(content_type="text_html"),
        json_reply(
            {"name": "old-lib", "files": [], "meta": {"project-status": "archived", "project-status-reason": "moved"}}
        ),
        padded(gzipped(padded(PAGE, SMALL)), 0),
    ],
)
def test_a_page_is_fetched_in_whatever_wrapping(index: ScriptedIndex, reply: Reply) -> None:
    assert ask(index, reply) == (FETCHED, 1)


def test_a_null_or_no_marker_is_a_page_without_marker(index: ScriptedIndex) -> None:
    for reply in (
        json_page("old-lib"),
        json_reply({"name": "old-lib", "files": [], "project-status": None}),
        html_page("old-lib"),
    ):
        assert ask(index, reply) == (Fetched(ProjectPage(None)), 1)


def test_an_unknown_marker_is_fetched_as_it_is(index: ScriptedIndex) -> None:
    assert ask(index, json_page("old-lib", "haunted")).outcome == Fetched(ProjectPage("haunted"))


@pytest.mark.parametrize(
    "reply",
    [
        Reply(body=b"<html><title>Sign in</title></html>", content_type="text/html"),
        Reply(body=b"", content_type=None),
        json_page("another", "archived"),
        json_reply({"name": "old-lib", "files": [], "project-status": ["archived"]}),
        PAGE._replace(content_type="application/vnd.pypi.simple.v2+json"),
        json_page("old-lib", meta={"api-version": "2.0"}),
    ],
)
def test_a_200_that_is_no_page_of_the_project_is_a_failure(index: ScriptedIndex, reply: Reply) -> None:
    assert_failed(ask(index, reply), Cause.UNEXPECTED_RESPONSE, f"127.0.0.1:{index.port}: the page ")


# --- validators ---


def test_an_etag_is_kept_and_makes_the_next_request_conditional(index: ScriptedIndex) -> None:
    page = PAGE._replace(etag='W/"abc"')
    assert ask(index, page).outcome == FETCHED._replace(etag='W/"abc"')
    assert ask(index, page, etag='W/"abc"').outcome == NotModified()
    assert index.received[-1].headers["if-none-match"] == 'W/"abc"'
    assert ask(index, page, etag='"older"').outcome == FETCHED._replace(etag='W/"abc"')


def test_a_304_that_was_not_asked_for_is_a_failure(index: ScriptedIndex) -> None:
    assert_failed(ask(index, Reply(304, content_type=None)), Cause.UNEXPECTED_RESPONSE, "304")


@pytest.mark.parametrize("etag", ["", "abc", '"a b"', '"\x80"', '"' + "x" * 5000 + '"', '"a"b"'])
def test_an_etag_that_is_none_is_neither_kept_nor_sent(index: ScriptedIndex, etag: str) -> None:
    assert ask(index, PAGE._replace(etag=etag)).outcome == FETCHED
    assert ask(index, PAGE, etag=etag + "\r\nX-Smuggled: 1").outcome == FETCHED
    assert "if-none-match" not in index.received[-1].headers


# --- statuses ---


@pytest.mark.parametrize("status", [404, 410])
def test_a_page_that_is_not_there_is_not_found(index: ScriptedIndex, status: int) -> None:
    assert ask(index, Reply(status)) == (NotFound(), 1)


@pytest.mark.parametrize(
    ("status", "cause"),
    [
        *((status, Cause.UNAUTHORIZED) for status in (401, 403, 407)),
        *((status, Cause.UNEXPECTED_RESPONSE) for status in (201, 203, 204, 206, 300, 305, 400, 402, 405, 418, 451)),
        *((status, Cause.SERVER_ERROR) for status in (501, 505, 599)),
    ],
)
def test_a_status_that_nothing_can_be_done_about_is_asked_for_once(
    index: ScriptedIndex, status: int, cause: Cause
) -> None:
    assert_failed(ask(index, Reply(status)), cause, str(status))


def test_a_406_is_asked_again_for_anything_and_only_once(index: ScriptedIndex) -> None:
    assert ask(index, Reply(406), PAGE) == (FETCHED, 2)
    assert [request.headers["accept"] for request in index.received][1] == "*/*"
    assert_failed(ask(index, Reply(406)), Cause.UNEXPECTED_RESPONSE, "406", requests=2)


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_what_may_pass_is_asked_again_twice(index: ScriptedIndex, pauses: list[float], status: int) -> None:
    cause = Cause.RATE_LIMITED if status == 429 else Cause.SERVER_ERROR
    assert ask(index, Reply(status), PAGE) == (FETCHED, 2)
    assert ask(index, Reply(status), Reply(status), PAGE) == (FETCHED, 3)
    assert_failed(ask(index, Reply(status)), cause, str(status), requests=3)
    assert_failed(ask(index, Reply(status), settings=ClientSettings(retries=0)), cause, str(status))
    assert len(pauses) == 5


def test_the_little_while_before_a_retry_differs_and_doubles(index: ScriptedIndex, pauses: list[float]) -> None:
    for _ in range(3):
        ask(index, Reply(503))
    assert len(set(pauses)) == 6
    assert all(
        0.1 <= first <= 0.3 and 0.2 <= second <= 0.6 for first, second in zip(pauses[::2], pauses[1::2], strict=True)
    )


# --- Retry-After ---


def test_retry_after_is_honoured_in_seconds_and_as_a_date(index: ScriptedIndex, pauses: list[float]) -> None:
    assert ask(index, too_many("7"), PAGE).outcome == FETCHED
    assert ask(index, Reply(503, headers=(("Retry-After", " 3 "),)), PAGE).outcome == FETCHED
    assert ask(index, too_many("Wed, 21 Oct 2015 07:28:00 GMT"), PAGE).outcome == FETCHED
    assert ask(index, too_many("Wed, 21 Oct 2015 07:28:00 -0000"), PAGE).outcome == FETCHED
    assert pauses == [7.0, 3.0, 0.0, 0.0]


def test_a_wait_that_is_too_long_is_not_waited_for(index: ScriptedIndex, pauses: list[float]) -> None:
    assert_failed(ask(index, too_many("3600")), Cause.RATE_LIMITED, "(retry after 3600 s)")
    assert_failed(ask(index, too_many(formatdate(4_000_000_000, usegmt=True))), Cause.RATE_LIMITED, "(retry after ")
    assert_failed(
        ask(index, too_many("9"), settings=ClientSettings(deadline=8)), Cause.RATE_LIMITED, "(retry after 9 s)"
    )
    assert pauses == []


@pytest.mark.parametrize("value", ["", "soon", "-5", "1e3", "Wed, 99 Oct 2015", "1 Jan 0001 00:00:00 +9999", "9" * 50])
def test_a_retry_after_that_is_none_counts_as_absent(index: ScriptedIndex, value: str, pauses: list[float]) -> None:
    assert ask(index, too_many(value), PAGE) == (FETCHED, 2)
    assert 0.1 <= pauses[0] <= 0.3


# --- connections that break ---


@pytest.mark.parametrize("fault", [Fault.RESET, Fault.CLOSE, Fault.RESET_MIDWAY])
def test_a_dropped_connection_is_tried_again_twice(index: ScriptedIndex, fault: Fault) -> None:
    assert ask(index, PAGE._replace(fault=fault), PAGE) == (FETCHED, 2)
    assert_failed(ask(index, PAGE._replace(fault=fault)), Cause.UNREACHABLE, "closed the connection", requests=3)


@pytest.mark.parametrize("chunked", [False, True])
def test_an_answer_that_is_cut_off_is_a_failure(index: ScriptedIndex, *, chunked: bool) -> None:
    for reply in (PAGE, gzipped(PAGE)):
        cut = reply._replace(fault=Fault.CUT_OFF, chunked=chunked)
        assert_failed(ask(index, cut), Cause.UNEXPECTED_RESPONSE, "is incomplete")


def test_an_answer_that_is_not_http_is_a_failure(index: ScriptedIndex) -> None:
    assert_failed(
        ask(index, Reply(fault=Fault.NOT_HTTP)), Cause.UNEXPECTED_RESPONSE, "did not return a valid HTTP response"
    )


def test_an_error_document_leaves_the_connection_fit_for_the_next_request(index: ScriptedIndex) -> None:
    long = padded(Reply(404), 500_000)
    for name, reply in {"a": Reply(404, b"short"), "b": Reply(404, b"short"), "c": long, "d": long}.items():
        index.script(name, reply)
    with Client(ClientSettings(workers=1)) as client:
        outcomes = [outcome for _, outcome in client.fetch([PageRequest(index.url, name) for name in "abcd"])]
    assert outcomes == [NotFound()] * 4
    assert index.connections == 2


# --- bodies ---


@pytest.mark.parametrize(
    "reply",
    [
        cut_gzip(PAGE),
        PAGE._replace(headers=(("Content-Encoding", "gzip"),)),
        gzipped(PAGE)._replace(body=gzip.compress(PAGE.body) + b"more"),
        gzipped(PAGE)._replace(body=gzip.compress(PAGE.body)[:-8] + bytes(8)),
        gzipped(PAGE)._replace(body=b""),
    ],
)
def test_gzip_that_is_none_or_ends_early_is_a_failure(index: ScriptedIndex, reply: Reply) -> None:
    assert_failed(ask(index, reply), Cause.UNEXPECTED_RESPONSE, "invalid gzip data")


@pytest.mark.parametrize("coding", ["br", "zstd", "deflate", "gzip, gzip", "\x1b[31m"])
def test_an_encoding_that_was_not_asked_for_is_a_failure(index: ScriptedIndex, coding: str) -> None:
    reply = PAGE._replace(headers=(("Content-Encoding", coding),))
    assert_failed(ask(index, reply), Cause.UNEXPECTED_RESPONSE, "unsupported content encoding")


def idle_gzip(blocks: int) -> bytes:
    """Return a gzip stream of empty blocks, which is long and holds nothing."""
    return (
        gzip.compress(b"")[:10]
        + b"\x00\x00\x00\xff\xff" * blocks
        + b"\x03\x00"
        + struct.pack("<II", zlib.crc32(b""), 0)
    )


@pytest.mark.parametrize(
    "reply",
    [
        padded(PAGE, SMALL + 1),
        padded(PAGE, SMALL + 1)._replace(chunked=True),
        gzipped(padded(PAGE, SMALL + 1)),
        gzipped(padded(PAGE, 50_000_000)),
        gzipped(PAGE)._replace(body=idle_gzip(SMALL), chunked=True),
    ],
    ids=["declared", "chunked", "by one byte", "bomb", "idle"],
)
def test_a_body_over_the_cap_is_too_large_before_it_is_read_to_the_end(index: ScriptedIndex, reply: Reply) -> None:
    assert_failed(ask(index, reply), Cause.TOO_LARGE, "more than 0.0953674 MiB")


@pytest.mark.parametrize("wrap", [lambda reply: reply, gzipped])
def test_a_body_of_exactly_the_cap_is_read(index: ScriptedIndex, wrap: Callable[[Reply], Reply]) -> None:
    assert ask(index, wrap(padded(PAGE, SMALL))) == (FETCHED, 1)


def test_fifty_megabytes_are_too_large_by_default(index: ScriptedIndex) -> None:
    asked = ask(index, padded(PAGE, 50_000_000), settings=ClientSettings())
    assert_failed(asked, Cause.TOO_LARGE, "returned more than 32 MiB")


# --- time ---


def test_an_index_that_stays_silent_is_a_timeout_and_not_tried_again(index: ScriptedIndex) -> None:
    settings = ClientSettings(read_timeout=0.1)
    assert_failed(ask(index, Reply(fault=Fault.SILENCE), settings=settings), Cause.TIMEOUT, "did not respond in time")
    silent_midway = padded(PAGE, 1_000)._replace(drip=30.0)
    assert_failed(ask(index, silent_midway, settings=settings), Cause.TIMEOUT, "did not respond in time")


@pytest.mark.parametrize(
    "reply",
    [
        padded(PAGE, 10_000)._replace(drip=0.01),
        gzipped(padded(PAGE, 10_000))._replace(drip=0.2),
        PAGE._replace(drip_head=0.05),
        Reply(fault=Fault.SILENCE),
    ],
    ids=["body", "gzip", "head", "silence"],
)
def test_no_drip_outlasts_the_deadline(index: ScriptedIndex, reply: Reply) -> None:
    asked = ask(index, reply, settings=ClientSettings(deadline=0.3))
    assert_failed(asked, Cause.DEADLINE, f"127.0.0.1:{index.port} did not respond")


def test_no_error_document_outlasts_the_deadline(index: ScriptedIndex) -> None:
    asked = ask(index, padded(Reply(404), 10_000)._replace(drip=0.01), settings=ClientSettings(deadline=0.3))
    # What it says in its first line may count or come too late; nobody waits for the rest.
    if asked.outcome != NotFound():
        assert_failed(asked, Cause.DEADLINE, f"127.0.0.1:{index.port} did not respond")


def test_nothing_is_asked_when_there_is_no_time(index: ScriptedIndex) -> None:
    assert_failed(ask(index, PAGE, settings=ClientSettings(deadline=0.0)), Cause.DEADLINE, requests=0)
    assert asking.PageFetcher(
        Transport(ClientSettings()), ClientSettings(), CredentialStore(CredentialSettings())
    ).fetch(PageRequest(index.url, "old-lib"), Deadline(0.0)) == Failed(
        Cause.DEADLINE, f"127.0.0.1:{index.port} did not respond before the deadline for all lookups"
    )


# --- redirects ---


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize(
    "location", ["/mirror/old-lib/", "../../mirror/old-lib", "?a=b", "//{host}/x/old-lib", "{base}/x/old-lib"]
)
def test_a_redirect_on_the_same_host_is_followed(index: ScriptedIndex, status: int, location: str) -> None:
    host = f"127.0.0.1:{index.port}"
    moved = redirect(location.format(host=host, base=f"HTTP://{host}"), status)
    assert ask(index, moved, PAGE) == (FETCHED, 2)


def test_five_redirects_are_followed_and_no_more(index: ScriptedIndex) -> None:
    assert ask(index, *[redirect("/x/old-lib/")] * 5, PAGE) == (FETCHED, 6)
    assert_failed(ask(index, redirect("/x/old-lib/")), Cause.REFUSED_REDIRECT, "more than 5 times", requests=6)


def test_a_redirect_keeps_the_validator_and_loses_user_information(index: ScriptedIndex) -> None:
    moved = redirect(f"http://somebody:secret@127.0.0.1:{index.port}/x/old-lib/")
    assert ask(index, moved, PAGE, etag='"a"') == (FETCHED, 2)
    assert "authorization" not in index.received[-1].headers
    assert index.received[-1].headers["if-none-match"] == '"a"'


@pytest.mark.parametrize(
    ("location", "shown"),
    [
        ("https://stranger.example/simple/old-lib/", "https://stranger.example"),
        ("http://somebody:secret@stranger.example:81/", "http://stranger.example:81"),
        ("//stranger.example/", "http://stranger.example"),
        ("http://127.0.0.1:1/simple/old-lib/", "http://127.0.0.1:1"),
        ("http://localhost/simple/old-lib/", "http://localhost"),
    ],
)
def test_a_redirect_to_anyone_else_is_refused_and_named(index: ScriptedIndex, location: str, shown: str) -> None:
    asked = ask(index, redirect(location, 303))
    assert_failed(asked, Cause.REFUSED_REDIRECT, f"redirected to {shown}: redirects to another host are not followed")
    assert isinstance(asked.outcome, Failed)
    assert "secret" not in asked.outcome.detail


@pytest.mark.parametrize(
    "location", ["ftp://127.0.0.1/", "http://[::1", "file:///etc/passwd", "http://a\\@b/", "javascript:x"]
)
def test_a_redirect_to_no_http_address_is_refused(index: ScriptedIndex, location: str) -> None:
    assert_failed(ask(index, redirect(location)), Cause.REFUSED_REDIRECT, "redirected to an invalid URL")


def test_a_redirect_without_location_goes_nowhere(index: ScriptedIndex) -> None:
    assert_failed(ask(index, Reply(302)), Cause.REFUSED_REDIRECT, "redirected to an invalid URL")


def test_the_longest_wait_is_a_matter_of_seconds() -> None:
    assert asking._MAX_WAIT <= 10
