from __future__ import annotations

import pytest

from mothball.formats.yaml.pre_commit import parse
from mothball.model.document import SkipReason
from tests.support.samples import PRE_COMMIT as SAMPLE
from tests.support.spans import check_places
from tests.support.timing import least_seconds


def names(text: str) -> list[str]:
    document = parse(text)
    check_places(text, document)
    return [dependency.name for dependency in document.dependencies]


def hook(*lines: str) -> str:
    return "repos:\n- repo: x\n  hooks:\n  - id: hook\n" + "".join(f"    {line}\n" for line in lines)


def test_file_with_all_features_is_read() -> None:
    document = parse(SAMPLE)
    check_places(SAMPLE, document)

    assert document.format == "pre-commit"
    assert [
        (dependency.name, dependency.specifier, dependency.skip_reason, dependency.section)
        for dependency in document.dependencies
    ] == [
        ("types-pyyaml", "==6.0", None, "mypy.additional_dependencies"),
        ("pytest", ">=8", None, "mypy.additional_dependencies"),
        ("django", "", None, "mypy.additional_dependencies"),
        ("sphinx", "", None, "docs.additional_dependencies"),
        ("tool", "", SkipReason.VCS, "docs.additional_dependencies"),
        ("half", "", SkipReason.INCOMPLETE, "docs.additional_dependencies"),
    ]
    assert [problem.span.slice(SAMPLE) for problem in document.problems] == ["["]
    assert [option.value for option in document.index_options] == [
        "https://index.example/simple/",
        "https://other.example/",
    ]
    assert [comment.reason for comment in document.ignores] == ["soon"]
    assert document.includes == ()


def test_requirements_of_the_repository_of_a_hook_are_unresolvable() -> None:
    text = "repos:\n- repo: x\n  hooks:\n  - id: y\n    additional_dependencies: [-r, a.txt, -c, b.txt]\n"
    document = parse(text)
    assert [problem.span.slice(text) for problem in document.unresolvable] == ["a.txt"]
    assert not document.includes


def test_items_after_options_with_values_are_these_values() -> None:
    text = hook(
        "language: python", "additional_dependencies: [black, --no-binary, ':all:', -C, a=b, --only-binary, tox]"
    )

    assert names(text) == ["black"]
    assert parse(text).problems == ()


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
def test_hooks_in_other_languages_are_ignored(language: str) -> None:
    assert names(hook(f"language: {language}", "additional_dependencies: [a]")) == []


@pytest.mark.parametrize("language", ["python", "python_venv", "''"])
def test_python_hooks_are_read(language: str) -> None:
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
def test_entries_in_other_syntax_are_ignored(entries: str) -> None:
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
def test_entries_in_python_syntax_are_read(entry: str) -> None:
    assert names(hook(f'additional_dependencies: ["{entry}"]')) == ["name"]


def test_language_takes_precedence_over_entry_syntax() -> None:
    assert names(hook("language: python", "additional_dependencies: ['a@1.0', b]")) == ["a", "b"]


def test_well_known_hooks_in_other_languages_are_ignored() -> None:
    text = hook("additional_dependencies: [plugin]").replace("id: hook", "id: eslint")

    assert names(text) == []


def test_list_of_hooks_is_read() -> None:
    assert names("- id: a\n  language: python\n  additional_dependencies: [x]\n- id: b\n") == ["x"]


def test_legacy_configuration_is_read() -> None:
    assert names("- repo: x\n  hooks:\n  - id: a\n    additional_dependencies: [y]\n  - text\n- text\n") == ["y"]


def test_aliased_nodes_are_read_once() -> None:
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
def test_other_values_are_no_requirements(text: str) -> None:
    assert names(f"{text}\n# additional_dependencies\n") == []


def test_file_with_syntax_error_has_no_dependencies() -> None:
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
def test_aliases_take_linear_time(line: str) -> None:
    def cost(size: int) -> float:
        keys = "".join(f"    key{number}: x\n" for number in range(size // 20))
        text = (
            f"repos:\n- &repo\n  hooks:\n  - &hook\n{keys}    additional_dependencies: &list\n    - &item x\n"
            f"{line * (size // len(line))}"
        )
        return least_seconds(lambda: parse(text), 2)

    assert cost(640_000) < 30 * max(cost(80_000), 0.001)


@pytest.mark.parametrize(
    "text",
    [
        "repos:\n- repo: local\n  hooks:\n   - id: a\n  - id: b\n",  # two indentations in one list
        "repos:\n- repo: local\n   hooks: []\n",
        "repos:\n- repo: 'local\n  hooks: []\n",
        "repos:\n\t- repo: local\n",
        "repos: []\n- repo: local\n",
        "repos:\n- *unknown\n- invalid: [yaml\n",
    ],
)
def test_syntax_errors_are_reported_without_the_key(text: str) -> None:
    assert [problem.message[:14] for problem in parse(text).problems] == ["invalid YAML: "]


def test_key_with_escapes_is_read() -> None:
    assert names(hook('"additional\\u005fdependencies": [old-lib]')) == ["old-lib"]
