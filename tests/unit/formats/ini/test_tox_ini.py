from __future__ import annotations

import pytest

from mothball.formats import table
from mothball.formats.ini.tox_ini import parse
from mothball.formats.source_map import source_map, substitute
from mothball.model.document import DependencyKind, Document, SkipReason, Span
from tests.support.samples import TOX_INI as SAMPLE
from tests.support.spans import check_places
from tests.support.timing import least_seconds


def names(text: str) -> list[str]:
    document = parse(text)
    check_places(text, document, substitutions=True)
    return [dependency.name for dependency in document.dependencies]


def deps(*lines: str) -> str:
    return "[testenv]\ndeps =\n" + "".join(f"    {line}\n" for line in lines)


def problem_texts(document: Document, text: str) -> list[str]:
    return [problem.span.slice(text) for problem in document.problems]


def test_complete_sample() -> None:
    document = parse(SAMPLE)
    check_places(SAMPLE, document, substitutions=True)

    assert document.format == "tox-ini"
    assert [
        (dependency.name, dependency.specifier, dependency.skip_reason, dependency.section)
        for dependency in document.dependencies
    ] == [
        ("tox", ">=4.2", None, "tox.requires"),
        ("virtualenv", "", None, "tox.requires"),
        ("six", "", None, "base.deps"),
        ("mypy", "==1.0", None, "base.deps"),
        ("pytest", ">=8 , <9", None, "testenv.deps"),
        ("coverage", "", None, "testenv.deps"),
        ("django", "", None, "testenv.deps"),
        ("attrs", "==24.1", None, "testenv.deps"),
        ("rich", "=={env:RICH}", None, "testenv.deps"),
        ("tool", "", SkipReason.VCS, "testenv.deps"),
        ("ruff", "", None, "testenv:lint.deps"),
        ("build", "", None, "pkgenv.deps"),
    ]
    assert document.dependencies[5].extras == ("toml",)
    assert document.dependencies[5].marker == 'python_version < "3.12"'
    assert [(include.span.slice(SAMPLE), include.target, include.kind) for include in document.includes] == [
        ("requirements.txt", "requirements.txt", DependencyKind.REQUIREMENT),
        ("constraints.txt", "constraints.txt", DependencyKind.CONSTRAINT),
        ("limits.txt", "limits.txt", DependencyKind.CONSTRAINT),
    ]
    assert [option.value for option in document.index_options] == ["https://index.example/simple/"]
    assert [ignore.reason for ignore in document.ignores] == ["until 5", "x"]
    assert document.problems == ()


def test_name_spans_match_the_text() -> None:
    written = [dependency.name_span.slice(SAMPLE) for dependency in parse(SAMPLE).dependencies]

    assert written[:9] == ["tox", "virtualenv", "six", "mypy", "pytest", "coverage", "Django", "attrs", "rich"]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("py311: foo", ["foo"]),
        ("py311:foo", []),
        ("!py311,lint-{a,!b}: foo", ["foo"]),
        ("py3{10-12}: foo", ["foo"]),
        ("py3*: foo", ["foo"]),
        ("py36: https://index.example/x.zip#egg=foo", []),
        ("git+https://git.example/x\\#egg=foo", ["foo"]),
        ("file:///x\\#egg=foo", ["foo"]),
        ("foo @ https://index.example/x.zip", ["foo"]),
        ("py311:", []),
        ("{env:A:foo}", ["foo"]),
        ("{env:A:{env:B:foo}}", ["foo"]),
        ("{env:A:{env:B}}", []),
        ("foo{env:A}", []),
        ("{posargs}", []),
        ("{posargs:{toxinidir}/foo}", []),
        ("{[nowhere]deps}", []),
        ("foo-{env:A:bar}", []),
        ("foo {env:A:>=1}", ["foo"]),
        ("foo=={env:A", ["foo"]),
        ("foo{env:A:==1", ["foo"]),
        ("foo}", []),
        ("foo\\{bar", []),
        ("foo#bar", ["foo"]),
        ("# foo", []),
        ("foo ; python_version < '3' #bar", ["foo"]),
        ("-e {toxinidir}/foo", []),
        ("{toxinidir}/foo", []),
        ("{toxinidir}", []),
        ("foo, bar", ["foo"]),
    ],
)
def test_dependencies_of_a_line(line: str, expected: list[str]) -> None:
    assert names(deps(line)) == expected


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("-r requirements.txt", ["requirements.txt"]),
        ("-rrequirements.txt", ["requirements.txt"]),
        ("--requirement={toxinidir}/a/b.txt", ["a/b.txt"]),
        ("-r{tox_root}\\a.txt", ["a.txt"]),
        ("-c{env:CONSTRAINTS:{toxinidir}/upper.txt}", ["upper.txt"]),
        ("-c{env:CONSTRAINTS:upper.txt}", ["upper.txt"]),
        ("-c{env:CONSTRAINTS:https://index.example/upper.txt}", ["https://index.example/upper.txt"]),
        ("-r{env:EXTRA:https://index.example/extra.txt}", ["https://index.example/extra.txt"]),
        ("-c https://index.example/upper.txt", ["https://index.example/upper.txt"]),
        ("-c{env:CONSTRAINTS}", []),
        ("-r{toxinidir}/{envname}.txt", []),
        ("-r{toxinidir}/", []),
    ],
)
def test_include_is_relative_to_the_file(line: str, expected: list[str]) -> None:
    text = deps(line)
    document = parse(text)
    check_places(text, document)

    assert [include.target for include in document.includes] == expected


def test_index_that_depends_on_the_environment_is_variable() -> None:
    text = deps("-i {env:INDEX}", "--extra-index-url={env:EXTRA:https://index.example/}")

    assert [option.value for option in parse(text).index_options] == ["${env:INDEX}", "https://index.example/"]


def test_referenced_option_is_read_once() -> None:
    text = """\
[testenv:a]
deps = {[testenv:b]deps}
    {[shared]list}
[testenv:b]
deps = {[testenv:a]deps}
    {[shared]list}
[shared]
list = x
    {[deeper]LIST}
[deeper]
list = y
unused = z
"""
    assert [(dependency.name, dependency.section) for dependency in parse(text).dependencies] == [
        ("x", "shared.list"),
        ("y", "deeper.list"),
    ]


def test_option_names_are_case_insensitive() -> None:
    assert names("[tox]\nREQUIRES = a\n[testenv]\nDeps = b\n") == ["a", "b"]


def test_requires_may_be_on_one_line() -> None:
    assert names("[tox]\nrequires = tox>=4, virtualenv , \n") == ["tox", "virtualenv"]
    assert names("[tox]\nrequires = tox>=4,<5\n") == ["tox"]
    assert names("[tox]\nrequires =\n   # none\n   a # b\n   #c\n") == ["a"]
    assert names("[tox]\nrequires = # none\nenv_list = x\n") == []


def test_problems_have_spans() -> None:
    text = deps("a", "b[", "-x", "py311: c=1", "{posargs} [") + "[tox]\nrequires =\n  d[\n"
    document = parse(text)

    assert problem_texts(document, text) == ["[", "-x", "=1", "["]
    assert [(dependency.name, dependency.skip_reason) for dependency in document.dependencies] == [
        ("a", None),
        ("b", SkipReason.INCOMPLETE),
        ("c", SkipReason.INCOMPLETE),
        ("d", SkipReason.INCOMPLETE),
    ]


def test_entry_may_continue_on_the_next_line() -> None:
    text = deps("a \\", "  >=1", "b")

    assert [(dependency.name, dependency.specifier) for dependency in parse(text).dependencies] == [
        ("a", ">=1"),
        ("b", ""),
    ]


def test_both_sides_of_a_merge_conflict_are_read() -> None:
    text = deps("a") + "<<<<<<< HEAD\n    b\n=======\n    c\n>>>>>>> theirs\n    d\n"

    assert names(text) == ["a", "b", "c", "d"]
    assert problem_texts(parse(text), text) == ["<<<<<<< HEAD"]


def test_unknown_substitution_keeps_its_length() -> None:
    text = "a{b}c{toxinidir}{/}{env:X:d}{e{f}g}\\{h}{i"
    parts = substitute(text, Span(0, len(text)))
    made = source_map(parts)

    assert made.text == "a111c./d1111111\\{h}11"
    assert [made.locate(at, at + 1).slice(text) for at in range(4, 8)] == ["c", "{toxinidir}", "{/}", "d"]


@pytest.mark.alone
@pytest.mark.parametrize(
    "piece",
    [
        "{",
        "{env:A:",
        "}",
        "    {[testenv]deps}\n",
        "[testenv]\ndeps={[testenv]deps}\n",
        "    a: b: ",
        "    ! {x}\n",
        "\\",
    ],
)
def test_parsing_takes_linear_time(piece: str) -> None:
    def cost(size: int) -> float:
        text = "[testenv]\ndeps =\n    " + piece * (size // len(piece))
        return least_seconds(lambda: table.parse("tox-ini", text), 2)

    assert cost(80_000) < 60 * max(cost(5000), 0.001)
