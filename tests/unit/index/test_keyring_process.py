"""The keyring program: how it is run and how its output is read."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from mothball.config.user_settings import CredentialSettings, KeyringProvider, UserIndexUrl
from mothball.index import credentials
from mothball.index.client import Client, ClientSettings
from mothball.index.credentials import CredentialStore, Keyring, Login
from mothball.index.project_page import Failed, Fetched, Outcome, PageRequest, ProjectPage
from mothball.index.urls import page_url
from mothball.model.results import Cause
from tests.support.keyrings import TestKeyring
from tests.support.loopback import forget_network_settings
from tests.support.scripted_index import ScriptedIndex, json_page
from tests.support.waiting import wait_until

INDEX = "https://index.example/simple/"
SERVICES = (INDEX, INDEX.rstrip("/"), "index.example")
SECRET = "s3cr3t-0f-th3-k3yring"
USER = Login("user", "", is_name=True)


pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the keyring program of the tests is a shell script")


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    forget_network_settings(monkeypatch)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("NETRC", os.devnull)


def keyring_for(keyring: TestKeyring, provider: KeyringProvider = KeyringProvider.AUTO) -> Keyring:
    return Keyring(provider, {**os.environ, **keyring.environment})


@pytest.mark.parametrize("service", SERVICES)
@pytest.mark.parametrize("provider", [KeyringProvider.AUTO, KeyringProvider.IMPORT, KeyringProvider.SUBPROCESS])
def test_the_program_returns_the_password_of_a_user(service: str, provider: KeyringProvider, tmp_path: Path) -> None:
    keyring = TestKeyring(tmp_path / "keyring", {service: {"other": "x", "user": SECRET}})
    assert keyring_for(keyring, provider).login(SERVICES, USER) == ("user", SECRET)
    assert f"get {service} user" in " ".join(keyring.arguments())
    assert SECRET not in " ".join(keyring.arguments())


@pytest.mark.parametrize("service", SERVICES)
def test_without_a_user_name_the_program_returns_both(service: str, tmp_path: Path) -> None:
    keyring = TestKeyring(tmp_path / "keyring", {service: {"user": SECRET}})
    assert keyring_for(keyring).login(SERVICES, None) == ("user", SECRET)
    assert f"--mode creds get {service}" in " ".join(keyring.arguments())
    assert keyring.asked()[-1] == (service, None)


def test_keyring_without_modes_returns_no_login_and_no_error(tmp_path: Path) -> None:
    keyring = keyring_for(TestKeyring(tmp_path / "keyring", {INDEX: {"user": SECRET}, "old": True}))
    assert keyring.login(SERVICES, None) is None
    assert keyring.error == ""
    assert keyring.login(SERVICES, USER) == ("user", SECRET)


def test_secret_user_names_and_options_are_not_passed_as_arguments(tmp_path: Path) -> None:
    keyring = TestKeyring(tmp_path / "keyring", {INDEX: {"user": SECRET}})
    assert keyring_for(keyring).login(SERVICES, USER._replace(is_name=False)) is None
    assert keyring_for(keyring).login(SERVICES, USER._replace(username="--help")) is None
    assert keyring_for(keyring).login(("--disable",), USER) is None
    assert keyring.asked() == []


def test_empty_or_disabled_keyring_returns_no_login(tmp_path: Path) -> None:
    keyring = TestKeyring(tmp_path / "keyring", {"https://other.example/": {"user": SECRET}})
    for provider in KeyringProvider:
        asked = keyring_for(keyring, provider)
        assert asked.login(SERVICES, USER) is None
        assert asked.error == ""
    assert len(keyring.asked()) == 3 * len(SERVICES)


def test_installed_package_is_run_without_a_program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    keyring = TestKeyring(tmp_path / "keyring", {INDEX: {"user": SECRET}})
    monkeypatch.setattr(sys, "executable", str(keyring.path))
    monkeypatch.setattr(credentials, "find_spec", lambda _: None)
    assert Keyring(KeyringProvider.AUTO, {"PATH": "/nowhere"}).login(SERVICES, USER) is None
    monkeypatch.setattr(credentials, "find_spec", lambda _: "found")
    assert Keyring(KeyringProvider.AUTO, {"PATH": "/nowhere"}).login(SERVICES, USER) == ("user", SECRET)
    assert f"-P -m keyring get {INDEX} user" in " ".join(keyring.arguments())


def test_prompting_keyring_fails_without_a_terminal(tmp_path: Path) -> None:
    keyring = TestKeyring(tmp_path / "keyring", {"prompt": True})
    asked = keyring_for(keyring)
    assert asked.login(SERVICES, USER) is None
    assert asked.error == ""
    assert keyring.asked()


def test_hanging_keyring_is_killed_with_its_children_and_reported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(credentials, "_KEYRING_TIMEOUT", 2.0)
    keyring = TestKeyring(tmp_path / "keyring", {"hang": True})
    asked = keyring_for(keyring)
    assert asked.login(SERVICES, USER) is None
    assert asked.error == "keyring did not finish within 2 s"
    keyring.wait_for_the_end()
    monkeypatch.setattr(subprocess, "Popen", None)
    assert asked.login(SERVICES, USER) is None


def test_close_kills_the_program_and_starts_no_other(tmp_path: Path) -> None:
    keyring = TestKeyring(tmp_path / "keyring", {"hang": True})
    asked = keyring_for(keyring)
    answers: list[object] = []
    thread = threading.Thread(target=lambda: answers.append(asked.login(SERVICES, USER)))
    thread.start()
    wait_until(keyring.asked)
    asked.close()
    thread.join()
    assert answers == [None]
    assert asked.login(SERVICES, USER) is None
    assert len(keyring.asked()) == 1
    keyring.wait_for_the_end()


def test_only_a_program_with_a_suffix_is_run_on_windows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    keyring = TestKeyring(tmp_path / "keyring", {INDEX: {"user": SECRET}})
    monkeypatch.setattr(credentials, "find_spec", lambda _: None)
    monkeypatch.setattr(sys, "platform", "win32")
    path = {"PATH": str(keyring.path.parent)}
    assert Keyring(KeyringProvider.AUTO, path).login(SERVICES, USER) is None
    keyring.path.with_name("keyring.exe").symlink_to(keyring.path)
    assert Keyring(KeyringProvider.AUTO, path).login(SERVICES, USER) == ("user", SECRET)


def test_failure_to_start_keyring_is_reported(tmp_path: Path) -> None:
    program = tmp_path / "keyring"
    program.write_text("#!/nowhere/python\n")
    program.chmod(0o755)
    asked = Keyring(KeyringProvider.AUTO, {"PATH": str(tmp_path)})
    assert asked.login(SERVICES, USER) is None
    assert asked.error == "cannot start keyring"


def test_programs_in_working_directory_or_relative_path_are_not_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hostile = tmp_path / "repository"
    hostile.mkdir()
    (hostile / "keyring.py").write_text("open('ran', 'w')\n")
    (hostile / "keyring").write_text("#!/bin/sh\ntouch ran\n")
    (hostile / "keyring").chmod(0o755)
    monkeypatch.chdir(hostile)
    monkeypatch.setattr(credentials, "find_spec", lambda _: "found")
    environment = {
        "PATH": os.pathsep.join(["", ".", "sub/../"]),
        "PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring",
    }
    assert Keyring(KeyringProvider.AUTO, environment).login(SERVICES, USER) is None
    assert not (hostile / "ran").exists()


@pytest.mark.parametrize("output", ["", "\n", "user", "user\n", "\npassword\n"])
def test_output_without_a_password_is_no_login(output: str, tmp_path: Path) -> None:
    asked = keyring_for(TestKeyring(tmp_path / "keyring", {"says": output}))
    assert asked.login(SERVICES, None) is None
    assert asked.login(SERVICES, USER) is None or output.startswith("user")


@pytest.mark.parametrize("end", ["", "\n", "\r\n", "\nmore\n"])
def test_lines_end_at_line_feeds_only(end: str, tmp_path: Path) -> None:
    password = "p\u2028\x0b\u00e4 w"
    assert keyring_for(TestKeyring(tmp_path / "a", {"says": f"{password}{end}"})).login(SERVICES, USER) == (
        "user",
        password,
    )
    assert keyring_for(TestKeyring(tmp_path / "b", {"says": f"any\r\n{password}{end}"})).login(SERVICES, None) == (
        "any",
        password,
    )


# --- with an index ---


def ask(index: ScriptedIndex, keyring: TestKeyring, user_information: str, *names: str) -> list[Outcome]:
    """Fetch pages of an index of the user."""
    url = index.url.replace("://", f"://{user_information}@") if user_information else index.url
    access = CredentialSettings((UserIndexUrl(url),))
    with pytest.MonkeyPatch.context() as patch:
        for key, value in keyring.environment.items():
            patch.setenv(key, value)
        with Client(ClientSettings(credentials=access)) as client:
            outcomes = dict(client.fetch([PageRequest(index.url, name) for name in names]))
    return list(outcomes.values())


def test_keyring_is_queried_once_and_only_after_401(tmp_path: Path) -> None:
    names = [f"lib-{number}" for number in range(80)]
    pages = {name: json_page(name, "archived") for name in names}
    with ScriptedIndex(pages, login=("user", SECRET)) as index:
        keyring = TestKeyring(tmp_path / "keyring", {index.url: {"user": SECRET}})
        assert ask(index, keyring, "", *names) == [Fetched(ProjectPage("archived"))] * 80
        assert keyring.asked() == [(index.url, None)]
        # Only concurrent requests are rejected, not later ones.
        assert index.count() <= 80 + 32
    with ScriptedIndex(pages) as index:
        assert ask(index, keyring, "", *names) == [Fetched(ProjectPage("archived"))] * 80
        assert len(keyring.asked()) == 1


def test_user_name_of_the_url_is_looked_up(tmp_path: Path) -> None:
    with ScriptedIndex({"lib": json_page("lib", "archived")}, login=("user", SECRET)) as index:
        keyring = TestKeyring(tmp_path / "keyring", {index.url: {"other": "word", "user": SECRET}})
        assert ask(index, keyring, "user", "lib") == [Fetched(ProjectPage("archived"))]


def test_rejected_keyring_login_is_not_sent_again(tmp_path: Path) -> None:
    with ScriptedIndex(login=("user", "another")) as index:
        keyring = TestKeyring(tmp_path / "keyring", {index.url: {"user": SECRET}})
        [outcome] = ask(index, keyring, "", "lib")
        assert index.count() == 2
    assert outcome == Failed(
        Cause.UNAUTHORIZED,
        f"127.0.0.1:{index.port} returned 401 Unauthorized (your credentials were rejected): those in keyring are sent",
    )


def test_keyring_is_not_queried_for_plain_http_of_a_repository() -> None:
    store = CredentialStore(CredentialSettings(), {"PATH": "/nowhere"})
    page = page_url("http://index.example/simple/", "lib")
    assert store.login_after_401(page, None) is None
    assert store.keyring_results == {}


def test_keyring_login_is_used_for_later_requests(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[tuple[str, ...], Login | None]] = []

    def answer(_: Keyring, services: tuple[str, ...], sent: Login | None) -> tuple[str, str]:
        asked.append((services, sent))
        return "user", SECRET

    monkeypatch.setattr(Keyring, "login", answer)
    store = CredentialStore(CredentialSettings((UserIndexUrl("https://token:@index.example/simple/"),)), {})
    page = page_url(INDEX, "lib")
    sent = store.initial_login(page)
    assert sent == Login("token", "")
    assert store.login_after_401(page, sent) == Login("user", SECRET)
    assert store.initial_login(page_url(INDEX, "other")) == Login("user", SECRET)
    assert store.login_after_401(page, Login("user", SECRET)) is None
    assert asked == [(SERVICES, Login("token", ""))]


def test_no_process_is_started_without_401(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subprocess, "Popen", None)
    with ScriptedIndex({"lib": json_page("lib", "archived")}) as index:
        access = CredentialSettings((UserIndexUrl(index.url),))
        with Client(ClientSettings(credentials=access)) as client:
            assert [outcome for _, outcome in client.fetch([PageRequest(index.url, "lib")])] == [
                Fetched(ProjectPage("archived"))
            ]
