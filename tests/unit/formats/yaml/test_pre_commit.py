from __future__ import annotations

import subprocess
import sys

import pytest

from mothball.formats.yaml.pre_commit import parse
from mothball.model.document import SkipReason
from tests.support.samples import PRE_COMMIT as SAMPLE
from tests.support.spans import check_places
from tests.support.timing import least_seconds


def names(text: str) -> list[str]:
    document = parse(text)
    check_places(text, document)
    return [one.name for one in document.dependencies]


def hook(*lines: str) -> str:
    return "repos:\n- repo: x\n  hooks:\n  - id: hook\n" + "".join(f"    {line}\n" for line in lines)


def test_a_file_with_everything_is_read() -> None:
    document = parse(SAMPLE)
    check_places(SAMPLE, document)

    assert document.format == "pre-commit"
    assert [(one.name, one.specifier, one.skip_reason, one.section) for one in document.dependencies] == [
        ("types-pyyaml", "==6.0", None, "mypy.additional_dependencies"),
        ("pytest", ">=8", None, "mypy.additional_dependencies"),
        ("django", "", None, "mypy.additional_dependencies"),
        ("sphinx", "", None, "docs.additional_dependencies"),
        ("tool", "", SkipReason.VCS, "docs.additional_dependencies"),
        ("half", "", SkipReason.INCOMPLETE, "docs.additional_dependencies"),
    ]
    assert [one.span.slice(SAMPLE) for one in document.problems] == ["["]
    assert [one.value for one in document.index_options] == [
        "https://index.example/simple/",
        "https://other.example/",
    ]
    assert [one.reason for one in document.ignores] == ["soon"]
    assert document.includes == ()


@pytest.mark.parametrize(
    "language",
    [
        "conda",
        "coursier",
        "dart",
        "docker",
        "fail",
        "golang",
        "node",
        "pygrep",
        "ruby",
        "rust",
        "system",
        "unsupported",
    ],
)
def test_hooks_in_other_languages_are_passed_over(language: str) -> None:
    assert names(hook(f"language: {language}", "additional_dependencies: [a]")) == []


@pytest.mark.parametrize("language", ["python", "python_venv", "''"])
def test_hooks_in_python_are_read(language: str) -> None:
    assert names(hook(f"language: {language}", "additional_dependencies: [a]")) == ["a"]


@pytest.mark.parametrize(
    "entries",
    [
        "prettier@3.9.6, plugin",
        "'@scope/name@1.2'",
        "'@scope/name', other",
        "eslint@^8.1",
        "eslint@latest",
        "golang.org/x/tools/cmd/goimports@v0.1",
        "'serde:1.0'",
        "'cli:ripgrep'",
        "'Perl::Critic'",
    ],
)
def test_what_no_tool_for_python_would_write_is_passed_over(entries: str) -> None:
    assert names(hook(f"additional_dependencies: [{entries}]")) == []


@pytest.mark.parametrize(
    "entry",
    [
        "name",
        "name==1.0",
        "name[extra]>=1",
        "name @ https://index.example/name@1.whl",
        "git+https://git.example/x@v1.0#egg=name",
        "file:name@1.whl#egg=name",
        "name ; python_version < '3'",
    ],
)
def test_what_tools_for_python_write_is_read(entry: str) -> None:
    assert names(hook(f'additional_dependencies: ["{entry}"]')) == ["name"]


def test_a_stated_language_counts_more_than_how_entries_look() -> None:
    assert names(hook("language: python", "additional_dependencies: ['a@1.0', b]")) == ["a", "b"]


def test_hooks_of_well_known_mirrors_are_no_python() -> None:
    text = hook("additional_dependencies: [plugin]").replace("id: hook", "id: eslint")

    assert names(text) == []


def test_a_list_of_hooks_is_read_as_well() -> None:
    assert names("- id: a\n  language: python\n  additional_dependencies: [x]\n- id: b\n") == ["x"]


def test_the_oldest_form_of_a_configuration_is_read() -> None:
    assert names("- repo: x\n  hooks:\n  - id: a\n    additional_dependencies: [y]\n  - text\n- text\n") == ["y"]


def test_what_aliases_lead_to_is_read_once() -> None:
    text = """\
repos:
- &repo
  hooks:
  - &hook
    id: a
    additional_dependencies: &list [x, &y y, *y]
  - *hook
  - id: b
    additional_dependencies: *list
  - <<: *hook
    id: c
- *repo
"""
    assert names(text) == ["x", "y"]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "repos: []\n",
        "repos: x\n",
        "text",
        "repos:\n- x\n",
        "repos:\n- hooks: x\n",
        hook("additional_dependencies:"),
        hook("additional_dependencies: x"),
        hook("additional_dependencies: [[x], {a: b}]"),
    ],
)
def test_nothing_else_is_a_requirement(text: str) -> None:
    assert names(f"{text}\n# additional_dependencies\n") == []


def test_nothing_is_read_of_a_file_with_a_syntax_error() -> None:
    document = parse(hook("additional_dependencies: [a", "language: python"))

    assert document.is_broken
    assert document.dependencies == ()
    assert len(document.problems) == 1


@pytest.mark.alone
@pytest.mark.parametrize(
    "line",
    [
        "  - *hook\n",
        "- *repo\n",
        "  - <<: *hook\n",
        "    additional_dependencies: *list\n",
        "    - *item\n",
        "  - <<: [*hook, *hook]\n    id: x\n",
    ],
)
def test_aliases_make_no_file_expensive(line: str) -> None:
    def cost(size: int) -> float:
        keys = "".join(f"    key{number}: x\n" for number in range(size // 20))
        text = (
            f"repos:\n- &repo\n  hooks:\n  - &hook\n{keys}    additional_dependencies: &list\n    - &item x\n"
            f"{line * (size // len(line))}"
        )
        return least_seconds(lambda: parse(text), 2)

    assert cost(640_000) < 30 * max(cost(80_000), 0.001)


def test_a_file_without_the_key_costs_no_import() -> None:
    program = (
        "import sys; from mothball.formats.table import parse; "
        "parse('pre-commit', 'repos: []'); assert 'yaml' not in sys.modules"
    )

    subprocess.run([sys.executable, "-c", program], check=True)
