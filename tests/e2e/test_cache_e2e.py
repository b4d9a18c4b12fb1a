"""The cache between runs: who is asked how often, what is believed how long, and what serves when nobody answers.

Time does not pass here: a run's clock is set ahead instead.
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
    """Return a page with a validator."""
    return json_page(name, status, reason)._replace(etag=f'"{name}"')


@pytest.fixture
def index() -> Iterator[ScriptedIndex]:
    """An index that has three of ``NAMES``, with validators."""
    pages = {
        "archived-lib": tagged("archived-lib", "archived", "no time"),
        "deprecated-lib": tagged("deprecated-lib", "deprecated"),
        "active-lib": tagged("active-lib", "active"),
    }
    with ScriptedIndex(pages) as scripted:
        yield scripted


@contextlib.contextmanager
def down(index: ScriptedIndex) -> Iterator[None]:
    """Close an index and keep its port, on which every connection is refused from now on."""
    index.close()
    with socket.socket() as unused:
        unused.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        unused.bind(("127.0.0.1", index.port))
        yield


def warmed(mothball: Mothball, index: ScriptedIndex, *options: str) -> Run:
    """Check ``NAMES`` on a cold cache, then forget who was asked."""
    mothball.require(index.url, *NAMES, options=options)
    run = mothball.check()
    assert index.count() == len(NAMES)
    index.forget()
    mothball.forget_contacts()
    return run


def requests_of(index: ScriptedIndex) -> dict[str, str | None]:
    """Return what was asked for, with the validator that each request brought."""
    return {request.name: request.headers.get("if-none-match") for request in index.received}


def verdicts(run: Run) -> list[tuple[str, str | None]]:
    """Return what each of ``NAMES`` came to."""
    return [run.said(name) for name in NAMES]


def sources(run: Run) -> set[str]:
    """Return where the answers came from."""
    return {item["lookup"]["source"] for item in run.report["dependencies"]}


def timeless(run: Run) -> str:
    """Return what a run printed, byte for byte but for when and how its answers were learnt."""
    return re.sub(r'"(checked_at|source)": "[^"]*"', r'"\1": "…"', run.out)


def test_second_run_with_warm_cache_makes_no_connection(index: ScriptedIndex, mothball: Mothball) -> None:
    first = warmed(mothball, index)
    connections = index.connections
    second = mothball.check()
    assert index.count() == 0
    assert index.connections == connections
    assert mothball.contacts() == set()
    assert sources(first) == {"index"}
    assert sources(second) == {"cache"}
    assert timeless(second) == timeless(first)
    assert second.code == first.code == 1


def test_only_missing_projects_are_queried_again_within_max_age(index: ScriptedIndex, mothball: Mothball) -> None:
    warmed(mothball, index)
    mothball.check(ahead=4 * MINUTE)
    assert requests_of(index) == {}
    run = mothball.check(ahead=6 * MINUTE)
    assert requests_of(index) == {"unknown-lib": None}
    assert run.said("unknown-lib") == ("missing", None)
    index.forget()
    mothball.check(ahead=59 * MINUTE)
    assert requests_of(index) == {"unknown-lib": None}


def test_expired_results_are_revalidated_and_304_renews_them(index: ScriptedIndex, mothball: Mothball) -> None:
    first = warmed(mothball, index)
    run = mothball.check(ahead=61 * MINUTE)
    assert requests_of(index) == {
        "archived-lib": '"archived-lib"',
        "deprecated-lib": '"deprecated-lib"',
        "active-lib": '"active-lib"',
        "unknown-lib": None,
    }
    assert verdicts(run) == verdicts(first)
    assert sources(run) == {"index"}
    index.forget()
    mothball.check(ahead=62 * MINUTE)
    assert requests_of(index) == {}


def test_project_can_set_max_age(index: ScriptedIndex, mothball: Mothball) -> None:
    warmed(mothball, index, 'max-age = "2m"')
    mothball.check(ahead=1 * MINUTE)
    assert requests_of(index) == {}
    mothball.check(ahead=3 * MINUTE)
    assert set(requests_of(index)) == set(NAMES)


def test_changed_page_replaces_the_cached_one_after_max_age(index: ScriptedIndex, mothball: Mothball) -> None:
    warmed(mothball, index)
    index.script("active-lib", json_page("active-lib", "quarantined")._replace(etag='"changed"'))
    assert mothball.check(ahead=61 * MINUTE).said("active-lib") == ("stated", "quarantined")
    assert mothball.check(ahead=62 * MINUTE).said("active-lib") == ("stated", "quarantined")
    index.forget()
    mothball.check(ahead=3 * HOUR)
    assert requests_of(index)["active-lib"] == '"changed"'


def test_refresh_sends_conditional_requests_for_all_names(index: ScriptedIndex, mothball: Mothball) -> None:
    warmed(mothball, index)
    run = mothball.check("--refresh")
    assert requests_of(index) == {name: f'"{name}"' for name in NAMES[:3]} | {"unknown-lib": None}
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
    assert requests_of(index) == dict.fromkeys(NAMES)


def test_unusable_cache_is_one_warning(index: ScriptedIndex, mothball: Mothball) -> None:
    with open(mothball.cache, "w", encoding="utf-8") as file:
        file.write("in the way")
    mothball.require(index.url, *NAMES)
    run = mothball.check()
    assert run.code == 1
    assert run.said("archived-lib") == ("stated", "archived")
    problems = run.report["problems"]
    assert [(one["severity"], "cache" in one["message"]) for one in problems] == [("warning", True)]


def test_cached_results_are_used_with_their_age_if_the_index_is_down(index: ScriptedIndex, mothball: Mothball) -> None:
    warmed(mothball, index)
    with down(index):
        run = mothball.check(ahead=3 * HOUR)
        text = mothball.run("check", ahead=3 * HOUR)
    assert run.code == text.code == 1
    assert verdicts(run) == [
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
    warmed(mothball, index)
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
    assert run.found() == [("unverified", "warning", name) for name in NAMES]
    assert (run.code, strict.code) == (0, 3)


def test_offline_uses_cached_results_of_any_age_without_requests(index: ScriptedIndex, mothball: Mothball) -> None:
    warmed(mothball, index)
    run = mothball.check("--offline", ahead=60 * DAY)
    text = mothball.run("check", "--offline", ahead=60 * DAY)
    assert index.count() == 0
    assert mothball.contacts() == set()
    assert verdicts(run) == [
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
