"""Lookup results of the server, and the threads that look names up.

All methods run in the event loop's thread unless stated otherwise. The cache is read by threads of its own, and names
that it does not have are looked up on the indexes by other threads, so that a slow index delays neither the editor nor
the cache. Each batch opens the cache itself: it may be shared among processes, but a connection belongs to one thread.
"""

from __future__ import annotations

import asyncio
import logging
import os
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from operator import itemgetter
from typing import TYPE_CHECKING, NoReturn

from mothball.config.project import UserConfig
from mothball.config.user_settings import cache_directory
from mothball.index.cache import StatusCache
from mothball.index.credentials import netrc_paths
from mothball.index.releases import Releases
from mothball.index.resolution import MISSING_MAX_AGE, LookupSettings, Query
from mothball.index.resolver import Fetcher, OnResult, Resolver
from mothball.model.errors import CacheError, MothballError
from mothball.model.records import NamedTuple
from mothball.model.results import (
    Cause,
    IndexResult,
    KnownStatus,
    Missing,
    Origin,
    Source,
    StatusNotStated,
    Unavailable,
    UnrecognizedStatus,
)
from mothball.repository.files import Stamp, stamp_of

if TYPE_CHECKING:
    from mothball.index.client import Client

logger = logging.getLogger(__name__)

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

IndexResults = Mapping[Query, IndexResult]
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

    def __init__(
        self, run_in_loop: Callable[[Callable[[], None]], None], on_results: Callable[[frozenset[Query]], None]
    ) -> None:
        """Initialize without results.

        ``run_in_loop`` runs a call in the loop's thread; ``on_results`` is called there with the queries that have new
        results.
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
        for query in queries:
            key = _key(query)
            stored = self._results.get(key)
            if stored is None:
                results[query] = _without_files(self._latest.get(_without_version(key), PENDING))
            else:
                results[query] = stored.result
        return results

    def outdated(self, queries: Iterable[Query], now: float) -> list[Query]:
        """Return the queries that have no result or an expired one."""
        outdated = []
        for query in queries:
            stored = self._results.get(_key(query))
            if stored is None or stored.expires_at < now or stored.query.settings != query.settings:
                outdated.append(query)
        return outdated

    def pending(self) -> int:
        """Return the number of queries that are being looked up."""
        return len(self._in_flight)

    def store(self, results: IndexResults) -> None:
        """Store results that were read from the cache."""
        now = time.time()
        for query, result in results.items():
            key = _key(query)
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
        job.add_done_callback(lambda done: self._run_in_loop(lambda: self._cache_read(wanted, done.result(), number)))

    def releases(self, query: Query) -> Future[Releases | None]:
        """Return the releases of a project that was looked up before, from the cache or else from its index.

        Lists of files are only cached for names with a pinned version.
        """
        return self._network_pool.submit(self.blocking.releases, query)

    def prune(self, in_use: Iterable[Query]) -> None:
        """Drop the results of all queries but ``in_use`` if there are too many."""
        if len(self._results) > _MAX_RESULTS:
            keys = set(map(_key, in_use))
            self._results = {key: stored for key, stored in self._results.items() if key in keys}
            self._numbers = {
                query: number
                for query, number in self._numbers.items()
                if query in self._in_flight or _key(query) in keys
            }
            self._latest.clear()

    def _cache_read(self, wanted: tuple[Query, ...], cached: IndexResults, number: int) -> None:
        self._store_results(cached, number)
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
            batcher = _ResultBatcher(self._run_in_loop, partial(self._store_results, number=number), len(batch))
            job = self._network_pool.submit(self.blocking.look_up, batch, refresh=refresh, on_result=batcher.take)
            job.add_done_callback(batcher.end)

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

    def __init__(
        self, run_in_loop: Callable[[Callable[[], None]], None], deliver: Callable[[IndexResults], None], size: int
    ) -> None:
        """Pass results to ``deliver`` in the event loop's thread; ``size`` is the number of names."""
        self._run_in_loop = run_in_loop
        self._on_results = deliver
        self._waiting: dict[Query, IndexResult] = {}
        self._delivered: dict[Query, IndexResult] = {}
        self._is_due = False
        factor = max(1.0, size / _BATCH_SIZE)
        self._interval, self._growth = BATCH_INTERVAL * factor, min(factor, _MAX_GROWTH)

    def take(self, query: Query, result: IndexResult) -> None:
        """Add a result. Called in the thread of the lookup."""
        self._run_in_loop(lambda: self._take(query, result))

    def end(self, job: Future[IndexResults]) -> None:
        """Deliver the remaining results. Called in the thread of the lookup."""
        self._run_in_loop(lambda: self._end(job.result()))

    def _take(self, query: Query, result: IndexResult) -> None:
        self._waiting[query] = result
        if not self._is_due:
            self._is_due = True
            asyncio.get_running_loop().call_later(self._interval, self._deliver)
            self._interval *= self._growth

    def _deliver(self) -> None:
        self._is_due = False
        waiting, self._waiting = self._waiting, {}
        self._delivered.update(waiting)
        self._on_results(waiting)

    def _end(self, results: IndexResults) -> None:
        self._waiting = {}
        # Early results lack the list of files, which decides whether a pinned version is yanked.
        self._on_results({query: result for query, result in results.items() if self._delivered.get(query) != result})


class BlockingLookups:
    """Cache and client for the threads that look names up. Thread-safe; the methods block."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._client: Client | None = None
        self._user = UserConfig()
        self._logged_error = ""
        # Stamps of the netrc files that the client has read.
        self._netrc: tuple[Stamp | None, ...] = ()

    def use_settings(self, user: UserConfig) -> None:
        """Use the user's trusted hosts and credentials."""
        with self._lock:
            if (user.trusted_hosts, user.credentials) != (self._user.trusted_hosts, self._user.credentials):
                self._user = user
                # Running lookups finish with the old client.
                self._client = None

    def reset(self) -> None:
        """Forget failures and rejected credentials, and read netrc and keyring again."""
        with self._lock:
            self._client = None

    def cached(self, queries: Iterable[Query]) -> IndexResults:
        """Return results that need no index: fresh ones from the cache, or any if a query is offline."""
        results = self._resolve(queries, _no_client, cache_only=True)
        return {
            query: result
            for query, result in results.items()
            if query.settings.offline or (not isinstance(result, Unavailable) and result.origin.source is Source.CACHE)
        }

    def look_up(self, queries: Iterable[Query], *, refresh: bool, on_result: OnResult | None = None) -> IndexResults:
        """Return a result for each query; ``on_result`` is called early with those that are final.

        ``refresh`` ignores cached results.
        """
        return self._resolve(queries, self._open_client, on_result, refresh=refresh)

    def cached_releases(self, query: Query) -> Releases | None:
        """Return the releases of a project that the cache has, None if it has none."""
        wanted = query.for_whole_list()
        return _releases(query.name, self.cached((wanted,)).get(wanted))

    def releases(self, query: Query) -> Releases | None:
        """Return the releases of a project from the cache or else from its index, None if they are not known."""
        cached = self.cached_releases(query)
        if cached is not None or query.settings.offline:
            return cached
        wanted = query.for_whole_list(bypass_cache=True)
        return _releases(query.name, self.look_up((wanted,), refresh=False)[wanted])

    def _resolve(
        self,
        queries: Iterable[Query],
        open_client: Callable[[], Fetcher],
        on_result: OnResult | None = None,
        *,
        cache_only: bool = False,
        refresh: bool = False,
    ) -> IndexResults:
        """Look up; errors other than those of the network are logged and returned as failed lookups."""
        queries = tuple(queries)
        cache = StatusCache()
        try:
            cache = StatusCache.open_or_empty(cache_directory())
            resolver = Resolver(open_client=open_client, cache=cache, clock=time.time, on_result=on_result)
            seconds = self._user.credentials.total_seconds
            return resolver.look_up(queries, cache_only=cache_only, refresh=refresh, seconds=seconds)
        except MothballError as error:
            return _failed(queries, f"{error}. {error.help}".rstrip(". "))
        except Exception:
            # A bug in mothball: log it, and report the names as unverified.
            logger.exception("lookup failed")
            return _failed(queries, "internal error; see the server log")
        finally:
            self._log_once(cache.error)
            cache.close()

    def _log_once(self, error: CacheError | None) -> None:
        if error is not None and str(error) != self._logged_error:
            self._logged_error = str(error)
            logger.warning("%s; continuing without it. %s", error, error.help)

    def _open_client(self) -> Fetcher:
        from mothball.index.client import Client, ClientSettings  # noqa: PLC0415 - imports requests: cold path only

        with self._lock:
            netrc = tuple(map(stamp_of, netrc_paths(os.environ)))
            # Reading the keyring may prompt the user, so it is only read again on request ("Check again").
            if self._client is None or netrc != self._netrc:
                self._netrc = netrc
                self._client = Client(ClientSettings.for_user(self._user.credentials, self._user.trusted_hosts))
            return self._client


def _key(query: Query) -> _Key:
    name, indexes, settings, *files = query
    return name, indexes, *_settings_of_key(settings), *files


def _without_version(key: _Key) -> _Key:
    return *key[:-2], "", False


def _without_files(result: IndexResult) -> IndexResult:
    if isinstance(result, KnownStatus | StatusNotStated | UnrecognizedStatus) and result.files is not None:
        return result._replace(files=None)
    return result


def _releases(name: str, result: IndexResult | None) -> Releases | None:
    if not isinstance(result, KnownStatus | StatusNotStated | UnrecognizedStatus):
        return None
    return Releases(name, result.files) if result.files is not None and result.files.is_whole else None


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


def _failed(queries: Iterable[Query], detail: str) -> IndexResults:
    now = time.time()
    return {query: Unavailable(Cause.UNEXPECTED_RESPONSE, detail, Origin(query.indexes[0], now)) for query in queries}


def _no_client() -> NoReturn:
    raise AssertionError("a lookup in the cache must not use the network")
