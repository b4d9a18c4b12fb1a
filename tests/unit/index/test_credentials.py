"""Which login is sent to which endpoint, and which endpoints get none."""

from __future__ import annotations

import os
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st

from mothball.config.user_settings import CredentialSettings, KeyringProvider, UserIndexUrl
from mothball.index.client import Client, ClientSettings
from mothball.index.credentials import CredentialStore, Login
from mothball.index.limits import INITIAL_LIMIT
from mothball.index.project_page import Failed, Fetched, Outcome, PageRequest, ProjectPage, Redirected
from mothball.index.resolution import Query
from mothball.index.resolver import Resolver
from mothball.index.urls import endpoint_of, page_url
from mothball.model.results import Cause
from tests.support.loopback import forget_network_settings
from tests.support.scripted_index import Reply, ScriptedIndex, json_page, redirect

SECRET = "s3cr3t-0f-th3-us3r"
USER_INDEX = f"https://user:{SECRET}@index.example/simple/"
LOGIN = Login("user", SECRET)
PAGE = json_page("old-lib", "archived")
FETCHED = Fetched(ProjectPage("archived"))

# URLs that resemble the index of the user, but have another endpoint.
IMPOSTORS = [
    "http://index.example/simple/",
    "http://index.example:443/simple/",
    "https://index.example:8443/simple/",
    "https://index.example.evil.example/simple/",
    "https://index.example@evil.example/simple/",
    "https://user@index.example@evil.example/simple/",
    f"https://user:{SECRET}@evil.example/simple/",
    "https://evil.example/https://index.example/simple/",
    "https://evil.example?@index.example/simple/",
    "https://evil.example#@index.example/simple/",
    "https://evil.example\\@index.example/simple/",
    "https://index.example\\.evil.example/",
    "https://index.example./simple/",
    "https://index.example.:443/simple/",
    "https://index\u3002example/simple/",
    "https://\u0131ndex.example/simple/",
    "https://xn--ndex-eq5a.example/simple/",
    "https://index%2Eexample/simple/",
    "https://index.example:0443x/simple/",
    "https:///index.example/simple/",
    "//index.example/simple/",
    "ftp://index.example/simple/",
    "https://[index.example]/simple/",
    "https://sub.index.example/simple/",
    "https://example/simple/",
    " https://index.example/simple/",
    "https://index.example\t/simple/",
    "",
]
# URLs that every parser maps to the endpoint of the user.
SAME_PLACE = [
    "https://index.example/simple/",
    "https://index.example/simple",
    "https://index.example:443/simple/",
    "HTTPS://INDEX.EXAMPLE/simple/",
    "https://index.example/elsewhere/",
    "https://other:word@index.example/simple/",
]


def store(*addresses: str | UserIndexUrl, environment: dict[str, str] | None = None) -> CredentialStore:
    user_urls = tuple(UserIndexUrl(address) if isinstance(address, str) else address for address in addresses)
    return CredentialStore(
        CredentialSettings(user_urls, KeyringProvider.DISABLED), environment or {"NETRC": os.devnull}
    )


def login_for(credentials: CredentialStore, index: str) -> Login | None:
    """Return the login for the first request of a page of ``index``."""
    return credentials.initial_login(page_url(index, "lib"))


def netrc(directory: Path, text: str) -> dict[str, str]:
    path = directory / "netrc"
    path.write_text(text, encoding="utf-8")
    return {"NETRC": str(path)}


@pytest.fixture(autouse=True)
def home_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    forget_network_settings(monkeypatch)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    monkeypatch.delenv("NETRC", raising=False)
    return tmp_path


# --- endpoints ---


@pytest.mark.parametrize("url", SAME_PLACE)
def test_login_is_sent_to_its_scheme_host_and_port(url: str) -> None:
    assert login_for(store(USER_INDEX), url) == LOGIN


@pytest.mark.parametrize("url", IMPOSTORS)
def test_login_is_not_sent_to_other_endpoints(url: str, home_directory: Path) -> None:
    environment = netrc(
        home_directory, f"machine index.example login user password {SECRET}\ndefault login x password {SECRET}\n"
    )
    credentials = store(USER_INDEX, environment=environment)
    assert login_for(credentials, url) is None
    assert credentials.login_after_401(page_url(url, "lib"), None) is None


@given(st.text(st.sampled_from("https:/@.-%?#[]\\ index.example0443user")), st.sampled_from(["", *IMPOSTORS]))
def test_index_url_of_a_repository_never_redirects_a_login(text: str, start: str) -> None:
    page = page_url(start + text, "lib")
    if store(USER_INDEX).initial_login(page) is not None:
        # Compare with the parsers of the libraries that connect.
        request = requests.Request("GET", page).prepare()
        assert urlsplit(str(request.url)).hostname == "index.example"
        assert urlsplit(str(request.url)).port in (None, 443)
        assert str(request.url).startswith("https://")
        assert endpoint_of(page) == endpoint_of(USER_INDEX)


def test_user_information_in_a_repository_url_is_ignored() -> None:
    assert login_for(store(), "https://theirs:word@index.example/simple/") is None


@pytest.mark.parametrize(
    ("url", "login"),
    [
        ("https://user:secret@index.example/", Login("user", "secret")),
        ("https://user@index.example/", Login("user", "", is_name=True)),
        ("https://user:@index.example/", Login("user", "")),
        ("https://:secret@index.example/", Login("", "secret")),
        ("https://us%40er:s%2Fec%3Aret@index.example/", Login("us@er", "s/ec:ret")),
        ("https://us@er:sec:ret@index.example/", Login("us@er", "sec:ret")),
        ("https://@index.example/", None),
        ("https://index.example/", None),
    ],
)
def test_login_is_parsed_from_url(url: str, login: Login | None) -> None:
    assert login_for(store(url), "https://index.example/simple/") == login


def test_url_with_longest_common_path_is_used() -> None:
    credentials = store(
        "https://one:1@index.example/teams/one/simple/",
        "https://two:2@index.example/teams/two/simple/",
        "https://index.example/teams/two/simple/",
    )
    assert login_for(credentials, "https://index.example/teams/two/simple/") == Login("two", "2")
    assert login_for(credentials, "https://index.example/teams/one/simple/") == Login("one", "1")
    assert login_for(credentials, "https://index.example/teams/one/other/") == Login("one", "1")


def test_url_without_endpoint_is_ignored() -> None:
    assert login_for(store("https://user:secret@[index]/"), "https://index.example/") is None


def test_login_has_a_basic_header_and_no_readable_repr() -> None:
    assert Login("Aladdin", "open sesame").header() == "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="
    assert Login("test", "123£").header() == "Basic dGVzdDoxMjPCow=="
    assert SECRET not in repr(LOGIN) + str(LOGIN) + f"{[LOGIN]}"


# --- environment variables of uv ---


@pytest.mark.parametrize("name", ["internal-proxy", "Internal.Proxy", "internal_proxy"])
def test_login_is_read_from_uv_index_variables(name: str) -> None:
    environment = {"UV_INDEX_INTERNAL_PROXY_USERNAME": "user", "UV_INDEX_INTERNAL_PROXY_PASSWORD": SECRET}
    credentials = store(UserIndexUrl("https://index.example/simple/", name), environment=environment)
    assert login_for(credentials, "https://index.example/simple/") == LOGIN


@pytest.mark.parametrize(
    ("environment", "login"),
    [
        ({"UV_INDEX_A_PASSWORD": SECRET}, Login("other", SECRET)),
        ({"UV_INDEX_A_USERNAME": "user"}, Login("user", "word")),
        ({"UV_INDEX_A_USERNAME": "user", "UV_INDEX_A_PASSWORD": SECRET}, LOGIN),
        ({"UV_INDEX_B_PASSWORD": SECRET}, Login("other", "word")),
    ],
)
def test_environment_takes_precedence_over_url(environment: dict[str, str], login: Login) -> None:
    credentials = store(UserIndexUrl("https://other:word@index.example/", "a"), environment=environment)
    assert login_for(credentials, "https://index.example/simple/") == login


def test_variables_do_not_apply_to_indexes_of_a_repository() -> None:
    environment = {"UV_INDEX_INTERNAL_USERNAME": "user", "UV_INDEX_INTERNAL_PASSWORD": SECRET}
    credentials = store(UserIndexUrl("https://index.example/", "internal"), environment=environment)
    assert login_for(credentials, "https://evil.example/internal/") is None


# --- netrc ---


def test_netrc_login_is_sent_to_https_on_default_port(home_directory: Path) -> None:
    credentials = store(environment=netrc(home_directory, f"machine Index.Example login user password {SECRET}\n"))
    assert login_for(credentials, "https://index.example/simple/") == LOGIN
    for url in ("http://index.example/", "https://index.example:8443/", "https://sub.index.example/"):
        assert login_for(credentials, url) is None


def test_netrc_login_is_sent_to_user_endpoint(home_directory: Path) -> None:
    environment = netrc(home_directory, f"machine 127.0.0.1 login user password {SECRET}\n")
    credentials = store("http://127.0.0.1:8080/simple/", environment=environment)
    assert login_for(credentials, "http://127.0.0.1:8080/simple/") == LOGIN
    assert login_for(credentials, "http://127.0.0.1:8081/simple/") is None


def test_default_entry_of_netrc_is_ignored(home_directory: Path) -> None:
    credentials = store(environment=netrc(home_directory, f"default login user password {SECRET}\n"))
    assert login_for(credentials, "https://evil.example/simple/") is None
    assert login_for(credentials, "https://default/simple/") is None


def test_netrc_password_must_match_the_user_of_the_url(home_directory: Path) -> None:
    environment = netrc(home_directory, f"machine index.example login user password {SECRET}\n")
    assert login_for(store("https://user@index.example/", environment=environment), "https://index.example/") == LOGIN
    other = login_for(store("https://other@index.example/", environment=environment), "https://index.example/")
    assert other == Login("other", "", is_name=True)
    given = login_for(store("https://user:word@index.example/", environment=environment), "https://index.example/")
    assert given == Login("user", "word")


@pytest.mark.parametrize("name", [".netrc", "_netrc"])
def test_netrc_is_read_from_the_home_directory(home_directory: Path, name: str) -> None:
    (home_directory / name).write_text(f"machine index.example login user password {SECRET}\n")
    assert login_for(CredentialStore(CredentialSettings(), {}), "https://index.example/") == LOGIN


@pytest.mark.parametrize(
    ("content", "error"),
    [
        (f"machine index.example login user\npassword {SECRET} {SECRET}\n".encode(), "cannot parse netrc (line 3)"),
        (b"\xff\xfe\x00machine", "cannot read netrc"),
        (b"#" * 1_100_000, "cannot read netrc"),
    ],
)
def test_netrc_error_does_not_quote_the_file(content: bytes, error: str, home_directory: Path) -> None:
    (home_directory / ".netrc").write_bytes(content)
    credentials = CredentialStore(CredentialSettings(), {})
    assert login_for(credentials, "https://index.example/") is None
    assert credentials.netrc.error.startswith(error.partition(" (")[0])
    assert SECRET not in credentials.netrc.error
    if "line" in error:
        assert credentials.netrc.error == error


# --- requests ---


def fetch(
    index: ScriptedIndex, access: CredentialSettings, *, url: str | None = None, names: tuple[str, ...] = ("old-lib",)
) -> list[Outcome]:
    with Client(ClientSettings(credentials=access)) as client:
        outcomes = dict(client.fetch([PageRequest(url or index.url, name) for name in names]))
    return [outcomes[PageRequest(url or index.url, name)] for name in names]


def named(index: ScriptedIndex, user_information: str = f"user:{SECRET}") -> CredentialSettings:
    url = index.url.replace("://", f"://{user_information}@") if user_information else index.url
    return CredentialSettings((UserIndexUrl(url),), KeyringProvider.DISABLED)


def test_index_gets_the_credentials_of_the_user() -> None:
    with ScriptedIndex({"old-lib": PAGE}, login=("user", SECRET)) as index:
        assert fetch(index, named(index)) == [FETCHED]
        [outcome] = fetch(index, CredentialSettings(keyring=KeyringProvider.DISABLED))
        place = f"127.0.0.1:{index.port}"
        assert outcome == Failed(
            Cause.UNAUTHORIZED,
            f"{place} returned 401 Unauthorized (credentials are required): no setting of the user names an index on "
            f"http://{place}; there is no netrc file; keyring is disabled by `keyring-provider`",
            401,
        )
        assert index.count() == 2


def test_other_port_of_the_host_gets_no_credentials() -> None:
    with ScriptedIndex({"old-lib": PAGE}) as index, ScriptedIndex({"old-lib": PAGE}) as other:
        assert fetch(other, named(index)) == [FETCHED]
        assert fetch(other, named(index), url=other.url.replace("://", f"://user:{SECRET}@")) == [FETCHED]
        assert all("authorization" not in request.headers for request in other.received)


def test_credentials_are_kept_on_redirects_to_the_same_endpoint_only() -> None:
    with ScriptedIndex({"elsewhere": PAGE}, login=("user", SECRET)) as index, ScriptedIndex() as other:
        index.script("old-lib", redirect("/elsewhere/old-lib/"), PAGE)
        assert fetch(index, named(index)) == [FETCHED]
        assert ["authorization" in request.headers for request in index.received] == [True, True]
        index.script("old-lib", redirect(f"{other.url}old-lib/"))
        [outcome] = fetch(index, named(index))
        assert isinstance(outcome, Redirected)
        assert outcome.failed.cause is Cause.REFUSED_REDIRECT
        assert other.count() == 0


@pytest.mark.parametrize("user_information", [f"other-user:{SECRET}-2", ""])
def test_index_that_a_redirect_leads_to_gets_its_own_credentials_or_none(user_information: str) -> None:
    with ScriptedIndex(login=("user", SECRET)) as index, ScriptedIndex({"old-lib": PAGE}) as other:
        index.script("old-lib", redirect(other.url.replace("://", f"://user:{SECRET}@") + "old-lib/"))
        urls = (*named(index).index_urls, *named(other, user_information).index_urls)
        query = Query("old-lib", (index.url, other.url))
        with Client(ClientSettings(credentials=CredentialSettings(urls, KeyringProvider.DISABLED))) as client:
            result = Resolver(open_client=lambda: client, cache=None, clock=lambda: 0.0).look_up([query])[query]
        assert result.origin.index_url == other.url
        user, _, password = user_information.partition(":")
        expected = Login(user, password).header() if user else None
        assert [request.headers.get("authorization") for request in other.received] == [expected]


@pytest.mark.parametrize(("status", "ignorable"), [(400, 400), (401, 0), (403, 0), (451, 451)])
def test_status_about_sent_credentials_cannot_be_ignored(status: int, ignorable: int) -> None:
    with ScriptedIndex({"old-lib": Reply(status)}) as index:
        [outcome] = fetch(index, named(index))
        assert isinstance(outcome, Failed)
        assert outcome.status == ignorable
        [outcome] = fetch(index, CredentialSettings())
        assert isinstance(outcome, Failed)
        assert outcome.status == status


def test_rejected_credentials_are_not_sent_again() -> None:
    names = tuple(f"lib-{number}" for number in range(60))
    # All workers have requests before the first response.
    with ScriptedIndex(otherwise=Reply(401, delay=0.1)) as index:
        outcomes = fetch(index, named(index), names=names)
        assert index.count() == INITIAL_LIMIT
    detail = (
        f"127.0.0.1:{index.port} returned 401 Unauthorized (your credentials were rejected): "
        "those of the URL in the user configuration are sent; keyring is disabled by `keyring-provider`"
    )
    assert outcomes == [Failed(Cause.UNAUTHORIZED, detail)] * len(names)


def test_403_reports_whether_credentials_were_sent() -> None:
    with ScriptedIndex({"old-lib": Reply(403)}) as index:
        [without] = fetch(index, CredentialSettings())
        [with_them] = fetch(index, named(index))
    assert isinstance(without, Failed)
    assert isinstance(with_them, Failed)
    assert "returned 403 Forbidden (no credentials were sent): no setting of the user names an" in without.detail
    assert with_them.detail.endswith(
        "returned 403 Forbidden (your credentials do not give access): "
        "those of the URL in the user configuration are sent"
    )


def test_401_reports_an_unreadable_netrc(home_directory: Path) -> None:
    (home_directory / ".netrc").write_text(f"machine\n{SECRET} {SECRET} x\n")
    with ScriptedIndex({"old-lib": Reply(401)}) as index:
        [outcome] = fetch(index, named(index, ""))
    assert isinstance(outcome, Failed)
    assert "(credentials are required): " in outcome.detail
    assert "; cannot parse netrc" in outcome.detail
    assert SECRET not in outcome.detail
