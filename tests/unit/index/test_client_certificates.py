"""Client certificates, and credentials with proxies and redirects."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from mothball.config.user_settings import (
    CredentialSettings,
    InstallerSetting,
    KeyringProvider,
    PipConnection,
    UserIndexUrl,
)
from mothball.index.client import Client, ClientSettings
from mothball.index.project_page import Failed, Fetched, Outcome, PageRequest, ProjectPage
from mothball.model.errors import ConfigError
from mothball.model.results import Cause
from tests.support.certificates import Authority, demanding_context
from tests.support.loopback import forget_network_settings
from tests.support.scripted_index import Reply, ScriptedIndex, json_page, redirect
from tests.support.tunnel import Tunnel

SECRET = "s3cr3t-thr0ugh-a-tunn3l"
PAGE = json_page("old-lib", "archived")
FETCHED = Fetched(ProjectPage("archived"))


@pytest.fixture(autouse=True)
def _no_settings_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    forget_network_settings(monkeypatch)
    monkeypatch.setenv("NETRC", os.devnull)


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(str(tmp_path_factory.mktemp("authority")))


def fetch(url: str, credentials: CredentialSettings) -> Outcome:
    with Client(ClientSettings(credentials=credentials)) as client:
        [(_, outcome)] = client.fetch([PageRequest(url, "old-lib")])
    return outcome


def test_client_certificate_is_sent_to_an_index_that_requires_it(authority: Authority) -> None:
    certificate = authority.certify("127.0.0.1")
    context = demanding_context(certificate, authority.path)
    with ScriptedIndex({"old-lib": PAGE}, certificate=certificate, context=context) as index:
        credentials = CredentialSettings(
            (UserIndexUrl(index.url),), pip=PipConnection(cert=InstallerSetting(authority.path, "PIP_CERT"))
        )
        without = fetch(index.url, credentials)
        assert isinstance(without, Failed)
        assert without.cause in (Cause.TLS, Cause.UNREACHABLE)
        assert (
            fetch(index.url, credentials._replace(client_certificate=authority.certify_client("example-user")))
            == FETCHED
        )


def test_client_certificate_is_only_sent_to_user_endpoints(authority: Authority) -> None:
    certificate = authority.certify("127.0.0.1")
    shown: list[object] = []
    context = demanding_context(certificate, authority.path, required=False)
    with ScriptedIndex({"old-lib": PAGE}, certificate=certificate, context=context, on_peer=shown.append) as index:
        credentials = CredentialSettings(
            pip=PipConnection(cert=InstallerSetting(authority.path, "PIP_CERT")),
            client_certificate=authority.certify_client("example-user"),
        )
        assert fetch(index.url, credentials) == FETCHED
        assert shown == [None]
        other_port = UserIndexUrl(f"https://127.0.0.1:{index.port ^ 1}/simple/")
        assert fetch(index.url, credentials._replace(index_urls=(other_port,))) == FETCHED
        assert shown == [None, None]
        assert fetch(index.url, credentials._replace(index_urls=(UserIndexUrl(index.url),))) == FETCHED
        assert "example-user" in str(shown[-1])


def test_403_about_a_sent_client_certificate_cannot_be_ignored(authority: Authority) -> None:
    certificate = authority.certify("127.0.0.1")
    context = demanding_context(certificate, authority.path, required=False)
    with ScriptedIndex({"old-lib": Reply(403)}, certificate=certificate, context=context) as index:
        credentials = CredentialSettings(
            (UserIndexUrl(index.url),), pip=PipConnection(cert=InstallerSetting(authority.path, "PIP_CERT"))
        )
        outcomes = [
            fetch(index.url, settings)
            for settings in (
                credentials,
                credentials._replace(client_certificate=authority.certify_client("example-user")),
            )
        ]
    assert [outcome.status for outcome in outcomes if isinstance(outcome, Failed)] == [403, 0]


def write_nothing(path: Path) -> None:
    path.write_text("")


def write_encrypted(path: Path) -> None:
    """Write a key with a password, for which OpenSSL would prompt."""
    path.write_text(
        "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,"
        "00112233445566778899AABBCCDDEEFF\n\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n"
        "-----END RSA PRIVATE KEY-----\n"
    )


@pytest.mark.parametrize("make", [None, write_nothing, write_encrypted])
def test_unusable_client_certificate_is_a_config_error(make: Callable[[Path], None] | None, tmp_path: Path) -> None:
    path = tmp_path / "client.pem"
    if make is not None:
        make(path)
    with pytest.raises(ConfigError) as caught:
        Client(ClientSettings(credentials=CredentialSettings(client_certificate=str(path))))
    assert f"cannot load the client certificate {path}" in str(caught.value)
    assert "PEM" in caught.value.help


def test_bundle_of_pip_takes_precedence_over_environment(
    authority: Authority, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", Authority(str(tmp_path)).path)
    with ScriptedIndex({"old-lib": PAGE}, certificate=authority.certify("127.0.0.1")) as index:
        assert isinstance(fetch(index.url, CredentialSettings()), Failed)
        assert (
            fetch(index.url, CredentialSettings(pip=PipConnection(cert=InstallerSetting(authority.path, "PIP_CERT"))))
            == FETCHED
        )
    with pytest.raises(ConfigError, match="cannot load the CA bundle /nowhere, set by PIP_CERT"):
        Client(
            ClientSettings(
                credentials=CredentialSettings(pip=PipConnection(cert=InstallerSetting("/nowhere", "PIP_CERT")))
            )
        )


def test_proxy_and_index_do_not_see_each_others_credentials(
    authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    certificate = authority.certify("index.example")
    with (
        ScriptedIndex({"old-lib": PAGE}, certificate=certificate, login=("user", SECRET)) as index,
        Tunnel(index.port) as proxy,
    ):
        monkeypatch.setenv("HTTPS_PROXY", proxy.url.replace("://", "://gate:keeper@"))
        credentials = CredentialSettings(
            (UserIndexUrl(f"https://user:{SECRET}@index.example/simple/"),),
            KeyringProvider.DISABLED,
            pip=PipConnection(cert=InstallerSetting(authority.path, "PIP_CERT")),
        )
        assert fetch("https://index.example/simple/", credentials) == FETCHED
        [head] = proxy.heads
        [request] = index.received
        assert SECRET.encode() not in proxy.passed
    assert head.startswith("CONNECT index.example:443 ")
    assert "Proxy-Authorization: Basic " in head
    assert "\r\nAuthorization:" not in head
    assert "authorization" in request.headers
    assert "proxy-authorization" not in request.headers


def test_credentials_are_not_sent_after_redirect_from_http_to_https(authority: Authority) -> None:
    certificate = authority.certify("127.0.0.1")
    with (
        ScriptedIndex({"old-lib": PAGE}, certificate=certificate) as secure,
        ScriptedIndex({"old-lib": redirect(f"{secure.url}old-lib/")}) as plain,
    ):
        # Not even the credentials of the target: a response does not decide where credentials are sent.
        user_urls = tuple(UserIndexUrl(index.url.replace("://", f"://user:{SECRET}@")) for index in (plain, secure))
        assert (
            fetch(
                plain.url,
                CredentialSettings(
                    user_urls,
                    KeyringProvider.DISABLED,
                    pip=PipConnection(cert=InstallerSetting(authority.path, "PIP_CERT")),
                ),
            )
            == FETCHED
        )
        assert "authorization" in plain.received[0].headers
        assert "authorization" not in secure.received[0].headers


@pytest.mark.parametrize(
    ("own", "pip", "deadline"), [(None, "0", 60.0), (2.0, "40", 60.0), (40.0, "1", 160.0), (None, "40", 160.0)]
)
def test_deadline_is_longer_with_a_long_timeout(own: float | None, pip: str, deadline: float) -> None:
    credentials = CredentialSettings(timeout=own, pip=PipConnection(timeout=InstallerSetting(pip, "PIP_TIMEOUT")))
    assert ClientSettings.for_user(credentials, ()).deadline == deadline
