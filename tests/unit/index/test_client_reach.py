"""Unreachable and forbidden hosts, and proxies. Host names are resolved by a fake resolver."""

from __future__ import annotations

import socket
from collections import Counter
from typing import Any

import pytest

from mothball.index.client import Client, ClientSettings
from mothball.index.limits import Deadline
from mothball.index.project_page import Failed, Fetched, Outcome, PageRequest
from mothball.model.results import Cause
from tests.support.loopback import forget_network_settings, refusing_url, unanswering_url
from tests.support.scripted_index import Reply, ScriptedIndex, json_page

PAGE = json_page("old-lib", "archived")


@pytest.fixture(autouse=True)
def resolved(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """Resolve only index.example and loopback, to loopback, and count the resolutions."""
    forget_network_settings(monkeypatch)
    real = socket.getaddrinfo
    counts: Counter[str] = Counter()

    def resolve(host: str, *arguments: Any, **keywords: Any) -> Any:
        counts[host] += 1
        if host in ("index.example", "proxy.example"):
            return real("127.0.0.1", *arguments, **keywords)
        if host in ("127.0.0.1", "localhost"):
            return real(host, *arguments, **keywords)
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    return counts


def fetch(url: str, settings: ClientSettings, names: str = "a") -> list[Outcome]:
    with Client(settings) as client:
        return [outcome for _, outcome in client.fetch([PageRequest(url, name) for name in names])]


ONE_WORKER = ClientSettings(workers=1, connect_timeout=0.1)


# --- unreachable hosts and the circuit breaker ---


def test_refused_connection_opens_the_breaker_without_retry(resolved: Counter[str]) -> None:
    with refusing_url() as url:
        outcomes = fetch(url, ONE_WORKER, "abcdef")
    host = url.split("/")[2]
    assert outcomes == [Failed(Cause.UNREACHABLE, f"{host} refused the connection")] * 6
    assert resolved["127.0.0.1"] == 1


def test_connect_timeout_opens_the_breaker_without_retry(resolved: Counter[str]) -> None:
    with unanswering_url() as url:
        outcomes = fetch(url, ONE_WORKER, "abcdef")
    host = url.split("/")[2]
    assert outcomes == [Failed(Cause.TIMEOUT, f"connecting to {host} timed out")] * 6
    assert resolved["127.0.0.1"] == 1


def test_unresolvable_host_opens_the_breaker(resolved: Counter[str]) -> None:
    outcomes = fetch("https://nowhere.example/simple/", ONE_WORKER, "abcdef")
    assert outcomes == [Failed(Cause.UNREACHABLE, "cannot resolve the host name nowhere.example")] * 6
    assert resolved["nowhere.example"] == 1


def test_breaker_applies_to_one_host_and_closes_again() -> None:
    with ScriptedIndex({"a": json_page("a", "archived")}) as index, refusing_url() as refusing, Client() as client:
        outcomes = dict(client.fetch([PageRequest(refusing, "a"), PageRequest(index.url, "a")]))
    assert isinstance(outcomes[PageRequest(refusing, "a")], Failed)
    assert isinstance(outcomes[PageRequest(index.url, "a")], Fetched)


def test_host_is_queried_again_after_the_cooldown(resolved: Counter[str]) -> None:
    with refusing_url() as url:
        fetch(url, ONE_WORKER._replace(breaker_cooldown=0.0), "abc")
    assert resolved["127.0.0.1"] == 3


def test_closed_connection_does_not_affect_other_names() -> None:
    from tests.support.scripted_index import Fault

    with ScriptedIndex({"a": Reply(fault=Fault.RESET), "b": json_page("b", "archived")}) as index:
        first, second = fetch(index.url, ONE_WORKER._replace(retries=0), "ab")
    assert isinstance(first, Failed)
    assert isinstance(second, Fetched)


# --- URLs that are not queried ---


def test_host_of_untrusted_plain_http_is_not_resolved(resolved: Counter[str]) -> None:
    [outcome] = fetch("http://index.example/simple/", ClientSettings())
    assert outcome == Failed(Cause.REFUSED_URL, "plain http is only allowed for trusted hosts, not for index.example")
    assert not resolved


def test_plain_http_to_a_trusted_host_is_allowed() -> None:
    with ScriptedIndex({"a": json_page("a", "archived")}) as index:
        url = index.url.replace("127.0.0.1", "index.example")
        for trusted in ("index.example", "Index.Example", f"index.example:{index.port}"):
            [outcome] = fetch(url, ClientSettings(trusted_hosts=("other.example", trusted)))
            assert isinstance(outcome, Fetched)
        [outcome] = fetch(url, ClientSettings(trusted_hosts=("other.example", "index.example:1", "example")))
        assert isinstance(outcome, Failed)


def test_localhost_is_loopback() -> None:
    with ScriptedIndex({"a": json_page("a", "archived")}) as index:
        [outcome] = fetch(index.url.replace("127.0.0.1", "LocalHost"), ClientSettings())
    assert isinstance(outcome, Fetched)


@pytest.mark.parametrize(
    "index",
    ["", "simple", "ftp://index.example/", "https://", "https:///simple/", "https://a..b/", "https://a b/", "https://[::1",
     "https://h:port/", "https://h:99999/", "https://a\\@b/", "file:///etc/passwd", "https://user:pa/ss@index.example/",
     "https://index.example\n.evil.example/"],
)  # fmt: skip
def test_invalid_index_url_is_neither_queried_nor_shown(index: str, resolved: Counter[str]) -> None:
    [outcome] = fetch(index, ClientSettings())
    assert outcome == Failed(Cause.REFUSED_URL, "the index URL is not a valid http or https URL")
    assert not resolved


# --- proxies ---


def test_proxy_of_the_environment_is_used(monkeypatch: pytest.MonkeyPatch, resolved: Counter[str]) -> None:
    with ScriptedIndex({"a": json_page("a", "archived")}) as proxy:
        monkeypatch.setenv("HTTP_PROXY", f"http://user:secret@proxy.example:{proxy.port}")
        [outcome] = fetch("http://elsewhere.example/simple/", ClientSettings(trusted_hosts=("elsewhere.example",)))
        assert isinstance(outcome, Fetched)
        [request] = proxy.received
    assert request.path == "http://elsewhere.example/simple/a/"
    assert request.headers["proxy-authorization"].startswith("Basic ")
    assert "authorization" not in request.headers
    assert set(resolved) == {"proxy.example"}


def test_no_proxy_is_honored_and_includes_loopback(monkeypatch: pytest.MonkeyPatch) -> None:
    with refusing_url() as proxy, ScriptedIndex({"a": json_page("a", "archived")}) as index:
        monkeypatch.setenv("HTTP_PROXY", proxy)
        [outcome] = fetch(index.url, ClientSettings())
        assert isinstance(outcome, Fetched)
        monkeypatch.setenv("NO_PROXY", "index.example")
        url = index.url.replace("127.0.0.1", "index.example")
        [outcome] = fetch(url, ClientSettings(trusted_hosts=("index.example",)))
        assert isinstance(outcome, Fetched)


def test_proxy_that_refuses_connections_opens_the_breaker(
    monkeypatch: pytest.MonkeyPatch, resolved: Counter[str]
) -> None:
    with refusing_url() as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy.replace("http://", "http://user:secret@"))
        outcomes = fetch("https://index.example/simple/", ONE_WORKER, "abc")
    detail = "cannot connect to the proxy for index.example (set by HTTPS_PROXY): Connection refused"
    assert outcomes == [Failed(Cause.PROXY, detail)] * 3
    assert resolved["127.0.0.1"] == 1


def test_proxy_authentication_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    with ScriptedIndex(otherwise=Reply(407)) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{proxy.port}")
        monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{proxy.port}")
        [tunnelled] = fetch("https://index.example/simple/", ClientSettings())
        [plain] = fetch("http://index.example/simple/", ClientSettings(trusted_hosts=("index.example",)))
        assert proxy.received[0].method == "CONNECT"
    detail = "the proxy returned 407 Proxy Authentication Required for index.example"
    assert tunnelled == Failed(Cause.PROXY, f"{detail} (set by HTTPS_PROXY)")
    assert plain == Failed(Cause.PROXY, f"{detail} (set by HTTP_PROXY)")


@pytest.mark.parametrize(
    ("status", "cause", "text"),
    [
        (403, Cause.UNAUTHORIZED, "403 Forbidden (no credentials were sent): "),
        (502, Cause.SERVER_ERROR, "502 Bad Gateway"),
    ],
)
def test_error_over_plain_http_may_be_that_of_the_proxy(
    status: int, cause: Cause, text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with ScriptedIndex(otherwise=Reply(status)) as proxy:
        monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{proxy.port}")
        settings = ClientSettings(trusted_hosts=("index.example",), retries=0)
        [outcome] = fetch("http://index.example/simple/", settings)
    assert isinstance(outcome, Failed)
    assert outcome.cause is cause
    assert outcome.detail.startswith(f"index.example or the proxy returned {text}")
    # `ignore-error-codes` would send the name to the next index.
    assert outcome.status == 0


def test_proxy_that_forbids_the_host_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    with ScriptedIndex(otherwise=Reply(403, b"blocked", "text/plain")) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{proxy.port}")
        outcomes = fetch("https://index.example/simple/", ONE_WORKER, "abc")
        assert proxy.count() == 1
    detail = "the proxy returned 403 Forbidden for index.example (set by HTTPS_PROXY)"
    assert outcomes == [Failed(Cause.PROXY, detail)] * 3


def test_missing_package_for_socks_proxy_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "socks5://user:secret@127.0.0.1:9")
    monkeypatch.setitem(__import__("sys").modules, "socks", None)
    [outcome] = fetch("https://index.example/simple/", ClientSettings())
    assert outcome == Failed(
        Cause.PROXY,
        "the SOCKS proxy for index.example (set by HTTPS_PROXY) requires PySocks: install it beside mothball",
    )


def test_deadline_can_be_extended_and_canceled() -> None:
    deadline = Deadline(100)
    assert 99 < deadline.remaining() <= 100
    deadline.extend(200)
    deadline.extend(1)
    assert 199 < deadline.remaining() <= 200
    deadline.wait(0)
    deadline.cancel()
    assert deadline.remaining() == 0.0
    deadline.wait(1_000)  # returns immediately
    assert Deadline(-1).remaining() == 0.0
