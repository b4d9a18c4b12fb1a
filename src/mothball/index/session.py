"""Lookups of one run: opens the cache and the client when they are needed."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Protocol, Self

from mothball.config.connection_settings import CredentialSettings
from mothball.config.user_directories import cache_directory
from mothball.index.cache import StatusCache
from mothball.index.deadline import total_seconds
from mothball.index.resolution import Query
from mothball.index.resolver import Fetcher, Resolver
from mothball.model.errors import CacheError
from mothball.model.results import IndexResult, Problem, Severity

if TYPE_CHECKING:
    from mothball.index.client import Client


NO_ACCESS = CredentialSettings()


class ProgressReporter(Protocol):
    """Reports how many lookups are done."""

    def update(self, done: int, total: int) -> None:
        """Report that ``done`` of ``total`` lookups are done."""

    def close(self) -> None:
        """Stop reporting."""


class LookupSession:
    """Looks up project statuses for one run. A context manager.

    Without queries, nothing is opened. If the cache has all pages, no connection is opened and requests not imported.
    """

    def __init__(
        self,
        *,
        use_cache: bool = True,
        trusted_hosts: tuple[str, ...] = (),
        credentials: CredentialSettings = NO_ACCESS,
        progress: ProgressReporter | None = None,
    ) -> None:
        """Create a session; ``trusted_hosts`` may be queried over plain http; ``credentials`` are the user's."""
        self._use_cache = use_cache
        self._credentials = credentials
        self._trusted_hosts = trusted_hosts
        self._cache: StatusCache | None = None
        self._cache_error: CacheError | None = None
        self._client: Client | None = None
        self._progress = progress

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
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
        if self._use_cache and self._cache is None and self._cache_error is None:
            self._open_cache()
        resolver = Resolver(
            open_client=self._open_client,
            cache=self._cache,
            clock=time.time,
            on_progress=self._progress.update if self._progress else None,
        )
        return resolver.look_up(queries, cache_only=cache_only, seconds=total_seconds(self._credentials))

    def problems(self) -> tuple[Problem, ...]:
        """Return the failure of the cache, if any; the lookups continued without it."""
        error = self._cache_error or (self._cache.error if self._cache else None)
        if error is None:
            return ()
        return (Problem(Severity.WARNING, f"{error}; continuing without a cache", error.help),)

    def _open_cache(self) -> None:
        try:
            self._cache = StatusCache.open(cache_directory())
        except CacheError as error:
            self._cache_error = error

    def _open_client(self) -> Fetcher:
        from mothball.index.client import Client, ClientSettings  # noqa: PLC0415 - imports requests: cold path only

        if self._client is None:
            self._client = Client(ClientSettings.for_user(self._credentials, self._trusted_hosts))
        return self._client
