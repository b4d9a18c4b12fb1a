"""Many project pages at once, over HTTP.

Threads rather than an event loop: requests is what is installed everywhere, and 32 threads are enough to be bound by
the network. The threads are daemons that end when nothing waits: neither Ctrl-C nor the end of the interpreter waits
for an index, as the threads of concurrent.futures would.
"""

from __future__ import annotations

import queue
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from typing import Self

from mothball.index.credentials import CredentialStore
from mothball.index.deadline import Deadline
from mothball.index.page_fetcher import PageFetcher
from mothball.index.page_request import Failed, NotModified, Outcome, PageRequest
from mothball.index.transport import ClientSettings, Transport
from mothball.index.urls import endpoint_of, page_url
from mothball.model.lookup import Cause
from mothball.model.records import NamedTuple

__all__ = ["Client", "ClientSettings"]

DEFAULT_SETTINGS = ClientSettings()

# How long to wait for an arrival before looking up: on Windows a waiting lock does not hear Ctrl-C.
_LOOK_UP = 0.5

Arrivals = queue.SimpleQueue[tuple[PageRequest, Outcome | Exception]]
Progress = Callable[[int, int], None]


class _Listener(NamedTuple):
    """Who waits for an answer: what they asked, where it is to go, and for how long they wait."""

    request: PageRequest
    arrivals: Arrivals
    seconds: float


class _Flight:
    """A page that is being asked for, on behalf of everybody who wants it."""

    def __init__(self, url: str, request: PageRequest, deadline: Deadline) -> None:
        """Begin without listeners."""
        self.url = url
        self.request = request
        self.deadline = deadline
        self.listeners: list[_Listener] = []
        self.started = False
        self.abandoned = False


class Client:
    """Asks indexes for project pages, ``settings.workers`` at a time. A context manager; safe to share by threads."""

    def __init__(self, settings: ClientSettings = DEFAULT_SETTINGS) -> None:
        """Read the certificates, once. Raises ConfigError where the environment names some that cannot be used."""
        self._settings = settings
        self._credentials = CredentialStore(settings.credentials)
        self._transport = Transport(settings, self._credentials.is_named)
        self._asker = PageFetcher(self._transport, settings, self._credentials)
        # Guards all that follows, the flights' own fields included.
        self._lock = threading.Lock()
        self._flights: dict[str, _Flight] = {}
        self._waiting: deque[_Flight] = deque()
        self._workers = 0

    def fetch(
        self, requests: Sequence[PageRequest], on_progress: Progress | None = None
    ) -> Iterator[tuple[PageRequest, Outcome]]:
        """Yield each request with its outcome, in order of arrival; equal requests are one.

        Asking begins with the first step of the iterator, and what has not arrived ``settings.deadline`` seconds
        later fails. ``on_progress`` is called with the number of arrivals and of requests, in the caller's thread, and
        now and then while nothing arrives. Dropping the iterator cancels what is still to come. A page is asked for
        once at a time: who wants it while another thread's request is on its way waits for the same answer. Raises
        nothing for network reasons.
        """
        wanted = dict.fromkeys(requests)
        total = len(wanted)
        arrivals: Arrivals = queue.SimpleQueue()
        deadline = Deadline(self._settings.deadline)
        try:
            with self._lock:
                for request in wanted:
                    self._enlist(_Listener(request, arrivals, self._settings.deadline))
            while wanted:
                arrived = self._arrival(arrivals, deadline)
                if arrived is None and not deadline.remaining():
                    arrived = self._too_late(next(iter(wanted)))
                # Not among the wanted is what came after it had been called too late.
                news = arrived is not None and wanted.pop(arrived[0], self) is None
                if on_progress is not None:
                    on_progress(total - len(wanted), total)
                if arrived is not None and news:
                    yield arrived
        finally:
            self._leave(arrivals)

    def close(self) -> None:
        """Cancel what is still to come and close the connections."""
        stopped = Failed(Cause.UNREACHABLE, "mothball stopped asking")
        with self._lock:
            for flight in list(self._flights.values()):
                self._land(flight, stopped)
                self._abandon(flight)
        self._credentials.close()
        self._transport.close()

    def __enter__(self) -> Self:
        """Return the client."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close it."""
        self.close()

    # --- in the thread of whoever fetches ---

    def _arrival(self, arrivals: Arrivals, deadline: Deadline) -> tuple[PageRequest, Outcome] | None:
        """Return the next arrival; None when none comes for a while. Raises what a worker did not expect: a bug."""
        try:
            request, outcome = arrivals.get(timeout=min(deadline.remaining(), _LOOK_UP))
        except queue.Empty:
            return None
        if isinstance(outcome, Exception):
            raise outcome
        return request, outcome

    def _too_late(self, request: PageRequest) -> tuple[PageRequest, Failed]:
        """Return ``request`` with the outcome of what has not arrived in time."""
        endpoint = endpoint_of(request.index_url)
        host = "the index" if endpoint is None else endpoint.shown()
        detail = f"{host} did not answer within the {self._settings.deadline:g} s for all look-ups"
        return request, Failed(Cause.DEADLINE, detail)

    def _leave(self, arrivals: Arrivals) -> None:
        """Wait no longer for anything that would go to ``arrivals``, and give up on what nobody else waits for."""
        with self._lock:
            for flight in list(self._flights.values()):
                flight.listeners = [other for other in flight.listeners if other.arrivals is not arrivals]
                if not flight.listeners:
                    self._abandon(flight)

    # --- with the lock held ---

    def _enlist(self, listener: _Listener) -> None:
        """Join the flight that is under way to the same page, or start one."""
        url = page_url(listener.request.index_url, listener.request.name)
        flight = self._flights.get(url)
        if flight is None:
            flight = self._flights[url] = _Flight(url, listener.request, Deadline(listener.seconds))
            self._waiting.append(flight)
            if self._workers < self._settings.workers:
                threading.Thread(target=self._work, name="mothball-index", daemon=True).start()
                self._workers += 1
        flight.deadline.extend(listener.seconds)
        flight.listeners.append(listener)

    def _land(self, flight: _Flight, outcome: Outcome | Exception) -> None:
        """Tell every listener the outcome; who asked with another validator cannot use a 304, and asks anew."""
        del self._flights[flight.url]
        listeners, flight.listeners = flight.listeners, []
        for listener in listeners:
            if isinstance(outcome, NotModified) and listener.request.etag != flight.request.etag:
                self._enlist(listener)
            else:
                listener.arrivals.put((listener.request, outcome))

    def _abandon(self, flight: _Flight) -> None:
        """Give up on a flight. Its worker, whom a hostile index can hold for long, counts as one no more."""
        flight.abandoned = True
        flight.deadline.give_up()
        self._flights.pop(flight.url, None)
        if flight.started:
            self._workers -= 1

    # --- in a worker ---

    def _work(self) -> None:
        """Ask for one page after the other, as long as any is wanted."""
        while (flight := self._next()) is not None:
            outcome: Outcome | Exception
            try:
                outcome = self._asker.ask(flight.request, flight.deadline)
            except Exception as bug:  # noqa: BLE001 - it is raised where somebody can see it
                outcome = bug
            with self._lock:
                if flight.abandoned:
                    return
                self._land(flight, outcome)

    def _next(self) -> _Flight | None:
        """Return the next page to ask for; None, and the worker is none any more, where there is none."""
        with self._lock:
            while self._waiting:
                flight = self._waiting.popleft()
                if not flight.abandoned:
                    flight.started = True
                    return flight
            self._workers -= 1
            return None
