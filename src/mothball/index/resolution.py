"""The state of one batch of lookups: cached pages, outcomes of requests, and the next step for each name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, assert_never

from mothball.index.cache import CachedPage, PageKey, page_key
from mothball.index.page_request import Failed, Fetched, NotFound, NotModified, Outcome, PageRequest, ProjectPage
from mothball.model.lookup import Cause, Missing, Origin, PageFiles, Source, Unavailable
from mothball.model.records import NamedTuple

if TYPE_CHECKING:
    from mothball.index.snapshot import Snapshot

# Seconds for which a cached 404 is valid, whatever ``max_age`` is, because the name may be registered meanwhile. A
# stale 404 only makes an offline lookup continue with the next index.
MISSING_MAX_AGE = 300.0
# Seconds by which the time of a cached page may lie in the future, for clocks that differ slightly.
CLOCK_SKEW = 60.0


class LookupSettings(NamedTuple):
    """Settings of a lookup; times in seconds.

    A cached page is used up to ``max_age``, up to ``stale_limit`` if the request fails, and at any age if ``offline``.
    ``refresh`` ignores ``max_age``. ``status_index`` is queried if the index does not state a status. ``snapshot`` is
    used if the index is unavailable or does not state a status. On the indexes with the URLs ``stated_indexes``, a page
    without a marker means active. ``bypass_cache`` requests whole pages: it neither uses cached pages nor validates
    them. The results of indexes on ``insecure_hosts`` (``HOST`` or ``HOST:PORT``) are not authenticated and not cached.
    """

    max_age: float = 3600.0
    offline: bool = False
    refresh: bool = False
    status_index: str | None = None
    snapshot: Snapshot | None = None
    stale_limit: float = 7 * 24 * 3600.0
    stated_indexes: frozenset[str] = frozenset()
    bypass_cache: bool = False
    insecure_hosts: tuple[str, ...] = ()

    def is_insecure(self, index_url: str) -> bool:
        """Return True if the index is on one of the ``insecure_hosts``."""
        if not self.insecure_hosts:
            return False
        from mothball.index.urls import endpoint_of, is_named  # noqa: PLC0415 - few have such hosts

        endpoint = endpoint_of(index_url)
        return endpoint is not None and is_named(endpoint, self.insecure_hosts)

    def cache_only(self) -> LookupSettings:
        """Return settings that only use the cache; offline settings stay as they are."""
        return self if self.offline else self._replace(offline=True, snapshot=None)


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


class PageAndOrigin(NamedTuple):
    """A project page and its origin."""

    page: ProjectPage
    origin: Origin


PageResult = PageAndOrigin | Missing | Unavailable


class Resolution:
    """The pages of one call of ``look_up``: cached ones at its start, and outcomes of requests since."""

    def __init__(
        self, now: float, cached: Mapping[PageKey, CachedPage], insecure_indexes: frozenset[str] = frozenset()
    ) -> None:
        """Start at the Unix time ``now``. ``insecure_indexes`` (URLs) are not authenticated and not cached."""
        self._now = now
        self._cached = cached
        self._pins: dict[str, set[tuple[str, bool]]] = {}
        self._files: dict[tuple[PageKey, str, bool], tuple[str, bool]] = {}
        self._insecure_indexes = insecure_indexes
        self.outcomes: dict[PageKey, Outcome] = {}

    def expect_files(self, queries: Iterable[Query]) -> None:
        """Keep the files that ``queries`` need when pages arrive."""
        for query in queries:
            if query.pin:
                self._pins.setdefault(query.name, set()).add((query.pin, query.whole_list))

    def add_outcome(self, key: PageKey, outcome: Outcome) -> None:
        """Store the outcome of a request, without the files that no query needs: they are most of a page."""
        if isinstance(outcome, Fetched) and outcome.page.files is not None:
            self.add_files(key, outcome.page.files)
            outcome = outcome._replace(page=outcome.page._replace(files=""))
        self.outcomes[key] = outcome

    def add_files(self, key: PageKey, text: str) -> None:
        """Store the part of a list of files that the queries for the project need."""
        pins = self._pins.get(key.name)
        if pins is None:
            return
        from mothball.index.file_list import reduced_list  # noqa: PLC0415 - not needed without pins

        for pin, whole_list in pins:
            files = (text, True) if whole_list else reduced_list(text, key.name, pin)
            self._files[key, pin, whole_list] = files

    def lists_to_read(self, pages: Mapping[Query, PageResult]) -> dict[PageKey, float]:
        """Return the keys of the cached lists of files that queries need, and the time of each list."""
        keys: dict[PageKey, float] = {}
        for query, page in pages.items():
            if query.pin and isinstance(page, PageAndOrigin):
                key = page_key(page.origin.index_url, query.name)
                cached = self._cached.get(key)
                is_fetched = isinstance(self.outcomes.get(key), Fetched)
                if cached is not None and cached.listed_at is not None and not is_fetched:
                    keys[key] = cached.listed_at
        return keys

    def files_of(self, query: Query, page: PageAndOrigin) -> PageFiles | None:
        """Return the files on ``page`` that ``query`` needs, None if they are not known."""
        found = self._files.get((page_key(page.origin.index_url, query.name), query.pin, query.whole_list))
        return PageFiles(*found, page.origin) if found else None

    def next_step(self, query: Query, indexes: tuple[str, ...]) -> PageResult | PageRequest:
        """Return the result of the first of ``indexes`` that has the name, or the request that is needed for it.

        Only a 404 leads to the next index. Other failures do not: the next index may be public and have a different
        project of the same name.
        """
        *earlier, last = indexes
        for index in earlier:
            step = self._index_step(query, index)
            if not isinstance(step, Missing):
                return step
        step = self._index_step(query, last)
        if isinstance(step, Missing) and step.origin.source is Source.STALE:
            return self._unavailable_offline(step.origin.index_url)
        return step

    def _index_step(self, query: Query, index: str) -> PageResult | PageRequest:
        key, settings = page_key(index, query.name), query.settings
        cached = None if settings.bypass_cache else self._cached.get(key)
        fresh = cached is not None and self._is_fresh(cached, settings.max_age)
        if cached is not None and (settings.offline or (fresh and not settings.refresh)):
            return _cached_result(key, cached, Source.CACHE if fresh else Source.STALE)
        if settings.offline:
            return self._unavailable_offline(key.index_url)
        if key in self.outcomes:
            return self._fetched_result(key, self.outcomes[key], settings.stale_limit)
        return PageRequest(index, query.name, cached.etag if cached else None)

    def _is_fresh(self, cached: CachedPage, max_age: float) -> bool:
        limit = max_age if cached.page is not None else min(max_age, MISSING_MAX_AGE)
        return -CLOCK_SKEW <= self._now - cached.stored_at < limit

    def _unavailable_offline(self, index_url: str) -> Unavailable:
        detail = "offline, and neither in the cache nor in a snapshot"
        return Unavailable(Cause.OFFLINE, detail, Origin(index_url, self._now))

    def _fetched_result(self, key: PageKey, outcome: Outcome, stale_limit: float) -> PageResult:
        origin = Origin(key.index_url, self._now, Source.INDEX, key.index_url not in self._insecure_indexes)
        cached = self._cached.get(key)
        match outcome:
            case Fetched(page):
                return PageAndOrigin(page, origin)
            case NotModified() if cached is not None and cached.page is not None:
                return PageAndOrigin(cached.page, origin)
            case NotModified():
                return Unavailable(
                    Cause.UNEXPECTED_RESPONSE, "304 Not Modified in response to an unconditional request", origin
                )
            case NotFound():
                return Missing(origin)
            case Failed(cause, detail):
                stale = self._stale_page(key, cached, stale_limit)
                return Unavailable(cause, detail, origin) if stale is None else stale
            case _:
                assert_never(outcome)

    def _stale_page(self, key: PageKey, cached: CachedPage | None, stale_limit: float) -> PageAndOrigin | None:
        """Return the cached page to use after a failure, None if it is too old or a 404."""
        if cached is None or cached.page is None or not -CLOCK_SKEW <= self._now - cached.stored_at <= stale_limit:
            return None
        return PageAndOrigin(cached.page, Origin(key.index_url, cached.stored_at, Source.STALE))

    def cache_entry(self, key: PageKey, outcome: Outcome) -> CachedPage | None:
        """Return the new cache entry of ``key`` after ``outcome``, None if it does not change or is not cached."""
        return None if key.index_url in self._insecure_indexes else self._new_page(key, outcome)

    def _new_page(self, key: PageKey, outcome: Outcome) -> CachedPage | None:
        match outcome:
            case Fetched(page, etag):
                return CachedPage(page, etag, self._now, None if page.files is None else self._now)
            case NotFound():
                return CachedPage(None, None, self._now)
            case NotModified():
                cached = self._cached.get(key)
                if cached is None or cached.page is None:
                    return None
                # Without files: their row stays as it is.
                return cached._replace(page=cached.page._replace(files=None), stored_at=self._now)
            case Failed():
                return None
            case _:
                assert_never(outcome)

    def indexes_with_markers(self) -> set[str]:
        """Return the indexes with a status marker on a cached or fetched page."""
        cached = {key.index_url for key, page in self._cached.items() if _has_marker(page)}
        fetched = {key.index_url for key, outcome in self.outcomes.items() if _has_marker(self._new_page(key, outcome))}
        return cached | fetched

    def cacheable_indexes_with_markers(self) -> set[str]:
        """Return the indexes with a status marker on a fetched page that is cached."""
        return {key.index_url for key, outcome in self.outcomes.items() if _has_marker(self.cache_entry(key, outcome))}


def _has_marker(entry: CachedPage | None) -> bool:
    return entry is not None and entry.page is not None and entry.page.marker is not None


def _cached_result(key: PageKey, cached: CachedPage, source: Source) -> PageAndOrigin | Missing:
    origin = Origin(key.index_url, cached.stored_at, source)
    return Missing(origin) if cached.page is None else PageAndOrigin(cached.page, origin)
