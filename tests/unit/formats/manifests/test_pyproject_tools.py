"""Files with the tables of many tools: spans, truncated files, and imports of tool modules."""

from __future__ import annotations

import subprocess
import sys
import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mothball.formats.names import format_of
from mothball.formats.table import parse
from mothball.model.document import SkipReason, normalize_name
from tests.support.spans import check_places
from tests.support.tool_documents import DOCUMENTS, HATCH, PIPFILE, PIXI, POETRY, REST, UV

TEXTS = [(name, text) for name, texts in DOCUMENTS.items() for text in texts]
PYPROJECT = {"poetry": POETRY, "uv": UV, "hatch": HATCH, "rest": REST}


@pytest.mark.parametrize(("name", "text"), TEXTS)
def test_complete_documents_have_no_problems(name: str, text: str) -> None:
    tomllib.loads(text)
    document = parse(name, text)
    assert not document.problems
    assert document.format == name
    check_places(text, document, substitutions=True)
    starts = [dependency.name_span.start for dependency in document.dependencies]
    assert starts == sorted(starts)


@pytest.mark.parametrize("end", ["\r\n", "\n\n"])
@pytest.mark.parametrize(("name", "text"), TEXTS)
def test_line_endings_do_not_change_the_result(name: str, text: str, end: str) -> None:
    other = text.replace("\n", end)
    document = parse(name, other)
    check_places(other, document, substitutions=True)
    assert [
        (dependency.name, dependency.specifier, dependency.section, dependency.skip_reason)
        for dependency in document.dependencies
    ] == [
        (dependency.name, dependency.specifier, dependency.section, dependency.skip_reason)
        for dependency in parse(name, text).dependencies
    ]


NOISE = st.tuples(st.floats(0, 1), st.integers(0, 12), st.text("\"'[]{}=,.#\\\n\r \t{}a🦉\x00", max_size=6))


# --- comparison with tomllib ------------------------------------------------------------------------------------------

NAMES = st.sampled_from(["owl", "Barn-Owl", "little.owl", "owl_2", "rook"])
VALUES = st.sampled_from(
    ['"*"', "'>=1,<2'", '{version = "1"}', '{git = "u", rev = "v"}', '[{version = "1"}, {path = "."}]']
)


@st.composite
def documents_with_names(draw: st.DrawFn) -> tuple[str, str]:
    """Return a format and a document with a table of project names in a random TOML notation."""
    name, path = draw(st.sampled_from([("pipfile", "packages"), ("pyproject", "tool.poetry.dependencies")]))
    above, _, last = path.rpartition(".")
    named = draw(st.dictionaries(NAMES, VALUES, min_size=1, max_size=4))
    pairs = [f"{quoted(key)} = {value}" for key, value in named.items()]
    notations = [
        f"[{path}]\n" + "\n".join(pairs),
        "".join(f"[{path}.{quoted(key)}]\nversion = '1'\noptional = true\n" for key in named),
        "".join(f"{path}.{pair}\n" for pair in pairs),
        f"[{path}]\n" + "".join(f"{quoted(key)}.version = '1'\n{quoted(key)}.extras = ['x']\n" for key in named),
        "".join(f"[[{path}.{quoted(key)}]]\nversion = '1'\n" * 2 for key in named),
        (f"[{above}]\n" if above else "") + f"{last} = {{{', '.join(pairs)}}}",
    ]
    return name, draw(st.sampled_from(notations))


def quoted(key: str) -> str:
    return f'"{key}"' if "." in key else key


@given(documents_with_names())
def test_names_match_tomllib(chosen: tuple[str, str]) -> None:
    name, text = chosen
    table = tomllib.loads(text)
    for step in ("packages",) if name == "pipfile" else ("tool", "poetry", "dependencies"):
        table = table[step]
    document = parse(name, text)
    assert [dependency.name_span.slice(text) for dependency in document.dependencies] == list(table)
    assert [dependency.name for dependency in document.dependencies] == [normalize_name(key) for key in table]
    assert not document.problems
    check_places(text, document, substitutions=True)


# --- imports and file names -------------------------------------------------------------------------------------------


def modules_after(text: str) -> set[str]:
    program = (
        "import sys\nfrom mothball.formats.manifests import pyproject\npyproject.parse(sys.argv[1])\n"
        "print(*(name.rpartition('.')[2] for name in sys.modules if name.startswith('mothball.formats.')))\n"
    )
    done = subprocess.run([sys.executable, "-c", program, text], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


def test_tool_reader_is_imported_only_for_its_table() -> None:
    standard = modules_after("[project]\ndependencies = ['flask>=3']\n[tool.ruff]\nline-length = 120\n")
    assert not {name for name in standard if name.startswith("tool_")}
    assert "declarations" not in standard
    with_poetry = modules_after("[tool.poetry.dependencies]\nflask = '3'\n[tool.mypy]\nstrict = true\n")
    assert with_poetry - standard == {"declarations", "tool_entries"}


@pytest.mark.parametrize("name", ["Pipfile", "hatch.toml", "pixi.toml", "tox.toml"])
def test_file_format_is_detected_by_name(name: str) -> None:
    assert format_of(f"a/{name}") == name.lower().replace(".", "-")
    assert format_of(f"a/x{name}") is None
    assert format_of(f"a/{name}.bak") is None


@pytest.mark.parametrize(("name", "text"), [("pipfile", PIPFILE), ("pixi-toml", PIXI)])
def test_truncated_file_keeps_the_entries_before_the_end(name: str, text: str) -> None:
    before = parse(name, text).dependencies
    after = parse(name, f"{text}\n[half.dependencies]\nfla = {{ version = '").dependencies
    assert after[: len(before)] == before
    assert {dependency.skip_reason for dependency in after[len(before) :]} <= {SkipReason.INCOMPLETE}
