from __future__ import annotations

import threading

from mothball.index.client import Client, ClientSettings
from mothball.index.limits import FAILURE_THRESHOLD, INITIAL_LIMIT, Deadline, RequestLimits
from mothball.index.project_page import Failed, Fetched, Outcome, PageRequest
from mothball.index.urls import Endpoint
from mothball.model.results import Cause
from tests.support.clock import Clock
from tests.support.scripted_index import Fault, Reply, ScriptedIndex, json_page

ENDPOINT, OTHER_ENDPOINT = Endpoint("https", "index.example", 443), Endpoint("https", "other.example", 443)
SLOW = Failed(Cause.TIMEOUT, "index.example did not respond in time")


def test_failed_connection_opens_the_breaker_for_its_cooldown() -> None:
    clock = Clock()
    limits = RequestLimits(30, clock)
    limits.open_breaker(ENDPOINT, SLOW)
    clock.seconds += 29
    assert limits.failure(ENDPOINT) == SLOW
    assert limits.failure(OTHER_ENDPOINT) is None
    clock.seconds += 1
    assert limits.failure(ENDPOINT) is None


def test_consecutive_failures_open_the_breaker() -> None:
    limits = RequestLimits(60)
    for _ in range(FAILURE_THRESHOLD - 1):
        limits.record_failure(ENDPOINT, SLOW)
        limits.record_failure(OTHER_ENDPOINT, SLOW)
    limits.record_success(OTHER_ENDPOINT)
    limits.record_failure(ENDPOINT, SLOW)
    limits.record_failure(OTHER_ENDPOINT, SLOW)
    assert limits.failure(ENDPOINT) == SLOW
    assert limits.failure(OTHER_ENDPOINT) is None


def test_successes_are_counted() -> None:
    limits = RequestLimits(60)
    assert limits.successes(ENDPOINT) == 0
    limits.record_success(ENDPOINT)
    limits.record_success(ENDPOINT)
    assert (limits.successes(ENDPOINT), limits.successes(OTHER_ENDPOINT)) == (2, 0)
    assert limits.successes(ENDPOINT) > 0


def free_slots(limits: RequestLimits) -> int:
    """Return how many requests may be sent at the same time."""
    number = 0
    while limits.acquire(ENDPOINT, Deadline(0)):
        number += 1
    for _ in range(number):
        limits.release(ENDPOINT, keep_alive=None)
    return number


def test_consecutive_failures_reduce_the_limit_until_success_or_open_breaker() -> None:
    clock = Clock()
    limits = RequestLimits(30, clock)
    slots = [free_slots(limits)]
    for _ in range(FAILURE_THRESHOLD - 1):
        limits.record_failure(ENDPOINT, SLOW)
        slots.append(free_slots(limits))
    assert slots == [4, 3, 2, 1]
    assert FAILURE_THRESHOLD == INITIAL_LIMIT
    limits.record_success(ENDPOINT)
    assert free_slots(limits) == 4
    for _ in range(FAILURE_THRESHOLD):
        limits.record_failure(ENDPOINT, SLOW)
    # The breaker is open: requests fail without waiting, so no limit is needed.
    assert free_slots(limits) == 4
    clock.seconds += 30
    # After the cooldown one request is allowed, and all again after its success.
    assert free_slots(limits) == 1


# --- with the client ---

NAMES = [f"lib-{number}" for number in range(120)]
QUICK = ClientSettings(read_timeout=0.3, connect_timeout=0.3)


def fetch_all(index: ScriptedIndex, settings: ClientSettings = QUICK) -> list[Outcome]:
    with Client(settings) as client:
        return [outcome for _, outcome in client.fetch([PageRequest(index.url, name) for name in NAMES])]


def test_silent_index_costs_one_timeout_in_total() -> None:
    with ScriptedIndex(otherwise=Reply(fault=Fault.SILENCE)) as index:
        outcomes = fetch_all(index)
        # Failed requests keep their slots: all of these requests waited at the same time.
        assert index.count() <= INITIAL_LIMIT
    assert {outcome.cause for outcome in outcomes if isinstance(outcome, Failed)} == {Cause.TIMEOUT}
    assert len(outcomes) == len(NAMES)


def test_index_that_becomes_silent_costs_one_timeout_in_total() -> None:
    silence = Reply(fault=Fault.SILENCE)
    pages = {name: json_page(name, "archived") for name in NAMES[:20]}
    with ScriptedIndex(pages, otherwise=silence) as index:
        outcomes = fetch_all(index, QUICK._replace(workers=8))
        assert index.count() <= 20 + 8
    assert sum(isinstance(outcome, Fetched) for outcome in outcomes) == 20


def test_failing_server_is_not_queried_for_all_names() -> None:
    with ScriptedIndex(otherwise=Reply(500)) as index:
        outcomes = fetch_all(index)
        assert index.count() < len(NAMES)
    assert {outcome.cause for outcome in outcomes if isinstance(outcome, Failed)} == {Cause.SERVER_ERROR}


def test_slow_page_does_not_open_the_breaker() -> None:
    pages = {name: json_page(name, "archived") for name in NAMES}
    for name in NAMES[::30]:
        pages[name] = Reply(fault=Fault.SILENCE)
    before = threading.active_count()
    with ScriptedIndex({name: page._replace(delay=0.02) for name, page in pages.items()}) as index:
        outcomes = fetch_all(index, QUICK._replace(workers=8))
    assert sum(isinstance(outcome, Fetched) for outcome in outcomes) == len(NAMES) - 4
    assert threading.active_count() < before + 40


def test_flapping_index_succeeds_eventually() -> None:
    replies = {name: [Reply(503), json_page(name, "archived")] for name in NAMES}
    with ScriptedIndex(replies) as index:
        outcomes = fetch_all(index)
        assert index.count() == 2 * len(NAMES)
    assert all(isinstance(outcome, Fetched) for outcome in outcomes)
