"""Pipfile.lock."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mothball.formats.locks.pipfile import parse
from mothball.model.document import Dependency, DependencyKind, SkipReason
from tests.support.lock_samples import PIPFILE
from tests.support.spans import check_places

INDEX = "https://index.example/simple"


def only(entry: object, sources: object = None) -> Dependency:
    lock = {"_meta": {"sources": sources}, "default": {"Owl": entry}}
    (dependency,) = parse(json.dumps(lock)).dependencies
    return dependency


def test_category_is_the_section() -> None:
    document = parse(PIPFILE)

    assert document.format == "pipfile-lock"
    assert not document.problems
    assert document.graph is None
    assert [
        (dependency.section, dependency.name, dependency.version, dependency.skip_reason)
        for dependency in document.dependencies
    ] == [
        ("default", "anchor", "2.1.0", None),
        ("default", "buoy", None, "vcs"),
        ("default", "chain", "4.0", None),
        ("default", "crane", "1.0", None),
        ("develop", "dock", None, "editable"),
        ("develop", "e1839a8", None, "self"),
        ("develop", "flag", None, "url"),
        ("develop", "gull", None, "path"),
        ("develop", "rope", "2.0", "no-index"),
        ("develop", "sail", None, "path"),
        ("docs", "chain", "4.0", None),
    ]


def test_entry_has_version_extras_and_marker() -> None:
    anchor = parse(PIPFILE).dependencies[0]

    assert anchor.kind is DependencyKind.LOCKED
    assert anchor.name_span.slice(PIPFILE) == "Anchor"
    assert json.loads(f"{{{anchor.entry_span.slice(PIPFILE)}}}")["Anchor"]["index"] == "main"
    assert anchor.specifier_span is not None
    assert anchor.specifier_span.slice(PIPFILE) == anchor.specifier == "==2.1.0"
    assert (anchor.extras, anchor.marker) == (("deep",), "python_version >= '3.9'")


def test_entry_uses_named_index_or_the_first_one() -> None:
    sources = [
        {"name": "main", "url": INDEX},
        {"name": "other", "url": "https://other.example/simple"},
        {"name": "x"},
        1,
    ]

    assert only({"index": "other"}, sources).index_url == "https://other.example/simple"
    assert only({}, sources).index_url == INDEX
    assert only({"index": "x"}, sources).skip_reason is SkipReason.NO_INDEX
    assert only({"index": "main"}, [{"name": "main", "url": "file:///srv/wheels"}]).skip_reason is SkipReason.PATH


@pytest.mark.parametrize("sources", [None, [], {}, [None], "x"])
def test_lock_without_indexes_pins_none(sources: object) -> None:
    package = only({"version": "==1"}, sources)
    assert (package.index_url, package.skip_reason) == (None, None)


def test_lock_without_meta_is_read() -> None:
    (owl,) = parse('{"default": {"owl": {"version": "==1"}}}').dependencies
    assert (owl.version, owl.index_url, owl.skip_reason) == ("1", None, None)


@pytest.mark.parametrize("kind", ["git", "hg", "svn", "bzr"])
def test_version_control_entry_is_skipped(kind: str) -> None:
    assert only({kind: "ssh://code.example/owl", "editable": True}).skip_reason is SkipReason.VCS


@pytest.mark.parametrize("version", ["*", ">=1", 1, None])
def test_only_exact_specifier_is_a_version(version: object) -> None:
    assert only({"version": version}).version is None


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[]", "a Pipfile.lock must be a JSON object"),
        ('{"default": []}', "`default` is not a package category"),
        ('{"default": {"a b": {}}}', "`a b` is not a valid project name"),
        ('{"default": {"": {}}}', "`` is not a valid project name"),
        ('{"default": {"owl": 1}}', "the value of `owl` is not a package"),
        ("", "invalid JSON: unexpected end of file"),
        ("this is none", "invalid JSON: unexpected `this`"),
    ],
)
def test_invalid_structure_is_reported(text: str, message: str) -> None:
    document = parse(text)

    assert not document.dependencies
    assert message in [problem.message for problem in document.problems]


@pytest.mark.parametrize(
    ("old", "new", "message", "place"),
    [
        (
            '"index": "main",',
            '"index": "main"',
            'invalid JSON: unexpected `"markers"`: a comma or colon may be missing before it',
            '"markers"',
        ),
        ('"==2.1.0"', '"==2.1.0', "invalid JSON: unclosed string", '"==2.1.0'),
        ('        "buoy": {\n', '<<<<<<< HEAD\n        "buoy": {\n=======\n', "unresolved merge conflict", "<<<<<<<"),
    ],
)
def test_invalid_json_is_one_problem_without_dependencies(old: str, new: str, message: str, place: str) -> None:
    text = PIPFILE.replace(old, new, 1)
    document = parse(text)

    assert not document.dependencies
    (problem,) = document.problems
    assert (problem.message, problem.help) == (message, "regenerate the file with `pipenv lock`")
    assert problem.span.slice(text) == place


def test_duplicate_packages_are_kept_and_last_duplicate_version_is_used() -> None:
    text = '{"default": {"owl": {"version": "==1", "version": "==2"}, "owl": {"version": 1}}}'
    first, second = parse(text).dependencies

    assert first.specifier_span is not None
    assert (first.version, first.specifier_span.start) == ("2", text.index("==2"))
    assert (second.version, second.specifier_span) == (None, None)


@given(st.integers(0, len(PIPFILE) - 1), st.sampled_from(["", '"', "{", "}", "[", "]", ",", ":", "\\", "\n", "x"]))
@settings(deadline=None, max_examples=200)
def test_any_edit_keeps_spans_valid(place: int, stroke: str) -> None:
    text = PIPFILE[:place] + stroke + PIPFILE[place + 1 :]

    check_places(text, parse(text), substitutions=True)
