"""Messages for exceptions of the network libraries."""

from __future__ import annotations

import http.client
import socket
import ssl

import requests.exceptions
import urllib3
import urllib3.connection
import urllib3.exceptions

from mothball.index.network_errors import TransportError, transport_error
from mothball.index.project_page import Failed
from mothball.model.results import Cause

HOST = "index.example"


def caused(error: Exception, cause: Exception) -> Exception:
    error.__cause__ = cause
    return error


def test_unreachable_network_has_the_message_of_the_system() -> None:
    pool = urllib3.HTTPConnectionPool(HOST)
    connection = urllib3.connection.HTTPConnection(HOST)
    inner = caused(urllib3.exceptions.NewConnectionError(connection, "x"), OSError(101, "Network is unreachable"))
    error = requests.exceptions.ConnectionError(urllib3.exceptions.MaxRetryError(pool, "/simple/x/", inner))
    failed = Failed(Cause.UNREACHABLE, "cannot connect to index.example (Network is unreachable)")
    assert transport_error(error, HOST) == TransportError(failed, endpoint_down=True)


def test_unknown_error_is_named_and_not_quoted() -> None:
    assert transport_error(ValueError("http://user:secret@x"), HOST).failed == Failed(
        Cause.UNREACHABLE, "cannot query index.example (ValueError)"
    )


def test_cyclic_chain_of_exceptions_terminates() -> None:
    first, second = OSError("a"), OSError("b")
    first.__cause__, second.__context__ = second, first
    first.args = (second, first)
    assert transport_error(first, HOST).failed.cause is Cause.UNREACHABLE


def test_most_specific_error_of_a_chain_is_reported() -> None:
    error = caused(requests.exceptions.ConnectionError(), caused(ConnectionResetError(), socket.gaierror(-2, "x")))
    assert transport_error(error, HOST).failed.detail == "cannot resolve the host name index.example"


def test_verification_error_without_message_is_reported() -> None:
    error = transport_error(ssl.SSLCertVerificationError(1, "x"), HOST)
    assert error.failed == Failed(
        Cause.TLS, "the TLS certificate of index.example is not trusted (verification failed)"
    )


def test_tls_error_without_reason_is_named() -> None:
    error = transport_error(ssl.SSLError(), HOST)
    assert error.failed == Failed(Cause.TLS, "cannot establish a TLS connection to index.example (SSLError)")


def test_reason_is_sanitized() -> None:
    detail = transport_error(urllib3.exceptions.ProxyError("x", OSError(1, "bad\x1b[31m\nproxy")), HOST).failed.detail
    assert detail == "cannot connect to the proxy for index.example: bad [31m proxy"


def test_closed_connection_is_retryable_but_incomplete_response_is_not() -> None:
    assert transport_error(http.client.RemoteDisconnected("x"), HOST).retryable
    assert not transport_error(http.client.IncompleteRead(b""), HOST).retryable
    assert not transport_error(http.client.BadStatusLine("x"), HOST).retryable
