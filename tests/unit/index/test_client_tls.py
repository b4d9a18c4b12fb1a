"""TLS with a local server: trusted authorities, which are loaded once."""

from __future__ import annotations

import os
import shutil
import socket
import ssl
import subprocess
import sys
from typing import Any

import pytest
import truststore

from mothball.check.messages import finding_message
from mothball.config.user_settings import CredentialSettings
from mothball.index.client import Client, ClientSettings
from mothball.index.endpoint_access import Authorities, TlsProfile, tls_context
from mothball.index.limits import INITIAL_LIMIT
from mothball.index.project_page import Failed, Fetched, Outcome, PageRequest, ProjectPage, Redirected
from mothball.index.transport import Transport
from mothball.model.errors import ConfigError
from mothball.model.results import Cause, Origin, Unavailable
from tests.support.loopback import Certificate, forget_network_settings, make_certificate
from tests.support.scripted_index import ScriptedIndex, json_page, redirect

PAGE = json_page("old-lib", "archived")
FETCHED = Fetched(ProjectPage("archived"))


@pytest.fixture(autouse=True)
def _no_network_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    forget_network_settings(monkeypatch)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    return make_certificate(str(tmp_path_factory.mktemp("certificate")))


def fetch(url: str, *names: str, settings: ClientSettings | None = None) -> list[Outcome]:
    with Client(settings or ClientSettings()) as client:
        return [outcome for _, outcome in client.fetch([PageRequest(url, name) for name in names or ("old-lib",)])]


@pytest.mark.parametrize("variable", ["REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"])
def test_bundle_of_the_environment_is_trusted(
    certificate: Certificate, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    monkeypatch.setenv(variable, certificate.authority)
    with ScriptedIndex({"old-lib": PAGE}, certificate=certificate) as index:
        assert fetch(index.url) == [FETCHED]


def test_directory_of_authorities_is_trusted(
    certificate: Certificate, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    digest = subprocess.run(
        ["openssl", "x509", "-hash", "-noout", "-in", certificate.authority], check=True, capture_output=True, text=True
    )
    directory = str(tmp_path_factory.mktemp("authorities"))
    shutil.copy(certificate.authority, os.path.join(directory, f"{digest.stdout.strip()}.0"))
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", directory)
    with ScriptedIndex({"old-lib": PAGE}, certificate=certificate) as index:
        assert fetch(index.url) == [FETCHED]


def test_authorities_are_loaded_once_for_all_connections(
    certificate: Certificate, monkeypatch: pytest.MonkeyPatch
) -> None:
    reads: list[str] = []
    for name in ("load_verify_locations", "set_default_verify_paths", "load_default_certs"):
        original = getattr(ssl.SSLContext, name)

        def counted(*arguments: Any, _name: str = name, _original: Any = original, **keywords: Any) -> Any:
            reads.append(_name)
            return _original(*arguments, **keywords)

        monkeypatch.setattr(ssl.SSLContext, name, counted)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", certificate.authority)
    names = [f"lib-{number}" for number in range(12)]
    pages = {name: json_page(name, "archived")._replace(delay=0.2) for name in names}
    with ScriptedIndex(pages, certificate=certificate) as index:
        assert fetch(index.url, *names) == [FETCHED] * 12
        assert index.connections > INITIAL_LIMIT
    assert reads == ["load_verify_locations"]


def test_unknown_authority_is_not_trusted_and_opens_the_breaker(certificate: Certificate) -> None:
    with ScriptedIndex({"old-lib": PAGE}, certificate=certificate) as index:
        outcomes = fetch(index.url, *"abcd", settings=ClientSettings(workers=1))
        assert index.connections == 1
        assert index.count() == 0
    [outcome, *others] = outcomes
    assert isinstance(outcome, Failed)
    assert outcome.cause is Cause.TLS
    assert outcome.detail.startswith(f"the TLS certificate of 127.0.0.1:{index.port} is not trusted (")
    assert "certificate" in outcome.detail.partition("(")[2]
    assert others == [outcome] * 3


def test_certificate_for_another_host_is_not_trusted(
    monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    unknown = make_certificate(str(tmp_path_factory.mktemp("other")), "DNS:other.example")
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", unknown.authority)
    with ScriptedIndex({"old-lib": PAGE}, certificate=unknown) as index:
        [outcome] = fetch(index.url)
    assert isinstance(outcome, Failed)
    assert outcome.cause is Cause.TLS
    assert "is not trusted (IP address mismatch" in outcome.detail


def test_https_to_an_http_server_is_reported() -> None:
    with ScriptedIndex({"old-lib": PAGE}) as index:
        [outcome] = fetch(index.url.replace("http://", "https://"))
    assert isinstance(outcome, Failed)
    assert outcome.cause is Cause.TLS
    assert outcome.detail == f"127.0.0.1:{index.port} does not use TLS on this port (wrong version number)"
    message = finding_message("old-lib", Unavailable(outcome.cause, outcome.detail, Origin(index.url, 0)))
    assert message.help == "check scheme and port of the index URL"


def test_unanswered_handshake_times_out() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        url = f"https://127.0.0.1:{server.getsockname()[1]}/simple/"
        [outcome] = fetch(url, settings=ClientSettings(connect_timeout=0.1, read_timeout=0.1))
    assert isinstance(outcome, Failed)
    assert outcome.cause is Cause.TIMEOUT


def test_redirect_from_http_to_https_is_followed_but_not_back(
    certificate: Certificate, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", certificate.authority)
    with (
        ScriptedIndex({"old-lib": PAGE}, certificate=certificate) as secure,
        ScriptedIndex({"old-lib": redirect(f"{secure.url}old-lib/")}) as plain,
    ):
        assert fetch(plain.url) == [FETCHED]
        secure.script("old-lib", redirect(f"{plain.url}old-lib/"))
        [outcome] = fetch(secure.url)
    detail = f"127.0.0.1:{secure.port} redirected to {plain.url}, which is not an index of this package"
    assert outcome == Redirected(plain.url, Failed(Cause.REFUSED_REDIRECT, detail))


def test_missing_bundle_is_a_config_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/nowhere/ca.pem")
    with pytest.raises(
        ConfigError, match=r"CA bundle /nowhere/ca\.pem, set by REQUESTS_CA_BUNDLE.*No such file"
    ) as raised:
        Client()
    assert "unset it" in raised.value.help


def test_invalid_bundle_is_a_config_error(
    monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    bundle = tmp_path_factory.mktemp("bundle") / "ca.pem"
    bundle.write_text("no certificate\n")
    monkeypatch.setenv("CURL_CA_BUNDLE", str(bundle))
    with pytest.raises(ConfigError, match=r"cannot load the CA bundle .*, set by CURL_CA_BUNDLE"):
        Client()


# --- authorities of the system ---


def paths(cafile: str | None, capath: str | None) -> ssl.DefaultVerifyPaths:
    # Missing files are None, which the type stubs do not allow.
    fields: Any = (cafile, capath, "", "", "", "")
    return ssl.DefaultVerifyPaths(*fields)


def test_openssl_is_used_if_it_finds_the_system_authorities(
    monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    directory = tmp_path_factory.mktemp("authorities")
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(ssl, "get_default_verify_paths", lambda: paths(None, str(directory)))
    assert isinstance(tls_context(), truststore.SSLContext)
    (directory / "0123abcd.0").touch()
    assert not isinstance(tls_context(), truststore.SSLContext)
    monkeypatch.setattr(ssl, "get_default_verify_paths", lambda: paths(None, None))
    assert isinstance(tls_context(), truststore.SSLContext)
    monkeypatch.setattr(ssl, "get_default_verify_paths", lambda: paths("/etc/ca.pem", None))
    assert not isinstance(tls_context(), truststore.SSLContext)


@pytest.mark.parametrize("platform", ["win32", "darwin"])
def test_truststore_is_used_on_windows_and_macos(monkeypatch: pytest.MonkeyPatch, platform: str) -> None:
    monkeypatch.setattr(sys, "platform", platform)
    assert isinstance(tls_context(), truststore.SSLContext)


def test_every_context_verifies_certificates_and_host_names(certificate: Certificate) -> None:
    bundle = Authorities(certificate.authority, "PIP_CERT")
    for context in (tls_context(), tls_context(TlsProfile(bundle))):
        assert context.verify_mode is ssl.CERT_REQUIRED
        assert context.check_hostname
        assert not context.verify_flags & ssl.VERIFY_X509_STRICT


def test_https_proxy_is_verified_with_the_same_context() -> None:
    [adapter] = Transport(ClientSettings())._adapters.values()
    manager: Any = adapter.proxy_manager_for("https://proxy.example:8443")
    assert manager.proxy_config.ssl_context is adapter._context


def test_https_proxy_of_an_insecure_host_is_verified() -> None:
    transport = Transport(ClientSettings(credentials=CredentialSettings(insecure_hosts=("index.example",))))
    insecure = transport._adapters[TlsProfile(verified=False)]
    manager: Any = insecure.proxy_manager_for("https://proxy.example:8443")
    assert manager.proxy_config.ssl_context.verify_mode is ssl.CERT_REQUIRED
    assert insecure._context.verify_mode is ssl.CERT_NONE


# --- insecure hosts ---


def insecure(index: ScriptedIndex) -> ClientSettings:
    return ClientSettings(credentials=CredentialSettings(insecure_hosts=(f"127.0.0.1:{index.port}",)))


def test_only_an_insecure_host_is_queried_without_verification(certificate: Certificate) -> None:
    with (
        ScriptedIndex({"old-lib": PAGE}, certificate=certificate) as index,
        ScriptedIndex({"old-lib": PAGE}, certificate=certificate) as other,
    ):
        assert fetch(index.url, settings=insecure(index)) == [FETCHED]
        [failed] = fetch(other.url, settings=insecure(index))
        assert isinstance(failed, Failed)
        assert failed.cause is Cause.TLS


def test_redirect_to_an_insecure_host_is_refused(certificate: Certificate) -> None:
    with ScriptedIndex({"old-lib": PAGE}, certificate=certificate) as index, ScriptedIndex() as plain:
        plain.script("old-lib", redirect(f"{index.url}old-lib/"))
        [failed] = fetch(plain.url, settings=insecure(index))
        assert isinstance(failed, Failed)
        assert failed.cause is Cause.REFUSED_REDIRECT
        assert "`insecure-hosts`" in failed.detail
        assert index.count() == 0
