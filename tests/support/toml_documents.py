"""TOML for tests of the scanner: realistic projects, documents in every spelling, and invalid ones."""

from __future__ import annotations

import random
import re
from typing import TYPE_CHECKING

from hypothesis import strategies as st

from mothball.formats.toml.values import Array, InlineTable, Scalar, String, TomlScan

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mothball.formats.toml.values import TomlEntry, Value

# --- realistic --------------------------------------------------------------------------------------------------------

SHOP = '''\
# The web shop, 🛒 and all.
[build-system]
requires = ["hatchling>=1.27", "hatch-vcs"]
build-backend = "hatchling.build"

[project]
name = "corner-shop"
version = "3.2.0"
description = """
Sells things.
Says \\"thank you\\"."""
requires-python = ">=3.11"
authors = [{ name = "Ada 🦉", email = "ada@shop.example" }, { name = "Bob" }]
keywords = ["shop", 'web', "🛒"]
dependencies = [
  "fastapi[standard]>=0.115",  # mothball: ignore[archived] moves next month
  "jinja2>=3.1,<4",
  'itsdangerous ; python_version >= "3.12"',
  "p\\u0079dantic ~= 2.9",

  # Kept for the old importer.
  "xlrd==1.2.0",
]

[project.optional-dependencies]
postgres = ["psycopg[binary]>=3.2", "alembic"]
docs = [
    "sphinx",
    "furo",
]

[project.scripts]
shop = "corner_shop.cli:main"

[dependency-groups]
test = ["pytest>=8", "hypothesis", "coverage[toml]"]
lint = ["ruff==0.8.*", "mypy"]
dev = [
    { include-group = "test" },
    {include-group = "lint"},
    "ipython",
]

[tool.hatch.version]
source = "vcs"

[[tool.uv.index]]
name = "house"
url = "https://index.example/simple/"
explicit = true

[[tool.uv.index]]
name = "mirror"
url = "https://mirror.example/simple/"

[tool.uv.sources]
furo = { index = "house" }

[tool.mothball]
max-age = "2h"
offline = false

[tool.mothball.ignore]
xlrd = { rules = ["archived"], reason = "until the importer is rewritten", until = 2027-03-01 }
'''

COMPACT = """\
project.name="tiny"
project.version='0.1'
project.dependencies=["attrs","rich>=13"]
project.optional-dependencies={all=["tiny[cli]"],cli=["click","tqdm"]}
dependency-groups={dev=["nox",{include-group="doc"}],doc=["mkdocs"]}
[build-system]
requires=["flit_core>=3.11"]
build-backend="flit_core.buildapi"
[tool.flit]
"""

NEW_SPELLING = """\
[project]
name = "new-spelling"
dependencies = [
    "numpy>=2",
    "scipy",
]
[dependency-groups]
dev = [
    {
        include-group = "test",  # TOML 1.1
    },
    "pre-commit",
]
test = ["pytest"]
[tool.demo]
colour = "\\e[31m\\x41"
at = 07:30
"""

SAMPLES = (SHOP, COMPACT, NEW_SPELLING, SHOP.replace("\n", "\r\n"))

_NAMES = (
    "anyio",
    "attrs",
    "celery",
    "click",
    "flask",
    "gunicorn",
    "lxml",
    "numpy",
    "pillow",
    "rich",
    "tqdm",
    "zope.event",
)
_SPECIFIERS = ("", ">=1.0", "==2.*", " ~= 3.1", ">=1,<2", "[extra]>=4", " ; python_version < '3.13'")


def project(seed: int) -> str:
    """Return a realistic pyproject.toml, always the same for the same ``seed``."""
    pick = random.Random(seed)

    def array() -> str:
        items = [f'"{pick.choice(_NAMES)}{pick.choice(_SPECIFIERS)}"' for _ in range(pick.randint(1, 9))]
        match pick.randrange(4):
            case 0:
                return f"[{', '.join(items)}]"
            case 1:
                return "[\n" + "".join(f"    {item},\n" for item in items) + "]"
            case 2:
                return "[\n" + "".join(f"  {item},  # why\n" for item in items) + "]"
            case _:
                return "[" + ",\n    ".join(items) + "\n]"

    parts = [
        f'[build-system]\nrequires = {array()}\nbuild-backend = "maker"',
        f'[project]\nname = "demo-{seed}"\nversion = "1.{seed}"\nclassifiers = {array()}\ndependencies = {array()}',
        "[project.optional-dependencies]\n" + "\n".join(f"{extra} = {array()}" for extra in ("cli", "docs", "fast")),
        '[project.urls]\nHomepage = "https://demo.example/"',
        "[dependency-groups]\n"
        + "\n".join(f"{group} = {array()}" for group in ("lint", "test"))
        + '\ndev = [{include-group = "lint"}, "ipdb"]',
        '[tool.lint]\nline-length = 120\nselect = ["E", "F"]\n\n[tool.lint.rules]\nD100 = { level = "off" }',
        '[[tool.uv.index]]\nname = "house"\nurl = "https://index.example/simple/"',
    ]
    pick.shuffle(parts)
    return "\n\n".join(parts) + "\n"


# --- every spelling ---------------------------------------------------------------------------------------------------

_PLAIN = ("a", "B", "7", " ", "é", "🦉", "\t", "#", "[", "]", "=", ",", "{", "}", ".")
_ESCAPES = (r"\n", r"\t", r"\"", r"\\", r"\b", r"\f", r"\r", r"\u00e9", r"\U0001F989")
_NEW_ESCAPES = (r"\e", r"\x41")
_NO_ESCAPES = (r"\q", r"\ud800", r"\U00110000", "\\ ", "\x00", "\x7f", "\r")


def _joined(*pieces: str, most: int = 6) -> st.SearchStrategy[str]:
    return st.lists(st.sampled_from(pieces), max_size=most).map("".join)


_STRINGS = st.one_of(
    _joined(*_PLAIN, *_ESCAPES, "'").map('"{}"'.format),
    _joined(*_PLAIN, '"', "\\").map("'{}'".format),
    _joined(*_PLAIN, *_ESCAPES, '"', '""', "'", "\n", "\r\n", "\\\n  ", "\\ \r\n\n", "\n\n").map('"""{}x"""'.format),
    _joined(*_PLAIN, "'", "''", '"', "\\", "\n", "\r\n").map("'''{}x'''".format),
    st.sampled_from(['""', "''", '""""""', "''''''", '""""a"""""', "''''a'''''"]),
    _joined(*_PLAIN, *_ESCAPES, *_NEW_ESCAPES, *_NO_ESCAPES).map('"{}"'.format),
)
# fmt: off
_SCALARS = st.sampled_from([
    "true", "false", "0", "-0", "+7", "1_000", "0xdead_BEEF", "0o17", "0b101", "1.5", "-0.25", "6.02e23", "1e+3",
    "5e-1_0", "inf", "-inf", "nan", "+nan", "1979-05-27", "07:32:00", "07:32:00.123456789", "1979-05-27T07:32:00Z",
    "1979-05-27 07:32:00", "1979-05-27t07:32:00.5-08:00", "2000-02-29T23:59:59+00:00",
    # TOML 1.1
    "07:32", "1979-05-27T07:32", "1979-05-27 07:32-03:30",
    # Not valid TOML
    "00", "1__0", "_1", "1_", "0x", "0b2", "1.", ".5", "1e", "1.e3", "True", "2023-02-29", "1979-13-01", "24:00:00",
    "0000-01-01", "+0x1", "ok", "9" * 5000,
])
# fmt: on
_BARE = st.sampled_from(["a", "b", "c", "1", "true", "a-b", "_"])
_KEYS = st.lists(
    _BARE | st.sampled_from(['"a"', "'b'", '"a.b"', '""', '"é\\u0062"', "'🦉'"]), min_size=1, max_size=3
).flatmap(lambda parts: st.sampled_from([".", " . ", "\t."]).map(lambda dot: dot.join(parts)))
_BREAKS = st.sampled_from(["", " ", "\n", "\r\n  ", " # why\n", "\n\n\t"])


@st.composite
def _array(draw: st.DrawFn, items: st.SearchStrategy[str]) -> str:
    written = [draw(_BREAKS) + item + draw(_BREAKS) for item in draw(st.lists(items, max_size=3))]
    return "[" + ",".join(written) + draw(st.sampled_from(["", ",", " ", "\n"])) + "]"


@st.composite
def _inline_table(draw: st.DrawFn, values: st.SearchStrategy[str]) -> str:
    pairs = [f"{draw(_KEYS)} = {draw(values)}" for _ in range(draw(st.integers(0, 3)))]
    if draw(st.booleans()):
        return "{ " + ", ".join(pairs) + " }"
    return "{" + draw(_BREAKS) + ",".join(pairs) + draw(st.sampled_from(["", ","])) + draw(_BREAKS) + "}"


_VALUES = st.recursive(_STRINGS | _SCALARS, lambda inner: _array(inner) | _inline_table(inner), max_leaves=6)


@st.composite
def _statement(draw: st.DrawFn) -> str:
    match draw(st.integers(0, 5)):
        case 0:
            return f"[{draw(_KEYS)}]"
        case 1:
            return f"[[{draw(_KEYS)}]]"
        case _:
            comment = draw(st.sampled_from(["", "  # 🦉", "#"]))
            return f"{draw(_KEYS)} = {draw(_VALUES)}{comment}"


@st.composite
def documents(draw: st.DrawFn) -> str:
    """Draw documents in all of TOML's spellings; some are invalid, as keys and values are drawn independently."""
    newline = draw(st.sampled_from(["\n", "\n", "\r\n"]))
    return newline.join(draw(st.lists(_statement(), max_size=6))) + draw(st.sampled_from(["", newline]))


@st.composite
def mutations(draw: st.DrawFn) -> str:
    """Draw realistic documents with one to three random edits."""
    text = draw(st.sampled_from(SAMPLES))
    for _ in range(draw(st.integers(1, 3))):
        start = draw(st.integers(0, len(text)))
        length = draw(st.sampled_from([0, 0, 1, 1, 2, 20, 400]))
        inserted = draw(
            st.sampled_from(["", "", *"\"'[]{},=#.\\ \n\rx1é\x00", '"""', "[[", "a = ", "\n[tool]\n", "\ufeff"])
        )
        text = text[:start] + inserted + text[start + length :]
    return text


# Any text of an editor's buffer.
noise = st.text(st.sampled_from("\"'[]{},=#.\\ \n\r\tab1-:é🦉\x00"), max_size=60) | st.text(max_size=30)


def uses_toml_1_1(text: str, scanned: TomlScan) -> bool:
    """Return whether a scan contains syntax that TOML 1.1 allows and TOML 1.0 does not."""
    entries = list(all_entries(scanned))
    keys = [key for header in scanned.headers for key in header.keys] + [key for entry in entries for key in entry.keys]
    return any(re.search(r"\\[ex]", key.span.slice(text)) for key in keys) or any(
        _is_new(text, value) for entry in entries for value in all_values(entry)
    )


def all_entries(scanned: TomlScan) -> Iterator[TomlEntry]:
    """Yield every key/value pair of a scan, including those of inline tables at any depth."""
    waiting = list(scanned.entries)
    while waiting:
        entry = waiting.pop()
        yield entry
        for value in all_values(entry):
            if isinstance(value, InlineTable):
                waiting += value.entries


def all_values(entry: TomlEntry) -> Iterator[Value]:
    """Yield an entry's value and the values in it, if it is an array."""
    waiting = [entry.value]
    while waiting:
        value = waiting.pop()
        yield value
        if isinstance(value, Array):
            waiting += value.items


def _is_new(text: str, value: Value) -> bool:
    source = value.span.slice(text)
    match value:
        case String():
            return re.search(r"\\[ex]", source) is not None
        case Scalar():
            return re.fullmatch(r"(.*[Tt ])?\d\d:\d\d([Zz]|[+-].*)?", source) is not None
        case InlineTable():
            return re.search(r"[\n#]|,\s*}\Z", source) is not None
        case _:
            return False
