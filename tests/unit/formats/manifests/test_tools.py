"""The tables of setuptools, PDM, Flit, Rye and cibuildwheel."""

from __future__ import annotations

import pytest

from mothball.formats.manifests.pyproject import parse
from mothball.model.document import DependencyKind, SkipReason
from tests.support.tool_documents import REST


def names(text: str) -> list[tuple[str, str, str | None]]:
    return [(dependency.section, dependency.name, dependency.skip_reason) for dependency in parse(text).dependencies]


def test_tables_of_all_tools_are_read() -> None:
    document = parse(REST)
    assert not document.problems
    assert [
        (dependency.section.removeprefix("tool."), dependency.name)
        for dependency in document.dependencies
        if "tox" not in dependency.section
    ] == [
        ("build-system.requires", "setuptools"),
        ("build-system.requires", "flit-core"),
        ("pdm.plugins", "pdm-bump"),
        ("pdm.dev-dependencies.test", "pytest-cov"),
        ("pdm.dev-dependencies.test", "bench-helpers"),
        ("pdm.dev-dependencies.lint", "flake8"),
        ("pdm.resolution.overrides", "pytz"),
        ("pdm.resolution.overrides", "vice"),
        ("flit.metadata.requires", "requests"),
        ("flit.metadata.requires", "configparser"),
        ("flit.metadata.dev-requires", "sphinx"),
        ("flit.metadata.requires-extra.doc", "furo"),
        ("rye.dev-dependencies", "pre-commit"),
        ("cibuildwheel.test-requires", "pytest"),
        ("cibuildwheel.test-requires", "hypothesis"),
        ("cibuildwheel.macos.test-requires", "delocate-check"),
        ("cibuildwheel.overrides.test-requires", "pytest"),
    ]


# --- setuptools -------------------------------------------------------------------------------------------------------


def test_files_of_setuptools_are_included() -> None:
    includes = parse(REST).includes
    assert [(include.target, include.kind) for include in includes[:3]] == [
        ("requirements.txt", DependencyKind.REQUIREMENT),
        ("requirements/base.in", DependencyKind.REQUIREMENT),
        ("requirements/gui.txt", DependencyKind.REQUIREMENT),
    ]
    assert all(include.span.slice(REST) == include.target for include in includes)


@pytest.mark.parametrize(
    "value",
    ["{attr = 'x'}", "{file = }", "{file = 'base.t", "{file = 3}", "{file = {x = 'base.txt'}}", "'base.txt'", "[]"],
)
def test_other_values_are_not_included(value: str) -> None:
    assert not parse(f"[tool.setuptools.dynamic]\nversion.file = 'v.txt'\ndependencies = {value}").includes


# --- PDM --------------------------------------------------------------------------------------------------------------


def test_editable_dependencies_and_overrides_of_pdm() -> None:
    found = {
        dependency.name: dependency
        for dependency in parse(REST).dependencies
        if dependency.section.startswith("tool.pdm")
    }
    assert found["bench-helpers"].skip_reason is SkipReason.EDITABLE
    assert found["bench-helpers"].name_span.slice(REST) == "bench-helpers"
    assert found["vice"].skip_reason is SkipReason.URL
    assert (found["pytz"].kind, found["pytz"].specifier) == (DependencyKind.OVERRIDE, "2024.2")


def test_overrides_that_are_no_table_are_reported() -> None:
    (problem,) = parse("[tool.pdm.resolution]\noverrides = 'x'").problems
    assert problem.message == "tool.pdm.resolution.overrides must be a table of project names"


# --- Flit and Rye -----------------------------------------------------------------------------------------------------


def test_specifier_excludes_parentheses() -> None:
    dependency = next(
        dependency for dependency in parse(REST).dependencies if dependency.section == "tool.flit.metadata.requires"
    )
    assert dependency.specifier_span is not None
    assert dependency.specifier_span.slice(REST) == dependency.specifier == ">=2.6"


@pytest.mark.parametrize("key", ["module", "dist-name"])
def test_flit_names_the_project(key: str) -> None:
    text = f"[tool.flit.metadata]\n{key} = 'shop'\nrequires-extra = {{all = ['shop[x]', 'rich']}}"
    section = "tool.flit.metadata.requires-extra.all"
    assert names(text) == [(section, "shop", "self"), (section, "rich", None)]


def test_standard_project_name_takes_precedence() -> None:
    text = "[tool.poetry]\nname = 'old'\n[project]\nname = 'shop'\n[tool.rye]\ndev-dependencies = ['shop', 'old']"
    assert names(text) == [("tool.rye.dev-dependencies", "shop", "self"), ("tool.rye.dev-dependencies", "old", None)]


# --- cibuildwheel -----------------------------------------------------------------------------------------------------


def test_constraints_for_build_tools_are_read() -> None:
    text = """\
[tool.cibuildwheel]
dependency-versions = {packages = ["auditwheel==6.2.0", "owl"]}
[tool.cibuildwheel.macos.dependency-versions]
packages = ["lark<2"]
[tool.cibuildwheel.linux]
dependency-versions = "latest"
[[tool.cibuildwheel.overrides]]
select = "*-win*"
dependency-versions.file = "limits.txt"
"""
    document = parse(text)
    assert [
        (dependency.section.removeprefix("tool.cibuildwheel."), dependency.name, dependency.kind)
        for dependency in document.dependencies
    ] == [
        ("dependency-versions.packages", "auditwheel", DependencyKind.CONSTRAINT),
        ("dependency-versions.packages", "owl", DependencyKind.CONSTRAINT),
        ("macos.dependency-versions.packages", "lark", DependencyKind.CONSTRAINT),
    ]
    assert not document.problems


@pytest.mark.parametrize(
    ("value", "found"),
    [
        ('"pytest"', ["pytest"]),
        ('"pytest hypothesis[cli]>=6\tnumpy"', ["pytest", "hypothesis[cli]>=6", "numpy"]),
        ('["pytest >= 8", "numpy scipy"]', ["pytest >= 8", "numpy", "scipy"]),
        ('""', []),
        ('[" "]', []),
    ],
)
def test_several_requirements_in_one_string_are_read(value: str, found: list[str]) -> None:
    text = f"[tool.cibuildwheel]\ntest-requires = {value}"
    document = parse(text)
    assert [dependency.entry_span.slice(text) for dependency in document.dependencies] == found
    assert not document.problems


def test_unterminated_requirement_among_several_is_incomplete() -> None:
    text = '[tool.cibuildwheel]\ntest-requires = "pytest hypo'
    assert [(name, skip_reason) for _, name, skip_reason in names(text)] == [
        ("pytest", "incomplete"),
        ("hypo", "incomplete"),
    ]
    assert [(name, skip_reason) for _, name, skip_reason in names(text + 'thesis== "')] == [
        ("pytest", None),
        ("hypothesis", "incomplete"),
    ]
