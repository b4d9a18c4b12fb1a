from __future__ import annotations

import pytest

from mothball.formats.ini.tox_ini import parse, substitute
from mothball.formats.source_map import source_map
from mothball.model.document import DependencyKind, Document, SkipReason, Span
from tests.support.samples import TOX_INI as SAMPLE
from tests.support.spans import check_places
from tests.support.timing import least_seconds


def names(text: str) -> list[str]:
    document = parse(text)
    check_places(text, document, substitutions=True)
    return [one.name for one in document.dependencies]


def deps(*lines: str) -> str:
    return "[testenv]\ndeps =\n" + "".join(f"    {line}\n" for line in lines)


def told(document: Document, text: str) -> list[str]:
    return [problem.span.slice(text) for problem in document.problems]


def test_a_file_with_everything_is_read() -> None:
    document = parse(SAMPLE)
    check_places(SAMPLE, document, substitutions=True)

    assert document.format == "tox-ini"
    assert [(one.name, one.specifier, one.skip_reason, one.section) for one in document.dependencies] == [
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
        ("numpy", "<2", None, "testenv.constraints"),
        ("ruff", "", None, "testenv:lint.deps"),
        ("build", "", None, "pkgenv.deps"),
    ]
    assert document.dependencies[5].extras == ("toml",)
    assert document.dependencies[5].marker == 'python_version < "3.12"'
    assert [one.name for one in document.dependencies if one.kind is DependencyKind.CONSTRAINT] == ["numpy"]
    assert [(one.span.slice(SAMPLE), one.target, one.kind) for one in document.includes] == [
        ("requirements.txt", "requirements.txt", DependencyKind.REQUIREMENT),
        ("constraints.txt", "constraints.txt", DependencyKind.CONSTRAINT),
    ]
    assert [one.value for one in document.index_options] == ["https://index.example/simple/"]
    assert [one.reason for one in document.ignores] == ["until 5", "x"]
    assert document.problems == ()


def test_every_name_is_exactly_where_it_is_written() -> None:
    written = [one.name_span.slice(SAMPLE) for one in parse(SAMPLE).dependencies]

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
def test_a_line_names_what_tox_would_install(line: str, expected: list[str]) -> None:
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
        ("-c{env:CONSTRAINTS:https://index.example/upper.txt}", []),
        ("-c https://index.example/upper.txt", ["https://index.example/upper.txt"]),
        ("-c{env:CONSTRAINTS}", []),
        ("-r{toxinidir}/{envname}.txt", []),
        ("-r{toxinidir}/", []),
    ],
)
def test_an_include_is_named_from_the_directory_of_the_file(line: str, expected: list[str]) -> None:
    text = deps(line)
    document = parse(text)
    check_places(text, document)

    assert [one.target for one in document.includes] == expected


def test_an_index_that_depends_on_the_environment_is_variable() -> None:
    text = deps("-i {env:INDEX}", "--extra-index-url={env:EXTRA:https://index.example/}")

    assert [one.value for one in parse(text).index_options] == ["${env:INDEX}", "https://index.example/"]


def test_what_a_reference_leads_to_is_read_once() -> None:
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
    assert [(one.name, one.section) for one in parse(text).dependencies] == [
        ("x", "shared.list"),
        ("y", "deeper.list"),
    ]


def test_options_are_known_in_any_spelling_of_their_case() -> None:
    assert names("[tox]\nREQUIRES = a\n[testenv]\nDeps = b\n") == ["a", "b"]


def test_what_tox_requires_may_stand_on_one_line() -> None:
    assert names("[tox]\nrequires = tox>=4, virtualenv , \n") == ["tox", "virtualenv"]
    assert names("[tox]\nrequires = tox>=4,<5\n") == ["tox"]
    assert names("[tox]\nrequires =\n   # none\n   a # b\n   #c\n") == ["a"]
    assert names("[tox]\nrequires = # none\nenv_list = x\n") == []


def test_what_is_wrong_is_told_at_its_place() -> None:
    text = deps("a", "b[", "-x", "py311: c=1", "{posargs} [") + "[tox]\nrequires =\n  d[\n"
    document = parse(text)

    assert told(document, text) == ["[", "-x", "=1", "["]
    assert [(one.name, one.skip_reason) for one in document.dependencies] == [
        ("a", None),
        ("b", SkipReason.INCOMPLETE),
        ("c", SkipReason.INCOMPLETE),
        ("d", SkipReason.INCOMPLETE),
    ]


def test_an_entry_may_go_on_in_the_next_line() -> None:
    text = deps("a \\", "  >=1", "b")

    assert [(one.name, one.specifier) for one in parse(text).dependencies] == [("a", ">=1"), ("b", "")]


def test_a_conflict_shows_both_sides() -> None:
    text = deps("a") + "<<<<<<< HEAD\n    b\n=======\n    c\n>>>>>>> theirs\n    d\n"

    assert names(text) == ["a", "b", "c", "d"]
    assert told(parse(text), text) == ["<<<<<<< HEAD"]


def test_a_substitution_that_tells_nothing_is_as_long_as_it_is_written() -> None:
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
def test_the_time_grows_with_the_text_and_no_faster(piece: str) -> None:
    def cost(size: int) -> float:
        text = "[testenv]\ndeps =\n    " + piece * (size // len(piece))
        return least_seconds(lambda: parse(text), 2)

    assert cost(80_000) < 60 * max(cost(5000), 0.001)
