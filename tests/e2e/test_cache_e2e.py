"""The cache between runs: when requests are sent, how long results are valid, and the use of stale results.

The tests do not wait: they set the clock of a run ahead.
"""

from __future__ import annotations

import contextlib
import os
import re
import socket
from collections.abc import Iterator

import pytest

from tests.support.installed import Mothball, Run
from tests.support.scripted_index import Reply, ScriptedIndex, json_page

MINUTE, HOUR, DAY = 60.0, 3600.0, 86400.0
NAMES = ("archived-lib", "deprecated-lib", "active-lib", "unknown-lib")


def tagged(name: str, status: str, reason: str | None = None) -> Reply:
    """Return a page with an ETag."""
    return json_page(name, status, reason)._replace(etag=f'"{name}"')


@pytest.fixture
def index() -> Iterator[ScriptedIndex]:
    """Return an index that has three of ``NAMES``, with validators."""
    pages = {
        "archived-lib": tagged("archived-lib", "archived", "no time"),
        "deprecated-lib": tagged("deprecated-lib", "deprecated"),
        "active-lib": tagged("active-lib", "active"),
    }
    with ScriptedIndex(pages) as scripted:
        yield scripted


@contextlib.contextmanager
def down(index: ScriptedIndex) -> Iterator[None]:
    """Close an index and keep its port reserved, so that connections are refused."""
    index.close()
    with socket.socket() as unused:
        unused.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        unused.bind(("127.0.0.1", index.port))
        yield


def warm_cache(mothball: Mothball, index: ScriptedIndex, *options: str) -> Run:
    """Check ``NAMES`` with an empty cache, then clear the recorded requests."""
    mothball.require(index.url, *NAMES, options=options)
    run = mothball.check()
    assert index.count() == len(NAMES)
    index.forget()
    mothball.forget_contacts()
    return run


def sent_etags(index: ScriptedIndex) -> dict[str, str | None]:
    """Return the ETag sent with each request, by project name."""
    return {request.name: request.headers.get("if-none-match") for request in index.received}


def results(run: Run) -> list[tuple[str, str | None]]:
    """Return the lookup results of ``NAMES``."""
    return [run.said(name) for name in NAMES]


def sources(run: Run) -> set[str]:
    """Return the sources of the lookup results."""
    return {item["lookup"]["source"] for item in run.report["dependencies"]}


def without_times(run: Run) -> str:
    """Return the output of a run without the times and sources of lookup results."""
    return re.sub(r'"(checked_at|generated_at|source)": "[^"]*"', r'"\1": "…"', run.out)


def test_second_run_with_warm_cache_makes_no_connection(index: ScriptedIndex, mothball: Mothball) -> None:
    first = warm_cache(mothball, index)
    connections = index.connections
    second = mothball.check()
    assert index.count() == 0
    assert index.connections == connections
    assert mothball.contacts() == set()
    assert sources(first) == {"index"}
    assert sources(second) == {"cache"}
    assert without_times(second) == without_times(first)
    assert second.code == first.code == 1


def test_only_missing_projects_are_queried_again_within_max_age(index: ScriptedIndex, mothball: Mothball) -> None:
    warm_cache(mothball, index)
    mothball.check(ahead=4 * MINUTE)
    assert sent_etags(index) == {}
    run = mothball.check(ahead=6 * MINUTE)
    assert sent_etags(index) == {"unknown-lib": None}
    assert run.said("unknown-lib") == ("missing", None)
    index.forget()
    mothball.check(ahead=59 * MINUTE)
    assert sent_etags(index) == {"unknown-lib": None}


def test_expired_results_are_revalidated_and_304_renews_them(index: ScriptedIndex, mothball: Mothball) -> None:
    first = warm_cache(mothball, index)
    run = mothball.check(ahead=61 * MINUTE)
    assert sent_etags(index) == {
        "archived-lib": '"archived-lib"',
        "deprecated-lib": '"deprecated-lib"',
        "active-lib": '"active-lib"',
        "unknown-lib": None,
    }
    assert results(run) == results(first)
    assert sources(run) == {"index"}
    index.forget()
    mothball.check(ahead=62 * MINUTE)
    assert sent_etags(index) == {}


def test_project_can_set_max_age(index: ScriptedIndex, mothball: Mothball) -> None:
    warm_cache(mothball, index, 'max-age = "2m"')
    mothball.check(ahead=1 * MINUTE)
    assert sent_etags(index) == {}
    mothball.check(ahead=3 * MINUTE)
    assert set(sent_etags(index)) == set(NAMES)


def test_changed_page_replaces_the_cached_one_after_max_age(index: ScriptedIndex, mothball: Mothball) -> None:
    warm_cache(mothball, index)
    index.script("active-lib", json_page("active-lib", "quarantined")._replace(etag='"changed"'))
    assert mothball.check(ahead=61 * MINUTE).said("active-lib") == ("stated", "quarantined")
    assert mothball.check(ahead=62 * MINUTE).said("active-lib") == ("stated", "quarantined")
    index.forget()
    mothball.check(ahead=3 * HOUR)
    assert sent_etags(index)["active-lib"] == '"changed"'


def test_refresh_sends_conditional_requests_for_all_names(index: ScriptedIndex, mothball: Mothball) -> None:
    warm_cache(mothball, index)
    run = mothball.check("--refresh")
    assert sent_etags(index) == {name: f'"{name}"' for name in NAMES[:3]} | {"unknown-lib": None}
    assert sources(run) == {"index"}


def test_no_cache_neither_reads_nor_writes(index: ScriptedIndex, mothball: Mothball) -> None:
    mothball.require(index.url, *NAMES)
    for _ in range(2):
        run = mothball.check("--no-cache")
        assert sources(run) == {"index"}
    assert index.count() == 2 * len(NAMES)
    assert not os.path.exists(mothball.cache)
    mothball.check()
    index.forget()
    mothball.check("--no-cache")
    assert sent_etags(index) == dict.fromkeys(NAMES)


def test_unusable_cache_is_one_warning(index: ScriptedIndex, mothball: Mothball) -> None:
    with open(mothball.cache, "w", encoding="utf-8") as file:
        file.write("not a directory")
    mothball.require(index.url, *NAMES)
    run = mothball.check()
    assert run.code == 1
    assert run.said("archived-lib") == ("stated", "archived")
    problems = run.report["problems"]
    assert [(problem["severity"], "cache" in problem["message"]) for problem in problems] == [("warning", True)]


def test_cached_results_are_used_with_their_age_if_the_index_is_down(index: ScriptedIndex, mothball: Mothball) -> None:
    warm_cache(mothball, index)
    with down(index):
        run = mothball.check(ahead=3 * HOUR)
        text = mothball.run("check", ahead=3 * HOUR)
    assert run.code == text.code == 1
    assert results(run) == [
        ("stated", "archived"),
        ("stated", "deprecated"),
        ("stated", "active"),
        ("unavailable", "unreachable"),
    ]
    assert [run.lookup(name)["source"] for name in NAMES[:3]] == ["stale"] * 3
    [problem] = run.report["problems"]
    assert problem["severity"] == "warning"
    assert "3 results are from the cache, up to 3 h old" in problem["message"]
    assert any(index.url in line and "3 h ago" in line for line in text.out.splitlines())


def test_results_older_than_a_week_are_not_used_if_the_index_is_down(index: ScriptedIndex, mothball: Mothball) -> None:
    warm_cache(mothball, index)
    with down(index):
        before = mothball.check("--strict", ahead=6 * DAY)
        after = mothball.check("--strict", ahead=8 * DAY)
    assert before.said("archived-lib") == ("stated", "archived")
    assert before.code == 1
    assert {after.said(name) for name in NAMES} == {("unavailable", "unreachable")}
    assert after.code == 3


def test_everything_is_unverified_if_the_index_is_down_and_the_cache_empty(
    index: ScriptedIndex, mothball: Mothball
) -> None:
    mothball.require(index.url, *NAMES)
    with down(index):
        run = mothball.check()
        strict = mothball.check("--strict")
    assert {run.said(name) for name in NAMES} == {("unavailable", "unreachable")}
    assert run.found() == [("unverified", "error", name) for name in NAMES]
    assert (run.code, strict.code) == (3, 3)


def test_offline_uses_cached_results_of_any_age_without_requests(index: ScriptedIndex, mothball: Mothball) -> None:
    warm_cache(mothball, index)
    run = mothball.check("--offline", ahead=60 * DAY)
    text = mothball.run("check", "--offline", ahead=60 * DAY)
    assert index.count() == 0
    assert mothball.contacts() == set()
    assert results(run) == [
        ("stated", "archived"),
        ("stated", "deprecated"),
        ("stated", "active"),
        ("unavailable", "offline"),
    ]
    assert run.code == 1
    [problem] = run.report["problems"]
    assert "up to 60 d old" in problem["message"]
    assert "60 d ago" in text.out


def test_offline_with_empty_cache_is_unverified_without_requests(index: ScriptedIndex, mothball: Mothball) -> None:
    mothball.require(index.url, *NAMES)
    for arguments in (("--offline",), ("--offline", "--no-cache")):
        run = mothball.check("--strict", *arguments)
        assert {run.said(name) for name in NAMES} == {("unavailable", "offline")}
        assert run.code == 3
    assert index.count() == 0
    assert mothball.contacts() == set()


def test_offline_variable_applies(index: ScriptedIndex, mothball: Mothball) -> None:
    mothball.require(index.url, *NAMES)
    run = mothball.run("check", "--format", "json", environment={"MOTHBALL_OFFLINE": "1"})
    assert {run.said(name) for name in NAMES} == {("unavailable", "offline")}
    assert mothball.contacts() == set()
