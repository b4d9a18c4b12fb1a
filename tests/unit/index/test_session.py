from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from mothball.index import client as client_module
from mothball.index.cache import CachedPage, StatusCache, page_key
from mothball.index.client import ClientSettings
from mothball.index.project_page import Failed, Fetched, Outcome, ProjectPage
from mothball.index.resolution import LookupSettings, Query
from mothball.index.resolver import LookupSession
from mothball.model.errors import CacheError, ConfigError
from mothball.model.results import Cause, KnownStatus, ProjectStatus, Severity, Source, Unavailable
from tests.support.check_inputs import INDEX
from tests.support.fake_fetcher import FakeFetcher

OLD_LIB = Query("old-lib", (INDEX,), LookupSettings(max_age=3600.0))
ARCHIVED = Fetched(ProjectPage("archived", "gone"))


class FakeClient(FakeFetcher):
    """A client that records its settings and whether it is closed."""

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


def test_session_without_queries_opens_nothing(client: FakeClient, cache_directory: Path) -> None:
    with LookupSession() as session:
        assert session.look_up([]) == {}
    assert session.problems() == ()
    assert not cache_directory.exists()
    assert client.made_with == []


def test_cached_lookup_opens_no_client(client: FakeClient, cache_directory: Path) -> None:
    prefill(cache_directory, "archived")
    query = OLD_LIB._replace(settings=LookupSettings(offline=True))
    with LookupSession() as session:
        result = session.look_up([query])[query]
    assert isinstance(result, KnownStatus)
    assert result.status is ProjectStatus.ARCHIVED
    assert result.origin.source in (Source.CACHE, Source.STALE)
    assert client.made_with == []


def test_fetched_page_is_cached_for_the_next_run(client: FakeClient) -> None:
    for source in (Source.INDEX, Source.CACHE):
        with LookupSession() as session:
            result = session.look_up([OLD_LIB])[OLD_LIB]
        assert isinstance(result, KnownStatus)
        assert (result.reason, result.origin.source) == ("gone", source)
        assert session.problems() == ()
    assert [request.name for request in client.asked] == ["old-lib"]


def test_session_allows_several_lookups(client: FakeClient) -> None:
    next_lib = Query("next-lib", (INDEX,))
    with LookupSession() as session:
        session.look_up([OLD_LIB])
        session.look_up([OLD_LIB, next_lib])
    assert [request.name for request in client.asked] == ["old-lib", "next-lib"]
    assert len(client.made_with) == 1


def test_client_is_closed_after_an_exception(client: FakeClient) -> None:
    client.script = {(INDEX, "old-lib"): KeyboardInterrupt()}
    with pytest.raises(KeyboardInterrupt), LookupSession() as session:
        session.look_up([OLD_LIB])
    assert client.closed


def test_client_gets_the_trusted_hosts(client: FakeClient) -> None:
    with LookupSession(trusted_hosts=("index.example",)) as session:
        session.look_up([OLD_LIB])
    assert [settings.trusted_hosts for settings in client.made_with] == [("index.example",)]


def test_unusable_certificates_are_an_error(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "nothing.pem"))
    with pytest.raises(ConfigError, match="REQUESTS_CA_BUNDLE"), LookupSession() as session:
        session.look_up([OLD_LIB])


def test_disabled_cache_is_neither_read_nor_written(client: FakeClient, cache_directory: Path) -> None:
    with LookupSession(use_cache=False) as session:
        session.look_up([OLD_LIB])
    assert not cache_directory.exists()
    assert session.problems() == ()


def test_unusable_cache_is_reported_once(client: FakeClient, cache_directory: Path) -> None:
    cache_directory.write_text("not a directory")
    with LookupSession() as session:
        session.look_up([OLD_LIB])
        session.look_up([OLD_LIB])
    [problem] = session.problems()
    assert problem.severity is Severity.WARNING
    assert str(cache_directory) in problem.message
    assert problem.message.endswith("; continuing without a cache")
    assert problem.help
    assert len(client.asked) == 2


def test_cache_failure_during_lookup_is_reported(
    client: FakeClient, cache_directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(cache: StatusCache, keys: object) -> dict[object, object]:
        cache.error = CacheError(str(cache_directory), "disk error", help_text="clear it")
        return {}

    monkeypatch.setattr(StatusCache, "get_many", fail)
    with LookupSession() as session:
        session.look_up([OLD_LIB])
    [problem] = session.problems()
    assert "disk error" in problem.message
    assert problem.help == "clear it"


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="needs a user whom file modes bind")
def test_read_only_cache_is_reported(client: FakeClient, cache_directory: Path) -> None:
    cache_directory.mkdir(mode=stat.S_IRUSR | stat.S_IXUSR)
    with LookupSession() as session:
        session.look_up([OLD_LIB])
    assert len(session.problems()) == 1


def test_failure_is_returned_as_unavailable(client: FakeClient) -> None:
    client.script = {(INDEX, "old-lib"): Failed(Cause.TIMEOUT, "too slow")}
    with LookupSession() as session:
        result = session.look_up([OLD_LIB])[OLD_LIB]
    assert isinstance(result, Unavailable)
    assert result.cause is Cause.TIMEOUT
