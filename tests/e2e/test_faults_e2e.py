"""Failures of an index: lookup results, messages and exit codes."""

from __future__ import annotations

import signal
import sys

import pytest

from tests.support.fault_cases import (
    CASES,
    FAILED,
    NAME,
    PAGE,
    Case,
)
from tests.support.installed import Mothball, Run, finish
from tests.support.loopback import refusing_url, unanswering_url
from tests.support.scripted_index import (
    Fault,
    Reply,
    ScriptedIndex,
    json_page,
)
from tests.support.waiting import wait_until


def test_index_that_forbids_what_it_does_not_have(mothball: Mothball) -> None:
    with (
        ScriptedIndex(otherwise=Reply(403, b"AccessDenied", "application/xml")) as store,
        ScriptedIndex({"lib": json_page("lib", "archived")}) as public,
    ):
        mothball.write("requirements.txt", f"--extra-index-url {store.url}", f"-i {public.url}", "lib", "gone")
        run = mothball.check()
        assert run.said("lib") == run.said("gone") == ("unavailable", "unauthorized")
        assert public.count() == 0
        setting = f'indexes."{store.url}".ignore-error-codes = [403]'
        assert f"`{setting}`" in run.report["findings"][0]["help"]
        mothball.write("mothball.toml", setting)
        run = mothball.check()
        assert run.said("lib") == ("stated", "archived")
        # Not "missing": the index may have it, and forbid it.
        assert run.said("gone") == ("unavailable", "unauthorized")
        assert run.lookup("gone")["index"] == store.url
        received = store.count(), public.count()
        mothball.check()
        assert (store.count(), public.count()) == received


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_each_fault_has_its_lookup_result_and_exit_code(case: Case, mothball: Mothball) -> None:
    with ScriptedIndex({NAME: case.replies}) as index:
        mothball.require(index.url, NAME)
        run = mothball.check("--strict")
        request_count = index.count()
    assert run.said(NAME) == case.said
    assert run.code == case.exit_code
    assert request_count == case.asked
    assert run.err == ""
    assert run.lookup(NAME)["index"] == index.url
    assert mothball.contacts() <= {"127.0.0.1", f"127.0.0.1:{index.port}"}


def test_refused_connections_are_shown_in_full_only_twice(mothball: Mothball) -> None:
    names = [f"old-lib-{number}" for number in range(40)]
    with refusing_url() as url:
        mothball.require(url, *names)
        run = mothball.check("--strict")
        text = mothball.run("check")
    assert {run.said(name) for name in names} == {("unavailable", "unreachable")}
    assert run.code == 3
    assert text.code == 3
    assert "refused the connection" in text.out
    assert "38 more" in text.out


def test_slow_index_times_out(mothball: Mothball) -> None:
    mothball.configure('timeout = "1s"')
    with unanswering_url() as unresponsive, ScriptedIndex({NAME: Reply(fault=Fault.SILENCE)}) as silent:
        arguments = ("status", NAME, "--format", "json", "--index-url")
        runs = [finish(run) for run in [mothball.start(*arguments, url) for url in (unresponsive, silent.url)]]
        assert silent.count() == 1
    lookups = [run.report["projects"][0]["lookup"] for run in runs]
    assert [lookup["kind"] for lookup in lookups] == ["unavailable", "unavailable"]
    assert [lookup["cause"] for lookup in lookups] == ["timeout", "timeout"]


def test_failed_lookups_are_errors_in_a_full_check(mothball: Mothball) -> None:
    failing = {"down": FAILED, "closed": Reply(401), "broken": Reply(200, b"{")}
    with ScriptedIndex({**failing, "fine": json_page("fine", "active")}) as index:
        mothball.require(index.url, *failing, "fine", "gone")
        run = mothball.check()
    assert run.code == 3
    assert run.found() == [
        ("unverified", "error", "down"),
        ("unverified", "error", "closed"),
        ("unverified", "error", "broken"),
        ("missing", "warning", "gone"),
    ]
    assert run.said("fine") == ("stated", "active")
    assert run.report["summary"]["unverified"] == 3
    assert run.report["summary"]["checked"] == 1


def test_failures_are_not_cached(mothball: Mothball) -> None:
    with ScriptedIndex({NAME: [Reply(401), PAGE]}) as index:
        mothball.require(index.url, NAME)
        assert mothball.check().said(NAME) == ("unavailable", "unauthorized")
        assert mothball.check().said(NAME) == ("stated", "archived")


def test_normalized_names_are_queried_once(mothball: Mothball) -> None:
    with ScriptedIndex({NAME: PAGE}) as index:
        mothball.require(index.url, "Old_.Lib", "old-lib>=1; python_version > '3'", "OLD.LIB[extra]")
        run = mothball.check()
        assert [request.path for request in index.received] == [f"/simple/{NAME}/"]
    assert run.found() == [("archived", "error", NAME)] * 3


def test_reasons_are_sanitized_to_one_line(mothball: Mothball) -> None:
    reason = "ends\r\nhere\x1b[31m\u202e::error::" + "x" * 5_000
    with ScriptedIndex({NAME: json_page(NAME, "archived", reason)}) as index:
        mothball.require(index.url, NAME)
        text = mothball.run("check").out
        concise = mothball.run("check", "--format", "concise").out
    for out in (text, concise):
        assert not set(out) & set("\r\x1b\u202e")
        assert not any(line.lstrip().startswith("::") for line in out.splitlines())
        assert max(map(len, out.splitlines())) < 1_000


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no signal that one process could send for Ctrl-C")
def test_ctrl_c_ends_a_pending_lookup_immediately(mothball: Mothball) -> None:
    with ScriptedIndex({NAME: Reply(fault=Fault.SILENCE)}) as index:
        mothball.require(index.url, NAME)
        process = mothball.start("check")
        wait_until(lambda: index.count() or process.poll() is not None)
        process.send_signal(signal.SIGINT)
        run = finish(process)
        # If it had waited for the response, it would report a timeout and exit 0.
        assert run == Run(130, "", "")


# --- exit codes -------------------------------------------------------------------------------------------------------


def exit_code_of(mothball: Mothball, entries: tuple[str, ...], *arguments: str) -> int:
    """Return the exit code of a check of ``entries``, on an index where each project has the status in its name."""
    statuses = {name: json_page(name, name) for name in ("active", "archived", "deprecated", "quarantined")}
    with ScriptedIndex({**statuses, "unverified": Reply(403)}) as index:
        mothball.require(index.url, *entries)
        return mothball.check(*arguments).code


@pytest.mark.parametrize(
    ("entries", "arguments", "expected"),
    [
        (("active",), (), 0),
        (("active",), ("--strict",), 0),
        (("active", "deprecated", "missing"), (), 0),
        (("active", "deprecated", "missing", "unverified"), (), 3),
        (("archived",), (), 1),
        (("quarantined",), (), 1),
        (("deprecated",), ("--strict",), 1),
        (("missing",), ("--strict",), 1),
        (("unverified",), (), 3),
        (("unverified", "archived"), (), 1),
        (("archived", "unreadable=="), (), 2),
        (("unverified", "unreadable=="), (), 2),
        (("active",), ("no-such-file.txt",), 2),
        (("archived",), ("--exit-zero",), 0),
        (("unverified",), ("--exit-zero",), 0),
        (("archived", "unreadable=="), ("--exit-zero",), 2),
    ],
)
def test_exit_code_of_combined_results(
    entries: tuple[str, ...], arguments: tuple[str, ...], expected: int, mothball: Mothball
) -> None:
    assert exit_code_of(mothball, entries, *arguments) == expected


@pytest.mark.parametrize(
    "arguments", [(), ("check", "--no-such-option"), ("check", "--config", "no-such-file.toml"), ("status", "a b")]
)
def test_usage_error_exits_2_without_requests(arguments: tuple[str, ...], mothball: Mothball) -> None:
    mothball.write("requirements.txt", "active")
    run = mothball.run(*arguments)
    assert (run.code, run.out) == (2, "")
    assert run.err
    assert mothball.contacts() == set()
