"""Look names up in threads: in the cache, and on the indexes.

Each lookup opens the cache itself: it may be shared among processes, but a connection belongs to one thread.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from mothball.config.project import UserConfig
from mothball.config.user_settings import cache_directory
from mothball.index.cache import StatusCache
from mothball.index.credentials import netrc_paths
from mothball.index.releases import Releases
from mothball.index.resolution import Query
from mothball.index.resolver import Fetcher, OnResult, Resolver
from mothball.model.errors import CacheError, MothballError
from mothball.model.results import Cause, IndexResult, Origin, PageStatus, Source, Unavailable
from mothball.repository.files import Stamp, stamp_of

if TYPE_CHECKING:
    from mothball.index.client import Client

logger = logging.getLogger(__name__)

IndexResults = Mapping[Query, IndexResult]


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
        results = self.look_up(queries, cache_only=True)
        return {
            query: result
            for query, result in results.items()
            if query.settings.offline or (not isinstance(result, Unavailable) and result.origin.source is Source.CACHE)
        }

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
        return _releases(query.name, self.look_up((wanted,))[wanted])

    def look_up(
        self,
        queries: Iterable[Query],
        *,
        refresh: bool = False,
        cache_only: bool = False,
        on_result: OnResult | None = None,
    ) -> IndexResults:
        """Return a result for each query; ``on_result`` is called early with those that are final.

        ``refresh`` ignores cached results. Errors other than those of the network are logged, and the names unverified.
        """
        queries = tuple(queries)
        cache = StatusCache()
        try:
            cache = StatusCache.open_or_empty(cache_directory())
            resolver = Resolver(open_client=self._open_client, cache=cache, clock=time.time, on_result=on_result)
            seconds = self._user.credentials.total_seconds
            return resolver.look_up(queries, cache_only=cache_only, refresh=refresh, seconds=seconds)
        except MothballError as error:
            return _failed(queries, f"{error}. {error.help}".rstrip(". "))
        except Exception:
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


def _releases(name: str, result: IndexResult | None) -> Releases | None:
    if not isinstance(result, PageStatus):
        return None
    return Releases(name, result.files) if result.files is not None and result.files.is_whole else None


def _failed(queries: Iterable[Query], detail: str) -> IndexResults:
    now = time.time()
    return {query: Unavailable(Cause.UNEXPECTED_RESPONSE, detail, Origin(query.indexes[0], now)) for query in queries}
