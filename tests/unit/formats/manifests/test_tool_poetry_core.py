"""Poetry's tables held against poetry-core, which decides what they mean."""

from __future__ import annotations

import tempfile
import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from poetry.core.factory import Factory

from mothball.formats.manifests.document import parse
from mothball.model.document import Dependency, SkipReason, normalize_name
from tests.support.tool_documents import POETRY, POETRY_BESIDE_PROJECT

MAIN = "tool.poetry.dependencies"

NAMES = st.sampled_from(["owl", "Barn_Owl", "little.owl", "snowy-owl", "rook", "Python"])
VERSIONS = st.sampled_from(["*", "^1.2", "~1", ">=1,<2", "1.0", "<2 || >3", "1.*", "!=1.5"])
EXTRAS = st.lists(st.sampled_from(["fast", "tls"]), max_size=2, unique=True)
MARKERS = st.sampled_from(["", "os_name == 'nt'", "python_version < '3.12'"])
ORIGINS: st.SearchStrategy[dict[str, Any]] = st.sampled_from(
    [
        {"git": "https://git.example/owl.git", "branch": "main"},
        {"git": "https://git.example/owl.git", "subdirectory": "lib", "rev": "4f1c"},
        {"path": "../owl", "develop": True},
        {"path": "../owl-1.0.tar.gz"},
        {"file": "../owl-1.0-py3-none-any.whl"},
        {"url": "https://files.example/owl-1.0-py3-none-any.whl"},
    ]
)

# What comes from an index, and from one that another file must declare.
INDEXED = {None, SkipReason.NO_INDEX}


@st.composite
def alternatives(draw: st.DrawFn) -> Any:
    """Return one thing that Poetry takes for a dependency besides a list."""
    if draw(st.booleans()):
        return draw(VERSIONS)
    table: dict[str, Any] = {}
    if draw(st.booleans()):
        table |= draw(ORIGINS)
    elif draw(st.booleans()):
        table["version"] = draw(VERSIONS)
    extras, markers = draw(EXTRAS), draw(MARKERS)
    if extras:
        table["extras"] = extras
    if markers:
        table["markers"] = markers
    if draw(st.booleans()):
        table |= draw(st.sampled_from([{"optional": True}, {"python": "<3.13"}, {"source": "mirror"}]))
    return table


VALUES = st.one_of(alternatives(), st.lists(alternatives(), min_size=1, max_size=3))


def written(value: object) -> str:
    """Return ``value`` as TOML on one line."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key} = {written(member)}" for key, member in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(written, value)) + "]"
    return str(value).lower() if isinstance(value, bool) else f'"{value}"'


def section(path: str, table: dict[str, Any]) -> str:
    return "".join([f"[{path}]\n", *(f'"{name}" = {written(value)}\n' for name, value in table.items())])


TABLES = st.dictionaries(NAMES, VALUES, max_size=4)


@given(TABLES, TABLES, TABLES)
def test_names_origins_and_extras_are_those_of_poetry(
    main: dict[str, Any], group: dict[str, Any], dev: dict[str, Any]
) -> None:
    groups = {MAIN: main, "tool.poetry.group.docs.dependencies": group, "tool.poetry.dev-dependencies": dev}
    text = "".join(section(path, table) for path, table in groups.items())
    assert tomllib.loads(text)["tool"]["poetry"]["dependencies"] == main

    expected = [
        (path, *told_by_poetry(name, value))
        for path, table in groups.items()
        for name, value in table.items()
        if name.lower() != "python"
    ]
    document = parse(text)
    assert [told_by_us(one) for one in document.dependencies] == expected
    assert not document.problems


def told_by_poetry(name: str, value: object) -> tuple[str, bool, tuple[str, ...]]:
    """Return the name, whether an index is asked for any alternative, and the extras of the first such or the first."""
    read = [Factory.create_dependency(name, one) for one in (value if isinstance(value, list) else [value])]  # type: ignore[arg-type]  # what TOML holds
    chosen = next((one for one in read if not one.is_direct_origin()), read[0])
    return str(chosen.name), not chosen.is_direct_origin(), tuple(sorted(chosen.extras))


def told_by_us(dependency: Dependency) -> tuple[str, str, bool, tuple[str, ...]]:
    return dependency.section, dependency.name, dependency.skip_reason in INDEXED, tuple(sorted(dependency.extras))


# --- beside [project] -------------------------------------------------------------------------------------------------

BESIDE = [
    (["owl>=1"], {"owl": {"git": "https://git.example/owl.git"}}),
    (["owl>=1"], {"owl": {"path": "owl.whl"}, "rook": "*"}),
    (["Barn.Owl"], {"barn_owl": {"url": "https://files.example/owl-1.0-py3-none-any.whl"}}),
    (["owl @ git+https://git.example/owl.git"], {"owl": {"develop": True}}),
    (["owl>=1"], {"owl": {"source": "mirror"}}),
    (["owl>=1"], {"owl": {"version": "<3"}}),
    (["owl>=1", "rook"], {}),
    (["owl", "rook"], {"owl": [{"git": "https://git.example/owl.git", "python": "<3.12"}, {"version": "*"}]}),
]


@pytest.mark.parametrize(("standard", "added"), BESIDE)
def test_poetry_leads_the_same_entries_of_the_standard_tables_elsewhere(
    standard: list[str], added: dict[str, Any], tmp_path: Path
) -> None:
    text = (
        f'[project]\nname = "nest"\nversion = "1"\ndependencies = {written(standard)}\n'
        f"[dependency-groups]\ntest-tools = {written(standard)}\n"
        + section(MAIN, added)
        + section("tool.poetry.group.test-tools.dependencies", added)
    )
    asked = {(one.section, one.name) for one in parse(text).dependencies if one.skip_reason in INDEXED}
    for name, group in (("project.dependencies", "main"), ("dependency-groups.test-tools", "test-tools")):
        by_poetry = {
            str(one.name)
            for one in read(text, tmp_path).dependency_group(group).dependencies_for_locking
            if not one.is_direct_origin()
        }
        assert {one for path, one in asked if path == name} == by_poetry


def read(text: str, directory: Path) -> Any:
    (directory / "pyproject.toml").write_text(text, encoding="utf-8")
    return Factory().create_poetry(directory).package


@pytest.mark.parametrize("text", [POETRY, POETRY_BESIDE_PROJECT])
def test_whole_projects_have_the_names_that_poetry_finds(text: str) -> None:
    with tempfile.TemporaryDirectory() as directory:
        (Path(directory) / "README.md").touch()
        package = read(text, Path(directory))
    found = {one.name for one in parse(text).dependencies if is_installed(one)}
    assert found == {normalize_name(one.name) for one in package.all_requires}
    elsewhere = {one.name for one in parse(text).dependencies if is_installed(one) and one.skip_reason not in INDEXED}
    locked = [
        one for group in package.dependency_group_names(include_optional=True)
        for one in package.dependency_group(group).dependencies_for_locking
    ]  # fmt: skip
    assert elsewhere == {normalize_name(one.name) for one in locked if one.is_direct_origin()}


def is_installed(dependency: Dependency) -> bool:
    """Return whether an entry is the project's own, and not that of Poetry's plugins or of a build."""
    return not dependency.section.startswith(("build-system", "tool.poetry.requires", "tool.poetry.build"))
