"""Pages of more than a megabyte: few are in memory at the same time."""

from __future__ import annotations

import gzip
import threading
from collections.abc import Iterator

import pytest

from mothball.index.client import Client, ClientSettings
from mothball.index.limits import LARGE, MAX_LARGE, MAX_LARGE_OF_ENDPOINT, Deadline, RequestLimits
from mothball.index.project_page import Failed, Fetched, PageRequest
from mothball.index.transport import _MAX_DECODED
from mothball.index.urls import Endpoint
from mothball.model.results import Cause
from tests.support.scripted_index import Reply, ScriptedIndex, json_page

NAMES = [f"lib-{number}" for number in range(2 * MAX_LARGE + 1)]
SLOW, OTHER = (Endpoint("https", host, 443) for host in ("slow.example", "other.example"))


def padded(name: str, size: int) -> Reply:
    """Return a page of ``size`` bytes, compressed."""
    page = json_page(name, "archived").body
    body = gzip.compress(page + b" " * (size - len(page)), 1)
    return Reply(body=body, headers=(("Content-Encoding", "gzip"),))


@pytest.fixture
def slow_index() -> Iterator[ScriptedIndex]:
    """Run an index whose pages never end after the first megabytes."""
    never_ends = Reply(body=b"{" + b" " * (2 * LARGE), headers=(("Content-Length", str(30 * LARGE)),))
    with ScriptedIndex(otherwise=never_ends) as index:
        yield index


@pytest.mark.parametrize("size", [_MAX_DECODED - 1, _MAX_DECODED, _MAX_DECODED + 1, 4 * _MAX_DECODED, LARGE, LARGE + 1])
def test_compressed_page_of_any_size_is_read_completely(size: int) -> None:
    with ScriptedIndex({"lib": padded("lib", size)}) as index, Client() as client:
        [(_, outcome)] = client.fetch([PageRequest(index.url, "lib")])
    assert isinstance(outcome, Fetched)
    assert outcome.page.marker == "archived"


def test_more_large_pages_than_slots_are_read_one_after_the_other() -> None:
    pages = {name: padded(name, 3 * LARGE) for name in NAMES}
    # A large page that cannot be decoded returns its slot, too.
    pages["broken"] = Reply(body=b"{" * (2 * LARGE))
    with ScriptedIndex(pages) as index, Client(ClientSettings(workers=len(pages))) as client:
        for _ in range(2):
            outcomes = dict(client.fetch([PageRequest(index.url, name) for name in pages]))
            found = [request.name for request, outcome in outcomes.items() if isinstance(outcome, Fetched)]
            assert sorted(found) == sorted(NAMES)


def test_large_pages_of_other_indexes_are_read_while_those_of_a_slow_index_never_end(
    slow_index: ScriptedIndex,
) -> None:
    with ScriptedIndex({name: padded(name, 3 * LARGE) for name in NAMES}) as index, Client() as client:
        slow = [PageRequest(slow_index.url, f"slow-{number}") for number in range(MAX_LARGE_OF_ENDPOINT + 1)]
        fetching = client.fetch([*slow, *(PageRequest(index.url, name) for name in NAMES)])
        # The pages of the slow index have no outcome before the deadline of a minute.
        first = [next(fetching) for _ in NAMES]
    assert sorted(request.name for request, outcome in first if isinstance(outcome, Fetched)) == sorted(NAMES)


def test_large_page_that_waited_for_others_until_the_deadline_says_so(slow_index: ScriptedIndex) -> None:
    names = [f"slow-{number}" for number in range(MAX_LARGE_OF_ENDPOINT + 1)]
    with Client(ClientSettings(deadline=1.0, read_timeout=5.0)) as client:
        limits = client._fetcher.limits
        assert all(limits._take_large_page(SLOW, Deadline(60.0)) for _ in range(MAX_LARGE_OF_ENDPOINT))
        assert limits._take_large_page(OTHER, Deadline(60.0))
        outcome = client._fetcher.fetch(PageRequest(slow_index.url, names[0]), Deadline(0.3))
    assert isinstance(outcome, Failed)
    assert outcome.cause is Cause.DEADLINE
    assert outcome.detail.endswith("was not read before the deadline: other large pages took too long")


def test_waiting_for_a_slot_ends_with_the_deadline() -> None:
    limits, deadline = RequestLimits(30), Deadline(60.0)
    assert all(limits._take_large_page(SLOW, deadline) for _ in range(MAX_LARGE_OF_ENDPOINT))
    assert not limits._take_large_page(SLOW, Deadline(0.01))
    assert limits._take_large_page(OTHER, deadline)
    assert not limits._take_large_page(OTHER, Deadline(0.01))


def test_returned_slot_is_taken_by_a_page_of_another_endpoint() -> None:
    limits, deadline = RequestLimits(30), Deadline(60.0)
    with limits.large_page(SLOW, deadline) as take:
        assert take()
        assert all(limits._take_large_page(SLOW, deadline) for _ in range(MAX_LARGE_OF_ENDPOINT - 1))
        assert limits._take_large_page(OTHER, deadline)
        assert not limits._take_large_page(OTHER, Deadline(0.01))
    assert limits._take_large_page(OTHER, deadline)


def test_waiting_for_a_slot_ends_when_the_lookup_is_canceled() -> None:
    limits, deadline = RequestLimits(30), Deadline(60.0)
    assert all(limits._take_large_page(SLOW, deadline) for _ in range(MAX_LARGE_OF_ENDPOINT))
    results: list[bool] = []
    waiting = threading.Thread(target=lambda: results.append(limits._take_large_page(SLOW, deadline)))
    waiting.start()
    deadline.cancel()
    waiting.join(timeout=10.0)
    assert results == [False]


@pytest.mark.parametrize("error", [ValueError, MemoryError, KeyboardInterrupt])
def test_slot_is_returned_after_any_exception(error: type[BaseException]) -> None:
    limits, deadline = RequestLimits(30), Deadline(60.0)
    for _ in range(2 * MAX_LARGE):
        with pytest.raises(error), limits.large_page(SLOW, deadline) as take:  # noqa: PT012
            assert take()
            assert take()
            raise error
    with limits.large_page(SLOW, deadline):
        pass  # a small page takes no slot, and returns none
    assert all(limits._take_large_page(SLOW, deadline) for _ in range(MAX_LARGE_OF_ENDPOINT))
    assert not limits._take_large_page(SLOW, Deadline(0.01))
