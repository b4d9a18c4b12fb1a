"""The state of one batch of lookups: cached pages, outcomes of requests, and the next step for each name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, assert_never

from mothball.config.project import DEFAULT_INDEX
from mothball.index.cache import NOT_KEPT, CachedPage, PageKey, page_key
from mothball.index.project_page import (
    Failed,
    Fetched,
    NotFound,
    NotModified,
    Outcome,
    PageRequest,
    ProjectPage,
    Redirected,
    reduced_list,
)
from mothball.model.records import NamedTuple, make
from mothball.model.results import Cause, Missing, Origin, PageFiles, Source, Unavailable

if TYPE_CHECKING:
    from mothball.index.snapshot import Snapshot

# Seconds for which a cached 404 is valid, whatever ``max_age`` is, because the name may be registered meanwhile. A
# stale 404 only makes an offline lookup continue with the next index.
MISSING_MAX_AGE = 300.0
# Seconds for which a cached page is used after a failed request.
STALE_LIMIT = 7 * 24 * 3600.0
# Seconds by which the time of a cached page may lie in the future, for clocks that differ slightly.
CLOCK_SKEW = 60.0


class LookupSettings(NamedTuple):
    """Settings of a lookup; times in seconds.

    A cached page is used up to ``max_age``, up to ``STALE_LIMIT`` if the request fails, and at any age if ``offline``.
    ``status_index`` is queried if the index does not state a status. ``snapshot`` is
    used if the index is unavailable or does not state a status. On the indexes with the URLs ``stated_indexes``, a page
    without a marker means active. ``bypass_cache`` requests whole pages: it neither uses cached pages nor validates
    them. The results of indexes on ``insecure_hosts`` (``HOST`` or ``HOST:PORT``) are not authenticated and not cached.

    ``ignored_codes`` are URLs of indexes, each with an HTTP status that means that the index does not have a project.
    ``is_private`` is true for a private name; ``public_indexes`` are the URLs of the indexes that it is not sent to, in
    addition to the built-in default index.
    """

    max_age: float = 3600.0
    offline: bool = False
    status_index: str | None = None
    snapshot: Snapshot | None = None
    stated_indexes: frozenset[str] = frozenset()
    insecure_hosts: tuple[str, ...] = ()
    ignored_codes: frozenset[tuple[str, int]] = frozenset()
    is_private: bool = False
    public_indexes: frozenset[str] = frozenset()
    bypass_cache: bool = False


class Query(NamedTuple):
    """A lookup of a normalized name on ``indexes``, in this order (never empty).

    With a ``pin``, a version, the result has the files that show whether the version is there (see ``PageFiles``), and
    with ``whole_list`` all files of the page.
    """

    name: str
    indexes: tuple[str, ...]
    settings: LookupSettings = LookupSettings()
    pin: str = ""
    whole_list: bool = False

    def delegates(self, index: str) -> tuple[str, ...]:
        """Return the indexes that ``index`` may redirect to: other candidates, and the built-in default index.

        An index that is no candidate itself, such as a status index, may redirect to none.
        """
        if index not in self.indexes:
            return ()
        others = (candidate for candidate in (*self.indexes, DEFAULT_INDEX) if candidate != index)
        return (*others, *(sorted(self.settings.public_indexes) if self.settings.is_private else ()))

    def all_indexes(self) -> tuple[str, ...]:
        """Return the indexes that the query may be sent to; one may redirect to the built-in default index."""
        status_index = self.settings.status_index
        return (*self.indexes, *((status_index,) if status_index is not None else ()), DEFAULT_INDEX)

    def for_whole_list(self, *, bypass_cache: bool = False) -> Query:
        """Return the query for all files of the page, whatever the pin; ``bypass_cache`` requests the whole page."""
        settings = self.settings._replace(bypass_cache=True) if bypass_cache else self.settings
        return Query(self.name, self.indexes, settings, whole_list=True)

    @property
    def needs_files(self) -> bool:
        """Return True if the result has files."""
        return self.whole_list or bool(self.pin)


class PageAndOrigin(NamedTuple):
    """A project page and its origin."""

    page: ProjectPage
    origin: Origin


PageResult = PageAndOrigin | Missing | Unavailable


class _IgnoredFailure(NamedTuple):
    """A failure that ``ignore-error-codes`` ignores; it is the result if no other index has the project."""

    failure: Unavailable


class _Delegated(NamedTuple):
    """A redirect to the page of the same name on another index that may be queried for it."""

    delegate: str
    origin: Origin


_Step = PageResult | _IgnoredFailure | _Delegated


class Resolution:
    """The pages of one call of ``look_up``: cached ones at its start, and outcomes of requests since."""

    def __init__(self, now: float, queries: Sequence[Query], *, cache_only: bool, refresh: bool) -> None:
        """Start at the Unix time ``now``; the caller sets ``cached`` to the cached pages of ``keys_to_read``.

        With ``cache_only`` no request is needed: what the cache does not have is unavailable. With ``refresh`` no
        cached page is fresh.
        """
        self._now = now
        self._cache_only = cache_only
        self._refresh = refresh
        self.cached: Mapping[PageKey, CachedPage] = {}
        # The normalized URLs of the indexes that are not authenticated and not cached.
        self.insecure_indexes = _insecure_indexes(queries)
        self._queries: dict[str, list[Query]] = {}
        for query in queries:
            self._queries.setdefault(query.name, []).append(query)
        self._files: dict[tuple[PageKey, str, bool], tuple[str, bool]] = {}
        self.outcomes: dict[PageKey, Outcome] = {}
        self._entries: dict[PageKey, CachedPage | None] = {}

    def keys_to_read(self) -> list[PageKey]:
        """Return the keys of all pages that queries may need, without those of insecure indexes."""
        queries = (query for of_name in self._queries.values() for query in of_name)
        keys = dict.fromkeys(page_key(index, query.name) for query in queries for index in query.all_indexes())
        return [key for key in keys if key.index_url not in self.insecure_indexes]

    def add_outcome(self, key: PageKey, outcome: Outcome) -> CachedPage | None:
        """Store the outcome of a request; return the new cache entry, None if it does not change or is not cached.

        The files that no query needs are not stored: they are most of a page.
        """
        entry = self._entry(key, outcome)
        self._entries[key] = entry
        if isinstance(outcome, Fetched) and outcome.page.files is not None:
            self.add_files(key, outcome.page.files)
            page = outcome.page.without_files()
            outcome = Fetched(page, outcome.etag)
            self._entries[key] = CachedPage(page, None, self._now)
        self.outcomes[key] = outcome
        return None if key.index_url in self.insecure_indexes else entry

    def add_files(self, key: PageKey, text: str) -> None:
        """Store the part of a list of files that the queries for the project need."""
        for pin, whole_list in {(query.pin, query.whole_list) for query in self._queries_for_files(key.name)}:
            files = (text, True) if whole_list else reduced_list(text, key.name, pin)
            self._files[key, pin, whole_list] = files

    def _queries_for_files(self, name: str) -> list[Query]:
        return [query for query in self._queries.get(name, ()) if query.needs_files]

    def lists_to_read(self, pages: Mapping[Query, PageResult]) -> dict[PageKey, float]:
        """Return the keys of the cached lists of files that queries need, and the time of each list."""
        keys: dict[PageKey, float] = {}
        for query, page in pages.items():
            if query.needs_files and isinstance(page, PageAndOrigin):
                key = page_key(page.origin.index_url, query.name)
                cached = self.cached.get(key)
                if cached is not None and cached.listed_at and not self._is_fetched(key):
                    keys[key] = cached.listed_at
        return keys

    def files_of(self, query: Query, page: PageResult) -> PageFiles | None:
        """Return the files on ``page`` that ``query`` needs, None if it needs none or they are not known."""
        if not query.needs_files or not isinstance(page, PageAndOrigin):
            return None
        key = page_key(page.origin.index_url, query.name)
        found = self._files.get((key, query.pin, query.whole_list))
        if found is not None:
            return PageFiles(*found, page.origin)
        cached = self.cached.get(key)
        # The index has sent a list, but it was not stored, or its row was deleted to limit the size of the cache.
        is_missing = cached is not None and cached.listed_at is not None and not self._is_fetched(key)
        return make(PageFiles, ("", False, page.origin, False)) if is_missing else None

    def _is_fetched(self, key: PageKey) -> bool:
        return isinstance(self.outcomes.get(key), Fetched)

    def next_step(self, query: Query, indexes: tuple[str, ...]) -> PageResult | PageRequest:
        """Return the result of the first of ``indexes`` that has the name, or the request that is needed for it.

        Only "not here" leads to the next index: a 404, a status that ``ignore-error-codes`` names, a redirect to an
        index that does not have the name either. Other failures do not: the next index may be public and have a
        different project of the same name.
        """
        missing: Missing | None = None
        failure: Unavailable | None = None
        for index in indexes:
            match step := self._delegated_step(query, index):
                case Missing():
                    missing = step
                case _IgnoredFailure():
                    failure = failure or step.failure
                case _:
                    return step
        if failure is not None:
            return failure
        if missing is None or missing.origin.source is Source.STALE:
            return self._unavailable_offline(page_key(indexes[-1], query.name).index_url)
        return missing

    def _delegated_step(
        self, query: Query, index: str, path: tuple[str, ...] = ()
    ) -> PageResult | PageRequest | _IgnoredFailure:
        """Return the step for ``index``, or for the index that it redirects to; ``path`` are the indexes before it.

        A private name is not sent to the index that a redirect leads to: it means that ``index`` does not have it.
        """
        step = self._index_step(query, index)
        if not isinstance(step, _Delegated):
            return step
        if query.settings.is_private:
            return Missing(step.origin)
        if step.delegate in path:
            detail = f"{index} and {step.delegate} redirect to each other"
            return Unavailable(Cause.REFUSED_REDIRECT, detail, step.origin)
        return self._delegated_step(query, step.delegate, (*path, index))

    def _index_step(self, query: Query, index: str) -> PageRequest | _Step:
        key, settings = page_key(index, query.name), query.settings
        cached = None if settings.bypass_cache else self.cached.get(key)
        limit = settings.max_age if cached and cached.page else min(settings.max_age, MISSING_MAX_AGE)
        fresh = cached is not None and -CLOCK_SKEW <= self._now - cached.stored_at < limit
        offline = settings.offline or self._cache_only
        if cached is not None and (offline or (fresh and not self._refresh)):
            source = Source.CACHE if fresh else Source.STALE
            step = _step(query, key, cached, make(Origin, (key.index_url, cached.stored_at, source, True, "")))
            if step is not None:
                return step
        if offline:
            return self._unavailable_offline(key.index_url)
        if key in self.outcomes:
            return self._fetched_step(query, key, self.outcomes[key], self._entries[key])
        # A 304 would not bring the list of files.
        has_files = cached is not None and not (query.needs_files and cached.listed_at == NOT_KEPT)
        return PageRequest(index, query.name, cached.etag if cached is not None and has_files else None)

    def _unavailable_offline(self, index_url: str) -> Unavailable:
        detail = "offline, and neither in the cache nor in a snapshot"
        return Unavailable(Cause.OFFLINE, detail, Origin(index_url, self._now))

    def _fetched_step(self, query: Query, key: PageKey, outcome: Outcome, entry: CachedPage | None) -> _Step:
        """Return the step for ``outcome``: that of its cache ``entry``, for a failure that of an older page if any."""
        bypass_cache = query.settings.bypass_cache
        if entry is not None and not (bypass_cache and isinstance(outcome, NotModified)):
            step = _step(query, key, entry, self._origin(key))
            if step is not None:
                return step
        failed = outcome.failed if isinstance(outcome, Redirected) else outcome
        if not isinstance(failed, Failed):
            detail = "304 Not Modified in response to an unconditional request"
            failed = Failed(Cause.UNEXPECTED_RESPONSE, detail)
        cached = None if bypass_cache else self.cached.get(key)
        if (
            cached is not None
            and cached.page is not None
            and -CLOCK_SKEW <= self._now - cached.stored_at <= STALE_LIMIT
        ):
            origin = Origin(key.index_url, cached.stored_at, Source.STALE, failure=failed.detail)
            return PageAndOrigin(cached.page, origin)
        # Ignoring the status of the last index would not lead to another one.
        status = failed.status if key.index_url in query.indexes[:-1] else 0
        return Unavailable(failed.cause, failed.detail, self._origin(key), status)

    def _origin(self, key: PageKey) -> Origin:
        """Return the origin of a response of this call."""
        return Origin(key.index_url, self._now, Source.INDEX, key.index_url not in self.insecure_indexes)

    def _entry(self, key: PageKey, outcome: Outcome) -> CachedPage | None:
        """Return the cache entry for ``outcome``, None for a failure that no query accepts."""
        queries = self._queries.get(key.name, ())
        match outcome:
            case Fetched(page, etag):
                # Lists of files are large, and few are read.
                is_dropped = page.files is not None and not self._queries_for_files(key.name)
                listed_at = NOT_KEPT if is_dropped else None if page.files is None else self._now
                return CachedPage(page.without_files() if is_dropped else page, etag, self._now, listed_at)
            case NotFound():
                return CachedPage(None, None, self._now)
            case NotModified():
                cached = self.cached.get(key)
                if cached is None or cached.page is None:
                    return None
                # Without files: their row stays as it is.
                return CachedPage(cached.page.without_files(), cached.etag, self._now, cached.listed_at)
            case Failed(status=status):
                ignored = any((key.index_url, status) in query.settings.ignored_codes for query in queries)
                return CachedPage(None, None, self._now, ignored_status=status) if ignored else None
            case Redirected():
                delegates = dict.fromkeys(index for query in queries for index in query.delegates(key.index_url))
                delegate = _delegate(outcome, key.name, delegates)
                return CachedPage(None, None, self._now, delegate=delegate) if delegate else None
            case _:
                assert_never(outcome)

    def indexes_with_markers(self) -> set[str]:
        """Return the indexes with a status marker on a cached or fetched page."""
        cached = {key.index_url for key, page in self.cached.items() if _has_marker(page)}
        return cached | self.indexes_with_new_markers()

    def indexes_with_new_markers(self) -> set[str]:
        """Return the indexes with a status marker on a page that was fetched, or is not modified."""
        return {key.index_url for key, entry in self._entries.items() if _has_marker(entry)}


def _has_marker(entry: CachedPage | None) -> bool:
    return entry is not None and entry.page is not None and entry.page.marker is not None


def _step(query: Query, key: PageKey, cached: CachedPage, origin: Origin) -> _Step | None:
    """Return the step for a response, cached or new, None if the settings of ``query`` do not accept it."""
    if cached.page is not None:
        return make(PageAndOrigin, (cached.page, origin))
    if status := cached.ignored_status:
        cause = Cause.UNAUTHORIZED if status in (401, 403) else Cause.UNEXPECTED_RESPONSE
        detail = f"{key.index_url} returned {status}, which `ignore-error-codes` ignores, and no other index has it"
        is_ignored = (key.index_url, status) in query.settings.ignored_codes
        return _IgnoredFailure(Unavailable(cause, detail, origin)) if is_ignored else None
    if cached.delegate:
        return _Delegated(cached.delegate, origin) if cached.delegate in query.delegates(key.index_url) else None
    return Missing(origin)


def _delegate(redirected: Redirected, name: str, indexes: Iterable[str]) -> str:
    """Return the one of ``indexes`` whose page of ``name`` is the target of a redirect, empty if none is."""
    from mothball.index.urls import index_of_page, page_url  # noqa: PLC0415 - cold path only

    target = redirected.index_url
    return next((index for index in indexes if target and index_of_page(page_url(index, name), name) == target), "")


def _insecure_indexes(queries: Iterable[Query]) -> frozenset[str]:
    with_hosts = [query for query in queries if query.settings.insecure_hosts]
    if not with_hosts:
        return frozenset()
    from mothball.index.urls import endpoint_of, is_named  # noqa: PLC0415 - few have such hosts

    indexes = {(index, query.settings.insecure_hosts) for query in with_hosts for index in query.all_indexes()}
    return frozenset(
        page_key(index, "").index_url
        for index, hosts in indexes
        if (endpoint := endpoint_of(index)) is not None and is_named(endpoint, hosts)
    )
