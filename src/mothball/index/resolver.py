"""The one place where cache, indexes and snapshot become answers.

All queries of a run are answered together, in rounds: the first asks each name's first index, the next one asks the
next index of the names that were not there, and so on; statuses that an index keeps to itself are looked for elsewhere
last. Within a round the answers may come in any order, and nothing is concluded before all of it is in.

Nothing here imports the client: a run that the cache can answer never opens one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Protocol

from mothball.index.cache import BATCH, CachedPage, PageKey, page_key
from mothball.index.page_request import Failed, Outcome, PageRequest
from mothball.index.resolution import PageAndOrigin, PageResult, Query, Resolution
from mothball.index.simple_api import lookup_of
from mothball.model.lookup import Cause, IndexResult, KnownStatus, Missing, ProjectStatus, StatusNotStated, Unavailable

if TYPE_CHECKING:
    from mothball.index.cache import StatusCache

Progress = Callable[[int, int], None]
# Told of an answer as soon as nothing that is still on its way can change it.
OnResult = Callable[[Query, IndexResult], None]


class Fetcher(Protocol):
    """What is needed of a client."""

    def fetch(
        self, requests: Sequence[PageRequest], on_progress: Progress | None = None
    ) -> Iterator[tuple[PageRequest, Outcome]]:
        """Yield each of ``requests`` once with its outcome, in any order.

        ``on_progress`` is called with the numbers of requests that are done and that there are.
        """


class Resolver:
    """Looks names up.

    ``open_client`` is called at most once, when an index must be asked; ``clock`` gives the Unix time in seconds. A
    cache that fails is done without: its ``trouble`` is for the caller to report. ``on_result`` is for those who do not
    want to wait for the slowest name; what follows from all answers together it is not told.
    """

    def __init__(
        self,
        *,
        open_client: Callable[[], Fetcher],
        cache: StatusCache | None,
        clock: Callable[[], float],
        on_progress: Progress | None = None,
        on_result: OnResult | None = None,
    ) -> None:
        """Keep what look-ups are made of."""
        self._on_answer = on_result
        self._open_client = open_client
        self._client: Fetcher | None = None
        self._cache = cache
        self._clock = clock
        self._on_progress = on_progress

    def look_up(self, queries: Iterable[Query], *, cache_only: bool = False) -> dict[Query, IndexResult]:
        """Return the result of each of ``queries``, in their order.

        A project page is requested at most once, however many queries need it. When the caller is interrupted, the
        pages received so far are kept in the cache. With ``cache_only`` no request is sent, and snapshots are not used,
        as they only apply if an index fails.
        """
        wanted = list(dict.fromkeys(queries))
        if cache_only:
            settings = {query.settings: query.settings.cache_only() for query in wanted}
            limited = [query._replace(settings=settings[query.settings]) for query in wanted]
            results = self.look_up(limited)
            return {query: results[cached] for query, cached in zip(wanted, limited, strict=True)}
        run = Resolution(self._clock(), self._cached(wanted))
        result = self._settle(run, {query: query.indexes for query in wanted}, self._on_answer)
        stating = self._stating(run, result.values())
        elsewhere = self._settle(
            run,
            {
                query: (query.settings.status_index,)
                for query, what in result.items()
                if query.settings.status_index is not None and isinstance(_answer(what, stating), StatusNotStated)
            },
        )
        # Asked again, as the last round may have shown more: what is concluded must not depend on who asked first.
        stating = self._stating(run, [*result.values(), *elsewhere.values()])
        self._remember(run)
        return {query: _judge(query, result[query], elsewhere.get(query), stating) for query in wanted}

    def _cached(self, queries: Iterable[Query]) -> dict[PageKey, CachedPage]:
        keys = {
            page_key(index, query.name): None
            for query in queries
            for index in (*query.indexes, query.settings.status_index)
            if index is not None
        }
        return self._cache.get_many(keys) if self._cache and keys else {}

    def _settle(
        self, run: Resolution, ways: Mapping[Query, tuple[str, ...]], on_result: OnResult | None = None
    ) -> dict[Query, PageResult]:
        """Return what is learnt of each query on its way through indexes, asking those that must be asked."""
        settled: dict[Query, PageResult] = {}
        under_way = dict(ways)
        while under_way:
            requests: dict[PageKey, PageRequest] = {}
            waiting: dict[PageKey, list[Query]] = {}
            for query, indexes in list(under_way.items()):
                step = run.walk(query, indexes)
                if isinstance(step, PageRequest):
                    key = page_key(step.index_url, step.name)
                    requests.setdefault(key, step)
                    if on_result is not None:
                        waiting.setdefault(key, []).append(query)
                else:
                    settled[query] = step
                    del under_way[query]
            for key in self._ask(run, requests):
                for query in waiting.get(key, ()):
                    self._hand_on(run, query, on_result)
        return settled

    def _hand_on(self, run: Resolution, query: Query, on_result: OnResult | None) -> None:
        step = run.walk(query, query.indexes)
        if on_result is None or isinstance(step, PageRequest):
            return
        # What it means that nothing is stated, only all answers together tell.
        if not isinstance(_answer(step, frozenset()), StatusNotStated):
            on_result(query, _judge(query, step, None, frozenset()))

    def _ask(self, run: Resolution, requests: Mapping[PageKey, PageRequest]) -> Iterator[PageKey]:
        """Ask the indexes, and yield what was answered; kept in short batches: never a transaction across a request."""
        if not requests:
            return
        if self._client is None:
            self._client = self._open_client()
        fresh: dict[PageKey, CachedPage] = {}
        try:
            for request, outcome in self._client.fetch(list(requests.values()), self._on_progress):
                key = page_key(request.index_url, request.name)
                run.outcomes[key] = outcome
                answer = run.cache_entry(key)
                if answer is not None:
                    fresh[key] = answer
                if len(fresh) == BATCH:
                    self._keep(fresh)
                yield key
        finally:
            self._keep(fresh)
        for key in requests:
            run.outcomes.setdefault(key, Failed(Cause.UNEXPECTED_RESPONSE, "no answer came back"))

    def _keep(self, answers: dict[PageKey, CachedPage]) -> None:
        if self._cache:
            self._cache.put_many(answers)
        answers.clear()

    def _stating(self, run: Resolution, result: Iterable[PageResult]) -> frozenset[str]:
        """Return those indexes behind ``result`` that have been seen stating a marker, in this run or before."""
        seen = run.stating()
        silent = {
            what.origin.index_url for what in result if isinstance(what, PageAndOrigin) and what.page.marker is None
        } - seen
        known = {index for index in silent if self._cache and self._cache.states_markers(index)}
        return frozenset(seen | known)

    def _remember(self, run: Resolution) -> None:
        if self._cache:
            for index in sorted(run.stating_now()):
                self._cache.remember_stating(index)


def _answer(result: PageResult, stating: frozenset[str]) -> IndexResult:
    """Return what was learnt as an answer. Where an index states markers, none means active (PEP 792)."""
    if not isinstance(result, PageAndOrigin):
        return result
    answer = lookup_of(*result)
    if isinstance(answer, StatusNotStated) and answer.origin.index_url in stating:
        return KnownStatus(ProjectStatus.ACTIVE, "", answer.origin, answer.release)
    return answer


def _judge(query: Query, result: PageResult, elsewhere: PageResult | None, stating: frozenset[str]) -> IndexResult:
    """Return the answer to ``query`` from what its indexes said, what its status index said, and its snapshot."""
    answer = _answer(result, stating)
    if elsewhere is not None and isinstance(answer, StatusNotStated):
        other = _answer(elsewhere, stating)
        # The status index adds what it knows; that it does not have the project is no news. But where it could not be
        # asked, the name has not been checked.
        answer = answer if isinstance(other, StatusNotStated | Missing) else other
    if query.settings.snapshot is None or not isinstance(answer, StatusNotStated | Unavailable):
        return answer
    remembered = query.settings.snapshot.lookup(query.name)
    if remembered is None or (isinstance(answer, StatusNotStated) and isinstance(remembered, StatusNotStated)):
        return answer
    return remembered
