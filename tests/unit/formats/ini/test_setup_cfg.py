from __future__ import annotations

import pytest

from mothball.formats.ini.setup_cfg import parse
from mothball.model.document import DependencyKind, Document, SkipReason
from tests.support.samples import SETUP_CFG as SAMPLE
from tests.support.spans import check_places


def problems(document: Document, text: str) -> list[tuple[str, str]]:
    return [(problem.span.slice(text), problem.message) for problem in document.problems]


def test_a_file_with_everything_is_read() -> None:
    document = parse(SAMPLE)
    check_places(SAMPLE, document)

    assert document.format == "setup-cfg"
    assert [(one.name, one.specifier, one.skip_reason, one.section) for one in document.dependencies] == [
        ("django", ">= 4.2, < 5", None, "options.install_requires"),
        ("zope-interface", "==6.0", None, "options.install_requires"),
        ("tool", "", SkipReason.VCS, "options.install_requires"),
        ("half", "", SkipReason.INCOMPLETE, "options.install_requires"),
        ("wheel", "", None, "options.setup_requires"),
        ("setuptools", ">=61", None, "options.setup_requires"),
        ("pytest", "", None, "options.tests_require"),
        ("my-project", "", SkipReason.SELF, "options.extras_require.dev"),
        ("coverage", "", None, "options.extras_require.dev"),
        ("requests", "", None, "options.extras_require.all"),
    ]
    assert {one.kind for one in document.dependencies} == {DependencyKind.REQUIREMENT}
    assert [include.target for include in document.includes] == ["requirements/a.txt", "b.txt"]
    assert [ignore.rules for ignore in document.ignores] == [("archived",), ("deprecated",)]
    assert [place for place, _ in problems(document, SAMPLE)] == ["é🎉", "[", 'python_version < "3"']


def test_an_entry_over_two_lines_is_one_entry() -> None:
    entry = parse(SAMPLE).dependencies[1]

    assert entry.entry_span.slice(SAMPLE).split() == ["zope.interface==6.0", ";", "\\", "sys_platform", "==", '"win32"']
    assert entry.marker == 'sys_platform == "win32"'
    text = "[options]\ninstall_requires =\n  a \\\n"
    assert [one.entry_span.slice(text) for one in parse(text).dependencies] == ["a"]


def test_a_marker_on_the_line_of_the_option_is_told_as_setuptools_reads_it() -> None:
    text = '[options]\ninstall_requires = a; python_version < "3" ;; b>=1; ! ;extra_package\n'
    document = parse(text)

    assert [one.name for one in document.dependencies] == ["a", "b", "extra-package"]
    assert [place for place, _ in problems(document, text)] == ['python_version < "3" ', "!"]
    assert "separates entries" in document.problems[0].message
    assert "on its own line" in document.problems[0].help


def test_a_marker_on_a_line_of_its_own_is_a_marker() -> None:
    text = '[options]\ninstall_requires =\n  a; python_version < "3"\n'

    assert [(one.name, one.marker) for one in parse(text).dependencies] == [("a", 'python_version < "3"')]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[options]\npackages = a\n",
        "[other]\ninstall_requires = a\n",
        "install_requires = a\n",
        "[options]\ninstall_requires =\n",
        "[options]\ninstall_requires = file:\n",
        "[options.extras_require]\n",
    ],
)
def test_nothing_else_is_a_requirement(text: str) -> None:
    assert parse(text).dependencies == ()


def test_the_name_of_the_project_must_be_one_line() -> None:
    text = "[metadata]\nversion = 1\nname =\n  a\n  b\n[options]\ninstall_requires = a\n"

    assert [one.skip_reason for one in parse(text).dependencies] == [None]


def test_an_extra_without_delimiter_keeps_its_entries() -> None:
    text = "[options.extras_require]\na=\n  x\nb\n  y\n"

    assert [(one.name, one.section) for one in parse(text).dependencies] == [
        ("x", "options.extras_require.a"),
        ("y", "options.extras_require.b"),
    ]


def test_the_rest_of_a_broken_file_is_read() -> None:
    text = "[options]\ninstall_requires\n  a\nstray\n  b\n[tool\nsetup_requires =\n<<<<<<< HEAD\n  c\n"
    document = parse(text)

    assert [one.name for one in document.dependencies] == ["a", "b"]
    assert [place for place, _ in problems(document, text)] == ["install_requires", "stray", "[tool", "<<<<<<< HEAD"]


def test_tox_is_read_where_its_configuration_stands_here() -> None:
    environments = (
        "[testenv]\ndeps =\n  pytest  # mothball: ignore[archived] x\n  -r req.txt\n  -i https://i.example/\n"
    )
    text = f"[options]\ninstall_requires = a\n[tox:tox]\nrequires = tox>=4\n{environments}  [\n"
    document = parse(text)
    check_places(text, document)

    assert document.format == "setup-cfg"
    assert [(one.name, one.section) for one in document.dependencies] == [
        ("a", "options.install_requires"),
        ("tox", "tox.requires"),
        ("pytest", "testenv.deps"),
    ]
    assert [one.target for one in document.includes] == ["req.txt"]
    assert [one.value for one in document.index_options] == ["https://i.example/"]
    assert [one.reason for one in document.ignores] == ["x"]
    assert [place for place, _ in problems(document, text)] == ["["]
    assert parse(environments).dependencies == ()
