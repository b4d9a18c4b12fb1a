from __future__ import annotations

import random

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from mothball.check.inputs import line_range
from mothball.check.pipeline import check
from mothball.edits.ignore_comments import add_ignore_comment
from mothball.edits.model import apply
from mothball.formats.table import parse
from mothball.model.document import Dependency, DependencyKind, Document, LineIndex
from mothball.model.file_names import FORMATS
from mothball.model.results import IGNORABLE_RULES, Rule, Suppression
from tests.support.check_inputs import ARCHIVED as ARCHIVED_ANSWER
from tests.support.check_inputs import SETTINGS, LookUp, resolved, resolved_config
from tests.support.edit_samples import LOCKS, MANIFESTS
from tests.support.hostile import TEXTS
from tests.support.text_edits import edits as half_typed_edits

ARCHIVED = (Rule.ARCHIVED,)


def named(document: Document, name: str) -> Dependency:
    return next(dependency for dependency in document.dependencies if dependency.name == name)


def with_comment(text: str, name: str, rules: tuple[Rule, ...] = ARCHIVED, reason: str = "why", as_: str = "") -> str:
    """Return ``text`` with the comment added, or unchanged if no comment can be added."""
    document = parse(as_ or "requirements", text)
    edit = add_ignore_comment(text, document, named(document, name), rules, reason)
    return text if edit is None else apply(text, (edit,))


def rules_on(text: str, document: Document, dependency: Dependency) -> set[str]:
    """Return the rules that are ignored for an entry: those of all comments on its lines."""
    lines = LineIndex(text)
    entry = set(line_range(dependency.entry_span, lines))
    return {
        rule
        for comment in document.ignores
        if not entry.isdisjoint(line_range(comment.applies_to, lines))
        for rule in comment.rules
    }


def test_samples_contain_every_format() -> None:
    assert {name for name, _ in MANIFESTS + LOCKS} == set(FORMATS)


# --- every entry of every format --------------------------------------------------------------------------------------

# Entries of several lines whose first line cannot have a comment, and lines of a string.
NO_COMMENT = {
    "requirements": {"pinned", "wide-lib"},
    "setup-cfg": {"wide-lib"},
    "setup-py": {"wide-lib", "alpha-lib", "beta-lib"},
}


def is_alone(text: str, document: Document, dependency: Dependency) -> bool:
    """Return True if the line of the name has no entry of another package."""
    lines = LineIndex(text)
    number = lines.number(dependency.name_span.start)
    return all(
        entry.name == dependency.name or number not in line_range(entry.entry_span, lines)
        for entry in document.dependencies
    )


@pytest.mark.parametrize(("name", "text"), MANIFESTS)
def test_comment_applies_to_its_entry_and_changes_nothing_else(name: str, text: str) -> None:
    document = parse(name, text)
    assert document.dependencies
    for index, dependency in enumerate(document.dependencies):
        before = rules_on(text, document, dependency)
        edit = add_ignore_comment(text, document, dependency, (Rule.ARCHIVED, Rule.DEPRECATED), "reason, #812")
        if edit is None:
            assert dependency.name in NO_COMMENT.get(name, ()) or not is_alone(text, document, dependency)
            continue
        assert is_alone(text, document, dependency)
        edited = apply(text, (edit,))
        after = parse(name, edited)
        assert [item.name for item in after.dependencies] == [item.name for item in document.dependencies]
        assert [item.message for item in after.problems] == [item.message for item in document.problems]
        now = rules_on(edited, after, after.dependencies[index])
        assert now == before | {Rule.ARCHIVED, Rule.DEPRECATED}
        assert edited.count("\r\n") == text.count("\r\n")
        assert edited.endswith("\n") == text.endswith("\n")
        assert edited.count("\n") == text.count("\n")
        again = add_ignore_comment(edited, after, after.dependencies[index], (Rule.DEPRECATED, Rule.ARCHIVED), "other")
        assert again is None


@pytest.mark.parametrize(("name", "text"), LOCKS)
def test_lock_gets_no_comment(name: str, text: str) -> None:
    document = parse(name, text)
    assert {add_ignore_comment(text, document, entry, ARCHIVED, "why") for entry in document.dependencies} == {None}


# In one sample, all names that are looked up share lines with others.
@pytest.mark.parametrize(("name", "text"), [sample for sample in MANIFESTS if "pitchfork" not in sample[1]])
def test_added_comment_suppresses_the_finding(name: str, text: str) -> None:
    document = parse(name, text)
    edits = ((entry, add_ignore_comment(text, document, entry, ARCHIVED, "because")) for entry in document.dependencies)
    dependency, edit = next((entry, edit) for entry, edit in edits if edit is not None and entry.skip_reason is None)
    edited = apply(text, (edit,))
    file = resolved("file", edited, parse(name, edited), resolved_config())
    report = check([file], LookUp({dependency.name: ARCHIVED_ANSWER}), SETTINGS)
    findings = [finding for finding in report.findings if finding.rule is Rule.ARCHIVED]
    index = document.dependencies.index(dependency)
    start = LineIndex(edited).position(file.document.dependencies[index].name_span.start)
    (ours,) = [finding for finding in findings if finding.location and finding.location.start == start]
    assert ours.suppressed == Suppression("comment", "because")


@settings(deadline=None, max_examples=60)
@given(
    st.sampled_from(MANIFESTS),
    st.data(),
    st.lists(st.sampled_from(IGNORABLE_RULES), min_size=1, max_size=3),
    TEXTS,
)
def test_untrusted_reason_changes_nothing_else(
    sample: tuple[str, str], data: st.DataObject, rules: list[Rule], reason: str
) -> None:
    name, text = sample
    document = parse(name, text)
    dependency = data.draw(st.sampled_from(document.dependencies))
    edit = add_ignore_comment(text, document, dependency, rules, reason)
    if edit is None:
        return
    edited = apply(text, (edit,))
    after = parse(name, edited)
    assert [item.name for item in after.dependencies] == [item.name for item in document.dependencies]
    moved = after.dependencies[document.dependencies.index(dependency)]
    assert set(rules) <= rules_on(edited, after, moved)
    assert "\n" not in edit.new_text
    assert "\r" not in edit.new_text


@settings(deadline=None, max_examples=60)
@given(st.sampled_from(MANIFESTS), st.randoms(use_true_random=False), st.data())
def test_comment_in_an_incomplete_file_adds_no_problem(
    sample: tuple[str, str], pick: random.Random, data: st.DataObject
) -> None:
    name, whole = sample
    edits = list(half_typed_edits(whole, pick, ("x = [",)))
    text = data.draw(st.sampled_from(edits)).apply(whole)
    document = parse(name, text)
    assume(document.dependencies)
    index = data.draw(st.integers(0, len(document.dependencies) - 1))
    edit = add_ignore_comment(text, document, document.dependencies[index], (Rule.QUARANTINED,), "why")
    if edit is None:
        return
    edited = apply(text, (edit,))
    after = parse(name, edited)
    assert [(entry.name, entry.specifier) for entry in after.dependencies] == [
        (entry.name, entry.specifier) for entry in document.dependencies
    ]
    assert len(after.problems) <= len(document.problems)
    assert Rule.QUARANTINED in rules_on(edited, after, after.dependencies[index])


# --- position ---------------------------------------------------------------------------------------------------------


def test_comment_is_added_after_the_entry() -> None:
    assert with_comment("a\nold-lib==1.2 \t\nb\n", "old-lib") == (
        "a\nold-lib==1.2  # mothball: ignore[archived] why\nb\n"
    )


def test_comment_is_added_after_an_existing_comment() -> None:
    assert with_comment("old-lib  # via b\n", "old-lib") == ("old-lib  # via b  # mothball: ignore[archived] why\n")


@pytest.mark.parametrize(
    "text", ["old-lib \\", "old-lib \\\n\nb", "old-lib==1 \\\r\n    --hash=sha256:00\r\nnext", "old-lib \\\n  >=1\n"]
)
def test_continued_line_gets_no_comment(text: str) -> None:
    assert with_comment(text, "old-lib") == text


def test_comment_is_added_to_the_line_of_the_name() -> None:
    text = '[tool.poetry.dependencies]\nold-lib = [\n    "1",\n]\n'
    assert with_comment(text, "old-lib", as_="pyproject") == (
        text.replace("[\n    ", "[  # mothball: ignore[archived] why\n    ")
    )


def test_comment_is_added_to_a_table_header() -> None:
    text = "[packages.old-lib]\nversion = '*'\n"
    assert with_comment(text, "old-lib", as_="pipfile") == (
        "[packages.old-lib]  # mothball: ignore[archived] why\nversion = '*'\n"
    )


def test_comment_without_reason_ends_with_the_bracket() -> None:
    assert with_comment("old-lib", "old-lib", reason=" ") == "old-lib  # mothball: ignore[archived]"


def test_constraint_gets_a_comment() -> None:
    document = parse("requirements", "old-lib<2\n", DependencyKind.CONSTRAINT)
    edit = add_ignore_comment("old-lib<2\n", document, document.dependencies[0], ARCHIVED, "why")
    assert edit is not None


# --- existing comments ------------------------------------------------------------------------------------------------


def test_existing_ignore_comment_gets_missing_rules_and_keeps_its_reason() -> None:
    text = "old-lib  # see b # mothball:ignore[ archived ,] until June\n"
    assert with_comment(text, "old-lib", (Rule.DEPRECATED, Rule.ARCHIVED, Rule.DEPRECATED)) == (
        "old-lib  # see b # mothball:ignore[archived, deprecated] until June\n"
    )


def test_comment_with_all_rules_is_unchanged() -> None:
    text = "old-lib  # mothball: ignore[archived]\n"
    assert with_comment(text, "old-lib") == text


def test_invalid_ignore_comment_is_unchanged() -> None:
    text = "old-lib  # mothball: ignore everything\n"
    assert with_comment(text, "old-lib") == text


def test_line_breaks_and_trailing_backslash_are_removed_from_the_reason() -> None:
    assert with_comment("old-lib\nb\n", "old-lib", reason="for\nnow \\ ") == (
        "old-lib  # mothball: ignore[archived] for now\nb\n"
    )


# --- several entries on a line ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("as_", "text"),
    [
        ("pyproject", '[project]\ndependencies = ["a", "old-lib"]\n'),
        ("pyproject", '[project]\ndependencies = ["a", "old-lib"]  # mothball: ignore[deprecated] why\n'),
        ("setup-cfg", "[options]\ninstall_requires = old-lib; b\n"),
        ("pre-commit", "- id: x\n  language: python\n  additional_dependencies: [old-lib, b]\n"),
    ],
)
def test_line_with_several_packages_gets_no_comment(as_: str, text: str) -> None:
    assert with_comment(text, "old-lib", as_=as_) == text


def test_line_with_several_entries_of_one_package_gets_a_comment() -> None:
    text = '[tool.poetry.dependencies]\nold-lib = [{version = "1"}, {version = "2"}]\n'
    assert with_comment(text, "old-lib", as_="pyproject") == f"{text[:-1]}  # mothball: ignore[archived] why\n"
