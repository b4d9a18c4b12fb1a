"""Choose the next page to fetch, so that a slow index does not occupy all workers while other indexes wait."""

from __future__ import annotations

import queue
from collections import Counter, deque

from mothball.index.deadline import Deadline
from mothball.index.project_page import Outcome, PageRequest
from mothball.index.urls import Endpoint, endpoint_of
from mothball.model.records import NamedTuple

Results = queue.SimpleQueue[tuple[PageRequest, Outcome | Exception]]


class Waiter(NamedTuple):
    """A caller that waits for a page: its request, the queue for the outcome, and the seconds that it waits."""

    request: PageRequest
    results: Results
    seconds: float


class PageJob:
    """A page to fetch, shared by all callers that request it."""

    def __init__(self, url: str, request: PageRequest, deadline: Deadline) -> None:
        """Create a job without waiters for the page at ``url``."""
        self.url = url
        self.endpoint = endpoint_of(url)
        self.request = request
        self.deadline = deadline
        self.waiters: list[Waiter] = []
        self.started = False
        self.canceled = False


class JobQueue:
    """Jobs that wait for a worker, and the number of running ones by endpoint. Not thread-safe."""

    def __init__(self) -> None:
        """Create an empty queue."""
        self._waiting: dict[Endpoint | None, deque[PageJob]] = {}
        self._running: Counter[Endpoint | None] = Counter()

    def __len__(self) -> int:
        """Return the number of waiting jobs that are not canceled."""
        return sum(not job.canceled for jobs in self._waiting.values() for job in jobs)

    def add(self, job: PageJob) -> None:
        """Add a job after the others of its endpoint."""
        self._waiting.setdefault(job.endpoint, deque()).append(job)

    def start(self, workers: int) -> PageJob | None:
        """Return the next job for one of ``workers``: of the endpoint with the fewest running ones.

        None if no job waits, or if those that wait are of endpoints that have their share: all workers but an eighth.
        """
        share = workers - workers // 8
        while endpoints := [endpoint for endpoint in self._waiting if self._running[endpoint] < share]:
            endpoint = min(endpoints, key=self._running.__getitem__)
            jobs = self._waiting[endpoint]
            job = jobs.popleft()
            if not jobs:
                del self._waiting[endpoint]
            if not job.canceled:
                job.started = True
                self._running[endpoint] += 1
                return job
        return None

    def end(self, job: PageJob) -> None:
        """Record that a started job has an outcome or was canceled."""
        self._running[job.endpoint] -= 1
