"""Sources, dependency graphs and names of locked packages."""

from __future__ import annotations

import tomllib
from typing import Any

import pytest

from mothball.formats.names import format_of
from mothball.formats.table import parse
from mothball.model.document import Dependency, DependencyGraph, DependencyKind, Document, SkipReason, normalize_name
from tests.support import lock_samples

INDEX = "https://index.example/simple"
TOML = ("uv-lock", "poetry-lock", "pdm-lock", "pylock")
HEADERS = dict.fromkeys(TOML, "[[package]]") | {"pylock": "[[packages]]"}


def only(format_name: str, lines: str) -> Dependency:
    (dependency,) = parse(format_name, f'{HEADERS[format_name]}\nname = "owl"\n{lines}\n').dependencies
    return dependency


def graph(document: Document) -> DependencyGraph:
    assert document.graph is not None
    return document.graph


@pytest.mark.parametrize(
    ("format_name", "lines", "skip_reason"),
    [
        ("uv-lock", 'source = { registry = "../wheels" }', "path"),
        ("uv-lock", 'source = { registry = "file:///srv/wheels" }', "path"),
        ("uv-lock", 'source = { git = "https://code.example/owl#0a" }', "vcs"),
        ("uv-lock", 'source = { url = "https://files.example/owl.zip", subdirectory = "x" }', "url"),
        ("uv-lock", 'source = { path = "owl.whl" }', "path"),
        ("uv-lock", 'source = { directory = "../owl" }', "path"),
        ("uv-lock", 'source = { editable = "../owl" }', "editable"),
        ("uv-lock", 'source = { virtual = "../owl" }', "workspace"),
        ("uv-lock", 'source = { virtual = "." }', "self"),
        ("uv-lock", 'source = { editable = "." }', "self"),
        ("uv-lock", 'source = { moon = "x" }', "unknown-index"),
        ("uv-lock", 'source = { registry = "https://index.exam', "incomplete"),
        ("uv-lock", "", None),
        ("poetry-lock", "[package.source]\ntype = 'git'\nurl = 'x'", "vcs"),
        ("poetry-lock", "[package.source]\ntype = 'moon'", "unknown-index"),
        ("poetry-lock", "[package.source]\ntype = 'url'\nurl = 'https://files.example/owl.zip'", "url"),
        ("poetry-lock", "[package.source]\ntype = 'file'\nurl = 'owl.zip'", "path"),
        ("poetry-lock", "[package.source]\ntype = 'directory'\nurl = '../owl'", "path"),
        ("poetry-lock", "develop = true\n[package.source]\ntype = 'directory'\nurl = '../owl'", "editable"),
        ("poetry-lock", "develop = false\n[package.source]\ntype = 'directory'\nurl = '../owl'", "path"),
        ("poetry-lock", "[package.source]\ntype = 'legacy'", "unknown-index"),
        ("poetry-lock", "[package.source]\ntype = 'legacy'\nurl = 'vendor'\nreference = 'pypi'", "unknown-index"),
        ("poetry-lock", "[package.source]\nreference = 'x'", None),
        ("pdm-lock", "git = 'https://code.example/owl'", "vcs"),
        ("pdm-lock", "hg = 'https://code.example/owl'", "vcs"),
        ("pdm-lock", "path = './owl'", "path"),
        ("pdm-lock", "path = './owl'\neditable = true", "editable"),
        ("pdm-lock", "path = '.'\neditable = true", "self"),
        ("pdm-lock", "url = 'https://files.example/owl.zip'", "url"),
        ("pdm-lock", "url = 'file.zip'", "path"),
        ("pylock", "vcs = {type = 'git'}", "vcs"),
        ("pylock", "[packages.vcs]\ntype = 'git'", "vcs"),
        ("pylock", "directory = {path = '../owl'}", "path"),
        ("pylock", "directory = {path = '../owl', editable = true}", "editable"),
        ("pylock", "directory = {path = '.'}", "self"),
        ("pylock", "archive = {url = 'https://files.example/owl.zip'}", "url"),
        ("pylock", "archive = {path = 'owl.zip'}", "path"),
        ("pylock", "wheels = [{path = 'owl.whl'}]", "path"),
        ("pylock", "wheels = [{path = 'owl.whl', url = 'https://files.example/owl.whl'}]", None),
        ("pylock", "sdist = {name = 'owl.zip'}", None),
        ("pylock", "index = 'file:///srv/simple'", "path"),
        ("pylock", "index = 'https://index.example/sim", "incomplete"),
    ],
)
def test_package_without_index_is_skipped(format_name: str, lines: str, skip_reason: str | None) -> None:
    owl = only(format_name, lines)

    assert owl.skip_reason == skip_reason
    # An unterminated index URL is a syntax error and is not queried.
    assert owl.index_url is None or skip_reason == "incomplete"


@pytest.mark.parametrize(
    ("format_name", "lines"),
    [
        ("uv-lock", f'source = {{ registry = "{INDEX}" }}'),
        ("poetry-lock", f"[package.source]\ntype = 'legacy'\nurl = '{INDEX}'"),
        ("pylock", f"index = '{INDEX}'\nwheels = [{{path = 'owl.whl'}}]"),
    ],
)
def test_recorded_index_is_the_index_url(format_name: str, lines: str) -> None:
    package = only(format_name, lines)
    assert (package.index_url, package.skip_reason) == (INDEX, None)


@pytest.mark.parametrize("format_name", TOML)
def test_locked_package_has_its_version_and_marker(format_name: str) -> None:
    key = {"poetry-lock": "markers", "uv-lock": "x"}.get(format_name, "marker")
    owl = only(format_name, f"version = '1.0'\n{key} = \"os_name == 'nt'\"")

    assert (owl.kind, owl.version, owl.specifier) == (DependencyKind.LOCKED, "1.0", "")
    assert owl.marker == ("" if format_name == "uv-lock" else "os_name == 'nt'")


# --- graphs -----------------------------------------------------------------------------------------------------------


def test_dependencies_of_workspace_members_are_direct() -> None:
    document = parse("uv-lock", lock_samples.UV)

    assert graph(document).direct == ("anchor", "buoy", "crane", "dock", "flag", "gull")
    assert {dependency.name: dependency.skip_reason for dependency in document.dependencies}[
        "harbour-docs"
    ] == "workspace"


@pytest.mark.parametrize("kind", ["editable", "directory"])
def test_workspace_member_of_any_source_kind_is_recognized(kind: str) -> None:
    text = f'[manifest]\nmembers = ["Owl"]\n[[package]]\nname = "owl"\nsource = {{ {kind} = "packages/owl" }}\n'
    assert parse("uv-lock", text).dependencies[0].skip_reason is SkipReason.WORKSPACE


def test_script_requirements_are_direct() -> None:
    text = '[manifest]\nrequirements = [{ name = "Owl", specifier = ">=1" }]\n[[package]]\nname = "owl"\n'
    assert graph(parse("uv-lock", text)).direct == ("owl",)


def test_groups_of_a_workspace_without_a_package_are_direct() -> None:
    text = '[manifest.dependency-groups]\ndev = [{ name = "owl" }, { name = "gone" }]\n[[package]]\nname = "owl"\n'
    assert graph(parse("uv-lock", text)).direct == ("owl",)


def test_empty_direct_dependencies_differ_from_unknown() -> None:
    text = '[[package]]\nname = "owl"\nsource = { editable = "." }\n'
    assert graph(parse("uv-lock", text)).direct == ()
    assert graph(parse("uv-lock", text.replace('"."', '"../owl"'))).direct is None
    assert graph(parse("poetry-lock", '[[package]]\nname = "owl"\n')).direct is None


def test_graph_contains_only_locked_packages() -> None:
    text = (
        '[[package]]\nname = "owl"\ndependencies = [{ name = "Owl" }, { name = "gone" }, { name = "<<<<<<<" }, '
        '{ name = "Rich_Text" }, { name = "rich.text" }]\n[[package]]\nname = "rich-text"\n'
    )
    assert graph(parse("uv-lock", text)).requires == {"owl": ("rich-text",), "rich-text": ()}


def test_packages_of_the_same_name_share_requirements() -> None:
    text = "".join(
        f'[[package]]\nname = "{name}"\nversion = "{version}"\ndependencies = [{{ name = "{required}" }}]\n'
        for name, version, required in (("a", "1", "b"), ("a", "2", "c"), ("b", "1", "c"), ("c", "1", "c"))
    )
    assert graph(parse("uv-lock", text)).requires == {"a": ("b", "c"), "b": ("c",), "c": ()}


def test_package_with_extras_is_listed_once() -> None:
    document = parse("pdm-lock", lock_samples.PDM)

    assert [(dependency.name, dependency.extras) for dependency in document.dependencies][-2:] == [
        ("rope", ()),
        ("sail", ("silk",)),
    ]
    assert graph(document).requires["rope"] == ("chain",)


def test_pylock_without_dependencies_has_no_graph() -> None:
    assert parse("pylock", '[[packages]]\nname = "owl"\n').graph is None
    assert graph(parse("pylock", '[[packages]]\nname = "owl"\ndependencies = []\n')).requires == {"owl": ()}


# --- names ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("format_name", TOML)
@pytest.mark.parametrize(
    ("name", "found", "problem"),
    [
        ('name = "Owl_Eyes"', ("owl-eyes", None), None),
        ('name = "owl>=1"', ("owl", "incomplete"), "`owl>=1` is not a valid project name"),
        ('name = "a b"', None, "`a b` is not a valid project name"),
        ('name = "<<<<<<<"', None, "`<<<<<<<` is not a valid project name"),
        ('name = ""', None, "`` is not a valid project name"),
        ('name = "owl', ("owl", "incomplete"), "invalid TOML: unclosed string"),
        ("name = owl", ("owl", "incomplete"), "invalid TOML: invalid value"),
        ("name =", None, "invalid TOML: missing value"),
        ("name = 1", None, "package without a name"),
        ("", None, "package without a name"),
    ],
)
def test_invalid_name_is_reported_and_not_looked_up(
    format_name: str, name: str, found: tuple[str, str | None] | None, problem: str | None
) -> None:
    header = HEADERS[format_name]
    text = f'{header}\n{name}\n\n{header}\nname = "rich"\n'
    document = parse(format_name, text)

    names = [(dependency.name, dependency.skip_reason) for dependency in document.dependencies]
    assert names == ([found] if found else []) + [("rich", None)]
    assert (problem in [problem.message for problem in document.problems]) if problem else not document.problems


@pytest.mark.parametrize("format_name", TOML)
def test_ignore_comment_applies_to_its_package(format_name: str) -> None:
    header = HEADERS[format_name]
    text = (
        f'{header}\nname = "owl"  # mothball: ignore[archived] until May\n{header}\nname = "rich" # mothball: ignore\n'
    )
    document = parse(format_name, text)

    (ignore,) = document.ignores
    assert (ignore.rules, ignore.reason) == (("archived",), "until May")
    assert ignore.span.slice(text) == "# mothball: ignore[archived] until May"
    assert [problem.message for problem in document.problems] == ["`mothball: ignore` has no rule"]


# --- pylock against packaging -----------------------------------------------------------------------------------------


def origin(package: Any) -> str | None:
    if package.vcs:
        return "vcs"
    if package.directory:
        return "self" if package.directory.path == "." else "editable" if package.directory.editable else "path"
    if package.archive:
        return "url" if package.archive.url else "path"
    files = [*(package.wheels or ()), *([package.sdist] if package.sdist else ())]
    return None if package.index or any(file.url for file in files) else "path"


def test_pylock_matches_packaging() -> None:
    reader = pytest.importorskip("packaging.pylock", reason="needs packaging 26.0")
    theirs = reader.Pylock.from_dict(tomllib.loads(lock_samples.PYLOCK))
    ours = parse("pylock", lock_samples.PYLOCK)

    assert [
        (dependency.name, dependency.version, dependency.index_url, dependency.skip_reason)
        for dependency in ours.dependencies
    ] == [
        (package.name, str(package.version) if package.version else None, package.index, origin(package))
        for package in theirs.packages
    ]
    assert graph(ours).requires == {
        package.name: tuple(normalize_name(dependency["name"]) for dependency in package.dependencies or ())
        for package in theirs.packages
    }


# --- file names -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "format_name"),
    [
        *(("uv.lock", "uv-lock"), ("a/tool.py.lock", "uv-lock"), ("poetry.lock", "poetry-lock")),
        *(("pdm.lock", "pdm-lock"), ("pylock.toml", "pylock"), ("pylock.dev.toml", "pylock")),
        *(
            ("Pipfile.lock", "pipfile-lock"),
            ("pipfile.lock", "pipfile-lock"),
            ("package.lock", None),
            ("pylock.json", None),
        ),
    ],
)
def test_lock_format_is_detected_by_name(path: str, format_name: str | None) -> None:
    assert format_of(path) == format_name
