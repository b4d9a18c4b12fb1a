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
from typing import TYPE_CHECKING, NoReturn

from mothball.config.project import UserConfig
from mothball.config.user_directories import cache_directory
from mothball.index.cache import StatusCache
from mothball.index.credentials import netrc_paths
from mothball.index.resolution import MISSING_MAX_AGE, LookupSettings, Query
from mothball.index.resolver import Fetcher, OnResult, Resolver
from mothball.model.errors import CacheError, MothballError
from mothball.model.lookup import Cause, IndexResult, KnownStatus, Missing, Origin, Source, StatusNotStated, Unavailable
from mothball.model.records import NamedTuple
from mothball.repository.files import Stamp, stamp_of

if TYPE_CHECKING:
    from mothball.index.client import Client

logger = logging.getLogger(__name__)

# Placeholder for a name that has not been looked up yet; never reported as a finding.
PENDING = Unavailable(Cause.DEADLINE, "it has not been asked for yet", Origin("", 0.0))

# Retry a failed lookup after this many seconds, the time after which the client retries an unreachable host.
RETRY_AFTER = 30.0
_OFFLINE_RETRY_AFTER = 300.0
# Gather results for this many seconds, because each delivery checks the documents again.
BATCH_INTERVAL = 0.1
_NETWORK_THREADS = 8
_CACHE_THREADS = 2
# Drop results that are not in use beyond this number.
_MAX_RESULTS = 20_000

IndexResults = Mapping[Query, IndexResult]
_Key = tuple[str, tuple[str, ...], str | None]


class StoredResult(NamedTuple):
    """The result of a query; ``stored_at`` is Unix time in seconds."""

    query: Query
    answer: IndexResult
    stored_at: float


class Lookups:
    """Stores lookup results and runs pending lookups."""

    def __init__(
        self, run_in_loop: Callable[[Callable[[], None]], None], on_answers: Callable[[frozenset[Query]], None]
    ) -> None:
        """Initialize without results.

        ``run_in_loop`` runs a call in the loop's thread; ``on_answers`` is called there with the queries that have new
        results.
        """
        self._run_in_loop = run_in_loop
        self._on_answers = on_answers
        self._results: dict[_Key, StoredResult] = {}
        self._in_flight: set[Query] = set()
        self._blocking = _BlockingLookups()
        self._cache_pool = ThreadPoolExecutor(_CACHE_THREADS, "mothball-cache")
        self._network_pool = ThreadPoolExecutor(_NETWORK_THREADS, "mothball-network")

    def results(self, queries: Iterable[Query]) -> dict[Query, IndexResult]:
        """Return the result of each query, ``PENDING`` if there is none.

        Results from before a change of settings are returned until they are replaced, so that diagnostics do not
        flicker.
        """
        answers = {}
        for query in queries:
            found = self._results.get(_key(query))
            answers[query] = PENDING if found is None else found.answer
        return answers

    def outdated(self, queries: Iterable[Query], now: float) -> list[Query]:
        """Return the queries that have no result or an expired one, and are not being looked up."""
        return [
            query
            for query in queries
            if query not in self._in_flight and _is_outdated(query, self._results.get(_key(query)), now)
        ]

    def store(self, answers: IndexResults) -> None:
        """Store results that were read from the cache."""
        now = time.time()
        for query, answer in answers.items():
            self._results[_key(query)] = StoredResult(query, answer, now)

    def look_up(self, queries: Iterable[Query], *, refresh: bool = False) -> None:
        """Look up ``queries`` that are not being looked up already; ``refresh`` ignores cached results."""
        wanted = tuple(query for query in dict.fromkeys(queries) if query not in self._in_flight)
        if not wanted:
            return
        self._in_flight.update(wanted)
        if refresh:
            self._query_indexes(wanted, refresh=True)
            return
        job = self._cache_pool.submit(self._blocking.cached, wanted)
        job.add_done_callback(lambda done: self._run_in_loop(lambda: self._cache_read(wanted, done.result())))

    def use_settings(self, user: UserConfig) -> None:
        """Use the user's trusted hosts and credentials. Thread-safe."""
        self._blocking.use_settings(user)

    def reset(self) -> None:
        """Forget failures and rejected credentials, and read netrc and keyring again. Thread-safe."""
        self._blocking.reset()

    def cached(self, queries: Iterable[Query]) -> IndexResults:
        """Return the results that the cache has. Thread-safe."""
        return self._blocking.cached(tuple(queries))

    def look_up_blocking(self, queries: Iterable[Query], *, refresh: bool) -> IndexResults:
        """Return a result for each query, and block until all are there. Thread-safe."""
        return self._blocking.look_up(tuple(queries), refresh=refresh)

    def prune(self, wanted: Iterable[Query]) -> None:
        """Drop the results of all queries but ``wanted`` if there are too many."""
        if len(self._results) > _MAX_RESULTS:
            keys = set(map(_key, wanted))
            self._results = {key: known for key, known in self._results.items() if key in keys}

    def _cache_read(self, wanted: tuple[Query, ...], found: IndexResults) -> None:
        self._store_results(found)
        rest = tuple(query for query in wanted if query not in found)
        if rest:
            self._query_indexes(rest, refresh=False)

    def _query_indexes(self, queries: tuple[Query, ...], *, refresh: bool) -> None:
        """Look up each set of indexes in a batch of its own, so that a slow index delays no other."""
        batches: dict[tuple[str, ...], list[Query]] = {}
        for query in queries:
            batches.setdefault(query.indexes, []).append(query)
        for batch in map(tuple, batches.values()):
            batcher = _ResultBatcher(self._run_in_loop, self._store_results)
            job = self._network_pool.submit(self._blocking.look_up, batch, refresh=refresh, on_result=batcher.take)
            job.add_done_callback(batcher.end)

    def _store_results(self, answers: IndexResults) -> None:
        if not answers:
            return
        self._in_flight.difference_update(answers)
        self.store(answers)
        self._on_answers(frozenset(answers))
        # An index that states a status for any project states one for all: a page without one means "active" (PEP 792).
        stating = {answer.origin.index_url for answer in answers.values() if isinstance(answer, KnownStatus)}
        self.look_up(
            known.query
            for known in self._results.values()
            if isinstance(known.answer, StatusNotStated) and known.answer.origin.index_url in stating
        )


class _ResultBatcher:
    """Delivers results of a batch while it is running, so that a slow name does not delay the others."""

    def __init__(
        self, run_in_loop: Callable[[Callable[[], None]], None], arrived: Callable[[IndexResults], None]
    ) -> None:
        self._run_in_loop = run_in_loop
        self._store_results = arrived
        self._waiting: dict[Query, IndexResult] = {}
        self._delivered: set[Query] = set()
        self._is_due = False

    def take(self, query: Query, answer: IndexResult) -> None:
        """Add a result. Called in the thread of the lookup."""
        self._run_in_loop(lambda: self._take(query, answer))

    def end(self, job: Future[IndexResults]) -> None:
        """Deliver the remaining results. Called in the thread of the lookup."""
        self._run_in_loop(lambda: self._end(job.result()))

    def _take(self, query: Query, answer: IndexResult) -> None:
        self._waiting[query] = answer
        if not self._is_due:
            self._is_due = True
            asyncio.get_running_loop().call_later(BATCH_INTERVAL, self._deliver)

    def _deliver(self) -> None:
        self._is_due = False
        waiting, self._waiting = self._waiting, {}
        self._delivered.update(waiting)
        self._store_results(waiting)

    def _end(self, answers: IndexResults) -> None:
        self._waiting = {}
        self._store_results({query: answer for query, answer in answers.items() if query not in self._delivered})


class _BlockingLookups:
    """Cache and client for the threads that look names up."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._client: Client | None = None
        self._user = UserConfig()
        self._logged_error = ""
        # Stamps of the netrc files that the client has read.
        self._netrc: tuple[Stamp | None, ...] = ()

    def use_settings(self, user: UserConfig) -> None:
        with self._lock:
            if (user.trusted_hosts, user.credentials) != (self._user.trusted_hosts, self._user.credentials):
                self._user = user
                # Running lookups finish with the old client.
                self._client = None

    def reset(self) -> None:
        with self._lock:
            self._client = None

    def cached(self, queries: tuple[Query, ...]) -> IndexResults:
        """Return results that need no index: fresh ones from the cache, or any if a query is offline."""
        results = self._resolve(queries, _no_client, cache_only=True)
        return {query: result for query, result in results.items() if query.settings.offline or _is_fresh(result)}

    def look_up(self, queries: tuple[Query, ...], *, refresh: bool, on_result: OnResult | None = None) -> IndexResults:
        """Return a result for each query; ``on_result`` is called early with those that are final."""
        modified = _with_settings(queries, lambda settings: settings._replace(refresh=refresh))
        asked_as = {other: query for query, other in modified.items()}

        def told(other: Query, answer: IndexResult) -> None:
            if on_result is not None:
                on_result(asked_as[other], answer)

        answers = self._resolve(modified.values(), self._open_client, told)
        return {query: answers[other] for query, other in modified.items()}

    def _resolve(
        self,
        queries: Iterable[Query],
        open_client: Callable[[], Fetcher],
        on_result: OnResult | None = None,
        *,
        cache_only: bool = False,
    ) -> IndexResults:
        """Look up; errors other than those of the network are logged and returned as failed lookups."""
        queries = tuple(queries)
        cache = self._open_cache()
        try:
            statuses = Resolver(open_client=open_client, cache=cache, clock=time.time, on_result=on_result)
            return statuses.look_up(queries, cache_only=cache_only)
        except MothballError as error:
            return _failed(queries, f"{error}. {error.help}".rstrip(". "))
        except Exception:
            # A bug in mothball: log it, and report the names as unverified.
            logger.exception("looking up failed")
            return _failed(queries, "internal error, see the log of the server")
        finally:
            if cache is not None:
                if cache.error is not None:
                    self._log_once(cache.error)
                cache.close()

    def _open_cache(self) -> StatusCache | None:
        try:
            return StatusCache.open(cache_directory())
        except CacheError as error:
            self._log_once(error)
            return None

    def _log_once(self, error: CacheError) -> None:
        if str(error) != self._logged_error:
            self._logged_error = str(error)
            logger.warning("%s; went on without it. %s", error, error.help)

    def _open_client(self) -> Fetcher:
        from mothball.index.client import Client, ClientSettings  # noqa: PLC0415 - imports requests: cold path only

        with self._lock:
            netrc = tuple(map(stamp_of, netrc_paths(os.environ)))
            # Reading the keyring may prompt the user, so it is only read again on request ("Check again").
            if self._client is None or netrc != self._netrc:
                self._netrc = netrc
                access = self._user.credentials
                settings = ClientSettings(trusted_hosts=self._user.trusted_hosts, credentials=access)
                self._client = Client(settings.with_timeout(access.timeout))
            return self._client


def _key(query: Query) -> _Key:
    name, indexes, settings = query
    return name, indexes, settings.status_index


def _is_outdated(query: Query, known: StoredResult | None, now: float) -> bool:
    """Return True if ``query`` has no result or an expired one."""
    if known is None or known.query.settings != query.settings:
        return True
    answer, since = known.answer, now - known.stored_at
    if query.settings.offline:
        return since > _OFFLINE_RETRY_AFTER
    if isinstance(answer, Unavailable) or answer.origin.source is Source.STALE:
        return since > RETRY_AFTER
    if answer.origin.source is Source.SNAPSHOT:
        return since > max(query.settings.max_age, RETRY_AFTER)
    limit = min(query.settings.max_age, MISSING_MAX_AGE) if isinstance(answer, Missing) else query.settings.max_age
    return now - answer.origin.checked_at > limit and since > RETRY_AFTER


def _with_settings(queries: Iterable[Query], change: Callable[[LookupSettings], LookupSettings]) -> dict[Query, Query]:
    """Map each query to the same one with changed settings; queries of a batch mostly share theirs."""
    changed: dict[LookupSettings, LookupSettings] = {}
    found = {}
    for query in queries:
        settings = changed.get(query.settings)
        if settings is None:
            settings = changed[query.settings] = change(query.settings)
        found[query] = Query(query.name, query.indexes, settings)
    return found


def _is_fresh(answer: IndexResult) -> bool:
    return not isinstance(answer, Unavailable) and answer.origin.source is Source.CACHE


def _failed(queries: Iterable[Query], detail: str) -> IndexResults:
    now = time.time()
    return {query: Unavailable(Cause.UNEXPECTED_RESPONSE, detail, Origin(query.indexes[0], now)) for query in queries}


def _no_client() -> NoReturn:
    raise AssertionError("the cache alone was to be read")
