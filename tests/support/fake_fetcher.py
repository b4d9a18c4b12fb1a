"""A scripted client without a network that records requests."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from mothball.index.project_page import NotFound, Outcome, PageRequest
from mothball.index.resolver import Progress

Script = Mapping[tuple[str, str], Outcome | BaseException]


class FakeFetcher:
    """Return outcomes from ``script``, keyed by index and name; other names are a 404, and an exception is raised.

    ``asked`` records all requests in order, ``rounds`` the numbers of those that were sent together, and ``opened`` how
    often a client was opened. ``order`` may shuffle or drop the outcomes of those that were sent together.
    """

    def __init__(
        self, script: Script, order: Callable[[list[PageRequest]], list[PageRequest]] = lambda requests: requests
    ) -> None:
        self.script = script
        self.order = order
        self.asked: list[PageRequest] = []
        self.rounds: list[int] = []
        self.opened = 0

    def open(self) -> FakeFetcher:
        """Return this client; it replaces the factory of clients."""
        self.opened += 1
        return self

    def fetch(
        self, requests: Sequence[PageRequest], on_progress: Progress | None = None
    ) -> Iterator[tuple[PageRequest, Outcome]]:
        """Yield the scripted outcome of each request."""
        done = sent = 0
        while sent < len(requests):
            new = list(requests[sent:])
            sent = len(requests)
            self.rounds.append(len(new))
            self.asked.extend(new)
            for request in self.order(new):
                outcome = self.script.get((request.index_url, request.name), NotFound())
                if isinstance(outcome, BaseException):
                    raise outcome
                done += 1
                if on_progress is not None:
                    on_progress(done, len(requests))
                yield request, outcome
