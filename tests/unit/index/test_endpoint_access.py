"""Which settings of installers apply to which endpoint."""

from __future__ import annotations

import pytest

from mothball.config.user_settings import (
    CredentialSettings,
    InstallerSetting,
    PipConnection,
    UserIndexUrl,
    UvConnection,
)
from mothball.index.endpoint_access import Authorities, EndpointAccess, TlsProfile
from mothball.index.urls import Endpoint, endpoint_of
from tests.support.loopback import forget_network_settings

CERT = InstallerSetting("/etc/company.pem", "PIP_CERT")
PIP_PEM, UV_PEM = InstallerSetting("/pip.pem", "PIP_CLIENT_CERT"), InstallerSetting("/uv.pem", "SSL_CLIENT_CERT")
PIP_PROXY, UV_PROXY = InstallerSetting("http://p.example", "PIP_PROXY"), InstallerSetting("http://u.example", "uv.toml")
SETTINGS = CredentialSettings(
    index_urls=(
        UserIndexUrl("https://pip.example/simple/", installer="pip"),
        UserIndexUrl("https://uv.example/simple/", installer="uv"),
        UserIndexUrl("https://both.example/a/", installer="pip"),
        UserIndexUrl("https://both.example/b/", installer="uv"),
        UserIndexUrl("https://own.example/simple/"),
    ),
    insecure_hosts=("insecure.example", "own.example:8443"),
    pip=PipConnection(cert=CERT, client_cert=PIP_PEM, proxy=PIP_PROXY),
    uv=UvConnection(client_cert=UV_PEM, https_proxy=UV_PROXY),
)


@pytest.fixture(autouse=True)
def _no_settings_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    forget_network_settings(monkeypatch)


def at(url: str) -> Endpoint:
    endpoint = endpoint_of(url)
    assert endpoint is not None
    return endpoint


@pytest.mark.parametrize(
    ("url", "authorities", "certificate", "proxy"),
    [
        ("https://pip.example/", CERT, PIP_PEM, PIP_PROXY),
        ("https://uv.example/", None, UV_PEM, UV_PROXY),
        ("https://both.example/", CERT, PIP_PEM, PIP_PROXY),
        ("https://own.example/", CERT, PIP_PEM, PIP_PROXY),
        # Only a repository names it: no certificate that identifies the user.
        ("https://other.example/", CERT, None, PIP_PROXY),
        # Another port or scheme is another endpoint.
        ("https://uv.example:8443/", CERT, None, PIP_PROXY),
        ("http://uv.example/", CERT, None, PIP_PROXY),
    ],
)
def test_settings_of_an_installer_do_not_apply_to_indexes_of_another_one(
    url: str,
    authorities: InstallerSetting | None,
    certificate: InstallerSetting | None,
    proxy: InstallerSetting | None,
) -> None:
    access = EndpointAccess(SETTINGS, {})
    expected = Authorities(*authorities) if authorities else Authorities()
    assert access.tls_profile(at(url)) == TlsProfile(expected, certificate)
    assert access.proxy(at(url)) == proxy


@pytest.mark.parametrize(
    "url", ["https://insecure.example/", "https://insecure.example:1/", "https://own.example:8443/"]
)
def test_insecure_host_gets_no_client_certificate(url: str) -> None:
    assert EndpointAccess(SETTINGS, {}).tls_profile(at(url)) == TlsProfile(verified=False)


def test_all_profiles_are_known_in_advance() -> None:
    access = EndpointAccess(SETTINGS, {})
    hosts = ("pip", "uv", "both", "own", "other", "insecure")
    assert {access.tls_profile(at(f"https://{host}.example/")) for host in hosts} == access.tls_profiles()


def test_loopback_has_no_proxy() -> None:
    for host in ("127.0.0.1", "localhost", "[::1]"):
        assert EndpointAccess(SETTINGS, {}).proxy(at(f"https://{host}/")) is None


def test_variables_take_precedence_over_uv_toml_and_not_over_pip(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://environment.example")
    access = EndpointAccess(SETTINGS, {})
    assert access.proxy(at("https://uv.example/")) == InstallerSetting("http://environment.example", "HTTPS_PROXY")
    assert access.proxy(at("https://pip.example/")) == PIP_PROXY


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({}, Authorities()),
        ({"SSL_CERT_FILE": "/f"}, Authorities("/f", "SSL_CERT_FILE")),
        ({"SSL_CERT_DIR": "/d"}, Authorities("", "SSL_CERT_DIR", "/d")),
        ({"SSL_CERT_FILE": "/f", "SSL_CERT_DIR": "/d"}, Authorities("/f", "SSL_CERT_FILE and SSL_CERT_DIR", "/d")),
        ({"SSL_CERT_FILE": "/f", "CURL_CA_BUNDLE": "/c"}, Authorities("/c", "CURL_CA_BUNDLE")),
        ({"REQUESTS_CA_BUNDLE": "/r", "CURL_CA_BUNDLE": "/c"}, Authorities("/r", "REQUESTS_CA_BUNDLE")),
    ],
)
def test_variables_for_authorities_in_order(environment: dict[str, str], expected: Authorities) -> None:
    assert (
        EndpointAccess(CredentialSettings(), environment).tls_profile(at("https://a.example/")).authorities == expected
    )


def test_passwords_are_not_in_the_representation() -> None:
    assert "s3cret" not in repr(InstallerSetting("http://user:s3cret@proxy.example", "PIP_PROXY"))


@pytest.mark.parametrize(
    ("host", "timeout", "retries"),
    [("pip", 20.0, 5), ("uv", None, None), ("both", 20.0, 5), ("own", 20.0, 5), ("other", 20.0, 5)],
)
def test_timeout_and_retries_of_pip_do_not_apply_to_indexes_of_uv(
    host: str, timeout: float | None, retries: int | None
) -> None:
    pip = PipConnection(timeout=InstallerSetting("20", "PIP_TIMEOUT"), retries=InstallerSetting("5", "PIP_RETRIES"))
    settings = SETTINGS._replace(pip=pip)
    access, endpoint = EndpointAccess(settings), at(f"https://{host}.example/")
    assert (access.timeout(endpoint), access.retries(endpoint)) == (timeout, retries)
    assert EndpointAccess(settings._replace(timeout=3.0)).timeout(endpoint) == 3.0


@pytest.mark.parametrize(
    ("text", "seconds"), [("0", None), ("0.5", 1.0), ("20", 20.0), ("1e9", 600.0), ("inf", 600.0), ("-1", 1.0)]
)
def test_timeout_of_pip_is_limited(text: str, seconds: float | None) -> None:
    # In pip, 0 means no timeout.
    assert PipConnection(timeout=InstallerSetting(text, "PIP_TIMEOUT")).timeout_seconds == seconds
