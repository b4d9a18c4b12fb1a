"""Files with the tables of many tools: every place holds, whole or half typed, and only what is there is imported."""

from __future__ import annotations

import gc
import random
import subprocess
import sys
import time
import tomllib
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mothball.formats.table import format_of, parse
from mothball.model import Dependency, Document, Span, WithheldReason, normalise
from tests.support.toml_edits import Edit, edits
from tests.support.tool_documents import DOCUMENTS, HATCH, PIPFILE, PIXI, POETRY, REST, UV

TEXTS = [(name, text) for name, texts in DOCUMENTS.items() for text in texts]
PYPROJECT = {"poetry": POETRY, "uv": UV, "hatch": HATCH, "rest": REST}

SMALL = """\
[tool.poetry]
name="x"
dependencies={a="1",b={git="u"},c=[{version="2"}]}
group.d.dependencies.e.version="3"
[tool.uv]
dev-dependencies=["f>=1;os_name=='nt'"]
sources.f={path="."}
[tool.hatch.envs.g]
dependencies=["h=={matrix:h}"]
[tool.pixi.pypi-dependencies]
"i.j"={version="4",index="u"}
[[tool.cibuildwheel.overrides]]
test-requires="k l"
[tool.tox.env.m]
deps=["-r n.txt",{replace="if",then=["o"]}]
"""


def check_places(text: str, document: Document) -> None:
    """Hold every span against the text that it claims to cover."""
    for one in document.dependencies:
        assert is_inside(one.name_span, one.entry_span)
        assert one.entry_span.end <= len(text)
        # Where there are escapes the text is longer than what it says.
        if "\\" not in one.entry_span.of(text):
            assert normalise(one.name_span.of(text)) == one.name
            assert (one.specifier_span.of(text) if one.specifier_span else "") == one.specifier
        if one.specifier_span:
            assert is_inside(one.specifier_span, one.entry_span)
    for include in document.includes:
        assert "\\" in include.span.of(text) or include.span.of(text) == include.target
    for problem in document.problems:
        assert is_inside(problem.span, Span(0, len(text)))
    for ignore in document.ignores:
        assert ignore.span.of(text).startswith("#")


def is_inside(inner: Span, outer: Span) -> bool:
    return outer.start <= inner.start <= inner.end <= outer.end


@pytest.mark.parametrize(("name", "text"), TEXTS)
def test_whole_documents_have_no_problems(name: str, text: str) -> None:
    tomllib.loads(text)
    document = parse(name, text)
    assert not document.problems
    assert document.format == name
    check_places(text, document)
    starts = [one.name_span.start for one in document.dependencies]
    assert starts == sorted(starts)


@pytest.mark.parametrize("end", ["\r\n", "\n\n"])
@pytest.mark.parametrize(("name", "text"), TEXTS)
def test_line_ends_change_nothing(name: str, text: str, end: str) -> None:
    other = text.replace("\n", end)
    document = parse(name, other)
    check_places(other, document)
    assert [(one.name, one.specifier, one.section, one.withheld) for one in document.dependencies] == [
        (one.name, one.specifier, one.section, one.withheld) for one in parse(name, text).dependencies
    ]


def test_every_prefix_of_a_small_file_keeps_its_places() -> None:
    for end in range(len(SMALL) + 1):
        check_places(SMALL[:end], parse("pyproject", SMALL[:end]))


@settings(deadline=None, max_examples=150)
@given(st.sampled_from(TEXTS), st.floats(0, 1))
def test_every_prefix_keeps_its_places(chosen: tuple[str, str], share: float) -> None:
    name, text = chosen
    prefix = text[: int(len(text) * share)]
    check_places(prefix, parse(name, prefix))


NOISE = st.tuples(st.floats(0, 1), st.integers(0, 12), st.text("\"'[]{}=,.#\\\n\r \t{}a🦉\x00", max_size=6))


@settings(deadline=None, max_examples=150)
@given(st.sampled_from(TEXTS), st.lists(NOISE, max_size=5))
def test_noise_moves_no_place_and_raises_nothing(chosen: tuple[str, str], noise: list[tuple[float, int, str]]) -> None:
    name, text = chosen
    for share, taken, put in noise:
        place = int(len(text) * share)
        text = text[:place] + put + text[place + taken :]
    check_places(text, parse(name, text))


@settings(deadline=None, max_examples=80)
@given(st.sampled_from(sorted(DOCUMENTS)), st.text())
def test_any_text_is_read(name: str, text: str) -> None:
    check_places(text, parse(name, text))


# --- edits somewhere in a file ----------------------------------------------------------------------------------------


def lost(name: str, text: str, found: tuple[Dependency, ...], edit: Edit) -> tuple[int, int]:
    """Return how many of the dependencies that ``edit`` leaves alone are not found again, and how many those are."""
    changed = edit.apply(text)
    if is_valid(changed):
        return 0, 0
    untouched = [
        (one.name, one.section, edit.moved(one.name_span.start))
        for one in found
        if one.entry_span.end + 1 <= edit.start or (one.entry_span.start - 1 >= edit.end and edit.kind != "truncate")
    ]
    again = {(one.name, one.section, one.name_span.start) for one in parse(name, changed).dependencies}
    return sum(one not in again for one in untouched), len(untouched)


def is_valid(text: str) -> bool:
    try:
        tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return False
    return True


def test_untouched_dependencies_keep_their_name_and_place() -> None:
    pick = random.Random(20261122)
    missing: Counter[str] = Counter()
    counted: Counter[str] = Counter()
    for name, text in TEXTS:
        found = parse(name, text).dependencies
        for _ in range(8):
            for edit in edits(text, pick):
                gone, untouched = lost(name, text, found, edit)
                missing[edit.kind] += gone
                counted[edit.kind] += untouched
    kept = {kind: 1 - missing[kind] / counted[kind] for kind in counted if counted[kind]}
    assert 1 - missing.total() / counted.total() >= 0.98, kept


def test_a_missing_bracket_of_an_array_costs_nearly_nothing() -> None:
    gone = untouched = 0
    for name, text in TEXTS:
        found = parse(name, text).dependencies
        for at, character in enumerate(text):
            if character in "[]":
                here = lost(name, text, found, Edit("drop bracket", at, at + 1))
                gone += here[0]
                untouched += here[1]
    assert untouched > 1000
    assert gone <= untouched / 1000


# --- names, as tomllib reads them -------------------------------------------------------------------------------------

NAMES = st.sampled_from(["owl", "Barn-Owl", "little.owl", "owl_2", "rook"])
VALUES = st.sampled_from(
    ['"*"', "'>=1,<2'", '{version = "1"}', '{git = "u", rev = "v"}', '[{version = "1"}, {path = "."}]']
)


@st.composite
def spelled(draw: st.DrawFn) -> tuple[str, str]:
    """Return a format and a document with a table of names, written in one of many ways."""
    name, path = draw(st.sampled_from([("pipfile", "packages"), ("pyproject", "tool.poetry.dependencies")]))
    above, _, last = path.rpartition(".")
    named = draw(st.dictionaries(NAMES, VALUES, min_size=1, max_size=4))
    pairs = [f"{quoted(key)} = {value}" for key, value in named.items()]
    ways = [
        f"[{path}]\n" + "\n".join(pairs),
        "".join(f"[{path}.{quoted(key)}]\nversion = '1'\noptional = true\n" for key in named),
        "".join(f"{path}.{pair}\n" for pair in pairs),
        f"[{path}]\n" + "".join(f"{quoted(key)}.version = '1'\n{quoted(key)}.extras = ['x']\n" for key in named),
        "".join(f"[[{path}.{quoted(key)}]]\nversion = '1'\n" * 2 for key in named),
        (f"[{above}]\n" if above else "") + f"{last} = {{{', '.join(pairs)}}}",
    ]
    return name, draw(st.sampled_from(ways))


def quoted(key: str) -> str:
    return f'"{key}"' if "." in key else key


@settings(deadline=None, max_examples=150)
@given(spelled())
def test_the_names_are_those_that_tomllib_reads(chosen: tuple[str, str]) -> None:
    name, text = chosen
    table = tomllib.loads(text)
    for step in ("packages",) if name == "pipfile" else ("tool", "poetry", "dependencies"):
        table = table[step]
    document = parse(name, text)
    assert [one.name_span.of(text) for one in document.dependencies] == list(table)
    assert [one.name for one in document.dependencies] == [normalise(key) for key in table]
    assert not document.problems
    check_places(text, document)


# --- hostile files ----------------------------------------------------------------------------------------------------

# Each grows by repetition: what stands before, what is repeated, what stands after.
HOSTILE = {
    "names": ("[tool.poetry.dependencies]\n", 'a="1"\n', ""),
    "headers of names": ("", "[[tool.poetry.dependencies.a]]\nversion='1'\n", ""),
    "dotted members": ("[tool.poetry.dependencies]\n", "a.version='1'\n", ""),
    "alternatives": ("[tool.poetry.dependencies]\na=[", "{version='1'},", "]"),
    "sources": ("[project]\ndependencies=['a']\n[tool.uv.sources]\n", "a={git='u',marker='m'}\n", ""),
    "entries with sources": ("[tool.uv.sources]\na={path='.'}\n[tool.uv]\ndev-dependencies=[", "'a',", "]"),
    "deep inline tables": ("[tool.hatch]\n", "envs={a={b={c={d={e={f={g={h='1'}}}}}}}}\n", ""),
    "tables in arrays": ("[tool.cibuildwheel]\noverrides=[", "{test-requires='a b'},", "]"),
    "words": ("[tool.cibuildwheel]\ntest-requires='", "a ", "'"),
    "fields": ("[tool.hatch.envs.a]\ndependencies=['a", "{a}", "']"),
    "open fields": ("[tool.hatch.envs.a]\ndependencies=['a", "{", "']"),
    "lines": ("[tool.tox.env.a]\ndeps='''", "a\n", "'''"),
    "replacements": ("[tool.tox.env.a]\ndeps=[", "{then=['a']},", "]"),
    "tools": ("", "[tool.poetry.group.a.dependencies]\n[tool.uv.sources.b]\n", ""),
    "long steps": ("tool={", "poetry.a.b.c.d.e.f='1',", "}"),
}


def seconds(text: str) -> float:
    # What Python looks through for garbage grows with all that is alive, and is not ours.
    gc.disable()
    try:
        begin = time.perf_counter()
        parse("pyproject", text)
        return time.perf_counter() - begin
    finally:
        gc.enable()


@pytest.mark.parametrize("shape", HOSTILE)
def test_four_times_the_text_takes_no_more_than_a_few_times_as_long(shape: str) -> None:
    before, repeated, after = HOSTILE[shape]
    short, long = (before + repeated * times + after for times in (1000, 4000))
    # Quadratic time would be sixteen times as long; below a few milliseconds the machine decides, not we.
    assert min(seconds(long) for _ in range(2)) < 10 * max(min(seconds(short) for _ in range(2)), 0.004)


# --- what is imported, and what is known by its name ------------------------------------------------------------------


def modules_after(text: str) -> set[str]:
    program = (
        "import sys\nfrom mothball.formats import pyproject\npyproject.parse(sys.argv[1])\n"
        "print(*(name.rpartition('.')[2] for name in sys.modules if name.startswith('mothball.formats.')))\n"
    )
    done = subprocess.run([sys.executable, "-c", program, text], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


def test_the_reader_of_a_tool_is_imported_where_its_table_is_there() -> None:
    standard = modules_after("[project]\ndependencies = ['flask>=3']\n[tool.ruff]\nline-length = 120\n")
    assert not {name for name in standard if name.startswith("tool_")}
    assert "toml_named" not in standard
    with_poetry = modules_after("[tool.poetry.dependencies]\nflask = '3'\n[tool.mypy]\nstrict = true\n")
    assert with_poetry - standard == {"index_tables", "tool_poetry", "toml_named"}


@pytest.mark.parametrize("name", ["Pipfile", "hatch.toml", "pixi.toml", "tox.toml"])
def test_files_are_known_by_their_name(name: str) -> None:
    assert format_of(f"a/{name}") == name.lower().replace(".", "-")
    assert format_of(f"a/x{name}") is None
    assert format_of(f"a/{name}.bak") is None


@pytest.mark.parametrize(("name", "text"), [("pipfile", PIPFILE), ("pixi-toml", PIXI)])
def test_a_half_typed_end_leaves_all_before_it(name: str, text: str) -> None:
    before = parse(name, text).dependencies
    after = parse(name, f"{text}\n[half.dependencies]\nfla = {{ version = '").dependencies
    assert after[: len(before)] == before
    assert {one.withheld for one in after[len(before) :]} <= {WithheldReason.INCOMPLETE}
