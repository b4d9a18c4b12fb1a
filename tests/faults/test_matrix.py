"""Every fault of indexes and network with an empty, a warm, an expired and a too old cache.

The responses of indexes are those of the end-to-end tests, which run them with an empty cache. Here the cache has the
project as archived.
"""

from __future__ import annotations

import contextlib
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from mothball.index.limits import Deadline
from tests.support.certificates import Authority
from tests.support.fault_cases import CASES, NAME, PAGE, Case
from tests.support.loopback import forget_network_settings, refusing_url, unanswering_url
from tests.support.project import Project
from tests.support.scripted_index import Fault, Reply, ScriptedIndex

HOUR, DAY = 3600.0, 86400.0

Said = tuple[str, str | None]
ARCHIVED: Said = ("stated", "archived")


class CheckResult(NamedTuple):
    """The result of a strict check of one name: lookup, source and exit code."""

    lookup: Said
    source: str | None
    code: int


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    forget_network_settings(monkeypatch)
    # Waiting before a retry is tested elsewhere.
    monkeypatch.setattr(Deadline, "wait", lambda *_: None)
    root, home = tmp_path / "project", tmp_path / "home"
    for directory in (root / ".git", home):
        directory.mkdir(parents=True)
    made = Project(root, home)
    made.user_config('timeout = "1s"\n')
    return made


def check(project: Project, url: str, **environment: str) -> CheckResult:
    """Check ``NAME`` on the index ``url``."""
    project.write("requirements.txt", f"--index-url {url}\n{NAME}\n")
    report = project.check_json(env=environment)
    strict = project.check("--strict", env=environment)
    [item] = report["dependencies"]
    lookup = item["lookup"]
    return CheckResult((lookup["kind"], lookup["status"] or lookup["cause"]), lookup["source"], strict.code)


# --- responses of an index ---


def expected_of(case: Case) -> tuple[Said, int]:
    """Return the expected result of ``case`` on an index that states statuses, so that no marker means active."""
    return (("stated", "active"), 0) if case.said[0] == "not-stated" else (case.said, case.exit_code)


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_warm_cache_is_not_affected_by_index_faults(case: Case, project: Project) -> None:
    with ScriptedIndex({NAME: case.replies}) as index:
        project.remember(NAME, "archived", age=0.5 * HOUR, index=index.url)
        assert check(project, index.url) == CheckResult(ARCHIVED, "cache", 1)
        assert index.count() == 0


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_expired_cache_is_used_only_if_the_index_fails(case: Case, project: Project) -> None:
    lookup, code = expected_of(case)
    with ScriptedIndex({NAME: case.replies}) as index:
        project.remember(NAME, "archived", age=3 * HOUR, index=index.url)
        result = check(project, index.url)
        assert index.count() >= 1
    if lookup[0] == "unavailable":
        assert result == CheckResult(ARCHIVED, "stale", 1)
    else:
        assert (result.lookup, result.code) == (lookup, code)


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_too_old_cache_equals_an_empty_one(case: Case, project: Project) -> None:
    lookup, code = expected_of(case)
    with ScriptedIndex({NAME: case.replies}) as index:
        project.remember(NAME, "archived", age=8 * DAY, index=index.url)
        result = check(project, index.url)
    assert (result.lookup, result.code) == (lookup, code)


# --- network faults ---

FaultContext = Callable[[Project, pytest.MonkeyPatch], "contextlib.AbstractContextManager[tuple[str, dict[str, str]]]"]


@contextlib.contextmanager
def down(*_: object) -> Iterator[tuple[str, dict[str, str]]]:
    with refusing_url() as url:
        yield url, {}


@contextlib.contextmanager
def unresponsive(*_: object) -> Iterator[tuple[str, dict[str, str]]]:
    with unanswering_url() as url:
        yield url, {}


@contextlib.contextmanager
def silent(*_: object) -> Iterator[tuple[str, dict[str, str]]]:
    with ScriptedIndex({NAME: Reply(fault=Fault.SILENCE)}) as index:
        yield index.url, {}


@contextlib.contextmanager
def dripping(*_: object) -> Iterator[tuple[str, dict[str, str]]]:
    """Send one byte at a time, each within the read timeout."""
    with ScriptedIndex({NAME: PAGE._replace(drip=0.3)}) as index:
        yield index.url, {}


@contextlib.contextmanager
def half_answering(*_: object) -> Iterator[tuple[str, dict[str, str]]]:
    with ScriptedIndex({NAME: PAGE._replace(fault=Fault.RESET_MIDWAY)}) as index:
        yield index.url, {}


@contextlib.contextmanager
def unknown_to_dns(_: Project, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[str, dict[str, str]]]:
    """Raise the error of the resolver; tests do not use DNS."""

    def fail(*_: Any, **__: Any) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", fail)
    yield "https://index.example/simple/", {}


@contextlib.contextmanager
def intercepted(project: Project, _: object) -> Iterator[tuple[str, dict[str, str]]]:
    """Present a certificate of an untrusted authority for the right host."""
    trusted, untrusted = (project.home / name for name in ("trusted", "untrusted"))
    trusted.mkdir()
    untrusted.mkdir()
    certificate = Authority(str(untrusted)).certify("127.0.0.1")
    with ScriptedIndex({NAME: PAGE}, certificate=certificate) as index:
        yield index.url, {"REQUESTS_CA_BUNDLE": Authority(str(trusted)).path}


@contextlib.contextmanager
def expired(project: Project, _: object) -> Iterator[tuple[str, dict[str, str]]]:
    authority = Authority(str(project.home))
    with ScriptedIndex({NAME: PAGE}, certificate=authority.certify("127.0.0.1", days=-1)) as index:
        yield index.url, {"REQUESTS_CA_BUNDLE": authority.path}


@contextlib.contextmanager
def for_another_host(project: Project, _: object) -> Iterator[tuple[str, dict[str, str]]]:
    authority = Authority(str(project.home))
    with ScriptedIndex({NAME: PAGE}, certificate=authority.certify("other.example")) as index:
        yield index.url, {"REQUESTS_CA_BUNDLE": authority.path}


@contextlib.contextmanager
def behind_a_dead_proxy(*_: object) -> Iterator[tuple[str, dict[str, str]]]:
    with refusing_url() as url:
        yield "https://index.example/simple/", {"HTTPS_PROXY": url}


@contextlib.contextmanager
def behind_a_portal(*_: object) -> Iterator[tuple[str, dict[str, str]]]:
    """Respond like a captive portal: another page with 200 to every plain http request."""
    page = b"<!DOCTYPE html><html><head><title>Free Wi-Fi</title></head><body><h1>Accept</h1></body></html>"
    with ScriptedIndex(otherwise=Reply(200, page, "text/html")) as portal:
        yield portal.url, {}


@contextlib.contextmanager
def sent_to_a_portal(*_: object) -> Iterator[tuple[str, dict[str, str]]]:
    location = (("Location", "https://portal.example/login?from=index"),)
    with ScriptedIndex(otherwise=Reply(302, b"", None, location)) as portal:
        yield portal.url, {}


@contextlib.contextmanager
def untrusted_plain_http(*_: object) -> Iterator[tuple[str, dict[str, str]]]:
    yield "http://index.example/simple/", {}


FAULTS: dict[str, tuple[FaultContext, str]] = {
    "down": (down, "unreachable"),
    "unreachable": (unresponsive, "timeout"),
    "silent": (silent, "timeout"),
    "incomplete response": (half_answering, "unreachable"),
    "unknown to DNS": (unknown_to_dns, "unreachable"),
    "untrusted certificate": (intercepted, "tls"),
    "expired certificate": (expired, "tls"),
    "certificate of another host": (for_another_host, "tls"),
    "behind a proxy that is down": (behind_a_dead_proxy, "proxy"),
    "behind a captive portal": (behind_a_portal, "unexpected-response"),
    "behind a captive portal that redirects": (sent_to_a_portal, "refused-redirect"),
    "untrusted plain http": (untrusted_plain_http, "refused-url"),
}
STATES = {
    "cold": (None, None),
    "warm": (0.5 * HOUR, "cache"),
    "expired": (3 * HOUR, "stale"),
    "too old": (8 * DAY, None),
}


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("fault", FAULTS)
def test_network_fault_has_a_result_and_an_exit_code(
    fault: str, state: str, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    start_fault, cause = FAULTS[fault]
    age, source = STATES[state]
    with start_fault(project, monkeypatch) as (url, environment):
        if age is not None:
            project.remember(NAME, "archived", age=age, index=url)
        result = check(project, url, **environment)
    # No page of the portal, of another host or of the too old cache is taken for a status.
    assert result == (
        CheckResult(("unavailable", cause), "index", 3) if source is None else CheckResult(ARCHIVED, source, 1)
    )


def test_slow_response_is_cut_off_by_the_total_deadline(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mothball.config.user_settings.TOTAL_SECONDS", 1.0)
    with dripping() as (url, _):
        assert check(project, url) == CheckResult(("unavailable", "deadline"), "index", 3)


# --- clocks ---


@pytest.mark.parametrize(
    ("back", "source"),
    [(30.0, "cache"), (2 * HOUR, None), (400 * DAY, None)],
    ids=["a little", "two hours", "more than a year"],
)
def test_page_expires_although_the_clock_was_set_back(back: float, source: str | None, project: Project) -> None:
    with refusing_url() as url:
        project.remember(NAME, "archived", age=-back, index=url)
        result = check(project, url)
    assert result == (
        CheckResult(ARCHIVED, source, 1) if source else CheckResult(("unavailable", "unreachable"), "index", 3)
    )


def test_clock_jump_during_a_request_changes_no_timeout(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    true_time, steps = time.time, iter(range(10_000))
    monkeypatch.setattr(time, "time", lambda: true_time() - next(steps) * DAY)
    with ScriptedIndex({NAME: PAGE._replace(delay=0.1)}) as index:
        assert check(project, index.url).lookup == ARCHIVED
