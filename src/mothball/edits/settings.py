"""Add settings and ignore entries to a configuration, and correct its ignore entries.

An ignore entry is written as ``name = { rules = [...], reason = "..." }`` below the header of the table
``[tool.mothball.ignore]``, or of ``[ignore]`` in a mothball.toml. In all functions, ``prefix`` is the path of the table
of mothball: ``("tool", "mothball")`` in pyproject.toml, ``()`` in mothball.toml.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from mothball.check.messages import REASON_PLACEHOLDER, ignore_entry_text, toml_string
from mothball.edits.model import Edit, apply, end_of_line, newline_of, next_line, start_of_line
from mothball.formats.toml import values as toml
from mothball.formats.toml.scanner import scan
from mothball.model.document import LineIndex, Span, normalize_name
from mothball.model.errors import ConfigError
from mothball.model.records import NamedTuple
from mothball.model.results import Rule
from mothball.model.sanitize import one_line

_IGNORE = "ignore"
_Path = tuple[str, ...]


class NewSetting(NamedTuple):
    """The string ``value`` for ``key`` in the table at ``table``, a path below the table of mothball."""

    table: _Path
    key: str
    value: str


class NewIgnore(NamedTuple):
    """The ``rules`` to ignore for the project ``name``, and why; version rules only for ``versions``, if given."""

    name: str
    rules: tuple[Rule, ...]
    reason: str
    versions: tuple[str, ...] = ()


def add_settings(text: str, prefix: _Path, settings: Iterable[NewSetting]) -> str:
    """Return the configuration ``text`` with ``settings``; those that it already has are left out.

    Raises ConfigError if ``text`` is not valid TOML, has another value for a key, or if the edited text would not have
    exactly the old and the new settings.
    """
    for setting in settings:
        text = _add(text, (*prefix, *setting.table), setting.key, setting.value)
    return text


def _add(text: str, base: _Path, key: str, value: str) -> str:
    parsed = _scan(text, base)
    expected = toml.to_mapping(parsed)
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
        edit = _new_lines(text, parsed, base, [line])
        if _gives(text, [edit], expected):
            return apply(text, [edit])
    raise ConfigError(
        f"cannot add `{key}`: {where} is not a table with its own header", key=base, help_text=f"add `{line}` to it"
    )


def add_config_ignores(text: str, prefix: _Path, entries: Iterable[NewIgnore]) -> tuple[Edit, ...]:
    """Return the edits that add ``entries``, of different projects, to the configuration ``text``.

    New entries are added at the end of the table; without its header, a new table is added at the end of the file. An
    existing entry for the same normalized name gets the missing rules, and versions if it is limited to some, and keeps
    its reason. Raises ConfigError if ``text`` is not valid TOML, or if the edited text would not contain exactly the
    old and the new entries.
    """
    base = (*prefix, _IGNORE)
    parsed = _scan(text, base)
    expected = toml.to_mapping(parsed)
    table = _table(expected, base)
    keys = {normalize_name(key): key for key in table}
    arrays = {leaf.path: leaf.value for leaf in toml.flatten_inline_tables(parsed.entries)}
    edits: list[Edit] = []
    new: list[str] = []
    for entry in entries:
        key = keys.get(normalize_name(entry.name))
        if key is None:
            reason, versions = one_line(entry.reason), tuple(map(one_line, entry.versions))
            limit = {"versions": list(versions)} if versions else {}
            table[entry.name] = {"rules": [*map(str, entry.rules)], **limit, "reason": reason}
            new.append(ignore_entry_text(entry.name, entry.rules, reason, versions))
        else:
            path = (*base, key)
            edits += _extension(arrays.get((*path, "rules")), _rules(table[key], path), entry.rules)
            if isinstance(table[key].get("versions"), list):
                edits += _extension(arrays.get((*path, "versions")), table[key]["versions"], entry.versions)
    if new:
        edits.append(_new_lines(text, parsed, base, new))
    if not _gives(text, edits, expected):
        raise ConfigError(
            "cannot add an ignore entry: the ignores are not in a table with its own header",
            key=base,
            help_text=f"move them below a `[{'.'.join(base)}]` header",
        )
    return tuple(edits)


def remove_config_ignore(text: str, prefix: _Path, name: str) -> Edit | None:
    """Return the edit that removes the ignore entry of the project ``name`` (normalized) from ``text``.

    Returns None if the edited text would not be the same configuration without the entry, as for an entry inside an
    inline table.
    """
    parsed = scan(text)
    path, expected = _existing_entry(parsed, prefix, name)
    span = _statement(text, parsed, path)
    if span is None:
        return None
    edit = Edit(span, "")
    _table(expected, path[:-1]).pop(path[-1])
    # With its last entry, a table without a header of its own is removed.
    return edit if _gives(text, [edit], expected, table=path[:-1]) else None


def add_config_reason(text: str, prefix: _Path, name: str) -> Edit | None:
    """Return the edit that writes the placeholder as the reason of the ignore entry of the project ``name``.

    Returns None if there is no such entry.
    """
    parsed = scan(text)
    path, expected = _existing_entry(parsed, prefix, name)
    placeholder = toml_string(REASON_PLACEHOLDER)
    edit = None
    for leaf in toml.flatten_inline_tables(parsed.entries) if path else ():
        if leaf.path == (*path, "reason") and isinstance(leaf.value, toml.String):
            edit = Edit(leaf.value.span, placeholder)
    for entry in parsed.entries if path and edit is None else ():
        if entry.path == path and isinstance(entry.value, toml.InlineTable) and entry.value.entries:
            end = entry.value.entries[-1].value.span.end
            edit = Edit(Span(end, end), f", reason = {placeholder}")
    if edit is None:
        return None
    _table(expected, path)["reason"] = REASON_PLACEHOLDER
    return edit if _gives(text, [edit], expected) else None


def _scan(text: str, base: _Path) -> toml.TomlScan:
    """Return the scan of ``text``. Raises ConfigError if it is not valid TOML."""
    parsed = scan(text)
    for error in parsed.errors[:1]:
        line = LineIndex(text).position(error.span.start).line
        raise ConfigError(f"invalid TOML in line {line}: {error.message}", key=base, help_text=error.help)
    return parsed


def _gives(text: str, edits: Sequence[Edit], expected: dict[str, Any], table: _Path = ()) -> bool:
    """Return True if the edited ``text`` is valid and equal to ``expected``, apart from a missing empty ``table``."""
    after = scan(apply(text, edits))
    found = toml.to_mapping(after)
    _table(found, table)
    return not after.errors and _comparable(found) == _comparable(expected)


def _comparable(document: dict[str, Any]) -> str:
    """Return a string that is equal only for equal documents, in which 1 and true differ and nan equals nan."""
    return json.dumps(document, sort_keys=True, default=repr)


def _new_lines(text: str, parsed: toml.TomlScan, base: _Path, lines: Sequence[str]) -> Edit:
    """Return the edit that adds ``lines`` to the end of the table at ``base`` of ``text``, which was parsed.

    Without a header for it, a new table is added at the end of the text. An empty ``base`` is the top level, which ends
    before the first header.
    """
    newline = newline_of(text)
    last = _last_of_table(parsed, base)
    if last is not None:
        position = end_of_line(text, last.end)
        return Edit(Span(position, position), "".join(f"{newline}{line}" for line in lines))
    if not base:
        return Edit(Span(0, 0), "".join(f"{line}{newline}" for line in lines) + (newline if text.strip() else ""))
    missing = 2 - text[len(text.rstrip()) :].count("\n") if text.strip() else 0
    table = "".join(f"{line}{newline}" for line in (f"[{'.'.join(map(_key, base))}]", *lines))
    return Edit(Span(len(text), len(text)), newline * missing + table)


def _last_of_table(parsed: toml.TomlScan, base: _Path) -> Span | None:
    """Return the span of the last value below the header ``base``, or of the header; None if there is neither."""
    for header, entries in parsed.bodies():
        if base == (header.path if header else ()):
            return entries[-1].value.span if entries else header.span if header else None
    return None


def _key(name: str) -> str:
    """Return ``name``, which is sanitized, as a TOML key."""
    return name if name.replace("-", "").replace("_", "").isalnum() and name.isascii() else toml_string(name)


def _existing_entry(parsed: toml.TomlScan, prefix: _Path, name: str) -> tuple[_Path, dict[str, Any]]:
    """Return the path of the ignore entry of ``name`` and the mapping of ``parsed``; an empty path if there is none."""
    mapping = toml.to_mapping(parsed)
    base = (*prefix, _IGNORE)
    table = toml.table_at(parsed, base)
    keys = [key for key in table if normalize_name(key) == name] if isinstance(table, Mapping) else []
    return ((*base, keys[0]) if len(keys) == 1 and not parsed.errors else ()), mapping


def _statement(text: str, parsed: toml.TomlScan, path: _Path) -> Span | None:
    """Return the lines of the entry or of the table with a header at ``path``."""
    entry = next((entry for entry in parsed.entries if entry.path == path), None)
    header = next((header for header in parsed.headers if header.path == path), None)
    if entry is not None:
        return Span(start_of_line(text, entry.keys[-1].span.start), next_line(text, entry.value.span.end))
    last = _last_of_table(parsed, path) if header else None
    return Span(start_of_line(text, header.span.start), next_line(text, last.end)) if header and last else None


def _table(document: dict[str, Any], base: _Path) -> dict[str, Any]:
    """Return the table at ``base`` of ``document``; create it if it is missing. Raises ConfigError."""
    table: Any = document
    for depth, key in enumerate(base, 1):
        table = table.setdefault(key, {})
        if not isinstance(table, dict):
            raise ConfigError(f"`{key}` must be a table", key=base[:depth])
    result: dict[str, Any] = table
    return result


def _rules(entry: object, path: _Path) -> list[Any]:
    """Return the rules of an existing entry. Raises ConfigError if they are not a list."""
    rules = entry.get("rules") if isinstance(entry, Mapping) else None
    if not isinstance(rules, list):
        raise ConfigError(
            f"the ignore for `{path[-1]}` has no list of rules",
            key=path,
            help_text='add them, such as rules = ["archived"]',
        )
    return rules


def _extension(array: toml.Value | None, current: list[Any], items: Sequence[str]) -> Iterator[Edit]:
    """Yield the edit that appends the missing ``items`` to ``array``; append them to its value ``current``."""
    missing = [str(item) for item in items if item not in current]
    current += missing
    if missing and isinstance(array, toml.Array):
        position = array.items[-1].span.end if array.items else array.span.start + 1
        new_items = ", ".join(map(toml_string, missing))
        yield Edit(Span(position, position), f", {new_items}" if array.items else new_items)
