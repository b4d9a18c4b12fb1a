"""Look up names: resolve queries with cache, indexes and snapshot.

All queries of a call are resolved together: first the page on the first index of each name is requested. If a name is
not there, the page on the next index, or on the index that the first one redirects to, is requested at once, so that a
slow page only delays its own name. Status indexes follow last. Responses may arrive in any order; what depends on
several pages is concluded when all of them are in.

The client is not imported here, so that a run with a warm cache never loads it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Protocol, Self

from mothball.config.user_settings import TOTAL_SECONDS, CredentialSettings, cache_directory
from mothball.index.cache import BATCH, CachedPage, PageKey, StatusCache, page_key
from mothball.index.project_page import Failed, Outcome, PageRequest, status_of_page
from mothball.index.resolution import PageAndOrigin, PageResult, Query, Resolution
from mothball.model.results import (
    Cause,
    IndexResult,
    KnownStatus,
    Missing,
    PageFiles,
    Problem,
    ProjectStatus,
    Severity,
    StatusNotStated,
    Unavailable,
)

if TYPE_CHECKING:
    from mothball.index.client import Client
    from mothball.index.snapshot import Snapshot

NO_ACCESS = CredentialSettings()
# Lists of files that are read from the cache at once.
_LISTS_PER_READ = 8

_TOO_LATE = Failed(Cause.DEADLINE, "not queried before the deadline: lookups on other indexes took too long")

Progress = Callable[[int, int], None]
# Called with a result as soon as no pending request can change it.
OnResult = Callable[[Query, IndexResult], None]


class Fetcher(Protocol):
    """The part of the client that the resolver uses."""

    def fetch(
        self, requests: Sequence[PageRequest], on_progress: Progress | None = None
    ) -> Iterator[tuple[PageRequest, Outcome]]:
        """Yield each of ``requests`` once with its outcome, in any order.

        The caller may append to ``requests`` meanwhile. ``on_progress`` is called with the numbers of completed and of
        all requests.
        """


class ProgressReporter(Protocol):
    """Reports how many lookups are done."""

    def update(self, done: int, total: int) -> None:
        """Report that ``done`` of ``total`` lookups are done."""

    def close(self) -> None:
        """Stop reporting."""


class Resolver:
    """Looks up names.

    ``open_client`` is called at most once, when the first request is needed; ``clock`` returns the Unix time in
    seconds. If the cache fails, lookups continue without it, and the caller reports its ``error``. ``on_result`` gets
    results early, except for those that depend on other names (see ``StatusNotStated``).
    """

    def __init__(
        self,
        *,
        open_client: Callable[[], Fetcher],
        cache: StatusCache | None = None,
        clock: Callable[[], float],
        on_progress: Progress | None = None,
        on_result: OnResult | None = None,
    ) -> None:
        self._on_result = on_result
        self._open_client = open_client
        self._client: Fetcher | None = None
        self._cache = cache or StatusCache()
        self._clock = clock
        self._on_progress = on_progress

    def look_up(
        self,
        queries: Iterable[Query],
        *,
        cache_only: bool = False,
        refresh: bool = False,
        seconds: float = TOTAL_SECONDS,
    ) -> dict[Query, IndexResult]:
        """Return the result of each of ``queries``, in their order.

        Each project page is requested at most once. Pages that were fetched before an interruption are cached. With
        ``cache_only`` no request is sent, and snapshots are not used, as they only apply if an index fails. With
        ``refresh`` cached pages are only used if they are unchanged, if a request fails, and offline. No further index
        is queried ``seconds`` after the start: each slow status index could cost the whole deadline again.
        """
        queries = list(dict.fromkeys(queries))
        run = Resolution(self._clock(), queries, cache_only=cache_only, refresh=refresh)
        run.cached = self._cache.get_many(run.keys_to_read())
        end = time.monotonic() + seconds
        pages = self._resolve_pages(run, {query: query.indexes for query in queries}, end, self._on_result)
        stating = self._stating_indexes(run, pages.values())
        status_pages = self._resolve_pages(
            run,
            {
                query: (query.settings.status_index,)
                for query, page in pages.items()
                if query.settings.status_index is not None
                and isinstance(_index_result(page, stating | query.settings.stated_indexes), StatusNotStated)
            },
            end,
        )
        # Recomputed, since the pages of status indexes count as well and the result must not depend on the order.
        stating = self._stating_indexes(run, [*pages.values(), *status_pages.values()])
        for index in sorted(run.indexes_with_new_markers() - run.insecure_indexes):
            self._cache.record_markers(index)
        self._read_files(run, pages)
        results: dict[Query, IndexResult] = {}
        for query, page in pages.items():
            files, stated = run.files_of(query, page), stating | query.settings.stated_indexes
            status_page = status_pages.get(query)
            results[query] = _final_result(
                query.name,
                _index_result(page, stated, files),
                None if status_page is None else _index_result(status_page, stated, files),
                None if cache_only and not query.settings.offline else query.settings.snapshot,
            )
        return results

    def _read_files(self, run: Resolution, pages: Mapping[Query, PageResult]) -> None:
        """Read the cached lists of files that queries need, a few at a time: a list may have 2 MB."""
        keys = list(run.lists_to_read(pages).items())
        for start in range(0, len(keys), _LISTS_PER_READ):
            for key, text in self._cache.get_files(dict(keys[start : start + _LISTS_PER_READ])).items():
                run.add_files(key, text)

    def _resolve_pages(
        self, run: Resolution, indexes: Mapping[Query, tuple[str, ...]], end: float, on_result: OnResult | None = None
    ) -> dict[Query, PageResult]:
        """Return the page of each query on its ``indexes``, requesting those that are not known before ``end``."""
        resolved: dict[Query, PageResult] = {}
        waiting: dict[PageKey, list[Query]] = {}
        requests: list[PageRequest] = []

        def proceed(query: Query) -> None:
            """Resolve ``query``, or add the request that is needed for it."""
            while isinstance(step := run.next_step(query, indexes[query]), PageRequest):
                key = page_key(step.index_url, step.name)
                if key in waiting:
                    waiting[key].append(query)
                    return
                if time.monotonic() < end:
                    waiting[key] = [query]
                    requests.append(step)
                    return
                run.add_outcome(key, _TOO_LATE)
            resolved[query] = step

        for query in indexes:
            proceed(query)
        for key in self._fetch(run, requests):
            for query in waiting.pop(key):
                proceed(query)
                if query in resolved:
                    self._report_early(query, resolved[query], on_result)
        return {query: resolved[query] for query in indexes}

    def _report_early(self, query: Query, page: PageResult, on_result: OnResult | None) -> None:
        """Call ``on_result`` if the result for ``page`` is final: one without a marker depends on other pages."""
        result = _index_result(page, query.settings.stated_indexes)
        if on_result is not None and not isinstance(result, StatusNotStated):
            on_result(query, _final_result(query.name, result, None, query.settings.snapshot))

    def _fetch(self, run: Resolution, requests: Sequence[PageRequest]) -> Iterator[PageKey]:
        """Fetch the pages of ``requests``, to which the caller may add, and yield their keys.

        Pages are cached in small batches; no transaction spans a request.
        """
        if not requests:
            return
        if self._client is None:
            self._client = self._open_client()
        unsaved: dict[PageKey, CachedPage] = {}
        try:
            for request, outcome in self._client.fetch(requests, self._on_progress):
                key = page_key(request.index_url, request.name)
                entry = run.add_outcome(key, outcome)
                if entry is not None:
                    unsaved[key] = entry
                if len(unsaved) == BATCH:
                    self._cache.put_many(unsaved)
                    unsaved.clear()
                yield key
        finally:
            self._cache.put_many(unsaved)
        for request in requests:
            key = page_key(request.index_url, request.name)
            if key not in run.outcomes:
                run.add_outcome(key, Failed(Cause.UNEXPECTED_RESPONSE, "no response was received"))
                yield key

    def _stating_indexes(self, run: Resolution, pages: Iterable[PageResult]) -> frozenset[str]:
        """Return the indexes of ``pages`` that state markers on any page, in this run or according to the cache."""
        stating = run.indexes_with_markers()
        without_marker = {
            page.origin.index_url
            for page in pages
            if isinstance(page, PageAndOrigin) and page.page.marker is None and page.origin.authenticated
        } - stating
        return frozenset(stating.union(filter(self._cache.states_markers, without_marker)))


def _index_result(page: PageResult, stating: frozenset[str], files: PageFiles | None = None) -> IndexResult:
    """Return the result for ``page``. On an index in ``stating``, no marker means active (PEP 792)."""
    if not isinstance(page, PageAndOrigin):
        return page
    result = status_of_page(*page, files)
    if isinstance(result, StatusNotStated) and result.origin.index_url in stating:
        return KnownStatus(ProjectStatus.ACTIVE, "", result.origin, result.release, "stated", files)
    return result


def _final_result(
    name: str, result: IndexResult, status_result: IndexResult | None, snapshot: Snapshot | None
) -> IndexResult:
    """Combine the results of the indexes, of the status index and of the snapshot."""
    files = result.files if isinstance(result, StatusNotStated) else None
    # A project that the status index does not have keeps its result. A failed request does not, because the status was
    # not checked.
    if isinstance(result, StatusNotStated) and not isinstance(status_result, StatusNotStated | Missing | None):
        result = status_result
    if snapshot is None or not isinstance(result, StatusNotStated | Unavailable):
        return result
    snapshot_result = snapshot.lookup(name)
    if snapshot_result is None or isinstance(snapshot_result, type(result)):  # neither states a status
        return result
    return snapshot_result._replace(files=files)


class LookupSession:
    """Looks up project statuses for one run. A context manager.

    Without queries, nothing is opened. If the cache has all pages, no connection is opened and requests not imported.
    """

    def __init__(
        self,
        *,
        use_cache: bool = True,
        refresh: bool = False,
        trusted_hosts: tuple[str, ...] = (),
        credentials: CredentialSettings = NO_ACCESS,
        progress: ProgressReporter | None = None,
    ) -> None:
        """Create a session; ``trusted_hosts`` may be queried over plain http; ``credentials`` are the user's.

        ``refresh`` ignores cached results.
        """
        self.refresh = refresh
        self._use_cache = use_cache
        self._credentials = credentials
        self._trusted_hosts = trusted_hosts
        self._cache: StatusCache | None = None
        self._client: Client | None = None
        self._progress = progress

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._progress is not None:
            self._progress.close()
        if self._client is not None:
            self._client.close()
        if self._cache is not None:
            self._cache.close()

    def look_up(self, queries: Iterable[Query], *, cache_only: bool = False) -> Mapping[Query, IndexResult]:
        """Return the result of each of ``queries``, in one batch; see ``Resolver.look_up``."""
        queries = list(queries)
        if not queries:
            return {}
        if self._cache is None:
            self._cache = StatusCache.open_or_empty(cache_directory()) if self._use_cache else StatusCache()
        resolver = Resolver(
            open_client=self._open_client,
            cache=self._cache,
            clock=time.time,
            on_progress=self._progress.update if self._progress else None,
        )
        seconds = self._credentials.total_seconds
        return resolver.look_up(queries, cache_only=cache_only, refresh=self.refresh, seconds=seconds)

    def problems(self) -> tuple[Problem, ...]:
        """Return the failure of the cache, if any; the lookups continued without it."""
        error = self._cache.error if self._cache else None
        return () if error is None else (Problem(Severity.WARNING, f"{error}; continuing without a cache", error.help),)

    def _open_client(self) -> Fetcher:
        from mothball.index.client import Client, ClientSettings  # noqa: PLC0415 - imports requests: cold path only

        if self._client is None:
            self._client = Client(ClientSettings.for_user(self._credentials, self._trusted_hosts))
        return self._client
