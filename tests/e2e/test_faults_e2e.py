"""Every way in which an index can fail, and what a person gets told: the right look-up, the right exit code."""

from __future__ import annotations

import signal
import sys
from typing import NamedTuple

import pytest

from tests.e2e.runner import Mothball, Run, finish
from tests.support.loopback import refusing_url, unanswering_url
from tests.support.scripted_index import (
    Fault,
    Reply,
    ScriptedIndex,
    cut_gzip,
    gzipped,
    html_page,
    json_page,
    json_reply,
    padded,
    redirect,
    too_many,
)
from tests.support.waiting import wait_until

NAME = "old-lib"
PAGE = json_page(NAME, "archived", "no time")
MIB = 1024 * 1024

NOTHING = json_page(NAME)
FAILED = Reply(500, b"oops", "text/plain")
ROOT = (
    b'<!DOCTYPE html><html><head><meta name="pypi:repository-version" content="1.4"><title>Simple index</title></head>'
    b'<body><a href="/simple/old-lib/">old-lib</a></body></html>'
)
# As a connection that is closed early leaves it, where nothing says how long the page was to be.
CUT_HEAD = (
    b'<!DOCTYPE html><html><head><meta name="pypi:repository-version" content="1.4"><title>Links for old-lib</title>'
)
NOT_ACCEPTABLE = Reply(406, b"no", "text/plain")


class Case(NamedTuple):
    """What the index answers, in order; what the look-up comes to; the exit code under --strict; requests made."""

    replies: tuple[Reply, ...]
    said: tuple[str, str | None]
    exit_code: int
    asked: int = 1


def marked(marker: object) -> Reply:
    """Return a page whose ``project-status`` is ``marker``, of whatever type."""
    return json_page(NAME, None, None, **{"project-status": marker})


def unavailable(cause: str, *replies: Reply, asked: int = 1) -> Case:
    """Return a case in which the index could not answer, which alone exits 3."""
    return Case(replies, ("unavailable", cause), 3, asked)


def archived(*replies: Reply, asked: int = 1) -> Case:
    """Return a case in which the status gets through in spite of all."""
    return Case(replies, ("stated", "archived"), 1, asked)


CASES = {
    "401": unavailable("unauthorised", Reply(401, b"who?", "text/plain")),
    "403": unavailable("unauthorised", Reply(403, b"no", "text/plain")),
    "404": Case((Reply(404, b"none", "text/plain"),), ("missing", None), 1),
    "410": Case((Reply(410, b"gone", "text/plain"),), ("missing", None), 1),
    "400": unavailable("unexpected-answer", Reply(400, b"what?", "text/plain")),
    "406 to every Accept": unavailable("unexpected-answer", NOT_ACCEPTABLE, asked=2),
    "406 to the API's own types": archived(NOT_ACCEPTABLE, PAGE, asked=2),
    "429 that asks for a second": archived(too_many("1"), PAGE, asked=2),
    "429 that asks for an hour": unavailable("rate-limited", too_many("3600")),
    "429 again and again": unavailable("rate-limited", too_many("0"), asked=3),
    "500 again and again": unavailable("server-error", FAILED, asked=3),
    "500 twice": archived(FAILED, FAILED, PAGE, asked=3),
    "501": unavailable("server-error", Reply(501, b"no", "text/plain")),
    "connection reset": unavailable("unreachable", Reply(fault=Fault.RESET), asked=3),
    "connection reset once": archived(Reply(fault=Fault.RESET), PAGE, asked=2),
    "something else than HTTP": unavailable("unexpected-answer", Reply(fault=Fault.NOT_HTTP)),
    "body cut off": unavailable("unexpected-answer", PAGE._replace(fault=Fault.CUT_OFF)),
    "gzip": archived(gzipped(PAGE)),
    "gzip cut off": unavailable("unexpected-answer", cut_gzip(PAGE)),
    "empty body": unavailable("unexpected-answer", PAGE._replace(body=b"")),
    "JSON cut off, and its length true to that": unavailable("unexpected-answer", PAGE._replace(body=PAGE.body[:-9])),
    "JSON of no type": archived(PAGE._replace(content_type=None)),
    "JSON labelled application/octet-stream": archived(PAGE._replace(content_type="application/octet-stream")),
    "HTML labelled JSON": unavailable(
        "unexpected-answer", html_page(NAME, "archived")._replace(content_type="application/json")
    ),
    "HTML": archived(html_page(NAME, "archived", "no time")),
    "HTML labelled text_html": archived(html_page(NAME, "archived", "no time")._replace(content_type="text_html")),
    "a login page": unavailable(
        "unexpected-answer",
        Reply(200, b"<html><head><title>Sign in</title></head><form></form></html>", "text/html"),
    ),
    "plain text": unavailable("unexpected-answer", Reply(200, b"all is well", "text/plain")),
    "an image": unavailable("unexpected-answer", Reply(200, b"\x89PNG\r\n\x1a\n\x00\x00", "image/png")),
    "null instead of a page": unavailable("unexpected-answer", json_reply(None)),
    "an array instead of a page": unavailable("unexpected-answer", json_reply([])),
    "null instead of a marker": Case((marked(None),), ("not-stated", None), 0),
    "null instead of a status": Case((marked({"status": None, "reason": None}),), ("not-stated", None), 0),
    "a marker that is a number": unavailable("unexpected-answer", marked(7)),
    "no marker": Case((NOTHING,), ("not-stated", None), 0),
    "an unknown marker": Case((json_page(NAME, "mothballed", "why"),), ("unrecognised", "mothballed"), 1),
    "a marker in capitals": Case((json_page(NAME, "ARCHIVED"),), ("unrecognised", "ARCHIVED"), 1),
    "a marker with control characters": Case(
        (json_page(NAME, "odd\x1b[2J\u202e\nstatus"),), ("unrecognised", "odd [2J status"), 1
    ),
    "meta.project-status": archived(
        json_page(NAME, meta={"api-version": "1.4", "project-status": "archived", "project-status-reason": "no time"})
    ),
    "project-status.state": archived(marked({"state": "archived"})),
    "another project's page": unavailable("unexpected-answer", json_page("other-lib", "archived")),
    "another project's page in HTML": unavailable("unexpected-answer", html_page("other-lib", "active")),
    "the list of all projects": unavailable(
        "unexpected-answer", json_reply({"meta": {"api-version": "1.4"}, "projects": [{"name": NAME}]})
    ),
    "the list of all projects in HTML": unavailable("unexpected-answer", Reply(200, ROOT, "text/html")),
    "an error in JSON that has a meta": unavailable(
        "unexpected-answer", json_reply({"meta": {"api-version": "1.0"}, "error": "login required"})
    ),
    "JSON that has the name and no files": unavailable(
        "unexpected-answer", json_reply({"name": NAME, "message": "hi"})
    ),
    "JSON whose files are null": unavailable("unexpected-answer", json_reply({"name": NAME, "files": None})),
    "two statuses in one page": unavailable(
        "unexpected-answer", PAGE._replace(body=PAGE.body[:-1] + b',"project-status":{"status":"active"}}')
    ),
    "HTML that ends in its head": unavailable("unexpected-answer", Reply(200, CUT_HEAD, "text/html")),
    "a later minor version": archived(json_page(NAME, "archived", meta={"api-version": "1.99"})),
    "a later major version": unavailable("unexpected-answer", json_page(NAME, "archived", meta={"api-version": "2.0"})),
    "50 MB": unavailable("too-large", padded(PAGE, 50 * MIB)),
    "50 MB in a gzip of 50 kB": unavailable("too-large", gzipped(padded(PAGE, 50 * MIB))),
    "50 MB of HTML": unavailable("too-large", padded(html_page(NAME, "archived"), 50 * MIB)),
    "redirected in a circle": unavailable("refused-redirect", redirect(f"/simple/{NAME}/"), asked=6),
    "redirected to another host": unavailable("refused-redirect", redirect(f"https://index.example/simple/{NAME}/")),
    "redirected on the same host": archived(redirect(f"/elsewhere/{NAME}/"), PAGE, asked=2),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_each_fault_ends_in_its_look_up_and_its_exit_code(case: Case, mothball: Mothball) -> None:
    with ScriptedIndex({NAME: case.replies}) as index:
        mothball.require(index.url, NAME)
        run = mothball.check("--strict")
        asked = index.count()
    assert run.said(NAME) == case.said
    assert run.code == case.exit_code
    assert asked == case.asked
    assert run.err == ""
    assert run.lookup(NAME)["index"] == index.url
    assert mothball.contacts() <= {"127.0.0.1", f"127.0.0.1:{index.port}"}


def test_a_refused_connection_is_told_at_once_and_in_full_only_twice(mothball: Mothball) -> None:
    names = [f"old-lib-{number}" for number in range(40)]
    with refusing_url() as url:
        mothball.require(url, *names)
        run = mothball.check("--strict")
        text = mothball.run("check")
    assert {run.said(name) for name in names} == {("unavailable", "unreachable")}
    assert run.code == 3
    assert text.code == 0
    assert "refuses connections" in text.out
    assert "38 more" in text.out


def test_an_index_that_takes_too_long_times_out(mothball: Mothball) -> None:
    mothball.configure('timeout = "1s"')
    with unanswering_url() as deaf, ScriptedIndex({NAME: Reply(fault=Fault.SILENCE)}) as silent:
        arguments = ("status", NAME, "--format", "json", "--index-url")
        runs = [finish(run) for run in [mothball.start(*arguments, url) for url in (deaf, silent.url)]]
        assert silent.count() == 1
    lookups = [run.report["projects"][0]["lookup"] for run in runs]
    assert [lookup["kind"] for lookup in lookups] == ["unavailable", "unavailable"]
    assert [lookup["cause"] for lookup in lookups] == ["timeout", "timeout"]


def test_failures_are_warnings_in_a_full_check_and_hide_nothing_of_the_rest(mothball: Mothball) -> None:
    failing = {"down": FAILED, "closed": Reply(401), "broken": Reply(200, b"{")}
    with ScriptedIndex({**failing, "fine": json_page("fine", "active")}) as index:
        mothball.require(index.url, *failing, "fine", "gone")
        run = mothball.check()
    assert run.code == 0
    assert run.found() == [
        ("unverified", "warning", "down"),
        ("unverified", "warning", "closed"),
        ("unverified", "warning", "broken"),
        ("missing", "warning", "gone"),
    ]
    assert run.said("fine") == ("stated", "active")
    assert run.report["summary"]["not_verified"] == 3
    assert run.report["summary"]["checked"] == 2


def test_a_failure_is_never_kept(mothball: Mothball) -> None:
    with ScriptedIndex({NAME: [Reply(401), PAGE]}) as index:
        mothball.require(index.url, NAME)
        assert mothball.check().said(NAME) == ("unavailable", "unauthorised")
        assert mothball.check().said(NAME) == ("stated", "archived")


def test_names_are_asked_for_once_and_in_their_normalised_form(mothball: Mothball) -> None:
    with ScriptedIndex({NAME: PAGE}) as index:
        mothball.require(index.url, "Old_.Lib", "old-lib>=1; python_version > '3'", "OLD.LIB[extra]")
        run = mothball.check()
        assert [request.path for request in index.received] == [f"/simple/{NAME}/"]
    assert run.found() == [("archived", "error", NAME)] * 3


def test_hostile_reasons_reach_the_terminal_as_one_harmless_line(mothball: Mothball) -> None:
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
def test_ctrl_c_ends_a_wait_for_an_index_at_once_and_quietly(mothball: Mothball) -> None:
    with ScriptedIndex({NAME: Reply(fault=Fault.SILENCE)}) as index:
        mothball.require(index.url, NAME)
        process = mothball.start("check")
        wait_until(lambda: index.count() or process.poll() is not None)
        process.send_signal(signal.SIGINT)
        run = finish(process)
        # Had it waited for the answer, it would have told of a timeout and exited 0.
        assert run == Run(130, "", "")


# --- the whole table of exit codes ---


def exit_code_of(mothball: Mothball, entries: tuple[str, ...], *arguments: str) -> int:
    """Return how a check of ``entries`` ends on an index where each is what its name says."""
    statuses = {name: json_page(name, name) for name in ("active", "archived", "deprecated", "quarantined")}
    with ScriptedIndex({**statuses, "unverified": Reply(403)}) as index:
        mothball.require(index.url, *entries)
        return mothball.check(*arguments).code


@pytest.mark.parametrize(
    ("entries", "arguments", "expected"),
    [
        (("active",), (), 0),
        (("active",), ("--strict",), 0),
        (("active", "deprecated", "missing", "unverified"), (), 0),
        (("archived",), (), 1),
        (("quarantined",), (), 1),
        (("deprecated",), ("--strict",), 1),
        (("missing",), ("--strict",), 1),
        (("unverified",), ("--strict",), 3),
        (("unverified", "archived"), ("--strict",), 1),
        (("archived", "unreadable=="), (), 2),
        (("unverified", "unreadable=="), ("--strict",), 2),
        (("active",), ("no-such-file.txt",), 2),
        (("archived",), ("--exit-zero",), 0),
        (("unverified",), ("--strict", "--exit-zero"), 0),
        (("archived", "unreadable=="), ("--exit-zero",), 2),
    ],
)
def test_the_exit_code_follows_the_table(
    entries: tuple[str, ...], arguments: tuple[str, ...], expected: int, mothball: Mothball
) -> None:
    assert exit_code_of(mothball, entries, *arguments) == expected


@pytest.mark.parametrize(
    "arguments", [(), ("check", "--no-such-option"), ("check", "--config", "no-such-file.toml"), ("status", "a b")]
)
def test_a_wrong_call_exits_2_and_asks_nobody(arguments: tuple[str, ...], mothball: Mothball) -> None:
    mothball.write("requirements.txt", "active")
    run = mothball.run(*arguments)
    assert (run.code, run.out) == (2, "")
    assert run.err
    assert mothball.contacts() == set()
