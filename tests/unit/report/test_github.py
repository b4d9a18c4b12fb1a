from __future__ import annotations

import re
from typing import NamedTuple

import pytest
from hypothesis import given

from mothball.check.pipeline import check
from mothball.model.document import Position
from mothball.model.results import Finding, Problem, Report, Rule, Severity
from mothball.report.annotations import render_github
from mothball.report.text import summary_line
from tests.support.check_inputs import ARCHIVED, DEPRECATED, SETTINGS, LookUp, source
from tests.support.hostile import assert_harmless
from tests.support.reports import full_report, hostile_reports, plain_report


class Command(NamedTuple):
    name: str
    properties: dict[str, str]
    message: str


def read_command(line: str) -> Command:
    """Read a line as a runner does: up to the second ``::`` the name and the properties, behind it the message."""
    match = re.fullmatch(r"::(\w+) ([^\r\n]*?)::([^\r\n]*)", line)
    assert match, line
    properties = dict(field.split("=", 1) for field in match[2].split(","))
    return Command(match[1], {name: _plain(value) for name, value in properties.items()}, _plain(match[3]))


def _plain(value: str) -> str:
    for escape, character in (("%3A", ":"), ("%2C", ","), ("%0D", "\r"), ("%0A", "\n"), ("%25", "%")):
        value = value.replace(escape, character)
    return value


def commands(report: Report) -> list[Command]:
    return [read_command(line) for line in render_github(report, quiet=True).split("\n")[:-1]]


def test_finding_is_an_annotation_of_the_name() -> None:
    report = check([source("# 🦉\n  old-lib==1\n")], LookUp({"old-lib": ARCHIVED}), SETTINGS)
    (command,) = commands(report)
    assert command.name == "error"
    assert command.properties == {
        "file": "requirements.txt",
        "line": "2",
        "endLine": "2",
        "col": "3",
        "endColumn": "10",
        "title": "mothball: archived",
    }
    message, help_text = command.message.split("\n")
    assert message == "old-lib is archived: moved to new-lib"
    assert "# mothball: ignore[archived] WHY" in help_text


def test_severities_are_mapped_to_annotation_levels() -> None:
    report = check([source("a\nb\n")], LookUp({"a": DEPRECATED, "b": ARCHIVED}), SETTINGS)
    note = Finding(Rule.NOT_STATED, Severity.NOTE, "an index states no statuses", "")
    problem = Problem(Severity.WARNING, "odd", path="mothball.toml", position=Position(3, 1))
    report = report._replace(findings=(*report.findings, note), problems=(problem,))
    assert [command.name for command in commands(report)] == ["warning", "error", "notice", "warning"]
    assert commands(report)[2] == Command("notice", {"title": "mothball: not-stated"}, "an index states no statuses")
    assert commands(report)[3].properties == {
        "file": "mothball.toml", "line": "3", "col": "1", "title": "mothball"
    }  # fmt: skip


def test_suppressed_findings_are_only_counted() -> None:
    report = full_report()
    shown = render_github(report)
    assert len(shown.splitlines()) == report.summary.findings + len(report.problems) + 1
    assert shown.endswith(f"{summary_line(report)}\n")
    assert "kept-lib" not in shown


def test_report_without_findings_is_its_summary() -> None:
    report = plain_report()
    assert render_github(report) == f"{summary_line(report)}\n"
    assert render_github(report, quiet=True) == ""


@pytest.mark.parametrize("path", ["a,line=1::set-output name=x::y", "a%3Ab", "50%", "x\n::error::owned", "::stop::"])
def test_path_is_escaped_as_one_property(path: str) -> None:
    report = check([source("old-lib", path)], LookUp({"old-lib": ARCHIVED}), SETTINGS)
    (command,) = commands(report)
    assert command.properties["file"] == path.replace("\n", " ")
    assert command.properties["line"] == "1"


@given(hostile_reports())
def test_untrusted_text_cannot_start_or_end_a_command(report: Report) -> None:
    shown = render_github(report)
    assert_harmless(shown)
    live = [finding for finding in report.findings if finding.suppressed is None]
    lines = shown.split("\n")
    assert len(lines) == len(live) + len(report.problems) + 2
    assert not lines[-2].startswith("::")
    for line, finding in zip(lines, live, strict=False):
        command = read_command(line)
        assert command.name in {"error", "warning", "notice"}
        assert command.properties["title"] == f"mothball: {finding.rule}"
        assert command.message.split("\n")[0] == finding.full_message()
