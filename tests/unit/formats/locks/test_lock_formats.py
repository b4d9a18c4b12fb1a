"""Lock files say what the standard library's readers find in them, each name at its place, whole or half typed."""

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
# Where each format keeps its packages.
ARRAYS = {"uv-lock": "package", "poetry-lock": "package", "pdm-lock": "package", "pylock": "packages"}


def reader(name: str) -> Callable[[str], Document]:
    return lambda text: parse(name, text)


def packages(name: str, text: str) -> list[tuple[str, str | None]]:
    """Return name and version of every package, as tomllib or json reads them."""
    if name == "pipfile-lock":
        sections = [section for key, section in json.loads(text).items() if key != "_meta"]
        pairs = [(key, _exact(entry.get("version", ""))) for section in sections for key, entry in section.items()]
    else:
        pairs = [(entry["name"], entry.get("version")) for entry in tomllib.loads(text)[ARRAYS[name]]]
    return sorted({(normalize_name(one), version) for one, version in pairs}, key=str)


def _exact(version: str) -> str | None:
    return version.removeprefix("==") if version.startswith("==") else None


def found(document: Document) -> list[tuple[str, str | None]]:
    return sorted({(one.name, one.version) for one in document.dependencies}, key=str)


@pytest.mark.parametrize("name", SAMPLES)
def test_every_package_is_found_with_its_version_and_its_place(name: str) -> None:
    document = parse(name, SAMPLES[name])

    assert not document.problems
    assert found(document) == packages(name, SAMPLES[name])
    assert {one.kind for one in document.dependencies} == {DependencyKind.LOCKED}
    check_places(SAMPLES[name], document)


@pytest.mark.parametrize("name", SAMPLES)
@pytest.mark.parametrize("ending", ["\r\n", "\r\n\r\n"])
def test_line_ends_of_windows_change_nothing_but_places(name: str, ending: str) -> None:
    text = SAMPLES[name].replace("\n", ending)
    document = parse(name, text)

    assert found(document) == packages(name, SAMPLES[name])
    assert document.graph == parse(name, SAMPLES[name]).graph
    check_places(text, document)


@pytest.mark.parametrize("name", TOML_SAMPLES)
def test_a_lock_that_is_written_in_an_unusual_way_says_the_same(name: str) -> None:
    """Other white space, other quotes: the fast reader gives up, and the TOML scanner reads the same."""
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
        assert [(one.name, one.skip_reason, one.index_url) for one in document.dependencies] == [
            (one.name, one.skip_reason, one.index_url) for one in usual.dependencies
        ]
        check_places(unusual, document)


def edges(name: str) -> dict[str, set[str]]:
    graph = parse(name, SAMPLES[name]).graph
    assert graph is not None
    return {parent: set(children) for parent, children in graph.requires.items() if children}


def expected_edges(
    packages_of: list[dict[str, Any]], names_of: Callable[[dict[str, Any]], list[str]]
) -> dict[str, set[str]]:
    wanted: dict[str, set[str]] = {}
    for entry in packages_of:
        required = {normalize_name(name) for name in names_of(entry)}
        if required:
            wanted.setdefault(normalize_name(entry["name"]), set()).update(required)
    return wanted


def test_the_graph_of_uv_is_what_its_packages_require() -> None:
    def names_of(entry: dict[str, Any]) -> list[str]:
        groups = [entry.get("dependencies", [])]
        groups += [*entry.get("optional-dependencies", {}).values(), *entry.get("dev-dependencies", {}).values()]
        return [one["name"] for group in groups for one in group]

    assert edges("uv-lock") == expected_edges(tomllib.loads(SAMPLES["uv-lock"])["package"], names_of)


def test_the_graph_of_poetry_is_what_its_packages_require() -> None:
    wanted = expected_edges(
        tomllib.loads(SAMPLES["poetry-lock"])["package"], lambda entry: list(entry.get("dependencies", {}))
    )

    assert edges("poetry-lock") == wanted


def test_a_pipfile_lock_tells_no_graph() -> None:
    assert parse("pipfile-lock", SAMPLES["pipfile-lock"]).graph is None


def test_packages_of_a_registry_bear_its_address_and_all_others_are_withheld() -> None:
    document = parse("uv-lock", SAMPLES["uv-lock"])

    for entry in tomllib.loads(SAMPLES["uv-lock"])["package"]:
        (one, *_) = [
            one
            for one in document.dependencies
            if (one.name, one.version) == (normalize_name(entry["name"]), entry.get("version"))
        ]
        registry = entry["source"].get("registry", "")
        if registry.startswith("http"):
            assert (one.index_url, one.skip_reason) == (registry, None)
        else:
            assert one.skip_reason is not None
    assert SkipReason.VCS in {one.skip_reason for one in document.dependencies}


@pytest.mark.parametrize("name", SAMPLES)
@pytest.mark.parametrize("text", ["", "\n", "]", "<<<<<<< ours\n", "{", '"', "[[package]]\nname", "\ud800"])
def test_nonsense_is_read_without_complaint_of_ours(name: str, text: str) -> None:
    document = parse(name, text)

    assert all(one.skip_reason for one in document.dependencies)
    check_places(text, document)


@pytest.mark.parametrize("name", SAMPLES)
def test_a_merge_conflict_is_told_and_names_nothing(name: str) -> None:
    before, line, after = SAMPLES[name].partition("\n")
    text = f"{before}{line}<<<<<<< ours\n=======\n>>>>>>> theirs\n{after}"
    document = parse(name, text)

    assert document.problems
    assert not {"ours", "theirs"} & {one.name for one in document.dependencies}


@pytest.mark.alone
@pytest.mark.parametrize("name", SAMPLES)
@pytest.mark.parametrize(
    "unit", ["[", "{", '"', "\\", "[[package]]\n", 'name = "a"\n', '{"a":', "a.", "[[packages]]\nname='x'\n"]
)
def test_time_grows_no_faster_than_the_text(name: str, unit: str) -> None:
    short, long = unit * 2_000, unit * 20_000

    assert least_seconds(lambda: parse(name, long), 2) < 60 * max(least_seconds(lambda: parse(name, short), 2), 0.002)
