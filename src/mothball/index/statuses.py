"""The one place where cache, indexes and snapshot become answers.

All queries of a run are answered together, in rounds: the first asks each name's first index, the next one asks the
next index of the names that were not there, and so on; statuses that an index keeps to itself are looked for elsewhere
last. Within a round the answers may come in any order, and nothing is concluded before all of it is in.

Nothing here imports the client: a run that the cache can answer never opens one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Protocol, assert_never

from mothball.index.cache import BATCH, CachedAnswer, PageKey, page_key
from mothball.index.exchange import Failed, Fetched, NotFound, NotModified, Outcome, PageRequest, ProjectPage
from mothball.index.simple_api import lookup_of
from mothball.model import Answer, Cause, Missing, NotStated, Origin, ProjectStatus, Source, Stated, Unavailable
from mothball.records import NamedTuple, make

if TYPE_CHECKING:
    from mothball.index.cache import StatusCache
    from mothball.index.snapshot import Snapshot

# How long a 404 is believed, in seconds, whatever the settings say: the name may be registered by now. After that it is
# no answer any more; it only leads an offline run on to the index that did have the name.
MISSING_MAX_AGE = 300.0
# Cached answers from this far in the future, in seconds, are taken for clocks that disagree a little.
CLOCK_SKEW = 60.0

Progress = Callable[[int, int], None]
# Told of an answer as soon as nothing that is still on its way can change it.
OnAnswer = Callable[["Query", Answer], None]


class LookupSettings(NamedTuple):
    """How a name is to be looked up; times in seconds.

    ``max_age`` is how long a cached answer is as good as the index's own, ``stale_limit`` how old it may be when the
    index fails; offline it may be of any age. ``refresh`` asks the index even so. ``status_index`` is asked where the
    index states nothing. ``snapshot`` speaks where the index does not.
    """

    max_age: float = 3600.0
    offline: bool = False
    refresh: bool = False
    status_index: str | None = None
    snapshot: Snapshot | None = None
    stale_limit: float = 7 * 24 * 3600.0


class Query(NamedTuple):
    """A normalised name, the indexes that answer for it in the order to ask (never empty), and how to ask."""

    name: str
    indexes: tuple[str, ...]
    settings: LookupSettings = LookupSettings()


class Fetcher(Protocol):
    """What is needed of a client."""

    def fetch(
        self, requests: Sequence[PageRequest], on_progress: Progress | None = None
    ) -> Iterator[tuple[PageRequest, Outcome]]:
        """Yield each of ``requests`` once with its outcome, in any order.

        ``on_progress`` is called with the numbers of requests that are done and that there are.
        """


class _Known(NamedTuple):
    """A project page, and where it comes from."""

    page: ProjectPage
    origin: Origin


_Learnt = _Known | Missing | Unavailable


class Statuses:
    """Looks names up.

    ``open_client`` is called at most once, when an index must be asked; ``clock`` gives the Unix time in seconds. A
    cache that fails is done without: its ``trouble`` is for the caller to report. ``on_answer`` is for those who do not
    want to wait for the slowest name; what follows from all answers together it is not told.
    """

    def __init__(
        self,
        *,
        open_client: Callable[[], Fetcher],
        cache: StatusCache | None,
        clock: Callable[[], float],
        on_progress: Progress | None = None,
        on_answer: OnAnswer | None = None,
    ) -> None:
        """Keep what look-ups are made of."""
        self._on_answer = on_answer
        self._open_client = open_client
        self._client: Fetcher | None = None
        self._cache = cache
        self._clock = clock
        self._on_progress = on_progress

    def look_up(self, queries: Iterable[Query]) -> dict[Query, Answer]:
        """Return the answer to each of ``queries``, in their order.

        A project page is asked for at most once, however many queries need it. When the caller is interrupted, what
        came in so far is kept in the cache.
        """
        wanted = list(dict.fromkeys(queries))
        run = _Run(self._clock(), self._cached(wanted))
        learnt = self._settle(run, {query: query.indexes for query in wanted}, self._on_answer)
        stating = self._stating(run, learnt.values())
        elsewhere = self._settle(
            run,
            {
                query: (query.settings.status_index,)
                for query, what in learnt.items()
                if query.settings.status_index is not None and isinstance(_answer(what, stating), NotStated)
            },
        )
        # Asked again, as the last round may have shown more: what is concluded must not depend on who asked first.
        stating = self._stating(run, [*learnt.values(), *elsewhere.values()])
        self._remember(run)
        return {query: _judge(query, learnt[query], elsewhere.get(query), stating) for query in wanted}

    def _cached(self, queries: Iterable[Query]) -> dict[PageKey, CachedAnswer]:
        keys = {
            page_key(index, query.name): None
            for query in queries
            for index in (*query.indexes, query.settings.status_index)
            if index is not None
        }
        return self._cache.get_many(keys) if self._cache and keys else {}

    def _settle(
        self, run: _Run, ways: Mapping[Query, tuple[str, ...]], on_answer: OnAnswer | None = None
    ) -> dict[Query, _Learnt]:
        """Return what is learnt of each query on its way through indexes, asking those that must be asked."""
        settled: dict[Query, _Learnt] = {}
        under_way = dict(ways)
        while under_way:
            requests: dict[PageKey, PageRequest] = {}
            waiting: dict[PageKey, list[Query]] = {}
            for query, indexes in list(under_way.items()):
                step = run.walk(query, indexes)
                if isinstance(step, PageRequest):
                    key = page_key(step.index_url, step.name)
                    requests.setdefault(key, step)
                    if on_answer is not None:
                        waiting.setdefault(key, []).append(query)
                else:
                    settled[query] = step
                    del under_way[query]
            for key in self._ask(run, requests):
                for query in waiting.get(key, ()):
                    self._hand_on(run, query, on_answer)
        return settled

    def _hand_on(self, run: _Run, query: Query, on_answer: OnAnswer | None) -> None:
        step = run.walk(query, query.indexes)
        if on_answer is None or isinstance(step, PageRequest):
            return
        # What it means that nothing is stated, only all answers together tell.
        if not isinstance(_answer(step, frozenset()), NotStated):
            on_answer(query, _judge(query, step, None, frozenset()))

    def _ask(self, run: _Run, requests: Mapping[PageKey, PageRequest]) -> Iterator[PageKey]:
        """Ask the indexes, and yield what was answered; kept in short batches: never a transaction across a request."""
        if not requests:
            return
        if self._client is None:
            self._client = self._open_client()
        fresh: dict[PageKey, CachedAnswer] = {}
        try:
            for request, outcome in self._client.fetch(list(requests.values()), self._on_progress):
                key = page_key(request.index_url, request.name)
                run.outcomes[key] = outcome
                answer = run.to_keep(key)
                if answer is not None:
                    fresh[key] = answer
                if len(fresh) == BATCH:
                    self._keep(fresh)
                yield key
        finally:
            self._keep(fresh)
        for key in requests:
            run.outcomes.setdefault(key, Failed(Cause.UNEXPECTED_ANSWER, "no answer came back"))

    def _keep(self, answers: dict[PageKey, CachedAnswer]) -> None:
        if self._cache:
            self._cache.put_many(answers)
        answers.clear()

    def _stating(self, run: _Run, learnt: Iterable[_Learnt]) -> frozenset[str]:
        """Return those indexes behind ``learnt`` that have been seen stating a marker, in this run or before."""
        seen = run.stating()
        silent = {
            what.origin.index_url for what in learnt if isinstance(what, _Known) and what.page.marker is None
        } - seen
        known = {index for index in silent if self._cache and self._cache.states_markers(index)}
        return frozenset(seen | known)

    def _remember(self, run: _Run) -> None:
        if self._cache:
            for index in sorted(run.stating_now()):
                self._cache.remember_stating(index)


class _Run:
    """What one call of ``look_up`` knows of project pages: what the cache held at its start, and what indexes said."""

    def __init__(self, now: float, cached: Mapping[PageKey, CachedAnswer]) -> None:
        self._now = now
        self._cached = cached
        self.outcomes: dict[PageKey, Outcome] = {}

    def walk(self, query: Query, indexes: tuple[str, ...]) -> _Learnt | PageRequest:
        """Return what is learnt of a name from the first of ``indexes`` that has it, or what must be asked first.

        Only a 404 leads on to the next index. Any other failure ends the way: the next one may be public, and what it
        says of the same name is about another project.
        """
        *earlier, last = indexes
        for index in earlier:
            step = self._step(query, index)
            if not isinstance(step, Missing):
                return step
        step = self._step(query, last)
        if isinstance(step, Missing) and step.origin.source is Source.STALE:
            return self._unknown_offline(step.origin.index_url)
        return step

    def _step(self, query: Query, index: str) -> _Learnt | PageRequest:
        key, settings = page_key(index, query.name), query.settings
        cached = self._cached.get(key)
        fresh = cached is not None and self._is_fresh(cached, settings.max_age)
        if cached is not None and (settings.offline or (fresh and not settings.refresh)):
            return _from_cache(key, cached, Source.CACHE if fresh else Source.STALE)
        if settings.offline:
            return self._unknown_offline(key.index_url)
        if key in self.outcomes:
            return self._from_index(key, self.outcomes[key], settings.stale_limit)
        return PageRequest(index, query.name, cached.etag if cached else None)

    def _is_fresh(self, cached: CachedAnswer, max_age: float) -> bool:
        limit = max_age if cached.page is not None else min(max_age, MISSING_MAX_AGE)
        return -CLOCK_SKEW <= self._now - cached.stored_at < limit

    def _unknown_offline(self, index_url: str) -> Unavailable:
        detail = "offline, and neither cache nor snapshot knows it"
        return Unavailable(Cause.OFFLINE, detail, Origin(index_url, self._now))

    def _from_index(self, key: PageKey, outcome: Outcome, stale_limit: float) -> _Learnt:
        origin = Origin(key.index_url, self._now, Source.INDEX)
        cached = self._cached.get(key)
        match outcome:
            case Fetched(page):
                return _Known(page, origin)
            case NotModified() if cached is not None and cached.page is not None:
                return _Known(cached.page, origin)
            case NotModified():
                return Unavailable(Cause.UNEXPECTED_ANSWER, "it answered 304 to an unconditional request", origin)
            case NotFound():
                return Missing(origin)
            case Failed(cause, detail):
                stale = self._instead(key, cached, stale_limit)
                return Unavailable(cause, detail, origin) if stale is None else stale
            case _:
                assert_never(outcome)

    def _instead(self, key: PageKey, cached: CachedAnswer | None, stale_limit: float) -> _Known | None:
        """Return the cached page that may serve after a failure; a 404 that has passed never does."""
        if cached is None or cached.page is None or not -CLOCK_SKEW <= self._now - cached.stored_at <= stale_limit:
            return None
        return _Known(cached.page, Origin(key.index_url, cached.stored_at, Source.STALE))

    def to_keep(self, key: PageKey) -> CachedAnswer | None:
        """Return what the cache should hold of ``key`` from now on, None where the index taught us nothing."""
        outcome = self.outcomes[key]
        match outcome:
            case Fetched(page, etag):
                return CachedAnswer(page, etag, self._now)
            case NotFound():
                return CachedAnswer(None, None, self._now)
            case NotModified():
                cached = self._cached.get(key)
                return cached._replace(stored_at=self._now) if cached is not None and cached.page is not None else None
            case Failed():
                return None
            case _:
                assert_never(outcome)

    def stating(self) -> set[str]:
        """Return the indexes that are seen stating a marker, by the cache or just now."""
        return {key.index_url for key, answer in self._cached.items() if _has_marker(answer)} | self.stating_now()

    def stating_now(self) -> set[str]:
        """Return the indexes that stated a marker just now."""
        return {key.index_url for key in self.outcomes if _has_marker(self.to_keep(key))}


def _has_marker(answer: CachedAnswer | None) -> bool:
    return answer is not None and answer.page is not None and answer.page.marker is not None


def _from_cache(key: PageKey, cached: CachedAnswer, source: Source) -> _Known | Missing:
    origin = make(Origin, (key.index_url, cached.stored_at, source))
    return Missing(origin) if cached.page is None else make(_Known, (cached.page, origin))


def _answer(learnt: _Learnt, stating: frozenset[str]) -> Answer:
    """Return what was learnt as an answer. Where an index states markers, none means active (PEP 792)."""
    if not isinstance(learnt, _Known):
        return learnt
    answer = lookup_of(*learnt)
    if isinstance(answer, NotStated) and answer.origin.index_url in stating:
        return Stated(ProjectStatus.ACTIVE, "", answer.origin, answer.release)
    return answer


def _judge(query: Query, learnt: _Learnt, elsewhere: _Learnt | None, stating: frozenset[str]) -> Answer:
    """Return the answer to ``query`` from what its indexes said, what its status index said, and its snapshot."""
    answer = _answer(learnt, stating)
    if elsewhere is not None and isinstance(answer, NotStated):
        other = _answer(elsewhere, stating)
        # The status index adds what it knows; that it does not have the project is no news. But where it could not be
        # asked, the name has not been checked.
        answer = answer if isinstance(other, NotStated | Missing) else other
    if query.settings.snapshot is None or not isinstance(answer, NotStated | Unavailable):
        return answer
    remembered = query.settings.snapshot.lookup(query.name)
    if remembered is None or (isinstance(answer, NotStated) and isinstance(remembered, NotStated)):
        return answer
    return remembered
