from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given

from mothball import __version__
from mothball.check.pipeline import check
from mothball.model.document import Dependency, DependencyKind, LineIndex, SkipReason, Span
from mothball.model.results import (
    CheckedDependency,
    KnownStatus,
    LookupResult,
    ProjectStatus,
    Report,
    Skipped,
    Source,
    Summary,
)
from mothball.report.json import ReportOrigin, lookup_json, render_json
from tests.support.check_inputs import (
    ARCHIVED,
    DEPRECATED,
    DOWN,
    MISSING,
    NOT_STATED,
    NOW,
    SETTINGS,
    UNRECOGNIZED,
    LookUp,
    origin,
    source,
)
from tests.support.reports import full_report, hostile_reports, plain_report
from tests.tables.json_fields import verify

ORIGIN = ReportOrigin(NOW, "/project", None)
LOOKED_UP = {
    "index": "https://index.example/simple/",
    "checked_at": "2026-11-18T12:00:00Z",
    "source": "index",
    "authenticated": True,
}


def loaded(report: Report) -> dict[str, Any]:
    document = json.loads(render_json(report, ORIGIN))
    assert isinstance(document, dict)
    return document


def test_complete_report() -> None:
    text = "old-lib[x]>=1.2  # mothball: ignore[archived] until June\ncalm-lib\n"
    report = check([source(text)], LookUp({"old-lib": ARCHIVED, "calm-lib": DEPRECATED}), SETTINGS)
    assert loaded(report) == {
        "version": 1,
        "generated_at": "2026-11-18T12:00:00Z",
        "tool": {"name": "mothball", "version": __version__},
        "root": "/project",
        "revision": None,
        "summary": {
            "files": 1,
            "dependencies": 2,
            "checked": 2,
            "findings": 1,
            "errors": 0,
            "warnings": 1,
            "ignored": 1,
            "skipped": 0,
            "unverified": 0,
            "unresolvable": 0,
            "not_stated": 0,
            "missing": 0,
            "unrecognized": 0,
            "repinned": 0,
            "not_judged": 0,
        },
        "dependencies": [
            {
                "path": "requirements.txt",
                "line": 1,
                "column": 1,
                "end_line": 1,
                "end_column": 8,
                "name": "old-lib",
                "kind": "requirement",
                "section": None,
                "specifier": ">=1.2",
                "version": None,
                "transitive": False,
                "via": [],
                "never_installed": False,
                "not_judged": None,
                "lookup": {
                    "kind": "stated",
                    "status": "archived",
                    "cause": None,
                    "reason": "moved to new-lib",
                    **LOOKED_UP,
                },
            },
            {
                "path": "requirements.txt",
                "line": 2,
                "column": 1,
                "end_line": 2,
                "end_column": 9,
                "name": "calm-lib",
                "kind": "requirement",
                "section": None,
                "specifier": None,
                "version": None,
                "transitive": False,
                "via": [],
                "never_installed": False,
                "not_judged": None,
                "lookup": {"kind": "stated", "status": "deprecated", "cause": None, "reason": None, **LOOKED_UP},
            },
        ],
        "findings": [
            {
                "rule": "archived",
                "severity": "error",
                "path": "requirements.txt",
                "line": 1,
                "column": 1,
                "end_line": 1,
                "end_column": 8,
                "name": "old-lib",
                "version": None,
                "message": "old-lib is archived: moved to new-lib",
                "help": report.findings[0].help,
                "successor": None,
                "suppressed": {"kind": "comment", "reason": "until June"},
                "related_locations": [],
            },
            {
                "rule": "deprecated",
                "severity": "warning",
                "path": "requirements.txt",
                "line": 2,
                "column": 1,
                "end_line": 2,
                "end_column": 9,
                "name": "calm-lib",
                "version": None,
                "message": "calm-lib is deprecated",
                "help": report.findings[1].help,
                "successor": None,
                "suppressed": None,
                "related_locations": [],
            },
        ],
        "problems": [],
        "unnamed": [],
    }


@pytest.mark.parametrize("report", [full_report(), plain_report(), plain_report(0)])
def test_every_field_is_documented(report: Report) -> None:
    text = render_json(report, ORIGIN)
    assert text.endswith("}\n")
    verify(json.loads(text))


def test_missing_locations_are_null() -> None:
    document = loaded(full_report())
    note = document["findings"][0]
    assert note["rule"] == "not-stated"
    assert {note[key] for key in ("path", "line", "column", "end_line", "end_column", "name")} == {None}
    unread = document["findings"][1]
    assert (unread["path"], unread["line"]) == ("latin.txt", None)
    assert document["problems"] == [
        {
            "severity": "warning",
            "path": "mothball.toml",
            "line": 3,
            "column": 1,
            "message": "unknown key",
            "help": "did you mean `x`?",
        },
        {
            "severity": "warning",
            "path": None,
            "line": None,
            "column": None,
            "message": "https://index.example/simple/ could not be queried: 1 result is from the cache, up to 2 d old",
            "help": "check again when the index responds",
        },
    ]


def test_empty_report_has_empty_lists() -> None:
    document = loaded(plain_report(0))
    assert (document["dependencies"], document["findings"], document["problems"]) == ([], [], [])
    assert set(document["summary"]) == set(Summary._fields)


@pytest.mark.parametrize(
    ("lookup", "fields"),
    [
        (ARCHIVED, {"kind": "stated", "status": "archived", "reason": "moved to new-lib", **LOOKED_UP}),
        (
            KnownStatus(ProjectStatus.ACTIVE, "", origin(Source.SNAPSHOT, age=43_200.0)),
            {
                "kind": "stated",
                "status": "active",
                "reason": None,
                "index": "https://index.example/simple/",
                "checked_at": "2026-11-18T00:00:00Z",
                "source": "snapshot",
                "authenticated": True,
            },
        ),
        (NOT_STATED, {"kind": "not-stated", "status": None, "reason": None, **LOOKED_UP}),
        (UNRECOGNIZED, {"kind": "unrecognized", "status": "retired", "reason": "since May", **LOOKED_UP}),
        (MISSING, {"kind": "missing", "status": None, "reason": None, **LOOKED_UP}),
        (
            DOWN,
            {
                "kind": "unavailable",
                "status": None,
                "cause": "timeout",
                "reason": "index.example did not answer in time",
                **LOOKED_UP,
            },
        ),
        (
            Skipped(SkipReason.PRIVATE),
            {
                "kind": "skipped",
                "status": None,
                "reason": "private",
                "index": None,
                "checked_at": None,
                "source": None,
                "authenticated": None,
            },
        ),
    ],
)
def test_all_kinds_of_lookup_results_have_the_same_fields(lookup: LookupResult, fields: dict[str, object]) -> None:
    assert lookup_json(lookup) == {"cause": None, **fields}


def test_transitive_package_has_its_dependency_path() -> None:
    dependency = Dependency(
        "old-lib", Span(9, 16), Span(1, 17), kind=DependencyKind.LOCKED, section="package", version="1.2", specifier=""
    )
    lines = LineIndex('\nname = "old-lib"')
    item = CheckedDependency(dependency, "uv.lock", lines, ARCHIVED, transitive=True, via=("flask-foo", "mid-lib"))
    [shown] = loaded(Report((item,), (), (), plain_report().summary))["dependencies"]
    assert (shown["kind"], shown["section"], shown["version"]) == ("locked", "package", "1.2")
    assert (shown["transitive"], shown["via"]) == (True, ["flask-foo", "mid-lib"])


@given(hostile_reports())
def test_any_report_is_valid_ascii_json(report: Report) -> None:
    text = render_json(report, ORIGIN)
    assert text.isascii()
    assert all(character == "\n" or character.isprintable() for character in text)
    document = json.loads(text, parse_constant=pytest.fail)
    assert len(document["findings"]) == len(report.findings)
    assert [item["name"] for item in document["dependencies"]] == [item.dependency.name for item in report.dependencies]
    for item in document["dependencies"]:
        verify(item["lookup"], "lookup")
        assert item["lookup"]["reason"] is None or "\n" not in item["lookup"]["reason"]
