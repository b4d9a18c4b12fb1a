"""Additions between base and target documents; tests/functional covers the cases of docs/added.md."""

from __future__ import annotations

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mothball.check.additions import additions
from mothball.check.base_entries import FileVersion
from mothball.formats.table import parse
from mothball.model.document import DependencyKind, Document, FileKind, ParsedFile
from tests.support.timing import least_seconds

NAMES = [f"{letter}-lib" for letter in string.ascii_lowercase[:8]]
PATHS = {
    "/r/requirements.txt": "/r",
    "/r/pyproject.toml": "/r",
    "/r/uv.lock": "/r",
    "/r/a/requirements.txt": "/r/a",
    "/r/a/.pre-commit-config.yaml": "/r/a",
    "/r/b/constraints.txt": "/r/b",
    "/r/bb/requirements.txt": "/r/bb",
}


def version(path: str, names: list[str], oid: str = "") -> FileVersion:
    """Return a file version with the dependencies ``names``, in the format for ``path``."""
    if path.endswith("uv.lock"):
        source = '{ registry = "https://index.example/simple/" }'
        text = "version = 1\n" + "".join(
            f'\n[[package]]\nname = "{name}"\nversion = "1"\nsource = {source}\n' for name in names
        )
        return FileVersion(path, PATHS.get(path, "/r"), ParsedFile(path, "/r", text, parse("uv-lock", text)), oid)
    if path.endswith(".toml"):
        text = "[project]\nname = 'x'\ndependencies = [" + ", ".join(f'"{name}"' for name in names) + "]\n"
        return FileVersion(path, PATHS.get(path, "/r"), ParsedFile(path, "/r", text, parse("pyproject", text)), oid)
    if path.endswith(".yaml"):
        text = f"- id: x\n  language: python\n  additional_dependencies: [{', '.join(names)}]\n"
        return FileVersion(path, PATHS.get(path, "/r"), ParsedFile(path, "/r", text, parse("pre-commit", text)), oid)
    text = "".join(f"{name}\n" for name in names)
    kind: FileKind = DependencyKind.CONSTRAINT if "constraints" in path else DependencyKind.REQUIREMENT
    parsed = ParsedFile(path, "/r", text, parse("requirements", text, kind), kind)
    return FileVersion(path, PATHS.get(path, "/r"), parsed, oid)


@st.composite
def trees(draw: st.DrawFn) -> dict[str, FileVersion]:
    paths = draw(st.sets(st.sampled_from(sorted(PATHS))))
    return {path: version(path, draw(st.lists(st.sampled_from(NAMES), unique=True))) for path in sorted(paths)}


def present(base: dict[str, FileVersion], target: dict[str, FileVersion]) -> dict[str, Document | None]:
    return {path: target[path].parsed.document if path in target else None for path in (*base, *target)}


def added(base: dict[str, FileVersion], target: dict[str, FileVersion]) -> dict[str, set[str]]:
    targets = list(target.values())
    result = additions(targets, list(base.values()), present(base, target))
    return {
        version.path: {entry.name for entry in addition.dependencies}
        for version, addition in zip(targets, result, strict=True)
    }


def names(version: FileVersion | None) -> set[str]:
    return {entry.name for entry in version.parsed.document.dependencies} if version else set()


@given(trees())
def test_unchanged_tree_adds_nothing(tree: dict[str, FileVersion]) -> None:
    assert not any(added(tree, tree).values())


@given(trees())
def test_everything_is_added_to_an_empty_base(tree: dict[str, FileVersion]) -> None:
    assert added({}, tree) == {path: names(version) for path, version in tree.items()}


@given(trees(), trees())
def test_added_name_is_in_the_target_and_in_no_base_manifest_of_the_project(
    base: dict[str, FileVersion], target: dict[str, FileVersion]
) -> None:
    for path, new in added(base, target).items():
        assert new <= names(target[path])
        assert not new & names(base.get(path))
        for base_path, base_version in base.items():
            project, base_project = PATHS[path], PATHS[base_path]
            covers_project = project.startswith(base_project) and base_project in ("/r", project)
            if covers_project and "requirements" in base_path:
                assert not new & names(base_version)


@given(trees(), trees())
def test_name_that_is_not_in_the_base_is_added(base: dict[str, FileVersion], target: dict[str, FileVersion]) -> None:
    before = set().union(*map(names, base.values()))
    for path, new in added(base, target).items():
        assert names(target[path]) - before <= new


@given(trees(), trees())
def test_name_in_no_base_manifest_is_added_to_a_manifest(
    base: dict[str, FileVersion], target: dict[str, FileVersion]
) -> None:
    manifests = [version for path, version in base.items() if path.endswith(("requirements.txt", "pyproject.toml"))]
    before = set().union(*map(names, manifests))
    for path, new in added(base, target).items():
        if path.endswith(("requirements.txt", "pyproject.toml")):
            assert names(target[path]) - before <= new


@given(trees(), trees(), trees())
def test_second_parent_never_adds_names(
    base: dict[str, FileVersion], other: dict[str, FileVersion], target: dict[str, FileVersion]
) -> None:
    alone = added(base, target)
    targets = list(target.values())
    second = [version._replace(parent=1) for version in other.values()]
    both = additions(targets, [*base.values(), *second], present({**base, **other}, target))
    for version, addition in zip(targets, both, strict=True):
        assert {entry.name for entry in addition.dependencies} <= alone[version.path]


def test_rename_since_one_parent_is_followed_if_another_parent_has_the_new_path() -> None:
    old = version("/r/a/requirements.txt", ["a-lib"])
    new = version("/r/b/constraints.txt", ["a-lib"])
    empty = version("/r/b/constraints.txt", [])._replace(parent=1)
    result = additions([new], [old, empty], {old.path: None, new.path: new.parsed.document})
    assert result[0].dependencies == ()


def test_rename_since_one_parent_uses_up_no_removal_since_another_parent() -> None:
    path, moved = "/r/bb/requirements.txt", version("/r/requirements.txt", ["a-lib", "b-lib", "d-lib"])
    first, second = version(path, ["d-lib"]), version(path, ["a-lib", "b-lib"])._replace(parent=1)
    result = additions([moved], [first, second], {path: None, moved.path: moved.parsed.document})
    assert result[0].dependencies == ()


def test_removal_from_the_same_file_of_several_parents_excuses_one_addition() -> None:
    base = [version("/r/a/requirements.txt", ["a-lib", "b-lib"])._replace(parent=parent) for parent in (0, 1)]
    paths = ("/r/b/requirements.txt", "/r/c/requirements.txt")
    targets = [version(path, ["a-lib"])._replace(project=path[:4]) for path in paths]
    left = version("/r/a/requirements.txt", ["b-lib"])
    documents = {each.path: each.parsed.document for each in (left, *targets)}
    moved = [dict(each.moved_from) for each in additions([left, *targets], base, documents)]
    assert [list(each.values()) for each in moved] == [[], ["/r/a/requirements.txt"], []]


def test_most_similar_deleted_file_is_the_renamed_one() -> None:
    base = {
        path: version(path, listed) for path, listed in {"/r/x/uv.lock": NAMES[:2], "/r/y/uv.lock": NAMES[:5]}.items()
    }
    base = {path: old._replace(project="/elsewhere") for path, old in base.items()}
    assert added(base, {"/r/uv.lock": version("/r/uv.lock", NAMES[:6])}) == {"/r/uv.lock": {NAMES[5]}}


def test_same_content_takes_precedence_over_similar_names() -> None:
    old = version("/r/x/uv.lock", [], oid="1")._replace(project="/elsewhere")
    alike = version("/r/y/uv.lock", NAMES[:5], oid="2")._replace(project="/elsewhere")
    new = version("/r/uv.lock", NAMES[:5], oid="1")
    result = additions([new], [old, alike], {old.path: None, alike.path: None, new.path: new.parsed.document})
    assert len(result[0].dependencies) == 5


def test_dissimilar_file_is_not_a_rename() -> None:
    old = version("/r/x/uv.lock", NAMES[:4])._replace(project="/elsewhere")
    assert added({old.path: old}, {"/r/uv.lock": version("/r/uv.lock", NAMES[3:])}) == {"/r/uv.lock": set(NAMES[3:])}


def _moved(count: int) -> None:
    listed = {number: [f"lib-{number}-{index}" for index in range(10)] for number in range(count)}
    base = {f"/r/old{number}/uv.lock": version(f"/r/old{number}/uv.lock", names) for number, names in listed.items()}
    target = {f"/r/new{number}/uv.lock": version(f"/r/new{number}/uv.lock", names) for number, names in listed.items()}
    base = {path: old._replace(project=path) for path, old in base.items()}
    assert not any(added(base, target).values())


@pytest.mark.alone
def test_time_for_many_renames_is_linear() -> None:
    few, many = least_seconds(lambda: _moved(40)), least_seconds(lambda: _moved(400))
    assert many < few * 60


def _bumped(count: int) -> None:
    before, after = ([f"lib-{number}=={release}" for number in range(count)] for release in (1, 2))
    path = "/r/requirements.txt"
    assert added({path: version(path, before)}, {path: version(path, after)}) == {path: set()}


@pytest.mark.alone
def test_time_for_many_entries_is_linear() -> None:
    few, many = least_seconds(lambda: _bumped(500)), least_seconds(lambda: _bumped(5000))
    assert many < few * 30


def _relocked(releases: list[str]) -> None:
    """Compare two locks that record ``releases`` of one project, each with another file."""
    locks = []
    for start in (0, len(releases)):
        text = "version = 1\n" + "".join(
            f'\n[[package]]\nname = "lib"\nversion = "{release}"\n'
            f'sdist = {{ url = "https://files.example/lib.zip", hash = "sha256:{number:064x}" }}\n'
            for number, release in enumerate(releases, start)
        )
        locks.append(FileVersion("/r/uv.lock", "/r", ParsedFile("/r/uv.lock", "/r", text, parse("uv-lock", text))))
    base, target = locks
    (addition,) = additions([target], [base], {"/r/uv.lock": target.parsed.document})
    assert (len(addition.dependencies), len(addition.repinned)) == (0, len(releases))


@pytest.mark.alone
@pytest.mark.parametrize("release", ["{}", "1"], ids=["many releases", "one release"])
def test_time_for_many_locked_entries_of_one_project_is_linear(release: str) -> None:
    few, many = (
        least_seconds(lambda count=count: _relocked([release.format(number) for number in range(count)]))  # type: ignore[misc]
        for count in (100, 1000)
    )
    assert many < few * 30


@pytest.mark.alone
def test_time_for_long_releases_is_linear() -> None:
    few, many = (
        least_seconds(lambda length=length: _relocked([f"1{'.0' * length}.1"]))  # type: ignore[misc]
        for length in (2000, 20_000)
    )
    assert many < few * 30
