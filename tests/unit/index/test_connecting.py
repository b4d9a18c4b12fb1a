"""Connecting to hosts with several addresses, some of them dead. Only the resolver is made up."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest

from mothball.index.client import Client, ClientSettings
from mothball.index.concurrency_limit import INITIAL_LIMIT
from mothball.index.connecting import connect
from mothball.index.page_request import Failed, PageRequest
from mothball.model.lookup import Cause
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
def deaf() -> Iterator[_Address]:
    with unanswering_url() as url:
        yield _address(url)


def _address(url: str) -> _Address:
    parts = urlsplit(url)
    return str(parts.hostname), int(parts.port or 0)


def resolve_to(monkeypatch: pytest.MonkeyPatch, *addresses: _Address) -> None:
    found: list[Any] = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", address) for address in addresses]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)


def connected_to(timeout: float = 5.0, head_start: float = 0.25) -> _Address:
    with contextlib.closing(connect("index.example", 443, timeout, head_start=head_start)) as connection:
        assert connection.gettimeout() == timeout
        peer: _Address = connection.getpeername()
        return peer


def test_a_host_with_one_address_is_connected_to_with_its_options(listening: _Address) -> None:
    option = (socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    with contextlib.closing(connect(*listening, 5.0, [option])) as connection:
        assert connection.getsockopt(*option[:2]) != 0


def test_an_address_that_refuses_costs_nothing(
    refusing: _Address, listening: _Address, monkeypatch: pytest.MonkeyPatch
) -> None:
    resolve_to(monkeypatch, refusing, listening)
    assert connected_to(head_start=60.0) == listening


def test_an_address_that_does_not_answer_gets_company(
    deaf: _Address, listening: _Address, monkeypatch: pytest.MonkeyPatch
) -> None:
    resolve_to(monkeypatch, deaf, deaf, listening)
    assert connected_to(60.0, head_start=0.02) == listening


def test_all_addresses_together_take_no_longer_than_one_may(deaf: _Address, monkeypatch: pytest.MonkeyPatch) -> None:
    # One after the other they would take 400 s, longer than a test may.
    resolve_to(monkeypatch, *[deaf] * 1000)
    with pytest.raises(TimeoutError):
        connect("index.example", 443, 0.4, head_start=0.02)


def test_a_connection_that_comes_late_is_still_the_first(
    deaf: _Address, refusing: _Address, monkeypatch: pytest.MonkeyPatch
) -> None:
    resolve_to(monkeypatch, deaf, refusing)
    with pytest.raises(TimeoutError):
        connect("index.example", 443, 0.2, head_start=0.01)


def test_the_last_error_is_told_where_all_addresses_fail(refusing: _Address, monkeypatch: pytest.MonkeyPatch) -> None:
    resolve_to(monkeypatch, refusing, refusing)
    with pytest.raises(ConnectionRefusedError):
        connect("index.example", 443, 5.0)


def test_a_family_that_the_machine_does_not_have_is_passed_over(
    listening: _Address, monkeypatch: pytest.MonkeyPatch
) -> None:
    odd: Any = (9999, socket.SOCK_STREAM, 6, "", ("::1", 443, 0, 0))
    found = [odd, (socket.AF_INET, socket.SOCK_STREAM, 6, "", listening)]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)
    assert connected_to() == listening
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: [odd])
    # No address is left to wait for: it fails at once, not after the limit.
    with pytest.raises(OSError, match=r"not supported|Address family"):
        connect("index.example", 443, 600.0)


def test_an_address_that_cannot_be_routed_to_is_passed_over(
    listening: _Address, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The error is raised in the system's place: what it says of addresses without a route is its own."""
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


def test_an_address_that_connects_at_once_is_taken(monkeypatch: pytest.MonkeyPatch, listening: _Address) -> None:
    real = socket.socket.connect

    def connect_at_once(self: socket.socket, address: Any) -> None:
        self.settimeout(None)
        real(self, address)

    monkeypatch.setattr(socket.socket, "connect", connect_at_once)
    resolve_to(monkeypatch, listening)
    assert connected_to() == listening


def test_a_host_without_addresses_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: [])
    with pytest.raises(OSError, match="the host has no address"):
        connect("index.example", 443, 5.0)


def test_a_name_that_does_not_resolve_is_an_error_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", fail)
    with pytest.raises(socket.gaierror):
        connect("index.example", 443, 5.0)


def test_a_resolver_that_hangs_is_left_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    forget_network_settings(monkeypatch)
    released = threading.Event()
    asked: list[object] = []

    def hang(*arguments: object, **_: object) -> list[object]:
        asked.append(arguments)
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
    # Those that are let in at first; the others learn from them that the host cannot be reached.
    assert len(asked) <= INITIAL_LIMIT
