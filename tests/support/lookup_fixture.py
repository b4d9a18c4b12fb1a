"""A cache, a scripted network and a fixed clock, for tests of lookups."""

from __future__ import annotations

from datetime import date

from mothball.index.cache import CachedPage, StatusCache, page_key
from mothball.index.project_page import Failed, ProjectPage
from mothball.index.resolution import LookupSettings, Query
from mothball.index.resolver import Resolver
from mothball.index.snapshot import Snapshot
from mothball.model.results import Cause, IndexResult, Origin, Source
from tests.support.fake_fetcher import FakeFetcher, Script

HOME = "https://home.example/simple/"
INDEX = "https://index.example/simple/"
STATUS = "https://status.example/simple/"
NOW = 1_800_000_000.0
HOUR = 3600.0
DAY = 24 * HOUR

SILENT = ProjectPage(None)
ACTIVE = ProjectPage("active")
ARCHIVED = ProjectPage("archived", "moved")
DOWN = Failed(Cause.TIMEOUT, "timed out")
LIVE = Origin(INDEX, NOW)
SNAPSHOT_DAY = date(2026, 11, 3)
REMEMBERED = Origin("https://then.example/simple/", 1_793_664_000.0, Source.SNAPSHOT)


class World:
    """A cache, a scripted network and a fixed clock."""

    def __init__(self, directory: str) -> None:
        self.cache = StatusCache.open(directory)
        self.now = NOW
        self.fetcher = FakeFetcher({})

    def remember(self, index: str, name: str, page: ProjectPage | None, age: float, etag: str | None = '"v1"') -> None:
        answer = CachedPage(page, etag if page else None, self.now - age)
        self.cache.put_many({page_key(index, name): answer})

    def remembered(self, index: str, name: str) -> CachedPage | None:
        return self.cache.get_many([page_key(index, name)]).get(page_key(index, name))

    def look_up(self, queries: list[Query], script: Script, *, refresh: bool = False) -> dict[Query, IndexResult]:
        self.fetcher = FakeFetcher(script)
        statuses = Resolver(open_client=self.fetcher.open, cache=self.cache, clock=lambda: self.now)
        return statuses.look_up(queries, refresh=refresh)

    def ask(
        self,
        script: Script,
        *indexes: str,
        name: str = "lib",
        settings: LookupSettings | None = None,
        refresh: bool = False,
    ) -> IndexResult:
        query = Query(name, indexes or (INDEX,), settings or LookupSettings())
        return self.look_up([query], script, refresh=refresh)[query]


def snapshot_of(**pages: ProjectPage) -> Snapshot:
    return Snapshot(SNAPSHOT_DAY, REMEMBERED.index_url, pages)
