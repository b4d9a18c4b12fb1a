from __future__ import annotations

from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.utils import canonicalize_name

from mothball.model.document import SkipReason, Span, normalize_name
from mothball.model.results import (
    Cause,
    Finding,
    KnownStatus,
    LookupResult,
    Missing,
    Origin,
    ProjectStatus,
    Rule,
    Severity,
    Skipped,
    Source,
    StatusNotStated,
    Unavailable,
    UnrecognizedStatus,
)

ORIGIN = Origin("https://index.example/simple/", 0.0)


@pytest.mark.parametrize(
    "name",
    [
        "friendly-bard",
        "Friendly-Bard",
        "FRIENDLY-BARD",
        "friendly.bard",
        "friendly_bard",
        "friendly--bard",
        "FrIeNdLy-._.-bArD",
    ],
)
def test_all_spellings_normalize_to_the_same_name(name: str) -> None:
    assert normalize_name(name) == "friendly-bard"


@given(st.text(st.sampled_from("aZ09-_."), max_size=30))
def test_normalization_agrees_with_packaging_and_is_idempotent(name: str) -> None:
    assert normalize_name(name) == canonicalize_name(name)
    assert normalize_name(normalize_name(name)) == normalize_name(name)


@given(st.text(max_size=20), st.data())
def test_span_returns_its_slice(text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, len(text)))
    assert Span(start, end).slice(text) == text[start:end]


def test_span_counts_code_points() -> None:
    assert Span(2, 3).slice("🎉 x") == "x"


def test_lookup_results_of_different_kinds_are_unequal() -> None:
    # All kinds have the same field values, so that only the kind differs.
    lookups: list[LookupResult] = [
        KnownStatus(ProjectStatus.ARCHIVED, "archived", ORIGIN),
        UnrecognizedStatus("archived", "archived", ORIGIN),
        # Not a valid cause: only the comparison of kinds matters here.
        Unavailable(Cause.OFFLINE, "archived", ORIGIN),
        UnrecognizedStatus("offline", "archived", ORIGIN),
        StatusNotStated(ORIGIN),
        Missing(ORIGIN),
        Skipped(SkipReason.PRIVATE),
    ]
    assert [(a, b) for a, b in combinations(lookups, 2) if a == b or hash(a) == hash(b)] == []


def test_lookup_results_have_their_kind() -> None:
    kinds = [
        KnownStatus(ProjectStatus.ACTIVE, "", ORIGIN).kind,
        StatusNotStated(ORIGIN).kind,
        UnrecognizedStatus("x", "", ORIGIN).kind,
        Missing(ORIGIN).kind,
        Unavailable(Cause.TIMEOUT, "", ORIGIN).kind,
        Skipped(SkipReason.URL).kind,
    ]
    assert kinds == ["stated", "not-stated", "unrecognized", "missing", "unavailable", "skipped"]


def test_default_source_is_the_index() -> None:
    assert ORIGIN.source is Source.INDEX


@pytest.mark.parametrize(
    ("reason", "shown"), [("", "old-lib is archived"), ("use new-lib", "old-lib is archived: use new-lib")]
)
def test_full_message_ends_with_the_reason(reason: str, shown: str) -> None:
    assert Finding(Rule.ARCHIVED, Severity.ERROR, "old-lib is archived", "", reason).full_message() == shown


def test_values_of_enumerations_are_stable() -> None:
    assert [*Rule] == [
        "quarantined",
        "archived",
        "deprecated",
        "unrecognized-status",
        "missing",
        "yanked",
        "unlisted",
        "re-registered",
        "unverified",
        "unresolvable",
        "not-stated",
        "unreadable",
        "unused-ignore",
        "expired-ignore",
        "ignore-without-reason",
    ]
    assert [*Severity] == ["error", "warning", "note", "off"]
    assert [*ProjectStatus] == ["active", "archived", "deprecated", "quarantined"]
