"""Dynamic dependencies in pyproject.toml that the build backend adds from where mothball does not read."""

from __future__ import annotations

import pytest

from mothball.formats.manifests.pyproject import parse
from mothball.formats.manifests.tool_hatch import parse as parse_hatch

DYNAMIC = '[project]\nname = "shop"\ndynamic = ["version", "dependencies", "optional-dependencies"]\n'


def unresolvable(text: str) -> list[tuple[str, str]]:
    return [(problem.span.slice(text), problem.message) for problem in parse(text).unresolvable]


@pytest.mark.parametrize("backend", ["scikit_build_core.build", "pdm.backend", "build_backend", "acme.build:api"])
def test_dynamic_dependencies_of_an_unknown_backend_are_unresolvable(backend: str) -> None:
    text = f'{DYNAMIC}[build-system]\nrequires = []\nbuild-backend = "{backend}"\n'
    source = f"are added by the build backend {backend}; they were not checked"
    assert unresolvable(text) == [
        ("dependencies", f"dependencies {source}"),
        ("optional-dependencies", f"optional-dependencies {source}"),
    ]
    assert not parse(text).problems


@pytest.mark.parametrize(
    "more",
    [
        "",
        '[build-system]\nbuild-backend = "setuptools.build_meta"\n',
        '[build-system]\nbuild-backend = "setuptools.build_meta:__legacy__"\n',
        '[build-system]\nbuild-backend = "poetry.core.masonry.api"\n',
        '[build-system]\nbuild-backend = "hatchling.build"\n',
        '[build-system]\nbuild-backend = "hatchling.build"\n[tool.hatch.metadata.hooks.requirements_txt]\nfiles = []\n',
        '[build-system]\nbuild-backend = "hatchling.build"\n[tool.hatch.metadata.hooks.vcs]\n',
        "x = [\n",
    ],
)
def test_dynamic_dependencies_of_a_known_backend_are_not_reported(more: str) -> None:
    assert unresolvable(DYNAMIC + more) == []


@pytest.mark.parametrize("hook", ["[tool.hatch.metadata.hooks.custom]\n", "[tool.hatch]\nmetadata.hooks.acme.x = 1\n"])
def test_unknown_metadata_hook_of_hatch_is_named(hook: str) -> None:
    text = f'{DYNAMIC}[build-system]\nbuild-backend = "hatchling.build"\n{hook}'
    name = "custom" if "custom" in hook else "acme"
    (_, message), _ = unresolvable(text)
    assert message == f"dependencies are added by the metadata hook {name} of Hatch; they were not checked"


@pytest.mark.parametrize("dynamic", ['["version"]', "[]", '"dependencies"', "[1]", "{dependencies = 1}"])
def test_other_dynamic_fields_are_not_reported(dynamic: str) -> None:
    text = f'[project]\ndynamic = {dynamic}\n[build-system]\nbuild-backend = "acme"\n'
    assert unresolvable(text) == []


@pytest.mark.parametrize(
    ("directives", "fields"),
    [
        ('dependencies = {attr = "shop.DEPENDENCIES"}', ["dependencies"]),
        ('dependencies.attr = "shop.DEPENDENCIES"', ["dependencies"]),
        ('dependencies = ["acme"]', ["dependencies"]),
        ('optional-dependencies = {x = {file = "x.txt"}, y = {attr = "shop.Y"}}', ["optional-dependencies"]),
        ('dependencies = {file = ["x.txt"]}\noptional-dependencies.x.file = "y.txt"', []),
    ],
)
def test_directives_of_setuptools_other_than_files_are_unresolvable(directives: str, fields: list[str]) -> None:
    text = f"{DYNAMIC}[tool.setuptools.dynamic]\n{directives}\n"
    assert [field for field, _ in unresolvable(text)] == fields


@pytest.mark.parametrize(
    ("backend", "requires", "table"),
    [
        ("scikit_build_core.build", "scikit-build-core>=0.10", "scikit-build"),
        ("pdm.backend", "pdm-backend", "pdm"),
        ("acme.build", "", "acme-extra.more"),
        ("backend", "Acme_Builder", "acme.builder"),
    ],
)
def test_tables_of_an_unknown_backend_are_named(backend: str, requires: str, table: str) -> None:
    head = f'[build-system]\nrequires = ["{requires}"]\nbuild-backend = "{backend}"\n'
    text = f"{DYNAMIC}{head}[tool.{table}]\nx = 1\n[tool.ruff]\n"
    source = f"the build backend {backend} from [tool.{table.partition('.')[0]}]"
    assert unresolvable(text)[0] == ("dependencies", f"dependencies are added by {source}; they were not checked")
    (alone,) = unresolvable(f"{head}[tool.{table}]\nx = 1\n[tool.ruff]\n")
    assert alone[0] == backend
    assert alone[1].startswith("the build backend may add dependencies from [tool.")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[tool.acme]\nx = 1\n",
        '[build-system]\nbuild-backend = "acme"\n[tool.ruff]\n',
        '[build-system]\nbuild-backend = "acme"\n[tool.acme]\n[project]\nname = "shop"\n',
        '[build-system]\nbuild-backend = "flit_core.buildapi"\n[tool.flit.metadata]\nmodule = "shop"\n',
    ],
)
def test_other_files_without_dynamic_fields_are_not_reported(text: str) -> None:
    assert unresolvable(text) == []


def test_unknown_metadata_hook_in_hatch_toml_is_unresolvable() -> None:
    text = "[metadata.hooks.vcs.urls]\nx = 1\n[metadata.hooks.custom]\n[metadata]\nhooks = {acme = {x = 1}}\n"
    places = [(problem.span.slice(text), problem.message) for problem in parse_hatch(text).unresolvable]
    rest = "of Hatch may add dependencies; they were not checked"
    assert places == [
        ("x", f"the metadata hook acme {rest}"),
        ("[metadata.hooks.custom]", f"the metadata hook custom {rest}"),
    ]
    assert parse_hatch("[metadata.hooks.requirements_txt]\nfiles = []\n").unresolvable == ()
