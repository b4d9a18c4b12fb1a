from __future__ import annotations

import threading

from mothball.index.limits import INITIAL_LIMIT, Deadline, RequestLimits
from mothball.index.urls import Endpoint, endpoint_of
from tests.support.clock import Clock


def endpoint(host: str = "index.example") -> Endpoint:
    result = endpoint_of(f"https://{host}/simple/")
    assert result is not None
    return result


def acquire_initial_slots(limit: RequestLimits) -> None:
    for _ in range(INITIAL_LIMIT):
        assert limit.acquire(endpoint(), Deadline(0))


def test_request_beyond_the_initial_limit_waits_until_the_deadline() -> None:
    limit = RequestLimits(30)
    acquire_initial_slots(limit)

    assert not limit.acquire(endpoint(), Deadline(0.01))
    assert limit.acquire(endpoint("other.example"), Deadline(0))


def test_released_slot_allows_one_request() -> None:
    limit = RequestLimits(30)
    acquire_initial_slots(limit)

    limit.release(endpoint(), keep_alive=None)

    assert limit.acquire(endpoint(), Deadline(0))
    assert not limit.acquire(endpoint(), Deadline(0.01))


def test_keep_alive_lifts_the_limit() -> None:
    limit = RequestLimits(30)
    acquire_initial_slots(limit)

    limit.release(endpoint(), keep_alive=True)

    assert all(limit.acquire(endpoint(), Deadline(0)) for _ in range(40))


def test_closed_connection_restores_the_initial_limit() -> None:
    limit = RequestLimits(30)
    acquire_initial_slots(limit)
    limit.release(endpoint(), keep_alive=True)
    limit.release(endpoint(), keep_alive=False)

    assert limit.acquire(endpoint(), Deadline(0))
    assert limit.acquire(endpoint(), Deadline(0))
    assert not limit.acquire(endpoint(), Deadline(0.01))


def test_waiting_request_gets_a_released_slot() -> None:
    limit = RequestLimits(30)
    acquire_initial_slots(limit)
    acquired = threading.Event()

    def wait() -> None:
        assert limit.acquire(endpoint(), Deadline(30))
        acquired.set()

    thread = threading.Thread(target=wait)
    thread.start()
    limit.release(endpoint(), keep_alive=False)

    assert acquired.wait(10)
    thread.join(10)


def test_pause_blocks_requests_to_its_endpoint() -> None:
    clock = Clock()
    limit = RequestLimits(30, clock)
    limit.pause(endpoint(), 60)

    clock.seconds += 59
    assert not limit.acquire(endpoint(), Deadline(0.01))
    assert limit.acquire(endpoint("other.example"), Deadline(0))
    clock.seconds += 1
    assert limit.acquire(endpoint(), Deadline(0))


def test_has_waited_skips_the_pause() -> None:
    limit = RequestLimits(30)
    limit.pause(endpoint(), 60)

    assert limit.acquire(endpoint(), Deadline(0), has_waited=True)


def test_pause_halves_the_limit_and_responses_raise_it() -> None:
    clock = Clock()
    limit = RequestLimits(30, clock)
    acquire_initial_slots(limit)
    limit.release(endpoint(), keep_alive=True)
    assert [limit.acquire(endpoint(), Deadline(0)) for _ in range(5)] == [True] * 5  # eight running requests

    limit.pause(endpoint(), 10)
    limit.pause(endpoint(), 20)  # another response at the same time
    clock.seconds += 20
    assert not limit.acquire(endpoint(), Deadline(0))
    for _ in range(4):
        limit.release(endpoint(), keep_alive=True)
    assert not limit.acquire(endpoint(), Deadline(0))
    limit.release(endpoint(), keep_alive=True)
    assert limit.acquire(endpoint(), Deadline(0))
    for _ in range(40):
        limit.release(endpoint(), keep_alive=True)
        assert limit.acquire(endpoint(), Deadline(0))
    assert limit.acquire(endpoint(), Deadline(0))
    assert limit.acquire(endpoint(), Deadline(0))
    assert not limit.acquire(endpoint(), Deadline(0))


def test_limit_is_at_least_one() -> None:
    limit = RequestLimits(30)
    for _ in range(5):
        limit.pause(endpoint(), 0.0)

    assert limit.acquire(endpoint(), Deadline(1))
    assert not limit.acquire(endpoint(), Deadline(0))
