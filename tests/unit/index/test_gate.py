from __future__ import annotations

import threading

from mothball.index.gate import CAREFUL, Gate
from mothball.index.patience import Patience
from mothball.index.urls import Endpoint, endpoint_of


def endpoint(host: str = "index.example") -> Endpoint:
    found = endpoint_of(f"https://{host}/simple/")
    assert found is not None
    return found


def fill(gate: Gate) -> None:
    for _ in range(CAREFUL):
        assert gate.enter(endpoint(), Patience(0))


def test_a_few_are_let_in_and_the_next_one_waits_until_patience_ends() -> None:
    gate = Gate()
    fill(gate)

    assert not gate.enter(endpoint(), Patience(0.01))
    assert gate.enter(endpoint("other.example"), Patience(0))


def test_who_leaves_makes_room_for_one() -> None:
    gate = Gate()
    fill(gate)

    gate.leave(endpoint(), answered=False, keeps_open=False)

    assert gate.enter(endpoint(), Patience(0))
    assert not gate.enter(endpoint(), Patience(0.01))


def test_an_endpoint_that_keeps_connections_open_lets_all_in() -> None:
    gate = Gate()
    fill(gate)

    gate.leave(endpoint(), answered=True, keeps_open=True)

    assert all(gate.enter(endpoint(), Patience(0)) for _ in range(40))


def test_an_endpoint_that_begins_to_close_connections_is_asked_carefully_again() -> None:
    gate = Gate()
    fill(gate)
    gate.leave(endpoint(), answered=True, keeps_open=True)
    gate.leave(endpoint(), answered=True, keeps_open=False)

    assert gate.enter(endpoint(), Patience(0))
    assert gate.enter(endpoint(), Patience(0))
    assert not gate.enter(endpoint(), Patience(0.01))


def test_waiting_ends_as_soon_as_there_is_room() -> None:
    gate = Gate()
    fill(gate)
    entered = threading.Event()

    def wait() -> None:
        assert gate.enter(endpoint(), Patience(30))
        entered.set()

    thread = threading.Thread(target=wait)
    thread.start()
    gate.leave(endpoint(), answered=True, keeps_open=False)

    assert entered.wait(10)
    thread.join(10)


def test_only_an_answer_shows_that_somebody_is_there() -> None:
    gate = Gate()
    fill(gate)
    gate.leave(endpoint(), answered=False, keeps_open=False)

    assert not gate.has_answered(endpoint())

    gate.leave(endpoint(), answered=True, keeps_open=False)

    assert gate.has_answered(endpoint())
