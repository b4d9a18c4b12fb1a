from __future__ import annotations

import threading

from mothball.index.concurrency_limit import INITIAL_LIMIT, ConcurrencyLimit
from mothball.index.deadline import Deadline
from mothball.index.urls import Endpoint, endpoint_of
from tests.support.clock import Clock


def endpoint(host: str = "index.example") -> Endpoint:
    found = endpoint_of(f"https://{host}/simple/")
    assert found is not None
    return found


def fill(gate: ConcurrencyLimit) -> None:
    for _ in range(INITIAL_LIMIT):
        assert gate.acquire(endpoint(), Deadline(0))


def test_a_few_are_let_in_and_the_next_one_waits_until_patience_ends() -> None:
    gate = ConcurrencyLimit()
    fill(gate)

    assert not gate.acquire(endpoint(), Deadline(0.01))
    assert gate.acquire(endpoint("other.example"), Deadline(0))


def test_who_leaves_makes_room_for_one() -> None:
    gate = ConcurrencyLimit()
    fill(gate)

    gate.release(endpoint(), keep_alive=None)

    assert gate.acquire(endpoint(), Deadline(0))
    assert not gate.acquire(endpoint(), Deadline(0.01))


def test_an_endpoint_that_keeps_connections_open_lets_all_in() -> None:
    gate = ConcurrencyLimit()
    fill(gate)

    gate.release(endpoint(), keep_alive=True)

    assert all(gate.acquire(endpoint(), Deadline(0)) for _ in range(40))


def test_an_endpoint_that_begins_to_close_connections_is_asked_carefully_again() -> None:
    gate = ConcurrencyLimit()
    fill(gate)
    gate.release(endpoint(), keep_alive=True)
    gate.release(endpoint(), keep_alive=False)

    assert gate.acquire(endpoint(), Deadline(0))
    assert gate.acquire(endpoint(), Deadline(0))
    assert not gate.acquire(endpoint(), Deadline(0.01))


def test_waiting_ends_as_soon_as_there_is_room() -> None:
    gate = ConcurrencyLimit()
    fill(gate)
    entered = threading.Event()

    def wait() -> None:
        assert gate.acquire(endpoint(), Deadline(30))
        entered.set()

    thread = threading.Thread(target=wait)
    thread.start()
    gate.release(endpoint(), keep_alive=False)

    assert entered.wait(10)
    thread.join(10)


def test_who_is_asked_to_wait_lets_nobody_in_until_then() -> None:
    clock = Clock()
    gate = ConcurrencyLimit(clock)
    gate.pause(endpoint(), 60)

    clock.seconds += 59
    assert not gate.acquire(endpoint(), Deadline(0.01))
    assert gate.acquire(endpoint("other.example"), Deadline(0))
    clock.seconds += 1
    assert gate.acquire(endpoint(), Deadline(0))


def test_who_has_waited_need_not_wait_again() -> None:
    gate = ConcurrencyLimit()
    gate.pause(endpoint(), 60)

    assert gate.acquire(endpoint(), Deadline(0), has_waited=True)


def test_after_a_wait_half_as_many_are_let_in_and_with_trust_more_again() -> None:
    clock = Clock()
    gate = ConcurrencyLimit(clock)
    fill(gate)
    gate.release(endpoint(), keep_alive=True)
    assert [gate.acquire(endpoint(), Deadline(0)) for _ in range(5)] == [True] * 5  # eight are inside

    gate.pause(endpoint(), 10)
    gate.pause(endpoint(), 20)  # others, of whom the same was asked at the same time
    clock.seconds += 20
    assert not gate.acquire(endpoint(), Deadline(0))
    for _ in range(4):
        gate.release(endpoint(), keep_alive=True)
    assert not gate.acquire(endpoint(), Deadline(0))
    gate.release(endpoint(), keep_alive=True)
    assert gate.acquire(endpoint(), Deadline(0))
    for _ in range(40):
        gate.release(endpoint(), keep_alive=True)
        assert gate.acquire(endpoint(), Deadline(0))
    assert gate.acquire(endpoint(), Deadline(0))
    assert gate.acquire(endpoint(), Deadline(0))
    assert not gate.acquire(endpoint(), Deadline(0))


def test_at_least_one_is_let_in() -> None:
    gate = ConcurrencyLimit()
    for _ in range(5):
        gate.pause(endpoint(), 0.0)

    assert gate.acquire(endpoint(), Deadline(1))
    assert not gate.acquire(endpoint(), Deadline(0))
