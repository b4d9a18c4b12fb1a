"""The reports for CI systems, read back by libraries that read such reports."""

from __future__ import annotations

import json
import os
import re
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from junitparser import Error, Failure, JUnitXml, Skipped, TestSuite
from markdown_it import MarkdownIt

from tests.support.project import Project
from tests.tables.hostile_text import HOSTILE_REASONS

# What GitLab documents for imported Code Quality reports.
GITLAB_SCHEMA = {
    "type": "array",
    "items": {
        "type": "object",
        "required": ["description", "check_name", "fingerprint", "severity", "location"],
        "properties": {
            "description": {"type": "string", "minLength": 1},
            "check_name": {"type": "string", "minLength": 1},
            "fingerprint": {"type": "string", "pattern": "^[0-9a-f]{64}$"},
            "severity": {"enum": ["info", "minor", "major", "critical", "blocker"]},
            "location": {
                "type": "object",
                "required": ["path", "lines"],
                "properties": {
                    "path": {"type": "string", "pattern": "^(?!/|\\./).+"},
                    "lines": {
                        "type": "object",
                        "required": ["begin"],
                        "properties": {"begin": {"type": "integer", "minimum": 1}},
                    },
                },
            },
        },
    },
}


def gitlab(project: Project) -> list[dict[str, Any]]:
    result = project.check("--format", "gitlab")
    assert result.err == ""
    issues: list[dict[str, Any]] = json.loads(result.out)
    assert [error.message for error in Draft202012Validator(GITLAB_SCHEMA).iter_errors(issues)] == []
    assert len({issue["fingerprint"] for issue in issues}) == len(issues)
    return issues


def junit(project: Project) -> dict[str, TestSuite]:
    result = project.check("--format", "junit")
    assert result.err == ""
    return {suite.name: suite for suite in JUnitXml.fromstring(result.out.encode())}


def html_of_markdown(project: Project, *arguments: str) -> str:
    result = project.check("--format", "markdown", *arguments)
    assert result.err == ""
    html: str = MarkdownIt("commonmark").enable(["table", "strikethrough"]).render(result.out)
    return html


def example(project: Project, reason: str = "no more releases") -> None:
    project.offline(
        {
            "old-lib": {"status": "archived", "reason": reason},
            "aging-lib": {"status": "deprecated", "reason": reason},
            "kept-lib": "archived",
            "good-lib": "active",
        }
    )
    project.write(
        "requirements.txt",
        "good-lib\nold-lib\naging-lib\nkept-lib  # mothball: ignore[archived] until #812\nother-lib\n./local\n",
    )
    project.write("dev/requirements.txt", "old-lib\n")


def test_gitlab_lists_each_finding_with_its_severity_and_line(project: Project) -> None:
    example(project)
    rows = [
        (issue["check_name"], issue["severity"], issue["location"]["path"], issue["location"]["lines"]["begin"])
        for issue in gitlab(project)
    ]
    assert rows == [
        ("mothball/archived", "major", "dev/requirements.txt", 1),
        ("mothball/archived", "major", "requirements.txt", 2),
        ("mothball/deprecated", "minor", "requirements.txt", 3),
        ("mothball/unverified", "major", "requirements.txt", 5),
    ]


def test_gitlab_fingerprints_do_not_change_when_lines_move_or_reasons_change(project: Project) -> None:
    example(project)
    before = {issue["fingerprint"] for issue in gitlab(project)}
    example(project, reason="abandoned")
    project.write("dev/requirements.txt", "# a comment\n\nold-lib>=1\n")
    assert {issue["fingerprint"] for issue in gitlab(project)} == before


def test_gitlab_fingerprints_of_equal_entries_in_a_file_differ(project: Project) -> None:
    project.offline({"old-lib": "archived"})
    project.write("requirements.txt", "old-lib\nold-lib\n")
    assert len(gitlab(project)) == 2


def test_gitlab_report_without_findings_is_an_empty_array(project: Project) -> None:
    project.offline({"good-lib": "active"})
    project.write("requirements.txt", "good-lib\n")
    assert gitlab(project) == []


def test_gitlab_shows_a_finding_about_an_index_at_its_first_dependency(project: Project) -> None:
    project.write("requirements.txt", "--index-url https://index.example/simple/\n\ngood-lib\n")
    project.remember("good-lib", None)
    [issue] = gitlab(project)
    assert (issue["check_name"], issue["location"]["lines"]["begin"]) == ("mothball/not-stated", 3)


def test_junit_has_a_suite_for_each_file_and_a_case_for_each_dependency(project: Project) -> None:
    example(project)
    suites = junit(project)
    assert {name: (suite.tests, suite.failures, suite.errors, suite.skipped) for name, suite in suites.items()} == {
        "dev/requirements.txt": (1, 1, 0, 0),
        "requirements.txt": (6, 1, 1, 2),
    }
    results = {case.name: [type(result) for result in case.result] for case in suites["requirements.txt"]}
    assert results == {
        "good-lib": [],
        "old-lib": [Failure],
        "aging-lib": [],
        "kept-lib": [Skipped],
        "other-lib": [Error],
        "entry in column 1": [Skipped],
    }


def test_junit_shows_warnings_in_the_output_of_a_passing_case(project: Project) -> None:
    example(project)
    [case] = [case for case in junit(project)["requirements.txt"] if case.name == "aging-lib"]
    assert case.system_out is not None
    assert case.system_out.startswith("warning: deprecated: aging-lib is deprecated: no more releases")


def test_junit_with_strict_fails_on_warnings(project: Project) -> None:
    example(project)
    result = project.check("--format", "junit", "--strict")
    [suite] = [suite for suite in JUnitXml.fromstring(result.out.encode()) if suite.name == "requirements.txt"]
    assert suite.failures == 2


def test_markdown_shows_errors_first_and_help_once_per_rule(project: Project) -> None:
    example(project)
    text = project.check("--format", "markdown").out
    rows = [line for line in text.splitlines() if line.startswith(("| error", "| warning"))]
    assert [(row.split(" | ")[0], row.split(" | ")[1]) for row in rows] == [
        ("| error", "`old-lib`"),
        ("| error", "`old-lib`"),
        ("| error", "`other-lib`"),
        ("| warning", "`aging-lib`"),
    ]
    assert text.startswith("### mothball: 3 errors, 1 warning\n")
    assert len(re.findall(r"^- \*\*archived\*\*: ", text, re.MULTILINE)) == 1


@pytest.mark.parametrize("reason", HOSTILE_REASONS)
def test_markdown_contains_no_links_images_or_html_from_an_index(project: Project, reason: str) -> None:
    example(project, reason)
    html = html_of_markdown(project)
    tags = set(re.findall(r"</?([a-z0-9]+)", html))
    expected = {"h3", "p", "table", "thead", "tbody", "tr", "th", "td", "code", "strong", "ul", "li", "br"}
    assert tags <= expected | {"details", "summary"}
    assert html.count("<tr>") == 2 + 5
    # Only text outside of code can become a mention, a reference or a link.
    assert not re.search(r"@|#\d|://|www\.", re.sub(r"<code>.*?</code>", "", html, flags=re.DOTALL))


@pytest.mark.parametrize("reason", HOSTILE_REASONS)
def test_all_reports_stay_readable_with_hostile_reasons(project: Project, reason: str) -> None:
    example(project, reason)
    assert len(gitlab(project)) == 4
    assert set(junit(project)) == {"dev/requirements.txt", "requirements.txt"}


def test_report_writes_further_formats_from_the_same_check(project: Project) -> None:
    example(project)
    result = project.check("--report", "junit=report.xml", "--report", "gitlab=quality.json", "--format", "concise")
    assert result.code == 1
    assert "requirements.txt:2:1: error[archived] old-lib is archived" in result.out
    assert (project.root / "report.xml").read_text("utf-8") == project.check("--format", "junit").out
    assert (project.root / "quality.json").read_text("utf-8") == project.check("--format", "gitlab").out


def test_report_is_written_when_nothing_is_found(project: Project) -> None:
    project.offline({"good-lib": "active"})
    project.write("requirements.txt", "good-lib\n")
    assert project.check("--report", "gitlab=quality.json").code == 0
    assert (project.root / "quality.json").read_text("utf-8") == "[]\n"


@pytest.mark.skipif(os.name == "nt", reason="named pipes are POSIX's here")
def test_report_to_a_pipe_or_device_is_written_into_it(project: Project) -> None:
    project.offline({"good-lib": "active"})
    project.write("requirements.txt", "good-lib\n")
    pipe = project.root / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    try:
        assert project.check("--report", f"gitlab={pipe}").code == 0
        assert os.read(reader, 100) == b"[]\n"
    finally:
        os.close(reader)
    assert pipe.is_fifo()  # a device must not become a regular file


@pytest.mark.parametrize(
    ("value", "message", "help_text"),
    [
        ("junit", "`junit`", "write it as FORMAT=FILE, where FORMAT is one of: text, concise, json"),
        ("junit=", "`junit=`", "write it as FORMAT=FILE"),
        ("=report.xml", "``", "expected one of: text, concise, json"),
        ("pdf=report.pdf", "`pdf`", "expected one of: text, concise, json"),
    ],
)
def test_report_with_an_invalid_value_is_a_usage_error(
    project: Project, value: str, message: str, help_text: str
) -> None:
    result = project.check("--report", value)
    assert result.code == 2
    assert f"mothball: error: invalid value {message} for --report\n  = help: {help_text}" in result.err


def test_report_that_cannot_be_written_is_an_error(project: Project) -> None:
    example(project)
    result = project.check("--report", "junit=nowhere/report.xml")
    assert result.code == 2
    assert "nowhere/report.xml: cannot write the report" in result.err
    assert "choose another file with --report" in result.err


@pytest.mark.parametrize("target", ["../outside", ".git/config", ".GIT/config", "gone/../../outside"])
def test_report_is_not_written_through_links_out_of_the_repository(project: Project, target: str) -> None:
    """A change could otherwise overwrite files of the user who checks it."""
    example(project)
    written = project.root.parent / "outside"
    written.write_text("mine")
    project.write(".git/config", "[core]\n")
    project.write("out/other.json", "")
    (project.root / "out" / "r.json").symlink_to(project.root / target)
    result = project.check("--report", "json=out/r.json")
    assert result.code == 2
    assert "is not written: a symbolic link leads outside the repository" in result.err
    assert "  = help: delete the link, or choose another file with --report" in result.err
    (project.root / "out").rename(project.root / "old")
    (project.root / "out").symlink_to(project.root.parent)
    assert project.check("--report", "json=out/r.json").code == 2
    assert (written.read_text(), (project.root / ".git" / "config").read_text()) == ("mine", "[core]\n")
    assert not (project.root.parent / "r.json").exists()


def test_report_is_written_through_a_link_inside_the_repository(project: Project) -> None:
    example(project)
    project.write(".git/config", "")
    project.write("reports/last.json", "")
    (project.root / "r.json").symlink_to("reports/last.json")
    project.check("--report", "json=r.json")
    assert json.loads((project.root / "reports" / "last.json").read_text())["findings"]
