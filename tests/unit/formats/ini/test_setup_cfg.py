from __future__ import annotations

import pytest

from mothball.formats.ini.setup_cfg import parse
from mothball.model.document import DependencyKind, Document, SkipReason
from tests.support.samples import SETUP_CFG as SAMPLE
from tests.support.spans import check_places


def problems(document: Document, text: str) -> list[tuple[str, str]]:
    return [(problem.span.slice(text), problem.message) for problem in document.problems]


def test_complete_sample() -> None:
    document = parse(SAMPLE)
    check_places(SAMPLE, document)

    assert document.format == "setup-cfg"
    assert [
        (dependency.name, dependency.specifier, dependency.skip_reason, dependency.section)
        for dependency in document.dependencies
    ] == [
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
    assert {dependency.kind for dependency in document.dependencies} == {DependencyKind.REQUIREMENT}
    assert [include.target for include in document.includes] == ["requirements/a.txt", "b.txt"]
    assert [ignore.rules for ignore in document.ignores] == [("archived",), ("deprecated",)]
    assert [place for place, _ in problems(document, SAMPLE)] == ["é🎉", "[", 'python_version < "3"']


def test_continued_entry_is_one_entry() -> None:
    entry = parse(SAMPLE).dependencies[1]

    assert entry.entry_span.slice(SAMPLE).split() == ["zope.interface==6.0", ";", "\\", "sys_platform", "==", '"win32"']
    assert entry.marker == 'sys_platform == "win32"'
    text = "[options]\ninstall_requires =\n  a \\\n"
    assert [dependency.entry_span.slice(text) for dependency in parse(text).dependencies] == ["a"]


def test_marker_in_a_one_line_list_is_a_problem() -> None:
    text = '[options]\ninstall_requires = a; python_version < "3" ;; b>=1; ! ;extra_package\n'
    document = parse(text)

    assert [dependency.name for dependency in document.dependencies] == ["a", "b", "extra-package"]
    assert [place for place, _ in problems(document, text)] == ['python_version < "3" ', "!"]
    assert "separates entries" in document.problems[0].message
    assert "on its own line" in document.problems[0].help


def test_marker_in_a_multi_line_list_is_accepted() -> None:
    text = '[options]\ninstall_requires =\n  a; python_version < "3"\n'

    assert [(dependency.name, dependency.marker) for dependency in parse(text).dependencies] == [
        ("a", 'python_version < "3"')
    ]


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


def test_name_of_the_project_must_be_one_line() -> None:
    text = "[metadata]\nversion = 1\nname =\n  a\n  b\n[options]\ninstall_requires = a\n"

    assert [dependency.skip_reason for dependency in parse(text).dependencies] == [None]


def test_extra_without_delimiter_keeps_its_entries() -> None:
    text = "[options.extras_require]\na=\n  x\nb\n  y\n"

    assert [(dependency.name, dependency.section) for dependency in parse(text).dependencies] == [
        ("x", "options.extras_require.a"),
        ("y", "options.extras_require.b"),
    ]


def test_valid_parts_of_an_invalid_file_are_read() -> None:
    text = "[options]\ninstall_requires\n  a\nstray\n  b\n[tool\nsetup_requires =\n<<<<<<< HEAD\n  c\n"
    document = parse(text)

    assert [dependency.name for dependency in document.dependencies] == ["a", "b"]
    assert [place for place, _ in problems(document, text)] == ["install_requires", "stray", "[tool", "<<<<<<< HEAD"]


def test_tox_configuration_in_setup_cfg_is_read() -> None:
    environments = (
        "[testenv]\ndeps =\n  pytest  # mothball: ignore[archived] x\n  -r req.txt\n  -i https://i.example/\n"
    )
    text = f"[options]\ninstall_requires = a\n[tox:tox]\nrequires = tox>=4\n{environments}  [\n"
    document = parse(text)
    check_places(text, document)

    assert document.format == "setup-cfg"
    assert [(dependency.name, dependency.section) for dependency in document.dependencies] == [
        ("a", "options.install_requires"),
        ("tox", "tox.requires"),
        ("pytest", "testenv.deps"),
    ]
    assert [include.target for include in document.includes] == ["req.txt"]
    assert [option.value for option in document.index_options] == ["https://i.example/"]
    assert [ignore.reason for ignore in document.ignores] == ["x"]
    assert [place for place, _ in problems(document, text)] == ["["]
    assert parse(environments).dependencies == ()
