"""Fetch many project pages concurrently over HTTP.

Threads instead of an event loop: requests is installed nearly everywhere, and 32 threads are limited by the network
only. They are daemons, so neither Ctrl-C nor the end of the interpreter waits for an index, as the threads of
concurrent.futures would. The next page is chosen so that a slow index does not occupy all workers while other indexes
wait.
"""

from __future__ import annotations

import queue
import sys
import threading
from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from typing import Self

from mothball.index.limits import Deadline
from mothball.index.page_fetcher import PageFetcher
from mothball.index.project_page import Failed, NotModified, Outcome, PageRequest
from mothball.index.transport import ClientSettings
from mothball.index.urls import Endpoint, endpoint_of, page_url
from mothball.model.results import Cause

__all__ = ["Client", "ClientSettings"]

DEFAULT_SETTINGS = ClientSettings()

# Seconds after which a waiting thread wakes up: on Windows, waiting for a lock blocks Ctrl-C.
_POLL_INTERVAL = 0.5

_NO_THREAD = "no thread can be started: raise the limit of processes or memory (`ulimit -u`, `ulimit -v`)"
_NO_MEMORY = "not enough memory: raise the limit (`ulimit -v`)"
# In bytes. The default stack of a thread is 8 MiB.
_STACK_SIZE = 1024 * 1024
# Address space in bytes that the interpreter with its modules takes, and each thread (the C library reserves 64 MiB).
_BASE_SPACE = 150 * 1024 * 1024
_THREAD_SPACE = 80 * 1024 * 1024
# File descriptors that the process uses, and each worker: a connection, one that is kept open for another index, and
# the selector of one that is being opened.
_BASE_DESCRIPTORS = 10
_WORKER_DESCRIPTORS = 3

Progress = Callable[[int, int], None]
Results = queue.SimpleQueue[tuple[PageRequest, Outcome | Exception]]
# A caller that waits for a page: its request, and the queue for the outcome.
Waiter = tuple[PageRequest, Results]


class PageJob:
    """A page to fetch, shared by all callers that request it."""

    def __init__(self, url: str, request: PageRequest, deadline: Deadline) -> None:
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


class Client:
    """Fetches project pages, ``settings.workers`` at a time. A context manager; thread-safe."""

    def __init__(self, settings: ClientSettings = DEFAULT_SETTINGS) -> None:
        """Load the certificates. Raises ConfigError if a configured one is unusable."""
        self._settings = settings
        self._fetcher = PageFetcher(settings)
        # Guards all attributes below and the fields of the jobs.
        self._lock = threading.Lock()
        self._jobs: dict[str, PageJob] = {}
        self._queue = JobQueue()
        self._workers = 0
        self._max_workers = min(settings.workers, _affordable_workers())

    def fetch(
        self, requests: Sequence[PageRequest], on_progress: Progress | None = None
    ) -> Iterator[tuple[PageRequest, Outcome]]:
        """Yield each distinct request with its outcome, in order of completion.

        Fetching starts with the first ``next()``. The caller may append to ``requests`` until the end; what is appended
        has the same deadline. Requests without an outcome fail after ``settings.deadline`` seconds.
        ``on_progress`` is called in the thread of the caller with the numbers of completed and of all requests, also
        from time to time without a new outcome. Closing the iterator cancels the remaining requests. Concurrent
        requests for the same page, also of other threads, share one fetch. Network errors do not raise.
        """
        pending: dict[PageRequest, None] = {}
        added = total = 0
        results: Results = queue.SimpleQueue()
        deadline = Deadline(self._settings.deadline)
        try:
            while pending or added < len(requests):
                if added < len(requests):
                    new = dict.fromkeys(requests[added:])
                    added, total = len(requests), total + len(new)
                    pending.update(new)
                    with self._lock:
                        for request in new:
                            self._add_waiter((request, results))
                result = self._next_result(results, deadline)
                if result is None and not deadline.remaining():
                    result = self._deadline_result(next(iter(pending)))
                # An outcome may still arrive after its request has failed by the deadline.
                is_new = result is not None and pending.pop(result[0], self) is None
                if on_progress is not None:
                    on_progress(total - len(pending), total)
                if result is not None and is_new:
                    yield result
        finally:
            self._remove_waiters(results)

    def close(self) -> None:
        """Cancel pending requests and close the connections."""
        canceled = Failed(Cause.UNREACHABLE, "the lookup was canceled")
        with self._lock:
            for job in list(self._jobs.values()):
                self._complete(job, canceled)
                self._cancel(job)
        self._fetcher.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # --- in the thread of the caller of fetch() ---

    def _next_result(self, results: Results, deadline: Deadline) -> tuple[PageRequest, Outcome] | None:
        """Return the next result, None if there is none for a while. Raises unexpected exceptions of a worker."""
        try:
            request, outcome = results.get(timeout=min(deadline.remaining(), _POLL_INTERVAL))
        except queue.Empty:
            return None
        if isinstance(outcome, Exception):
            raise outcome
        return request, outcome

    def _deadline_result(self, request: PageRequest) -> tuple[PageRequest, Failed]:
        endpoint = endpoint_of(request.index_url)
        host = "the index" if endpoint is None else endpoint.display()
        within = f"within {self._settings.deadline:g} s, the deadline for all lookups"
        with self._lock:
            job = self._jobs.get(page_url(request.index_url, request.name))
            is_waiting = job is not None and not job.started
        other = f"{host} was not queried {within}: other lookups took too long"
        return request, Failed(Cause.DEADLINE, other if is_waiting else f"{host} did not respond {within}")

    def _remove_waiters(self, results: Results) -> None:
        """Remove the waiters with the queue ``results``, and cancel jobs without other waiters."""
        with self._lock:
            for job in list(self._jobs.values()):
                job.waiters = [waiter for waiter in job.waiters if waiter[1] is not results]
                if not job.waiters:
                    self._cancel(job)
            # The workers of canceled jobs do not take the jobs of other callers.
            for _ in range(min(len(self._queue), self._max_workers - self._workers)):
                self._start_worker()

    # --- with the lock held ---

    def _add_waiter(self, waiter: Waiter) -> None:
        """Join the running job for the same page, or start one."""
        request, _ = waiter
        url = page_url(request.index_url, request.name)
        job = self._jobs.get(url)
        if job is None:
            job = self._jobs[url] = PageJob(url, request, Deadline(self._settings.deadline))
            self._queue.add(job)
            job.waiters.append(waiter)
            if self._workers < self._max_workers:
                self._start_worker()
        else:
            job.waiters.append(waiter)
            job.deadline.extend(self._settings.deadline)

    def _start_worker(self) -> None:
        """Start a worker. Where no more threads can be had, the running ones do all jobs; without any, jobs fail."""
        before = threading.stack_size(_STACK_SIZE)
        try:
            threading.Thread(target=self._work, name="mothball-index", daemon=True).start()
        except RuntimeError:
            if self._workers == 0 and (job := self._queue.start(1)) is not None:
                self._queue.end(job)
                self._complete(job, Failed(Cause.UNREACHABLE, _NO_THREAD))
            elif self._workers:
                self._max_workers = self._workers
        else:
            self._workers += 1
        finally:
            threading.stack_size(before)

    def _complete(self, job: PageJob, outcome: Outcome | Exception) -> None:
        """Send the outcome to all waiters; restart for those with another ETag, which cannot use a 304."""
        del self._jobs[job.url]
        waiters, job.waiters = job.waiters, []
        for request, results in waiters:
            if isinstance(outcome, NotModified) and request.etag != job.request.etag:
                self._add_waiter((request, results))
            else:
                results.put((request, outcome))

    def _cancel(self, job: PageJob) -> None:
        """Cancel a job. Its worker no longer counts, because a hostile index can keep it busy for long."""
        job.canceled = True
        job.deadline.cancel()
        self._jobs.pop(job.url, None)
        if job.started:
            self._queue.end(job)
            self._workers -= 1

    # --- in a worker ---

    def _work(self) -> None:
        while (job := self._next_job()) is not None:
            outcome: Outcome | Exception
            try:
                outcome = self._fetcher.fetch(job.request, job.deadline)
            except Exception as error:  # noqa: BLE001 - a bug is raised in the thread of the caller
                outcome = Failed(Cause.UNREACHABLE, _NO_MEMORY) if _lacks_memory(error) else error
            with self._lock:
                if job.canceled:
                    return
                self._queue.end(job)
                self._complete(job, outcome)

    def _next_job(self) -> PageJob | None:
        """Return the next job; None, and one worker less, if there is none."""
        with self._lock:
            job = self._queue.start(self._max_workers)
            if job is None:
                self._workers -= 1
            return job


def _affordable_workers() -> int:
    """Return the number of threads that the limits of address space and descriptors allow, at least 1.

    These are ``ulimit -v`` and ``ulimit -n``.
    """
    try:
        import resource  # noqa: PLC0415 - not on Windows
    except ImportError:
        return sys.maxsize
    affordable = sys.maxsize
    for kind, base, each in (
        (resource.RLIMIT_AS, _BASE_SPACE, _THREAD_SPACE),
        (resource.RLIMIT_NOFILE, _BASE_DESCRIPTORS, _WORKER_DESCRIPTORS),
    ):
        limit, _ = resource.getrlimit(kind)
        if limit != resource.RLIM_INFINITY:
            affordable = min(affordable, max((limit - base) // each, 1))
    return affordable


def _lacks_memory(error: Exception) -> bool:
    """Return True if a limit of memory is the cause: of no memory, a module that cannot be loaded, or no lock."""
    is_lock = isinstance(error, RuntimeError) and str(error).startswith("can't ")
    return is_lock or isinstance(error, MemoryError | ImportError)
