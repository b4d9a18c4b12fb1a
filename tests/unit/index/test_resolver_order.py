"""Results do not depend on the order of queries and responses, and no request is superfluous."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from mothball.index.cache import CachedPage, PageKey, StatusCache, page_key
from mothball.index.project_page import (
    Failed,
    Fetched,
    NotFound,
    NotModified,
    Outcome,
    PageRequest,
    ProjectPage,
    Redirected,
)
from mothball.index.resolution import LookupSettings, Query
from mothball.index.resolver import Resolver
from mothball.model.results import (
    Cause,
    IndexResult,
    KnownStatus,
    Missing,
    StatusNotStated,
    Unavailable,
    UnrecognizedStatus,
)
from tests.support.fake_fetcher import FakeFetcher
from tests.support.lookup_fixture import HOME, INDEX, NOW, STATUS, snapshot_of

NAMES = ("a", "b", "c")
INDEXES = (HOME, INDEX, STATUS)
PLACES = [(index, name) for index in INDEXES for name in NAMES]

PAGES = st.sampled_from([ProjectPage(None), ProjectPage("active"), ProjectPage("archived"), ProjectPage("odd")])
OUTCOMES: st.SearchStrategy[Outcome] = st.one_of(
    st.builds(Fetched, PAGES),
    st.just(NotModified()),
    st.just(NotFound()),
    st.just(Failed(Cause.TIMEOUT, "slow")),
    st.just(Failed(Cause.UNAUTHORIZED, "forbidden", 403)),
    st.builds(Redirected, st.sampled_from([*INDEXES, ""]), st.just(Failed(Cause.REFUSED_REDIRECT, "moved"))),
)
HELD = st.builds(
    CachedPage, st.none() | PAGES, st.just('"v1"'), st.sampled_from([NOW - 10, NOW - 4000, NOW - 10**6, NOW + 10**4])
)
SETTINGS = st.builds(
    LookupSettings,
    max_age=st.sampled_from([0.0, 60.0, 3600.0]),
    offline=st.booleans(),
    status_index=st.sampled_from([None, STATUS]),
    snapshot=st.sampled_from([None, snapshot_of(a=ProjectPage("archived"), b=ProjectPage(None))]),
    ignored_codes=st.sampled_from([frozenset(), frozenset({(HOME, 403), (INDEX, 403)})]),
    is_private=st.booleans(),
)
QUERIES = st.builds(
    Query,
    st.sampled_from(NAMES),
    st.lists(st.sampled_from(INDEXES), min_size=1, max_size=3, unique=True).map(tuple),
    SETTINGS,
)
WORLDS = st.tuples(
    st.lists(QUERIES, min_size=1, max_size=6, unique=True),
    st.fixed_dictionaries(dict.fromkeys(PLACES, OUTCOMES)),
    st.dictionaries(st.sampled_from(PLACES), HELD),
    st.sets(st.sampled_from(INDEXES), max_size=1),
)
Scripted = dict[tuple[str, str], Outcome]
Held = dict[tuple[str, str], CachedPage]
Order = Callable[[list[PageRequest]], list[PageRequest]]


class MemoryCache(StatusCache):
    """A cache in memory, for many fast examples."""

    def __init__(self, cached: Held, stating: set[str]) -> None:
        super().__init__("nowhere", None)
        self.cached = {page_key(*key): page for key, page in cached.items()}
        self.stating = set(stating)

    def get_many(self, keys: Iterable[PageKey]) -> dict[PageKey, CachedPage]:
        return {key: self.cached[key] for key in keys if key in self.cached}

    def put_many(self, results: Mapping[PageKey, CachedPage]) -> None:
        self.cached.update(results)

    def states_markers(self, index: str) -> bool:
        return index in self.stating

    def record_markers(self, index: str) -> None:
        self.stating.add(index)


def run(
    queries: list[Query], script: Scripted, cached: Held, stating: set[str], order: Order, *, refresh: bool = False
) -> tuple[dict[Query, IndexResult], MemoryCache, FakeFetcher]:
    fetcher, cache = FakeFetcher(script, order), MemoryCache(cached, stating)
    results = Resolver(open_client=fetcher.open, cache=cache, clock=lambda: NOW).look_up(queries, refresh=refresh)
    return results, cache, fetcher


@given(WORLDS, st.randoms(use_true_random=False), st.booleans())
def test_results_do_not_depend_on_the_order_of_queries_or_responses(
    world: tuple[list[Query], Scripted, Held, set[str]],
    random: Random,
    refresh: bool,  # noqa: FBT001 - drawn by hypothesis
) -> None:
    queries, script, cached, stating = world
    results, left, fetcher = run(queries, script, cached, stating, list, refresh=refresh)
    shuffled = random.sample(queries, len(queries))
    again, left_again, fetcher_again = run(
        shuffled,
        script,
        cached,
        stating,
        lambda requests: random.sample(requests, len(requests)),
        refresh=refresh,
    )
    assert again == results
    assert (left_again.cached, left_again.stating) == (left.cached, left.stating)
    assert set(fetcher_again.asked) == set(fetcher.asked)


@given(WORLDS)
def test_no_page_is_requested_twice_or_needlessly(world: tuple[list[Query], Scripted, Held, set[str]]) -> None:
    queries, script, cached, stating = world
    _, _, fetcher = run(queries, script, cached, stating, list)
    requested = [(request.index_url, request.name) for request in fetcher.asked]
    assert len(requested) == len(set(requested))
    for index, name in requested:
        assert any(wants(query, index, name, script, cached) for query in queries)


def wants(query: Query, index: str, name: str, script: Scripted, cached: Held) -> bool:
    """Return True if ``query`` needs a request to ``index``: none before it has the name, or one redirects to it."""
    if query.name != name or query.settings.offline:
        return False
    before = query.indexes[: query.indexes.index(index)] if index in query.indexes else ()
    if index in query.indexes and all(
        isinstance(script[index_before, name], NotFound | Redirected)
        or (index_before, 403) in query.settings.ignored_codes
        or ((index_before, name) in cached and cached[index_before, name].page is None)
        for index_before in before
    ):
        return True
    is_delegate = index in query.indexes and not query.settings.is_private
    targets = {outcome.index_url for place, outcome in script.items() if isinstance(outcome, Redirected)}
    return (is_delegate and index in targets) or index == query.settings.status_index


@given(WORLDS)
def test_every_status_was_stated_by_a_source(world: tuple[list[Query], Scripted, Held, set[str]]) -> None:
    queries, script, cached, stating = world
    results, _, _ = run(queries, script, cached, stating, list)
    for query, result in results.items():
        stated = {
            *(
                outcome.page.marker
                for place, outcome in script.items()
                if place[1] == query.name and isinstance(outcome, Fetched)
            ),
            *(entry.page.marker for key, entry in cached.items() if key[1] == query.name and entry.page),
        }
        snapshot = query.settings.snapshot
        match result:
            case KnownStatus(status):
                # No marker may mean active.
                assert status in stated or (None in stated and status == "active") or (snapshot and query.name == "a")
            case UnrecognizedStatus(marker):
                assert marker in stated
            case StatusNotStated():
                assert None in stated or (snapshot and query.name == "b")
            case Missing(origin):
                place = (origin.index_url, query.name)
                outcome = script[place]
                is_delegated = isinstance(outcome, Redirected) and query.settings.is_private
                assert isinstance(outcome, NotFound) or is_delegated or cached[place].page is None
            case Unavailable():
                pass
