from __future__ import annotations

import random

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from mothball.edits.dependencies import remove_dependency
from mothball.edits.model import apply
from mothball.formats.table import parse
from mothball.model.document import Dependency, DependencyKind
from tests.support.edit_samples import LOCKS, MANIFESTS
from tests.support.text_edits import edits as half_typed_edits
from tests.support.toml_documents import project

# Entries that have no line of their own and are not an array element.
NOT_REMOVABLE = {
    # Strings that hold several requirements.
    ("setup-py", "alpha-lib"),
    ("setup-py", "beta-lib"),
    ("pyproject", "pytest"),
    ("pyproject", "hypothesis"),
    ("setup-cfg", "wheel"),
    ("setup-cfg", "setuptools-scm"),
    ("pyproject", "k"),
    ("pyproject", "l"),
    # Operands of a conditional expression, parts of another string.
    ("setup-py", "plain-lib"),
    ("pyproject", "bench-helpers"),
    # Tables and dotted keys in several places.
    ("pyproject", "psycopg"),
    ("pyproject", "e"),
    # Requirements in a table that is an element of an array.
    ("pyproject", "numpy"),
    ("pyproject", "asgiref"),
    ("hatch-toml", "asgiref"),
}


def fields(dependency: Dependency) -> tuple[str, str, str]:
    return dependency.name, dependency.specifier, dependency.section


def without(name: str, text: str, as_: str = "requirements") -> str:
    """Return ``text`` without the first entry of ``name``, or unchanged if it cannot be removed."""
    document = parse(as_, text)
    return apply(
        text, remove_dependency(text, document, next(entry for entry in document.dependencies if entry.name == name))
    )


def assert_only_entry_is_removed(name: str, text: str, index: int) -> bool:
    """Return True if the entry at ``index`` can be removed; assert that nothing else is removed."""
    document = parse(name, text)
    edits = remove_dependency(text, document, document.dependencies[index])
    if not edits:
        return False
    after = parse(name, apply(text, edits))
    rest = [*document.dependencies[:index], *document.dependencies[index + 1 :]]
    assert [*map(fields, after.dependencies)] == [*map(fields, rest)]
    assert len(after.problems) <= len(document.problems)
    assert [include.target for include in after.includes] == [include.target for include in document.includes]
    return True


# --- every entry of every format --------------------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "text"), MANIFESTS)
def test_removal_of_any_entry_removes_nothing_else(name: str, text: str) -> None:
    document = parse(name, text)
    remaining = {
        entry.name
        for index, entry in enumerate(document.dependencies)
        if not assert_only_entry_is_removed(name, text, index)
    }
    assert {(name, entry) for entry in remaining} <= NOT_REMOVABLE


@pytest.mark.parametrize(("name", "text"), MANIFESTS)
def test_all_entries_can_be_removed_one_by_one(name: str, text: str) -> None:
    problems = len(parse(name, text).problems)
    while dependencies := [
        entry for entry in parse(name, text).dependencies if (name, entry.name) not in NOT_REMOVABLE
    ]:
        document = parse(name, text)
        edits = remove_dependency(text, document, dependencies[0])
        assert edits, dependencies[0]
        text = apply(text, edits)
    assert len(parse(name, text).problems) <= problems


@pytest.mark.parametrize(("name", "text"), LOCKS)
def test_nothing_is_removed_from_a_lock(name: str, text: str) -> None:
    document = parse(name, text)
    assert {remove_dependency(text, document, entry) for entry in document.dependencies} == {()}


@settings(deadline=None, max_examples=60)
@given(st.integers(0, 10_000), st.randoms(use_true_random=False))
def test_removal_from_arrays_in_every_layout(seed: int, pick: random.Random) -> None:
    text = project(seed)
    count = len(parse("pyproject", text).dependencies)
    assert assert_only_entry_is_removed("pyproject", text, pick.randrange(count))


@settings(deadline=None, max_examples=60)
@given(st.sampled_from(MANIFESTS), st.randoms(use_true_random=False), st.data())
def test_removal_from_an_incomplete_file_removes_nothing_else(
    sample: tuple[str, str], pick: random.Random, data: st.DataObject
) -> None:
    name, whole = sample
    edits = list(half_typed_edits(whole, pick, ("x = [", "    a,")))
    text = data.draw(st.sampled_from(edits)).apply(whole)
    count = len(parse(name, text).dependencies)
    assume(count)
    assert_only_entry_is_removed(name, text, data.draw(st.integers(0, count - 1)))


# --- arrays -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('["old-lib"]', "[]"),
        ('[ "old-lib", ]', "[ ]"),
        ('[ "old-lib" ]', "[]"),
        ('["old-lib", "b"]', '["b"]'),
        ('["a", "old-lib"]', '["a"]'),
        ('["a","old-lib","b"]', '["a","b"]'),
        ('[\n  "a",\n  "old-lib>=1",  # why\n  "b"\n]', '[\n  "a",\n  "b"\n]'),
        ('[\n  "a",\n  # kept\n  "b",\n  "old-lib"  # why\n]', '[\n  "a",\n  # kept\n  "b",\n]'),
        ('[\n  "old-lib",  # why\n]', "[\n]"),
        ('[\n  # a reason\n  "old-lib",\n]', "[\n]"),
        ('[\n  "a", "old-lib",\n  "b"]', '[\n  "a",\n  "b"]'),
        ('[\n  "old-lib", "a",\n]', '[\n  "a",\n]'),
        ('["old-lib",\n "b"]', '[\n "b"]'),
        ('["a",  # a\n "old-lib"]', '["a",  # a\n "old-lib"]'),
        ('["a",\n "old-lib"]', '["a"]'),
        ('[\n  "a",\n  "old-lib", "b"]', '[\n  "a",\n  "b"]'),
        ('[\n  "a"\n  , "old-lib"\n  , "b"\n]', '[\n  "a"\n  , "b"\n]'),
        ('[\n    "a"  # a\n  , "old-lib"\n  , "b"\n]', '[\n    "a"  # a\n  , "b"\n]'),
    ],
)
def test_array_element_is_removed_with_comma_line_and_comment(before: str, after: str) -> None:
    head = "[project]\ndependencies = "
    assert without("old-lib", f"{head}{before}\n", "pyproject") == f"{head}{after}\n"


@pytest.mark.parametrize(
    "text",
    [
        '[tool.tox]\nrequires = "old-lib"\n',
        '[tool.cibuildwheel]\ntest-requires = "old-lib>=1 b"\n',
        '[tool.cibuildwheel]\ntest-requires = "a old-lib"\n',
        '[tool.uv.extra-build-dependencies]\nx = ["a", { requirement = "old-lib", match-runtime = true }]\n',
    ],
)
def test_requirement_in_a_string_or_table_is_not_removed(text: str) -> None:
    assert without("old-lib", text, "pyproject") == text


def test_line_of_a_multiline_string_is_removed() -> None:
    text = '[tool.tox.env_run_base]\ndeps = """\na\nold-lib\nb\n"""\n'
    assert without("old-lib", text, "pyproject") == text.replace("\nold-lib", "")


# --- tables -----------------------------------------------------------------------------------------------------------


def test_key_is_removed_with_its_line_and_comment() -> None:
    text = '[packages]\na = "*"\nold-lib = {version = "1"}  # why\nb = "*"\n'
    assert without("old-lib", text, "pipfile") == '[packages]\na = "*"\nb = "*"\n'


def test_table_is_removed_with_its_body() -> None:
    text = '[packages]\na = "*"\n\n[packages.old-lib]\nversion = "1"\n# more\nextras = []\n\n# b\n[packages.b]\n'
    assert without("old-lib", text, "pipfile") == '[packages]\na = "*"\n\n# b\n[packages.b]\n'


@pytest.mark.parametrize(
    "text",
    [
        '[tool.poetry.dependencies]\nold-lib.version = "1"\na = "2"\nold-lib.extras = ["x"]\n',
        '[[tool.poetry.dependencies.old-lib]]\nversion = "1"\n[[tool.poetry.dependencies.old-lib]]\nversion = "2"\n',
        '[tool.poetry]\ngroup.d.dependencies.old-lib = "3"\n',
    ],
)
def test_entry_in_several_places_is_not_removed(text: str) -> None:
    assert without("old-lib", text, "pyproject") == text


def test_inline_table_entry_is_removed_with_its_comma() -> None:
    text = '[tool.poetry]\ndependencies = { a = "1", old-lib = "2" }\n'
    assert without("old-lib", text, "pyproject") == '[tool.poetry]\ndependencies = { a = "1" }\n'


def test_whole_line_of_a_script_block_is_removed() -> None:
    text = '# /// script\n# dependencies = [\n#   "a",\n#   "old-lib",  # why\n# ]\n# ///\nprint()\n'
    assert without("old-lib", text, "script") == text.replace('#   "old-lib",  # why\n', "")


# --- requirements files -----------------------------------------------------------------------------------------------


def test_requirement_is_removed_with_its_continuation_lines() -> None:
    text = "a\nold-lib==1 \\\n  --hash=sha256:00 \\\n  --hash=sha256:11  # why\nb\n"
    assert without("old-lib", text) == "a\nb\n"


def test_requirement_with_its_name_on_a_continuation_line_is_not_removed() -> None:
    text = "a\r\n-e \\\r\n git+https://git.example/x#egg=old-lib\r\nb"
    assert without("old-lib", text) == text


def test_global_option_is_not_removed_with_a_requirement() -> None:
    text = "-i https://index.example/simple/\nold-lib"
    assert without("old-lib", text) == "-i https://index.example/simple/\n"


def test_comment_line_with_trailing_backslash_is_not_continued() -> None:
    assert without("old-lib", "# a \\\nold-lib\n") == "# a \\\n"


def test_constraint_is_removed_from_a_constraints_file() -> None:
    document = parse("requirements", "a<1\nold-lib<2\n", DependencyKind.CONSTRAINT)
    edits = remove_dependency("a<1\nold-lib<2\n", document, document.dependencies[1])
    assert apply("a<1\nold-lib<2\n", edits) == "a<1\n"


# --- INI, YAML, Python ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("install_requires = old-lib  # why\n", "install_requires =\n"),
        ("install_requires: old-lib\n", "install_requires:\n"),
        ("  install_requires = old-lib\n", "  install_requires =\n"),
        ("install_requires = a; old-lib\n", "install_requires = a; old-lib\n"),
        ("install_requires = old-lib; a\n", "install_requires = old-lib; a\n"),
        ("install_requires = old-lib\n    a\n", "install_requires =\n    a\n"),
        ("install_requires =\n    a\n    old-lib \\\n      >=1\n    b\n", "install_requires =\n    a\n    b\n"),
        ("install_requires =\n    old-lib\n", "install_requires =\n"),
    ],
)
def test_rest_of_an_ini_list_is_kept(before: str, after: str) -> None:
    assert without("old-lib", f"[options]\n{before}", "setup-cfg") == f"[options]\n{after}"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("deps:\n        - a\n        - old-lib  # why\n", "deps:\n        - a\n"),
        ("deps:\n        - old-lib\n        # b\n        - b\n", "deps:\n        # b\n        - b\n"),
        ("deps:\n        - b\n        # c\n\n        - old-lib\n", "deps:\n        - b\n        # c\n\n"),
        ("deps:  # x\n        - old-lib  # why\n", "deps:  # x\n          []\n"),
        ("deps:\n      - 'old-lib'\n", "deps:\n        []\n"),
        (
            "deps:\n\n        - old-lib\n        # last\n      more: 1\n",
            "deps:\n\n          []\n        # last\n      more: 1\n",
        ),
        ("deps: [old-lib]\n", "deps: []\n"),
        ("deps: [a, 'old-lib', b]\n", "deps: [a, b]\n"),
        ("deps: [\n        a,\n        old-lib, # why\n      ]\n", "deps: [\n        a,\n      ]\n"),
        ("deps: &x\n        - old-lib\n", "deps: &x\n          []\n"),
        ("deps: &x\n        - a\n        - old-lib\n", "deps: &x\n        - a\n"),
        ("deps:\n        - {a: b}\n        - old-lib\n", "deps:\n        - {a: b}\n"),
        ("deps:\n        - a: b\n          c: d\n        - old-lib\n", None),
        ("deps: [{a: b}, old-lib]\n", "deps: [{a: b}]\n"),
        ("deps: [&x old-lib]\n", None),
    ],
)
def test_yaml_list_stays_a_list(before: str, after: str | None) -> None:
    head = "repos:\n  - repo: local\n    hooks:\n    - id: x\n      language: python\n      "
    expected = before if after is None else after
    before, expected = (head + text.replace("deps", "additional_dependencies") for text in (before, expected))
    assert without("old-lib", before, "pre-commit") == expected


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("install_requires=['a', 'old-lib']", "install_requires=['a']"),
        ("install_requires=[\n  'old-lib'  # why\n  '>=1',\n  'b',\n]", "install_requires=[\n  'b',\n]"),
        ("install_requires=('a', 'old-lib')", None),
        ("install_requires=['a'] + 'old-lib b'.split()", None),
        ("install_requires=['a', ('old-lib')]", None),
    ],
)
def test_python_list_stays_a_list(before: str, after: str | None) -> None:
    text = f"from setuptools import setup\nsetup({before})\n"
    document = parse("setup-py", text)
    if all(entry.name != "old-lib" for entry in document.dependencies):
        return
    expected = before if after is None else after
    assert without("old-lib", text, "setup-py") == f"from setuptools import setup\nsetup({expected})\n"
