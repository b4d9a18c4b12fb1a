"""pixi.lock and conda-lock.yml."""

from __future__ import annotations

import pytest
import yaml

from mothball.check.pipeline import check
from mothball.formats.names import format_of
from mothball.formats.table import parse
from mothball.model.document import Dependency, DependencyKind, Document, SkipReason, normalize_name
from mothball.model.results import Rule, Severity
from tests.support import lock_samples
from tests.support.check_inputs import ARCHIVED, SETTINGS, LookUp, source
from tests.support.spans import check_places
from tests.support.timing import least_seconds

SAMPLES = {
    "pixi-lock": lock_samples.PIXI,
    "pixi-lock 7": lock_samples.PIXI_7,
    "pixi-lock 4": lock_samples.PIXI_4,
    "conda-lock": lock_samples.CONDA_LOCK,
}


def read(sample: str, text: str | None = None) -> Document:
    return parse(sample.partition(" ")[0], SAMPLES[sample] if text is None else text)


def pixi(*lines: str) -> Document:
    return parse("pixi-lock", "version: 6\npackages:\n" + "".join(f"{line}\n" for line in lines))


def by_name(document: Document) -> dict[str, Dependency]:
    return {dependency.name: dependency for dependency in document.dependencies}


# --- packages and places ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("sample", SAMPLES)
@pytest.mark.parametrize("ending", ["\n", "\r\n"])
def test_packages_are_those_of_the_yaml_parser(sample: str, ending: str) -> None:
    text = SAMPLES[sample].replace("\n", ending)
    lock = yaml.safe_load(text)
    packages = [
        package
        for package in lock.get("packages") or lock["package"]
        if "pypi" in package or package.get("kind") == "pypi" or package.get("manager") == "pip"
    ]
    document = read(sample, text)
    check_places(text, document)

    assert packages
    assert {(one.name, one.version) for one in document.dependencies} == {
        (normalize_name(package["name"]), str(package["version"])) for package in packages
    }
    assert {one.kind for one in document.dependencies} == {DependencyKind.LOCKED}
    assert not document.problems
    for one in document.dependencies:
        entry = one.entry_span.slice(text)
        assert entry.startswith(("pypi:", "kind:", "name:"))
        assert f"name: {one.name_span.slice(text)}" in entry


def test_entries_for_several_platforms_are_one_dependency() -> None:
    assert [one.name for one in read("pixi-lock").dependencies].count("anchor") == 1
    assert [one.name for one in read("conda-lock").dependencies].count("anchor") == 1
    document = pixi(
        *("- pypi: https://f.example/a-1.whl", "  name: a", "  version: '1'"),
        *("- pypi: https://f.example/a-2.whl", "  name: a", "  version: '2'"),
    )
    assert [(one.name, one.version) for one in document.dependencies] == [("a", "1"), ("a", "2")]


def test_graph_has_the_edges_between_locked_packages() -> None:
    def edges(sample: str) -> dict[str, tuple[str, ...]]:
        graph = read(sample).graph
        assert graph is not None
        assert graph.direct is None
        return {name: required for name, required in graph.requires.items() if required}

    assert edges("pixi-lock") == {"anchor": ("chain", "rope-walk"), "harbour": ("anchor",)}
    assert edges("pixi-lock 4") == {"anchor": ("chain",)}
    assert edges("conda-lock") == {"anchor": ("chain",)}


def test_ignore_comment_is_read() -> None:
    (ignore,) = read("pixi-lock").ignores
    assert (ignore.rules, ignore.reason) == (("archived",), "soon")


# --- sources ----------------------------------------------------------------------------------------------------------


def test_indexes_of_pixi_environments_apply_to_their_packages() -> None:
    found = by_name(read("pixi-lock"))
    for name in ("anchor", "chain", "rope-walk"):
        assert found[name].index_url == "https://index.example/simple"
        assert found[name].alternative_indexes == ("https://other.example/simple",)
        assert found[name].skip_reason is None


def test_index_of_a_pixi_package_takes_precedence() -> None:
    anchor = by_name(read("pixi-lock 7"))["anchor"]
    assert (anchor.index_url, anchor.alternative_indexes) == ("https://other.example/simple", ())


@pytest.mark.parametrize(
    ("location", "skip_reason"),
    [
        ("https://files.example/a-1.whl", None),
        ("direct+https://files.example/a-1.whl", SkipReason.URL),
        ("git+https://code.example/a.git", SkipReason.VCS),
        ("direct+git+https://code.example/a.git", SkipReason.URL),
        ("./", SkipReason.SELF),
        (".", SkipReason.SELF),
        ("./a", SkipReason.PATH),
        ("../a-1.whl", SkipReason.PATH),
        ("/srv/a", SkipReason.PATH),
        ("file:///srv/a", SkipReason.PATH),
    ],
)
def test_location_of_a_pixi_package_determines_its_source(location: str, skip_reason: SkipReason | None) -> None:
    (found,) = pixi(f"- pypi: {location}", "  name: a").dependencies
    assert (found.skip_reason, found.index_url) == (skip_reason, None)


def test_sources_of_conda_lock_packages() -> None:
    found = by_name(read("conda-lock"))
    assert {name: one.skip_reason for name, one in found.items()} == {
        "anchor": None,
        "chain": None,
        "flag": SkipReason.URL,
        "buoy": SkipReason.VCS,
    }


# --- problems ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("format_name", "text", "messages"),
    [
        ("pixi-lock", "", []),
        ("pixi-lock", "version: 6\npackages: []\n", []),
        ("pixi-lock", "version: 8\npackages: []\n", ["version 8 of this lock format is not known"]),
        ("pixi-lock", "version: x\n", ["version x of this lock format is not known"]),
        ("pixi-lock", "version: 6\n", ["no packages found: the list `packages` is missing"]),
        ("pixi-lock", "- a\n", ["no packages found: the list `packages` is missing"]),
        ("conda-lock", "version: 2\npackage: []\n", ["version 2 of this lock format is not known"]),
        ("conda-lock", "version: 1\n", ["no packages found: the list `package` is missing"]),
        ("pixi-lock", "packages:\n- pypi: x://y\n", ["package without a name"]),
        ("pixi-lock", "packages:\n- pypi: x://y\n  name: [a]\n", ["package without a name"]),
        ("pixi-lock", "packages:\n- pypi: x://y\n  name: a[b]\n", ["`a[b]` is not a valid project name"]),
    ],
)
def test_problems_are_reported(format_name: str, text: str, messages: list[str]) -> None:
    document = parse(format_name, text)
    check_places(text, document)
    assert [problem.message for problem in document.problems] == messages


@pytest.mark.parametrize(("format_name", "key"), [("pixi-lock", "packages"), ("conda-lock", "package")])
@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("{name: old-a}", "`{}` must be a list"),
        ("old-a", "`{}` must be a list"),
        ("[old-a]", "`{}` must be a list of packages with a name"),
        ("[]", ""),
    ],
)
def test_packages_must_be_a_list_of_mappings(format_name: str, key: str, value: str, message: str) -> None:
    problems = parse(format_name, f"version: 1\n{key}: {value}\n").problems
    assert [problem.message for problem in problems] == ([message.format(key)] if message else [])


def test_invalid_yaml_is_one_problem() -> None:
    document = pixi("- pypi: [x", "- pypi: https://f.example/a-1.whl", "  name: a")
    assert document.is_broken
    assert len(document.problems) == 1
    assert not document.dependencies


def test_alias_as_a_name_is_read_once() -> None:
    text = (
        "packages:\n- pypi: https://f.example/a\n  name: &x a\n  version: '1'\n"
        "- pypi: https://f.example/a\n  name: *x\n  version: '2'\n"
    )
    document = parse("pixi-lock", text)
    check_places(text, document)
    assert [one.name for one in document.dependencies] == ["a"]


@pytest.mark.alone
def test_aliased_requirements_take_linear_time() -> None:
    def cost(size: int) -> float:
        first = "- pypi: x://y\n  name: a\n  requires_dist: &x\n" + "  - b\n" * size
        more = "".join(f"- pypi: x://y\n  name: a{number}\n  requires_dist: *x\n" for number in range(size))
        text = f"packages:\n{first}{more}"
        return least_seconds(lambda: parse("pixi-lock", text), 2)

    assert cost(4000) < 20 * max(cost(500), 0.001)


# --- severity ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "lock", "manifest_path", "manifest"),
    [
        ("pixi.lock", lock_samples.PIXI, "pixi.toml", "[pypi-dependencies]\nanchor = '*'\n"),
        ("pixi.lock", lock_samples.PIXI, "pyproject.toml", "[tool.pixi.pypi-dependencies]\nanchor = '*'\n"),
        ("conda-lock.yml", lock_samples.CONDA_LOCK, "environment.yml", "dependencies:\n- pip:\n  - anchor\n"),
    ],
)
def test_transitive_package_has_a_path_and_a_lower_severity(
    path: str, lock: str, manifest_path: str, manifest: str
) -> None:
    files = []
    for name, text in ((path, lock), (manifest_path, manifest)):
        document = parse(format_of(name) or "", text.replace("# mothball: ignore[archived] soon", ""))
        file = source("", name)
        files.append(file._replace(parsed=file.parsed._replace(text=text, document=document), project="/project"))
    report = check(files, LookUp({"chain": ARCHIVED}), SETTINGS)
    (finding,) = [one for one in report.findings if one.rule is Rule.ARCHIVED]

    assert finding.severity is Severity.WARNING
    assert "anchor" in finding.message


@pytest.mark.parametrize(
    ("path", "format_name"),
    [
        ("pixi.lock", "pixi-lock"),
        ("a/PIXI.LOCK", "pixi-lock"),
        ("conda-lock.yml", "conda-lock"),
        ("conda-lock.yaml", "conda-lock"),
        ("dev.conda-lock.yml", "conda-lock"),
        ("conda-lock.toml", None),
        ("conda-linux-64.lock.yml", None),
        ("dev-conda-lock.yml", None),
    ],
)
def test_file_name_determines_the_format(path: str, format_name: str | None) -> None:
    assert format_of(path) == format_name
