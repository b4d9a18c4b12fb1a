"""What becomes an answer: the rules by which cache and indexes are combined."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from mothball.index.cache import BATCH, CachedPage, StatusCache
from mothball.index.page_request import Failed, Fetched, NotFound, NotModified, Outcome, PageRequest, ProjectPage
from mothball.index.resolution import CLOCK_SKEW, MISSING_MAX_AGE, LookupSettings, Query
from mothball.index.resolver import Resolver
from mothball.model.lookup import (
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
    ("outcome", "answer"),
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
def test_every_outcome_has_its_answer(world: World, outcome: Outcome, answer: IndexResult) -> None:
    assert world.ask({(INDEX, "lib"): outcome}) == answer


def test_no_queries_are_no_work(world: World) -> None:
    assert world.look_up([], {}) == {}
    assert world.fetcher.opened == 0


def test_answers_come_in_the_order_of_the_queries(world: World) -> None:
    queries = [Query(name, (INDEX,)) for name in ("c", "a", "b", "a")]
    assert [query.name for query in world.look_up(queries, {})] == ["c", "a", "b"]


def test_a_look_up_without_a_cache_works() -> None:
    fetcher = FakeFetcher({(INDEX, "lib"): Fetched(SILENT), (INDEX, "old"): Fetched(ARCHIVED)})
    statuses = Resolver(open_client=fetcher.open, cache=None, clock=lambda: NOW)
    query = Query("lib", (INDEX,))
    assert statuses.look_up([query]) == {query: StatusNotStated(LIVE)}
    assert statuses.look_up([query, Query("old", (INDEX,))])[query] == KnownStatus(ProjectStatus.ACTIVE, "", LIVE)
    assert fetcher.opened == 1
    assert fetcher.rounds == [1, 2]


def test_progress_is_passed_on() -> None:
    steps: list[tuple[int, int]] = []
    fetcher = FakeFetcher({})
    statuses = Resolver(
        open_client=fetcher.open,
        cache=None,
        clock=lambda: NOW,
        on_progress=lambda done, total: steps.append((done, total)),
    )
    statuses.look_up([Query(name, (INDEX,)) for name in "ab"])
    assert steps == [(1, 2), (2, 2)]


def test_a_client_that_loses_a_request_costs_an_answer_and_no_more(world: World) -> None:
    world.fetcher = FakeFetcher({}, order=lambda requests: requests[1:])
    statuses = Resolver(open_client=world.fetcher.open, cache=world.cache, clock=lambda: NOW)
    one, other = Query("a", (INDEX,)), Query("b", (INDEX,))
    assert statuses.look_up([one, other]) == {
        one: Unavailable(Cause.UNEXPECTED_RESPONSE, "no response was received", LIVE),
        other: Missing(LIVE),
    }


# --- the cache --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("age", [-CLOCK_SKEW, 0.0, HOUR - 1])
def test_a_fresh_answer_is_not_asked_again(world: World, age: float) -> None:
    world.remember(INDEX, "lib", ARCHIVED, age)
    assert world.ask({}) == KnownStatus(ProjectStatus.ARCHIVED, "moved", Origin(INDEX, NOW - age, Source.CACHE))
    assert world.fetcher.opened == 0


def test_an_answer_is_kept_for_the_next_run(world: World) -> None:
    world.ask({(INDEX, "lib"): Fetched(ARCHIVED, '"v2"')})
    assert world.remembered(INDEX, "lib") == CachedPage(ARCHIVED, '"v2"', NOW)
    world.now += HOUR - 1
    assert world.ask({}) == KnownStatus(ProjectStatus.ARCHIVED, "moved", Origin(INDEX, NOW, Source.CACHE))
    assert world.fetcher.opened == 0


@pytest.mark.parametrize("age", [-CLOCK_SKEW - 1, HOUR, 30 * DAY])
def test_an_old_answer_is_asked_again_by_its_validator(world: World, age: float) -> None:
    """So is one from the future: the clock was set back, and its age is anybody's guess."""
    world.remember(INDEX, "lib", ARCHIVED, age)
    assert world.ask({(INDEX, "lib"): NotModified()}) == KnownStatus(ProjectStatus.ARCHIVED, "moved", LIVE)
    assert world.fetcher.asked == [PageRequest(INDEX, "lib", '"v1"')]
    assert world.remembered(INDEX, "lib") == CachedPage(ARCHIVED, '"v1"', NOW)


def test_the_latest_release_is_kept_by_the_cache_and_stays_when_nothing_has_changed(world: World) -> None:
    release = Release("2.0", "2026-01-02")
    page = ACTIVE._replace(release=release)
    for outcome in (Fetched(page, '"v1"'), NotModified()):
        assert world.ask({(INDEX, "lib"): outcome}) == KnownStatus(
            ProjectStatus.ACTIVE, "", Origin(INDEX, world.now), release
        )
        assert world.remembered(INDEX, "lib") == CachedPage(page, '"v1"', world.now)
        world.now += 2 * HOUR
    silent = Query("silent", (INDEX,))
    assert world.look_up([silent], {(INDEX, "silent"): Fetched(SILENT._replace(release=release))}) == {
        silent: KnownStatus(ProjectStatus.ACTIVE, "", Origin(INDEX, world.now), release)
    }


def test_an_old_answer_without_a_validator_is_asked_again_in_full(world: World) -> None:
    world.remember(INDEX, "lib", ARCHIVED, 2 * HOUR, etag=None)
    assert world.ask({(INDEX, "lib"): Fetched(ACTIVE)}) == KnownStatus(ProjectStatus.ACTIVE, "", LIVE)
    assert world.fetcher.asked == [PageRequest(INDEX, "lib", None)]


def test_refresh_asks_even_for_what_is_fresh(world: World) -> None:
    world.remember(INDEX, "lib", ARCHIVED, 1.0)
    answer = world.ask({(INDEX, "lib"): Fetched(ACTIVE)}, settings=LookupSettings(refresh=True))
    assert answer == KnownStatus(ProjectStatus.ACTIVE, "", LIVE)
    assert world.fetcher.asked == [PageRequest(INDEX, "lib", '"v1"')]


def test_a_maximal_age_of_nothing_always_asks(world: World) -> None:
    world.remember(INDEX, "lib", ARCHIVED, 0.0)
    world.ask({(INDEX, "lib"): NotModified()}, settings=LookupSettings(max_age=0.0))
    assert world.fetcher.opened == 1


@pytest.mark.parametrize(("age", "asked"), [(MISSING_MAX_AGE - 1, 0), (MISSING_MAX_AGE, 1)])
def test_a_404_is_believed_for_minutes_only(world: World, age: float, asked: int) -> None:
    world.ask({})
    world.now += age
    assert isinstance(world.ask({}), Missing)
    assert world.fetcher.asked == [PageRequest(INDEX, "lib")] * asked


def test_a_404_is_believed_no_longer_than_other_answers(world: World) -> None:
    world.remember(INDEX, "lib", None, 10.0)
    world.ask({}, settings=LookupSettings(max_age=5.0))
    assert world.fetcher.opened == 1


def test_a_404_ends_what_was_known_before(world: World) -> None:
    world.remember(INDEX, "lib", ARCHIVED, 2 * HOUR)
    assert world.ask({}) == Missing(LIVE)
    assert world.remembered(INDEX, "lib") == CachedPage(None, None, NOW)


def test_a_failure_is_never_kept(world: World) -> None:
    world.ask({(INDEX, "lib"): DOWN})
    assert world.remembered(INDEX, "lib") is None
    world.ask({(INDEX, "lib"): NotModified()})
    assert world.remembered(INDEX, "lib") is None


@pytest.mark.parametrize("age", [-CLOCK_SKEW, 2 * HOUR, 7 * DAY])
def test_after_a_failure_an_old_answer_serves_with_its_age(world: World, age: float) -> None:
    world.remember(INDEX, "lib", ARCHIVED, age)
    answer = world.ask({(INDEX, "lib"): DOWN}, settings=LookupSettings(refresh=True))
    assert answer == KnownStatus(ProjectStatus.ARCHIVED, "moved", Origin(INDEX, NOW - age, Source.STALE))
    assert world.remembered(INDEX, "lib") == CachedPage(ARCHIVED, '"v1"', NOW - age)


@pytest.mark.parametrize("age", [-CLOCK_SKEW - 1, 7 * DAY + 1])
def test_after_a_failure_an_answer_that_is_too_old_does_not_serve(world: World, age: float) -> None:
    world.remember(INDEX, "lib", ARCHIVED, age)
    assert world.ask({(INDEX, "lib"): DOWN}) == Unavailable(Cause.TIMEOUT, "timed out", LIVE)


def test_after_a_failure_an_old_404_does_not_serve(world: World) -> None:
    world.remember(INDEX, "lib", None, 10.0)
    answer = world.ask({(INDEX, "lib"): DOWN}, settings=LookupSettings(refresh=True))
    assert answer == Unavailable(Cause.TIMEOUT, "timed out", LIVE)


def test_a_cache_that_cannot_be_used_fails_no_look_up(tmp_path: Path) -> None:
    world = World(str(tmp_path / "cache"))
    world.remember(INDEX, "lib", ARCHIVED, 10.0)
    world.cache.close()
    Path(tmp_path, "cache", "v2", "cache.db").write_bytes(b"noise" * 1000)
    world.cache = StatusCache(str(tmp_path / "cache" / "v2" / "cache.db"), None)
    assert world.ask({(INDEX, "lib"): Fetched(SILENT), (INDEX, "old"): Fetched(ARCHIVED)}) == StatusNotStated(LIVE)
    assert "not a database" in str(world.cache.error)


def test_a_warm_look_up_imports_neither_client_nor_writer(world: World, tmp_path: Path) -> None:
    world.remember(INDEX, "lib", ARCHIVED, 10.0)
    program = """
import sys
from mothball.index.cache import StatusCache
from mothball.index.resolution import Query
from mothball.index.resolver import Resolver
cache = StatusCache.open(sys.argv[1])
query = Query("lib", (sys.argv[2],))
answer = Resolver(open_client=None, cache=cache, clock=lambda: float(sys.argv[3])).look_up([query])[query]
cache.close()
dear = {"concurrent.futures", "dataclasses", "diskcache", "msgspec", "packaging", "pathlib", "platformdirs", "requests"}
print(answer.kind, *dear & set(sys.modules), *{"ssl", "tempfile", "urllib.parse", "urllib3"} & set(sys.modules))
"""
    arguments = [sys.executable, "-c", program, str(tmp_path / "cache"), INDEX, str(NOW)]
    assert subprocess.run(arguments, check=True, capture_output=True, text=True).stdout == "stated\n"


# --- several indexes --------------------------------------------------------------------------------------------------


def test_a_404_leads_to_the_next_index(world: World) -> None:
    assert world.ask({(INDEX, "lib"): Fetched(ARCHIVED)}, HOME, INDEX) == KnownStatus(
        ProjectStatus.ARCHIVED, "moved", LIVE
    )
    assert world.fetcher.asked == [PageRequest(HOME, "lib"), PageRequest(INDEX, "lib")]
    world.ask({}, HOME, INDEX)
    assert world.fetcher.opened == 0


def test_a_name_that_no_index_has_is_missing_from_the_last(world: World) -> None:
    assert world.ask({}, HOME, INDEX) == Missing(LIVE)


@pytest.mark.parametrize("cause", Cause)
def test_a_failure_never_leads_to_the_next_index(world: World, cause: Cause) -> None:
    world.remember(INDEX, "lib", ARCHIVED, 10.0)
    answer = world.ask({(HOME, "lib"): Failed(cause, "no")}, HOME, INDEX)
    assert answer == Unavailable(cause, "no", Origin(HOME, NOW))
    assert world.fetcher.asked == [PageRequest(HOME, "lib")]


def test_a_failure_after_a_404_in_the_past_does_not_lead_on_either(world: World) -> None:
    world.remember(HOME, "lib", None, HOUR)
    world.remember(INDEX, "lib", ARCHIVED, 10.0)
    assert isinstance(world.ask({(HOME, "lib"): DOWN}, HOME, INDEX), Unavailable)


def test_an_index_that_has_the_name_without_a_marker_ends_the_way(world: World) -> None:
    answer = world.ask({(HOME, "lib"): Fetched(SILENT), (INDEX, "lib"): Fetched(ARCHIVED)}, HOME, INDEX)
    assert answer == StatusNotStated(Origin(HOME, NOW))


def test_all_names_of_a_round_are_asked_at_once(world: World) -> None:
    queries = [Query(f"lib-{number}", (HOME, INDEX)) for number in range(40)]
    found = {(HOME, f"lib-{number}"): Fetched(ACTIVE) for number in range(25)}
    world.look_up(queries, found)
    assert world.fetcher.rounds == [40, 15]
    assert world.fetcher.opened == 1


def test_a_page_is_asked_for_once_however_many_need_it(world: World) -> None:
    queries = [
        Query("lib", (HOME, INDEX)),
        Query("lib", (INDEX,)),
        Query("lib", (INDEX.rstrip("/"), HOME)),
        Query("lib", (INDEX,), LookupSettings(max_age=1.0)),
        Query("lib", (INDEX,), LookupSettings(refresh=True)),
    ]
    answers = world.look_up(queries, {(INDEX, "lib"): Fetched(ARCHIVED), (INDEX.rstrip("/"), "lib"): Fetched(ARCHIVED)})
    assert set(answers.values()) == {KnownStatus(ProjectStatus.ARCHIVED, "moved", LIVE)}
    assert len(world.fetcher.asked) == 2


def test_each_query_keeps_its_own_idea_of_what_is_fresh(world: World) -> None:
    world.remember(INDEX, "lib", ARCHIVED, 10.0)
    patient, eager = Query("lib", (INDEX,)), Query("lib", (INDEX,), LookupSettings(max_age=5.0))
    answers = world.look_up([patient, eager], {(INDEX, "lib"): DOWN})
    assert answers[patient] == KnownStatus(ProjectStatus.ARCHIVED, "moved", Origin(INDEX, NOW - 10, Source.CACHE))
    assert answers[eager] == KnownStatus(ProjectStatus.ARCHIVED, "moved", Origin(INDEX, NOW - 10, Source.STALE))


# --- an index that states markers -------------------------------------------------------------------------------------


def test_where_an_index_states_markers_none_means_active(world: World) -> None:
    quiet, other = Query("quiet", (INDEX,)), Query("other", (HOME,))
    answers = world.look_up(
        [quiet, other, Query("old", (INDEX,))],
        {(INDEX, "quiet"): Fetched(SILENT), (HOME, "other"): Fetched(SILENT), (INDEX, "old"): Fetched(ARCHIVED)},
    )
    assert answers[quiet] == KnownStatus(ProjectStatus.ACTIVE, "", LIVE)
    assert answers[other] == StatusNotStated(Origin(HOME, NOW))


def test_a_marker_that_we_do_not_know_is_a_marker(world: World) -> None:
    quiet = Query("quiet", (INDEX,))
    script = {(INDEX, "quiet"): Fetched(SILENT), (INDEX, "odd"): Fetched(ProjectPage("retired"))}
    assert world.look_up([quiet, Query("odd", (INDEX,))], script)[quiet] == KnownStatus(ProjectStatus.ACTIVE, "", LIVE)


def test_that_an_index_states_markers_is_known_in_later_runs(world: World) -> None:
    world.ask({(INDEX, "old"): Fetched(ARCHIVED)}, name="old")
    assert world.ask({(INDEX, "quiet"): Fetched(SILENT)}, name="quiet") == KnownStatus(ProjectStatus.ACTIVE, "", LIVE)


@pytest.mark.parametrize("outcome", [NotModified(), DOWN, Fetched(SILENT)])
def test_a_marker_that_the_cache_holds_was_seen(world: World, outcome: Outcome) -> None:
    world.remember(INDEX, "old", ARCHIVED, 2 * HOUR)
    world.remember(INDEX, "quiet", SILENT, 10.0)
    quiet = Query("quiet", (INDEX,))
    answers = world.look_up([quiet, Query("old", (INDEX,))], {(INDEX, "old"): outcome})
    assert answers[quiet] == KnownStatus(ProjectStatus.ACTIVE, "", Origin(INDEX, NOW - 10, Source.CACHE))


def test_a_warm_run_writes_nothing(world: World, tmp_path: Path) -> None:
    world.remember(INDEX, "old", ARCHIVED, 10.0)
    world.remember(INDEX, "quiet", SILENT, 10.0)
    before = Path(tmp_path, "cache", "v2", "cache.db").read_bytes()
    world.look_up([Query("old", (INDEX,)), Query("quiet", (INDEX,))], {})
    assert Path(tmp_path, "cache", "v2", "cache.db").read_bytes() == before


# --- keeping ----------------------------------------------------------------------------------------------------------


def test_what_came_in_before_an_interruption_is_kept(world: World) -> None:
    names = [f"lib-{number}" for number in range(BATCH + 5)]
    script: dict[tuple[str, str], Outcome | BaseException] = {(INDEX, name): Fetched(ARCHIVED) for name in names}
    script[INDEX, names[-1]] = KeyboardInterrupt()
    with pytest.raises(KeyboardInterrupt):
        world.look_up([Query(name, (INDEX,)) for name in names], script)
    assert [name for name in names if world.remembered(INDEX, name)] == names[:-1]


def test_answers_are_written_in_batches_while_others_are_awaited(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    sizes: list[int] = []
    put_many = world.cache.put_many

    def counting(answers: dict[object, CachedPage]) -> None:
        sizes.append(len(answers))
        put_many(answers)  # type: ignore[arg-type]  # only counted here

    monkeypatch.setattr(world.cache, "put_many", counting)
    world.look_up([Query(f"lib-{number}", (INDEX,)) for number in range(2 * BATCH + 1)], {})
    assert sizes == [BATCH, BATCH, 1]
