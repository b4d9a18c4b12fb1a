"""What a change adds, as a function of documents; the cases of docs/added.md are in tests/functional."""

from __future__ import annotations

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mothball.check.additions import FileVersion, additions
from mothball.formats.table import parse
from mothball.model.document import Document
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
    """Return a version of a file that names ``names``, as the format of its path writes them."""
    if path.endswith("uv.lock"):
        source = '{ registry = "https://index.example/simple/" }'
        text = "version = 1\n" + "".join(
            f'\n[[package]]\nname = "{one}"\nversion = "1"\nsource = {source}\n' for one in names
        )
        return FileVersion(path, PATHS.get(path, "/r"), text, parse("uv-lock", text), oid)
    if path.endswith(".toml"):
        text = "[project]\nname = 'x'\ndependencies = [" + ", ".join(f'"{one}"' for one in names) + "]\n"
        return FileVersion(path, PATHS.get(path, "/r"), text, parse("pyproject", text), oid)
    if path.endswith(".yaml"):
        text = f"- id: x\n  language: python\n  additional_dependencies: [{', '.join(names)}]\n"
        return FileVersion(path, PATHS.get(path, "/r"), text, parse("pre-commit", text), oid)
    text = "".join(f"{one}\n" for one in names)
    return FileVersion(path, PATHS.get(path, "/r"), text, parse("requirements", text), oid)


@st.composite
def trees(draw: st.DrawFn) -> dict[str, FileVersion]:
    paths = draw(st.sets(st.sampled_from(sorted(PATHS))))
    return {path: version(path, draw(st.lists(st.sampled_from(NAMES), unique=True))) for path in sorted(paths)}


def present(base: dict[str, FileVersion], target: dict[str, FileVersion]) -> dict[str, Document | None]:
    return {path: target[path].document if path in target else None for path in (*base, *target)}


def added(base: dict[str, FileVersion], target: dict[str, FileVersion]) -> dict[str, set[str]]:
    targets = list(target.values())
    found = additions(targets, list(base.values()), present(base, target))
    return {one.path: {entry.name for entry in add.dependencies} for one, add in zip(targets, found, strict=True)}


def names(one: FileVersion | None) -> set[str]:
    return {entry.name for entry in one.document.dependencies} if one else set()


@given(trees())
def test_what_is_as_it_was_adds_nothing(tree: dict[str, FileVersion]) -> None:
    assert not any(added(tree, tree).values())


@given(trees())
def test_the_first_tree_adds_all_that_it_names(tree: dict[str, FileVersion]) -> None:
    assert added({}, tree) == {path: names(one) for path, one in tree.items()}


@given(trees(), trees())
def test_an_added_name_stands_in_the_target_and_stood_in_no_manifest_of_its_project(
    base: dict[str, FileVersion], target: dict[str, FileVersion]
) -> None:
    for path, new in added(base, target).items():
        assert new <= names(target[path])
        assert not new & names(base.get(path))
        for other, one in base.items():
            if PATHS[path].startswith(PATHS[other]) and PATHS[other] in ("/r", PATHS[path]) and "requirements" in other:
                assert not new & names(one)


@given(trees(), trees())
def test_a_name_that_nothing_had_before_is_always_added(
    base: dict[str, FileVersion], target: dict[str, FileVersion]
) -> None:
    before = set().union(*map(names, base.values()))
    for path, new in added(base, target).items():
        assert names(target[path]) - before <= new


@given(trees(), trees(), trees())
def test_a_second_parent_only_ever_excuses_more(
    base: dict[str, FileVersion], other: dict[str, FileVersion], target: dict[str, FileVersion]
) -> None:
    alone = added(base, target)
    targets = list(target.values())
    second = [one._replace(parent=1) for one in other.values()]
    both = additions(targets, [*base.values(), *second], present({**base, **other}, target))
    for one, addition in zip(targets, both, strict=True):
        assert {entry.name for entry in addition.dependencies} <= alone[one.path]


def test_a_file_renamed_since_one_parent_is_so_whatever_another_parent_has_there() -> None:
    old = version("/r/a/requirements.txt", ["a-lib"])
    new = version("/r/b/constraints.txt", ["a-lib"])
    empty = version("/r/b/constraints.txt", [])._replace(parent=1)
    found = additions([new], [old, empty], {old.path: None, new.path: new.document})
    assert found[0].dependencies == ()


def test_of_several_files_that_are_gone_the_most_alike_is_the_one_that_was_renamed() -> None:
    base = {
        path: version(path, listed) for path, listed in {"/r/x/uv.lock": NAMES[:2], "/r/y/uv.lock": NAMES[:5]}.items()
    }
    base = {path: one._replace(project="/elsewhere") for path, one in base.items()}
    assert added(base, {"/r/uv.lock": version("/r/uv.lock", NAMES[:6])}) == {"/r/uv.lock": {NAMES[5]}}


def test_a_file_with_the_same_content_is_the_one_that_was_renamed_whatever_it_names() -> None:
    old = version("/r/x/uv.lock", [], oid="1")._replace(project="/elsewhere")
    alike = version("/r/y/uv.lock", NAMES[:5], oid="2")._replace(project="/elsewhere")
    new = version("/r/uv.lock", NAMES[:5], oid="1")
    found = additions([new], [old, alike], {old.path: None, alike.path: None, new.path: new.document})
    assert len(found[0].dependencies) == 5


def test_a_file_that_is_hardly_alike_is_another_one() -> None:
    old = version("/r/x/uv.lock", NAMES[:4])._replace(project="/elsewhere")
    assert added({old.path: old}, {"/r/uv.lock": version("/r/uv.lock", NAMES[3:])}) == {"/r/uv.lock": set(NAMES[3:])}


def _moved(count: int) -> None:
    listed = {number: [f"lib-{number}-{one}" for one in range(10)] for number in range(count)}
    base = {f"/r/old{number}/uv.lock": version(f"/r/old{number}/uv.lock", of) for number, of in listed.items()}
    target = {f"/r/new{number}/uv.lock": version(f"/r/new{number}/uv.lock", of) for number, of in listed.items()}
    base = {path: one._replace(project=path) for path, one in base.items()}
    assert not any(added(base, target).values())


@pytest.mark.alone
def test_many_renames_take_time_in_proportion() -> None:
    few, many = least_seconds(lambda: _moved(40)), least_seconds(lambda: _moved(400))
    assert many < few * 60
