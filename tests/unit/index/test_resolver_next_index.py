"""What leads to the next index besides a 404: statuses that are ignored, and redirects to another index of the name."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from mothball.config.project import DEFAULT_INDEX
from mothball.index.project_page import Failed, Fetched, NotFound, Outcome, PageRequest, Redirected
from mothball.index.resolution import LookupSettings, Query
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
)
from tests.support.fake_fetcher import Script
from tests.support.lookup_fixture import ARCHIVED, DAY, DOWN, HOME, HOUR, INDEX, NOW, SILENT, STATUS, World

FORBIDDEN = Failed(Cause.UNAUTHORIZED, "home.example returned 403 Forbidden", 403)
BAD_REQUEST = Failed(Cause.UNEXPECTED_RESPONSE, "home.example returned 400 Bad Request", 400)
IGNORING = LookupSettings(ignored_codes=frozenset({(HOME, 403)}))
REFUSED = Failed(Cause.REFUSED_REDIRECT, "home.example redirected to another host")
PRIVATE = LookupSettings(is_private=True, public_indexes=frozenset({STATUS}))


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = World(str(tmp_path / "cache"))
    yield made
    assert made.cache.error is None
    made.cache.close()


def archived(index: str, at: float = NOW, source: Source = Source.INDEX) -> KnownStatus:
    return KnownStatus(ProjectStatus.ARCHIVED, "moved", Origin(index, at, source))


def redirect(index: str) -> Redirected:
    return Redirected(index, REFUSED)


def requested(world: World) -> list[str]:
    return [request.index_url for request in world.fetcher.asked]


# --- ignore-error-codes -----------------------------------------------------------------------------------------------


def test_ignored_status_leads_to_the_next_index(world: World) -> None:
    script: Script = {(HOME, "lib"): FORBIDDEN, (INDEX, "lib"): Fetched(ARCHIVED)}
    assert world.ask(script, HOME, INDEX, settings=IGNORING) == archived(INDEX)
    assert requested(world) == [HOME, INDEX]


@pytest.mark.parametrize(
    ("codes", "outcome"),
    [
        (frozenset(), FORBIDDEN),
        (frozenset({(INDEX, 403)}), FORBIDDEN),
        (frozenset({(HOME, 404)}), FORBIDDEN),
        (frozenset({(HOME, 403)}), BAD_REQUEST),
        (frozenset({(HOME, 403)}), FORBIDDEN._replace(status=0)),
        (frozenset({(HOME, 403)}), DOWN),
    ],
)
def test_other_failures_do_not_lead_to_the_next_index(
    world: World, codes: frozenset[tuple[str, int]], outcome: Failed
) -> None:
    result = world.ask({(HOME, "lib"): outcome}, HOME, INDEX, settings=LookupSettings(ignored_codes=codes))
    assert result == Unavailable(outcome.cause, outcome.detail, Origin(HOME, NOW), outcome.status)
    assert requested(world) == [HOME]


@pytest.mark.parametrize(("indexes", "status"), [((HOME,), 0), ((INDEX, HOME), 0), ((HOME, INDEX), 403)])
def test_failure_has_the_status_if_ignoring_it_would_lead_to_another_index(
    world: World, indexes: tuple[str, ...], status: int
) -> None:
    result = world.ask({(HOME, "lib"): FORBIDDEN}, *indexes)
    assert isinstance(result, Unavailable)
    assert result.ignorable_status == status


@pytest.mark.parametrize("indexes", [(HOME,), (HOME, INDEX), (INDEX, HOME), (STATUS, HOME, INDEX)])
def test_name_that_no_index_has_is_unavailable_if_a_status_was_ignored(world: World, indexes: tuple[str, ...]) -> None:
    result = world.ask({(HOME, "lib"): FORBIDDEN}, *indexes, settings=IGNORING)
    detail = f"{HOME} returned 403, which `ignore-error-codes` ignores, and no other index has it"
    assert result == Unavailable(Cause.UNAUTHORIZED, detail, Origin(HOME, NOW))
    assert requested(world) == list(indexes)


def test_failure_after_an_ignored_status_is_the_result(world: World) -> None:
    result = world.ask({(HOME, "lib"): FORBIDDEN, (INDEX, "lib"): DOWN}, HOME, INDEX, settings=IGNORING)
    assert result == Unavailable(Cause.TIMEOUT, "timed out", Origin(INDEX, NOW))


def test_ignored_status_replaces_the_cached_page(world: World) -> None:
    world.remember(HOME, "lib", SILENT, HOUR)
    script: Script = {(HOME, "lib"): FORBIDDEN, (INDEX, "lib"): Fetched(ARCHIVED)}
    assert world.ask(script, HOME, INDEX, settings=IGNORING) == archived(INDEX)


def test_status_that_is_not_ignored_keeps_the_cached_page(world: World) -> None:
    world.remember(HOME, "lib", SILENT, HOUR)
    stale = StatusNotStated(Origin(HOME, NOW - HOUR, Source.STALE, failure=FORBIDDEN.detail))
    for _ in range(2):
        assert world.ask({(HOME, "lib"): FORBIDDEN}, HOME, INDEX) == stale


def test_ignored_status_is_cached_for_minutes_like_a_404(world: World) -> None:
    script: Script = {(HOME, "lib"): FORBIDDEN, (INDEX, "lib"): Fetched(ARCHIVED)}
    world.ask(script, HOME, INDEX, settings=IGNORING)
    world.now += 60
    assert world.ask(script, HOME, INDEX, settings=IGNORING) == archived(INDEX, source=Source.CACHE)
    assert requested(world) == []
    world.now += 300
    world.ask(script, HOME, INDEX, settings=IGNORING)
    assert requested(world) == [HOME]


def test_cached_status_counts_only_as_long_as_it_is_ignored(world: World) -> None:
    script: Script = {(HOME, "lib"): FORBIDDEN, (INDEX, "lib"): Fetched(ARCHIVED)}
    world.ask(script, HOME, INDEX, settings=IGNORING)
    assert isinstance(world.ask(script, HOME, INDEX), Unavailable)
    assert requested(world) == [HOME]
    offline = world.ask({}, HOME, INDEX, settings=LookupSettings(offline=True))
    assert isinstance(offline, Unavailable)
    assert offline.cause is Cause.OFFLINE


def test_offline_cached_status_of_any_age_leads_to_the_next_index(world: World) -> None:
    world.ask({(HOME, "lib"): FORBIDDEN, (INDEX, "lib"): Fetched(ARCHIVED)}, HOME, INDEX, settings=IGNORING)
    world.now += DAY
    result = world.ask({}, HOME, INDEX, settings=IGNORING._replace(offline=True))
    assert result == archived(INDEX, source=Source.STALE)


# --- delegation -------------------------------------------------------------------------------------------------------

FOUND = Fetched(ARCHIVED)


@pytest.mark.parametrize(
    ("script", "indexes", "result", "asked"),
    [
        # The built-in default index, which is no candidate.
        ({HOME: redirect(DEFAULT_INDEX), DEFAULT_INDEX: FOUND}, (HOME,), DEFAULT_INDEX, [HOME, DEFAULT_INDEX]),
        # Another candidate, before or after the index.
        ({HOME: redirect(INDEX), INDEX: FOUND}, (HOME, INDEX), INDEX, [HOME, INDEX]),
        ({HOME: redirect(INDEX), INDEX: FOUND}, (HOME, STATUS, INDEX), INDEX, [HOME, INDEX]),
        ({HOME: redirect(INDEX), STATUS: FOUND}, (INDEX, HOME, STATUS), STATUS, [INDEX, HOME, STATUS]),
        # The index that the redirect leads to does not have it: the next candidate is queried.
        ({HOME: redirect(DEFAULT_INDEX), INDEX: FOUND}, (HOME, INDEX), INDEX, [HOME, DEFAULT_INDEX, INDEX]),
        # A chain.
        (
            {HOME: redirect(INDEX), INDEX: redirect(DEFAULT_INDEX), DEFAULT_INDEX: FOUND},
            (HOME, INDEX),
            DEFAULT_INDEX,
            [HOME, INDEX, DEFAULT_INDEX],
        ),
    ],
)
def test_redirect_to_another_index_of_the_name_leads_there(
    world: World, script: dict[str, Outcome], indexes: tuple[str, ...], result: str, asked: list[str]
) -> None:
    assert world.ask({(index, "lib"): outcome for index, outcome in script.items()}, *indexes) == archived(result)
    assert requested(world) == asked


def test_name_that_the_delegate_does_not_have_is_missing(world: World) -> None:
    assert world.ask({(HOME, "lib"): redirect(DEFAULT_INDEX)}, HOME) == Missing(Origin(DEFAULT_INDEX, NOW))


@pytest.mark.parametrize(
    ("script", "indexes", "origin"),
    [
        # Not an index of the name: another host, not the page of the same name, a public index that is no candidate.
        ({HOME: redirect("https://stranger.example/simple/")}, (HOME, INDEX), HOME),
        ({HOME: redirect("")}, (HOME, INDEX), HOME),
        ({HOME: redirect(STATUS)}, (HOME, INDEX), HOME),
        # Another path or scheme of a candidate.
        ({HOME: redirect("https://index.example/other/")}, (HOME, INDEX), HOME),
        ({HOME: redirect("http://index.example/simple/")}, (HOME, INDEX), HOME),
        # Only a candidate may redirect.
        ({HOME: redirect(DEFAULT_INDEX), DEFAULT_INDEX: redirect(INDEX)}, (HOME, INDEX), DEFAULT_INDEX),
        ({HOME: redirect(HOME)}, (HOME, INDEX), HOME),
    ],
)
def test_other_redirects_are_failures(
    world: World, script: dict[str, Outcome], indexes: tuple[str, ...], origin: str
) -> None:
    settings = LookupSettings(public_indexes=frozenset({STATUS}))
    result = world.ask({(index, "lib"): outcome for index, outcome in script.items()}, *indexes, settings=settings)
    assert result == Unavailable(Cause.REFUSED_REDIRECT, REFUSED.detail, Origin(origin, NOW))
    assert set(requested(world)) == set(script)


def test_indexes_that_redirect_to_each_other_are_a_failure(world: World) -> None:
    script: Script = {(HOME, "lib"): redirect(INDEX), (INDEX, "lib"): redirect(HOME)}
    result = world.ask(script, HOME, INDEX, STATUS)
    detail = f"{INDEX} and {HOME} redirect to each other"
    assert result == Unavailable(Cause.REFUSED_REDIRECT, detail, Origin(INDEX, NOW))
    assert requested(world) == [HOME, INDEX]


def test_failure_of_the_delegate_does_not_lead_to_the_next_index(world: World) -> None:
    script: Script = {(HOME, "lib"): redirect(DEFAULT_INDEX), (DEFAULT_INDEX, "lib"): DOWN}
    assert world.ask(script, HOME, INDEX) == Unavailable(Cause.TIMEOUT, "timed out", Origin(DEFAULT_INDEX, NOW))


@pytest.mark.parametrize("target", [DEFAULT_INDEX, INDEX, STATUS])
@pytest.mark.parametrize(("outcome", "result"), [(FOUND, archived(INDEX)), (NotFound(), Missing(Origin(INDEX, NOW)))])
def test_redirect_of_a_private_name_means_that_the_index_does_not_have_it(
    world: World, target: str, outcome: Outcome, result: IndexResult
) -> None:
    script: Script = {(HOME, "lib"): redirect(target), (INDEX, "lib"): outcome}
    assert world.ask(script, HOME, INDEX, settings=PRIVATE) == result
    assert requested(world) == [HOME, INDEX]
    # The same from the cache.
    world.now += 60
    world.ask(script, HOME, INDEX, settings=PRIVATE)
    assert requested(world) == []


def test_redirect_of_a_private_name_to_a_stranger_is_a_failure(world: World) -> None:
    result = world.ask({(HOME, "lib"): redirect("https://stranger.example/simple/")}, HOME, INDEX, settings=PRIVATE)
    assert isinstance(result, Unavailable)
    assert requested(world) == [HOME]


def test_status_index_may_not_redirect(world: World) -> None:
    settings = LookupSettings(status_index=STATUS)
    for target in (DEFAULT_INDEX, HOME):
        result = world.ask({(HOME, "lib"): Fetched(SILENT), (STATUS, "lib"): redirect(target)}, HOME, settings=settings)
        assert result == Unavailable(Cause.REFUSED_REDIRECT, REFUSED.detail, Origin(STATUS, NOW))
        assert DEFAULT_INDEX not in requested(world)


def test_redirect_and_page_of_the_delegate_are_cached(world: World) -> None:
    script: Script = {(HOME, "lib"): redirect(DEFAULT_INDEX), (DEFAULT_INDEX, "lib"): FOUND}
    world.ask(script, HOME)
    world.now += 60
    assert world.ask(script, HOME) == archived(DEFAULT_INDEX, source=Source.CACHE)
    assert requested(world) == []
    world.now += 300
    world.ask(script, HOME)
    assert requested(world) == [HOME]
    world.now += DAY
    offline = LookupSettings(offline=True)
    assert world.ask({}, HOME, settings=offline) == archived(DEFAULT_INDEX, source=Source.STALE)


def test_cached_redirect_counts_only_as_long_as_it_leads_to_an_index_of_the_name(world: World) -> None:
    script: Script = {(HOME, "lib"): redirect(INDEX), (INDEX, "lib"): FOUND}
    assert world.ask(script, HOME, INDEX) == archived(INDEX)
    assert isinstance(world.ask(script, HOME), Unavailable)
    assert requested(world) == [HOME]
    # A name that becomes private is not sent to the delegate, not even from the cache.
    assert world.ask(script, HOME, INDEX) == archived(INDEX, source=Source.CACHE)
    script = {(HOME, "lib"): redirect(DEFAULT_INDEX), (DEFAULT_INDEX, "lib"): FOUND}
    world.ask(script, HOME)
    assert isinstance(world.ask(script, HOME, settings=PRIVATE), Missing)


def test_refused_redirect_keeps_the_cached_page(world: World) -> None:
    world.remember(HOME, "lib", SILENT, HOUR)
    stale = StatusNotStated(Origin(HOME, NOW - HOUR, Source.STALE, failure=REFUSED.detail))
    for _ in range(2):
        assert world.ask({(HOME, "lib"): redirect("https://stranger.example/simple/")}, HOME, INDEX) == stale


def test_delegated_names_are_requested_together(world: World) -> None:
    names = [f"lib-{number}" for number in range(20)]
    script: dict[tuple[str, str], Outcome] = {(HOME, name): redirect(DEFAULT_INDEX) for name in names}
    script |= {(DEFAULT_INDEX, name): FOUND for name in names}
    results = world.look_up([Query(name, (HOME,)) for name in names], script)
    assert set(results.values()) == {archived(DEFAULT_INDEX)}
    assert world.fetcher.rounds == [20, 20]
    assert PageRequest(DEFAULT_INDEX, "lib-7") in world.fetcher.asked
