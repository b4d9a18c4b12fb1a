"""Index URLs: normalization, local hosts, credentials and expansion of variables."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from mothball.model.sanitize import base_url
from mothball.routing.candidates import UserAddresses, endpoint, has_secret, is_local


@pytest.mark.parametrize(
    "base",
    [
        "http://index.example/simple/",
        "HTTP://index.example/simple/",
        "https://localhost/simple/",
        "https://LOCALHOST.:8080/",
        "https://127.0.0.1/",
        "https://127.1/",
        "https://0x7f.0x1/",
        "https://2130706433/",
        "https://0.0.0.0/",
        "https://10.1.2.3/",
        "https://172.16.0.1:8443/",
        "https://192.168.1.1/",
        "https://169.254.169.254/",
        "https://100.64.0.1/",
        "https://[::1]/",
        "https://[::1]:8080/",
        "https://[::ffff:127.0.0.1]/",
        "https://[fe80::1%25eth0]/",
        "https://[fd00::1]/",
        "https://index/",
        "https://index.local/",
        "https://index.internal/",
        "https://index.lan/",
        "https://nas.home.arpa/",
    ],
)
def test_loopback_private_and_plain_http_urls_are_local(base: str) -> None:
    assert is_local(base)


@pytest.mark.parametrize(
    "base",
    ["https://index.example/simple/", "https://8.8.8.8/", "https://[2606:4700::1111]/", "https://local.example/"],
)
def test_public_https_urls_are_not_local(base: str) -> None:
    assert not is_local(base)


@pytest.mark.parametrize(
    ("base", "expected"),
    [
        ("https://Index.Example./simple/", "https://index.example:443"),
        ("http://index.example/", "http://index.example:80"),
        ("https://index.example:8443/", "https://index.example:8443"),
        ("https://[::1]:1/", "https://[::1]:1"),
        ("file:///x/", ""),
        ("https://", ""),
    ],
)
def test_endpoint_is_normalized(base: str, expected: str) -> None:
    assert endpoint(base) == expected


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("https://index.example/simple/", False),
        ("https://index.example:8443/simple", False),
        ("https://user:pw@index.example/simple/", True),
        ("https://s3cr3t@index.example/simple/", True),
        ("https://:pw@index.example/simple/", True),
        ("https://user:pw/with@slash@index.example/simple/", True),
        ("https://user:${PREFIX}pw@index.example/simple/", True),
        ("https://index.example/simple/?token=x", True),
        ("https://user:${TOKEN}@index.example/simple/?token=x", True),
        ("https://index.example/simple/#x", True),
        ("https://${USER}:${TOKEN}@index.example/simple/", False),
        ("https://user:${TOKEN}@index.example/simple/", False),
        ("https://user:$TOKEN@index.example/simple/", False),
        ("https://${TOKEN}@index.example/simple/", False),
        ("https://user:@index.example/simple/", False),
        ("https://oauth2accesstoken@index.example/simple/", False),
        ("https://VssSessionToken@index.example/simple/", False),
        ("https://__token__:${TOKEN}@index.example/simple/", False),
        ("https://__token__:pw@index.example/simple/", True),
    ],
)
def test_secret_in_url_is_detected(address: str, expected: bool) -> None:  # noqa: FBT001 - a parameter
    assert has_secret(address) is expected


VARIABLES = {
    "HOST": "index.example",
    "EVIL": "evil.example",
    "TOKEN": "secret",
    "URL": "https://index.example/team/",
    "PORT": "8443",
    "PATH": "/secret",
    "HOST_AND_PATH": "index.example/secret",
}
USER_ADDRESSES = UserAddresses(["https://user:pw@index.example/team/"], ["trusted.example", "plain.example:8080"])


@pytest.mark.parametrize(
    ("address", "expanded"),
    [
        # Variables in the user information, which is never sent, and in the host of a user index.
        ("https://${TOKEN}@index.example/simple/", "https://secret@index.example/simple/"),
        ("https://u:$TOKEN@index.example/simple/", "https://u:secret@index.example/simple/"),
        ("https://${HOST}/simple/", "https://index.example/simple/"),
        ("https://${UNSET}@index.example/simple/", "https://${UNSET}@index.example/simple/"),
        # Variables elsewhere: the user must name the whole URL.
        ("${URL}", "https://index.example/team/"),
        ("https://${HOST}/${TEAM}/", None),
        # Trusted hosts count as named by the user.
        ("http://${TOKEN}@trusted.example:99/", "http://secret@trusted.example:99/"),
        ("http://${TOKEN}@plain.example:8080/", "http://secret@plain.example:8080/"),
        ("http://${TOKEN}@plain.example:8081/", None),
        # Other hosts are not expanded.
        ("https://${TOKEN}@evil.example/simple/", None),
        ("https://${EVIL}/simple/", None),
        ("https://index.example:${PORT}/simple/", None),
        ("http://${HOST}/simple/", None),
        ("https://index.example/${TOKEN}/", None),
        ("https://index.example.${TOKEN}/", None),
        ("https://${UNSET}/simple/", None),
        # The value of a variable may contain a path.
        ("https://index.example${PATH}/simple/", None),
        ("https://${HOST_AND_PATH}", None),
        ("https://${HOST_AND_PATH}/simple/", None),
        ("${EVIL}", None),
        ("$", None),
    ],
)
def test_variables_expand_only_to_hosts_of_the_user_configuration(address: str, expanded: str | None) -> None:
    assert USER_ADDRESSES.expand(address, VARIABLES) == expanded


PARTS = st.lists(
    st.sampled_from(
        [
            "https://",
            "${TOKEN}",
            "$TOKEN",
            "${EVIL}",
            "${PATH}",
            "${HOST_AND_PATH}",
            "index.example",
            "evil.example",
            "@",
            ":",
            "/",
            "?",
            "#",
            "\\",
            "[",
            "]",
            "a",
            ".",
        ]
    ),
    max_size=9,
)


@given(PARTS)
@example(["https://", "index.example", ":", "${TOKEN}"])
def test_expansion_never_leaks_environment_or_selects_another_host(parts: list[str]) -> None:
    address = "".join(parts)
    expanded = USER_ADDRESSES.expand(address, VARIABLES)
    if expanded is None:
        return
    base = base_url(expanded)
    assert "secret" not in base or "secret" in base_url(address)
    assert endpoint(base) == "https://index.example:443"


@pytest.mark.parametrize("host", ["[::1]", "::1", "[::1]:8080"])
def test_trusted_ipv6_address_may_have_brackets(host: str) -> None:
    assert UserAddresses([], [host]).contains("http://[::1]:8080/simple/")
    assert not UserAddresses([], [host]).contains("http://[::2]:8080/simple/")
