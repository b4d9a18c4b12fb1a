"""Concurrent requests: each has one outcome, pages are shared, and canceled requests are not sent."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
from collections.abc import Iterator

import pytest

from mothball.index import client as client_module
from mothball.index.client import Client, ClientSettings
from mothball.index.page_fetcher import PageFetcher
from mothball.index.project_page import Failed, Fetched, NotFound, NotModified, Outcome, PageRequest, ProjectPage
from mothball.index.resolution import Query
from mothball.index.resolver import Resolver
from mothball.model.results import Cause, KnownStatus, Unavailable
from tests.support.loopback import forget_network_settings
from tests.support.scripted_index import Fault, Reply, ScriptedIndex, json_page
from tests.support.waiting import wait_until

PAGE = json_page("old-lib", "archived")._replace(etag='"1"')
FETCHED = Fetched(ProjectPage("archived"), '"1"')
SILENCE = Reply(fault=Fault.SILENCE)


@pytest.fixture(autouse=True)
def _no_network_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    forget_network_settings(monkeypatch)


@pytest.fixture
def index() -> Iterator[ScriptedIndex]:
    with ScriptedIndex({"old-lib": PAGE}) as scripted:
        yield scripted


class FetchThread(threading.Thread):
    """Runs a fetch in a thread."""

    def __init__(self, client: Client, *requests: PageRequest) -> None:
        super().__init__()
        self._client = client
        self._requests = requests
        self.outcomes: list[Outcome] = []
        self.start()

    def run(self) -> None:
        self.outcomes = [outcome for _, outcome in self._client.fetch(self._requests)]


def test_every_request_gets_one_outcome_over_shared_connections(index: ScriptedIndex) -> None:
    names = [f"lib-{number}" for number in range(200)]
    for name in names:
        index.script(name, json_page(name, "archived"))
    progress: list[tuple[int, int]] = []
    with Client(ClientSettings(workers=8)) as client:
        results = list(
            client.fetch([PageRequest(index.url, name) for name in names], lambda *step: progress.append(step))
        )
    assert sorted(request.name for request, _ in results) == sorted(names)
    assert all(outcome == Fetched(ProjectPage("archived")) for _, outcome in results)
    assert progress == [(done, 200) for done in range(1, 201)]
    assert len(index.received) == 200
    assert index.connections <= 8


def test_outcomes_are_yielded_in_order_of_completion(index: ScriptedIndex) -> None:
    index.script("slow", json_page("slow")._replace(delay=0.3))
    with Client() as client:
        results = [
            request.name for request, _ in client.fetch([PageRequest(index.url, n) for n in ("slow", "old-lib")])
        ]
    assert results == ["old-lib", "slow"]


def test_no_requests_yield_nothing() -> None:
    with Client() as client:
        assert list(client.fetch([])) == []


def test_equal_pages_are_requested_once(index: ScriptedIndex) -> None:
    request = PageRequest(index.url, "old-lib")
    without_slash = PageRequest(index.url.rstrip("/"), "old-lib")
    with_credentials = PageRequest(index.url.replace("//", "//user:secret@"), "old-lib")
    with Client() as client:
        results = list(client.fetch([request, request, without_slash, with_credentials]))
    assert sorted(results) == sorted((request, FETCHED) for request in (request, without_slash, with_credentials))
    assert index.count() == 1


def test_threads_share_a_request_for_the_same_page(index: ScriptedIndex) -> None:
    index.script("old-lib", PAGE._replace(delay=0.3))
    with Client() as client:
        first = FetchThread(client, PageRequest(index.url, "old-lib"))
        wait_until(lambda: index.count() == 1)
        others = [FetchThread(client, PageRequest(index.url, "old-lib")) for _ in range(5)]
        for thread in (first, *others):
            thread.join()
        assert [thread.outcomes for thread in (first, *others)] == [[FETCHED]] * 6
    assert index.count() == 1


def test_canceled_fetch_does_not_affect_other_waiters(index: ScriptedIndex) -> None:
    index.script("old-lib", PAGE._replace(delay=0.3))
    index.script("prompt", json_page("prompt"))
    with Client() as client:
        iterator = client.fetch([PageRequest(index.url, "old-lib"), PageRequest(index.url, "prompt")])
        next(iterator)
        waiter = FetchThread(client, PageRequest(index.url, "old-lib"))
        wait_until(lambda: len(client._jobs[f"{index.url}old-lib/"].waiters) == 2)
        iterator.close()  # type: ignore[attr-defined]
        waiter.join()
        assert waiter.outcomes == [FETCHED]
    assert index.count("old-lib") == 1


def test_304_is_only_sent_to_waiters_with_the_same_etag(index: ScriptedIndex) -> None:
    requests = [PageRequest(index.url, "old-lib", etag) for etag in ('"1"', None, '"0"')]
    with Client() as client:
        outcomes = dict(client.fetch(requests))
    assert outcomes == {requests[0]: NotModified(), requests[1]: FETCHED, requests[2]: FETCHED}
    assert index.count() == 2


def test_canceled_requests_are_not_sent(index: ScriptedIndex) -> None:
    names = [f"lib-{number}" for number in range(50)]
    for name in names:
        # Slow enough that a result is yielded before the next response, also on a busy machine.
        index.script(name, PAGE._replace(delay=0.3))
    with Client(ClientSettings(workers=1)) as client:
        for _ in client.fetch([PageRequest(index.url, name) for name in names]):
            break
        wait_until(lambda: not client._workers)
        assert not client._jobs
    assert index.count() <= 2


def test_failing_callback_leaves_no_jobs(index: ScriptedIndex) -> None:
    def fail(done: int, total: int) -> None:
        raise ZeroDivisionError

    with Client() as client:
        with pytest.raises(ZeroDivisionError):
            list(client.fetch([PageRequest(index.url, "old-lib"), PageRequest(index.url, "other")], fail))
        wait_until(lambda: not client._workers and not client._jobs)


def test_deadline_applies_to_all_and_client_remains_usable(index: ScriptedIndex) -> None:
    index.script("a", SILENCE)
    index.script("b", SILENCE)
    host = f"127.0.0.1:{index.port}"
    with Client(ClientSettings(deadline=0.3, workers=2)) as client:
        requests = [PageRequest(index.url, name) for name in ("a", "b", "old-lib")]
        outcomes = dict(client.fetch(requests))
        assert {outcome.cause for outcome in outcomes.values() if isinstance(outcome, Failed)} == {Cause.DEADLINE}
        assert all(host in outcome.detail for outcome in outcomes.values() if isinstance(outcome, Failed))
        # Both workers may still block on their sockets, but no longer count.
        assert [outcome for _, outcome in client.fetch([PageRequest(index.url, "old-lib")])] == [FETCHED]


def test_index_that_never_responds_does_not_hold_back_others(index: ScriptedIndex) -> None:
    # Its connections are kept alive, so that it gets as many requests as there may be.
    with ScriptedIndex({"old-lib": PAGE}, otherwise=SILENCE) as silent, Client() as client:
        assert [outcome for _, outcome in client.fetch([PageRequest(silent.url, "old-lib")])] == [FETCHED]
        names = [f"lib-{number}" for number in range(40)]
        for name in names:
            index.script(name, json_page(name, "archived")._replace(etag='"1"'))
        fetching = client.fetch([PageRequest(url, name) for url in (silent.url, index.url) for name in names])
        assert [next(fetching)[1] for _ in names] == [FETCHED] * len(names)
        # The requests of another caller, while the first one still waits, are answered as well.
        assert [outcome for _, outcome in client.fetch([PageRequest(index.url, "old-lib")])] == [FETCHED]


def test_requests_of_another_caller_are_sent_after_those_of_the_first_are_canceled(index: ScriptedIndex) -> None:
    index.script("silent", SILENCE)
    with Client(ClientSettings(workers=1)) as client:
        for _ in client.fetch([PageRequest(index.url, "lib"), PageRequest(index.url, "silent")]):
            wait_until(lambda: index.count("silent") == 1)
            second = FetchThread(client, PageRequest(index.url, "old-lib"))
            wait_until(lambda: len(client._queue) == 1)
            break
        second.join(timeout=10.0)
        assert second.outcomes == [FETCHED]


def test_request_that_waited_for_others_until_the_deadline_says_so(index: ScriptedIndex) -> None:
    index.script("silent", SILENCE)
    with Client(ClientSettings(deadline=0.3, workers=1)) as client:
        outcomes = dict(client.fetch([PageRequest(index.url, "silent"), PageRequest(index.url, "old-lib")]))
    host, within = f"127.0.0.1:{index.port}", "within 0.3 s, the deadline for all lookups"
    assert [outcome.detail for outcome in outcomes.values() if isinstance(outcome, Failed)] == [
        f"{host} did not respond {within}",
        f"{host} was not queried {within}: other lookups took too long",
    ]


def test_next_index_is_not_queried_after_the_deadline(index: ScriptedIndex) -> None:
    slow = Reply(404, delay=0.2)
    with ScriptedIndex({"old-lib": slow}) as first, Client() as client:
        resolver = Resolver(open_client=lambda: client, cache=None, clock=lambda: 0.0)
        results = resolver.look_up([Query("old-lib", (first.url, index.url))], seconds=0.1)
    assert [result.cause for result in results.values() if isinstance(result, Unavailable)] == [Cause.DEADLINE]
    assert (first.count("old-lib"), index.count("old-lib")) == (1, 0)


def test_page_that_was_requested_before_the_deadline_is_used_after_it(index: ScriptedIndex) -> None:
    index.script("old-lib", PAGE._replace(delay=0.5))
    with ScriptedIndex({"old-lib": Reply(404, delay=0.2)}) as first, Client() as client:
        resolver = Resolver(open_client=lambda: client, cache=None, clock=lambda: 0.0)
        queries = [Query("old-lib", (index.url,)), Query("old-lib", (first.url, index.url))]
        results = resolver.look_up(queries, seconds=0.1)
    origins = [result.origin.index_url for result in results.values() if isinstance(result, KnownStatus)]
    assert origins == [index.url, index.url]


def test_slow_page_does_not_delay_the_next_index_of_other_names(index: ScriptedIndex) -> None:
    index.script("silent", SILENCE)
    with ScriptedIndex() as first, Client(ClientSettings(deadline=1.0)) as client:
        early: list[str] = []
        resolver = Resolver(
            open_client=lambda: client,
            cache=None,
            clock=lambda: 0.0,
            on_result=lambda query, _: early.append(query.name),
        )
        queries = [Query("silent", (index.url,)), Query("old-lib", (first.url, index.url))]
        silent, old_lib = resolver.look_up(queries).values()
    assert isinstance(silent, Unavailable)
    assert isinstance(old_lib, KnownStatus)
    assert old_lib.origin.index_url == index.url
    assert early == ["old-lib", "silent"]


def test_requests_that_are_appended_meanwhile_are_fetched(index: ScriptedIndex) -> None:
    requests = [PageRequest(index.url, "lost")] * 2
    outcomes: list[tuple[str, Outcome]] = []
    progress: list[tuple[int, int]] = []
    with Client() as client:
        for request, outcome in client.fetch(requests, lambda *step: progress.append(step)):
            outcomes.append((request.name, outcome))
            if len(outcomes) == 1:
                requests += [PageRequest(index.url, "old-lib")] * 2
    assert outcomes == [("lost", NotFound()), ("old-lib", FETCHED)]
    assert [step for step in progress if step[0]] == [(1, 1), (2, 2)]


def test_result_after_the_deadline_is_dropped(monkeypatch: pytest.MonkeyPatch) -> None:
    a, b = PageRequest("https://index.example/", "a"), PageRequest("", "b")
    arrivals = iter([None, (a, FETCHED), None])
    monkeypatch.setattr(PageFetcher, "fetch", lambda *_: FETCHED)
    with Client(ClientSettings(deadline=0.0)) as client:
        monkeypatch.setattr(client, "_next_result", lambda *_: next(arrivals))
        outcomes = dict(client.fetch([a, b]))
    # Whether a worker has started them is a race.
    failures = [outcome for outcome in (outcomes[a], outcomes[b]) if isinstance(outcome, Failed)]
    assert [failed.cause for failed in failures] == [Cause.DEADLINE] * 2
    assert [failed.detail.partition(" ")[0] for failed in failures] == ["index.example", "the"]


def test_progress_is_reported_while_nothing_arrives(index: ScriptedIndex, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mothball.index.client._POLL_INTERVAL", 0.01)
    index.script("slow", json_page("slow")._replace(delay=0.3))
    progress: list[tuple[int, int]] = []
    with Client() as client:
        list(client.fetch([PageRequest(index.url, "slow")], lambda done, total: progress.append((done, total))))
    assert progress.count((0, 1)) > 1
    assert progress[-1] == (1, 1)


def test_close_completes_all_waiters_and_leaves_no_jobs(index: ScriptedIndex) -> None:
    index.script("silent", SILENCE)
    client = Client(ClientSettings(workers=1))
    fetching = FetchThread(client, PageRequest(index.url, "silent"), PageRequest(index.url, "old-lib"))
    wait_until(lambda: index.count() == 1)
    client.close()
    fetching.join()
    assert fetching.outcomes == [Failed(Cause.UNREACHABLE, "the lookup was canceled")] * 2
    assert not client._jobs
    assert not client._workers


def test_waiting_thread_wakes_up_regularly(index: ScriptedIndex, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client_module, "_POLL_INTERVAL", 0.01)
    index.script("old-lib", PAGE._replace(delay=0.1))
    with Client() as client:
        assert [outcome for _, outcome in client.fetch([PageRequest(index.url, "old-lib")])] == [FETCHED]


def test_unexpected_exception_in_a_worker_is_raised(index: ScriptedIndex, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> Outcome:
        raise ZeroDivisionError

    monkeypatch.setattr(PageFetcher, "fetch", fail)
    with Client() as client, pytest.raises(ZeroDivisionError):
        list(client.fetch([PageRequest(index.url, "old-lib")]))


INTERRUPTED = """
import sys
from mothball.index.client import Client
from mothball.index.project_page import PageRequest
try:
    with Client() as client:
        list(client.fetch([PageRequest(sys.argv[1], f"lib-{number}") for number in range(100)]))
except KeyboardInterrupt:
    sys.exit(130)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows sends no SIGINT to one process")
def test_ctrl_c_ends_the_process_while_all_workers_hang() -> None:
    # The first response shows that connections are kept alive; then every worker sends a request and hangs.
    with (
        ScriptedIndex({"lib-0": json_page("lib-0")}, otherwise=SILENCE) as index,
        subprocess.Popen([sys.executable, "-c", INTERRUPTED, index.url], stderr=subprocess.PIPE) as process,
    ):
        try:
            wait_until(lambda: index.count() == 1 + 28)  # four of the 32 workers are left to other indexes
            process.send_signal(signal.SIGINT)
            _, errors = process.communicate(timeout=8)  # no worker's read would time out before 10 s
        finally:
            process.kill()
    assert (process.returncode, errors) == (130, b"")
