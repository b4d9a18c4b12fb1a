from __future__ import annotations

import json
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mothball.index.snapshot import parse_snapshot, render_snapshot
from mothball.model.document import normalize_name
from mothball.model.errors import SnapshotError
from mothball.model.results import (
    Cause,
    IndexResult,
    KnownStatus,
    Missing,
    Origin,
    ProjectStatus,
    Source,
    StatusNotStated,
    Unavailable,
    UnrecognizedStatus,
)

INDEX = "https://index.example/simple/"
LIVE = Origin(INDEX, 5.0)
NOVEMBER_3 = date(2026, 11, 3)
AT_MIDNIGHT = 1_793_664_000.0

ANSWERS: dict[str, IndexResult] = {
    "some-lib": KnownStatus(ProjectStatus.ACTIVE, "", LIVE),
    "old-lib": KnownStatus(ProjectStatus.ARCHIVED, "moved to new-lib", LIVE),
    "quiet-lib": StatusNotStated(LIVE),
    "odd-lib": UnrecognizedStatus("retired", "since May", LIVE),
    "no-lib": Missing(LIVE),
    "down-lib": Unavailable(Cause.TIMEOUT, "timed out", LIVE),
}


def rendered(results: dict[str, IndexResult]) -> str:
    return render_snapshot(results, generated=NOVEMBER_3, index_url=INDEX)


def minimal(**changes: object) -> str:
    content: dict[str, object] = {"mothball-snapshot": 1, "generated": "2026-11-03", "index": INDEX, "projects": {}}
    return json.dumps(content | changes)


def cause_of(text: str) -> str:
    with pytest.raises(SnapshotError) as caught:
        parse_snapshot(text)
    return str(caught.value)


def test_snapshot_is_sorted_with_one_project_per_line() -> None:
    assert rendered(ANSWERS) == (
        "{\n"
        '  "mothball-snapshot": 1,\n'
        '  "generated": "2026-11-03",\n'
        '  "index": "https://index.example/simple/",\n'
        '  "projects": {\n'
        '    "odd-lib": {"status": "retired", "reason": "since May"},\n'
        '    "old-lib": {"status": "archived", "reason": "moved to new-lib"},\n'
        '    "quiet-lib": {"status": null},\n'
        '    "some-lib": {"status": "active"}\n'
        "  }\n"
        "}\n"
    )


def test_empty_snapshot_is_valid() -> None:
    text = rendered({})
    assert text.endswith('"projects": {}\n}\n')
    assert len(parse_snapshot(text)) == 0


def test_written_statuses_are_read_again() -> None:
    snapshot = parse_snapshot(rendered(ANSWERS))
    origin = Origin(INDEX, AT_MIDNIGHT, Source.SNAPSHOT)
    assert len(snapshot) == 4
    assert snapshot.lookup("some-lib") == KnownStatus(ProjectStatus.ACTIVE, "", origin)
    assert snapshot.lookup("old-lib") == KnownStatus(ProjectStatus.ARCHIVED, "moved to new-lib", origin)
    assert snapshot.lookup("quiet-lib") == StatusNotStated(origin)
    assert snapshot.lookup("odd-lib") == UnrecognizedStatus("retired", "since May", origin)
    assert snapshot.lookup("no-lib") is None
    assert snapshot.lookup("down-lib") is None


def test_credentials_are_neither_written_nor_read() -> None:
    text = render_snapshot({}, generated=NOVEMBER_3, index_url="https://user:secret@index.example/simple/")
    assert "secret" not in text
    assert parse_snapshot(minimal(index="https://user:secret@index.example/simple/")).index_url == INDEX


def test_reason_is_sanitized_before_writing() -> None:
    results: dict[str, IndexResult] = {
        "a": KnownStatus(ProjectStatus.ARCHIVED, "one\n\x1b[31mtwo\u202e \ud800" + "x" * 999, LIVE)
    }
    text = rendered(results)
    text.encode()
    assert "\u202e" not in text
    assert "\x1b" not in text
    assert max(map(len, text.splitlines())) < 400


def test_names_are_normalized_on_reading() -> None:
    snapshot = parse_snapshot(minimal(projects={"Old_Lib": {"status": "archived"}}))
    assert isinstance(snapshot.lookup("old-lib"), KnownStatus)


def test_age_is_in_days() -> None:
    snapshot = parse_snapshot(minimal())
    assert snapshot.generated == NOVEMBER_3
    assert snapshot.age_days(date(2026, 12, 4)) == 31
    assert snapshot.age_days(date(2026, 11, 2)) == -1


def test_snapshots_compare_by_identity_and_are_hashable() -> None:
    first, second = parse_snapshot(minimal()), parse_snapshot(minimal())
    assert first != second
    assert {first: 1}[first] == 1


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "line 1, column 1"),
        ('{"mothball-snapshot": 1,\n "projects": ]', "line 2, column 14"),
        ("\ufeff" + minimal(), "line 1, column 1"),
        ("[]", "not a snapshot"),
        ("{}", "not a snapshot"),
        ('"mothball-snapshot"', "not a snapshot"),
        (minimal(**{"mothball-snapshot": 2}), "unsupported version 2: only version 1 is supported"),
        (minimal(**{"mothball-snapshot": "1"}), "unsupported version '1'"),
        (minimal(**{"mothball-snapshot": True}), "unsupported version True"),
        (minimal(**{"mothball-snapshot": [1]}), "unsupported version a list"),
        (minimal(generated=None), '"generated" must be a date, YYYY-MM-DD, not None'),
        (minimal(generated="2026-13-01"), "not '2026-13-01'"),
        (minimal(generated="2026-W45-1"), "not '2026-W45-1'"),
        (minimal(generated="20261103"), "not '20261103'"),
        (minimal(index=7), '"index" must be'),
        (minimal(projects=[]), '"projects" must be'),
        (minimal(projects={"a": "archived"}), "\"projects\" → 'a': expected an object"),
        (minimal(projects={"a": {}}), "\"projects\" → 'a': expected an object"),
        (minimal(projects={"a": {"status": 3}}), "\"projects\" → 'a': expected an object"),
        (minimal(projects={"a": {"status": "archived", "reason": 3}}), "\"projects\" → 'a': expected an object"),
        (
            minimal(projects={"a_b": {"status": None}, "a-b": {"status": None}}),
            "duplicate project 'a-b'",
        ),
        ('{"mothball-snapshot": 1, "mothball-snapshot": 1}', "duplicate key 'mothball-snapshot'"),
        ('{"mothball-snapshot": NaN}', "invalid JSON: NaN"),
        ('{"mothball-snapshot": ' + "9" * 5000 + "}", "invalid JSON"),
        ('{"mothball-snapshot": ' + "[" * 100_000, "nested too deeply"),
        ("[" * 100_000, "nested too deeply"),
    ],
)
def test_invalid_snapshot_is_reported_with_location(text: str, expected: str) -> None:
    assert expected in cause_of(text)


def test_help_for_an_invalid_snapshot_is_a_new_one() -> None:
    with pytest.raises(SnapshotError) as caught:
        parse_snapshot("{}")
    assert "mothball snapshot" in caught.value.help


def test_marker_with_hidden_characters_does_not_become_a_known_one() -> None:
    text = rendered({"a": UnrecognizedStatus("active\u202e", "", LIVE)})
    assert "\u202e" not in text
    assert isinstance(parse_snapshot(text).lookup("a"), UnrecognizedStatus)


REASONS = st.text(max_size=40)
MARKERS = st.text(max_size=40).filter(lambda marker: marker not in set(ProjectStatus))
RESULTS = st.one_of(
    st.builds(KnownStatus, st.sampled_from(ProjectStatus), REASONS, st.just(LIVE), st.none(), files=st.none()),
    st.builds(UnrecognizedStatus, MARKERS, REASONS, st.just(LIVE), st.none(), files=st.none()),
    st.builds(StatusNotStated, st.just(LIVE), st.none(), files=st.none()),
    st.builds(Missing, st.just(LIVE)),
)
NAMES = st.from_regex(r"[a-z0-9](-?[a-z0-9]){0,8}", fullmatch=True)


@given(st.dictionaries(NAMES, RESULTS, max_size=8))
def test_all_results_except_missing_are_written_and_read(results: dict[str, IndexResult]) -> None:
    snapshot = parse_snapshot(rendered(results))
    for name, result in results.items():
        read = snapshot.lookup(name)
        match result:
            case KnownStatus(status):
                assert isinstance(read, KnownStatus)
                assert read.status is status
            case UnrecognizedStatus(marker):
                assert isinstance(read, UnrecognizedStatus)
                assert read.marker == marker
            case StatusNotStated():
                assert isinstance(read, StatusNotStated)
            case _:
                assert read is None


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@given(
    st.fixed_dictionaries(
        {},
        optional={
            "mothball-snapshot": st.just(1) | JSON_VALUES,
            "generated": st.just("2026-11-03") | JSON_VALUES,
            "index": st.just(INDEX) | JSON_VALUES,
            "projects": st.dictionaries(st.text(max_size=8), st.just({"status": "archived"}) | JSON_VALUES)
            | JSON_VALUES,
        },
    )
)
def test_any_json_is_a_snapshot_or_a_snapshot_error(content: dict[str, object]) -> None:
    try:
        snapshot = parse_snapshot(json.dumps(content))
    except SnapshotError:
        return
    projects = content["projects"]
    assert isinstance(projects, dict)
    assert all(snapshot.lookup(normalize_name(name)) for name in projects)


@given(st.text(max_size=60))
def test_any_text_is_rejected_without_crash(text: str) -> None:
    with pytest.raises(SnapshotError):
        parse_snapshot(text)
