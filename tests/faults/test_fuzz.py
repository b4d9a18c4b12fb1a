"""Hostile input for all readers of untrusted data: only mothball's exceptions, and linear time.

Times are compared with those of inputs of an eighth of the size: linear time grows by 8, quadratic by 64. No absolute
times are asserted.
"""

from __future__ import annotations

import contextlib
import json
import random
import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mothball.config.keys import read_config, read_user_config
from mothball.config.user_settings import CredentialSettings
from mothball.formats.toml.scanner import scan
from mothball.formats.toml.values import to_mapping
from mothball.index.cache import CachedPage, _decode_page, _encode_page, _is_time
from mothball.index.client import Client, ClientSettings
from mothball.index.credentials import CredentialStore, Login, NetrcLogins
from mothball.index.page_fetcher import _retry_after, decode_page
from mothball.index.project_page import Failed, Fetched, NotFound, PageRequest, ProjectPage
from mothball.index.snapshot import Snapshot, parse_snapshot
from mothball.index.urls import endpoint_of, page_url, redirect_target
from mothball.model.errors import ConfigError, PageError, SnapshotError
from mothball.model.results import Release
from tests.support.loopback import forget_network_settings
from tests.support.scripted_index import html_page, json_page
from tests.support.timing import least_seconds

NAME = "old-lib"
JSON_TYPE, HTML_TYPE = "application/vnd.pypi.simple.v1+json", "text/html"
FILES = [
    {
        "filename": f"old_lib-1.{n}-py3-none-any.whl",
        "hashes": {"sha256": "0" * 64},
        "upload-time": f"2026-01-0{n + 1}T02:03:04Z",
        "yanked": n % 2 == 0,
    }
    for n in range(5)
]
JSON_PAGE = json_page(NAME, "archived", "since “May” \u202e", files=FILES).body
HTML_PAGE = html_page(NAME, "archived", "since &quot;May&quot;").body.replace(
    b"<body>", b'<body><!-- files --><a href="../old_lib-1.0.whl#sha256=00" data-yanked>old_lib-1.0.whl</a>'
)
SNAPSHOT = json.dumps(
    {
        "mothball-snapshot": 1,
        "generated": "2026-11-03",
        "index": "https://index.example/simple/",
        "projects": {NAME: {"status": "archived", "reason": "why"}, "quiet": {"status": None}},
    }
)
CONFIG = """\
index-url = "https://index.example/simple/"
private = ["acme-*"]
max-age = "1h"
[severity]
deprecated = "error"
"archived.transitive" = "note"
[ignore]
old-lib = { rules = ["archived"], reason = "soon", until = 2027-03-01 }
"""
USER_CONFIG = """\
index-url = "https://user:secret@index.example/simple/"
trusted-hosts = ["index.example:80"]
timeout = "9s"
keyring-provider = "auto"
[indexes]
internal = "https://internal.example/"
"""
ROW = "simple-v1\nhttps://index.example/simple/\nold-lib"
ROW_VALUE = _encode_page(
    ROW, CachedPage(ProjectPage("archived", "why", Release("1.0", "2026-01-02")), '"etag"', 1_795_000_000.0)
)
RESPONSE = (
    b"HTTP/1.1 200 OK\r\nContent-Type: " + JSON_TYPE.encode() + b'\r\nETag: "1"\r\nContent-Length: '
    + str(len(JSON_PAGE)).encode() + b"\r\n\r\n" + JSON_PAGE
)  # fmt: skip


@st.composite
def mutations(draw: st.DrawFn, original: bytes) -> bytes:
    """Return ``original`` after a few mutations: cut, duplicate, move, overwrite, splice."""
    chance = random.Random(draw(st.integers(0, 2**32)))
    data = bytearray(original)
    for _ in range(draw(st.integers(1, 6))):
        begin = chance.randrange(len(data) + 1)
        end = min(len(data), begin + chance.randrange(1, 40))
        match chance.randrange(6):
            case 0:
                del data[begin:end]
            case 1:
                data[begin:begin] = data[begin:end]
            case 2:
                piece = data[begin:end]
                del data[begin:end]
                place = chance.randrange(len(data) + 1)
                data[place:place] = piece
            case 3:
                data[begin:end] = chance.randbytes(end - begin)
            case 4:
                data[begin:begin] = chance.choice(SPLICES)
            case _:
                del data[begin:]
    return bytes(data)


SPLICES = (
    b"<", b"</", b"<!--", b"-->", b'"', b"'", b"{", b"}", b"[", b"]", b"\\", b"\\u", b"\\ud800", b"&#", b"\0", b"\xff",
    b"\xed\xa0\x80", b"\r\n", b"\r\n\r\n", b"null", b"-", b"1e999", b"9" * 5_000, b"[" * 2_000, b"Infinity", b"NaN",
    b",,", b"=", b"${X}", b"@", b"://", b"\xe2\x80\xae", b"<script>", b"<meta ", b"chunked", b"gzip",
    b"HTTP/1.1 100 Continue\r\n\r\n",
)  # fmt: skip


# --- project pages ---


@pytest.mark.parametrize(("original", "kind"), [(JSON_PAGE, JSON_TYPE), (HTML_PAGE, HTML_TYPE)], ids=["JSON", "HTML"])
@given(data=st.data())
def test_damaged_page_is_a_page_or_a_page_error(original: bytes, kind: str, data: st.DataObject) -> None:
    body = data.draw(mutations(original))
    content_type = data.draw(st.sampled_from([kind, JSON_TYPE, HTML_TYPE, "", "application/vnd.pypi.simple.v2+json"]))
    with contextlib.suppress(PageError):
        page = decode_page(body, content_type, NAME)
        assert page.marker is None or isinstance(page.marker, str)
        assert isinstance(page.reason, str)
        assert page.release is None or (page.release.version + page.release.date).isprintable()


# --- snapshots, rows of the cache, configurations, netrc ---


@given(mutations(SNAPSHOT.encode()))
def test_damaged_snapshot_is_a_snapshot_or_a_snapshot_error(data: bytes) -> None:
    with contextlib.suppress(SnapshotError):
        assert isinstance(parse_snapshot(data.decode("utf-8", "replace")), Snapshot)


@given(mutations(ROW_VALUE.encode()))
def test_damaged_row_is_a_page_or_a_miss(data: bytes) -> None:
    page = _decode_page(ROW, data.decode("utf-8", "replace"))
    assert page is None or isinstance(page, CachedPage)
    if page is not None:
        assert _is_time(page.stored_at)
        assert page.etag is None or page.etag.isprintable()


@pytest.mark.parametrize(
    ("text", "read"), [(CONFIG, read_config), (USER_CONFIG, read_user_config)], ids=["project", "user"]
)
@given(data=st.data())
def test_damaged_configuration_is_read_or_rejected(
    text: str, read: Callable[[object], object], data: st.DataObject
) -> None:
    damaged = data.draw(mutations(text.encode())).decode("utf-8", "replace")
    parsed = scan(damaged)
    if parsed.errors:
        return
    with contextlib.suppress(ConfigError):
        read(to_mapping(parsed))


@given(mutations(b"machine index.example login user password secret\nmacdef init\n cd\n\ndefault login a password b\n"))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_damaged_netrc_has_logins_or_an_error_without_quotes(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "netrc").write_bytes(data)
    logins = NetrcLogins({"NETRC": str(tmp_path / "netrc")})
    login = logins.find("index.example", "")
    assert login is None or len(login) == 2
    assert (
        logins.error.removeprefix("cannot read netrc").removeprefix("cannot parse netrc").strip("() line0123456789")
        == ""
    )


# --- headers and URLs ---


@given(st.text(max_size=60) | mutations(b"Wed, 21 Oct 2026 07:28:00 GMT").map(lambda data: data.decode("latin-1")))
def test_any_retry_after_is_a_time_or_none(value: str) -> None:
    seconds = _retry_after(value)
    assert seconds is None or seconds >= 0


@given(st.text(max_size=60), mutations(b"https://user:secret@index.example:8443/simple/?a=b#c"))
def test_any_url_has_an_endpoint_or_none(location: str, data: bytes) -> None:
    url = data.decode("utf-8", "replace")
    for target in (redirect_target("https://index.example/simple/", location + url), page_url(url, NAME), url):
        endpoint = endpoint_of(target)
        assert endpoint is None or endpoint.scheme in ("http", "https")
    login = CredentialStore(CredentialSettings(), {}).initial_login(page_url(url, NAME))
    assert login is None or isinstance(login, Login)


# --- raw responses ---


class RawIndex:
    """A server that sends ``response`` to every client and closes the connection."""

    def __init__(self) -> None:
        self.response = b""
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}/simple/"
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._thread.join()
        self._listener.close()

    def _serve(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                with client, contextlib.suppress(OSError):
                    client.settimeout(5)
                    received = b""
                    while b"\r\n\r\n" not in received and (data := client.recv(65536)):
                        received += data
                    client.sendall(self.response)


@pytest.fixture(scope="module")
def raw() -> Iterator[RawIndex]:
    index = RawIndex()
    yield index
    index.close()


@given(response=mutations(RESPONSE))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_response_bytes_have_an_outcome(raw: RawIndex, monkeypatch: pytest.MonkeyPatch, response: bytes) -> None:
    forget_network_settings(monkeypatch)
    raw.response = response
    with Client(ClientSettings(read_timeout=0.3, retries=0)) as client:
        [(_, outcome)] = client.fetch([PageRequest(raw.url, NAME)])
    assert isinstance(outcome, Fetched | Failed | NotFound)
    if isinstance(outcome, Failed):
        assert outcome.detail.isprintable()
        assert len(outcome.detail) <= 300


# --- time ---

PIECES = [
    "<", "</", "<!", "<!--", "<!-- -", "--", "<?", "<a ", "<a href=", "<a href='", '<a href="x">', "<meta ", "&#",
    "<meta name=", '<meta name="', "<title>", "</title", "<h1>", "<script>", "</script", "<p a=b ", "<p a = ", "&lt",
    " ", "\n", "/", "'", '"', "a", "=", "&#1", "<a/", "<a" + " " * 50, "<x y z ", "<template>", "\ufffd", "<head>",
    "<html><head><link>",
]  # fmt: skip
BRACKETS = [
    "[",
    "{",
    '{"a":',
    '{"files":[',
    '"',
    "\\",
    '"\\u0000',
    "9",
    "1e",
    "-",
    " ",
    '{"name":"x"},',
    '"a":1,',
    "null,",
]


def assert_linear(work: Callable[[str], object], piece: str, size: int, before: str = "") -> None:
    """Assert that ``work`` takes linear time for ``before`` and repeated ``piece``, up to ``size`` code points."""
    assert growth(lambda text: work(before + text), piece, size) < 80


def growth(work: Callable[[str], object], piece: str, size: int) -> float:
    """Return the ratio of the times of ``work`` for ``size`` code points of ``piece`` and a sixteenth of that."""
    small, large = piece * (size // 16 // len(piece)), piece * (size // len(piece))

    def quietly(text: str) -> None:
        with contextlib.suppress(PageError, SnapshotError, ConfigError):
            work(text)

    # Times below 0.1 ms are not comparable.
    return least_seconds(lambda: quietly(large)) / max(least_seconds(lambda: quietly(small)), 1e-4)


@pytest.mark.alone
@pytest.mark.parametrize("piece", PIECES)
def test_html_takes_linear_time(piece: str) -> None:
    for before in ("<html><head>", f"<title>Links for {NAME}</title>"):
        assert_linear(lambda text: decode_page(text.encode(), HTML_TYPE, NAME), piece, 200_000, before)


@pytest.mark.alone
@pytest.mark.parametrize("piece", BRACKETS)
def test_json_takes_linear_time(piece: str) -> None:
    for before in ("", '{"name": "old-lib", "x": ', '{"files": [', '{"name": "'):
        assert_linear(lambda text: decode_page(text.encode(), JSON_TYPE, NAME), piece, 800_000, before)


@pytest.mark.alone
@pytest.mark.parametrize("piece", [*BRACKETS, '"x":{"status":"archived"},', '"-":0,', "-._", "é"])
def test_snapshot_takes_linear_time(piece: str) -> None:
    head = '{"mothball-snapshot": 1, "generated": "2026-11-03", "index": "i", "projects": {'
    for before in ("", head, head + '"'):
        assert_linear(parse_snapshot, piece, 400_000, before)


@pytest.mark.alone
@pytest.mark.parametrize("piece", [*BRACKETS, '"key":'])
def test_row_takes_linear_time(piece: str) -> None:
    for before in ("", ROW_VALUE[:-1] + ', "x": '):
        assert_linear(lambda text: _decode_page(ROW, text), piece, 250_000, before)


@pytest.mark.alone
@pytest.mark.parametrize("read", [read_config, read_user_config])
@pytest.mark.parametrize(
    "piece", ["a", "$", "@", ":", "/", "?", "://", "a@", "%2F", "\n", " ", "*", "-", "1", "\u202e", "[", "https://u:p@"]
)
def test_configuration_values_take_linear_time(piece: str, read: Callable[[object], object]) -> None:
    assert_linear(lambda text: read({"index-url": text}), piece, 250_000, "https://")
    assert_linear(lambda text: read({"index-url": text}), piece, 250_000)
    assert_linear(lambda text: read({"private": [text]}), piece, 250_000)
    assert_linear(lambda text: read({"max-age": text}), piece, 250_000)
    assert_linear(lambda text: read({"indexes": {"x": f"https://{text}@index.example/"}}), piece, 250_000)
    assert_linear(lambda text: read({text: 1}), piece, 250_000)


@pytest.mark.alone
def test_measurement_distinguishes_linear_from_quadratic() -> None:
    assert growth(lambda text: sum(1 for _ in text), "a", 100_000) < 80
    assert growth(lambda text: [text[:n].count("b") for n in range(0, len(text), 5)], "a", 50_000) > 80
