"""The keyring: the real library in a child, with a backend that the tests control."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from mothball.access import Access, KeyringProvider, UserAddress
from mothball.answers import Cause
from mothball.index import keyring_process
from mothball.index.client import Client, ClientSettings
from mothball.index.credentials import CredentialStore, Login
from mothball.index.exchange import Failed, Fetched, Outcome, PageRequest, ProjectPage
from mothball.index.keyring_process import Keyring, Question
from mothball.index.urls import page_url
from tests.support.keyrings import TestKeyring
from tests.support.loopback import forget_network_settings
from tests.support.scripted_index import ScriptedIndex, json_page

INDEX = "https://index.example/simple/"
SERVICES = (INDEX, INDEX.rstrip("/"), "index.example")
SECRET = "s3cr3t-0f-th3-k3yring"
ANYBODY = Question(SERVICES, "", shows_user=True)
USER = Question(SERVICES, "user", shows_user=True)


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    forget_network_settings(monkeypatch)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("NETRC", os.devnull)


def of(keyring: TestKeyring, provider: KeyringProvider) -> Keyring:
    return Keyring(provider, {**os.environ, **keyring.environment})


@pytest.mark.parametrize("service", SERVICES)
@pytest.mark.parametrize("provider", [KeyringProvider.IMPORT, KeyringProvider.AUTO])
def test_the_library_beside_us_finds_user_and_password(service: str, provider: KeyringProvider, tmp_path: Path) -> None:
    keyring = TestKeyring(tmp_path / "keyring", {service: {"user": SECRET}})
    assert of(keyring, provider).login(ANYBODY) == ("user", SECRET)
    assert keyring.asked()[-1] == (service, None)


@pytest.mark.parametrize("service", SERVICES)
def test_the_command_finds_the_password_of_a_user(service: str, tmp_path: Path) -> None:
    keyring = TestKeyring(tmp_path / "keyring", {service: {"user": SECRET}})
    assert of(keyring, KeyringProvider.SUBPROCESS).login(USER) == ("user", SECRET)
    if sys.platform == "linux":
        assert f"get {service} user" in " ".join(keyring.arguments())
    assert SECRET not in " ".join(keyring.arguments())


def test_the_command_is_not_asked_without_a_user_or_with_one_that_may_be_a_token(tmp_path: Path) -> None:
    keyring = TestKeyring(tmp_path / "keyring", {INDEX: {"user": SECRET}})
    commanded = of(keyring, KeyringProvider.SUBPROCESS)
    assert commanded.login(ANYBODY) is None
    assert commanded.login(USER._replace(shows_user=False)) is None
    assert commanded.login(USER._replace(username="--help")) is None
    assert keyring.asked() == []


def test_the_command_is_tried_where_the_library_knows_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    keyring = TestKeyring(tmp_path / "keyring", {INDEX: {"user": SECRET}})
    monkeypatch.setattr(keyring_process, "find_spec", lambda _: None)
    assert of(keyring, KeyringProvider.IMPORT).login(USER) is None
    assert of(keyring, KeyringProvider.AUTO).login(USER) == ("user", SECRET)


def test_a_keyring_that_knows_nothing_or_is_not_to_be_asked_gives_nothing(tmp_path: Path) -> None:
    keyring = TestKeyring(tmp_path / "keyring", {"https://other.example/": {"user": SECRET}})
    for provider in KeyringProvider:
        asked = of(keyring, provider)
        assert asked.login(USER) is None
        assert asked.trouble == ""
    assert Keyring(KeyringProvider.DISABLED, {}).login(USER) is None


def test_a_command_that_is_not_there_gives_nothing() -> None:
    assert Keyring(KeyringProvider.SUBPROCESS, {"PATH": "/nowhere"}).login(USER) is None


@pytest.mark.parametrize("provider", [KeyringProvider.IMPORT, KeyringProvider.SUBPROCESS])
def test_a_keyring_that_prompts_finds_no_terminal_and_fails_at_once(provider: KeyringProvider, tmp_path: Path) -> None:
    keyring = TestKeyring(tmp_path / "keyring", {"prompt": True})
    before = time.monotonic()
    assert of(keyring, provider).login(USER) is None
    # Far below what a person at a prompt, or our own limit, would take: there is nobody to wait for.
    assert time.monotonic() - before < 3 * keyring_process._LIMIT
    assert keyring.asked()


def test_a_keyring_that_hangs_is_ended_and_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keyring_process, "_LIMIT", 2.0)
    asked = of(TestKeyring(tmp_path / "keyring", {"hang": True}), KeyringProvider.IMPORT)
    assert asked.login(USER) is None
    assert asked.trouble == "the keyring gave no answer within 2 s"
    monkeypatch.setattr(subprocess, "Popen", None)
    assert asked.login(USER) is None


def test_closing_ends_a_child_and_starts_no_other(tmp_path: Path) -> None:
    keyring = TestKeyring(tmp_path / "keyring", {"hang": True})
    asked = of(keyring, KeyringProvider.IMPORT)
    answers: list[object] = []
    thread = threading.Thread(target=lambda: answers.append(asked.login(USER)))
    thread.start()
    while not keyring.asked():
        time.sleep(0.01)
    asked.close()
    thread.join()
    assert answers == [None]
    assert asked.login(USER) is None
    assert len(keyring.asked()) == 1


def test_a_keyring_that_cannot_be_started_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    asked = Keyring(KeyringProvider.IMPORT, {})
    assert asked.login(USER) is None
    assert asked.trouble == "the keyring cannot be started"


def test_what_lies_in_the_working_directory_or_a_relative_path_is_not_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hostile = tmp_path / "repository"
    hostile.mkdir()
    (hostile / "keyring.py").write_text("open('ran', 'w')\n")
    (hostile / "keyring").write_text("#!/bin/sh\ntouch ran\n")
    (hostile / "keyring").chmod(0o755)
    monkeypatch.chdir(hostile)
    for provider in (KeyringProvider.IMPORT, KeyringProvider.SUBPROCESS):
        environment = {**os.environ, "PATH": os.pathsep.join(["", ".", "sub/../"])}
        environment["PYTHON_KEYRING_BACKEND"] = "keyring.backends.null.Keyring"
        assert Keyring(provider, environment).login(USER) is None
    assert not (hostile / "ran").exists()


@pytest.mark.parametrize("answer", ["", "nonsense", "[1, 2]", '["user"]', "null", '{"a": 1}'])
def test_an_answer_that_is_none_is_none(answer: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keyring_process, "_CHILD", f"print({answer!r})")
    assert Keyring(KeyringProvider.IMPORT, dict(os.environ)).login(USER) is None


# --- by way of an index ---


def ask(index: ScriptedIndex, keyring: TestKeyring, user_information: str, *names: str) -> list[Outcome]:
    """Ask for pages of an index that the user named."""
    url = index.url.replace("://", f"://{user_information}@") if user_information else index.url
    access = Access((UserAddress(url),))
    with pytest.MonkeyPatch.context() as patch:
        for key, value in keyring.environment.items():
            patch.setenv(key, value)
        with Client(ClientSettings(access=access)) as client:
            outcomes = dict(client.fetch([PageRequest(index.url, name) for name in names]))
    return list(outcomes.values())


def test_the_keyring_is_asked_once_and_only_after_a_401(tmp_path: Path) -> None:
    names = [f"lib-{number}" for number in range(80)]
    pages = {name: json_page(name, "archived") for name in names}
    with ScriptedIndex(pages, login=("user", SECRET)) as index:
        keyring = TestKeyring(tmp_path / "keyring", {index.url: {"user": SECRET}})
        assert ask(index, keyring, "", *names) == [Fetched(ProjectPage("archived"))] * 80
        assert keyring.asked() == [(index.url, None)]
        # Refused are those that were on their way, and no later ones.
        assert index.count() <= 80 + 32
    with ScriptedIndex(pages) as index:
        assert ask(index, keyring, "", *names) == [Fetched(ProjectPage("archived"))] * 80
        assert len(keyring.asked()) == 1


def test_the_user_that_an_address_names_is_looked_for(tmp_path: Path) -> None:
    with ScriptedIndex({"lib": json_page("lib", "archived")}, login=("user", SECRET)) as index:
        keyring = TestKeyring(tmp_path / "keyring", {index.url: {"other": "word", "user": SECRET}})
        assert ask(index, keyring, "user", "lib") == [Fetched(ProjectPage("archived"))]


def test_what_the_keyring_gives_and_the_index_refuses_is_not_tried_again(tmp_path: Path) -> None:
    with ScriptedIndex(login=("user", "another")) as index:
        keyring = TestKeyring(tmp_path / "keyring", {index.url: {"user": SECRET}})
        [outcome] = ask(index, keyring, "", "lib")
        assert index.count() == 2
    assert outcome == Failed(
        Cause.UNAUTHORISED, f"127.0.0.1:{index.port} refuses access (401): it does not take your credentials"
    )


def test_the_keyring_is_not_asked_for_plain_http_that_only_a_repository_names() -> None:
    store = CredentialStore(Access(), {"PATH": "/nowhere"})
    page = page_url("http://index.example/simple/", "lib")
    assert store.after_refusal(page, None) is None
    assert store._inquiries == {}


def test_what_the_keyring_gave_is_used_from_then_on(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Question] = []

    def answer(_: Keyring, question: Question) -> tuple[str, str]:
        asked.append(question)
        return "user", SECRET

    monkeypatch.setattr(Keyring, "login", answer)
    store = CredentialStore(Access((UserAddress("https://token:@index.example/simple/"),)), {})
    page = page_url(INDEX, "lib")
    sent = store.first(page)
    assert sent == Login("token", "")
    assert store.after_refusal(page, sent) == Login("user", SECRET)
    assert store.first(page_url(INDEX, "other")) == Login("user", SECRET)
    assert store.after_refusal(page, Login("user", SECRET)) is None
    assert asked == [Question(SERVICES, "token", shows_user=False)]


def test_a_run_that_meets_no_401_starts_no_child(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subprocess, "Popen", None)
    with ScriptedIndex({"lib": json_page("lib", "archived")}) as index:
        access = Access((UserAddress(index.url),))
        with Client(ClientSettings(access=access)) as client:
            assert [outcome for _, outcome in client.fetch([PageRequest(index.url, "lib")])] == [
                Fetched(ProjectPage("archived"))
            ]
