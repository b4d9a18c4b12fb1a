"""What one look-up of many names knows of project pages, and how far along its indexes each name has come.

A page is what the cache held at the start of the run, or what an index has said since.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, assert_never

from mothball.index.cache import CachedPage, PageKey, page_key
from mothball.index.page_request import Failed, Fetched, NotFound, NotModified, Outcome, PageRequest, ProjectPage
from mothball.model.lookup import Cause, Missing, Origin, Source, Unavailable
from mothball.model.records import NamedTuple

if TYPE_CHECKING:
    from mothball.index.snapshot import Snapshot

# How long a 404 is believed, in seconds, whatever the settings say: the name may be registered by now. After that it is
# no answer any more; it only leads an offline run on to the index that did have the name.
MISSING_MAX_AGE = 300.0
# Cached answers from this far in the future, in seconds, are taken for clocks that disagree a little.
CLOCK_SKEW = 60.0


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

    def cache_only(self) -> LookupSettings:
        """Return settings that only use the cache; offline settings stay as they are."""
        return self if self.offline else self._replace(offline=True, snapshot=None)


class Query(NamedTuple):
    """A normalised name, the indexes that answer for it in the order to ask (never empty), and how to ask."""

    name: str
    indexes: tuple[str, ...]
    settings: LookupSettings = LookupSettings()


class PageAndOrigin(NamedTuple):
    """A project page, and where it comes from."""

    page: ProjectPage
    origin: Origin


PageResult = PageAndOrigin | Missing | Unavailable


class Resolution:
    """What one call of ``look_up`` knows of project pages: what the cache held at its start, and what indexes said."""

    def __init__(self, now: float, cached: Mapping[PageKey, CachedPage]) -> None:
        self._now = now
        self._cached = cached
        self.outcomes: dict[PageKey, Outcome] = {}

    def walk(self, query: Query, indexes: tuple[str, ...]) -> PageResult | PageRequest:
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

    def _step(self, query: Query, index: str) -> PageResult | PageRequest:
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

    def _is_fresh(self, cached: CachedPage, max_age: float) -> bool:
        limit = max_age if cached.page is not None else min(max_age, MISSING_MAX_AGE)
        return -CLOCK_SKEW <= self._now - cached.stored_at < limit

    def _unknown_offline(self, index_url: str) -> Unavailable:
        detail = "offline, and neither cache nor snapshot knows it"
        return Unavailable(Cause.OFFLINE, detail, Origin(index_url, self._now))

    def _from_index(self, key: PageKey, outcome: Outcome, stale_limit: float) -> PageResult:
        origin = Origin(key.index_url, self._now, Source.INDEX)
        cached = self._cached.get(key)
        match outcome:
            case Fetched(page):
                return PageAndOrigin(page, origin)
            case NotModified() if cached is not None and cached.page is not None:
                return PageAndOrigin(cached.page, origin)
            case NotModified():
                return Unavailable(Cause.UNEXPECTED_RESPONSE, "it answered 304 to an unconditional request", origin)
            case NotFound():
                return Missing(origin)
            case Failed(cause, detail):
                stale = self._instead(key, cached, stale_limit)
                return Unavailable(cause, detail, origin) if stale is None else stale
            case _:
                assert_never(outcome)

    def _instead(self, key: PageKey, cached: CachedPage | None, stale_limit: float) -> PageAndOrigin | None:
        """Return the cached page that may serve after a failure; a 404 that has passed never does."""
        if cached is None or cached.page is None or not -CLOCK_SKEW <= self._now - cached.stored_at <= stale_limit:
            return None
        return PageAndOrigin(cached.page, Origin(key.index_url, cached.stored_at, Source.STALE))

    def cache_entry(self, key: PageKey) -> CachedPage | None:
        """Return what the cache should hold of ``key`` from now on, None where the index taught us nothing."""
        outcome = self.outcomes[key]
        match outcome:
            case Fetched(page, etag):
                return CachedPage(page, etag, self._now)
            case NotFound():
                return CachedPage(None, None, self._now)
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
        return {key.index_url for key in self.outcomes if _has_marker(self.cache_entry(key))}


def _has_marker(answer: CachedPage | None) -> bool:
    return answer is not None and answer.page is not None and answer.page.marker is not None


def _from_cache(key: PageKey, cached: CachedPage, source: Source) -> PageAndOrigin | Missing:
    origin = Origin(key.index_url, cached.stored_at, source)
    return Missing(origin) if cached.page is None else PageAndOrigin(cached.page, origin)
