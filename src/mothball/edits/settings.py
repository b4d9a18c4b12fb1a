"""Insert lines into the tables of a TOML text, and settings into a configuration."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

from mothball.check.messages import toml_string
from mothball.edits.model import Edit, apply, end_of_line, newline_of
from mothball.formats.toml.api import TomlScan, scan, to_mapping
from mothball.model.document import LineIndex, Span
from mothball.model.errors import ConfigError
from mothball.model.records import NamedTuple


class NewSetting(NamedTuple):
    """The string ``value`` for ``key`` in the table at ``table``, a path below the table of mothball."""

    table: tuple[str, ...]
    key: str
    value: str


def add_settings(text: str, prefix: tuple[str, ...], settings: Iterable[NewSetting]) -> str:
    """Return the configuration ``text`` with ``settings``; those that it already has are left out.

    ``prefix`` is the path of mothball's table: ``("tool", "mothball")`` in pyproject.toml, ``()`` in mothball.toml.
    Raises ConfigError if ``text`` is not valid TOML, has another value for a key, or if the edited text would not have
    exactly the old and the new settings.
    """
    for setting in settings:
        text = _add(text, (*prefix, *setting.table), setting.key, setting.value)
    return text


def _add(text: str, base: tuple[str, ...], key: str, value: str) -> str:
    parsed = scan(text)
    for error in parsed.errors[:1]:
        number = LineIndex(text).position(error.span.start).line
        raise ConfigError(f"invalid TOML in line {number}: {error.message}", key=base, help_text=error.help)
    expected = to_mapping(parsed)
    table: Any = expected
    for name in base:
        table = table.setdefault(name, {}) if isinstance(table, dict) else None
    if isinstance(table, dict) and table.get(key) == value:
        return text
    line = f"{key} = {toml_string(value)}"
    where = f"`{'.'.join(base)}`" if base else "the top level"
    if isinstance(table, dict) and key in table:
        raise ConfigError(f"`{key}` has another value", key=(*base, key), help_text=f"change it to `{line}`")
    if isinstance(table, dict):
        table[key] = value
        edited = apply(text, [insert_lines(text, parsed, base, [line])])
        after = scan(edited)
        if not after.errors and comparable(to_mapping(after)) == comparable(expected):
            return edited
    raise ConfigError(
        f"cannot add `{key}`: {where} is not a table with its own header", key=base, help_text=f"add `{line}` to it"
    )


def insert_lines(text: str, parsed: TomlScan, base: tuple[str, ...], lines: Sequence[str]) -> Edit:
    """Return the edit that adds ``lines`` to the end of the table at ``base`` of ``text``, which was parsed.

    Without a header for it, a new table is added at the end of the text. An empty ``base`` is the top level, which ends
    before the first header.
    """
    newline = newline_of(text)
    bodies = [*(header.body for header in parsed.headers), len(parsed.entries)]
    if not base:
        return _at_top_level(text, parsed, bodies[0], lines)
    for header, end in zip(parsed.headers, bodies[1:], strict=True):
        if header.path == base:
            last = parsed.entries[end - 1].value if end > header.body else header
            position = end_of_line(text, last.span.end)
            return Edit(Span(position, position), "".join(f"{newline}{line}" for line in lines))
    missing = 2 - text[len(text.rstrip()) :].count("\n") if text.strip() else 0
    table = "".join(f"{line}{newline}" for line in (f"[{'.'.join(map(_key, base))}]", *lines))
    return Edit(Span(len(text), len(text)), newline * missing + table)


def _at_top_level(text: str, parsed: TomlScan, count: int, lines: Sequence[str]) -> Edit:
    """Return the edit that adds ``lines`` after the first ``count`` entries, or at the start of the text."""
    newline = newline_of(text)
    if count:
        position = end_of_line(text, parsed.entries[count - 1].value.span.end)
        return Edit(Span(position, position), "".join(f"{newline}{line}" for line in lines))
    return Edit(Span(0, 0), "".join(f"{line}{newline}" for line in lines) + (newline if text.strip() else ""))


def _key(name: str) -> str:
    """Return ``name``, which is sanitized, as a TOML key."""
    return name if name.replace("-", "").replace("_", "").isalnum() and name.isascii() else toml_string(name)


def comparable(document: dict[str, Any]) -> str:
    """Return a string that is equal only for equal documents, in which 1 and true differ and nan equals nan."""
    return json.dumps(document, sort_keys=True, default=repr)
