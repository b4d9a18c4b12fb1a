"""What speaks where the index does not: an old answer offline, a snapshot, another index for statuses."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from mothball.index.page_request import Fetched, NotFound, Outcome, ProjectPage
from mothball.index.resolution import LookupSettings, Query
from mothball.model.lookup import (
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

OFFLINE = LookupSettings(offline=True, refresh=True)
UNKNOWN = Unavailable(Cause.OFFLINE, "offline, and neither in the cache nor in a snapshot", LIVE)


@pytest.mark.parametrize(
    ("age", "source"), [(10.0, Source.CACHE), (2 * HOUR, Source.STALE), (80 * DAY, Source.STALE), (-DAY, Source.STALE)]
)
def test_offline_uses_any_age(world: World, age: float, source: Source) -> None:
    world.remember(INDEX, "lib", ARCHIVED, age)
    answer = world.ask({}, settings=OFFLINE)
    assert answer == KnownStatus(ProjectStatus.ARCHIVED, "moved", Origin(INDEX, NOW - age, source))
    assert world.fetcher.opened == 0


def test_offline_an_unknown_name_could_not_be_checked(world: World) -> None:
    assert world.ask({}, settings=OFFLINE) == UNKNOWN
    assert world.ask({}, settings=OFFLINE._replace(snapshot=snapshot_of(other=ARCHIVED))) == UNKNOWN
    assert world.fetcher.opened == 0


def test_offline_the_snapshot_speaks(world: World) -> None:
    settings = OFFLINE._replace(snapshot=snapshot_of(lib=ARCHIVED, quiet=SILENT))
    assert world.ask({}, settings=settings) == KnownStatus(ProjectStatus.ARCHIVED, "moved", REMEMBERED)
    assert world.ask({}, name="quiet", settings=settings) == StatusNotStated(REMEMBERED)


def test_offline_an_index_that_was_never_asked_stops_the_way(world: World) -> None:
    world.remember(INDEX, "lib", ARCHIVED, 10.0)
    assert world.ask({}, HOME, INDEX, settings=OFFLINE) == UNKNOWN._replace(origin=Origin(HOME, NOW))


def test_offline_a_404_of_any_age_leads_to_the_next_index(world: World) -> None:
    world.ask({(INDEX, "lib"): Fetched(ARCHIVED)}, HOME, INDEX)
    world.now += DAY
    answer = world.ask({}, HOME, INDEX, settings=OFFLINE)
    assert answer == KnownStatus(ProjectStatus.ARCHIVED, "moved", Origin(INDEX, NOW, Source.STALE))


def test_offline_only_a_404_of_the_last_minutes_is_an_answer(world: World) -> None:
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
def test_a_live_answer_beats_the_snapshot(world: World, page: ProjectPage) -> None:
    answer = world.ask({(INDEX, "lib"): Fetched(page)}, settings=WITH_SNAPSHOT)
    assert not isinstance(answer, Unavailable)
    assert answer.origin == LIVE


def test_a_live_404_beats_the_snapshot(world: World) -> None:
    assert world.ask({}, settings=WITH_SNAPSHOT) == Missing(LIVE)


@pytest.mark.parametrize("outcome", [DOWN, Fetched(SILENT)])
def test_the_snapshot_speaks_where_the_index_does_not(world: World, outcome: Outcome) -> None:
    assert world.ask({(INDEX, "lib"): outcome}, settings=WITH_SNAPSHOT) == FROM_SNAPSHOT


def test_a_stale_answer_beats_the_snapshot_unless_it_says_nothing(world: World) -> None:
    world.remember(INDEX, "lib", ARCHIVED, 2 * HOUR)
    answer = world.ask({(INDEX, "lib"): DOWN}, settings=WITH_SNAPSHOT)
    assert answer == KnownStatus(ProjectStatus.ARCHIVED, "moved", Origin(INDEX, NOW - 2 * HOUR, Source.STALE))
    world.remember(HOME, "lib", SILENT, 2 * HOUR)
    assert world.ask({(HOME, "lib"): DOWN}, HOME, settings=WITH_SNAPSHOT) == FROM_SNAPSHOT


def test_the_snapshot_does_not_contradict_an_index_that_states_markers(world: World) -> None:
    quiet = Query("lib", (INDEX,), WITH_SNAPSHOT)
    script = {(INDEX, "lib"): Fetched(SILENT), (INDEX, "old"): Fetched(ARCHIVED)}
    answers = world.look_up([quiet, Query("old", (INDEX,))], script)
    assert answers[quiet] == KnownStatus(ProjectStatus.ACTIVE, "", LIVE)


def test_a_snapshot_that_knows_no_more_changes_nothing(world: World) -> None:
    settings = LookupSettings(snapshot=snapshot_of(lib=SILENT))
    assert world.ask({(INDEX, "lib"): Fetched(SILENT)}, settings=settings) == StatusNotStated(LIVE)
    assert world.ask({(INDEX, "other"): DOWN}, name="other", settings=settings) == Unavailable(
        Cause.TIMEOUT, "timed out", LIVE
    )


# --- another index for statuses ---------------------------------------------------------------------------------------

ELSEWHERE = LookupSettings(status_index=STATUS)
AT_STATUS = Origin(STATUS, NOW)


@pytest.mark.parametrize(
    ("outcome", "answer"),
    [
        (Fetched(ARCHIVED), KnownStatus(ProjectStatus.ARCHIVED, "moved", AT_STATUS)),
        (Fetched(ACTIVE), KnownStatus(ProjectStatus.ACTIVE, "", AT_STATUS)),
        (Fetched(ProjectPage("retired")), UnrecognizedStatus("retired", "", AT_STATUS)),
        (Fetched(SILENT), StatusNotStated(LIVE)),
        (NotFound(), StatusNotStated(LIVE)),
        (DOWN, Unavailable(Cause.TIMEOUT, "timed out", AT_STATUS)),
    ],
)
def test_the_status_index_is_asked_where_the_index_states_nothing(
    world: World, outcome: Outcome, answer: IndexResult
) -> None:
    script = {(INDEX, "lib"): Fetched(SILENT), (STATUS, "lib"): outcome}
    assert world.ask(script, settings=ELSEWHERE) == answer
    assert world.fetcher.rounds == [1, 1]


@pytest.mark.parametrize("outcome", [Fetched(ACTIVE), Fetched(ARCHIVED), NotFound(), DOWN])
def test_the_status_index_is_asked_for_nothing_else(world: World, outcome: Outcome) -> None:
    world.ask({(INDEX, "lib"): outcome, (STATUS, "lib"): Fetched(ARCHIVED)}, settings=ELSEWHERE)
    assert {request.index_url for request in world.fetcher.asked} == {INDEX}


def test_a_status_index_that_states_markers_tells_active_by_silence(world: World) -> None:
    one, other = Query("one", (INDEX,), ELSEWHERE), Query("other", (INDEX,), ELSEWHERE)
    script = {(INDEX, name): Fetched(SILENT) for name in ("one", "other")}
    answers = world.look_up(
        [one, other], {**script, (STATUS, "one"): Fetched(SILENT), (STATUS, "other"): Fetched(ARCHIVED)}
    )
    assert answers[one] == KnownStatus(ProjectStatus.ACTIVE, "", AT_STATUS)


def test_what_the_last_round_shows_of_an_index_holds_for_the_first(world: World) -> None:
    """The index that one project asks for statuses alone is another project's own."""
    own, other = Query("own", (STATUS,)), Query("other", (INDEX,), ELSEWHERE)
    script = {
        (STATUS, "own"): Fetched(SILENT),
        (INDEX, "other"): Fetched(SILENT),
        (STATUS, "other"): Fetched(ARCHIVED),
    }
    assert world.look_up([own, other], script)[own] == KnownStatus(ProjectStatus.ACTIVE, "", AT_STATUS)


def test_the_snapshot_speaks_where_the_status_index_does_not(world: World) -> None:
    settings = WITH_SNAPSHOT._replace(status_index=STATUS)
    for outcome in (DOWN, NotFound(), Fetched(SILENT)):
        script = {(INDEX, "lib"): Fetched(SILENT), (STATUS, "lib"): outcome}
        assert world.ask(script, settings=settings._replace(refresh=True)) == FROM_SNAPSHOT


def test_the_status_index_is_cached_like_every_other(world: World) -> None:
    script = {(INDEX, "lib"): Fetched(SILENT), (STATUS, "lib"): Fetched(ARCHIVED)}
    world.ask(script, settings=ELSEWHERE)
    answer = world.ask({}, settings=ELSEWHERE)
    assert answer == KnownStatus(ProjectStatus.ARCHIVED, "moved", AT_STATUS._replace(source=Source.CACHE))
    assert world.fetcher.opened == 0


def test_offline_a_status_index_that_was_never_asked_leaves_the_name_unchecked(world: World) -> None:
    world.remember(INDEX, "lib", SILENT, 10.0)
    answer = world.ask({}, settings=ELSEWHERE._replace(offline=True))
    assert answer == UNKNOWN._replace(origin=AT_STATUS)
