"""Add settings to a configuration: ``key = "value"`` in the table of mothball or in one below it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from mothball.check.messages import toml_string
from mothball.edits.model import apply
from mothball.edits.toml_table import comparable, insert_lines
from mothball.formats.toml.api import scan, to_mapping
from mothball.model.document import LineIndex
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
