from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from mothball.index import client as client_module
from mothball.index.cache import CachedPage, StatusCache, page_key
from mothball.index.client import ClientSettings
from mothball.index.page_request import Failed, Fetched, Outcome, ProjectPage
from mothball.index.resolution import LookupSettings, Query
from mothball.index.session import LookupSession
from mothball.model.errors import CacheError, ConfigError
from mothball.model.findings import Severity
from mothball.model.lookup import Cause, KnownStatus, ProjectStatus, Source, Unavailable
from tests.support.check_inputs import INDEX
from tests.support.fake_fetcher import FakeFetcher

OLD_LIB = Query("old-lib", (INDEX,), LookupSettings(max_age=3600.0))
ARCHIVED = Fetched(ProjectPage("archived", "gone"))


class FakeClient(FakeFetcher):
    """A client that remembers how it was made and that it was closed."""

    def __init__(self, script: dict[tuple[str, str], Outcome | BaseException]) -> None:
        super().__init__(script)
        self.made_with: list[ClientSettings] = []
        self.closed = False

    def __call__(self, settings: ClientSettings) -> FakeClient:
        self.made_with.append(settings)
        return self

    def close(self) -> None:
        self.closed = True


@pytest.fixture(autouse=True)
def cache_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("MOTHBALL_CACHE_DIR", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch) -> FakeClient:
    fake = FakeClient({(INDEX, "old-lib"): ARCHIVED})
    monkeypatch.setattr(client_module, "Client", fake)
    return fake


def prefill(directory: Path, marker: str) -> None:
    cache = StatusCache.open(str(directory))
    cache.put_many({page_key(INDEX, "old-lib"): CachedPage(ProjectPage(marker), None, 1_795_000_000.0)})
    cache.close()


def test_a_run_without_queries_opens_nothing(client: FakeClient, cache_directory: Path) -> None:
    with LookupSession() as session:
        assert session.look_up([]) == {}
    assert session.problems() == ()
    assert not cache_directory.exists()
    assert client.made_with == []


def test_what_the_cache_can_answer_opens_no_client(client: FakeClient, cache_directory: Path) -> None:
    prefill(cache_directory, "archived")
    query = OLD_LIB._replace(settings=LookupSettings(offline=True))
    with LookupSession() as session:
        answer = session.look_up([query])[query]
    assert isinstance(answer, KnownStatus)
    assert answer.status is ProjectStatus.ARCHIVED
    assert answer.origin.source in (Source.CACHE, Source.STALE)
    assert client.made_with == []


def test_what_was_asked_is_in_the_cache_for_the_next_run(client: FakeClient) -> None:
    for source in (Source.INDEX, Source.CACHE):
        with LookupSession() as session:
            answer = session.look_up([OLD_LIB])[OLD_LIB]
        assert isinstance(answer, KnownStatus)
        assert (answer.reason, answer.origin.source) == ("gone", source)
        assert session.problems() == ()
    assert [request.name for request in client.asked] == ["old-lib"]


def test_a_session_may_be_asked_more_than_once(client: FakeClient) -> None:
    next_lib = Query("next-lib", (INDEX,))
    with LookupSession() as session:
        session.look_up([OLD_LIB])
        session.look_up([OLD_LIB, next_lib])
    assert [request.name for request in client.asked] == ["old-lib", "next-lib"]
    assert len(client.made_with) == 1


def test_the_client_is_closed_at_the_end_even_when_all_went_wrong(client: FakeClient) -> None:
    client.script = {(INDEX, "old-lib"): KeyboardInterrupt()}
    with pytest.raises(KeyboardInterrupt), LookupSession() as session:
        session.look_up([OLD_LIB])
    assert client.closed


def test_the_client_knows_whom_the_user_trusts(client: FakeClient) -> None:
    with LookupSession(trusted_hosts=("index.example",)) as session:
        session.look_up([OLD_LIB])
    assert [settings.trusted_hosts for settings in client.made_with] == [("index.example",)]


def test_certificates_that_cannot_be_used_are_an_error(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "nothing.pem"))
    with pytest.raises(ConfigError, match="REQUESTS_CA_BUNDLE"), LookupSession() as session:
        session.look_up([OLD_LIB])


def test_without_the_cache_nothing_is_read_or_written(client: FakeClient, cache_directory: Path) -> None:
    with LookupSession(use_cache=False) as session:
        session.look_up([OLD_LIB])
    assert not cache_directory.exists()
    assert session.problems() == ()


def test_a_cache_that_cannot_be_opened_is_told_once_and_done_without(client: FakeClient, cache_directory: Path) -> None:
    cache_directory.write_text("a file stands in its place")
    with LookupSession() as session:
        session.look_up([OLD_LIB])
        session.look_up([OLD_LIB])
    [problem] = session.problems()
    assert problem.severity is Severity.WARNING
    assert str(cache_directory) in problem.message
    assert problem.message.endswith("; continuing without a cache")
    assert problem.help
    assert len(client.asked) == 2


def test_a_cache_that_fails_on_the_way_is_told(
    client: FakeClient, cache_directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(cache: StatusCache, keys: object) -> dict[object, object]:
        cache.error = CacheError(str(cache_directory), "it fell apart", help_text="make a new one")
        return {}

    monkeypatch.setattr(StatusCache, "get_many", fail)
    with LookupSession() as session:
        session.look_up([OLD_LIB])
    [problem] = session.problems()
    assert "it fell apart" in problem.message
    assert problem.help == "make a new one"


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="needs a user whom file modes bind")
def test_a_cache_that_may_not_be_written_is_told_and_done_without(client: FakeClient, cache_directory: Path) -> None:
    cache_directory.mkdir(mode=stat.S_IRUSR | stat.S_IXUSR)
    with LookupSession() as session:
        session.look_up([OLD_LIB])
    assert len(session.problems()) == 1


def test_a_failure_reaches_the_caller_as_an_answer(client: FakeClient) -> None:
    client.script = {(INDEX, "old-lib"): Failed(Cause.TIMEOUT, "too slow")}
    with LookupSession() as session:
        answer = session.look_up([OLD_LIB])[OLD_LIB]
    assert isinstance(answer, Unavailable)
    assert answer.cause is Cause.TIMEOUT
