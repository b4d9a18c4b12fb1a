"""Pipfile."""

from __future__ import annotations

import pytest

from mothball.formats.manifests.tool_entries import parse_pipfile as parse
from mothball.model.document import Dependency, SkipReason
from tests.support.tool_documents import PIPFILE


def only(text: str) -> Dependency:
    (dependency,) = parse(text).dependencies
    return dependency


def test_all_but_four_tables_are_package_categories() -> None:
    document = parse(PIPFILE)
    assert document.format == "pipfile"
    assert not document.problems
    assert [(dependency.section, dependency.name, dependency.skip_reason) for dependency in document.dependencies] == [
        ("packages", "requests", None),
        ("packages", "flask-cors", None),
        ("packages", "django", None),
        ("packages", "sea-chart", "vcs"),
        ("packages", "hull", "path"),
        ("packages", "keel", "url"),
        ("packages", "sail", "path"),
        ("packages", "rudder", None),
        ("packages", "compass", None),
        ("packages", "mast", None),
        ("dev-packages", "pytest", None),
        ("docs", "sphinx", None),
    ]
    assert [ignore.rules for ignore in document.ignores] == [("deprecated",)]


def test_entry_has_version_extras_and_marker() -> None:
    found = {dependency.name: dependency for dependency in parse(PIPFILE).dependencies}
    assert found["flask-cors"].name_span.slice(PIPFILE) == "Flask.Cors"
    assert found["flask-cors"].entry_span.slice(PIPFILE) == '"Flask.Cors" = ">=5,<6"'
    django = found["django"]
    assert (django.specifier, django.extras, django.marker) == ("~=5.1", ("argon2",), "python_version >= '3.10'")
    assert django.specifier_span is not None
    assert django.specifier_span.slice(PIPFILE) == "~=5.1"
    assert (found["requests"].specifier, found["mast"].specifier) == ("*", "==2.0")


@pytest.mark.parametrize("vcs", ["git", "hg", "svn", "bzr"])
def test_version_control_entry_is_skipped(vcs: str) -> None:
    assert only(f"[packages]\nowl = {{{vcs} = 'ssh://code.example/owl'}}").skip_reason is SkipReason.VCS


@pytest.mark.parametrize("half", ["owl =", 'owl = "', "owl = {", "owl = {version = '", "[packages.owl"])
def test_unterminated_entry_is_incomplete(half: str) -> None:
    document = parse(f"[packages]\nrich = '*'\n{half}\n[dev-packages]\nruff = '*'")
    assert [(dependency.name, dependency.skip_reason) for dependency in document.dependencies] == [
        ("rich", None),
        ("owl", SkipReason.INCOMPLETE),
        ("ruff", None),
    ]


@pytest.mark.parametrize("key", ["workspace", "editable"])
def test_keys_that_pipenv_ignores_do_not_skip_the_entry(key: str) -> None:
    assert only(f"[packages]\nowl = {{version = '*', {key} = true}}").skip_reason is None
    assert only(f"[packages.owl]\n{key} = true").skip_reason is None
    assert only(f"[packages]\nowl = {{path = 'owl', {key} = true}}").skip_reason is SkipReason.PATH


def test_category_that_is_no_table_is_reported() -> None:
    text = "packages = ['owl']\n[dev-packages]\nrich = 3"
    assert [(problem.message, problem.span.slice(text)) for problem in parse(text).problems] == [
        ("packages must be a table of project names", "['owl']"),
        ("rich must be a string or a table", "3"),
    ]


def test_sources_and_scripts_are_no_dependencies() -> None:
    text = "[[source]]\nname = 'x'\n[requires]\npython_version = '3'\n[scripts]\nserve = 'x'\n[pipenv]\nsort = true"
    assert not parse(text).dependencies
    assert not parse(text).problems


def test_extras_of_the_name_and_of_the_value_are_one_list() -> None:
    assert only("[packages]\n'owl[a, b]' = {version = '*', extras = ['c']}").extras == ("a", "b", "c")
