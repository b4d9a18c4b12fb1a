"""Settings for authentication; secrets are never repeated in messages."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import pytest

from mothball.config.keys import read_config, read_user_config
from mothball.config.user_settings import CredentialSettings, UserIndexUrl
from mothball.config.values import (
    read_keyring_provider,
    read_timeout,
    read_user_index_url,
    read_user_index_urls,
    read_user_path,
)
from mothball.model.errors import ConfigError


def refusal(read: Callable[[object, tuple[str, ...]], object], value: object) -> ConfigError:
    with pytest.raises(ConfigError) as caught:
        read(value, ("key",))
    return caught.value


@pytest.mark.parametrize(
    "url",
    [
        "https://index.example/simple/",
        "https://user:secret@index.example/simple/",
        "https://user@index.example:8443/simple",
        "https://user:p$ss%2Fw%C3%B6rd@index.example/",
        "https://us@er:secret@index.example/",
        "http://user:@[::1]:8080/simple/",
    ],
)
def test_user_index_url_is_kept_as_written(url: str) -> None:
    assert read_user_index_url(url, ("key",)) == url


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("https://user:sec/ret@index.example/", "the password in `"),
        ("https://user:sec?ret@index.example/", "the password in `"),
        ("https://user:sec#ret@index.example/", "the password in `"),
        ("https://${USER}:${SECRET}@index.example/", "contains a variable"),
        ("https://user:secret@$HOST/", "contains a variable"),
        ("https://user:secret@index.example/?token=secret", "credentials, a query or a fragment"),
        ("https://user:secret@index.example/#secret", "credentials, a query or a fragment"),
        ("https://user:secret@", "must be an index URL"),
        ("ftp://user:secret@index.example/", "must be an index URL"),
        (7, "must be an index URL"),
    ],
)
def test_invalid_user_index_url_is_rejected_without_repeating_secrets(url: object, message: str) -> None:
    error = refusal(read_user_index_url, url)
    assert message in str(error)
    assert "secret" not in f"{error} {error.help}".lower().replace("${secret}", "")
    assert "sec/ret" not in f"{error} {error.help}"


def test_error_explains_how_to_encode_the_password() -> None:
    assert "%2F" in refusal(read_user_index_url, "https://user:sec/ret@index.example/").help


def test_user_index_urls_are_keyed_by_index_name() -> None:
    table = {"internal": "https://user:secret@index.example/", "Other.one": "https://other.example/"}
    assert read_user_index_urls(table, ("indexes",)) == (
        UserIndexUrl("https://user:secret@index.example/", "internal"),
        UserIndexUrl("https://other.example/", "Other.one"),
    )


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (["https://index.example/"], "must be a table"),
        ({"in ternal": "https://index.example/"}, "an index name"),
        ({"": "https://index.example/"}, "an index name"),
        ({"internal": 7}, "must be an index URL"),
    ],
)
def test_invalid_table_of_user_index_urls_is_rejected(value: object, message: str) -> None:
    assert message in str(refusal(read_user_index_urls, value))


def test_repr_hides_credentials() -> None:
    address = UserIndexUrl("https://user:secret@index.example/simple/", "internal")
    for shown in (repr(address), str(address), f"{address!r}", repr(CredentialSettings((address,))), repr([address])):
        assert "secret" not in shown
        assert "index.example" in shown


@pytest.mark.parametrize("value", ["never", 1, None, ["auto"]])
def test_keyring_provider_is_one_of_four(value: object) -> None:
    assert '"auto", "import", "subprocess", "disabled"' in str(refusal(read_keyring_provider, value))


def test_user_path_is_absolute(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", os.path.abspath("/home/user"))
    assert read_user_path("~/client.pem", ("key",)) == os.path.abspath("/home/user/client.pem")
    assert "an absolute path" in str(refusal(read_user_path, "client.pem"))


@pytest.mark.parametrize("value", ["0s", "11m", "20", 20])
def test_timeout_is_between_one_second_and_ten_minutes(value: object) -> None:
    assert read_timeout("1s", ("key",)) == 1.0
    assert read_timeout("10m", ("key",)) == 600.0
    assert '`key` must be a duration from "1s" to "10m", not ' in str(refusal(read_timeout, value))


@pytest.mark.parametrize(
    "table",
    [
        {"indexes": {"internal": "https://index.example/"}},
        {"keyring-provider": "auto"},
        {"client-cert": "/client.pem"},
        {"timeout": "5s"},
        {"trusted-hosts": ["index.example"]},
    ],
)
def test_project_configuration_cannot_set_credentials(table: dict[str, Any]) -> None:
    with pytest.raises(ConfigError, match="is only allowed in the user configuration"):
        read_config(table)


def test_credentials_of_the_user_index_are_stored_separately() -> None:
    user = read_user_config({"index-url": "https://user:secret@index.example/simple/"})
    assert user.index_url == "https://index.example/simple/"
    assert user.credentials.index_urls == (
        UserIndexUrl("https://user:secret@index.example/simple/", set_by="`index-url` in the user configuration"),
    )
    assert "secret" not in repr(user)
