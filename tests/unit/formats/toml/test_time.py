"""Hostile documents: time grows with length, not faster, and nothing is ever raised.

A clock decides only between four times as long and far longer than that.
"""

from __future__ import annotations

import pytest

from mothball.formats.manifests.pyproject import parse
from mothball.formats.toml.scanner import scan, scan_cached
from mothball.formats.toml.values import find_span, flatten_inline_tables, to_mapping
from tests.support.timing import least_seconds

# Prefix, repeated text and suffix of each document.
HOSTILE = {
    "brackets": ("a=", "[", ""),
    "braces": ("a=", "{", ""),
    "quotes": ("a=", '"', ""),
    "apostrophes": ("", "'", ""),
    "backslashes": ("", "\\", ""),
    "escapes": ('a="', "\\n", '"'),
    "broken escapes": ('a="', "\\", ""),
    "dotted key": ("", "a.", "a=1"),
    "dotted header": ("[", "a.", "a]"),
    "dotted spaces": ("", "a. ", ""),
    "open inline tables": ("a=", "{a=", ""),
    "open arrays and inline tables": ("a=", "[{a=", ""),
    "arrays on lines": ("a=", "[\n", ""),
    "keys without a value in braces": ("a=[", '{"a"', ""),
    "the same on lines": ("a=[", '{"a"\n', ""),
    "escaped delimiters": ("a=[\n", '\\"""\n', ""),
    "escaped delimiters in a string": ('a="""\n', '\\"""\n', ""),
    "delimiters": ("", '"""', ""),
    "open multi-line strings": ("", "a='''\n", ""),
    "headers in a string": ('a="""', "\n[a", ""),
    "keys in a string": ('a="""', "\na", ""),
    "quoted headers in arrays": ("", 'a=[\n["h"]\n', ""),
    "arrays that may be headers": ("a=[\n", '["h"]\n\n#\n,\n', ""),
    "statements on one line": ("", 'a="x"', ""),
    "items behind arrays": ("a=[]\n", '"x"]\n', ""),
    "brackets and items": ("a=[]", ']"x"', ""),
    "commas": ("a=[", ",", ""),
    "one key": ("", "k=1\n", ""),
    "conflicts": ("", "<<<<<<< a\n", ""),
    "conflicts in an array": ("a=[\n", "=======\n", ""),
    "comments": ("a=" + "{a=" * 90, "#\n", ""),
    "digits": ("a=", "1", ""),
    "fraction": ("a=07:32:00.", "1", ""),
    "underscores": ("a=", "1_", ""),
    "line continuations": ('a="""', "\\\n", '"""'),
    "white space": ("a", " ", "b"),
    "carriage returns": ("", "\r", ""),
    "control characters": ("", "\x00", ""),
    "words": ("", "a ", ""),
    "tables in arrays": ("", "[[a]]\n[[a.b]]\n", ""),
    "inline keys": ("a={", "b=1,", "}"),
    "long line": ("a = '", "x", "'"),
    "names of projects": ("[tool.poetry.dependencies]\n", 'a="1"\n', ""),
    "headers of names": ("", "[[tool.poetry.dependencies.a]]\nversion='1'\n", ""),
    "dotted members": ("[tool.poetry.dependencies]\n", "a.version='1'\n", ""),
    "alternatives": ("[tool.poetry.dependencies]\na=[", "{version='1'},", "]"),
    "sources of uv": ("[project]\ndependencies=['a']\n[tool.uv.sources]\n", "a={git='u',marker='m'}\n", ""),
    "entries with sources": ("[tool.uv.sources]\na={path='.'}\n[tool.uv]\ndev-dependencies=[", "'a',", "]"),
    "deep inline tables": ("[tool.hatch]\n", "envs={a={b={c={d={e={f={g={h='1'}}}}}}}}\n", ""),
    "overrides in arrays": ("[tool.cibuildwheel]\noverrides=[", "{test-requires='a b'},", "]"),
    "words in a string": ("[tool.cibuildwheel]\ntest-requires='", "a ", "'"),
    "fields": ("[tool.hatch.envs.a]\ndependencies=['a", "{a}", "']"),
    "open fields": ("[tool.hatch.envs.a]\ndependencies=['a", "{", "']"),
    "lines in a string": ("[tool.tox.env.a]\ndeps='''", "a\n", "'''"),
    "replacements": ("[tool.tox.env.a]\ndeps=[", "{then=['a']},", "]"),
    "tools": ("", "[tool.poetry.group.a.dependencies]\n[tool.uv.sources.b]\n", ""),
    "long steps": ("tool={", "poetry.a.b.c.d.e.f='1',", "}"),
    "includes": ("[dependency-groups]\na=[", '{include-group="a"},', "]"),
}


def use_all_functions(text: str) -> None:
    scanned = scan(text)
    to_mapping(scanned)
    sum(1 for _ in flatten_inline_tables(scanned.entries))
    find_span(scanned, ("a", "b"))
    scan_cached.cache_clear()
    parse(text)


@pytest.mark.alone
@pytest.mark.parametrize("shape", HOSTILE)
def test_scanning_takes_linear_time(shape: str) -> None:
    before, repeated, after = HOSTILE[shape]
    short, long = (before + repeated * times + after for times in (1500, 6000))
    # Quadratic time would take 16 times as long; times below a few milliseconds are noise.
    taken = least_seconds(lambda: use_all_functions(short), 2)
    assert least_seconds(lambda: use_all_functions(long), 2) < 10 * max(taken, 0.004)


@pytest.mark.parametrize("character", '[{"\\')
def test_repeated_characters_raise_nothing(character: str) -> None:
    for before in ("", "a = ", "[", "a = [\n"):
        assert scan(before + character * 100_000).errors


def test_dotted_key_of_a_megabyte_is_one_error() -> None:
    assert scan("a." * 500_000 + "a = 1").errors
    assert scan("[" + "a." * 500_000 + "a]\nb = 1").errors
