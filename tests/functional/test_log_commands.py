"""Text from repositories and indexes cannot form workflow commands in CI logs."""

from __future__ import annotations

import re

import pytest

from tests.support.project import Project

# Patterns by which GitHub, Azure Pipelines and TeamCity recognize commands in the output of a step.
ANYWHERE = re.compile(r"##[A-Za-z]*\[")
AT_LINE_START = re.compile(r"\s*::")
REASON = "::add-mask::e ##[add-mask]e ##vso[task.setvariable variable=PATH]x ##teamcity[buildStop]"
PATHS = ("::stop-commands::x/requirements.txt", "##[group]/requirements.txt", "\u200b::warning::/requirements.txt")
LINES = "old-lib  # ##vso[task.logissue type=error]\n##[error]not a name\n::error::nor this\n"


@pytest.fixture
def hostile(project: Project) -> Project:
    project.offline({"old-lib": {"status": "archived", "reason": REASON}})
    for path in PATHS:
        project.write(path, LINES)
    return project


@pytest.mark.parametrize(
    "arguments",
    [
        ("check",),
        ("check", "--format", "concise"),
        ("check", "--format", "json"),
        ("check", "--format", "sarif"),
        ("check", "--format", "github"),
        ("check", "--list-files"),
        ("explain", "old-lib"),
        ("check", *PATHS),
        ("status", "old-lib", "##[group]", "::debug::"),
        ("status", "--json", "old-lib"),
        ("snapshot",),
        ("check", "##[no-such]", "::no-such::"),
        ("check", "--write-ignores", "--reason", REASON),
    ],
    ids=" ".join,
)
def test_no_output_line_is_a_workflow_command(hostile: Project, arguments: tuple[str, ...]) -> None:
    result = hostile.run(*arguments)
    lines = (result.out + result.err).splitlines()
    assert lines
    for line in lines:
        if not ("github" in arguments and re.match(r"::(error|warning|notice) (file=|title=)", line)):
            assert not AT_LINE_START.match(line), line
        assert not ANYWHERE.search(line), line


def test_json_paths_are_unchanged(hostile: Project) -> None:
    hostile.write("##x/requirements.txt", "old-lib\n")
    report = hostile.check_json()
    assert "##x/requirements.txt" in {finding["path"] for finding in report["findings"]}
