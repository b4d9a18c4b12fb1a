from __future__ import annotations

import threading

from mothball.index.circuit_breaker import FAILURE_THRESHOLD, CircuitBreaker
from mothball.index.client import Client, ClientSettings
from mothball.index.concurrency_limit import INITIAL_LIMIT
from mothball.index.page_request import Failed, Fetched, Outcome, PageRequest
from mothball.index.urls import Endpoint
from mothball.model.lookup import Cause
from tests.support.clock import Clock
from tests.support.scripted_index import Fault, Reply, ScriptedIndex, json_page

HERE, THERE = Endpoint("https", "index.example", 443), Endpoint("https", "other.example", 443)
SLOW = Failed(Cause.TIMEOUT, "index.example did not respond in time")


def test_what_cannot_be_connected_to_speaks_for_all_names_for_a_while() -> None:
    clock = Clock()
    breaker = CircuitBreaker(30, clock)
    breaker.open(HERE, SLOW)
    clock.seconds += 29
    assert breaker.failure(HERE) == SLOW
    assert breaker.failure(THERE) is None
    clock.seconds += 1
    assert breaker.failure(HERE) is None


def test_a_few_names_in_a_row_speak_for_all() -> None:
    breaker = CircuitBreaker(60)
    for _ in range(FAILURE_THRESHOLD - 1):
        breaker.record_failure(HERE, SLOW)
        breaker.record_failure(THERE, SLOW)
    breaker.record_success(THERE)
    breaker.record_failure(HERE, SLOW)
    breaker.record_failure(THERE, SLOW)
    assert breaker.failure(HERE) == SLOW
    assert breaker.failure(THERE) is None


def test_answers_are_counted() -> None:
    breaker = CircuitBreaker(60)
    assert breaker.successes(HERE) == 0
    breaker.record_success(HERE)
    breaker.record_success(HERE)
    assert (breaker.successes(HERE), breaker.successes(THERE)) == (2, 0)
    assert breaker.successes(HERE) > 0


def test_a_failure_in_a_row_leaves_less_room_until_there_is_an_answer_or_the_endpoint_is_down() -> None:
    clock = Clock()
    breaker = CircuitBreaker(30, clock)
    room = [breaker.allowed_requests(HERE)]
    for _ in range(FAILURE_THRESHOLD - 1):
        breaker.record_failure(HERE, SLOW)
        room.append(breaker.allowed_requests(HERE))
    assert room == [None, 3, 2, 1]
    assert FAILURE_THRESHOLD == INITIAL_LIMIT
    breaker.record_success(HERE)
    assert breaker.allowed_requests(HERE) is None
    for _ in range(FAILURE_THRESHOLD):
        breaker.record_failure(HERE, SLOW)
    # It is down: whoever comes in now asks nothing and need not wait.
    assert breaker.allowed_requests(HERE) is None
    clock.seconds += 30
    # After its rest it is tried by one, and by all again once that one has got an answer.
    assert breaker.allowed_requests(HERE) == 1


# --- by way of the client ---

NAMES = [f"lib-{number}" for number in range(120)]
QUICK = ClientSettings(read_timeout=0.3, connect_timeout=0.3)


def ask(index: ScriptedIndex, settings: ClientSettings = QUICK) -> list[Outcome]:
    with Client(settings) as client:
        return [outcome for _, outcome in client.fetch([PageRequest(index.url, name) for name in NAMES])]


def test_an_index_that_takes_connections_and_says_nothing_costs_one_wait_in_all() -> None:
    with ScriptedIndex(otherwise=Reply(fault=Fault.SILENCE)) as index:
        outcomes = ask(index)
        # Nobody was let in for those who came out with nothing: each of these requests is part of the same wait.
        assert index.count() <= INITIAL_LIMIT
    assert {outcome.cause for outcome in outcomes if isinstance(outcome, Failed)} == {Cause.TIMEOUT}
    assert len(outcomes) == len(NAMES)


def test_an_index_that_falls_silent_after_it_has_answered_costs_one_wait_too() -> None:
    silence = Reply(fault=Fault.SILENCE)
    pages = {name: json_page(name, "archived") for name in NAMES[:20]}
    with ScriptedIndex(pages, otherwise=silence) as index:
        outcomes = ask(index, QUICK._replace(workers=8))
        assert index.count() <= 20 + 8
    assert sum(isinstance(outcome, Fetched) for outcome in outcomes) == 20


def test_a_server_that_fails_for_every_name_is_not_asked_for_all_of_them() -> None:
    with ScriptedIndex(otherwise=Reply(500)) as index:
        outcomes = ask(index)
        assert index.count() < len(NAMES)
    assert {outcome.cause for outcome in outcomes if isinstance(outcome, Failed)} == {Cause.SERVER_ERROR}


def test_a_page_that_is_slow_does_not_speak_for_the_others() -> None:
    pages = {name: json_page(name, "archived") for name in NAMES}
    for name in NAMES[::30]:
        pages[name] = Reply(fault=Fault.SILENCE)
    before = threading.active_count()
    with ScriptedIndex({name: page._replace(delay=0.02) for name, page in pages.items()}) as index:
        outcomes = ask(index, QUICK._replace(workers=8))
    assert sum(isinstance(outcome, Fetched) for outcome in outcomes) == len(NAMES) - 4
    assert threading.active_count() < before + 40


def test_a_flapping_index_answers_in_the_end() -> None:
    replies = {name: [Reply(503), json_page(name, "archived")] for name in NAMES}
    with ScriptedIndex(replies) as index:
        outcomes = ask(index)
        assert index.count() == 2 * len(NAMES)
    assert all(isinstance(outcome, Fetched) for outcome in outcomes)
