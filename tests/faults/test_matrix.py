"""Every fault of an index and of the way to it, against a cold, a warm, an expired and a worn-out cache.

The rows on what an index answers are those of the end-to-end tests, which hold them against a cold cache; here stands
what becomes of them where the cache knows the project as archived.
"""

from __future__ import annotations

import contextlib
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from mothball.index.deadline import Deadline
from tests.support.certificates import Authority
from tests.support.fault_cases import CASES, NAME, PAGE, Case
from tests.support.loopback import forget_network_settings, refusing_url, unanswering_url
from tests.support.project import Project
from tests.support.scripted_index import Fault, Reply, ScriptedIndex

HOUR, DAY = 3600.0, 86400.0

Said = tuple[str, str | None]
ARCHIVED: Said = ("stated", "archived")


class Seen(NamedTuple):
    """What a strict check of one name came to: the look-up, where it came from, and the exit code."""

    said: Said
    source: str | None
    code: int


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    forget_network_settings(monkeypatch)
    # Waiting before a retry is tested elsewhere.
    monkeypatch.setattr(Deadline, "pause", lambda *_: None)
    root, home = tmp_path / "project", tmp_path / "home"
    for directory in (root / ".git", home):
        directory.mkdir(parents=True)
    made = Project(root, home)
    made.user_config('timeout = "1s"\n')
    return made


def check(project: Project, url: str, **environment: str) -> Seen:
    """Check ``NAME``, which ``url`` is to answer for."""
    project.write("requirements.txt", f"--index-url {url}\n{NAME}\n")
    report = project.check_json(env=environment)
    strict = project.check("--strict", env=environment)
    [item] = report["dependencies"]
    lookup = item["lookup"]
    return Seen((lookup["kind"], lookup["status"] or lookup["cause"]), lookup["source"], strict.code)


# --- what an index answers ---


def expected_of(case: Case) -> tuple[Said, int]:
    """Return what ``case`` comes to on an index that is known to state statuses: there, no marker means active."""
    return (("stated", "active"), 0) if case.said[0] == "not-stated" else (case.said, case.exit_code)


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_a_warm_cache_hears_nothing_of_it(case: Case, project: Project) -> None:
    with ScriptedIndex({NAME: case.replies}) as index:
        project.remember(NAME, "archived", age=0.5 * HOUR, index=index.url)
        assert check(project, index.url) == Seen(ARCHIVED, "cache", 1)
        assert index.count() == 0


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_an_expired_cache_serves_where_the_index_fails_and_only_there(case: Case, project: Project) -> None:
    said, code = expected_of(case)
    with ScriptedIndex({NAME: case.replies}) as index:
        project.remember(NAME, "archived", age=3 * HOUR, index=index.url)
        seen = check(project, index.url)
        assert index.count() >= 1
    if said[0] == "unavailable":
        assert seen == Seen(ARCHIVED, "stale", 1)
    else:
        assert (seen.said, seen.code) == (said, code)


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_a_worn_out_cache_is_as_good_as_a_cold_one(case: Case, project: Project) -> None:
    said, code = expected_of(case)
    with ScriptedIndex({NAME: case.replies}) as index:
        project.remember(NAME, "archived", age=8 * DAY, index=index.url)
        seen = check(project, index.url)
    assert (seen.said, seen.code) == (said, code)


# --- what happens on the way ---

Way = Callable[[Project, pytest.MonkeyPatch], "contextlib.AbstractContextManager[tuple[str, dict[str, str]]]"]


@contextlib.contextmanager
def down(*_: object) -> Iterator[tuple[str, dict[str, str]]]:
    with refusing_url() as url:
        yield url, {}


@contextlib.contextmanager
def deaf(*_: object) -> Iterator[tuple[str, dict[str, str]]]:
    with unanswering_url() as url:
        yield url, {}


@contextlib.contextmanager
def silent(*_: object) -> Iterator[tuple[str, dict[str, str]]]:
    with ScriptedIndex({NAME: Reply(fault=Fault.SILENCE)}) as index:
        yield index.url, {}


@contextlib.contextmanager
def dripping(*_: object) -> Iterator[tuple[str, dict[str, str]]]:
    """Answer a byte at a time, each within every limit of one read."""
    with ScriptedIndex({NAME: PAGE._replace(drip=0.3)}) as index:
        yield index.url, {}


@contextlib.contextmanager
def half_answering(*_: object) -> Iterator[tuple[str, dict[str, str]]]:
    with ScriptedIndex({NAME: PAGE._replace(fault=Fault.RESET_MIDWAY)}) as index:
        yield index.url, {}


@contextlib.contextmanager
def unknown_to_dns(_: Project, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[str, dict[str, str]]]:
    """Fail to resolve, by raising what the resolver would: nothing of a test asks a server for a name."""

    def fail(*_: Any, **__: Any) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", fail)
    yield "https://index.example/simple/", {}


@contextlib.contextmanager
def intercepted(project: Project, _: object) -> Iterator[tuple[str, dict[str, str]]]:
    """Present a certificate of an authority that nobody trusts, for the right host."""
    trusted, other = (project.home / name for name in ("trusted", "other"))
    trusted.mkdir()
    other.mkdir()
    certificate = Authority(str(other)).certify("127.0.0.1")
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
    """Be answered by a page of another site, with 200, whatever is asked: plain http is what a portal can answer."""
    page = b"<!DOCTYPE html><html><head><title>Free Wi-Fi</title></head><body><h1>Accept</h1></body></html>"
    with ScriptedIndex(otherwise=Reply(200, page, "text/html")) as portal:
        yield portal.url, {}


@contextlib.contextmanager
def sent_to_a_portal(*_: object) -> Iterator[tuple[str, dict[str, str]]]:
    location = (("Location", "https://portal.example/login?from=index"),)
    with ScriptedIndex(otherwise=Reply(302, b"", None, location)) as portal:
        yield portal.url, {}


@contextlib.contextmanager
def declined(*_: object) -> Iterator[tuple[str, dict[str, str]]]:
    yield "http://index.example/simple/", {}


WAYS: dict[str, tuple[Way, str]] = {
    "down": (down, "unreachable"),
    "unreachable": (deaf, "timeout"),
    "silent": (silent, "timeout"),
    "half-answering": (half_answering, "unreachable"),
    "unknown to DNS": (unknown_to_dns, "unreachable"),
    "TLS is intercepted": (intercepted, "tls"),
    "its certificate has expired": (expired, "tls"),
    "its certificate is another host's": (for_another_host, "tls"),
    "behind a proxy that is down": (behind_a_dead_proxy, "unreachable"),
    "behind a captive portal": (behind_a_portal, "unexpected-response"),
    "behind a captive portal that redirects": (sent_to_a_portal, "refused-redirect"),
    "plain http that nobody trusts": (declined, "refused-url"),
}
STATES = {
    "cold": (None, None),
    "warm": (0.5 * HOUR, "cache"),
    "expired": (3 * HOUR, "stale"),
    "worn out": (8 * DAY, None),
}


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("way", WAYS)
def test_a_fault_on_the_way_ends_in_a_look_up_and_an_exit_code(
    way: str, state: str, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    happens, cause = WAYS[way]
    age, source = STATES[state]
    with happens(project, monkeypatch) as (url, environment):
        if age is not None:
            project.remember(NAME, "archived", age=age, index=url)
        seen = check(project, url, **environment)
    # Nothing of the portal, of the stranger's answer or of the old answer is ever taken for a status.
    assert seen == (Seen(("unavailable", cause), "index", 3) if source is None else Seen(ARCHIVED, source, 1))


def test_an_answer_that_drips_is_given_up_when_the_time_for_all_is_over(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    from mothball.index import transport

    monkeypatch.setattr(transport.ClientSettings, "with_timeout", lambda self, _: self._replace(deadline=1.0))
    with dripping() as (url, _):
        assert check(project, url) == Seen(("unavailable", "deadline"), "index", 3)


# --- clocks ---


@pytest.mark.parametrize(
    ("back", "source"),
    [(30.0, "cache"), (2 * HOUR, None), (400 * DAY, None)],
    ids=["a little", "two hours", "more than a year"],
)
def test_a_clock_that_was_set_back_makes_no_answer_eternal(back: float, source: str | None, project: Project) -> None:
    with refusing_url() as url:
        project.remember(NAME, "archived", age=-back, index=url)
        seen = check(project, url)
    assert seen == (Seen(ARCHIVED, source, 1) if source else Seen(("unavailable", "unreachable"), "index", 3))


def test_a_clock_that_jumps_while_an_index_is_asked_changes_no_limit(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    true_time, steps = time.time, iter(range(10_000))
    monkeypatch.setattr(time, "time", lambda: true_time() - next(steps) * DAY)
    with ScriptedIndex({NAME: PAGE._replace(delay=0.1)}) as index:
        assert check(project, index.url).said == ARCHIVED
