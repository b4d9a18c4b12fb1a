"""Comparison of lock parsing with tomllib and json, for complete and incomplete files."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Callable
from typing import Any

import pytest

from mothball.formats.table import parse
from mothball.model.document import DependencyKind, Document, SkipReason, normalize_name
from tests.support import lock_samples
from tests.support.spans import check_places
from tests.support.timing import least_seconds

SAMPLES = {
    "uv-lock": lock_samples.UV,
    "poetry-lock": lock_samples.POETRY,
    "pdm-lock": lock_samples.PDM,
    "pylock": lock_samples.PYLOCK,
    "pipfile-lock": lock_samples.PIPFILE,
}
TOML_SAMPLES = {name: text for name, text in SAMPLES.items() if name != "pipfile-lock"}
# The array of packages of each format.
ARRAYS = {"uv-lock": "package", "poetry-lock": "package", "pdm-lock": "package", "pylock": "packages"}


def reader(name: str) -> Callable[[str], Document]:
    return lambda text: parse(name, text)


def packages(name: str, text: str) -> list[tuple[str, str | None]]:
    """Return the name and version of every package according to tomllib or json."""
    if name == "pipfile-lock":
        sections = [section for key, section in json.loads(text).items() if key != "_meta"]
        pairs = [(key, _exact(entry.get("version", ""))) for section in sections for key, entry in section.items()]
    else:
        pairs = [(entry["name"], entry.get("version")) for entry in tomllib.loads(text)[ARRAYS[name]]]
    return sorted({(normalize_name(name), version) for name, version in pairs}, key=str)


def _exact(version: str) -> str | None:
    return version.removeprefix("==") if version.startswith("==") else None


def found(document: Document) -> list[tuple[str, str | None]]:
    return sorted({(dependency.name, dependency.version) for dependency in document.dependencies}, key=str)


@pytest.mark.parametrize("name", SAMPLES)
def test_all_packages_have_version_and_span(name: str) -> None:
    document = parse(name, SAMPLES[name])

    assert not document.problems
    assert found(document) == packages(name, SAMPLES[name])
    assert {dependency.kind for dependency in document.dependencies} == {DependencyKind.LOCKED}
    check_places(SAMPLES[name], document)


@pytest.mark.parametrize("name", SAMPLES)
@pytest.mark.parametrize("ending", ["\r\n", "\r\n\r\n"])
def test_windows_line_endings_only_shift_spans(name: str, ending: str) -> None:
    text = SAMPLES[name].replace("\n", ending)
    document = parse(name, text)

    assert found(document) == packages(name, SAMPLES[name])
    assert document.graph == parse(name, SAMPLES[name]).graph
    check_places(text, document)


@pytest.mark.parametrize("name", TOML_SAMPLES)
def test_unusual_layout_has_the_same_result(name: str) -> None:
    """With other white space and quotes, the fast reader declines and the TOML reader has the same result."""
    usual = parse(name, SAMPLES[name])
    array = ARRAYS[name]
    for unusual in (
        SAMPLES[name].replace(f"[[{array}]]", f"[[ {array} ]]"),
        SAMPLES[name].replace("name = ", "name  =  "),
        SAMPLES[name].replace('\nname = "', "\nname = '").replace('"\nversion', "'\nversion"),
        SAMPLES[name].replace(f"[[{array}]]\n", f"[[{array}]] # one\n\n"),
    ):
        try:
            tomllib.loads(unusual)
        except tomllib.TOMLDecodeError:
            continue
        document = parse(name, unusual)
        assert found(document) == found(usual)
        assert document.graph == usual.graph
        assert [
            (dependency.name, dependency.skip_reason, dependency.index_url) for dependency in document.dependencies
        ] == [(dependency.name, dependency.skip_reason, dependency.index_url) for dependency in usual.dependencies]
        check_places(unusual, document)


def edges(name: str) -> dict[str, set[str]]:
    graph = parse(name, SAMPLES[name]).graph
    assert graph is not None
    return {parent: set(children) for parent, children in graph.requires.items() if children}


def expected_edges(
    packages_of: list[dict[str, Any]], names_of: Callable[[dict[str, Any]], list[str]]
) -> dict[str, set[str]]:
    expected: dict[str, set[str]] = {}
    for entry in packages_of:
        required = {normalize_name(name) for name in names_of(entry)}
        if required:
            expected.setdefault(normalize_name(entry["name"]), set()).update(required)
    return expected


def test_uv_graph_matches_required_packages() -> None:
    def names_of(entry: dict[str, Any]) -> list[str]:
        groups = [entry.get("dependencies", [])]
        groups += [*entry.get("optional-dependencies", {}).values(), *entry.get("dev-dependencies", {}).values()]
        return [requirement["name"] for group in groups for requirement in group]

    assert edges("uv-lock") == expected_edges(tomllib.loads(SAMPLES["uv-lock"])["package"], names_of)


def test_poetry_graph_matches_required_packages() -> None:
    expected = expected_edges(
        tomllib.loads(SAMPLES["poetry-lock"])["package"], lambda entry: list(entry.get("dependencies", {}))
    )

    assert edges("poetry-lock") == expected


def test_pipfile_lock_has_no_graph() -> None:
    assert parse("pipfile-lock", SAMPLES["pipfile-lock"]).graph is None


def test_registry_packages_have_index_url_and_others_are_skipped() -> None:
    document = parse("uv-lock", SAMPLES["uv-lock"])

    for entry in tomllib.loads(SAMPLES["uv-lock"])["package"]:
        (dependency, *_) = [
            dependency
            for dependency in document.dependencies
            if (dependency.name, dependency.version) == (normalize_name(entry["name"]), entry.get("version"))
        ]
        registry = entry["source"].get("registry", "")
        if registry.startswith("http"):
            assert (dependency.index_url, dependency.skip_reason) == (registry, None)
        else:
            assert dependency.skip_reason is not None
    assert SkipReason.VCS in {dependency.skip_reason for dependency in document.dependencies}


@pytest.mark.parametrize("name", SAMPLES)
@pytest.mark.parametrize("text", ["", "\n", "]", "<<<<<<< ours\n", "{", '"', "[[package]]\nname", "\ud800"])
def test_malformed_text_does_not_raise(name: str, text: str) -> None:
    document = parse(name, text)

    assert all(dependency.skip_reason for dependency in document.dependencies)
    check_places(text, document)


@pytest.mark.parametrize("name", SAMPLES)
def test_merge_conflict_is_reported_without_dependencies(name: str) -> None:
    before, line, after = SAMPLES[name].partition("\n")
    text = f"{before}{line}<<<<<<< ours\n=======\n>>>>>>> theirs\n{after}"
    document = parse(name, text)

    assert document.problems
    assert not {"ours", "theirs"} & {dependency.name for dependency in document.dependencies}


@pytest.mark.alone
@pytest.mark.parametrize("name", SAMPLES)
@pytest.mark.parametrize(
    "unit", ["[", "{", '"', "\\", "[[package]]\n", 'name = "a"\n', '{"a":', "a.", "[[packages]]\nname='x'\n"]
)
def test_parsing_takes_linear_time(name: str, unit: str) -> None:
    short, long = unit * 2_000, unit * 20_000

    assert least_seconds(lambda: parse(name, long), 2) < 60 * max(least_seconds(lambda: parse(name, short), 2), 0.002)


# --- locks without packages -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "text", "place", "message"),
    [
        ("uv-lock", 'version = 2\n[[packages]]\nname = "a"\n', "2", "version 2 "),
        ("uv-lock", 'version = 2\n[[package]]\nname = "a"\n', "2", "version 2 "),
        ("uv-lock", 'version = 1\n[[packages]]\nname = "a"\n', "packages", "`packages` is not"),
        ("uv-lock", 'version = 1\n[[distribution]]\nname = "a"\n', "distribution", "`distribution` is not"),
        ("uv-lock", 'packages = [{ name = "a" }]\n', "packages", "`packages` is not"),
        ("uv-lock", '[ "pack\\u0061ges" . x ]\n', '"pack\\u0061ges"', "`packages` is not"),
        ("poetry-lock", '[metadata]\nlock-version = "3.0"\n', "3.0", "version 3.0 "),
        ("poetry-lock", "[metadata]\nlock-version = 'next'\n", "next", "version next "),
        ("poetry-lock", '[[packages]]\nname = "a"\n[metadata]\nlock-version = "2.1"\n', "packages", "`packages`"),
        ("pdm-lock", '[metadata]\nlock_version = "5.0"\n', "5.0", "version 5.0 "),
        ("pdm-lock", '[metadata]\nlock_version = "4.5.0"\n[[packages]]\nname = "a"\n', "packages", "`packages`"),
        ("pylock", 'lock-version = "2.0"\npackages = []\n', "2.0", "version 2.0 "),
        ("pylock", 'lock-version = "1.0"\n[[package]]\nname = "a"\n', "package", "`package` is not"),
        ("pipfile-lock", '{"_meta": {"pipfile-spec": 7}, "default": {}}', "7", "version 7 "),
        ("pipfile-lock", '{"_meta": {"pipfile-spec": "6"}}', '"6"', 'version "6" '),
    ],
)
def test_lock_of_unknown_version_or_layout_is_unreadable(name: str, text: str, place: str, message: str) -> None:
    (problem,) = parse(name, text).problems
    assert problem.span.slice(text) == place
    assert message in problem.message
    assert problem.help


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("uv-lock", ""),
        ("uv-lock", "# nothing\n"),
        ("uv-lock", 'version = 1\nrevision = 3\nrequires-python = ">=3.11"\n\n[options]\nexclude-newer = "2026"\n'),
        ("uv-lock", "version = 1\npackage = []\n"),
        ("poetry-lock", 'package = []\n\n[extras]\n\n[metadata]\nlock-version = "2.1"\ncontent-hash = "0"\n'),
        ("poetry-lock", '[metadata]\nlock-version = "1.1"\n'),
        ("pdm-lock", '[metadata]\nstrategy = []\nlock_version = "4.5.0"\n'),
        ("pylock", 'lock-version = "1.1"\ncreated-by = "x"\npackages = []\n\n[tool.x]\npackage = 1\n'),
        ("pipfile-lock", '{"_meta": {"pipfile-spec": 6, "sources": []}, "default": {}, "develop": {}}'),
        ("pipfile-lock", "{}"),
    ],
)
def test_empty_lock_is_readable(name: str, text: str) -> None:
    document = parse(name, text)
    assert document.problems == ()
    assert document.dependencies == ()


def test_unknown_table_beside_packages_is_no_problem() -> None:
    assert parse("uv-lock", 'version = 1\n[[package]]\nname = "a"\nversion = "2.0"\n[news]\n').problems == ()
