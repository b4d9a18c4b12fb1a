"""What is concluded does not depend on who is asked first, nor on who answers first; and nobody is asked too much."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from mothball.index.cache import CachedPage, PageKey, StatusCache, page_key
from mothball.index.page_request import Failed, Fetched, NotFound, NotModified, Outcome, PageRequest, ProjectPage
from mothball.index.resolution import LookupSettings, Query
from mothball.index.resolver import Resolver
from mothball.model.lookup import (
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
    st.builds(Fetched, PAGES), st.just(NotModified()), st.just(NotFound()), st.just(Failed(Cause.TIMEOUT, "slow"))
)
HELD = st.builds(
    CachedPage, st.none() | PAGES, st.just('"v1"'), st.sampled_from([NOW - 10, NOW - 4000, NOW - 10**6, NOW + 10**4])
)
SETTINGS = st.builds(
    LookupSettings,
    max_age=st.sampled_from([0.0, 60.0, 3600.0]),
    offline=st.booleans(),
    refresh=st.booleans(),
    status_index=st.sampled_from([None, STATUS]),
    snapshot=st.sampled_from([None, snapshot_of(a=ProjectPage("archived"), b=ProjectPage(None))]),
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
    """A cache without a disk, so that there is time for many worlds."""

    def __init__(self, held: Held, stating: set[str]) -> None:
        super().__init__("nowhere", None)
        self.held = {page_key(*place): answer for place, answer in held.items()}
        self.known = set(stating)

    def get_many(self, keys: Iterable[PageKey]) -> dict[PageKey, CachedPage]:
        return {key: self.held[key] for key in keys if key in self.held}

    def put_many(self, answers: Mapping[PageKey, CachedPage]) -> None:
        self.held.update(answers)

    def states_markers(self, index: str) -> bool:
        return index in self.known

    def record_markers(self, index: str) -> None:
        self.known.add(index)


def run(
    queries: list[Query], script: Scripted, held: Held, stating: set[str], order: Order
) -> tuple[dict[Query, IndexResult], MemoryCache, FakeFetcher]:
    fetcher, cache = FakeFetcher(script, order), MemoryCache(held, stating)
    answers = Resolver(open_client=fetcher.open, cache=cache, clock=lambda: NOW).look_up(queries)
    return answers, cache, fetcher


@given(WORLDS, st.randoms(use_true_random=False))
def test_neither_the_order_of_questions_nor_of_answers_matters(
    world: tuple[list[Query], Scripted, Held, set[str]], random: Random
) -> None:
    queries, script, held, stating = world
    answers, left, fetcher = run(queries, script, held, stating, list)
    shuffled = random.sample(queries, len(queries))
    again, left_again, fetcher_again = run(
        shuffled, script, held, stating, lambda requests: random.sample(requests, len(requests))
    )
    assert again == answers
    assert (left_again.held, left_again.known) == (left.held, left.known)
    assert set(fetcher_again.asked) == set(fetcher.asked)


@given(WORLDS)
def test_no_page_is_asked_for_twice_or_in_vain(world: tuple[list[Query], Scripted, Held, set[str]]) -> None:
    queries, script, held, stating = world
    _, _, fetcher = run(queries, script, held, stating, list)
    asked = [(request.index_url, request.name) for request in fetcher.asked]
    assert len(asked) == len(set(asked))
    for index, name in asked:
        assert any(wants(query, index, name, script, held) for query in queries)


def wants(query: Query, index: str, name: str, script: Scripted, held: Held) -> bool:
    """Return whether ``query`` has reason to ask ``index``: every index before it has said 404, now or just before."""
    if query.name != name or query.settings.offline:
        return False
    before = query.indexes[: query.indexes.index(index)] if index in query.indexes else ()
    if index in query.indexes and all(
        isinstance(script[one, name], NotFound) or ((one, name) in held and held[one, name].page is None)
        for one in before
    ):
        return True
    return index == query.settings.status_index


@given(WORLDS)
def test_an_answer_says_only_what_somebody_said(world: tuple[list[Query], Scripted, Held, set[str]]) -> None:
    queries, script, held, stating = world
    answers, _, _ = run(queries, script, held, stating, list)
    for query, answer in answers.items():
        said = {
            *(
                outcome.page.marker
                for place, outcome in script.items()
                if place[1] == query.name and isinstance(outcome, Fetched)
            ),
            *(kept.page.marker for place, kept in held.items() if place[1] == query.name and kept.page),
        }
        snapshot = query.settings.snapshot
        match answer:
            case KnownStatus(status):
                # An absent marker may mean active.
                assert status in said or (None in said and status == "active") or (snapshot and query.name == "a")
            case UnrecognizedStatus(marker):
                assert marker in said
            case StatusNotStated():
                assert None in said or (snapshot and query.name == "b")
            case Missing(origin):
                place = (origin.index_url, query.name)
                assert isinstance(script[place], NotFound) or held[place].page is None
            case Unavailable():
                pass
