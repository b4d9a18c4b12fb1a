"""Fallbacks without a status of the index: stale pages offline, snapshots, status indexes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from mothball.index.project_page import Fetched, NotFound, Outcome, ProjectPage
from mothball.index.resolution import LookupSettings, Query
from mothball.index.resolver import Resolver
from mothball.model.results import (
    Cause,
    IndexResult,
    KnownStatus,
    Missing,
    Origin,
    ProjectStatus,
    Source,
    StatusNotStated,
    Unavailable,
    UnrecognizedStatus,
)
from tests.support.fake_fetcher import FakeFetcher
from tests.support.lookup_fixture import (
    ACTIVE,
    ARCHIVED,
    DAY,
    DOWN,
    HOME,
    HOUR,
    INDEX,
    LIVE,
    NOW,
    REMEMBERED,
    SILENT,
    STATUS,
    World,
    snapshot_of,
)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = World(str(tmp_path / "cache"))
    yield made
    assert made.cache.error is None
    made.cache.close()


# --- offline ----------------------------------------------------------------------------------------------------------

OFFLINE = LookupSettings(offline=True)
UNKNOWN = Unavailable(Cause.OFFLINE, "offline, and neither in the cache nor in a snapshot", LIVE)


@pytest.mark.parametrize(
    ("age", "source"), [(10.0, Source.CACHE), (2 * HOUR, Source.STALE), (80 * DAY, Source.STALE), (-DAY, Source.STALE)]
)
def test_offline_uses_pages_of_any_age(world: World, age: float, source: Source) -> None:
    world.remember(INDEX, "lib", ARCHIVED, age)
    result = world.ask({}, settings=OFFLINE)
    assert result == KnownStatus(ProjectStatus.ARCHIVED, "moved", Origin(INDEX, NOW - age, source))
    assert world.fetcher.opened == 0


def test_offline_unknown_name_is_unavailable(world: World) -> None:
    assert world.ask({}, settings=OFFLINE) == UNKNOWN
    assert world.ask({}, settings=OFFLINE._replace(snapshot=snapshot_of(other=ARCHIVED))) == UNKNOWN
    assert world.fetcher.opened == 0


def test_offline_uses_the_snapshot(world: World) -> None:
    settings = OFFLINE._replace(snapshot=snapshot_of(lib=ARCHIVED, quiet=SILENT))
    assert world.ask({}, settings=settings) == KnownStatus(ProjectStatus.ARCHIVED, "moved", REMEMBERED)
    assert world.ask({}, name="quiet", settings=settings) == StatusNotStated(REMEMBERED)


def test_offline_unknown_index_does_not_lead_to_the_next(world: World) -> None:
    world.remember(INDEX, "lib", ARCHIVED, 10.0)
    assert world.ask({}, HOME, INDEX, settings=OFFLINE) == UNKNOWN._replace(origin=Origin(HOME, NOW))


def test_offline_404_of_any_age_leads_to_the_next_index(world: World) -> None:
    world.ask({(INDEX, "lib"): Fetched(ARCHIVED)}, HOME, INDEX)
    world.now += DAY
    result = world.ask({}, HOME, INDEX, settings=OFFLINE)
    assert result == KnownStatus(ProjectStatus.ARCHIVED, "moved", Origin(INDEX, NOW, Source.STALE))


def test_offline_only_a_recent_404_means_missing(world: World) -> None:
    world.remember(INDEX, "lib", None, 10.0)
    assert world.ask({}, settings=OFFLINE) == Missing(Origin(INDEX, NOW - 10, Source.CACHE))
    world.remember(INDEX, "lib", None, DAY)
    assert world.ask({}, settings=OFFLINE) == UNKNOWN
    settings = OFFLINE._replace(snapshot=snapshot_of(lib=ARCHIVED))
    assert world.ask({}, settings=settings) == KnownStatus(ProjectStatus.ARCHIVED, "moved", REMEMBERED)


# --- snapshots --------------------------------------------------------------------------------------------------------

WITH_SNAPSHOT = LookupSettings(snapshot=snapshot_of(lib=ProjectPage("deprecated")))
FROM_SNAPSHOT = KnownStatus(ProjectStatus.DEPRECATED, "", REMEMBERED)


@pytest.mark.parametrize("page", [ACTIVE, ARCHIVED, ProjectPage("retired")])
def test_result_of_the_index_takes_precedence_over_snapshot(world: World, page: ProjectPage) -> None:
    result = world.ask({(INDEX, "lib"): Fetched(page)}, settings=WITH_SNAPSHOT)
    assert not isinstance(result, Unavailable)
    assert result.origin == LIVE


def test_404_takes_precedence_over_snapshot(world: World) -> None:
    assert world.ask({}, settings=WITH_SNAPSHOT) == Missing(LIVE)


@pytest.mark.parametrize("outcome", [DOWN, Fetched(SILENT)])
def test_snapshot_is_used_without_a_status_of_the_index(world: World, outcome: Outcome) -> None:
    assert world.ask({(INDEX, "lib"): outcome}, settings=WITH_SNAPSHOT) == FROM_SNAPSHOT


def test_result_that_is_reported_early_is_that_of_the_snapshot() -> None:
    early: dict[Query, IndexResult] = {}
    resolver = Resolver(
        open_client=FakeFetcher({(INDEX, "lib"): DOWN}).open, clock=lambda: NOW, on_result=early.__setitem__
    )
    query = Query("lib", (INDEX,), WITH_SNAPSHOT)
    assert resolver.look_up([query]) == early == {query: FROM_SNAPSHOT}


def test_stale_status_takes_precedence_over_snapshot(world: World) -> None:
    world.remember(INDEX, "lib", ARCHIVED, 2 * HOUR)
    result = world.ask({(INDEX, "lib"): DOWN}, settings=WITH_SNAPSHOT)
    stale = Origin(INDEX, NOW - 2 * HOUR, Source.STALE, failure=DOWN.detail)
    assert result == KnownStatus(ProjectStatus.ARCHIVED, "moved", stale)
    world.remember(HOME, "lib", SILENT, 2 * HOUR)
    assert world.ask({(HOME, "lib"): DOWN}, HOME, settings=WITH_SNAPSHOT) == FROM_SNAPSHOT


def test_snapshot_is_not_used_for_an_index_that_states_markers(world: World) -> None:
    quiet = Query("lib", (INDEX,), WITH_SNAPSHOT)
    script = {(INDEX, "lib"): Fetched(SILENT), (INDEX, "old"): Fetched(ARCHIVED)}
    results = world.look_up([quiet, Query("old", (INDEX,))], script)
    assert results[quiet] == KnownStatus(ProjectStatus.ACTIVE, "", LIVE)


def test_snapshot_without_status_is_not_used(world: World) -> None:
    settings = LookupSettings(snapshot=snapshot_of(lib=SILENT))
    assert world.ask({(INDEX, "lib"): Fetched(SILENT)}, settings=settings) == StatusNotStated(LIVE)
    assert world.ask({(INDEX, "other"): DOWN}, name="other", settings=settings) == Unavailable(
        Cause.TIMEOUT, "timed out", LIVE
    )


# --- status indexes ---------------------------------------------------------------------------------------------------

WITH_STATUS_INDEX = LookupSettings(status_index=STATUS)
AT_STATUS = Origin(STATUS, NOW)


def test_no_marker_means_active_on_an_index_that_is_configured_to_state_statuses(world: World) -> None:
    script = {(INDEX, "lib"): Fetched(SILENT), (STATUS, "lib"): Fetched(SILENT)}
    active = KnownStatus(ProjectStatus.ACTIVE, "", LIVE)
    assert world.ask(script, settings=LookupSettings(stated_indexes=frozenset({INDEX}))) == active
    assert world.ask(script, settings=LookupSettings(stated_indexes=frozenset({STATUS}))) == StatusNotStated(
        LIVE._replace(source=Source.CACHE)
    )
    assert world.ask(script, settings=WITH_STATUS_INDEX._replace(stated_indexes=frozenset({STATUS}))) == KnownStatus(
        ProjectStatus.ACTIVE, "", AT_STATUS
    )


@pytest.mark.parametrize(
    ("outcome", "result"),
    [
        (Fetched(ARCHIVED), KnownStatus(ProjectStatus.ARCHIVED, "moved", AT_STATUS)),
        (Fetched(ACTIVE), KnownStatus(ProjectStatus.ACTIVE, "", AT_STATUS)),
        (Fetched(ProjectPage("retired")), UnrecognizedStatus("retired", "", AT_STATUS)),
        (Fetched(SILENT), StatusNotStated(LIVE)),
        (NotFound(), StatusNotStated(LIVE)),
        (DOWN, Unavailable(Cause.TIMEOUT, "timed out", AT_STATUS)),
    ],
)
def test_status_index_is_queried_without_a_status_of_the_index(
    world: World, outcome: Outcome, result: IndexResult
) -> None:
    script = {(INDEX, "lib"): Fetched(SILENT), (STATUS, "lib"): outcome}
    assert world.ask(script, settings=WITH_STATUS_INDEX) == result
    assert world.fetcher.rounds == [1, 1]


@pytest.mark.parametrize("outcome", [Fetched(ACTIVE), Fetched(ARCHIVED), NotFound(), DOWN])
def test_status_index_is_not_queried_otherwise(world: World, outcome: Outcome) -> None:
    world.ask({(INDEX, "lib"): outcome, (STATUS, "lib"): Fetched(ARCHIVED)}, settings=WITH_STATUS_INDEX)
    assert {request.index_url for request in world.fetcher.asked} == {INDEX}


def test_no_marker_on_a_status_index_means_active(world: World) -> None:
    first, second = Query("one", (INDEX,), WITH_STATUS_INDEX), Query("other", (INDEX,), WITH_STATUS_INDEX)
    script = {(INDEX, name): Fetched(SILENT) for name in ("one", "other")}
    results = world.look_up(
        [first, second], {**script, (STATUS, "one"): Fetched(SILENT), (STATUS, "other"): Fetched(ARCHIVED)}
    )
    assert results[first] == KnownStatus(ProjectStatus.ACTIVE, "", AT_STATUS)


def test_markers_of_the_last_round_apply_to_the_first(world: World) -> None:
    """The status index of one project is the index of another."""
    own, other = Query("own", (STATUS,)), Query("other", (INDEX,), WITH_STATUS_INDEX)
    script = {
        (STATUS, "own"): Fetched(SILENT),
        (INDEX, "other"): Fetched(SILENT),
        (STATUS, "other"): Fetched(ARCHIVED),
    }
    assert world.look_up([own, other], script)[own] == KnownStatus(ProjectStatus.ACTIVE, "", AT_STATUS)


def test_snapshot_is_used_without_a_status_of_the_status_index(world: World) -> None:
    settings = WITH_SNAPSHOT._replace(status_index=STATUS)
    for outcome in (DOWN, NotFound(), Fetched(SILENT)):
        script = {(INDEX, "lib"): Fetched(SILENT), (STATUS, "lib"): outcome}
        assert world.ask(script, settings=settings, refresh=True) == FROM_SNAPSHOT


def test_status_index_is_cached(world: World) -> None:
    script = {(INDEX, "lib"): Fetched(SILENT), (STATUS, "lib"): Fetched(ARCHIVED)}
    world.ask(script, settings=WITH_STATUS_INDEX)
    result = world.ask({}, settings=WITH_STATUS_INDEX)
    assert result == KnownStatus(ProjectStatus.ARCHIVED, "moved", AT_STATUS._replace(source=Source.CACHE))
    assert world.fetcher.opened == 0


def test_offline_uncached_status_index_is_unavailable(world: World) -> None:
    world.remember(INDEX, "lib", SILENT, 10.0)
    result = world.ask({}, settings=WITH_STATUS_INDEX._replace(offline=True))
    assert result == UNKNOWN._replace(origin=AT_STATUS)
