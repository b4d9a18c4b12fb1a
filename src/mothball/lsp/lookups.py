"""Lookup results of the server, and the lookups that are running.

All methods run in the event loop's thread. The cache is read by threads of its own, and names that it does not have are
looked up on the indexes by other threads, so that a slow index delays neither the editor nor the cache.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from operator import itemgetter

from mothball.index.releases import Releases
from mothball.index.resolution import MISSING_MAX_AGE, LookupSettings, Query
from mothball.lsp.blocking_lookups import BlockingLookups, IndexResults
from mothball.model.records import NamedTuple
from mothball.model.results import (
    Cause,
    IndexResult,
    KnownStatus,
    Missing,
    Origin,
    PageStatus,
    Source,
    StatusNotStated,
    Unavailable,
)

# Placeholder for a name that has not been looked up yet; never reported as a finding.
PENDING = Unavailable(Cause.DEADLINE, "not looked up yet", Origin("", 0.0))

# Retry a failed lookup after this many seconds, the time after which the client retries an unreachable host.
RETRY_AFTER = 30.0
_OFFLINE_RETRY_AFTER = 300.0
# Gather results for this many seconds, because each delivery checks the documents again. That takes longer the more
# dependencies they have: batches of more names than _BATCH_SIZE gather proportionally longer, and each time longer.
_BATCH_SIZE = 50
_MAX_GROWTH = 8.0
BATCH_INTERVAL = 0.1
_NETWORK_THREADS = 8
_CACHE_THREADS = 2
# Drop results that are not in use beyond this number.
_MAX_RESULTS = 20_000

_Key = tuple[object, ...]
# The settings on which a result depends, apart from its age.
_SETTINGS_OF_KEY = ("ignored_codes", "is_private", "public_indexes", "status_index", "stated_indexes", "bypass_cache")
_settings_of_key = itemgetter(*map(LookupSettings._fields.index, _SETTINGS_OF_KEY))


class _Stored(NamedTuple):
    """The result of a query, and the Unix time at which it expires."""

    query: Query
    result: IndexResult
    expires_at: float


class Lookups:
    """Stores lookup results and runs pending lookups."""

    def __init__(self, run_in_loop: Callable[..., None], on_results: Callable[[frozenset[Query]], None]) -> None:
        """Initialize without results.

        ``run_in_loop`` calls a function in the loop's thread with arguments; ``on_results`` is called there with the
        queries that have new results.
        """
        self._run_in_loop = run_in_loop
        self._on_results = on_results
        self._results: dict[_Key, _Stored] = {}
        # The latest result of each project on its indexes, whatever version is pinned.
        self._latest: dict[_Key, IndexResult] = {}
        self._in_flight: set[Query] = set()
        # The number of the last lookup of each query: results of earlier ones that end later are not stored.
        self._numbers: dict[Query, int] = {}
        self._last_number = 0
        # Called when names are looked up on indexes.
        self.on_network: Callable[[], None] | None = None
        self.blocking = BlockingLookups()
        self._cache_pool = ThreadPoolExecutor(_CACHE_THREADS, "mothball-cache")
        self._network_pool = ThreadPoolExecutor(_NETWORK_THREADS, "mothball-network")

    def results(self, queries: Iterable[Query]) -> dict[Query, IndexResult]:
        """Return the result of each query, ``PENDING`` if there is none.

        Results from before a change of settings are returned until they are replaced, so that diagnostics do not
        flicker. While a version is being typed, the status of the project is that of the version before.
        """
        results = {}
        for query, key in _with_keys(queries):
            if (stored := self._results.get(key)) is not None:
                results[query] = stored.result
            else:
                results[query] = _without_files(self._latest.get(_without_version(key), PENDING))
        return results

    def outdated(self, queries: Iterable[Query], now: float) -> list[Query]:
        """Return the queries that have no result or an expired one."""
        outdated = []
        for query, key in _with_keys(queries):
            stored = self._results.get(key)
            if stored is None or stored.expires_at < now or stored.query.settings != query.settings:
                outdated.append(query)
        return outdated

    def pending(self) -> int:
        """Return the number of queries that are being looked up."""
        return len(self._in_flight)

    def store(self, results: IndexResults) -> None:
        """Store results that were read from the cache."""
        now = time.time()
        for query, key in _with_keys(results):
            result = results[query]
            self._results[key] = _Stored(query, result, _expiry(query, result, now))
            self._latest[_without_version(key)] = result

    def look_up(self, queries: Iterable[Query], *, refresh: bool = False) -> None:
        """Look up ``queries`` that are not being looked up already.

        ``refresh`` ignores cached results. Running lookups are replaced: they may fail for a reason that is gone.
        """
        wanted = tuple(query for query in dict.fromkeys(queries) if refresh or query not in self._in_flight)
        if not wanted:
            return
        self._last_number += 1
        number = self._last_number
        self._in_flight.update(wanted)
        self._numbers.update(dict.fromkeys(wanted, number))
        if refresh:
            self._query_indexes(wanted, number, refresh=True)
            return
        job = self._cache_pool.submit(self.blocking.cached, wanted)
        job.add_done_callback(partial(self._run_in_loop, self._cache_read, wanted, number))

    def releases(self, query: Query) -> Future[Releases | None]:
        """Return the releases of a project that was looked up before, from the cache or else from its index.

        Lists of files are only cached for names with a pinned version.
        """
        return self._network_pool.submit(self.blocking.releases, query)

    def prune(self, in_use: Iterable[Query]) -> None:
        """Drop the results of all queries but ``in_use`` if there are too many."""
        if len(self._results) > _MAX_RESULTS:
            keys = {key for _, key in _with_keys(in_use)}
            self._results = {key: stored for key, stored in self._results.items() if key in keys}
            self._numbers = {
                query: self._numbers[query]
                for query, key in _with_keys(self._numbers)
                if query in self._in_flight or key in keys
            }
            self._latest.clear()

    def _cache_read(self, wanted: tuple[Query, ...], number: int, cached: Future[IndexResults]) -> None:
        self._store_results(cached.result(), number)
        rest = tuple(query for query in wanted if query in self._in_flight and self._numbers.get(query) == number)
        if rest:
            self._query_indexes(rest, number, refresh=False)

    def _query_indexes(self, queries: tuple[Query, ...], number: int, *, refresh: bool) -> None:
        """Look up each set of indexes in a batch of its own, so that a slow index delays no other."""
        if self.on_network is not None:
            self.on_network()
        batches: dict[tuple[str, ...], list[Query]] = {}
        for query in queries:
            batches.setdefault(query.indexes, []).append(query)
        for batch in map(tuple, batches.values()):
            batcher = _ResultBatcher(partial(self._store_results, number=number), len(batch))
            take = partial(self._run_in_loop, batcher.take)
            job = self._network_pool.submit(self.blocking.look_up, batch, refresh=refresh, on_result=take)
            job.add_done_callback(partial(self._run_in_loop, batcher.end))

    def _store_results(self, results: IndexResults, number: int) -> None:
        """Store the results of the lookup ``number``, except where a later one was started.

        A query may have two: the second one has the list of files.
        """
        results = {query: result for query, result in results.items() if self._numbers.get(query) == number}
        if not results:
            return
        self._in_flight.difference_update(results)
        self.store(results)
        self._on_results(frozenset(results))
        # An index that states a status for any project states one for all: a page without one means "active" (PEP 792).
        stating = {result.origin.index_url for result in results.values() if isinstance(result, KnownStatus)}
        self.look_up(
            stored.query
            for stored in self._results.values()
            if isinstance(stored.result, StatusNotStated) and stored.result.origin.index_url in stating
        )


class _ResultBatcher:
    """Delivers results of a batch while it is running, so that a slow name does not delay the others."""

    def __init__(self, deliver: Callable[[IndexResults], None], size: int) -> None:
        """Pass results to ``deliver``; ``size`` is the number of names."""
        self._on_results = deliver
        self._waiting: dict[Query, IndexResult] = {}
        self._delivered: dict[Query, IndexResult] = {}
        self._is_due = False
        factor = max(1.0, size / _BATCH_SIZE)
        self._interval, self._growth = BATCH_INTERVAL * factor, min(factor, _MAX_GROWTH)

    def take(self, query: Query, result: IndexResult) -> None:
        self._waiting[query] = result
        if not self._is_due:
            self._is_due = True
            asyncio.get_running_loop().call_later(self._interval, self._deliver)
            self._interval *= self._growth

    def end(self, job: Future[IndexResults]) -> None:
        self._waiting = {}
        # Early results lack the list of files, which decides whether a pinned version is yanked.
        self._on_results(
            {query: result for query, result in job.result().items() if self._delivered.get(query) != result}
        )

    def _deliver(self) -> None:
        self._is_due = False
        waiting, self._waiting = self._waiting, {}
        self._delivered.update(waiting)
        self._on_results(waiting)


def _with_keys(queries: Iterable[Query]) -> Iterator[tuple[Query, _Key]]:
    """Yield each query with its key."""
    previous: LookupSettings | None = None
    fields: object = ()
    for query in queries:
        name, indexes, settings, pin, whole_list = query
        if settings is not previous:  # most queries of a file share their settings
            previous, fields = settings, _settings_of_key(settings)
        yield query, (name, indexes, fields, pin, whole_list)


def _without_version(key: _Key) -> _Key:
    return *key[:-2], "", False


def _without_files(result: IndexResult) -> IndexResult:
    if isinstance(result, PageStatus) and result.files is not None:
        return result._replace(files=None)
    return result


def _expiry(query: Query, result: IndexResult, now: float) -> float:
    """Return when a result that is stored ``now`` expires."""
    if query.settings.offline:
        return now + _OFFLINE_RETRY_AFTER
    if isinstance(result, Unavailable) or result.origin.source is Source.STALE:
        return now + RETRY_AFTER
    if result.origin.source is Source.SNAPSHOT:
        return now + max(query.settings.max_age, RETRY_AFTER)
    limit = min(query.settings.max_age, MISSING_MAX_AGE) if isinstance(result, Missing) else query.settings.max_age
    return max(result.origin.checked_at + limit, now + RETRY_AFTER)
