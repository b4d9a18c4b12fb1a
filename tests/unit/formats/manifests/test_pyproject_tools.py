"""Files with the tables of many tools: every place holds, whole or half typed, and only what is there is imported."""

from __future__ import annotations

import subprocess
import sys
import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mothball.formats.table import format_of, parse
from mothball.model.document import SkipReason, normalize_name
from tests.support.spans import check_places
from tests.support.tool_documents import DOCUMENTS, HATCH, PIPFILE, PIXI, POETRY, REST, UV

TEXTS = [(name, text) for name, texts in DOCUMENTS.items() for text in texts]
PYPROJECT = {"poetry": POETRY, "uv": UV, "hatch": HATCH, "rest": REST}


@pytest.mark.parametrize(("name", "text"), TEXTS)
def test_whole_documents_have_no_problems(name: str, text: str) -> None:
    tomllib.loads(text)
    document = parse(name, text)
    assert not document.problems
    assert document.format == name
    check_places(text, document, substitutions=True)
    starts = [one.name_span.start for one in document.dependencies]
    assert starts == sorted(starts)


@pytest.mark.parametrize("end", ["\r\n", "\n\n"])
@pytest.mark.parametrize(("name", "text"), TEXTS)
def test_line_ends_change_nothing(name: str, text: str, end: str) -> None:
    other = text.replace("\n", end)
    document = parse(name, other)
    check_places(other, document, substitutions=True)
    assert [(one.name, one.specifier, one.section, one.skip_reason) for one in document.dependencies] == [
        (one.name, one.specifier, one.section, one.skip_reason) for one in parse(name, text).dependencies
    ]


NOISE = st.tuples(st.floats(0, 1), st.integers(0, 12), st.text("\"'[]{}=,.#\\\n\r \t{}a🦉\x00", max_size=6))


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


@given(spelled())
def test_the_names_are_those_that_tomllib_reads(chosen: tuple[str, str]) -> None:
    name, text = chosen
    table = tomllib.loads(text)
    for step in ("packages",) if name == "pipfile" else ("tool", "poetry", "dependencies"):
        table = table[step]
    document = parse(name, text)
    assert [one.name_span.slice(text) for one in document.dependencies] == list(table)
    assert [one.name for one in document.dependencies] == [normalize_name(key) for key in table]
    assert not document.problems
    check_places(text, document, substitutions=True)


# --- what is imported, and what is known by its name ------------------------------------------------------------------


def modules_after(text: str) -> set[str]:
    program = (
        "import sys\nfrom mothball.formats.manifests import document\ndocument.parse(sys.argv[1])\n"
        "print(*(name.rpartition('.')[2] for name in sys.modules if name.startswith('mothball.formats.')))\n"
    )
    done = subprocess.run([sys.executable, "-c", program, text], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


def test_the_reader_of_a_tool_is_imported_where_its_table_is_there() -> None:
    standard = modules_after("[project]\ndependencies = ['flask>=3']\n[tool.ruff]\nline-length = 120\n")
    assert not {name for name in standard if name.startswith("tool_")}
    assert "named_tables" not in standard
    with_poetry = modules_after("[tool.poetry.dependencies]\nflask = '3'\n[tool.mypy]\nstrict = true\n")
    assert with_poetry - standard == {"declared_indexes", "tool_poetry", "named_tables"}


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
    assert {one.skip_reason for one in after[len(before) :]} <= {SkipReason.INCOMPLETE}
