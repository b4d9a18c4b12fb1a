"""Files with too many errors, entries, values or characters are reported, and nothing of them is read."""

from __future__ import annotations

import pytest

from mothball.formats.broken import MAX_LENGTH
from mothball.formats.table import parse
from mothball.formats.yaml import scan as reader
from mothball.model.document import MAX_ENTRIES, MAX_OPTIONS, MAX_PROBLEMS, Document, LineIndex

# Valid text with the dependency "a", and the character that begins a comment.
SHORT = {
    "setup-cfg": ("[options]\ninstall_requires = a\n", "#"),
    "setup-py": ("from setuptools import setup\nsetup(install_requires=['a'])\n", "#"),
    "tox-ini": ("[testenv]\ndeps = a\n", "#"),
    "conda-env": ("dependencies:\n- pip:\n  - a\n", "#"),
    "pre-commit": (
        "repos:\n- repo: local\n  hooks:\n  - {id: a, language: python, additional_dependencies: [a]}\n",
        "#",
    ),
}
PACKAGE = {
    "pixi-lock": ("version: 6\npackages:\n", "- pypi: https://files.example/a{0}.whl\n  name: a{0}\n  version: '1'\n"),
    "conda-lock": ("version: 1\npackage:\n", "- name: a{0}\n  version: '1'\n  manager: pip\n  platform: linux-64\n"),
}


def names(document: Document) -> list[str]:
    return [dependency.name for dependency in document.dependencies]


def check_not_read(document: Document) -> None:
    assert document.is_broken
    assert document.problems
    assert not document.dependencies
    assert not document.unnamed


@pytest.mark.parametrize("name", SHORT)
def test_text_of_the_greatest_length_is_read_and_a_longer_one_is_reported(name: str) -> None:
    text, comment = SHORT[name]
    text += comment * (MAX_LENGTH - len(text))
    assert names(parse(name, text)) == ["a"]
    longer = parse(name, text + comment)
    check_not_read(longer)
    (problem,) = longer.problems
    assert f"{MAX_LENGTH:,}" in problem.message


@pytest.mark.parametrize("name", ["conda-env", "pre-commit", "setup-py"])
def test_long_file_without_any_dependency_key_is_not_reported(name: str) -> None:
    assert parse(name, "# x\n" * MAX_LENGTH) == Document(name)


@pytest.fixture
def few_values(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lower the number of YAML values that a short text may have."""
    monkeypatch.setattr(reader, "_MAX_EVENTS", 100)


@pytest.mark.usefixtures("few_values")
@pytest.mark.parametrize("name", PACKAGE)
def test_large_lock_is_read(name: str) -> None:
    head, package = PACKAGE[name]
    document = parse(name, head + "".join(map(package.format, range(1000))))
    assert len(document.dependencies) == 1000
    assert not document.problems


@pytest.mark.usefixtures("few_values")
@pytest.mark.parametrize("name", PACKAGE)
@pytest.mark.parametrize("values", ["- a\n" * 1000, f"- '{'x' * 200_000}'\n"], ids=["many", "long"])
def test_lock_with_too_many_or_too_long_values_is_not_read(name: str, values: str) -> None:
    head, package = PACKAGE[name]
    check_not_read(parse(name, head + package.format(0) + values))


@pytest.mark.parametrize(
    ("name", "head", "line"),
    [
        ("pyproject", "[project]\ndependencies = ['a']\n", "?\n"),
        ("pipfile", "[packages]\na = '*'\n", "?\n"),
        ("poetry-lock", "[[package]]\nname = 'a'\nversion = '1'\n", "?\n"),
        ("uv-lock", "[[package]]\nname = 'a'\nversion = '1'\n", "?\n"),
        ("requirements", "a\n", "a[\n"),
        ("script", "# /// script\n# dependencies = ['a']\n", "# ?\n"),
    ],
)
def test_file_with_too_many_errors_is_not_read(name: str, head: str, line: str) -> None:
    assert names(parse(name, head)) == ["a"]
    check_not_read(parse(name, f"{head}{line * (MAX_PROBLEMS + 2)}"))


@pytest.mark.parametrize("line", ["- a\n", "a # b \\\nc\n", "-r a -r b\n"])
def test_requirements_with_too_much_ignored_text_are_not_read(line: str) -> None:
    check_not_read(parse("requirements", line * (MAX_PROBLEMS + 1)))
    assert not parse("requirements", line * MAX_PROBLEMS).is_broken


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        (
            "a\n" + "b[\n" * (MAX_PROBLEMS + 1),
            2,
            f"more than {MAX_PROBLEMS} errors, the first of them here: ",
        ),
        ("-r b\n" * (MAX_OPTIONS + 1), 1, "more than 1,000 includes or index options: the file is not read"),
        ("a\n" * (MAX_ENTRIES + 1), 1, "more than 100,000 entries: the file is not read"),
    ],
    ids=["errors", "includes", "entries"],
)
def test_exceeded_limit_is_named_with_its_remedy(text: str, line: int, message: str) -> None:
    (problem,) = parse("requirements", text).problems
    assert problem.message.startswith(message)
    assert LineIndex(text).position(problem.span.start).line == line
    assert problem.help.startswith("correct the errors" if "errors" in message else "split the file")


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("requirements", "a\n" + "-r b\n" * (MAX_OPTIONS + 1)),
        ("requirements", "a\n" + "--find-links b\n" * (MAX_OPTIONS + 1)),
        ("tox-ini", "[testenv]\ndeps =\n  a\n" + "  -r b\n" * (MAX_OPTIONS + 1)),
        ("setup-cfg", "[options]\ninstall_requires = file: " + "b, " * (MAX_OPTIONS + 1)),
    ],
)
def test_file_with_too_many_includes_and_index_options_is_not_read(name: str, text: str) -> None:
    document = parse(name, text)
    check_not_read(document)
    assert not document.includes
    assert [option.name for option in document.index_options] == ["unknown"]


def test_long_list_of_installed_packages_is_named() -> None:
    document = parse("requirements", "Package Version\n------- -------\n" + "a       1.0\n" * 300)
    check_not_read(document)
    assert ["pip list" in problem.message for problem in document.problems] == [True]


def test_indexes_of_a_file_that_is_not_read_are_unknown() -> None:
    document = parse("requirements", "-r b\n" + "a[\n" * (MAX_PROBLEMS + 2))
    assert not document.includes
    assert [option.name for option in document.index_options] == ["unknown"]


@pytest.mark.parametrize("closing", ["", "# ///\n"], ids=["no closing line before", "closing line before"])
def test_script_block_with_too_many_lines_is_reported(closing: str) -> None:
    text = f"# /// script\n# dependencies = ['a']\n{closing}" + "#\n" * 30_000 + "# dependencies = ['b']\n# ///\n"
    document = parse("script", text)
    assert document.is_broken
    assert names(document) == ["a"]
    (problem,) = document.problems
    assert "more than 20,000 lines" in problem.message


def test_script_block_of_the_greatest_length_is_read() -> None:
    document = parse("script", "# /// script\n# dependencies = ['a']\n" + "#\n" * 19_998 + "# ///\nprint()\n")
    assert names(document) == ["a"]
    assert (document.is_broken, document.problems) == (False, ())


def test_entry_whose_problem_is_not_shown_counts_as_added() -> None:
    # The problem of an added entry may not be among those that are shown, so none is excused by the base.
    document = parse("setup-cfg", "[options]\ninstall_requires =\n" + "  a[\n" * (MAX_PROBLEMS + 1))
    assert len(document.problems) == MAX_PROBLEMS + 1
    assert document.is_broken
