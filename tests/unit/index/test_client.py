"""Single requests to an index and their outcomes."""

from __future__ import annotations

import gzip
import struct
import threading
import zlib
from collections.abc import Callable, Iterator
from email.utils import formatdate
from typing import NamedTuple

import pytest

from mothball import __version__
from mothball.index import page_fetcher
from mothball.index.client import Client, ClientSettings
from mothball.index.limits import Deadline
from mothball.index.project_page import (
    Failed,
    Fetched,
    NotFound,
    NotModified,
    Outcome,
    PageRequest,
    ProjectPage,
    Redirected,
)
from mothball.model.results import Cause
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


class FetchResult(NamedTuple):
    """An outcome and the number of requests that the index received."""

    outcome: Outcome
    requests: int


@pytest.fixture(autouse=True)
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Skip waiting before retries and record the seconds."""
    forget_network_settings(monkeypatch)
    noted: list[float] = []
    monkeypatch.setattr(Deadline, "wait", lambda _, seconds: noted.append(seconds))
    return noted


@pytest.fixture
def index() -> Iterator[ScriptedIndex]:
    with ScriptedIndex() as scripted:
        yield scripted


def fetch(
    index: ScriptedIndex, *replies: Reply, etag: str | None = None, settings: ClientSettings | None = None
) -> FetchResult:
    index.script("old-lib", *replies)
    before = index.count("old-lib")
    with Client(settings or ClientSettings(max_body=SMALL)) as client:
        [(_, outcome)] = client.fetch([PageRequest(index.url, "old-lib", etag)])
    return FetchResult(outcome, index.count("old-lib") - before)


def assert_failed(result: FetchResult, cause: Cause, detail: str = "", requests: int = 1) -> None:
    assert isinstance(result.outcome, Failed), result
    assert result.outcome.cause is cause, result
    assert detail in result.outcome.detail
    assert result.outcome.detail.isprintable()
    assert result.requests == requests


# --- requests ---


def test_request_has_only_the_expected_headers(index: ScriptedIndex) -> None:
    fetch(index, PAGE)
    [request] = index.received
    assert (request.method, request.path) == ("GET", "/simple/old-lib/")
    assert request.headers == {
        "host": f"127.0.0.1:{index.port}",
        "accept": "application/vnd.pypi.simple.v1+json, application/vnd.pypi.simple.v1+html;q=0.2, text/html;q=0.01",
        "accept-encoding": "gzip",
        "user-agent": f"mothball/{__version__} (+https://mothball.example/)",
    }


def test_credentials_in_url_and_netrc_are_not_sent_or_shown(
    index: ScriptedIndex, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path_factory.mktemp("home") / "netrc"
    netrc.write_text("machine 127.0.0.1 login user password secret\n")
    monkeypatch.setenv("NETRC", str(netrc))
    index.script("old-lib", Reply(401))
    url = index.url.replace("http://", "http://user:secret@") + "?token=secret#secret"
    with Client() as client:
        [(_, outcome)] = client.fetch([PageRequest(url, "old-lib")])
    assert isinstance(outcome, Failed)
    assert outcome.cause is Cause.UNAUTHORIZED
    assert outcome.detail.startswith(f"127.0.0.1:{index.port} returned 401 Unauthorized (credentials are required): ")
    assert f"the entry for 127.0.0.1 in {netrc} is not used" in outcome.detail
    [request] = index.received
    assert "authorization" not in request.headers
    assert request.path == "/simple/old-lib/"


def test_cookies_are_not_stored(index: ScriptedIndex) -> None:
    page = PAGE._replace(headers=(("Set-Cookie", "a=b; Path=/"),))
    index.script("old-lib", page)
    with Client() as client:
        for _ in range(2):
            list(client.fetch([PageRequest(index.url, "old-lib")]))
    assert all("cookie" not in request.headers for request in index.received)


@pytest.mark.parametrize("slash", ["", "/", "//"])
def test_index_url_without_trailing_slash_is_accepted(index: ScriptedIndex, slash: str) -> None:
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
def test_page_is_fetched_in_every_format_and_encoding(index: ScriptedIndex, reply: Reply) -> None:
    assert fetch(index, reply) == (FETCHED, 1)


def test_null_or_absent_marker_is_no_marker(index: ScriptedIndex) -> None:
    for reply in (
        json_page("old-lib"),
        json_reply({"name": "old-lib", "files": [], "project-status": None}),
        html_page("old-lib"),
    ):
        assert fetch(index, reply) == (Fetched(ProjectPage(None)), 1)


def test_unknown_marker_is_returned_unchanged(index: ScriptedIndex) -> None:
    assert fetch(index, json_page("old-lib", "haunted")).outcome == Fetched(ProjectPage("haunted"))


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
def test_200_without_a_project_page_is_a_failure(index: ScriptedIndex, reply: Reply) -> None:
    assert_failed(fetch(index, reply), Cause.UNEXPECTED_RESPONSE, f"127.0.0.1:{index.port}: the page ")


# --- ETags ---


def test_etag_makes_the_next_request_conditional(index: ScriptedIndex) -> None:
    page = PAGE._replace(etag='W/"abc"')
    assert fetch(index, page).outcome == FETCHED._replace(etag='W/"abc"')
    assert fetch(index, page, etag='W/"abc"').outcome == NotModified()
    assert index.received[-1].headers["if-none-match"] == 'W/"abc"'
    assert fetch(index, page, etag='"older"').outcome == FETCHED._replace(etag='W/"abc"')


def test_unrequested_304_is_a_failure(index: ScriptedIndex) -> None:
    assert_failed(fetch(index, Reply(304, content_type=None)), Cause.UNEXPECTED_RESPONSE, "304")


@pytest.mark.parametrize("etag", ["", "abc", '"a b"', '"\x80"', '"' + "x" * 5000 + '"', '"a"b"'])
def test_invalid_etag_is_neither_returned_nor_sent(index: ScriptedIndex, etag: str) -> None:
    assert fetch(index, PAGE._replace(etag=etag)).outcome == FETCHED
    assert fetch(index, PAGE, etag=etag + "\r\nX-Smuggled: 1").outcome == FETCHED
    assert "if-none-match" not in index.received[-1].headers


# --- status codes ---


@pytest.mark.parametrize("status", [404, 410])
def test_404_and_410_are_not_found(index: ScriptedIndex, status: int) -> None:
    assert fetch(index, Reply(status)) == (NotFound(), 1)


@pytest.mark.parametrize(
    ("status", "cause"),
    [
        *((status, Cause.UNAUTHORIZED) for status in (401, 403)),
        # 407 is that of a proxy, and none is used.
        (407, Cause.UNEXPECTED_RESPONSE),
        *((status, Cause.UNEXPECTED_RESPONSE) for status in (201, 203, 204, 206, 300, 305, 400, 402, 405, 418, 451)),
        *((status, Cause.SERVER_ERROR) for status in (501, 505, 599)),
    ],
)
def test_permanent_failure_is_not_retried(index: ScriptedIndex, status: int, cause: Cause) -> None:
    assert_failed(fetch(index, Reply(status)), cause, str(status))


def test_406_is_retried_once_with_any_content_type(index: ScriptedIndex) -> None:
    assert fetch(index, Reply(406), PAGE) == (FETCHED, 2)
    assert [request.headers["accept"] for request in index.received][1] == "*/*"
    assert_failed(fetch(index, Reply(406)), Cause.UNEXPECTED_RESPONSE, "406", requests=2)


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_temporary_failure_is_retried_twice(index: ScriptedIndex, pauses: list[float], status: int) -> None:
    cause = Cause.RATE_LIMITED if status == 429 else Cause.SERVER_ERROR
    assert fetch(index, Reply(status), PAGE) == (FETCHED, 2)
    assert fetch(index, Reply(status), Reply(status), PAGE) == (FETCHED, 3)
    assert_failed(fetch(index, Reply(status)), cause, str(status), requests=3)
    assert_failed(fetch(index, Reply(status), settings=ClientSettings(retries=0)), cause, str(status))
    assert len(pauses) == 5


def test_backoff_doubles_with_jitter(index: ScriptedIndex, pauses: list[float]) -> None:
    for _ in range(3):
        fetch(index, Reply(503))
    assert len(set(pauses)) == 6
    assert all(
        0.1 <= first <= 0.3 and 0.2 <= second <= 0.6 for first, second in zip(pauses[::2], pauses[1::2], strict=True)
    )


# --- Retry-After ---


def test_retry_after_is_honored_in_seconds_and_as_date(index: ScriptedIndex, pauses: list[float]) -> None:
    assert fetch(index, too_many("7"), PAGE).outcome == FETCHED
    assert fetch(index, Reply(503, headers=(("Retry-After", " 3 "),)), PAGE).outcome == FETCHED
    assert fetch(index, too_many("Wed, 21 Oct 2015 07:28:00 GMT"), PAGE).outcome == FETCHED
    assert fetch(index, too_many("Wed, 21 Oct 2015 07:28:00 -0000"), PAGE).outcome == FETCHED
    assert pauses == [7.0, 3.0, 0.0, 0.0]


def test_too_long_retry_after_is_a_failure(index: ScriptedIndex, pauses: list[float]) -> None:
    assert_failed(fetch(index, too_many("3600")), Cause.RATE_LIMITED, "(retry after 3600 s)")
    assert_failed(fetch(index, too_many(formatdate(4_000_000_000, usegmt=True))), Cause.RATE_LIMITED, "(retry after ")
    assert_failed(
        fetch(index, too_many("9"), settings=ClientSettings(deadline=8)), Cause.RATE_LIMITED, "(retry after 9 s)"
    )
    assert pauses == []


@pytest.mark.parametrize("value", ["", "soon", "-5", "1e3", "Wed, 99 Oct 2015", "1 Jan 0001 00:00:00 +9999", "9" * 50])
def test_invalid_retry_after_is_ignored(index: ScriptedIndex, value: str, pauses: list[float]) -> None:
    assert fetch(index, too_many(value), PAGE) == (FETCHED, 2)
    assert 0.1 <= pauses[0] <= 0.3


# --- broken connections ---


@pytest.mark.parametrize("fault", [Fault.RESET, Fault.CLOSE, Fault.RESET_MIDWAY])
def test_closed_connection_is_retried_twice(index: ScriptedIndex, fault: Fault) -> None:
    assert fetch(index, PAGE._replace(fault=fault), PAGE) == (FETCHED, 2)
    assert_failed(fetch(index, PAGE._replace(fault=fault)), Cause.UNREACHABLE, "closed the connection", requests=3)


@pytest.mark.parametrize("chunked", [False, True])
def test_incomplete_response_is_a_failure(index: ScriptedIndex, *, chunked: bool) -> None:
    for reply in (PAGE, gzipped(PAGE)):
        cut = reply._replace(fault=Fault.CUT_OFF, chunked=chunked)
        assert_failed(fetch(index, cut), Cause.UNEXPECTED_RESPONSE, "is incomplete")


def test_response_that_is_not_http_is_a_failure(index: ScriptedIndex) -> None:
    assert_failed(
        fetch(index, Reply(fault=Fault.NOT_HTTP)), Cause.UNEXPECTED_RESPONSE, "did not return a valid HTTP response"
    )


def test_connection_is_reused_after_an_error_body(index: ScriptedIndex) -> None:
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
def test_invalid_or_truncated_gzip_is_a_failure(index: ScriptedIndex, reply: Reply) -> None:
    assert_failed(fetch(index, reply), Cause.UNEXPECTED_RESPONSE, "invalid gzip data")


@pytest.mark.parametrize("coding", ["br", "zstd", "deflate", "gzip, gzip", "\x1b[31m"])
def test_unsupported_content_encoding_is_a_failure(index: ScriptedIndex, coding: str) -> None:
    reply = PAGE._replace(headers=(("Content-Encoding", coding),))
    assert_failed(fetch(index, reply), Cause.UNEXPECTED_RESPONSE, "unsupported content encoding")


def idle_gzip(blocks: int) -> bytes:
    """Return a long gzip stream of empty blocks without content."""
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
    ids=["declared", "chunked", "one byte too long", "bomb", "empty blocks"],
)
def test_too_large_body_is_not_read_completely(index: ScriptedIndex, reply: Reply) -> None:
    assert_failed(fetch(index, reply), Cause.TOO_LARGE, "more than 0.0953674 MiB")


@pytest.mark.parametrize("wrap", [lambda reply: reply, gzipped])
def test_body_of_exactly_the_limit_is_read(index: ScriptedIndex, wrap: Callable[[Reply], Reply]) -> None:
    assert fetch(index, wrap(padded(PAGE, SMALL))) == (FETCHED, 1)


def test_fifty_megabytes_exceed_the_default_limit(index: ScriptedIndex) -> None:
    result = fetch(index, padded(PAGE, 50_000_000), settings=ClientSettings())
    assert_failed(result, Cause.TOO_LARGE, "returned more than 32 MiB")


# --- time ---


def test_silent_index_times_out_without_retry(index: ScriptedIndex) -> None:
    settings = ClientSettings(read_timeout=0.1)
    assert_failed(fetch(index, Reply(fault=Fault.SILENCE), settings=settings), Cause.TIMEOUT, "did not respond in time")
    silent_midway = padded(PAGE, 1_000)._replace(drip=30.0)
    assert_failed(fetch(index, silent_midway, settings=settings), Cause.TIMEOUT, "did not respond in time")


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
def test_slow_response_is_cut_off_by_the_deadline(index: ScriptedIndex, reply: Reply) -> None:
    result = fetch(index, reply, settings=ClientSettings(deadline=0.3))
    assert_failed(result, Cause.DEADLINE, f"127.0.0.1:{index.port} did not respond")


def test_slow_error_body_is_cut_off_by_the_deadline(index: ScriptedIndex) -> None:
    result = fetch(index, padded(Reply(404), 10_000)._replace(drip=0.01), settings=ClientSettings(deadline=0.3))
    # The status line may arrive in time or too late; the rest is not waited for.
    if result.outcome != NotFound():
        assert_failed(result, Cause.DEADLINE, f"127.0.0.1:{index.port} did not respond")


def test_no_request_is_sent_after_the_deadline(index: ScriptedIndex) -> None:
    assert_failed(fetch(index, PAGE, settings=ClientSettings(deadline=0.0)), Cause.DEADLINE, requests=0)
    fetcher = page_fetcher.PageFetcher(ClientSettings())
    assert fetcher.fetch(PageRequest(index.url, "old-lib"), Deadline(0.0)) == Failed(
        Cause.DEADLINE, f"127.0.0.1:{index.port} did not respond before the deadline for all lookups"
    )


# --- redirects ---


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize(
    "location", ["/mirror/old-lib/", "../../mirror/old-lib", "?a=b", "//{host}/x/old-lib", "{base}/x/old-lib"]
)
def test_redirect_on_the_same_host_is_followed(index: ScriptedIndex, status: int, location: str) -> None:
    host = f"127.0.0.1:{index.port}"
    moved = redirect(location.format(host=host, base=f"HTTP://{host}"), status)
    assert fetch(index, moved, PAGE) == (FETCHED, 2)


def test_at_most_five_redirects_are_followed(index: ScriptedIndex) -> None:
    assert fetch(index, *[redirect("/x/old-lib/")] * 5, PAGE) == (FETCHED, 6)
    assert_failed(fetch(index, redirect("/x/old-lib/")), Cause.REFUSED_REDIRECT, "more than 5 times", requests=6)


def test_redirect_keeps_the_etag_and_drops_user_information(index: ScriptedIndex) -> None:
    moved = redirect(f"http://user:secret@127.0.0.1:{index.port}/x/old-lib/")
    assert fetch(index, moved, PAGE, etag='"a"') == (FETCHED, 2)
    assert "authorization" not in index.received[-1].headers
    assert index.received[-1].headers["if-none-match"] == '"a"'


@pytest.mark.parametrize(
    ("location", "shown"),
    [
        ("https://stranger.example/simple/old-lib/", "https://stranger.example/simple/"),
        ("https://stranger.example/simple/other-lib/", "https://stranger.example"),
        ("http://user:secret@stranger.example:81/", "http://stranger.example:81"),
        ("//stranger.example/", "http://stranger.example"),
        ("http://127.0.0.1:1/simple/old-lib/", "http://127.0.0.1:1/simple/"),
        ("http://localhost/simple/old-lib/", "http://localhost/simple/"),
    ],
)
def test_redirect_to_another_host_is_not_followed(index: ScriptedIndex, location: str, shown: str) -> None:
    result = fetch(index, redirect(location, 303))
    assert isinstance(result.outcome, Redirected)
    assert_failed(
        result._replace(outcome=result.outcome.failed),
        Cause.REFUSED_REDIRECT,
        f"redirected to {shown}, which is not an index of this package",
    )
    assert result.outcome.index_url in ("", shown)
    assert "secret" not in repr(result)


@pytest.mark.parametrize(
    ("status", "ignorable"),
    [(400, True), (401, True), (402, True), (403, True), (418, True), (451, True), (407, False), (408, False)],
)
def test_outcome_has_the_status_that_a_user_may_ignore(index: ScriptedIndex, status: int, *, ignorable: bool) -> None:
    outcome = fetch(index, Reply(status)).outcome
    assert isinstance(outcome, Failed)
    assert outcome.status == (status if ignorable else 0)


@pytest.mark.parametrize(
    ("reply", "cause"),
    [(too_many("3600"), Cause.RATE_LIMITED), (Reply(500), Cause.SERVER_ERROR), (Reply(501), Cause.SERVER_ERROR)],
)
def test_rate_limit_and_server_errors_cannot_be_ignored(index: ScriptedIndex, reply: Reply, cause: Cause) -> None:
    outcome = fetch(index, reply).outcome
    assert isinstance(outcome, Failed)
    assert (outcome.cause, outcome.status) == (cause, 0)


@pytest.mark.parametrize(
    "location", ["ftp://127.0.0.1/", "http://[::1", "file:///etc/passwd", "http://a\\@b/", "javascript:x"]
)
def test_redirect_to_an_invalid_url_is_not_followed(index: ScriptedIndex, location: str) -> None:
    assert_failed(fetch(index, redirect(location)), Cause.REFUSED_REDIRECT, "redirected to an invalid URL")


def test_redirect_without_location_is_a_failure(index: ScriptedIndex) -> None:
    assert_failed(fetch(index, Reply(302)), Cause.REFUSED_REDIRECT, "redirected to an invalid URL")


def test_longest_wait_is_limited() -> None:
    assert page_fetcher._MAX_WAIT <= 10


# --- threads ---


@pytest.mark.parametrize("available", [0, 1, 3])
def test_fewer_threads_do_all_requests_and_without_any_they_fail(
    index: ScriptedIndex, monkeypatch: pytest.MonkeyPatch, available: int
) -> None:
    left = available

    class LimitedThread(threading.Thread):
        def start(self) -> None:
            nonlocal left
            if self.name == "mothball-index":
                if left == 0:
                    raise RuntimeError("can't start new thread")
                left -= 1
            super().start()

    monkeypatch.setattr("mothball.index.client.threading.Thread", LimitedThread)
    names = [f"lib-{number}" for number in range(8)]
    for name in names:
        index.script(name, json_page(name))
    with Client(ClientSettings(max_body=SMALL)) as client:
        outcomes = [outcome for _, outcome in client.fetch([PageRequest(index.url, name) for name in names])]
    failed = [outcome for outcome in outcomes if isinstance(outcome, Failed)]
    assert len(outcomes) == len(names)
    assert len(failed) == (len(names) if available == 0 else 0)
    assert {outcome.detail for outcome in failed} <= {
        "no thread can be started: raise the limit of processes or memory (`ulimit -u`, `ulimit -v`)"
    }
