from __future__ import annotations

import subprocess
import sys

import pytest

from mothball.formats.yaml.conda_env import parse
from mothball.model.document import SkipReason
from tests.support.samples import CONDA_ENV as SAMPLE
from tests.support.spans import check_places


def test_a_file_with_everything_is_read() -> None:
    document = parse(SAMPLE)
    check_places(SAMPLE.replace("\\x3d", "="), parse(SAMPLE.replace("\\x3d", "=")))

    assert document.format == "conda-env"
    assert [(one.name, one.specifier, one.skip_reason, one.section) for one in document.dependencies] == [
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
    assert [(one.target, one.kind.value) for one in document.includes] == [
        ("requirements.txt", "requirement"),
        ("constraints.txt", "constraint"),
    ]
    assert [one.value for one in document.index_options] == ["https://index.example/simple/"]
    assert [one.reason for one in document.ignores] == ["soon", "as well"]
    assert [one.span.slice(SAMPLE) for one in document.problems] == ["["]


def test_an_escape_is_part_of_what_is_written() -> None:
    six = next(one for one in parse(SAMPLE).dependencies if one.name == "six")

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
def test_the_name_of_a_conda_package_is_told(entry: str, name: str | None) -> None:
    found = parse(f"dependencies:\n- {entry}\n").dependencies

    assert [one.name for one in found] == ([name] if name else [])


@pytest.mark.parametrize(
    "text",
    [
        "",
        "name: x\n",
        "dependencies:\n",
        "dependencies: [pip: ]\n",
        "dependencies: {a: b}\n",
        "- dependencies\n",
        "dependencies:\n- pip: x\n",
        "a:\n  dependencies: [b]\n",
    ],
)
def test_nothing_else_is_a_requirement(text: str) -> None:
    assert parse(text).dependencies == ()
    assert parse(text).problems == ()


def test_what_is_no_environment_file_is_not_judged() -> None:
    assert parse("image: [\n  {{ .Values.image }}\n").problems == ()
    assert parse("dependencies:\n- a\n- {{ x }\n").problems != ()


def test_a_requirement_that_cannot_be_placed_is_told() -> None:
    text = 'dependencies:\n- pip:\n  - "a\\x3d\n    =1"\n- b\n'
    document = parse(text)

    assert [one.name for one in document.dependencies] == ["b"]
    assert [(one.span.slice(text), one.help) for one in document.problems] == [
        ('"a\\x3d\n    =1"', "write it on one line")
    ]


def test_a_block_holds_a_line_for_each_requirement() -> None:
    text = "dependencies:\n- pip:\n  - |\n    a==1\n    b\n"

    assert [(one.name, one.entry_span.slice(text)) for one in parse(text).dependencies] == [("a", "a==1"), ("b", "b")]


def test_lists_that_aliases_lead_to_are_read_once() -> None:
    text = "x: &x [a]\ny: &y b\ndependencies:\n- &c c\n- *c\n- pip: *x\n- pip: *x\n- pip: [*y, *y]\n"

    assert [one.name for one in parse(text).dependencies] == ["a", "b", "c"]


def test_nothing_is_read_of_a_file_with_a_syntax_error() -> None:
    text = 'dependencies:\n- pip:\n  - a\n  - "req\n  - other\n'
    document = parse(text)

    assert document.dependencies == ()
    assert [one.span.slice(text) for one in document.problems] == ['"req']


def test_a_file_without_the_key_costs_no_import() -> None:
    program = (
        "import sys; from mothball.formats.table import parse; "
        "parse('conda-env', 'a: b'); assert 'yaml' not in sys.modules"
    )

    subprocess.run([sys.executable, "-c", program], check=True)
