"""Comparison of the fast reader with the TOML reader, and of both with tomllib."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from mothball.formats.locks.fast_reader import read_lines
from mothball.formats.locks.stanzas import (
    KeyPath,
    Layout,
    Leaf,
    Lock,
    Stanza,
    blank_file_lists,
    match_path,
    read_toml,
)
from mothball.formats.toml.scanner import scan
from mothball.model.document import ParseProblem
from tests.support import lock_samples
from tests.support.lock_texts import LINES, nonsense, packages, written
from tests.support.timing import least_seconds

LAYOUT = Layout(
    "test-lock",
    "package",
    frozenset({"package"}),
    "version",
    newest=1,
    package=(
        *(("version",), ("source",), ("dependencies",)),
        *(("optional-dependencies", "*", "name"), ("dev-dependencies",)),
    ),
    root=(("manifest",),),
)
HEAD = '[[package]]\nname = "anchor"\n'


def values_of(table: dict[str, Any], patterns: tuple[KeyPath, ...]) -> dict[KeyPath, list[Leaf]]:
    """Return the strings and booleans of a table loaded by tomllib, by storage path."""
    found: dict[KeyPath, list[Leaf]] = {}

    def collect(path: KeyPath, value: object) -> None:
        kept = match_path(path, patterns)
        if isinstance(value, str | bool) and kept and kept[1]:
            found.setdefault(kept[0], []).append(value)
        for item in value if isinstance(value, list) else ():
            collect(path, item)
        for key, item in value.items() if isinstance(value, dict) else ():
            collect((*path, key), item)

    collect((), table)
    return found


def without_empty(values: Any) -> dict[KeyPath, list[Leaf]]:
    return {path: list(leaves) for path, leaves in values.items() if leaves}


def check_against_tomllib(lock: Lock, text: str) -> None:
    loaded = tomllib.loads(text)
    tables = loaded.pop("package", [])
    assert len(lock.stanzas) == len(tables)
    for stanza, table in zip(lock.stanzas, tables, strict=True):
        name = table.pop("name", None)
        assert (stanza.name.text if stanza.name else None) == (name if isinstance(name, str) else None)
        assert without_empty(stanza.values) == values_of(table, LAYOUT.package)
        check_places(stanza, text)
    assert without_empty(lock.root) == values_of(loaded, LAYOUT.root)
    assert not any(isinstance(each, ParseProblem) for each in lock.remarks)


def check_places(stanza: Stanza, text: str) -> None:
    entry = stanza.span.slice(text)
    assert entry == entry.strip()
    if stanza.name:
        assert stanza.span.start < stanza.name.span.start <= stanza.name.span.end < stanza.span.end
        assert text[stanza.name.span.start - 1] == text[stanza.name.span.end] or '"""' in entry or "'''" in entry


# --- what tools write -------------------------------------------------------------------------------------------------


@given(st.lists(packages(), max_size=4))
@settings(deadline=None, max_examples=150)
def test_uv_layout_is_read_by_fast_reader_and_matches_tomllib(lock: list[dict[str, Any]]) -> None:
    text = written(lock)
    read = read_lines(text, LAYOUT)

    assert read is not None
    check_against_tomllib(read, text)
    assert read == read_toml(text, LAYOUT)
    on_windows = text.replace("\n", "\r\n")
    assert read_lines(on_windows, LAYOUT) == read_toml(on_windows, LAYOUT)


@given(st.lists(packages(), max_size=3), st.data())
@settings(deadline=None, max_examples=80)
def test_any_toml_notation_matches_tomllib(lock: list[dict[str, Any]], data: st.DataObject) -> None:
    text = written(lock, data)
    loaded = tomllib.loads(text)
    assert loaded.get("package", []) == lock

    check_against_tomllib(read_toml(text, LAYOUT), text)
    by_lines = read_lines(text, LAYOUT)
    assert by_lines in (None, read_toml(text, LAYOUT))


@pytest.mark.parametrize("name", ["UV", "POETRY", "PDM"])
def test_samples_are_read_by_fast_reader(name: str) -> None:
    text = getattr(lock_samples, name)
    read = read_lines(text, LAYOUT)

    assert read is not None
    assert read == read_toml(text, LAYOUT)


# --- everything else --------------------------------------------------------------------------------------------------


USUAL = """\
version = 1
[manifest]
members = ["ant", 'bee']

[[package]]
name = "ant"  # mothball: ignore[archived] it's "old"
source = { registry = "https://x.example/", size = 12 }
dependencies = [
    { name = "bee", marker = "os_name == \\"nt\\"" },
    'cow',
]
wheels = [
    { url = "u", hash = "h", size = 1 },
]

[package.dev-dependencies]
"x.y" = [{ name = "dog" }]

[[package.files]]
when = 2026-01-02T03:04:05Z

[[package]]
name = 'bee'
version = "1"

[metadata]
flag = true
"""


def mutated_lines() -> Iterator[str]:
    """Yield the lock with each line deleted, as last line, replaced with each other, or after each unusual line."""
    lines = USUAL.split("\n")
    for place in range(len(lines)):
        before, after = lines[:place], lines[place + 1 :]
        yield "\n".join(before + after)
        yield "\n".join(before)
        for odd in (*LINES, *lines):
            yield "\n".join([*before, odd, *lines[place:]])
        for other in range(place + 1, len(lines)):
            yield "\n".join(
                [*before, lines[other], *lines[place + 1 : other], lines[place], *lines[other + 1 :]],
            )


def mutated_characters() -> Iterator[str]:
    """Yield the lock with each character deleted, and with each special character inserted at each offset."""
    for place in range(len(USUAL) + 1):
        yield USUAL[:place] + USUAL[place + 1 :]
        for character in "\"'\\[]}=,# \n\r\0\x0b0":
            yield USUAL[:place] + character + USUAL[place:]


def check_mutation(text: str) -> bool:
    """Check the result of the fast reader; return True if it accepted the text."""
    by_lines = read_lines(text, LAYOUT)
    if by_lines is None:
        return False
    assert by_lines == read_toml(text, LAYOUT)
    return True


@pytest.mark.parametrize("mutated", [mutated_lines, mutated_characters])
def test_no_invalid_mutation_is_accepted(mutated: Callable[[], Iterator[str]]) -> None:
    assert check_mutation(USUAL)
    accepted = [check_mutation(text) for text in mutated()]
    assert accepted.count(True) > 0.2 * len(accepted)
    assert accepted.count(False) > 0.2 * len(accepted)


@given(nonsense())
@settings(deadline=None, max_examples=400)
@example('[[package]]\nname = "a"\n[[package]]\nname = "b"\nname = "c"')
@example("[[package]]\n[metadata]\n[package.x]\n")
@example("[[package]]\nx = 1\n[package.x]\n")
@example("[[package]]\n[[package.wheels]]\n[[package]]\n[[package.wheels]]\n[[package.wheels]]\n")
@example('[[package]]\nx = "a""b""c"')
@example('[[package]]\nx = "\\u00e9", "b"')
@example("[[package]]\nx = \"\\u00e9 'q' \"")
@example("[[package]]\nwheels = [\n] # a\n[package.x] # b")
@example('package = [{ name = "a" }]')
@example('[[package]]\ndependencies = [\n    { name = "rope" },\n')
@example('[[package]]\ndependencies = [\n    { name = "rope" }\n]')
@example('[[package]] # x "y"\nname = "a"')
@example('[[package]]\nname = [\n    "a",\n]')
def test_fast_reader_matches_toml_reader(text: str) -> None:
    by_lines = read_lines(text, LAYOUT)
    by_scanner = read_toml(text, LAYOUT)

    assert by_lines in (None, by_scanner)
    if by_lines is not None:
        assert not scan(text).errors
    for stanza in by_scanner.stanzas:
        assert stanza.span.slice(text).strip() == stanza.span.slice(text)


@pytest.mark.parametrize(
    "text",
    [
        'x = "\x1f"\n',
        "x = 1\rx = 2\n",
        "x = [\n    1\n]\n",
        "x = [ 1,\n    2,\n]\n",
        "x = [\n",
        "]\n",
        "    1,\n",
        'x = """\n"""\n',
        'x = { "" = 1 }\n',
        "x = 2026-02-29T01:02:03Z\n",
        "x = 2026-04-31T01:02:03Z\n",
        'x = "\0"\n',
        "x = \0\n",
        '[package."x"]\n[package.x]\n',
        HEAD + '[package."x"]\n[package.x]\n',
        "x = " + "1" * 5000 + "\n",
        "[package.x]\n[[package]]\n",
        "[package]\n[[package]]\n",
        HEAD + 'version = "1" # comment "\n"\n',
        HEAD + 'version = """# comment\n"""\n',
        HEAD + "x = [" + '"", ' * 2000 + "]\nx.y = 1\n",
        HEAD + 'name = "b"\n',
        HEAD + 'version = "1"\n"version" = "2"\n',
        HEAD + "<<<<<<< ours\n",
    ],
)
def test_fast_reader_declines_unusual_layouts(text: str) -> None:
    assert read_lines(text, LAYOUT) is None


def test_fast_reader_accepts_quoted_keys() -> None:
    text = HEAD + '[package.dependencies]\n"zope.interface" = "*"\n[package.metadata]\n"a b" = { c = "e" }\n"" = 1\n'
    read = read_lines(text, LAYOUT)

    assert read is not None
    assert read == read_toml(text, LAYOUT)
    assert read.stanzas[0].values == {("dependencies", "zope.interface"): ["*"]}


def test_fast_reader_accepts_escapes_and_apostrophes() -> None:
    text = HEAD + 'dependencies = [\n    "a; b == \\"c\\"",\n    \'d\',\n]\nversion = "1\\t2"\n'
    read = read_lines(text, LAYOUT)

    assert read is not None
    assert read == read_toml(text, LAYOUT)
    assert read.stanzas[0].values == {("dependencies",): ['a; b == "c"', "d"], ("version",): ["1\t2"]}


def test_name_may_be_any_entry_with_any_quotes() -> None:
    for text in (
        "[[package]]\nversion = \"1\"\nname = 'a'\n",
        '[[package]]\n"name" = "a"\n',
        '[[package]]\nwheels = [\n    { url = "b", hash = "c" },\n]\nname = "a"\n',
    ):
        read = read_lines(text, LAYOUT)
        assert read is not None
        assert read == read_toml(text, LAYOUT)
        assert read.stanzas[0].name is not None
        assert read.stanzas[0].name.span.slice(text) == "a"


def test_comments_and_empty_lines_belong_to_no_package() -> None:
    text = f'# first\n\n{HEAD}# second\n\n[[package]]\nname = "b" \n\n# third'
    read = read_lines(text, LAYOUT)

    assert read is not None
    assert read == read_toml(text, LAYOUT)
    assert [stanza.span.slice(text) for stanza in read.stanzas] == [HEAD.strip(), '[[package]]\nname = "b"']


COMMENTS = st.sampled_from(
    [
        "# mothball: ignore[archived] until spring",
        '  # mothball: ignore[deprecated] "quoted" \\ and more',
        "# it's mothball: ignore[archived]  # mothball: ignore[archived] it's \t",
        " # mothball: ignore[nothing]",
        "#",
        '# " [x] = {',
    ]
)


@settings(deadline=None, max_examples=150)
@given(
    st.sampled_from([lock_samples.UV, lock_samples.UV.replace("\n", "\r\n"), lock_samples.POETRY]),
    st.lists(st.tuples(st.integers(0, 200), COMMENTS), min_size=1, max_size=4),
)
def test_fast_reader_reads_all_comments(sample: str, comments: list[tuple[int, str]]) -> None:
    lines = sample.split("\n")
    for at, comment in comments:
        line = lines[at % len(lines)]
        end = "\r" if line.endswith("\r") else ""
        lines[at % len(lines)] = line.removesuffix("\r") + comment + end
    text = "\n".join(lines)
    by_lines, by_scanner = read_lines(text, LAYOUT), read_toml(text, LAYOUT)

    assert by_lines == by_scanner
    spoken_to = any("mothball" in comment for _, comment in comments)
    assert spoken_to == bool(by_scanner.remarks)


# --- incomplete text --------------------------------------------------------------------------------------------------


def test_packages_without_a_header_between_them_are_separate() -> None:
    lock = read_toml(HEAD + 'version = "1"\nname = "buoy"\nversion = "2"\n', LAYOUT)

    assert [stanza.name.text if stanza.name else None for stanza in lock.stanzas] == ["anchor", "buoy"]
    assert [stanza.text("version") for stanza in lock.stanzas] == ["1", "2"]
    assert any(isinstance(each, ParseProblem) for each in lock.remarks)


@pytest.mark.parametrize("header", ["[[package", "[package]]", "[[package]", "[package"])
def test_incomplete_header_starts_a_package(header: str) -> None:
    lock = read_toml(f'{HEAD}{header}\nname = "buoy"\n', LAYOUT)

    assert [stanza.name.text for stanza in lock.stanzas if stanza.name] == ["anchor", "buoy"]


@pytest.mark.parametrize(
    ("line", "is_complete"),
    [
        ('version = "1', False),
        ("version =", False),
        ("dependencies = [", False),
        ('source = { registry = "https://index.example', False),
        ('source = { registry = "https://index.example"', False),
        ("other = [", True),
        ("version = 1", True),
    ],
)
def test_package_is_complete_if_all_values_of_the_layout_are(line: str, *, is_complete: bool) -> None:
    (stanza,) = read_toml(f"{HEAD}{line}\n", LAYOUT).stanzas
    assert stanza.is_complete is is_complete


def test_only_tables_are_packages() -> None:
    lock = read_toml('package = [{ name = "a" }, "b", { name = "c"', LAYOUT)

    assert [(stanza.name.text, stanza.is_complete) for stanza in lock.stanzas if stanza.name] == [
        ("a", True),
        ("c", False),
    ]
    assert "a package must be a table" in [each.message for each in lock.remarks if isinstance(each, ParseProblem)]
    assert read_toml("package = 1", LAYOUT).remarks


# --- file lists -------------------------------------------------------------------------------------------------------

FILE_LISTS = '\nwheels = [\n    { url = "a", hash = "b", size = 0 },\n    {file = "a", hash = "b"},\n]'


def test_file_lists_are_blanked_and_offsets_kept() -> None:
    text = f"a = 1{FILE_LISTS}\nb = 2{FILE_LISTS}"
    emptied = blank_file_lists(text)

    assert len(emptied) == len(text)
    assert tomllib.loads(emptied[: text.index("\nb")]) == {"a": 1, "wheels": []}
    assert emptied.endswith(" ]")


@pytest.mark.parametrize(
    "text",
    [
        FILE_LISTS.replace("wheels", "# wheels"),
        FILE_LISTS.replace("wheels", "other"),
        FILE_LISTS.replace('"a"', "'a'", 1),
        FILE_LISTS.replace('"a"', "\"'''\"", 1),
        FILE_LISTS.replace('"a"', '"\\\\"', 1),
        FILE_LISTS.replace("size = 0", "size = 00", 1),
        FILE_LISTS.replace(" },", " }", 1),
    ],
)
def test_other_arrays_are_no_file_lists(text: str) -> None:
    assert blank_file_lists(text) == text


# --- hostile ----------------------------------------------------------------------------------------------------------

HOSTILE = {
    "packages that differ": ("", "[[package]]\na{n} = 1\n", ""),
    "extras that differ": (
        "",
        '[[package]]\n[package.optional-dependencies]\nx{n} = [\n    {{ name = "y" }},\n]\n',
        "",
    ),
    "keys that differ": (HEAD, "x{n} = 1\n", ""),
    "strings in a line": (HEAD + "x = [", '"", ', "]\n"),
    "layout strings in a line": (HEAD + "dependencies = [", '"", ', "]\n"),
    "escaped quotes": (HEAD + 'x = "', '\\" : ', "\n"),
    "escaped quotes in a comment": (HEAD + '# "', '\\" : ', "\n"),
    "quotes in a comment": (HEAD + "# '", '" ', "\n"),
    "arrays of files without end": ("", '\nwheels = [\n    {{ url = "", hash = "" }},', ""),
    "beginnings of arrays of files": ("", "\nwheels = [\n", ""),
    "files": (HEAD + "wheels = [\n", '    {{ url = "", hash = "" }},\n', "]\n"),
    "keys without spaces": ("", "a=1\n", ""),
    "unclosed strings": (HEAD, "x = \"\\q '\n", ""),
    "headers": ("", "[[package]]\n", ""),
    "names": ("", 'name = "x"\n', ""),
    "comments": ("x = [\n", "    'a',  # a\n", "]\n"),
    "a long name": ('[[package]]\nname = "', "a-", '"\n'),
}


@pytest.mark.alone
@pytest.mark.parametrize("shape", HOSTILE)
def test_reading_takes_linear_time(shape: str) -> None:
    before, repeated, after = HOSTILE[shape]

    def seconds(times: int) -> float:
        text = before + "".join(repeated.format(n=number) for number in range(times)) + after
        return least_seconds(lambda: (read_lines(text, LAYOUT), read_toml(text, LAYOUT)), 2)

    # Quadratic time would be sixteen times as long; times below a few milliseconds are not reliable.
    assert seconds(6000) < 10 * max(seconds(1500), 0.004)
