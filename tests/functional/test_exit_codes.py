"""The whole table of exit codes: by the policy over snapshots, and by everything that an index can do."""

from __future__ import annotations

import pytest

from tests.support.loopback import refusing_url
from tests.support.project import Project
from tests.support.scripted_index import (
    JSON,
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

STATUSES = {
    "good-lib": "active",
    "old-lib": "archived",
    "bad-lib": "quarantined",
    "calm-lib": "deprecated",
    "odd-lib": "retired",
}
UNVERIFIED_IS_ERROR = 'severity = { unverified = "error" }\n'


def check(project: Project, text: str, *arguments: str, config: str = "") -> int:
    project.offline(STATUSES, config)
    project.write("requirements.txt", text)
    result = project.check(*arguments)
    assert result.err == ""
    return result.code


# --- one cause --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "arguments", "config", "code"),
    [
        # 0: clean, or warnings only
        ("", (), "", 0),
        ("good-lib\n", (), "", 0),
        ("calm-lib\nodd-lib\n", (), "", 0),
        ("down-lib\n", (), "", 0),
        ("ours @ file:///ours\n", (), "", 0),
        ("old-lib  # mothball: ignore[archived] known\n", (), "", 0),
        ("old-lib\n", (), 'ignore.old-lib = { rules = ["archived"] }\n', 0),
        ("old-lib\n", (), 'severity = { archived = "warning" }\n', 0),
        ("old-lib\n", (), 'severity = { archived = "off" }\n', 0),
        ("good-lib  # mothball: ignore[archived] no more\n", (), "", 0),
        # 1: an error that is neither unverified nor unreadable
        ("old-lib\n", (), "", 1),
        ("bad-lib\n", (), "", 1),
        ("calm-lib\n", ("--strict",), "", 1),
        ("odd-lib\n", ("--strict",), "", 1),
        ("calm-lib\n", (), 'severity = { deprecated = "error" }\n', 1),
        ("old-lib  # mothball: ignore[archived] known\n", ("--no-ignores",), "", 1),
        ("bad-lib  # mothball: ignore[archived] does not help\n", (), "", 1),
        ("good-lib  # mothball: ignore[archived] no more\n", ("--strict",), "", 1),
        ("old-lib\n", (), 'ignore.old-lib = { rules = ["archived"], until = 2020-01-01 }\n', 1),
        # 2: something that could not be read
        ("wrong=1\n", (), "", 2),
        ("good-lib # mothball: ignore[archive] misspelt\n", (), "", 2),
        ("-r nowhere.txt\n", (), "", 2),
        ("good-lib\n", ("nowhere.txt",), "", 2),
        ("good-lib\n", (), "ofline = true\n", 2),
        ("good-lib\n", (), "][\n", 2),
        # 3: the only errors are look-ups that failed
        ("down-lib\n", ("--strict",), "", 3),
        ("down-lib\n", (), UNVERIFIED_IS_ERROR, 3),
        ("down-lib\ncalm-lib\n", (), UNVERIFIED_IS_ERROR, 3),
    ],
)
def test_each_cause_has_its_code(
    project: Project, text: str, arguments: tuple[str, ...], config: str, code: int
) -> None:
    assert check(project, text, *arguments, config=config) == code


# --- several causes, and --exit-zero ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "code", "with_exit_zero"),
    [
        ("good-lib\n", 0, 0),
        ("old-lib\n", 1, 0),
        ("wrong=1\n", 2, 2),
        ("down-lib\n", 3, 0),
        ("old-lib\ndown-lib\n", 1, 0),
        ("old-lib\nwrong=1\n", 2, 2),
        ("down-lib\nwrong=1\n", 2, 2),
        ("old-lib\ndown-lib\nwrong=1\n", 2, 2),
    ],
)
def test_two_beats_one_beats_three_and_exit_zero_hides_all_but_two(
    project: Project, text: str, code: int, with_exit_zero: int
) -> None:
    assert check(project, text, config=UNVERIFIED_IS_ERROR) == code
    assert check(project, text, "--exit-zero", config=UNVERIFIED_IS_ERROR) == with_exit_zero


def test_the_form_of_the_report_does_not_change_the_code(project: Project) -> None:
    for form in ("text", "concise", "json"):
        assert check(project, "old-lib\n", "--format", form) == 1


# --- wrong calls ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "arguments",
    [
        ("--frobnicate",),
        ("--format", "xml"),
        ("--index-url", "nonsense"),
        ("--config", "nowhere.toml"),
        ("--snapshot", "nowhere.json"),
        ("--as", "gemfile"),
        ("-",),
    ],
)
def test_a_wrong_call_is_2_whatever_else(project: Project, arguments: tuple[str, ...]) -> None:
    project.offline(STATUSES)
    project.write("requirements.txt", "old-lib\n")
    assert project.check(*arguments).code == 2
    assert project.check("--exit-zero", *arguments).code == 2


def test_a_weight_or_a_user_configuration_that_cannot_be_used_is_2(project: Project) -> None:
    project.offline(STATUSES)
    project.write("requirements.txt", "good-lib\n")
    assert project.check(env={"MOTHBALL_UNVERIFIED": "perhaps"}).code == 2
    project.user_config("nonsense = 1\n")
    assert project.check().code == 2


def test_a_directory_without_dependency_files_is_2_and_says_what_was_looked_for(project: Project) -> None:
    result = project.check()
    assert result.code == 2
    assert "no dependency file" in result.out
    assert "pyproject.toml" in result.out
    assert project.check("--exit-zero").code == 2


def test_a_snapshot_that_is_none_is_2_and_the_rest_is_checked(project: Project) -> None:
    project.offline(STATUSES)
    project.write("statuses.json", '{"mothball-snapshot": 99}')
    project.write("requirements.txt", "old-lib\n")
    result = project.check()
    assert result.code == 2
    assert "version 99" in result.out
    assert "1 dependency in 1 file" in result.out


# --- by what an index does --------------------------------------------------------------------------------------------

PAGE = json_page("some-lib", "active")
TEXT_HTML = html_page("some-lib", "archived")._replace(content_type="text/html; charset=utf-8")


@pytest.mark.parametrize(
    ("reply", "kind", "code", "strictly"),
    [
        (PAGE, "stated", 0, 0),
        (gzipped(json_page("some-lib", "archived")), "stated", 1, 1),
        (html_page("some-lib", "quarantined"), "stated", 1, 1),
        (TEXT_HTML, "stated", 1, 1),
        (json_page("some-lib", "deprecated"), "stated", 0, 1),
        (json_page("some-lib", "retired"), "unrecognized", 0, 1),
        (json_page("some-lib"), "not-stated", 0, 0),
        (Reply(404), "missing", 0, 1),
        (Reply(410), "missing", 0, 1),
        (Reply(401), "unavailable", 0, 3),
        (Reply(403), "unavailable", 0, 3),
        (too_many("3600"), "unavailable", 0, 3),
        (Reply(503, headers=(("Retry-After", "3600"),)), "unavailable", 0, 3),
        (Reply(418), "unavailable", 0, 3),
        (redirect("https://public.example/simple/some-lib/"), "unavailable", 0, 3),
        (cut_gzip(padded(PAGE, 5000)), "unavailable", 0, 3),
        (PAGE._replace(body=b"{"), "unavailable", 0, 3),
        (Reply(body=b"\x89PNG\r\n\x1a\n", content_type="image/png"), "unavailable", 0, 3),
        (json_reply(None), "unavailable", 0, 3),
        (Reply(body=TEXT_HTML.body, content_type=JSON), "unavailable", 0, 3),
        (Reply(fault=Fault.NOT_HTTP), "unavailable", 0, 3),
        (padded(PAGE, 50 * 1024 * 1024), "unavailable", 0, 3),
    ],
    ids=lambda value: f"{value.status}-{value.fault.name}-{len(value.body)}" if isinstance(value, Reply) else None,
)
def test_whatever_an_index_does_ends_in_a_look_up_and_a_code(
    project: Project, reply: Reply, kind: str, code: int, strictly: int
) -> None:
    project.write("requirements.txt", "some-lib\n")
    with ScriptedIndex({"some-lib": reply}) as index:
        report = project.check_json("--index-url", index.url)
        codes = [project.check("--no-cache", "--index-url", index.url, *more).code for more in ([], ["--strict"])]
    [item] = report["dependencies"]
    assert item["lookup"]["kind"] == kind
    assert codes == [code, strictly]


def test_an_index_that_refuses_every_connection_is_3_when_that_is_an_error(project: Project) -> None:
    project.write("requirements.txt", "some-lib\n")
    with refusing_url() as url:
        assert project.check("--index-url", url).code == 0
        assert project.check("--index-url", url, "--strict").code == 3
        assert project.check("--index-url", url, "--strict", env={"MOTHBALL_UNVERIFIED": "note"}).code == 0


def test_a_failure_that_an_old_answer_can_stand_in_for_is_no_failure(project: Project) -> None:
    project.write("requirements.txt", "some-lib\n")
    with refusing_url() as url:
        project.remember("some-lib", "active", age=6 * 86_400.0, index=url)
        assert project.check("--index-url", url, "--strict").code == 3
        result = project.check("--index-url", url)
        assert result.code == 0
        assert "1 result is from the cache, up to 6 d old" in result.out
        project.remember("some-lib", "active", age=8 * 86_400.0, index=url)
        assert project.check("--index-url", url, "--strict").code == 3
