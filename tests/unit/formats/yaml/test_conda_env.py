from __future__ import annotations

import subprocess
import sys

import pytest

from mothball.formats.yaml.conda_env import parse
from mothball.model.document import SkipReason
from tests.support.samples import CONDA_ENV as SAMPLE
from tests.support.spans import check_places


def test_file_with_all_features_is_read() -> None:
    document = parse(SAMPLE)
    check_places(SAMPLE.replace("\\x3d", "="), parse(SAMPLE.replace("\\x3d", "=")))

    assert document.format == "conda-env"
    assert [
        (dependency.name, dependency.specifier, dependency.skip_reason, dependency.section)
        for dependency in document.dependencies
    ] == [
        ("python", "", SkipReason.CONDA, "dependencies"),
        ("num-py", "", SkipReason.CONDA, "dependencies"),
        ("-libgcc-mutex", "", SkipReason.CONDA, "dependencies"),
        ("pip", "", SkipReason.CONDA, "dependencies"),
        ("requests", ">=2", None, "dependencies.pip"),
        ("django", "==5.0", None, "dependencies.pip"),
        ("tool", "", SkipReason.VCS, "dependencies.pip"),
        ("other", "", SkipReason.VCS, "dependencies.pip"),
        ("six", "==1.16", None, "dependencies.pip"),
        ("half", "", SkipReason.INCOMPLETE, "dependencies.pip"),
        ("scipy", "", SkipReason.CONDA, "dependencies"),
    ]
    assert [(include.target, include.kind.value) for include in document.includes] == [
        ("requirements.txt", "requirement"),
        ("constraints.txt", "constraint"),
    ]
    assert [option.value for option in document.index_options] == ["https://index.example/simple/"]
    assert [comment.reason for comment in document.ignores] == ["soon", "as well"]
    assert [problem.span.slice(SAMPLE) for problem in document.problems] == ["["]


def test_span_includes_escapes() -> None:
    six = next(dependency for dependency in parse(SAMPLE).dependencies if dependency.name == "six")

    assert six.entry_span.slice(SAMPLE) == "six\\x3d=1.16"
    assert six.specifier_span is not None
    assert six.specifier_span.slice(SAMPLE) == "\\x3d=1.16"


@pytest.mark.parametrize(
    ("entry", "name"),
    [
        ("numpy", "numpy"),
        ("numpy=1.26", "numpy"),
        ("numpy 1.26.*", "numpy"),
        ("numpy>=1", "numpy"),
        ("numpy[version='>=1']", "numpy"),
        ("conda-forge/linux-64::numpy", "numpy"),
        ("https://index.example/x.conda", None),
        ("{{ name }}", None),
        ("'*'", None),
    ],
)
def test_conda_package_name_is_read(entry: str, name: str | None) -> None:
    found = parse(f"dependencies:\n- {entry}\n").dependencies

    assert [dependency.name for dependency in found] == ([name] if name else [])


@pytest.mark.parametrize(
    "text",
    [
        "",
        "name: x\n",
        "dependencies:\n",
        "dependencies: [pip: ]\n",
        "dependencies: {a: b}\n",
        "- dependencies\n",
        "a:\n  dependencies: [b]\n",
    ],
)
def test_other_values_are_no_requirements(text: str) -> None:
    assert parse(text).dependencies == ()
    assert parse(text).problems == ()


def test_other_yaml_file_has_no_problems() -> None:
    assert parse("image: [\n  {{ .Values.image }}\n").problems == ()
    assert parse("dependencies:\n- a\n- {{ x }\n").problems != ()


def test_requirement_without_positions_is_reported() -> None:
    text = 'dependencies:\n- pip:\n  - "a\\x3d\n    =1"\n- b\n'
    document = parse(text)

    assert [dependency.name for dependency in document.dependencies] == ["b"]
    assert [(problem.span.slice(text), problem.help) for problem in document.problems] == [
        ('"a\\x3d\n    =1"', "write it on one line")
    ]


def test_block_scalar_has_one_requirement_per_line() -> None:
    text = "dependencies:\n- pip:\n  - |\n    a==1\n    b\n"

    assert [(dependency.name, dependency.entry_span.slice(text)) for dependency in parse(text).dependencies] == [
        ("a", "a==1"),
        ("b", "b"),
    ]


def test_aliased_lists_are_read_once() -> None:
    text = "x: &x [a]\ny: &y b\ndependencies:\n- &c c\n- *c\n- pip: *x\n- pip: *x\n- pip: [*y, *y]\n"

    assert [dependency.name for dependency in parse(text).dependencies] == ["a", "b", "c"]


def test_file_with_syntax_error_has_no_dependencies() -> None:
    text = 'dependencies:\n- pip:\n  - a\n  - "req\n  - other\n'
    document = parse(text)

    assert document.dependencies == ()
    assert [problem.span.slice(text) for problem in document.problems] == ['"req']


def test_yaml_is_not_imported_without_the_key() -> None:
    program = (
        "import sys; from mothball.formats.table import parse; "
        "parse('conda-env', 'a: b'); assert 'yaml' not in sys.modules"
    )

    subprocess.run([sys.executable, "-c", program], check=True)


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("dependencies: {pip: [a]}\n", "pip"),
        ("dependencies:\n  pip:\n  - a\n", "pip"),
        ("dependencies: a\n", "a"),
        ("dependencies:\n- pip: a\n", "a"),
        ("dependencies:\n- pip: {a: b}\n", "a"),
    ],
)
def test_value_other_than_a_list_is_reported(text: str, place: str) -> None:
    (problem,) = parse(text).problems
    assert problem.span.slice(text) == place
    assert problem.message.endswith(" must be a list")


@pytest.mark.parametrize(
    "text", ["dependencies:\n", "dependencies: []\n", "dependencies:\n- pip:\n- x\n", "dependencies:\n  app: {x: 1}\n"]
)
def test_empty_lists_and_mappings_of_other_tools_are_no_problem(text: str) -> None:
    assert parse(text).problems == ()
