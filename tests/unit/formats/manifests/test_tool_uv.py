"""What uv's tables say, and where its sources lead names."""

from __future__ import annotations

import pytest

from mothball.formats.manifests.document import parse
from mothball.model.document import DependencyKind, SkipReason
from tests.support.tool_documents import UV


def skip_reason(text: str) -> list[tuple[str, str, str | None]]:
    return [(one.section, one.name, one.skip_reason) for one in parse(text).dependencies]


def sourced(source: str) -> SkipReason | None:
    """Return why ``flask`` is skipped when its table of sources holds ``source``."""
    index = "[[tool.uv.index]]\nname = 'mirror'\nurl = 'https://mirror.example/'\nexplicit = true\n"
    text = f"[project]\ndependencies = ['Flask']\n{index}[tool.uv.sources]\n{source}"
    (dependency,) = parse(text).dependencies
    assert dependency.name == "flask"
    return dependency.skip_reason


def test_all_arrays_are_read() -> None:
    document = parse(UV)
    assert not document.problems
    assert [(one.section, one.name, one.kind) for one in document.dependencies if one.section.startswith("tool")] == [
        ("tool.uv.dev-dependencies", "ruff", DependencyKind.REQUIREMENT),
        ("tool.uv.dev-dependencies", "winch", DependencyKind.REQUIREMENT),
        ("tool.uv.constraint-dependencies", "urllib3", DependencyKind.CONSTRAINT),
        ("tool.uv.override-dependencies", "werkzeug", DependencyKind.OVERRIDE),
        ("tool.uv.build-constraint-dependencies", "setuptools", DependencyKind.CONSTRAINT),
        ("tool.uv.extra-build-dependencies.anchor", "cython", DependencyKind.REQUIREMENT),
        ("tool.uv.extra-build-dependencies.anchor", "numpy", DependencyKind.REQUIREMENT),
    ]


def test_sources_are_joined_by_normalised_name_to_all_entries() -> None:
    assert [one for one in skip_reason(UV) if one[2]] == [
        ("project.dependencies", "anchor", "workspace"),
        ("project.dependencies", "rope-ladder", "vcs"),
        ("project.dependencies", "lantern", "path"),
        ("project.optional-dependencies.gpu", "crane", "url"),
        ("dependency-groups.dev", "harbour", "self"),
        ("dependency-groups.dev", "winch", "vcs"),
        ("tool.uv.dev-dependencies", "winch", "vcs"),
    ]


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("flask = {git = 'https://git.example/flask'}", SkipReason.VCS),
        ("FLASK = {url = 'https://files.example/flask.whl'}", SkipReason.URL),
        ("flask = {url = 'git+https://git.example/flask'}", SkipReason.VCS),
        ("flask = {path = '../flask'}", SkipReason.PATH),
        ("flask = {path = 3}", SkipReason.PATH),
        ("flask = {path = '../flask', editable = true}", SkipReason.PATH),
        ("flask = {workspace = true}", SkipReason.WORKSPACE),
        ("flask = {workspace = false}", None),
        ("flask = {index = 'mirror'}", None),
        ("flask = {index = 'unknown'}", SkipReason.NO_INDEX),
        ("flask = 'mirror'", None),
        ("flask.git = 'https://git.example/flask'", SkipReason.VCS),
        ("flask.workspace = true", SkipReason.WORKSPACE),
        ("[tool.uv.sources.flask]\nworkspace = true", SkipReason.WORKSPACE),
        ("[[tool.uv.sources.flask]]\nworkspace = true", SkipReason.WORKSPACE),
        ("[[tool.uv.sources.flask]]\nworkspace = true\n[[tool.uv.sources.flask]]\nindex = 'mirror'", None),
        ("rich = {git = 'https://git.example/rich'}", None),
    ],
)
def test_a_source_says_whether_an_index_is_asked(source: str, reason: SkipReason | None) -> None:
    assert sourced(source) is reason


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        # On all other platforms uv asks the index.
        ("flask = {git = 'https://git.example/flask', marker = 'a'}", None),
        ("flask = [{git = 'https://git.example/flask', marker = 'a'}]", None),
        ("flask = [{git = 'x', marker = 'a'}, {index = 'mirror', marker = 'b'}]", None),
        ("flask = [{index = 'mirror'}, {path = 'x', marker = 'a'}]", None),
        # Together they may well leave nothing.
        ("flask = [{git = 'x', marker = 'a'}, {path = 'y', marker = 'b'}]", SkipReason.VCS),
        ("flask = [{url = 'https://files.example/a.whl', marker = 'a'}, {path = 'x'}]", SkipReason.URL),
        ("flask = [{path = 'x'}]", SkipReason.PATH),
    ],
)
def test_alternatives_are_weighed_together(source: str, reason: SkipReason | None) -> None:
    assert sourced(source) is reason


@pytest.mark.parametrize(
    "half",
    ["flask =", "flask = {", "flask = {index = ", "flask = {index = 'x", "flask = [", "flask = []", "flask.index ="],
)
def test_a_half_typed_source_keeps_its_name_from_being_asked(half: str) -> None:
    assert sourced(half) is SkipReason.INCOMPLETE


def test_a_source_that_is_half_typed_and_can_be_told_is_told() -> None:
    assert sourced("flask = {git = 'https://git.exa") is SkipReason.VCS
    assert sourced("[tool.uv.sources.flask") is SkipReason.INCOMPLETE
    # uv refuses a source that says nothing; an editor closes a brace as it is opened.
    for empty in ("flask = {}", "flask = { }", "[tool.uv.sources.flask]\n", "[tool.uv.sources.flask]\npa\n"):
        assert sourced(empty) is SkipReason.INCOMPLETE


def test_an_extra_and_a_group_have_sources_of_their_own() -> None:
    text = (
        "[project]\ndependencies = ['owl']\n[project.optional-dependencies]\nA_B = ['owl']\nc = ['owl']\n"
        "[dependency-groups]\n'D.E' = ['owl']\n"
        "[tool.uv.sources]\nowl = [{path = 'x', extra = 'a-b'}, {git = 'y', group = 'd-e'}]"
    )
    assert skip_reason(text) == [
        ("project.dependencies", "owl", None),
        ("project.optional-dependencies.A_B", "owl", "path"),
        ("project.optional-dependencies.c", "owl", None),
        ("dependency-groups.D.E", "owl", "vcs"),
    ]


def test_an_entry_that_leads_elsewhere_itself_keeps_its_reason() -> None:
    text = (
        "[project]\ndependencies = ['owl @ https://files.example/owl.whl']\n[tool.uv.sources]\nowl = {workspace = true}"
    )
    assert skip_reason(text) == [("project.dependencies", "owl", "url")]


def test_what_is_no_source_is_told() -> None:
    (problem,) = parse("[tool.uv.sources]\nflask = 3").problems
    assert problem.message == "flask must be a string or a table"
    (problem,) = parse("[tool.uv]\nsources = 3").problems
    assert problem.message == "tool.uv.sources must be a table of project names"


@pytest.mark.parametrize("items", ["[{requirement = 3}]", "[{match-runtime = true}]"])
def test_a_build_requirement_without_a_name_is_none(items: str) -> None:
    assert not parse(f"[tool.uv.extra-build-dependencies]\nflask = {items}").dependencies


def test_what_is_not_to_be_installed_is_no_dependency() -> None:
    assert not parse("[tool.uv]\nexclude-dependencies = ['telemetry']\nworkspace.members = ['a']").dependencies
