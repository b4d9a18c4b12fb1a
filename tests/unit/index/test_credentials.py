"""Which login goes where. What matters most is where none goes."""

from __future__ import annotations

import os
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st

from mothball.config.credential_settings import CredentialSettings, KeyringProvider, UserIndexUrl
from mothball.index.client import Client, ClientSettings
from mothball.index.credentials import CredentialStore, Login
from mothball.index.page_request import Failed, Fetched, Outcome, PageRequest, ProjectPage
from mothball.index.urls import endpoint_of, page_url
from mothball.model.lookup import Cause
from tests.support.loopback import forget_network_settings
from tests.support.scripted_index import Reply, ScriptedIndex, json_page, redirect

SECRET = "s3cr3t-0f-th3-us3r"
HOME = f"https://user:{SECRET}@index.example/simple/"
LOGIN = Login("user", SECRET)
PAGE = json_page("old-lib", "archived")
FETCHED = Fetched(ProjectPage("archived"))

# Whatever a repository may write to look like the user's index, without being it.
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
# What every parser of URLs takes for the same place.
SAME_PLACE = [
    "https://index.example/simple/",
    "https://index.example/simple",
    "https://index.example:443/simple/",
    "HTTPS://INDEX.EXAMPLE/simple/",
    "https://index.example/elsewhere/",
    "https://other:word@index.example/simple/",
]


def store(*addresses: str | UserIndexUrl, environment: dict[str, str] | None = None) -> CredentialStore:
    known = tuple(UserIndexUrl(address) if isinstance(address, str) else address for address in addresses)
    return CredentialStore(CredentialSettings(known, KeyringProvider.DISABLED), environment or {"NETRC": os.devnull})


def first(asked: CredentialStore, index: str) -> Login | None:
    """Return the login that a page of ``index`` is asked for with."""
    return asked.initial_login(page_url(index, "lib"))


def netrc(directory: Path, text: str) -> dict[str, str]:
    path = directory / "netrc"
    path.write_text(text, encoding="utf-8")
    return {"NETRC": str(path)}


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    forget_network_settings(monkeypatch)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    monkeypatch.delenv("NETRC", raising=False)
    return tmp_path


# --- where a login goes, and where it does not ---


@pytest.mark.parametrize("url", SAME_PLACE)
def test_a_login_goes_to_its_scheme_host_and_port(url: str) -> None:
    assert first(store(HOME), url) == LOGIN


@pytest.mark.parametrize("url", IMPOSTORS)
def test_a_login_goes_nowhere_else(url: str, home: Path) -> None:
    everything = netrc(home, f"machine index.example login user password {SECRET}\ndefault login x password {SECRET}\n")
    asked = store(HOME, environment=everything)
    assert first(asked, url) is None
    assert asked.login_after_401(page_url(url, "lib"), None) is None


@given(st.text(st.sampled_from("https:/@.-%?#[]\\ index.example0443user")), st.sampled_from(["", *IMPOSTORS]))
def test_whatever_a_repository_writes_a_login_goes_to_no_other_place(text: str, start: str) -> None:
    page = page_url(start + text, "lib")
    if store(HOME).initial_login(page) is not None:
        # Held against the parsers of those who connect.
        request = requests.Request("GET", page).prepare()
        assert urlsplit(str(request.url)).hostname == "index.example"
        assert urlsplit(str(request.url)).port in (None, 443)
        assert str(request.url).startswith("https://")
        assert endpoint_of(page) == endpoint_of(HOME)


def test_the_user_information_in_a_repositorys_address_is_not_used() -> None:
    assert first(store(), "https://theirs:word@index.example/simple/") is None


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
def test_a_login_is_read_out_of_an_address(url: str, login: Login | None) -> None:
    assert first(store(url), "https://index.example/simple/") == login


def test_of_several_addresses_at_one_place_the_nearest_counts() -> None:
    asked = store(
        "https://one:1@index.example/teams/one/simple/",
        "https://two:2@index.example/teams/two/simple/",
        "https://index.example/teams/two/simple/",
    )
    assert first(asked, "https://index.example/teams/two/simple/") == Login("two", "2")
    assert first(asked, "https://index.example/teams/one/simple/") == Login("one", "1")
    assert first(asked, "https://index.example/teams/one/other/") == Login("one", "1")


def test_an_address_that_leads_nowhere_is_no_address() -> None:
    assert first(store("https://user:secret@[index]/"), "https://index.example/") is None


def test_a_login_is_written_as_rfc_7617_has_it_and_never_shown() -> None:
    assert Login("Aladdin", "open sesame").header() == "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="
    assert Login("test", "123£").header() == "Basic dGVzdDoxMjPCow=="
    assert SECRET not in repr(LOGIN) + str(LOGIN) + f"{[LOGIN]}"


# --- the environment, as uv reads it ---


@pytest.mark.parametrize("name", ["internal-proxy", "Internal.Proxy", "internal_proxy"])
def test_the_environment_says_the_login_of_an_index_by_its_name(name: str) -> None:
    environment = {"UV_INDEX_INTERNAL_PROXY_USERNAME": "user", "UV_INDEX_INTERNAL_PROXY_PASSWORD": SECRET}
    asked = store(UserIndexUrl("https://index.example/simple/", name), environment=environment)
    assert first(asked, "https://index.example/simple/") == LOGIN


@pytest.mark.parametrize(
    ("environment", "login"),
    [
        ({"UV_INDEX_A_PASSWORD": SECRET}, Login("other", SECRET)),
        ({"UV_INDEX_A_USERNAME": "user"}, Login("user", "word")),
        ({"UV_INDEX_A_USERNAME": "user", "UV_INDEX_A_PASSWORD": SECRET}, LOGIN),
        ({"UV_INDEX_B_PASSWORD": SECRET}, Login("other", "word")),
    ],
)
def test_what_the_environment_says_goes_before_what_the_address_says(environment: dict[str, str], login: Login) -> None:
    asked = store(UserIndexUrl("https://other:word@index.example/", "a"), environment=environment)
    assert first(asked, "https://index.example/simple/") == login


def test_a_name_that_a_repository_gives_its_index_has_no_part_in_the_environment() -> None:
    environment = {"UV_INDEX_INTERNAL_USERNAME": "user", "UV_INDEX_INTERNAL_PASSWORD": SECRET}
    asked = store(UserIndexUrl("https://index.example/", "internal"), environment=environment)
    assert first(asked, "https://evil.example/internal/") is None


# --- netrc ---


def test_a_login_of_netrc_goes_to_https_on_its_own_port(home: Path) -> None:
    asked = store(environment=netrc(home, f"machine Index.Example login user password {SECRET}\n"))
    assert first(asked, "https://index.example/simple/") == LOGIN
    for url in ("http://index.example/", "https://index.example:8443/", "https://sub.index.example/"):
        assert first(asked, url) is None


def test_a_login_of_netrc_goes_to_the_very_address_that_the_user_named(home: Path) -> None:
    environment = netrc(home, f"machine 127.0.0.1 login user password {SECRET}\n")
    asked = store("http://127.0.0.1:8080/simple/", environment=environment)
    assert first(asked, "http://127.0.0.1:8080/simple/") == LOGIN
    assert first(asked, "http://127.0.0.1:8081/simple/") is None


def test_the_default_of_netrc_goes_nowhere(home: Path) -> None:
    asked = store(environment=netrc(home, f"default login user password {SECRET}\n"))
    assert first(asked, "https://evil.example/simple/") is None
    assert first(asked, "https://default/simple/") is None


def test_netrc_gives_the_password_of_the_user_that_the_address_names(home: Path) -> None:
    environment = netrc(home, f"machine index.example login user password {SECRET}\n")
    assert first(store("https://user@index.example/", environment=environment), "https://index.example/") == LOGIN
    other = first(store("https://other@index.example/", environment=environment), "https://index.example/")
    assert other == Login("other", "", is_name=True)
    given = first(store("https://user:word@index.example/", environment=environment), "https://index.example/")
    assert given == Login("user", "word")


@pytest.mark.parametrize("name", [".netrc", "_netrc"])
def test_netrc_lies_in_the_users_home(home: Path, name: str) -> None:
    (home / name).write_text(f"machine index.example login user password {SECRET}\n")
    assert first(CredentialStore(CredentialSettings(), {}), "https://index.example/") == LOGIN


@pytest.mark.parametrize(
    ("content", "trouble"),
    [
        (f"machine index.example login user\npassword {SECRET} {SECRET}\n".encode(), "cannot parse netrc (line 3)"),
        (b"\xff\xfe\x00machine", "cannot read netrc"),
        (b"#" * 1_100_000, "cannot read netrc"),
    ],
)
def test_a_netrc_that_cannot_be_read_is_told_without_a_word_out_of_it(content: bytes, trouble: str, home: Path) -> None:
    (home / ".netrc").write_bytes(content)
    asked = CredentialStore(CredentialSettings(), {})
    assert first(asked, "https://index.example/") is None
    assert asked.error().startswith(trouble.partition(" (")[0])
    assert SECRET not in asked.error()
    if "line" in trouble:
        assert asked.error() == trouble


# --- on the line ---


def ask(
    index: ScriptedIndex, access: CredentialSettings, *, url: str | None = None, names: tuple[str, ...] = ("old-lib",)
) -> list[Outcome]:
    with Client(ClientSettings(credentials=access)) as client:
        outcomes = dict(client.fetch([PageRequest(url or index.url, name) for name in names]))
    return [outcomes[PageRequest(url or index.url, name)] for name in names]


def named(index: ScriptedIndex, user_information: str = f"user:{SECRET}") -> CredentialSettings:
    url = index.url.replace("://", f"://{user_information}@") if user_information else index.url
    return CredentialSettings((UserIndexUrl(url),), KeyringProvider.DISABLED)


def test_an_index_that_wants_credentials_gets_those_of_the_user() -> None:
    with ScriptedIndex({"old-lib": PAGE}, login=("user", SECRET)) as index:
        assert ask(index, named(index)) == [FETCHED]
        assert ask(index, CredentialSettings()) == [
            Failed(Cause.UNAUTHORIZED, f"127.0.0.1:{index.port} returned 401 Unauthorized (credentials are required)")
        ]
        assert index.count() == 2


def test_the_same_host_on_another_port_gets_none() -> None:
    with ScriptedIndex({"old-lib": PAGE}) as index, ScriptedIndex({"old-lib": PAGE}) as other:
        assert ask(other, named(index)) == [FETCHED]
        assert ask(other, named(index), url=other.url.replace("://", f"://user:{SECRET}@")) == [FETCHED]
        assert all("authorization" not in request.headers for request in other.received)


def test_credentials_stay_on_a_redirect_in_place_and_go_along_to_no_other() -> None:
    with ScriptedIndex({"elsewhere": PAGE}, login=("user", SECRET)) as index, ScriptedIndex() as other:
        index.script("old-lib", redirect("/elsewhere/old-lib/"), PAGE)
        assert ask(index, named(index)) == [FETCHED]
        assert ["authorization" in request.headers for request in index.received] == [True, True]
        index.script("old-lib", redirect(f"{other.url}old-lib/"))
        [outcome] = ask(index, named(index))
        assert isinstance(outcome, Failed)
        assert outcome.cause is Cause.REFUSED_REDIRECT
        assert other.count() == 0


def test_credentials_that_are_refused_are_sent_no_more() -> None:
    names = tuple(f"lib-{number}" for number in range(60))
    with ScriptedIndex(login=("user", "another")) as index:
        outcomes = ask(index, named(index), names=names)
        # A few were on their way before the first was refused.
        assert index.count() < 40
    detail = f"127.0.0.1:{index.port} returned 401 Unauthorized (your credentials were rejected)"
    assert outcomes == [Failed(Cause.UNAUTHORIZED, detail)] * len(names)


def test_a_page_that_is_forbidden_says_whether_credentials_were_sent() -> None:
    with ScriptedIndex({"old-lib": Reply(403)}) as index:
        [without] = ask(index, CredentialSettings())
        [with_them] = ask(index, named(index))
    assert isinstance(without, Failed)
    assert isinstance(with_them, Failed)
    assert without.detail.endswith("returned 403 Forbidden")
    assert with_them.detail.endswith("returned 403 Forbidden (your credentials do not give access)")


def test_a_netrc_that_cannot_be_read_is_told_where_credentials_are_wanted(home: Path) -> None:
    (home / ".netrc").write_text(f"machine\n{SECRET} {SECRET} x\n")
    with ScriptedIndex({"old-lib": Reply(401)}) as index:
        [outcome] = ask(index, named(index, ""))
    assert isinstance(outcome, Failed)
    assert "(credentials are required; cannot parse netrc" in outcome.detail
    assert SECRET not in outcome.detail
