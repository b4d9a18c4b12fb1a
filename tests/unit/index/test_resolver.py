"""Results of lookups from cache and indexes."""

from __future__ import annotations

import gc
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from mothball.index.cache import BATCH, NOT_KEPT, CachedPage, StatusCache
from mothball.index.project_page import Failed, Fetched, NotFound, NotModified, Outcome, PageRequest, ProjectPage
from mothball.index.resolution import CLOCK_SKEW, MISSING_MAX_AGE, LookupSettings, Query, Resolution
from mothball.index.resolver import Resolver
from mothball.model.results import (
    Cause,
    IndexResult,
    KnownStatus,
    Missing,
    Origin,
    ProjectStatus,
    Release,
    Source,
    StatusNotStated,
    Unavailable,
    UnrecognizedStatus,
)
from tests.support.fake_fetcher import FakeFetcher
from tests.support.lookup_fixture import ACTIVE, ARCHIVED, DAY, DOWN, HOME, HOUR, INDEX, LIVE, NOW, SILENT, World


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = World(str(tmp_path / "cache"))
    yield made
    assert made.cache.error is None
    made.cache.close()


# --- one index --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("outcome", "result"),
    [
        (Fetched(ARCHIVED), KnownStatus(ProjectStatus.ARCHIVED, "moved", LIVE)),
        (Fetched(ACTIVE), KnownStatus(ProjectStatus.ACTIVE, "", LIVE)),
        (Fetched(SILENT), StatusNotStated(LIVE)),
        (Fetched(ProjectPage("retired", "why")), UnrecognizedStatus("retired", "why", LIVE)),
        (Fetched(ProjectPage("")), UnrecognizedStatus("", "", LIVE)),
        (NotFound(), Missing(LIVE)),
        (DOWN, Unavailable(Cause.TIMEOUT, "timed out", LIVE)),
        (
            NotModified(),
            Unavailable(Cause.UNEXPECTED_RESPONSE, "304 Not Modified in response to an unconditional request", LIVE),
        ),
    ],
)
def test_each_outcome_has_its_result(world: World, outcome: Outcome, result: IndexResult) -> None:
    assert world.ask({(INDEX, "lib"): outcome}) == result


def test_no_queries_cause_no_work(world: World) -> None:
    assert world.look_up([], {}) == {}
    assert world.fetcher.opened == 0


def test_results_are_in_the_order_of_the_queries(world: World) -> None:
    queries = [Query(name, (INDEX,)) for name in ("c", "a", "b", "a")]
    world.remember(INDEX, "a", ACTIVE, HOUR / 2)
    assert [query.name for query in world.look_up(queries, {})] == ["c", "a", "b"]


def test_lookup_without_a_cache_works() -> None:
    fetcher = FakeFetcher({(INDEX, "lib"): Fetched(SILENT), (INDEX, "old"): Fetched(ARCHIVED)})
    resolver = Resolver(open_client=fetcher.open, cache=None, clock=lambda: NOW)
    query = Query("lib", (INDEX,))
    assert resolver.look_up([query]) == {query: StatusNotStated(LIVE)}
    assert resolver.look_up([query, Query("old", (INDEX,))])[query] == KnownStatus(ProjectStatus.ACTIVE, "", LIVE)
    assert fetcher.opened == 1
    assert fetcher.rounds == [1, 2]


def test_progress_is_passed_on() -> None:
    steps: list[tuple[int, int]] = []
    fetcher = FakeFetcher({})
    resolver = Resolver(
        open_client=fetcher.open,
        cache=None,
        clock=lambda: NOW,
        on_progress=lambda done, total: steps.append((done, total)),
    )
    resolver.look_up([Query(name, (INDEX,)) for name in "ab"])
    assert steps == [(1, 2), (2, 2)]


def test_lost_request_is_unavailable(world: World) -> None:
    world.fetcher = FakeFetcher({}, order=lambda requests: requests[1:])
    resolver = Resolver(open_client=world.fetcher.open, cache=world.cache, clock=lambda: NOW)
    lost, missing = Query("a", (INDEX,)), Query("b", (INDEX,))
    assert resolver.look_up([lost, missing]) == {
        lost: Unavailable(Cause.UNEXPECTED_RESPONSE, "no response was received", LIVE),
        missing: Missing(LIVE),
    }


# --- the cache --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("age", [-CLOCK_SKEW, 0.0, HOUR - 1])
def test_fresh_page_is_not_requested(world: World, age: float) -> None:
    world.remember(INDEX, "lib", ARCHIVED, age)
    assert world.ask({}) == KnownStatus(ProjectStatus.ARCHIVED, "moved", Origin(INDEX, NOW - age, Source.CACHE))
    assert world.fetcher.opened == 0


def test_page_is_cached_for_the_next_run(world: World) -> None:
    world.ask({(INDEX, "lib"): Fetched(ARCHIVED, '"v2"')})
    assert world.remembered(INDEX, "lib") == CachedPage(ARCHIVED, '"v2"', NOW, NOT_KEPT)
    world.now += HOUR - 1
    assert world.ask({}) == KnownStatus(ProjectStatus.ARCHIVED, "moved", Origin(INDEX, NOW, Source.CACHE))
    assert world.fetcher.opened == 0


@pytest.mark.parametrize("age", [-CLOCK_SKEW - 1, HOUR, 30 * DAY])
def test_stale_page_is_requested_with_its_etag(world: World, age: float) -> None:
    """A page from the future is stale too: the clock was set back."""
    world.remember(INDEX, "lib", ARCHIVED, age)
    assert world.ask({(INDEX, "lib"): NotModified()}) == KnownStatus(ProjectStatus.ARCHIVED, "moved", LIVE)
    assert world.fetcher.asked == [PageRequest(INDEX, "lib", '"v1"')]
    assert world.remembered(INDEX, "lib") == CachedPage(ARCHIVED, '"v1"', NOW)


def test_latest_release_is_cached_and_kept_after_304(world: World) -> None:
    release = Release("2.0", "2026-01-02")
    page = ACTIVE._replace(release=release)
    for outcome in (Fetched(page, '"v1"'), NotModified()):
        assert world.ask({(INDEX, "lib"): outcome}) == KnownStatus(
            ProjectStatus.ACTIVE, "", Origin(INDEX, world.now), release
        )
        assert world.remembered(INDEX, "lib") == CachedPage(page, '"v1"', world.now, NOT_KEPT)
        world.now += 2 * HOUR
    silent = Query("silent", (INDEX,))
    assert world.look_up([silent], {(INDEX, "silent"): Fetched(SILENT._replace(release=release))}) == {
        silent: KnownStatus(ProjectStatus.ACTIVE, "", Origin(INDEX, world.now), release)
    }


def test_stale_page_without_etag_is_requested_unconditionally(world: World) -> None:
    world.remember(INDEX, "lib", ARCHIVED, 2 * HOUR, etag=None)
    assert world.ask({(INDEX, "lib"): Fetched(ACTIVE)}) == KnownStatus(ProjectStatus.ACTIVE, "", LIVE)
    assert world.fetcher.asked == [PageRequest(INDEX, "lib", None)]


def test_refresh_requests_fresh_pages(world: World) -> None:
    world.remember(INDEX, "lib", ARCHIVED, 1.0)
    result = world.ask({(INDEX, "lib"): Fetched(ACTIVE)}, refresh=True)
    assert result == KnownStatus(ProjectStatus.ACTIVE, "", LIVE)
    assert world.fetcher.asked == [PageRequest(INDEX, "lib", '"v1"')]


def test_max_age_zero_always_requests(world: World) -> None:
    world.remember(INDEX, "lib", ARCHIVED, 0.0)
    world.ask({(INDEX, "lib"): NotModified()}, settings=LookupSettings(max_age=0.0))
    assert world.fetcher.opened == 1


@pytest.mark.parametrize(("age", "asked"), [(MISSING_MAX_AGE - 1, 0), (MISSING_MAX_AGE, 1)])
def test_cached_404_is_valid_for_minutes(world: World, age: float, asked: int) -> None:
    world.ask({})
    world.now += age
    assert isinstance(world.ask({}), Missing)
    assert world.fetcher.asked == [PageRequest(INDEX, "lib")] * asked


def test_cached_404_is_not_valid_longer_than_max_age(world: World) -> None:
    world.remember(INDEX, "lib", None, 10.0)
    world.ask({}, settings=LookupSettings(max_age=5.0))
    assert world.fetcher.opened == 1


def test_404_replaces_the_cached_page(world: World) -> None:
    world.remember(INDEX, "lib", ARCHIVED, 2 * HOUR)
    assert world.ask({}) == Missing(LIVE)
    assert world.remembered(INDEX, "lib") == CachedPage(None, None, NOW)


def test_failure_is_not_cached(world: World) -> None:
    world.ask({(INDEX, "lib"): DOWN})
    assert world.remembered(INDEX, "lib") is None
    world.ask({(INDEX, "lib"): NotModified()})
    assert world.remembered(INDEX, "lib") is None


@pytest.mark.parametrize("age", [-CLOCK_SKEW, 2 * HOUR, 7 * DAY])
def test_stale_page_is_used_after_a_failure(world: World, age: float) -> None:
    world.remember(INDEX, "lib", ARCHIVED, age)
    result = world.ask({(INDEX, "lib"): DOWN}, refresh=True)
    assert result == KnownStatus(
        ProjectStatus.ARCHIVED, "moved", Origin(INDEX, NOW - age, Source.STALE, failure=DOWN.detail)
    )
    assert world.remembered(INDEX, "lib") == CachedPage(ARCHIVED, '"v1"', NOW - age)


@pytest.mark.parametrize("age", [-CLOCK_SKEW - 1, 7 * DAY + 1])
def test_too_old_page_is_not_used_after_a_failure(world: World, age: float) -> None:
    world.remember(INDEX, "lib", ARCHIVED, age)
    assert world.ask({(INDEX, "lib"): DOWN}) == Unavailable(Cause.TIMEOUT, "timed out", LIVE)


def test_stale_404_is_not_used_after_a_failure(world: World) -> None:
    world.remember(INDEX, "lib", None, 10.0)
    result = world.ask({(INDEX, "lib"): DOWN}, refresh=True)
    assert result == Unavailable(Cause.TIMEOUT, "timed out", LIVE)


def test_unusable_cache_does_not_fail_lookups(tmp_path: Path) -> None:
    world = World(str(tmp_path / "cache"))
    world.remember(INDEX, "lib", ARCHIVED, 10.0)
    world.cache.close()
    Path(tmp_path, "cache", "v2", "cache.db").write_bytes(b"noise" * 1000)
    world.cache = StatusCache(str(tmp_path / "cache" / "v2" / "cache.db"), None)
    assert world.ask({(INDEX, "lib"): Fetched(SILENT), (INDEX, "old"): Fetched(ARCHIVED)}) == StatusNotStated(LIVE)
    assert "not a database" in str(world.cache.error)


def test_cached_lookup_imports_neither_client_nor_writer(world: World, tmp_path: Path) -> None:
    world.remember(INDEX, "lib", ARCHIVED, 10.0)
    program = """
import sys
from mothball.index.cache import StatusCache
from mothball.index.resolution import Query
from mothball.index.resolver import Resolver
cache = StatusCache.open(sys.argv[1])
query = Query("lib", (sys.argv[2],))
result = Resolver(open_client=None, cache=cache, clock=lambda: float(sys.argv[3])).look_up([query])[query]
cache.close()
slow = {"concurrent.futures", "dataclasses", "diskcache", "msgspec", "packaging", "pathlib", "platformdirs", "requests"}
print(result.kind, *slow & set(sys.modules), *{"ssl", "tempfile", "urllib.parse", "urllib3"} & set(sys.modules))
"""
    arguments = [sys.executable, "-c", program, str(tmp_path / "cache"), INDEX, str(NOW)]
    assert subprocess.run(arguments, check=True, capture_output=True, text=True).stdout == "stated\n"


# --- several indexes --------------------------------------------------------------------------------------------------


def test_404_leads_to_the_next_index(world: World) -> None:
    assert world.ask({(INDEX, "lib"): Fetched(ARCHIVED)}, HOME, INDEX) == KnownStatus(
        ProjectStatus.ARCHIVED, "moved", LIVE
    )
    assert world.fetcher.asked == [PageRequest(HOME, "lib"), PageRequest(INDEX, "lib")]
    world.ask({}, HOME, INDEX)
    assert world.fetcher.opened == 0


def test_name_on_no_index_is_missing_from_the_last(world: World) -> None:
    assert world.ask({}, HOME, INDEX) == Missing(LIVE)


@pytest.mark.parametrize("cause", Cause)
def test_failure_does_not_lead_to_the_next_index(world: World, cause: Cause) -> None:
    world.remember(INDEX, "lib", ARCHIVED, 10.0)
    result = world.ask({(HOME, "lib"): Failed(cause, "no")}, HOME, INDEX)
    assert result == Unavailable(cause, "no", Origin(HOME, NOW))
    assert world.fetcher.asked == [PageRequest(HOME, "lib")]


def test_failure_after_a_stale_404_does_not_lead_to_the_next_index(world: World) -> None:
    world.remember(HOME, "lib", None, HOUR)
    world.remember(INDEX, "lib", ARCHIVED, 10.0)
    assert isinstance(world.ask({(HOME, "lib"): DOWN}, HOME, INDEX), Unavailable)


def test_page_without_marker_does_not_lead_to_the_next_index(world: World) -> None:
    result = world.ask({(HOME, "lib"): Fetched(SILENT), (INDEX, "lib"): Fetched(ARCHIVED)}, HOME, INDEX)
    assert result == StatusNotStated(Origin(HOME, NOW))


def test_names_of_a_round_are_requested_together(world: World) -> None:
    queries = [Query(f"lib-{number}", (HOME, INDEX)) for number in range(40)]
    found = {(HOME, f"lib-{number}"): Fetched(ACTIVE) for number in range(25)}
    world.look_up(queries, found)
    assert world.fetcher.rounds == [40, 15]
    assert world.fetcher.opened == 1


def test_page_for_several_queries_is_requested_once(world: World) -> None:
    queries = [
        Query("lib", (HOME, INDEX)),
        Query("lib", (INDEX,)),
        Query("lib", (INDEX.rstrip("/"), HOME)),
        Query("lib", (INDEX,), LookupSettings(max_age=1.0)),
    ]
    results = world.look_up(queries, {(INDEX, "lib"): Fetched(ARCHIVED), (INDEX.rstrip("/"), "lib"): Fetched(ARCHIVED)})
    assert set(results.values()) == {KnownStatus(ProjectStatus.ARCHIVED, "moved", LIVE)}
    assert len(world.fetcher.asked) == 2


def test_freshness_depends_on_the_settings_of_each_query(world: World) -> None:
    world.remember(INDEX, "lib", ARCHIVED, 10.0)
    with_max_age, with_refresh = Query("lib", (INDEX,)), Query("lib", (INDEX,), LookupSettings(max_age=5.0))
    results = world.look_up([with_max_age, with_refresh], {(INDEX, "lib"): DOWN})
    assert results[with_max_age] == KnownStatus(ProjectStatus.ARCHIVED, "moved", Origin(INDEX, NOW - 10, Source.CACHE))
    stale = Origin(INDEX, NOW - 10, Source.STALE, failure=DOWN.detail)
    assert results[with_refresh] == KnownStatus(ProjectStatus.ARCHIVED, "moved", stale)


# --- indexes that state markers ---------------------------------------------------------------------------------------


def test_no_marker_means_active_on_an_index_that_states_markers(world: World) -> None:
    quiet, other = Query("quiet", (INDEX,)), Query("other", (HOME,))
    results = world.look_up(
        [quiet, other, Query("old", (INDEX,))],
        {(INDEX, "quiet"): Fetched(SILENT), (HOME, "other"): Fetched(SILENT), (INDEX, "old"): Fetched(ARCHIVED)},
    )
    assert results[quiet] == KnownStatus(ProjectStatus.ACTIVE, "", LIVE)
    assert results[other] == StatusNotStated(Origin(HOME, NOW))


def test_unrecognized_marker_counts_as_a_marker(world: World) -> None:
    quiet = Query("quiet", (INDEX,))
    script = {(INDEX, "quiet"): Fetched(SILENT), (INDEX, "odd"): Fetched(ProjectPage("retired"))}
    assert world.look_up([quiet, Query("odd", (INDEX,))], script)[quiet] == KnownStatus(ProjectStatus.ACTIVE, "", LIVE)


def test_markers_of_an_index_are_known_in_later_runs(world: World) -> None:
    world.ask({(INDEX, "old"): Fetched(ARCHIVED)}, name="old")
    assert world.ask({(INDEX, "quiet"): Fetched(SILENT)}, name="quiet") == KnownStatus(ProjectStatus.ACTIVE, "", LIVE)


@pytest.mark.parametrize("outcome", [NotModified(), DOWN, Fetched(SILENT)])
def test_marker_on_a_cached_page_counts(world: World, outcome: Outcome) -> None:
    world.remember(INDEX, "old", ARCHIVED, 2 * HOUR)
    world.remember(INDEX, "quiet", SILENT, 10.0)
    quiet = Query("quiet", (INDEX,))
    results = world.look_up([quiet, Query("old", (INDEX,))], {(INDEX, "old"): outcome})
    assert results[quiet] == KnownStatus(ProjectStatus.ACTIVE, "", Origin(INDEX, NOW - 10, Source.CACHE))


def test_cached_lookup_writes_nothing(world: World, tmp_path: Path) -> None:
    world.remember(INDEX, "old", ARCHIVED, 10.0)
    world.remember(INDEX, "quiet", SILENT, 10.0)
    before = Path(tmp_path, "cache", "v2", "cache.db").read_bytes()
    world.look_up([Query("old", (INDEX,)), Query("quiet", (INDEX,))], {})
    assert Path(tmp_path, "cache", "v2", "cache.db").read_bytes() == before


# --- storing ----------------------------------------------------------------------------------------------------------


def test_pages_before_an_interruption_are_cached(world: World) -> None:
    names = [f"lib-{number}" for number in range(BATCH + 5)]
    script: dict[tuple[str, str], Outcome | BaseException] = {(INDEX, name): Fetched(ARCHIVED) for name in names}
    script[INDEX, names[-1]] = KeyboardInterrupt()
    with pytest.raises(KeyboardInterrupt):
        world.look_up([Query(name, (INDEX,)) for name in names], script)
    assert [name for name in names if world.remembered(INDEX, name)] == names[:-1]


def test_pages_are_cached_in_batches(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    sizes: list[int] = []
    put_many = world.cache.put_many

    def counting(results: dict[object, CachedPage]) -> None:
        sizes.append(len(results))
        put_many(results)  # type: ignore[arg-type]  # only counted here

    monkeypatch.setattr(world.cache, "put_many", counting)
    world.look_up([Query(f"lib-{number}", (INDEX,)) for number in range(2 * BATCH + 1)], {})
    assert sizes == [BATCH, BATCH, 1]


def test_lookup_is_freed_at_its_end(world: World) -> None:
    """The server seldom searches for reference cycles, and a lookup holds what it read of thousands of pages."""
    gc.collect()
    gc.disable()
    try:
        world.look_up([Query("old-lib", (HOME, INDEX)), Query("lib", (INDEX,))], {(INDEX, "lib"): Fetched(ARCHIVED)})
        left = [item for item in gc.get_objects() if isinstance(item, Resolution)]
    finally:
        gc.enable()
    assert left == []
