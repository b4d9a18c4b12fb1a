"""Credentials from every source of the user, with a pypiron that requires a password."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.installed import Mothball
from tests.support.keyrings import TestKeyring
from tests.support.real_indexes import Pypiron, running_pypiron
from tests.support.scripted_index import ScriptedIndex, json_page

READER = ("reader", "r34d3r/s-p4ssw0rd")
QUOTED = "reader:r34d3r%2Fs-p4ssw0rd"
REFUSED = ("unavailable", "unauthorized")
ARCHIVED = ("stated", "archived")


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pypiron]:
    """Run a pypiron that requires the credentials of ``READER``, with one archived project."""
    with running_pypiron(str(tmp_path_factory.mktemp("closed")), reader=READER) as pypiron:
        pypiron.publish("old-lib")
        pypiron.set_status("old-lib", "archived")
        yield pypiron


def with_login(url: str, login: str = QUOTED) -> str:
    """Return ``url`` with credentials."""
    return url.replace("://", f"://{login}@")


def test_index_that_requires_credentials_is_unverified_with_help(index: Pypiron, mothball: Mothball) -> None:
    mothball.require(index.url, "old-lib")
    run = mothball.check("--strict")
    assert run.said("old-lib") == REFUSED
    assert run.code == 3
    assert "401 Unauthorized (credentials are required)" in run.report["findings"][0]["message"]
    assert "netrc" in run.report["findings"][0]["help"]


def test_credentials_in_user_index_url_are_used(index: Pypiron, mothball: Mothball) -> None:
    mothball.configure(f'index-url = "{with_login(index.url)}"')
    mothball.write("requirements.txt", "old-lib")
    run = mothball.check()
    assert run.said("old-lib") == ARCHIVED
    assert run.lookup("old-lib")["index"] == index.url


def test_credentials_in_user_indexes_apply_to_repository_indexes(index: Pypiron, mothball: Mothball) -> None:
    mothball.configure(f'indexes = {{ closed = "{with_login(index.url)}" }}')
    mothball.require(index.url, "old-lib")
    assert mothball.check().said("old-lib") == ARCHIVED


def test_credential_variables_apply_to_user_indexes_only(index: Pypiron, mothball: Mothball) -> None:
    mothball.configure("[indexes]", f'"closed-shop" = "{index.url}"')
    mothball.require(index.url, "old-lib")
    login = {"UV_INDEX_CLOSED_SHOP_USERNAME": READER[0], "UV_INDEX_CLOSED_SHOP_PASSWORD": READER[1]}
    assert mothball.check(environment=login).said("old-lib") == ARCHIVED
    # An index that only the repository configures does not get the credentials.
    mothball.configure()
    assert mothball.check("--refresh", "--no-cache", environment=login).said("old-lib") == REFUSED


@pytest.mark.parametrize("source", ["--index-url", "MOTHBALL_INDEX_URL"])
def test_credentials_from_option_or_variable_are_used(source: str, index: Pypiron, mothball: Mothball) -> None:
    mothball.write("requirements.txt", "old-lib")
    if source == "--index-url":
        run = mothball.check(source, with_login(index.url))
    else:
        run = mothball.check(environment={source: with_login(index.url)})
    assert run.said("old-lib") == ARCHIVED
    assert READER[1] not in run.out


def test_netrc_applies_to_user_indexes_and_not_to_another_port(index: Pypiron, mothball: Mothball) -> None:
    mothball.at_home(".netrc", f"machine 127.0.0.1 login {READER[0]} password {READER[1]}\n")
    mothball.require(index.url, "old-lib")
    assert mothball.check().said("old-lib") == REFUSED
    mothball.configure(f'indexes = {{ closed = "{index.url}" }}')
    assert mothball.check().said("old-lib") == ARCHIVED
    with ScriptedIndex({"old-lib": json_page("old-lib", "active")}) as other:
        mothball.require(other.url, "old-lib")
        assert mothball.check().said("old-lib") == ("stated", "active")
        assert "authorization" not in other.received[0].headers


def test_keyring_applies_to_user_indexes_only(index: Pypiron, mothball: Mothball, tmp_path: Path) -> None:
    keyring = TestKeyring(tmp_path / "keyring", {index.url: {READER[0]: READER[1]}})
    environment = keyring.environment
    mothball.require(index.url, "old-lib")
    assert mothball.check(environment=environment).said("old-lib") == REFUSED
    assert keyring.asked() == []
    mothball.configure(f'indexes = {{ closed = "{index.url}" }}')
    assert mothball.check(environment=environment).said("old-lib") == ARCHIVED
    assert keyring.asked() == [(index.url, None)]
    mothball.configure(f'indexes = {{ closed = "{index.url}" }}', 'keyring-provider = "disabled"')
    assert mothball.check("--no-cache", environment=environment).said("old-lib") == REFUSED


def test_wrong_password_is_reported(index: Pypiron, mothball: Mothball) -> None:
    mothball.configure(f'index-url = "{with_login(index.url, "reader:inc0rrect")}"')
    mothball.write("requirements.txt", "old-lib")
    run = mothball.check()
    assert run.said("old-lib") == REFUSED
    assert "401 Unauthorized (your credentials were rejected)" in run.report["findings"][0]["message"]
    assert "inc0rrect" not in run.out


def test_credentials_in_repository_files_are_not_used(index: Pypiron, mothball: Mothball) -> None:
    mothball.require(with_login(index.url), "old-lib")
    run = mothball.check()
    assert run.said("old-lib") == REFUSED
    assert READER[1] not in run.out
