"""Addresses: whom they lead to, what is local, and which variables are expanded."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mothball.routing.addresses import UserAddresses, base_url, endpoint, has_credentials, is_local


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
def test_what_a_repository_could_only_know_of_this_network_is_local(base: str) -> None:
    assert is_local(base)


@pytest.mark.parametrize(
    "base",
    ["https://index.example/simple/", "https://8.8.8.8/", "https://[2606:4700::1111]/", "https://local.example/"],
)
def test_what_the_whole_world_can_reach_is_not_local(base: str) -> None:
    assert not is_local(base)


@pytest.mark.parametrize(
    ("base", "place"),
    [
        ("https://Index.Example./simple/", "https://index.example:443"),
        ("http://index.example/", "http://index.example:80"),
        ("https://index.example:8443/", "https://index.example:8443"),
        ("https://[::1]:1/", "https://[::1]:1"),
        ("file:///x/", ""),
        ("https://", ""),
    ],
)
def test_an_endpoint_has_one_spelling(base: str, place: str) -> None:
    assert endpoint(base) == place


@pytest.mark.parametrize(
    ("address", "has"),
    [
        ("https://index.example/simple/", False),
        ("https://user@index.example/simple/", True),
        ("https://user:pw@index.example/simple/", True),
        ("https://index.example/simple/?token=x", True),
        ("https://index.example/simple/#x", True),
    ],
)
def test_credentials_in_an_address_are_noticed(address: str, has: bool) -> None:  # noqa: FBT001 - a table's column
    assert has_credentials(address) is has


VARIABLES = {
    "HOST": "index.example",
    "EVIL": "evil.example",
    "TOKEN": "secret",
    "URL": "https://index.example/team/",
    "PORT": "8443",
}
PLACES = UserAddresses(["https://user:pw@index.example/team/"], ["trusted.example", "plain.example:8080"])


@pytest.mark.parametrize(
    ("address", "expanded"),
    [
        # The user information is never sent, the host is what the user names.
        ("https://${TOKEN}@index.example/simple/", "https://secret@index.example/simple/"),
        ("https://u:$TOKEN@index.example/simple/", "https://u:secret@index.example/simple/"),
        ("https://${HOST}/simple/", "https://index.example/simple/"),
        ("https://${UNSET}@index.example/simple/", "https://${UNSET}@index.example/simple/"),
        # The whole is what the user names.
        ("${URL}", "https://index.example/team/"),
        ("https://${HOST}/${TEAM}/", None),
        # Trusted hosts are named too.
        ("http://${TOKEN}@trusted.example:99/", "http://secret@trusted.example:99/"),
        ("http://${TOKEN}@plain.example:8080/", "http://secret@plain.example:8080/"),
        ("http://${TOKEN}@plain.example:8081/", None),
        # Others are not.
        ("https://${TOKEN}@evil.example/simple/", None),
        ("https://${EVIL}/simple/", None),
        ("https://index.example:${PORT}/simple/", None),
        ("http://${HOST}/simple/", None),
        ("https://index.example/${TOKEN}/", None),
        ("https://index.example.${TOKEN}/", None),
        ("https://${UNSET}/simple/", None),
        ("${EVIL}", None),
        ("$", None),
    ],
)
def test_variables_lead_only_to_hosts_that_the_user_names(address: str, expanded: str | None) -> None:
    assert PLACES.expand(address, VARIABLES) == expanded


PARTS = st.lists(
    st.sampled_from(
        [
            "https://",
            "${TOKEN}",
            "$TOKEN",
            "${EVIL}",
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
def test_no_secret_of_the_environment_reaches_a_request_and_no_other_host_is_chosen(parts: list[str]) -> None:
    address = "".join(parts)
    expanded = PLACES.expand(address, VARIABLES)
    if expanded is None:
        return
    base = base_url(expanded)
    assert "secret" not in base or "secret" in base_url(address)
    assert endpoint(base) == "https://index.example:443"
