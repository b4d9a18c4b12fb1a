"""Pages of more than a megabyte: few are in memory at the same time."""

from __future__ import annotations

import gzip

import pytest

from mothball.index.client import Client, ClientSettings
from mothball.index.deadline import Deadline
from mothball.index.large_pages import LARGE, MAX_LARGE, LargePages
from mothball.index.page_request import Fetched, PageRequest
from mothball.index.transport import _MAX_DECODED
from tests.support.scripted_index import Reply, ScriptedIndex, json_page

NAMES = [f"lib-{number}" for number in range(2 * MAX_LARGE + 1)]


def padded(name: str, size: int) -> Reply:
    """Return a page of ``size`` bytes, compressed."""
    page = json_page(name, "archived").body
    body = gzip.compress(page + b" " * (size - len(page)), 1)
    return Reply(body=body, headers=(("Content-Encoding", "gzip"),))


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


def test_waiting_for_a_slot_ends_with_the_deadline() -> None:
    pages, deadline = LargePages(), Deadline(60.0)
    assert all(pages.acquire(deadline) for _ in range(MAX_LARGE))
    assert not pages.acquire(Deadline(0.01))
    pages.release()
    assert pages.acquire(deadline)
