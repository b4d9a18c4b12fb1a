from __future__ import annotations

from fnmatch import fnmatchcase
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mothball.config.keys import read_config
from mothball.config.project import DEFAULT_INDEX, IndexSettings, NetworkSettings
from mothball.config.user_settings import InstallerSettings, PipSettings, UserIndex, UvSettings
from mothball.index.urls import endpoint_of, page_url
from mothball.model.document import Dependency, IndexOption, SkipReason, Span, ToolIndex
from mothball.model.records import NamedTuple
from mothball.model.results import Skipped
from mothball.model.sanitize import base_url
from mothball.routing.candidates import Candidate
from mothball.routing.route import (
    MAX_DECLARED,
    MAX_INDEXES,
    DeclaredIndexes,
    IndexRoute,
    Router,
    credential_locations,
)
from tests.support.routing import with_installers

HOME, EXTRA, OTHER = (f"https://{name}.example/simple/" for name in ("home", "extra", "other"))
STATUSES = "https://statuses.example/simple/"
DEFAULT_HOST = str(urlsplit(DEFAULT_INDEX).hostname)
NETWORK = NetworkSettings(index_url=HOME)

# Spellings of the URL of the default index that still reach it.
DEFAULT_SPELLINGS = [
    DEFAULT_INDEX,
    DEFAULT_INDEX.rstrip("/"),
    DEFAULT_INDEX.upper(),
    DEFAULT_INDEX.replace("https:", "http:"),
    *(
        f"{scheme}://{user}{host}{port}{path}"
        for scheme in ("https", "HTTP")
        for user in ("", "user:secret@", "home.example@", r"home.example\@")
        for host in (
            DEFAULT_HOST,
            DEFAULT_HOST.title(),
            f"{DEFAULT_HOST}.",
            f"www.{DEFAULT_HOST}",
            f"test.{DEFAULT_HOST}.",
        )
        for port in ("", ":", ":443", ":0443", ":80")
        for path in ("", "/simple/", "/../simple?x=y", "#z")
    ),
]


def dependency(name: str = "old-lib", index: str | None = None, skip_reason: SkipReason | None = None) -> Dependency:
    return Dependency(name, Span(0, 1), Span(0, 1), index_url=index, skip_reason=skip_reason)


class IndexUrls(NamedTuple):
    """The URLs of a route, without the settings that name them."""

    urls: tuple[str, ...]
    status_index: str | None = None


def route(dependency: Dependency, options: tuple[IndexOption, ...], network: NetworkSettings) -> IndexUrls | Skipped:
    routed = Router(DeclaredIndexes("requirements", options=options), network).route(dependency)
    return IndexUrls(routed.urls, routed.status_index) if isinstance(routed, IndexRoute) else routed


def option(name: str, value: str = "") -> IndexOption:
    assert name in {"index-url", "extra-index-url", "no-index", "find-links"}
    return IndexOption(Span(0, 1), name, value)  # type: ignore[arg-type] # one of the names above


def extra(value: str) -> IndexOption:
    return option("extra-index-url", value)


def primary(value: str) -> IndexOption:
    return option("index-url", value)


# --- order of indexes -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "indexes"),
    [
        ((), (HOME,)),
        ((primary(OTHER),), (OTHER,)),
        ((primary(EXTRA), primary(OTHER)), (OTHER,)),
        ((extra(EXTRA),), (EXTRA, HOME)),
        ((primary(OTHER), extra(EXTRA)), (EXTRA, OTHER)),
        ((extra(EXTRA), primary(OTHER)), (EXTRA, OTHER)),
        ((extra(EXTRA), extra(OTHER)), (EXTRA, OTHER, HOME)),
        ((option("find-links", "https://links.example/"),), (HOME,)),
        # pip ignores an empty value, so the default index is used.
        ((primary(""),), (HOME,)),
        ((primary(OTHER), primary("")), (OTHER,)),
        ((extra(""),), (HOME,)),
    ],
)
def test_extra_indexes_come_first_and_last_index_url_wins(
    options: tuple[IndexOption, ...], indexes: tuple[str, ...]
) -> None:
    assert route(dependency(), options, NETWORK) == IndexUrls(indexes)


def test_default_index_is_used_without_settings() -> None:
    assert route(dependency(), (), NetworkSettings()) == IndexUrls((DEFAULT_INDEX,))


@pytest.mark.parametrize("options", [(), (extra(EXTRA), primary(OTHER)), (option("no-index"),)])
def test_index_pinned_by_the_entry_is_the_only_one(options: tuple[IndexOption, ...]) -> None:
    assert route(dependency(index="https://pinned.example/simple"), options, NETWORK) == IndexUrls(
        ("https://pinned.example/simple/",)
    )


def assert_no_index(found: object) -> None:
    """Check that a name is skipped without an index, and that the setting that causes it is named."""
    assert isinstance(found, Skipped)
    assert (found.reason, found.detail.startswith("no usable index is configured: ")) == (SkipReason.NO_INDEX, True)


@pytest.mark.parametrize(
    "options",
    [
        (option("no-index"),),
        (primary(OTHER), option("no-index")),
        (option("no-index"), primary(OTHER), extra(EXTRA)),
    ],
)
def test_no_index_option_skips_the_dependency(options: tuple[IndexOption, ...]) -> None:
    assert_no_index(route(dependency(), options, NETWORK))


@pytest.mark.parametrize("reason", [*SkipReason])
def test_skip_reason_of_the_entry_is_kept(reason: SkipReason) -> None:
    assert route(dependency(index=OTHER, skip_reason=reason), (extra(EXTRA),), NETWORK) == Skipped(reason)


@pytest.mark.parametrize(
    "address", ["https://${HOST}/simple/", "https://$HOST/simple/", "https://x:$TOKEN@other.example/"]
)
def test_variable_in_index_url_skips_the_dependency(address: str) -> None:
    variable = Skipped(SkipReason.INDEX_VARIABLE)
    assert route(dependency(), (primary(address),), NETWORK) == variable
    assert route(dependency(), (extra(address),), NETWORK) == variable
    assert route(dependency(index=address), (), NETWORK) == variable
    # Variables in overridden settings do not matter.
    assert route(dependency(index=OTHER), (primary(address),), NETWORK) == IndexUrls((OTHER,))
    assert route(dependency(), (primary(address), primary(OTHER)), NETWORK) == IndexUrls((OTHER,))


@pytest.mark.parametrize(
    "address",
    [
        "./simple",
        "/srv/simple",
        "file:///srv/simple",
        "ftp://other.example/simple/",
        "git+https://other.example/",
        "other.example/simple",
        "//other.example/simple",
        "https:///simple",
        "https://",
        "https://user:secret@",
        " https://other.example/",
    ],
)
def test_index_that_is_not_an_http_url_is_not_queried(address: str) -> None:
    assert_no_index(route(dependency(), (primary(address),), NETWORK))
    assert_no_index(route(dependency(index=address), (), NETWORK))
    assert_no_index(route(dependency(), (extra(address),), NETWORK))
    assert route(dependency(), (extra(address), primary(OTHER)), NETWORK) == IndexUrls((OTHER,))


# --- normalization of URLs --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("address", "base"),
    [
        ("https://other.example/simple", OTHER),
        ("https://other.example/simple/", OTHER),
        ("https://other.example/simple///", OTHER),
        ("https://user:secret@other.example/simple/?token=secret#x", OTHER),
        ("https://other.example", "https://other.example/"),
        ("HTTPS://Other.Example:443/simple", OTHER),
        ("https://other.example:80/Simple", "https://other.example:80/Simple/"),
        ("https://[2001:DB8::443]/simple", "https://[2001:db8::443]/simple/"),
        ("https://[2001:DB8::443]:443/simple", "https://[2001:db8::443]/simple/"),
        ("http://127.0.0.1:8080/root/pypi/+simple", "http://127.0.0.1:8080/root/pypi/+simple/"),
        # Parsers disagree on the host: the URL is unusable rather than sent to a wrong host.
        ("https://user:sec/ret@other.example/simple/", "https://…/"),
    ],
)
def test_index_url_has_no_credentials_and_one_trailing_slash(address: str, base: str) -> None:
    assert base_url(address) == base
    assert base_url(base) == base
    assert route(dependency(), (primary(address),), NETWORK) == IndexUrls((base,))


def test_duplicate_indexes_are_queried_once() -> None:
    options = (
        extra(EXTRA),
        extra(EXTRA.rstrip("/")),
        extra("https://user:secret@extra.example/simple/"),
        primary(EXTRA),
    )
    assert route(dependency(), options, NETWORK) == IndexUrls((EXTRA,))


def test_status_index_is_kept_apart_from_the_indexes() -> None:
    network = NetworkSettings(index_url=HOME, status_index=STATUSES.rstrip("/"))
    assert route(dependency(), (extra(EXTRA),), network) == IndexUrls((EXTRA, HOME), STATUSES)


# --- private names ----------------------------------------------------------------------------------------------------

PRIVATE = NetworkSettings(index_url=HOME, status_index=STATUSES, private=("acme-*", "secret"))


@pytest.mark.parametrize(
    ("name", "private"),
    [
        ("acme-web", True),
        ("acme-", True),
        ("secret", True),
        ("acme", False),
        ("acmeweb", False),
        ("my-acme-web", False),
        ("secrets", False),
    ],
)
def test_private_name_has_no_status_index(name: str, *, private: bool) -> None:
    assert route(dependency(name), (), PRIVATE) == IndexUrls((HOME,), None if private else STATUSES)


def test_private_name_is_looked_up_on_configured_indexes_only() -> None:
    network = PRIVATE._replace(index_url=DEFAULT_INDEX)
    assert route(dependency("acme-web"), (extra(EXTRA),), network) == IndexUrls((EXTRA,))
    assert route(dependency("public"), (extra(EXTRA),), network) == IndexUrls((EXTRA, DEFAULT_INDEX), STATUSES)


def test_private_name_is_never_sent_to_any_spelling_of_the_default_index() -> None:
    private = Skipped(SkipReason.PRIVATE)
    for address in DEFAULT_SPELLINGS:
        assert route(dependency("acme-web"), (), PRIVATE._replace(index_url=address)) == private, address
        assert route(dependency("acme-web", index=address), (), PRIVATE) == private, address
        assert route(dependency("acme-web"), (primary(address),), PRIVATE) == private, address
        assert route(dependency("acme-web"), (extra(address),), PRIVATE) == IndexUrls((HOME,)), address


@pytest.mark.parametrize(
    "host",
    [
        f"not{DEFAULT_HOST}",
        f"{DEFAULT_HOST}.example",
        "127.0.0.1:8080",
        "[::1]",
        "[::1]:443",
        f"home.example/{DEFAULT_HOST}",
    ],
)
def test_similar_hosts_are_not_the_default_index(host: str) -> None:
    index = f"https://{host}/simple/"
    assert route(dependency("acme-web", index=index), (), PRIVATE) == IndexUrls((base_url(index),))


def test_private_name_is_not_sent_to_an_index_that_is_configured_as_public() -> None:
    network = PRIVATE._replace(index_settings=(IndexSettings(HOME, public=True), IndexSettings(OTHER)))
    assert route(dependency("acme-web"), (), network) == Skipped(SkipReason.PRIVATE)
    assert route(dependency("acme-web", index=HOME.rstrip("/")), (), network) == Skipped(SkipReason.PRIVATE)
    assert route(dependency("acme-web"), (extra(OTHER),), network) == IndexUrls((OTHER,))
    assert route(dependency("lib"), (extra(OTHER),), network) == IndexUrls((OTHER, HOME), STATUSES)


@pytest.mark.parametrize("index", ["HTTPS://Mirror.Example/simple", "https://mirror.example:443/simple/"])
def test_public_index_is_recognized_in_every_spelling(index: str) -> None:
    for configured in ("https://mirror.example/simple/", index):
        config = read_config({"indexes": {configured: {"public": True}}})
        network = PRIVATE._replace(index_settings=config.index_settings)
        for pinned in ("https://mirror.example/simple", index):
            assert route(dependency("acme-web", index=pinned), (), network) == Skipped(SkipReason.PRIVATE)


def test_no_index_takes_precedence_over_private() -> None:
    assert_no_index(route(dependency("acme-web"), (option("no-index"),), PRIVATE))


ADDRESSES = st.sampled_from(
    [
        *DEFAULT_SPELLINGS,
        HOME,
        EXTRA,
        OTHER,
        "https://u:p@other.example/simple",
        "",
        "./simple",
        "file:///x",
        "https://${X}/",
    ]
) | st.tuples(
    st.sampled_from(["http://", "https://", "HTTPS://"]),
    st.text(st.sampled_from("ab@:/\\?#.1[]"), max_size=8),
    st.sampled_from([DEFAULT_HOST, DEFAULT_HOST.upper(), "home.example"]),
    st.text(st.sampled_from("ab@:/\\?#.1[]"), max_size=8),
).map("".join)
OPTIONS = st.lists(
    st.builds(option, st.sampled_from(["index-url", "extra-index-url", "no-index", "find-links"]), ADDRESSES),
    max_size=4,
).map(tuple)
NAMES = st.sampled_from(["acme-web", "acme-", "secret", "public", "old-lib"])


@given(NAMES, st.none() | ADDRESSES, OPTIONS, ADDRESSES)
def test_private_names_reach_neither_default_nor_status_index(
    name: str, pinned: str | None, options: tuple[IndexOption, ...], default: str
) -> None:
    routed = route(dependency(name, index=pinned), options, PRIVATE._replace(index_url=default))
    if not isinstance(routed, IndexUrls):
        return
    assert routed.urls
    assert len(set(routed.urls)) == len(routed.urls)
    private = any(fnmatchcase(name, pattern) for pattern in PRIVATE.private)
    assert routed.status_index == (None if private else STATUSES)
    for index in routed.urls:
        assert index.endswith("/")
        assert base_url(index) == index
        # The client refuses URLs without an endpoint.
        endpoint = endpoint_of(page_url(index, name))
        if private and endpoint is not None:
            assert not f".{endpoint.host}".rstrip(".").endswith(f".{DEFAULT_HOST}")


# --- source of each index ---------------------------------------------------------------------------------------------


def test_each_index_has_the_setting_that_names_it() -> None:
    options = (
        extra(EXTRA)._replace(declared_at="requirements.txt:1"),
        primary(OTHER)._replace(declared_at="base.txt:7"),
    )
    settings = InstallerSettings(uv=UvSettings(indexes=(UserIndex("https://u:p@mine.example/simple", "UV_INDEX"),)))
    declared = DeclaredIndexes("requirements", options=options)
    routed = Router(declared, with_installers(NETWORK, settings)).route(dependency())

    assert isinstance(routed, IndexRoute)
    assert routed.indexes == (
        Candidate("https://mine.example/simple/", "UV_INDEX", is_user_setting=True),
        Candidate(EXTRA, "`--extra-index-url` in requirements.txt:1"),
        Candidate(OTHER, "`--index-url` in base.txt:7"),
    )


def test_index_of_a_file_that_the_user_also_names_is_a_user_setting() -> None:
    settings = InstallerSettings(PipSettings(UserIndex(OTHER, "PIP_INDEX_URL")))
    routed = Router(
        DeclaredIndexes("requirements", options=(primary(OTHER),)), with_installers(NetworkSettings(), settings)
    ).route(dependency())

    assert isinstance(routed, IndexRoute)
    assert routed.indexes == (Candidate(OTHER, "`--index-url`", is_user_setting=True),)


# --- consent ----------------------------------------------------------------------------------------------------------

LOCAL = "http://127.0.0.1:8080/simple/"
CONSENT_REQUIRED = NetworkSettings(index_url=HOME, allow_local_indexes=False)


@pytest.mark.parametrize("options", [(primary(LOCAL),), (extra(LOCAL),), (extra("https://10.0.0.1/"), primary(OTHER))])
def test_local_index_of_the_repository_needs_consent(options: tuple[IndexOption, ...]) -> None:
    skipped = route(dependency(), options, CONSENT_REQUIRED)
    assert isinstance(skipped, Skipped)
    assert skipped.reason is SkipReason.CONSENT
    assert skipped.detail.endswith(") is local or uses plain HTTP, and only the repository names it")
    assert isinstance(route(dependency(), options, CONSENT_REQUIRED._replace(allow_local_indexes=True)), IndexUrls)
    pinned = f"{LOCAL} (pinned by the entry) is local or uses plain HTTP, and only the repository names it"
    assert route(dependency(index=LOCAL), (), CONSENT_REQUIRED) == Skipped(SkipReason.CONSENT, pinned)


def test_local_index_of_the_user_needs_no_consent() -> None:
    default = NetworkSettings(
        index_url=LOCAL, index_set_by="--index-url", is_user_index=True, allow_local_indexes=False
    )
    trusted = CONSENT_REQUIRED._replace(trusted_hosts=("127.0.0.1",))
    named = CONSENT_REQUIRED._replace(user_indexes=("http://127.0.0.1:8080/other/",))

    assert route(dependency(), (), default) == IndexUrls((LOCAL,))
    assert route(dependency(), (primary(LOCAL),), trusted) == IndexUrls((LOCAL,))
    assert route(dependency(), (primary(LOCAL),), named) == IndexUrls((LOCAL,))


def test_local_index_of_the_project_configuration_needs_consent() -> None:
    project = NetworkSettings(index_url=LOCAL, index_set_by="`index-url` in mothball.toml:1", allow_local_indexes=False)

    where = f"{LOCAL} (`index-url` in mothball.toml:1)"
    reason = f"{where} is local or uses plain HTTP, and only the repository names it"
    assert route(dependency(), (), project) == Skipped(SkipReason.CONSENT, reason)
    assert route(dependency(), (), CONSENT_REQUIRED._replace(status_index=LOCAL)) == IndexUrls((HOME,))
    assert route(dependency(), (), CONSENT_REQUIRED._replace(status_index=STATUSES)) == IndexUrls((HOME,), STATUSES)
    of_user = CONSENT_REQUIRED._replace(status_index=LOCAL, user_indexes=(LOCAL,))
    assert route(dependency(), (), of_user) == IndexUrls((HOME,), LOCAL)


# --- variables, limits, credentials -----------------------------------------------------------------------------------


def test_variable_is_expanded_if_the_user_names_the_host() -> None:
    settings = InstallerSettings(PipSettings(UserIndex(OTHER, "PIP_INDEX_URL")), variables={"TOKEN": "secret"})
    options = (primary("https://u:${TOKEN}@other.example/team/"),)

    routed = Router(
        DeclaredIndexes("requirements", options=options), with_installers(NetworkSettings(), settings)
    ).route(dependency())

    assert isinstance(routed, IndexRoute)
    assert routed.urls == ("https://other.example/team/",)
    # Installers do not expand variables in the user configuration.
    own = InstallerSettings(PipSettings(UserIndex("https://${TOKEN}@other.example/", "pip.conf")))
    assert Router(DeclaredIndexes("requirements"), with_installers(NetworkSettings(), own)).route(
        dependency()
    ) == Skipped(SkipReason.INDEX_VARIABLE)


def test_dependency_with_too_many_indexes_is_skipped() -> None:
    many = tuple(extra(f"https://{number}.example/") for number in range(MAX_INDEXES))

    assert route(dependency(), many, NETWORK) == Skipped(SkipReason.TOO_MANY_INDEXES)
    assert route(dependency(), (*many[1:], *many[1:]), NETWORK) == IndexUrls(
        (*(option.value for option in many[1:]), HOME)
    )


def test_file_with_too_many_declared_indexes_is_skipped() -> None:
    many = tuple(extra(EXTRA) for _ in range(MAX_DECLARED))

    assert route(dependency(), many, NETWORK) == IndexUrls((EXTRA, HOME))
    assert route(dependency(), (*many, extra(EXTRA)), NETWORK) == Skipped(SkipReason.TOO_MANY_INDEXES)
    assert route(dependency(index=OTHER), (*many, extra(EXTRA)), NETWORK) == Skipped(SkipReason.TOO_MANY_INDEXES)
    assert route(dependency(skip_reason=SkipReason.URL), (*many, extra(EXTRA)), NETWORK) == Skipped(SkipReason.URL)


def test_credentials_in_a_repository_are_located() -> None:
    declared = DeclaredIndexes(
        options=(primary("https://user:pw@other.example/")._replace(declared_at="requirements.txt:1"), extra(EXTRA)),
        indexes=(
            ToolIndex(Span(0, 1), "uv", "https://user:pw@a.example/", "acme", declared_at="pyproject.toml:3"),
            ToolIndex(Span(0, 1), "uv", "https://a.example/"),
        ),
    )
    pinned = [dependency(index="https://t@lock.example/simple"), dependency(index="https://user:pw@a.example/")]

    assert credential_locations(declared, pinned) == [
        "`--index-url` in requirements.txt:1",
        "acme in pyproject.toml:3",
        "the index https://lock.example/simple/",
    ]


@pytest.mark.parametrize("address", ["https://u:pw@a.example/", "https://a.example/?key=pw#pw", "u:pw@a.example"])
def test_place_of_an_index_without_a_name_has_no_credentials(address: str) -> None:
    declared = DeclaredIndexes("pixi", indexes=(ToolIndex(Span(0, 1), "pixi", address, declared_at="pixi.toml:2"),))
    explanation = Router(declared, NETWORK).explain(dependency(index=address))
    assert "in pixi.toml:2" in f"{explanation}"
    set_by = [index.set_by for index in getattr(explanation.route, "indexes", ())]
    set_by += [entry.candidate.set_by for entry in explanation.rejected]
    assert "pw" not in f"{set_by}{explanation.no_index_reason}"
