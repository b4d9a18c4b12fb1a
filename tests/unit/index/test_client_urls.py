"""Rules for URLs of requests and redirects."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mothball.index.urls import (
    Endpoint,
    endpoint_of,
    index_of_page,
    is_allowed_redirect,
    is_loopback,
    is_query_allowed,
    page_url,
    redirect_target,
)

HTTPS = Endpoint("https", "index.example", 443)

HOSTS = st.sampled_from(["index.example", "127.0.0.1", "[::1]", "evil.example", "localhost", "a..b", "", "xn--e1a"])
URL_NOISE = st.text(st.sampled_from(list("abAB01.:/@?#[]\\%-_ \t\n\x00é")), max_size=12)


@pytest.mark.parametrize(
    ("url", "endpoint"),
    [
        ("https://index.example/simple/", HTTPS),
        ("HTTPS://Index.Example:443", HTTPS),
        ("https://user:secret@index.example/", HTTPS),
        ("http://index.example:8080/a/b?c#d", Endpoint("http", "index.example", 8080)),
        ("http://[::1]/", Endpoint("http", "::1", 80)),
        ("https://index.example./", Endpoint("https", "index.example.", 443)),
        ("https://index_1.example:0/", Endpoint("https", "index_1.example", 0)),
    ],
)
def test_endpoint_of_valid_urls(url: str, endpoint: Endpoint) -> None:
    assert endpoint_of(url) == endpoint


@pytest.mark.parametrize(
    "url",
    ["", "index.example", "//index.example/", "ftp://index.example/", "https://", "https://:443/", "https://a..b/",
     "https://.a/", "https://[::1", "https://h:x/", "https://h:70000/", "https://a\\b/", "https://a b/", "https://a\tb/",
     "https://héllo.example/", "https://[fe80::1%eth0]/", f"https://{'a' * 64}.example/"],
)  # fmt: skip
def test_ambiguous_urls_have_no_endpoint(url: str) -> None:
    assert endpoint_of(url) is None


@pytest.mark.parametrize(
    ("endpoint", "shown"),
    [
        (HTTPS, "index.example"),
        (HTTPS._replace(port=8443), "index.example:8443"),
        (Endpoint("http", "::1", 80), "[::1]"),
        (Endpoint("http", "::1", 81), "[::1]:81"),
    ],
)
def test_display_has_only_non_default_ports(endpoint: Endpoint, shown: str) -> None:
    assert endpoint.display() == shown


def test_page_url_is_below_the_index() -> None:
    assert page_url("https://u:p@index.example/simple?q#f", "old-lib") == "https://index.example/simple/old-lib/"
    assert page_url("https://index.example", "a/../b?c") == "https://index.example/a%2F..%2Fb%3Fc/"
    assert page_url("https://index.example\\@evil.example/", "a") == ""


@pytest.mark.parametrize("host", ["127.0.0.1", "127.255.0.9", "::1", "localhost"])
def test_loopback(host: str) -> None:
    assert is_loopback(Endpoint("http", host, 80))


@pytest.mark.parametrize(
    "host",
    ["127.1", "2130706433", "0x7f.1", "0.0.0.0", "10.0.0.1", "::", "::ffff:a00:1", "localhost.", "localhost.evil"],
)
def test_similar_hosts_are_not_loopback(host: str) -> None:
    assert not is_query_allowed(Endpoint("http", host, 80), ())


@pytest.mark.parametrize(
    ("target", "followed"),
    [
        (Endpoint("http", "h", 80), True),
        (Endpoint("https", "h", 443), True),
        (Endpoint("https", "h", 8443), True),
        (Endpoint("http", "h", 81), False),
        (Endpoint("http", "i", 80), False),
        (Endpoint("https", "i", 443), False),
    ],
)
def test_allowed_redirects_from_http(target: Endpoint, *, followed: bool) -> None:
    assert is_allowed_redirect(Endpoint("http", "h", 80), target) is followed


@pytest.mark.parametrize(
    ("url", "index"),
    [
        ("https://index.example/simple/old-lib/", "https://index.example/simple/"),
        ("https://INDEX.example:443/simple/old-lib", "https://index.example/simple/"),
        ("https://index.example/simple/Old_Lib/", "https://index.example/simple/"),
        ("https://index.example/simple/old%2Dlib/", "https://index.example/simple/"),
        ("https://index.example:8443/old-lib/", "https://index.example:8443/"),
        ("http://[::1]:3141/a/b/old-lib/", "http://[::1]:3141/a/b/"),
        ("https://index.example/simple/other/", ""),
        ("https://index.example/simple/old-lib/../other/", ""),
        ("https://index.example/simple/old-lib/?next=other", ""),
        ("https://index.example/login?next=/simple/old-lib/", ""),
        ("https://index.example/", ""),
        ("ftp://index.example/simple/old-lib/", ""),
        ("https://index.example\\@stranger.example/simple/old-lib/", ""),
        ("", ""),
    ],
)
def test_index_of_a_page(url: str, index: str) -> None:
    assert index_of_page(url, "old-lib") == index


def test_redirects_from_https_must_keep_the_endpoint() -> None:
    assert is_allowed_redirect(HTTPS, HTTPS)
    assert not is_allowed_redirect(HTTPS, HTTPS._replace(port=444))
    assert not is_allowed_redirect(HTTPS, HTTPS._replace(scheme="http"))


@given(
    st.one_of(
        URL_NOISE, st.builds("{}://{}{}{}".format, st.sampled_from(["http", "https"]), URL_NOISE, HOSTS, URL_NOISE)
    )
)
def test_endpoint_agrees_with_other_url_parsers(url: str) -> None:
    from urllib3.util import parse_url

    endpoint = endpoint_of(url)
    if endpoint is None:
        return
    theirs = parse_url(url)
    assert (theirs.scheme, (theirs.host or "").strip("[]")) == (endpoint.scheme, endpoint.host)
    assert theirs.port in (endpoint.port, None)


@given(
    URL_NOISE,
    st.one_of(URL_NOISE, st.builds("{}//{}{}".format, st.sampled_from(["", "http:", "https:"]), HOSTS, URL_NOISE)),
)
def test_page_urls_and_redirects_have_no_user_information(base: str, location: str) -> None:
    for url in (page_url(f"https://{base}", "x"), redirect_target(f"https://index.example/{base}", location)):
        if endpoint_of(url) is not None:
            assert "@" not in urlsplit(url).netloc
            assert "#" not in url
