"""Hatch in pyproject.toml and hatch.toml."""

from __future__ import annotations

import pytest

from mothball.formats.manifests import pyproject, tool_hatch
from mothball.model.document import Dependency, SkipReason
from tests.support.tool_documents import HATCH


def in_environment(entry: str) -> tuple[Dependency, ...]:
    return tool_hatch.parse(f"[envs.test]\ndependencies = [{entry}]").dependencies


def test_environments_builds_hooks_and_plugins_are_read() -> None:
    document = pyproject.parse(HATCH)
    assert not document.problems
    assert [
        (dependency.section.removeprefix("tool.hatch."), dependency.name) for dependency in document.dependencies[1:]
    ] == [
        ("env.requires", "hatch-pip-compile"),
        ("build.dependencies", "hatch-fancy-readme"),
        ("build.hooks.mypyc.dependencies", "hatch-mypyc"),
        ("build.targets.wheel.dependencies", "wheel-inspect"),
        ("build.targets.wheel.hooks.custom.dependencies", "cython"),
        ("envs.default.dependencies", "loom"),
        ("envs.default.dependencies", "pytest"),
        ("envs.default.dependencies", "warp"),
        ("envs.default.dependencies", "weft"),
        ("envs.default.dependencies", "django"),
        ("envs.default.overrides.platform.windows.dependencies", "pywin32"),
        ("envs.default.overrides.matrix.django.set-extra-dependencies", "asgiref"),
        ("envs.default.overrides.matrix.django.set-extra-dependencies", "tzdata"),
        ("envs.docs.extra-dependencies", "mkdocs"),
    ]
    assert {
        dependency.name: dependency.skip_reason for dependency in document.dependencies if dependency.skip_reason
    } == {
        "loom": SkipReason.SELF,
        "warp": SkipReason.PATH,
        "weft": SkipReason.VARIABLE_REFERENCE,
    }


def test_hatch_toml_has_the_same_top_level_keys() -> None:
    text = '[envs.docs]\nextra-dependencies = ["mkdocs>=1.6"]  # mothball: ignore[archived]\n[build]\ndependencies = []'
    document = tool_hatch.parse(text)
    (dependency,) = document.dependencies
    assert document.format == "hatch-toml"
    assert (dependency.section, dependency.name) == ("envs.docs.extra-dependencies", "mkdocs")
    assert dependency.specifier_span is not None
    assert dependency.specifier_span.slice(text) == ">=1.6"
    assert len(document.ignores) == 1
    assert not document.problems


@pytest.mark.parametrize(
    ("entry", "name", "specifier", "reason"),
    [
        ("django~={matrix:django}.0", "django", "~={matrix:django}.0", None),
        ("django[argon2] == {matrix:django} ; os_name == 'nt'", "django", "== {matrix:django}", None),
        ("acme @ {root:uri}/acme", "acme", "", SkipReason.PATH),
        ("acme @ {root:parent:uri}/acme", "acme", "", SkipReason.PATH),
        ("acme @ {home:uri}/acme", "acme", "", SkipReason.PATH),
        ("acme @ {env:ACME:https://files.example/acme.whl}", "acme", "", SkipReason.VARIABLE_REFERENCE),
        ("acme @ https://{env:TOKEN}@files.example/acme.whl", "acme", "", SkipReason.VARIABLE_REFERENCE),
        ("acme @ git+https://git.example/{matrix:repo}", "acme", "", SkipReason.VCS),
    ],
)
def test_fields_after_the_name_keep_the_name(entry: str, name: str, specifier: str, reason: SkipReason | None) -> None:
    (dependency,) = in_environment(f'"{entry}"')
    assert (dependency.name, dependency.specifier, dependency.skip_reason) == (name, specifier, reason)
    assert dependency.specifier_span is None or dependency.specifier


def test_marker_keeps_fields_as_written() -> None:
    (dependency,) = in_environment("\"flask ; python_version == '{matrix:python}'\"")
    assert dependency.marker == "python_version == '{matrix:python}'"
    assert dependency.skip_reason is None


@pytest.mark.parametrize("entry", ["{matrix:driver}", "django-{matrix:plugin}", "{env:PREFIX}django", "a {env:B} c"])
def test_field_in_name_yields_unnamed_entry(entry: str) -> None:
    document = tool_hatch.parse(f'[envs.test]\ndependencies = ["{entry}", "flask"]')
    assert [dependency.name for dependency in document.dependencies] == ["flask"]
    assert not document.problems


@pytest.mark.parametrize("half", ['"flask=={matrix:fl', '"flask=={matrix:flask}', '"flask=={matrix:fl"'])
def test_unterminated_field_yields_incomplete_entry(half: str) -> None:
    (dependency,) = in_environment(half)
    assert (dependency.name, dependency.skip_reason) == ("flask", SkipReason.INCOMPLETE)


def test_value_that_is_no_array_of_requirements_is_reported() -> None:
    text = "[envs.test]\ndependencies = 'flask'\n[envs.docs]\ndependencies = ['flask', 3, ['rich']]\n"
    text += "[build.dependencies]\na = 1\nb = 2"
    document = tool_hatch.parse(text)
    assert [(problem.message, problem.span.slice(text)) for problem in document.problems] == [
        ("envs.test.dependencies must be an array of requirements", "dependencies"),
        ("envs.docs.dependencies may contain only requirement strings", "3"),
        ("envs.docs.dependencies may contain only requirement strings", "['rich']"),
        ("build.dependencies must be an array of requirements", "a"),
    ]
    assert [dependency.name for dependency in document.dependencies] == ["flask", "rich"]


def test_override_without_a_value_adds_nothing() -> None:
    text = "[envs.t.overrides.env.CI]\ndependencies = [{if = ['x']}, {value = 3}, {value = 'flask', if = ['x']}]"
    assert [dependency.name for dependency in tool_hatch.parse(text).dependencies] == ["flask"]


LISTS = """\
[build-system]
requires = ["lib"]
[project]
dependencies = ["lib"]
[dependency-groups]
dev = ["lib"]
[tool.hatch.envs.default]
dependencies = ["lib"]
[tool.hatch.envs.test]
extra-dependencies = ["Lib>=1"]
"""
ALL = {
    "project.dependencies", "dependency-groups.dev", "tool.hatch.envs.default.dependencies",
    "tool.hatch.envs.test.extra-dependencies",
}  # fmt: skip


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("'../lib'", SkipReason.PATH),
        ("{path = 'lib', editable = false}", SkipReason.PATH),
        ("{git = 'https://git.example/lib', rev = 'x'}", SkipReason.VCS),
        ("{url = 'https://files.example/lib.whl'}", SkipReason.URL),
        ("{workspace = true}", SkipReason.WORKSPACE),
        ("{index = 'acme'}", SkipReason.NO_INDEX),
        ("{index = }", SkipReason.INCOMPLETE),
        ("{}", SkipReason.NO_INDEX),
    ],
)
def test_source_skips_name_in_environments(source: str, reason: SkipReason) -> None:
    def elsewhere(text: str) -> dict[str, SkipReason]:
        found = pyproject.parse(LISTS + text).dependencies
        return {dependency.section: dependency.skip_reason for dependency in found if dependency.skip_reason}

    assert elsewhere(f"[tool.hatch.sources]\nLIB = {source}\n") == dict.fromkeys(ALL, reason)
    assert elsewhere(f"[tool.hatch.envs.default.sources]\nLIB = {source}\n") == dict.fromkeys(ALL, reason)
    assert elsewhere(f"[tool.hatch.envs.test.sources]\nlib = {source}\n") == {
        "tool.hatch.envs.test.extra-dependencies": reason
    }


def test_source_with_index_pins_the_name() -> None:
    url = "https://index.example/simple/"
    found = pyproject.parse(f"{LISTS}[tool.hatch.sources.lib]\nindex = '{url}'\n").dependencies
    assert {dependency.section for dependency in found if dependency.index_url == url} == ALL
    assert not any(dependency.skip_reason for dependency in found)


@pytest.mark.parametrize(
    ("option", "inherits"),
    [
        ("detached = true", False),
        ("template = 'a'", False),
        ("detached = false", True),
        ("template = 'default'", True),
        ("template = 'b'", True),
    ],
)
def test_standalone_environment_does_not_inherit_sources(
    option: str,
    inherits: bool,  # noqa: FBT001 - drawn from a table
) -> None:
    text = f"[sources]\nlib = '../lib'\n[envs.default]\n[envs.a]\n{option}\ndependencies = ['lib']\n"
    for sources in (text, text.replace("[sources]", "[envs.default.sources]")):
        (found,) = tool_hatch.parse(sources).dependencies
        assert found.skip_reason is (SkipReason.PATH if inherits else None)


def test_hatch_toml_sources_apply_to_its_environments() -> None:
    text = '[sources]\nlib = "../lib"\n[envs.a]\ndependencies = ["lib", "owl"]\n[build]\ndependencies = ["lib"]\n'
    found = tool_hatch.parse(text).dependencies
    assert [dependency.skip_reason for dependency in found] == [SkipReason.PATH, None, None]
