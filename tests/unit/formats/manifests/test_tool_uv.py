"""``[tool.uv]``: requirements and sources."""

from __future__ import annotations

import pytest

from mothball.formats.manifests.pyproject import parse
from mothball.model.document import DependencyKind, SkipReason
from tests.support.tool_documents import UV


def skip_reason(text: str) -> list[tuple[str, str, str | None]]:
    return [(dependency.section, dependency.name, dependency.skip_reason) for dependency in parse(text).dependencies]


def sourced(source: str) -> SkipReason | None:
    """Return the skip reason of ``flask`` with ``source`` in the table of sources."""
    index = "[[tool.uv.index]]\nname = 'mirror'\nurl = 'https://mirror.example/'\nexplicit = true\n"
    text = f"[project]\ndependencies = ['Flask']\n{index}[tool.uv.sources]\n{source}"
    (dependency,) = parse(text).dependencies
    assert dependency.name == "flask"
    return dependency.skip_reason


def test_all_arrays_are_read() -> None:
    document = parse(UV)
    assert not document.problems
    assert [
        (dependency.section, dependency.name, dependency.kind)
        for dependency in document.dependencies
        if dependency.section.startswith("tool")
    ] == [
        ("tool.uv.dev-dependencies", "ruff", DependencyKind.REQUIREMENT),
        ("tool.uv.dev-dependencies", "winch", DependencyKind.REQUIREMENT),
        ("tool.uv.constraint-dependencies", "urllib3", DependencyKind.CONSTRAINT),
        ("tool.uv.override-dependencies", "werkzeug", DependencyKind.OVERRIDE),
        ("tool.uv.build-constraint-dependencies", "setuptools", DependencyKind.CONSTRAINT),
        ("tool.uv.extra-build-dependencies.anchor", "cython", DependencyKind.REQUIREMENT),
        ("tool.uv.extra-build-dependencies.anchor", "numpy", DependencyKind.REQUIREMENT),
    ]


def test_sources_apply_to_all_entries_of_the_normalized_name() -> None:
    assert [entry for entry in skip_reason(UV) if entry[2]] == [
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
        ("flask = {path = 3}", SkipReason.INCOMPLETE),
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
def test_source_determines_skip_reason(source: str, reason: SkipReason | None) -> None:
    assert sourced(source) is reason


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        # On all other platforms, uv uses the index.
        ("flask = {git = 'https://git.example/flask', marker = 'a'}", None),
        ("flask = [{git = 'https://git.example/flask', marker = 'a'}]", None),
        ("flask = [{git = 'x', marker = 'a'}, {index = 'mirror', marker = 'b'}]", None),
        ("flask = [{index = 'mirror'}, {path = 'x', marker = 'a'}]", None),
        # Together they may cover all environments.
        ("flask = [{git = 'x', marker = 'a'}, {path = 'y', marker = 'b'}]", SkipReason.VCS),
        ("flask = [{url = 'https://files.example/a.whl', marker = 'a'}, {path = 'x'}]", SkipReason.URL),
        ("flask = [{path = 'x'}]", SkipReason.PATH),
    ],
)
def test_alternatives_of_a_source_are_combined(source: str, reason: SkipReason | None) -> None:
    assert sourced(source) is reason


@pytest.mark.parametrize(
    "half",
    ["flask =", "flask = {", "flask = {index = ", "flask = {index = 'x", "flask = [", "flask = []", "flask.index ="],
)
def test_unterminated_source_skips_the_name(half: str) -> None:
    assert sourced(half) is SkipReason.INCOMPLETE


def test_incomplete_source_skips_the_name() -> None:
    assert sourced("flask = {git = 'https://git.exa") is SkipReason.VCS
    assert sourced("[tool.uv.sources.flask") is SkipReason.INCOMPLETE
    # uv rejects an empty source; editors insert the closing brace together with the opening one.
    for empty in ("flask = {}", "flask = { }", "[tool.uv.sources.flask]\n", "[tool.uv.sources.flask]\npa\n"):
        assert sourced(empty) is SkipReason.INCOMPLETE


def test_source_with_an_index_without_url_skips_the_name() -> None:
    text = "[project]\ndependencies = ['owl']\n[tool.uv.sources]\nowl = {index = 'x'}\n[[tool.uv.index]]\nname = 'x'\n"
    for url in ("", "url = ''\n", "url = 'https://"):
        assert skip_reason(f"{text}explicit = true\n{url}") == [("project.dependencies", "owl", "no-index")]


def test_sources_may_be_limited_to_an_extra_or_group() -> None:
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


def test_skip_reason_of_the_entry_takes_precedence_over_its_source() -> None:
    text = (
        "[project]\ndependencies = ['owl @ https://files.example/owl.whl']\n[tool.uv.sources]\nowl = {workspace = true}"
    )
    assert skip_reason(text) == [("project.dependencies", "owl", "url")]


def test_value_that_is_no_source_table_is_reported() -> None:
    (problem,) = parse("[tool.uv.sources]\nflask = 3").problems
    assert problem.message == "flask must be a string or a table"
    (problem,) = parse("[tool.uv]\nsources = 3").problems
    assert problem.message == "tool.uv.sources must be a table of project names"


@pytest.mark.parametrize("items", ["[{requirement = 3}]", "[{match-runtime = true}]"])
def test_build_requirement_without_name_is_ignored(items: str) -> None:
    assert not parse(f"[tool.uv.extra-build-dependencies]\nflask = {items}").dependencies


def test_settings_of_uv_pip_are_read() -> None:
    text = """\
[tool.uv.pip.extra-build-dependencies]
anchor = ["cython", {requirement = "numpy", match-runtime = true}]
[[tool.uv.pip.dependency-metadata]]
name = "lantern"
requires-dist = ["rope"]
"""
    assert [dependency.name for dependency in parse(text).dependencies] == ["cython", "numpy", "rope"]


def test_excluded_dependencies_are_no_dependencies() -> None:
    assert not parse("[tool.uv]\nexclude-dependencies = ['telemetry']\nworkspace.members = ['a']").dependencies
