"""Locks for property tests: as tools write them, with other spellings, and with shuffled lines."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st

if TYPE_CHECKING:
    from collections.abc import Sequence

_DIGEST = "sha256:" + "0f" * 32
_NAMES = st.sampled_from(["anchor", "Buoy", "chain", "crane_arm", "dock.gate", "flag", "gull-2", "rope"])
_VERSIONS = st.sampled_from(["1", "2.0", "3.1.4", "1!2+local", ""])
_MARKERS = st.sampled_from(["", "os_name == 'nt'", "extra == '#1'", 'os_name == "nt"', "é = 1"])
_EXTRAS = st.lists(st.sampled_from(["all", "cli", "x"]), max_size=2)
_SOURCES = st.sampled_from(
    [
        {"registry": "https://index.example/simple"},
        {"registry": "../wheels"},
        {"git": "https://code.example/a.git?rev=b#c"},
        {"url": "https://files.example/a.zip", "subdirectory": "x"},
        {"path": "a.whl"},
        {"directory": "../a"},
        {"editable": "."},
        {"virtual": "b"},
    ]
)


@st.composite
def requirements(draw: st.DrawFn) -> dict[str, Any]:
    made: dict[str, Any] = {"name": draw(_NAMES)}
    if extra := draw(_EXTRAS):
        made["extra"] = extra
    if marker := draw(_MARKERS):
        made["marker"] = marker
    return made


@st.composite
def packages(draw: st.DrawFn) -> dict[str, Any]:
    """Return one package of a uv lock as tomllib returns it: its keys in the order in which uv writes them."""
    made: dict[str, Any] = {"name": draw(_NAMES)}
    if version := draw(_VERSIONS):
        made["version"] = version
    made["source"] = draw(_SOURCES)
    if required := draw(st.lists(requirements(), max_size=3)):
        made["dependencies"] = required
    if draw(st.booleans()):
        made["sdist"] = {"url": "https://files.example/a.tar.gz", "hash": _DIGEST, "size": draw(st.integers(0, 10**6))}
    if count := draw(st.integers(0, 3)):
        made["wheels"] = [
            {"url": f"https://files.example/a-{number}.whl", "hash": _DIGEST, "size": number} for number in range(count)
        ]
    for table in ("optional-dependencies", "dev-dependencies"):
        groups = st.dictionaries(st.sampled_from(["all", "dev", "x.y"]), st.lists(requirements(), max_size=2))
        if group := draw(groups):
            made[table] = group
    if draw(st.booleans()):
        made["metadata"] = {"requires-dist": draw(st.lists(requirements(), max_size=2)), "provides-extras": ["all"]}
    return made


# --- spelling ---------------------------------------------------------------------------------------------------------


def written(lock: Sequence[dict[str, Any]], draw: st.DataObject | None = None) -> str:
    """Return the text of a lock: as uv writes it, or with ``draw`` in any spelling that TOML allows."""
    spelling = _Spelling(draw)
    lines = ["version = 1", "revision = 3", ""]
    for package in lock:
        lines += [spelling.header("package", 2), *_table(package, "package", spelling), ""]
    return spelling.line_end().join(lines)


def _table(table: dict[str, Any], path: str, spelling: _Spelling) -> list[str]:
    lines = []
    inner = {key: value for key, value in table.items() if isinstance(value, dict) and key not in {"source", "sdist"}}
    for key, value in table.items():
        if key not in inner:
            lines += _pair(key, value, spelling)
    for key, value in inner.items():
        lines += ["", spelling.header(f"{path}.{key}", 1), *_table(value, f"{path}.{key}", spelling)]
    return lines


def _pair(key: str, value: object, spelling: _Spelling) -> list[str]:
    start = f"{spelling.key(key)}{spelling.equals()}"
    if isinstance(value, list) and value and spelling.spreads():
        items = [f"{spelling.indent()}{spelling.value(item)},{spelling.comment()}" for item in value]
        return [f"{start}[", *items, "]"]
    return [f"{start}{spelling.value(value)}{spelling.comment()}"]


class _Spelling:
    """Draws one spelling after the other; without ``draw``, uv's."""

    def __init__(self, draw: st.DataObject | None) -> None:
        self._draw = draw

    def _one(self, *ways: str) -> str:
        return self._draw.draw(st.sampled_from([ways[0]] * 4 + list(ways))) if self._draw else ways[0]

    def header(self, path: str, brackets: int) -> str:
        inside = self._one(path, path.replace("package", '"package"', 1), f" {path} ")
        return "[" * brackets + inside + "]" * brackets + self.comment()

    def key(self, key: str) -> str:
        return f'"{key}"' if "." in key else self._one(key, f'"{key}"', f"'{key}'")

    def equals(self) -> str:
        return self._one(" = ", "=", "\t=  ")

    def spreads(self) -> bool:
        return self._one("yes", "no") == "yes"

    def indent(self) -> str:
        return self._one("    ", "", "\t")

    def comment(self) -> str:
        return self._one("", '  # it\'s "a" comment', " #")

    def line_end(self) -> str:
        return self._one("\n", "\r\n")

    def value(self, value: object) -> str:
        match value:
            case dict():
                pairs = (f"{self.key(key)}{self.equals()}{self.value(item)}" for key, item in value.items())
                return self._one("{ ", "{") + ", ".join(pairs) + self._one(" }", "}")
            case list():
                return "[" + self._one(", ", ",", "\t,  ").join(map(self.value, value)) + "]"
            case bool():
                return str(value).lower()
            case int():
                return self._one(str(value), f"+{value}", f"0x{value:x}")
            case _:
                return self.string(str(value))

    def string(self, text: str) -> str:
        basic = text.replace("\\", "\\\\").replace('"', '\\"')
        ways = [f'"{basic}"', f'"""{basic}"""', f'"""\n{basic}"""']
        if "'" not in text:
            ways += [f"'{text}'", f"'''{text}'''"]
        if text:
            ways.append(f'"\\u{ord(text[0]):04x}{text[1:]}"' if basic == text else f'"{basic}"')
        return self._one(*ways)


# --- lines without sense ----------------------------------------------------------------------------------------------

LINES = (
    "[[package]]",
    "[[package]]",
    'name = "anchor"',
    "name = 'buoy'",
    '"name" = "chain"',
    'name="crane"  # old',
    'name = ["dock"]',
    'name = """flag"""',
    'name = "fl\\u0061g"',
    'name = "a\\tb"',
    "name = 1",
    "name = true",
    "name.x = 1",
    'version = "1"',
    "version = 2",
    'source = { registry = "https://index.example/simple" }',
    'source = { directory = "x", editable = true }',
    'source.git = "https://code.example/a"',
    "dependencies = [",
    '    { name = "rope" },',
    '    { name = "rope", marker = "os_name == \'nt\'" },',
    '    { marker = "a \\"b\\"", name = "sail" },',
    '    { name = "rope", name = "sail" },',
    '    "x", "y",',
    '    "x"',
    "    [[1, 2], [3]],",
    "]",
    "] # end",
    "wheels = [",
    f'    {{ url = "https://files.example/a.whl", hash = "{_DIGEST}", size = 12 }},',
    f'    {{file = "a.whl", hash = "{_DIGEST}"}},',
    "dependencies = []",
    'dependencies = [{ name = "mast" }]',
    "[package.metadata]",
    "[package.optional-dependencies]",
    '[package."x.y"]',
    "[[package.wheels]]",
    "[package]",
    "[metadata]",
    "[manifest]",
    'members = ["anchor"]',
    "package = []",
    "# a comment with a 'quote and a \"quote",
    "",
    "   ",
    "when = 2026-02-28T01:02:03Z",
    "when = 2026-02-30T01:02:03Z",
    "size = 0012",
    'open = "',
    'text = """',
    '"""',
    "text = '''a'''",
    'three = "a""b""c"',
    "é = 1",
    "\ufeff",
    "a\x0bb = 1",
    "<<<<<<< ours",
)


@st.composite
def nonsense(draw: st.DrawFn) -> str:
    """Return lines that may occur in locks, in unusual order, some of them truncated."""
    lines = draw(st.lists(st.sampled_from(LINES), max_size=14))
    text = draw(st.sampled_from(["\n", "\r\n"])).join(lines)
    if text and draw(st.integers(0, 3)) == 0:
        place = draw(st.integers(0, len(text) - 1))
        text = text[:place] + draw(st.sampled_from(["", '"', "'", "\\", "[", "]", "#", "\r"])) + text[place + 1 :]
    return text
