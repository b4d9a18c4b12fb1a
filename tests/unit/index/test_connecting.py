"""Connecting to hosts with several addresses, some of them unresponsive. Only the resolver is fake."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest

from mothball.index.client import Client, ClientSettings
from mothball.index.limits import INITIAL_LIMIT, Deadline
from mothball.index.network_errors import TransportError
from mothball.index.project_page import Failed, PageRequest
from mothball.index.transport import Transport, connect
from mothball.index.urls import Endpoint
from mothball.model.results import Cause
from tests.support.loopback import forget_network_settings, refusing_url, unanswering_url

_Address = tuple[str, int]


@pytest.fixture
def listening() -> Iterator[_Address]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()


@pytest.fixture
def refusing() -> Iterator[_Address]:
    with refusing_url() as url:
        yield _address(url)


@pytest.fixture
def unresponsive() -> Iterator[_Address]:
    with unanswering_url() as url:
        yield _address(url)


def _address(url: str) -> _Address:
    parts = urlsplit(url)
    return str(parts.hostname), int(parts.port or 0)


def resolve_to(monkeypatch: pytest.MonkeyPatch, *addresses: _Address) -> None:
    results: list[Any] = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", address) for address in addresses]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: results)


def connected_to(timeout: float = 5.0, head_start: float = 0.25) -> _Address:
    with contextlib.closing(connect("index.example", 443, timeout, head_start=head_start)) as connection:
        assert connection.gettimeout() == timeout
        peer: _Address = connection.getpeername()
        return peer


def test_single_address_is_connected_with_options(listening: _Address) -> None:
    option = (socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    with contextlib.closing(connect(*listening, 5.0, [option])) as connection:
        assert connection.getsockopt(*option[:2]) != 0


def test_refusing_address_causes_no_delay(
    refusing: _Address, listening: _Address, monkeypatch: pytest.MonkeyPatch
) -> None:
    resolve_to(monkeypatch, refusing, listening)
    assert connected_to(head_start=60.0) == listening


def test_next_address_is_tried_in_parallel_with_an_unresponsive_one(
    unresponsive: _Address, listening: _Address, monkeypatch: pytest.MonkeyPatch
) -> None:
    resolve_to(monkeypatch, unresponsive, unresponsive, listening)
    assert connected_to(60.0, head_start=0.02) == listening


def test_all_addresses_share_one_timeout(unresponsive: _Address, monkeypatch: pytest.MonkeyPatch) -> None:
    # One after the other would take 400 s, more than the timeout of a test.
    resolve_to(monkeypatch, *[unresponsive] * 1000)
    with pytest.raises(TimeoutError):
        connect("index.example", 443, 0.4, head_start=0.02)


def test_late_connection_is_used(unresponsive: _Address, refusing: _Address, monkeypatch: pytest.MonkeyPatch) -> None:
    resolve_to(monkeypatch, unresponsive, refusing)
    with pytest.raises(TimeoutError):
        connect("index.example", 443, 0.2, head_start=0.01)


def test_last_error_is_raised_if_all_addresses_fail(refusing: _Address, monkeypatch: pytest.MonkeyPatch) -> None:
    resolve_to(monkeypatch, refusing, refusing)
    with pytest.raises(ConnectionRefusedError):
        connect("index.example", 443, 5.0)


def test_unsupported_address_family_is_skipped(listening: _Address, monkeypatch: pytest.MonkeyPatch) -> None:
    odd: Any = (9999, socket.SOCK_STREAM, 6, "", ("::1", 443, 0, 0))
    results = [odd, (socket.AF_INET, socket.SOCK_STREAM, 6, "", listening)]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: results)
    assert connected_to() == listening
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: [odd])
    # No address is left: connecting fails immediately instead of after the timeout.
    with pytest.raises(OSError, match=r"not supported|Address family"):
        connect("index.example", 443, 600.0)


def test_unroutable_address_is_skipped(listening: _Address, monkeypatch: pytest.MonkeyPatch) -> None:
    """The error is raised by a patch, because unroutable addresses depend on the machine."""
    real = socket.socket.connect

    def connect_or_fail(self: socket.socket, address: Any) -> None:
        if address == ("192.0.2.1", 443):
            raise OSError(101, "Network is unreachable")
        real(self, address)

    monkeypatch.setattr(socket.socket, "connect", connect_or_fail)
    resolve_to(monkeypatch, ("192.0.2.1", 443), listening)
    assert connected_to() == listening
    resolve_to(monkeypatch, ("192.0.2.1", 443))
    with pytest.raises(OSError, match="Network is unreachable"):
        connect("index.example", 443, 600.0)


def test_immediate_connection_is_used(monkeypatch: pytest.MonkeyPatch, listening: _Address) -> None:
    real = socket.socket.connect

    def connect_at_once(self: socket.socket, address: Any) -> None:
        self.settimeout(None)
        real(self, address)

    monkeypatch.setattr(socket.socket, "connect", connect_at_once)
    resolve_to(monkeypatch, listening)
    assert connected_to() == listening


def test_host_without_addresses_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: [])
    with pytest.raises(OSError, match="the host has no address"):
        connect("index.example", 443, 5.0)


def test_resolution_error_is_raised_unchanged(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", fail)
    with pytest.raises(socket.gaierror):
        connect("index.example", 443, 5.0)


def test_hanging_resolver_times_out(monkeypatch: pytest.MonkeyPatch) -> None:
    forget_network_settings(monkeypatch)
    released = threading.Event()
    connections: list[object] = []

    def hang(*arguments: object, **_: object) -> list[object]:
        connections.append(arguments)
        released.wait()
        return []

    monkeypatch.setattr(socket, "getaddrinfo", hang)
    requests = [PageRequest("https://index.example/simple/", f"lib-{number}") for number in range(50)]
    try:
        with Client(ClientSettings(connect_timeout=0.3)) as client:
            outcomes = [outcome for _, outcome in client.fetch(requests)]
    finally:
        released.set()
    assert outcomes == [Failed(Cause.TIMEOUT, "connecting to index.example timed out")] * 50
    # Only the first requests connect; the others fail because the breaker is open.
    assert len(connections) <= INITIAL_LIMIT


def test_host_that_is_no_address_is_a_failure_and_no_exception() -> None:
    # Python before 3.11.4 accepts this host in a URL.
    endpoint = Endpoint("https", "1:2", 443)
    error = Transport(ClientSettings()).get("https://[1:2]/lib/", endpoint, {}, Deadline(1.0), lambda: True)
    assert isinstance(error, TransportError)
    assert error.failed.detail == "cannot query [1:2] (LocationParseError)"
