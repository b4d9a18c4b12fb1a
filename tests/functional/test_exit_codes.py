"""Exit codes by severity settings, input errors and index responses."""

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
UNVERIFIED_IS_WARNING = 'severity = { unverified = "warning" }\n'


def check(project: Project, text: str, *arguments: str, config: str = "") -> int:
    project.offline(STATUSES, config)
    project.write("requirements.txt", text)
    result = project.check(*arguments)
    assert result.err == ""
    return result.code


# --- single causes ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "arguments", "config", "code"),
    [
        # 0: no errors
        ("", (), "", 0),
        ("good-lib\n", (), "", 0),
        ("calm-lib\nodd-lib\n", (), "", 0),
        ("down-lib\n", (), UNVERIFIED_IS_WARNING, 0),
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
        # 2: unreadable input
        ("wrong=1\n", (), "", 2),
        ("good-lib # mothball: ignore[archive] misspelled\n", (), "", 2),
        ("-r nowhere.txt\n", (), "", 2),
        ("good-lib\n", ("nowhere.txt",), "", 2),
        ("good-lib\n", (), "ofline = true\n", 2),
        ("good-lib\n", (), "][\n", 2),
        # 3: the only errors are failed lookups
        ("down-lib\n", (), "", 3),
        ("down-lib\n", ("--strict",), UNVERIFIED_IS_WARNING, 3),
        ("down-lib\ncalm-lib\n", (), "", 3),
    ],
)
def test_exit_code_of_each_cause(
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
def test_precedence_of_exit_codes_with_and_without_exit_zero(
    project: Project, text: str, code: int, with_exit_zero: int
) -> None:
    assert check(project, text) == code
    assert check(project, text, "--exit-zero") == with_exit_zero


def test_output_format_does_not_change_the_exit_code(project: Project) -> None:
    for output_format in ("text", "concise", "json"):
        assert check(project, "old-lib\n", "--format", output_format) == 1


# --- usage errors -----------------------------------------------------------------------------------------------------


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
def test_usage_error_exits_2(project: Project, arguments: tuple[str, ...]) -> None:
    project.offline(STATUSES)
    project.write("requirements.txt", "old-lib\n")
    assert project.check(*arguments).code == 2
    assert project.check("--exit-zero", *arguments).code == 2


def test_invalid_severity_variable_or_user_configuration_exits_2(project: Project) -> None:
    project.offline(STATUSES)
    project.write("requirements.txt", "good-lib\n")
    assert project.check(env={"MOTHBALL_UNVERIFIED": "perhaps"}).code == 2
    project.user_config("nonsense = 1\n")
    assert project.check().code == 2


def test_directory_without_dependency_files_exits_2(project: Project) -> None:
    result = project.check()
    assert result.code == 2
    assert "no dependency file" in result.out
    assert "pyproject.toml" in result.out
    assert project.check("--exit-zero").code == 2


def test_unsupported_snapshot_exits_2_and_the_rest_is_checked(project: Project) -> None:
    project.offline(STATUSES)
    project.write("statuses.json", '{"mothball-snapshot": 99}')
    project.write("requirements.txt", "old-lib\n")
    result = project.check()
    assert result.code == 2
    assert "version 99" in result.out
    assert "1 dependency in 1 file" in result.out


# --- index responses --------------------------------------------------------------------------------------------------

PAGE = json_page("some-lib", "active")
TEXT_HTML = html_page("some-lib", "archived")._replace(content_type="text/html; charset=utf-8")


@pytest.mark.parametrize(
    ("reply", "kind", "code", "strict_code"),
    [
        (PAGE, "stated", 0, 0),
        (gzipped(json_page("some-lib", "archived")), "stated", 1, 1),
        (html_page("some-lib", "quarantined"), "stated", 1, 1),
        (TEXT_HTML, "stated", 1, 1),
        (json_page("some-lib", "deprecated"), "stated", 0, 1),
        (json_page("some-lib", "retired"), "unrecognized", 0, 1),
        (json_page("some-lib"), "not-stated", 0, 3),
        (Reply(404), "missing", 0, 1),
        (Reply(410), "missing", 0, 1),
        (Reply(401), "unavailable", 3, 3),
        (Reply(403), "unavailable", 3, 3),
        (too_many("3600"), "unavailable", 3, 3),
        (Reply(503, headers=(("Retry-After", "3600"),)), "unavailable", 3, 3),
        (Reply(418), "unavailable", 3, 3),
        (redirect("https://public.example/simple/some-lib/"), "unavailable", 3, 3),
        (cut_gzip(padded(PAGE, 5000)), "unavailable", 3, 3),
        (PAGE._replace(body=b"{"), "unavailable", 3, 3),
        (Reply(body=b"\x89PNG\r\n\x1a\n", content_type="image/png"), "unavailable", 3, 3),
        (json_reply(None), "unavailable", 3, 3),
        (Reply(body=TEXT_HTML.body, content_type=JSON), "unavailable", 3, 3),
        (Reply(fault=Fault.NOT_HTTP), "unavailable", 3, 3),
        (padded(PAGE, 50 * 1024 * 1024), "unavailable", 3, 3),
    ],
    ids=lambda value: f"{value.status}-{value.fault.name}-{len(value.body)}" if isinstance(value, Reply) else None,
)
def test_index_response_determines_lookup_result_and_exit_code(
    project: Project, reply: Reply, kind: str, code: int, strict_code: int
) -> None:
    project.write("requirements.txt", "some-lib\n")
    with ScriptedIndex({"some-lib": reply}) as index:
        report = project.check_json("--index-url", index.url)
        codes = [project.check("--no-cache", "--index-url", index.url, *more).code for more in ([], ["--strict"])]
    [item] = report["dependencies"]
    assert item["lookup"]["kind"] == kind
    assert codes == [code, strict_code]


def test_refused_connections_exit_3_unless_unverified_is_a_warning(project: Project) -> None:
    project.write("requirements.txt", "some-lib\n")
    with refusing_url() as url:
        assert project.check("--index-url", url).code == 3
        assert project.check("--index-url", url, env={"MOTHBALL_UNVERIFIED": "warning"}).code == 0
        assert project.check("--index-url", url, "--strict").code == 3
        assert project.check("--index-url", url, "--strict", env={"MOTHBALL_UNVERIFIED": "note"}).code == 0


def test_stale_cached_result_replaces_a_failed_lookup(project: Project) -> None:
    project.write("requirements.txt", "some-lib\n")
    with refusing_url() as url:
        project.remember("some-lib", "active", age=6 * 86_400.0, index=url)
        assert project.check("--index-url", url, "--strict").code == 3
        result = project.check("--index-url", url)
        assert result.code == 0
        assert "1 result is from the cache, up to 6 d old" in result.out
        project.remember("some-lib", "active", age=8 * 86_400.0, index=url)
        assert project.check("--index-url", url, "--strict").code == 3
