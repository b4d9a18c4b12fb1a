from __future__ import annotations

import ast
import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mothball.formats.python.setup_py import decode_literal, parse
from mothball.model.document import Document, SkipReason, Span
from tests.support.samples import SETUP_PY as SAMPLE
from tests.support.spans import check_places
from tests.support.timing import least_seconds


def setup(arguments: str, before: str = "") -> str:
    return f"{before}\nsetup({arguments})\n"


def names(text: str) -> list[str]:
    document = parse(text)
    check_places(text, document, substitutions=True)
    return [dependency.name for dependency in document.dependencies]


def problems(document: Document, text: str) -> list[tuple[str, str]]:
    return [(problem.span.slice(text), problem.message) for problem in document.problems]


def test_file_with_all_features_is_read() -> None:
    document = parse(SAMPLE)
    check_places(SAMPLE.replace("""' "==6.0""", "==6.0"), parse(SAMPLE.replace("""' "==6.0""", "==6.0")))

    assert document.format == "setup-py"
    assert [
        (dependency.name, dependency.specifier, dependency.skip_reason, dependency.section)
        for dependency in document.dependencies
    ] == [
        ("django", ">= 4.2", None, "setup.install_requires"),
        ("six", "", None, "setup.install_requires"),
        ("zope-interface", "==6.0", None, "setup.install_requires"),
        ("pytest", "", None, "setup.extras_require.dev"),
        ("black", "", None, "setup.extras_require.é"),
        ("ruff", ">=0.1", None, "setup.extras_require.é"),
        ("my-project", "", SkipReason.SELF, "setup.extras_require.all"),
        ("wheel", "", None, "setup.setup_requires"),
        ("tool", "", SkipReason.VCS, "setup.tests_require"),
        ("rich", "", None, "setup.tests_require"),
        ("half", "", SkipReason.INCOMPLETE, "setup.tests_require"),
    ]
    assert [comment.reason for comment in document.ignores] == ["soon"]
    assert [place for place, _ in problems(document, SAMPLE)] == ["["]


def test_concatenated_literals_are_one_requirement() -> None:
    entry = next(dependency for dependency in parse(SAMPLE).dependencies if dependency.name == "zope-interface")

    assert entry.entry_span.slice(SAMPLE) == """zope.interface' "==6.0"""


@pytest.mark.parametrize(
    ("arguments", "before", "expected"),
    [
        ("install_requires=['a', 'b']", "", ["a", "b"]),
        ("install_requires=('a', *['b'])", "", ["a", "b"]),
        ("install_requires={'a'}", "", ["a"]),
        ("install_requires='a\\nb'", "", ["a", "b"]),
        ("install_requires=x", "x = ['a']", ["a"]),
        ("install_requires=x", "x: list[str] = ['a']", ["a"]),
        ("install_requires=x", "x: list[str]", []),
        ("install_requires='a b>=1'.split()", "", ["a", "b"]),
        ("install_requires='a\\n b'.split()", "", ["a", "b"]),
        ("install_requires=x['a']", "x = {'a': ['b'], 'c': ['d']}", ["b"]),
        ("install_requires=x['a'] + x['c']", "x = {'a': ['b']}\nx['c'] = ['d']\nx['c'].append('e')", ["b", "d", "e"]),
        ("install_requires=x", "x = []\nfor y in ['a', 'b']: x.append(y)", ["a", "b"]),
        ("install_requires=[f'a']", "", ["a"]),
        ("install_requires=x", "x = y = ['a']\nx.append('b')\nx.extend(['c'])\nx.clear()", ["a", "b", "c"]),
        ("install_requires=x", "if y:\n    x = ['a']\nelse:\n    x = ['b']", ["a", "b"]),
        ("install_requires=x", "x = y\ny = x + ['a']", ["a"]),
        ("install_requires=x + y", "x = ['a']\ny = ['b']", ["a", "b"]),
        ("install_requires=['a'] if x else ['b']", "", ["a", "b"]),
        ("install_requires=x or ['a']", "", ["a"]),
        ("install_requires=list(sorted(['a']))", "", ["a"]),
        ("install_requires=read('x.txt')", "def read(x): return open(x).read()", []),
        ("install_requires=[x for x in ['a']]", "", ["a"]),
        ("install_requires=[y for y in x if y not in ('c', 'd')]", "x = ['a', 'b']", ["a", "b"]),
        ("install_requires=list(y for y in x)", "x = ['a']", ["a"]),
        ("install_requires=filter(None, x)", "x = ['a']", ["a"]),
        ("install_requires=x", "y = x = ['a']\nz = y\nz.append('b')", ["a", "b"]),
        ("install_requires=[b'a', 1, None]", "", []),
        ("install_requires=['a==%s' % x, 'b=={}'.format(x), 'c==%(x)s' % y]", "", ["a", "b", "c"]),
        ("install_requires=[f'a=={x}', f'{x}==1', f'b{x}', f'{x}']", "", ["a"]),
        ("install_requires=['a @ {}'.format(x)]", "", ["a"]),
        ("install_requires=['%s' % x, x % 'a', x.format('a')]", "", []),
        ("extras_require={'a': ['b'], 'c': 'd'}", "", ["b", "d"]),
        ("extras_require=dict(a=['b'], **{'c': ['d']})", "", ["b", "d"]),
        ("extras_require={**x, 'c': ['d']}", "x = {'a': ['b']}", ["b", "d"]),
        ("extras_require=x", "x = {}\nx['a'] = ['b']\nx.update({'c': ['d']})\nx.y['e'] = ['f']", ["b", "d"]),
        ("extras_require=x", "x = {'a': ['b']}\nx.update(c=['d'])", ["b", "d"]),
        ("extras_require=x | {'c': ['d']}", "x = {'a': ['b']}", ["b", "d"]),
        ("extras_require={x: ['b']}", "", ["b"]),
        ("extras_require=read()", "", []),
        ("**x", "x = {'install_requires': ['a']}", ["a"]),
        ("**x", "x = dict(install_requires=['a'])", ["a"]),
        ("**dict(install_requires=['a'], name='a')", "", ["a"]),
        ("other=['a']", "install_requires = ['b']", []),
        ("['a']", "install_requires = 1", []),
    ],
)
def test_literal_requirements_are_read(arguments: str, before: str, expected: list[str]) -> None:
    assert sorted(names(setup(arguments, before))) == expected


@pytest.mark.parametrize(
    ("summed", "name", "specifier"),
    [
        ("'a' + '>=1'", "a", ">=1"),
        ("'acme-' + 'web'", "acme-web", ""),
        ("'a' + ('[x]' + \n  '==' '2')", "a", "==' '2"),
    ],
)
def test_added_literals_are_one_requirement(summed: str, name: str, specifier: str) -> None:
    text = setup(f"install_requires=['b', {summed}] + MORE + ['c']")
    document = parse(text)
    assert [dependency.name for dependency in document.dependencies] == ["b", name, "c"]
    found = document.dependencies[1]
    assert (found.specifier_span.slice(text) if found.specifier_span else "") == specifier
    assert not document.problems


@pytest.mark.parametrize(
    ("template", "entry"),
    [
        ("'a==' + VERSION", "a==' + VERSION"),
        ("' a==%s' % x + '; python_version > \"3\"'", "a==%s' % x + '; python_version > \"3"),
        ("'a[b]>=' + x", "a[b]>=' + x"),
        ("('a>=' + str(low)) + ',<' + '{}'.format(high)", "a>=' + str(low)) + ',<' + '{}'.format(high)"),
        ("f'a ; {x}'", "a ; {x}"),
        ("'a @ ' + URL", "a @ ' + URL"),
    ],
)
def test_template_with_operator_has_a_name(template: str, entry: str) -> None:
    text = setup(f"install_requires=['b', {template}]")
    _, found = parse(text).dependencies

    assert (found.name, found.name_span.slice(text), found.entry_span.slice(text)) == ("a", "a", entry)
    assert found.extras == (("b",) if "[b]" in template else ())
    assert found.skip_reason is (SkipReason.VARIABLE_REFERENCE if "@" in template else None)


@pytest.mark.parametrize(
    "template", ["'acme_' + x", "x + '-web'", "'acme' + ('-%s' % x)", "x + '==1'", "f'{x}' + 'a'", "f'a b=={x}'"]
)
def test_template_without_operator_is_unnamed(template: str) -> None:
    text = setup(f"install_requires=['b', {template}]", before="x = 'web'")
    document = parse(text)
    assert [dependency.name for dependency in document.dependencies] == ["b"]
    assert [entry.reason for entry in document.unnamed] == [SkipReason.VARIABLE]
    assert not document.problems


@pytest.mark.parametrize(
    ("imported", "call"),
    [
        ("from setuptools import setup as go", "go"),
        ("import setuptools as st", "st.setup"),
        ("from distutils.core import setup", "setup"),
    ],
)
def test_aliased_setup_is_recognized(imported: str, call: str) -> None:
    other = "other.go(**{'install_requires': ['b']})"
    assert names(f"{imported}\n{call}(install_requires=['a'])\n{other}\n") == ["a"]


# --- computed lists ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "before", "expression"),
    [
        ("install_requires=read('x.txt')", "", "read('x.txt')"),
        ("install_requires=x", "x = open('x.txt').read().splitlines()", "open('x.txt').read().splitlines()"),
        ("install_requires=x", "for y in open('x.txt'): x = []; x.append(y)", "open('x.txt')"),
        ("install_requires=x", "from y import x", "x"),
        ("install_requires=x['a']", "x = {'b': ['c']}", "x['a']"),
        ("install_requires=x['a']", "x = {'a': sum(x.values(), []), 'b': ['c']}", "sum(x.values(), [])"),
        ("install_requires=[y.lower() for y in x]", "x = ['a']", "[y.lower() for y in x]"),
        ("install_requires=x + sorted(z(x, ['b']))", "x = ['a']", "z(x, ['b'])"),
        ("install_requires='a,b'.split(',')", "", "'a,b'.split(',')"),
        ("install_requires=x.split()", "x = 'a b'", "x.split()"),
        ("extras_require=read()", "", "read()"),
        ("extras_require={'a': ['b'], 'c': read('c'), 'd': read('d')}", "", "read('c')"),
        ("extras_require={**read(), 'a': ['b']}", "", "read()"),
        ("**x()", "def x(): return {'install_requires': []}", "x()"),
        ("name='x', **x()", "", "x()"),
        ("**x", "from y import x", "x"),
        ("**{'install_' + 'requires': ['a']}", "", "'install_' + 'requires'"),
        ("**x", "x = {}; x.setdefault('install_requires', []).append('a')", "'install_requires'"),
        ("install_requires=x", "x = []\nx[0] = 'a'", "x[0]"),
        ("install_requires=x", "x = []\nx.update(a='b')", "x.update(a='b')"),
    ],
)
def test_computed_list_is_reported(arguments: str, before: str, expression: str) -> None:
    text = setup(arguments, before)
    document = parse(text)
    (found,) = document.unresolvable

    assert found.span.slice(text) == expression
    assert found.message.endswith(" is computed; its dependencies were not checked")
    assert not document.problems


def test_list_in_a_call_that_is_not_followed_is_reported() -> None:
    text = "from setuptools import Distribution\nDistribution({'install_requires': ['a']}).run_commands()\n"
    (found,) = parse(text).unresolvable
    assert found.span.slice(text) == "'install_requires'"


def test_inserted_entry_is_read() -> None:
    assert names(setup("install_requires=x", "x = ['a']; x.insert(0, 'b')")) == ["a", "b"]


def test_literals_beside_a_computed_list_are_read() -> None:
    text = setup("install_requires=['a'] + read('b.txt'), tests_require=c()")

    assert names(text) == ["a"]
    assert [problem.message.split()[0] for problem in parse(text).unresolvable] == ["install_requires", "tests_require"]


@pytest.mark.parametrize(
    ("arguments", "before"),
    [
        ("", "install_requires = read()"),
        ("install_requires=[]", ""),
        ("install_requires=None, extras_require={}", ""),
        ("install_requires=['a'], **x()", ""),
        ("extras_require=x", "x = {'a': ['b']}\nx['all'] = sum(x.values(), [])"),
        ("extras_require=x", "x = {'a': ['b']}\nx['all'] = list({z for y in x.values() for z in y})"),
        ("install_requires=z, extras_require=x", "x = {'a': ['b']}\nz = []\nfor _, y in x.items(): z.extend(y)"),
        ("install_requires=x", "x = ['a', 'b']\nx = [y for y in x if y != 'b']"),
    ],
)
def test_expression_of_read_literals_is_not_computed(arguments: str, before: str) -> None:
    assert parse(setup(arguments, before)).unresolvable == ()


def test_same_quotes_inside_an_f_string_are_allowed_from_python_3_12() -> None:
    expected = ["a"] if sys.version_info >= (3, 12) else []
    assert names(setup('install_requires=[f"a=={x["b"]}"]')) == expected


def test_all_setup_calls_are_read() -> None:
    text = (
        "import setuptools\ndef main():\n    setuptools.setup(install_requires=['a'])\nsetup(install_requires=['b'])\n"
    )

    assert names(text) == ["a", "b"]


def test_list_used_twice_is_read_once() -> None:
    text = setup("install_requires=x, extras_require={'a': x, 'b': x}", "x = ['a']")

    assert [(dependency.name, dependency.section) for dependency in parse(text).dependencies] == [
        ("a", "setup.install_requires")
    ]


def test_project_name_may_be_a_variable() -> None:
    text = setup("name=NAME, install_requires=['my-project[x]']", "NAME = 'My.Project'")

    assert [dependency.skip_reason for dependency in parse(text).dependencies] == [SkipReason.SELF]


def test_formatted_url_is_variable() -> None:
    text = setup("install_requires=[f'a @ {x}']")

    assert [dependency.skip_reason for dependency in parse(text).dependencies] == [SkipReason.VARIABLE_REFERENCE]


def test_columns_count_code_points() -> None:
    text = setup("install_requires=['é', 'a'], x='🎉', setup_requires=['b']", "y = '''é🎉\né''', 1")

    assert [dependency.name_span.slice(text) for dependency in parse(text).dependencies] == ["a", "b"]


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("install_requires = ('a',\n", "('a',"),
        ("install_requires = 1\nprint 'é'  \n", "print 'é'"),
        ("install_requires = 'é' 1\n", "1"),
        ("# install_requires\n\tx\n y\n", ""),
    ],
)
def test_syntax_error_is_reported_once_at_its_position(text: str, place: str) -> None:
    document = parse("setup(install_requires=['a'])\n" + text)
    (problem,) = document.problems

    assert problem.message == "invalid Python"
    assert problem.span.slice("setup(install_requires=['a'])\n" + text).endswith(place)
    assert document.is_broken
    assert not document.dependencies


def test_merge_conflict_is_named() -> None:
    text = setup("\n<<<<<<< HEAD\ninstall_requires=['a'],\n=======\ninstall_requires=['b'],\n>>>>>>> theirs\n")
    (problem,) = parse(text).problems

    assert (problem.message, problem.span.slice(text)) == ("unresolved merge conflict", "<<<<<<< HEAD")


@pytest.mark.parametrize("text", ["\x00", "\ud800", "-" * 100_000 + "1", "a" + ".b" * 50_000, "(" * 5000])
def test_unparsable_source_is_one_problem(text: str) -> None:
    assert [problem.message for problem in parse(f"install_requires = {text}\n").problems] == ["invalid Python"]


def test_unknown_directive_is_reported() -> None:
    text = setup("install_requires=['a']") + "'#' # mothball: hush\n# mothball: ignore[archived] x"
    document = parse(text)

    assert problems(document, text) == [("# mothball: hush", "unknown directive `mothball: hush`")]
    assert [comment.reason for comment in document.ignores] == ["x"]


def test_nothing_is_executed_and_no_warning_shown(capfd: pytest.CaptureFixture[str]) -> None:
    assert names("print(1 / 0)\n" + setup("install_requires=['a\\d', 'b', 1 is 1]")) == ["b"]
    assert capfd.readouterr() == ("", "")


def test_parser_is_not_imported_without_requirements() -> None:
    program = (
        "import sys; from mothball.formats.table import parse; parse('setup-py', 'x'); assert 'ast' not in sys.modules"
    )

    subprocess.run([sys.executable, "-c", program], check=True)


# --- string literals --------------------------------------------------------------------------------------------------

CHARACTERS = st.text("ab'\"\\\n\r\té🎉{}%\x00\x85\u2028N", max_size=10)


@settings(deadline=None, max_examples=300)
@given(CHARACTERS, st.sampled_from(["repr", "ascii", "triple", "raw", "joined"]))
def test_decoded_literal_matches_python(value: str, style: str) -> None:
    match style:
        case "repr":
            source = repr(value)
        case "ascii":
            source = ascii(value)
        case "triple":
            source = '"""' + value.replace("\\", "\\\\").replace('"', '\\"').replace("\x00", "\\0") + '"""'
        case "raw":
            source = "r'" + "".join(character for character in value if character not in "'\\\n\r\x00") + "'"
        case _:
            source = f"{value[:3]!r} \\\n  {value[3:6]!r}  # 'comment'\n {value[6:]!a}"
    literal = decode_literal(f"({source})", Span(1, len(source) + 1))

    assert literal is not None
    assert literal.text == ast.literal_eval(f"({source})")


@pytest.mark.parametrize(
    ("source", "value"),
    [
        ("'\\x41\\u00e9\\U0001f389\\101\\N{DIGIT ONE}\\d'", "Aé🎉A1\\d"),
        ("'a\\\nb\\\r\nc'", "abc"),
        ("'''a\r\nb\rc'''", "a\nb\nc"),
        ("rb'a'", None),
        ("b'a'", None),
        ("'a' x", None),
        ("'a", None),
        ("'\\N{nothing at all}\\U99999999'", "\ufffd\ufffd"),
    ],
)
def test_all_literal_forms_are_decoded(source: str, value: str | None) -> None:
    literal = decode_literal(source, Span(0, len(source)))

    assert (literal.text if literal else None) == value


@pytest.mark.alone
@pytest.mark.parametrize(
    "piece",
    [
        "'a',",
        "'\\\\x41'",
        "'a\\\\n' ",
        "*x, ",
        "'é' '\U0001f389',",
        "f'{a}' ",
        "{'a': ['b']}, ",
        "# mothball '#'\n",
        "'%s' % x,",
        "'a b'.split(), ",
        "x['a'], ",
        "*f(x), ",
    ],
)
def test_parsing_takes_linear_time(piece: str) -> None:
    def cost(size: int) -> float:
        text = (
            "x = ['a', 'b']\n"
            + "x['a'] = x\n" * (size // 50)
            + "setup(install_requires=["
            + piece * (size // len(piece))
            + "])\n"
        )
        return least_seconds(lambda: parse(text), 2)

    assert cost(96_000) < 60 * max(cost(6000), 0.001)
