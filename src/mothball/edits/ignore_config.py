"""Add, complete and remove entries of ``[tool.mothball.ignore]``, or of ``[ignore]`` in a mothball.toml.

An entry is written as ``name = { rules = [...], reason = "..." }`` below the header of the table.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from mothball.check.messages import REASON_PLACEHOLDER, ignore_entry_text, toml_string
from mothball.edits.model import Edit, apply, next_line, start_of_line
from mothball.edits.settings import comparable, insert_lines
from mothball.formats.toml.api import (
    Array,
    InlineTable,
    String,
    TomlScan,
    Value,
    flatten_inline_tables,
    scan,
    to_mapping,
)
from mothball.model.document import LineIndex, Span, normalize_name
from mothball.model.errors import ConfigError
from mothball.model.records import NamedTuple
from mothball.model.results import Rule
from mothball.model.sanitize import one_line

_TABLE = "ignore"


class NewIgnore(NamedTuple):
    """The ``rules`` to ignore for the project ``name``, and why; version rules only for ``versions``, if given."""

    name: str
    rules: tuple[Rule, ...]
    reason: str
    versions: tuple[str, ...] = ()


def add_config_ignores(text: str, prefix: tuple[str, ...], entries: Iterable[NewIgnore]) -> tuple[Edit, ...]:
    """Return the edits that add ``entries``, of different projects, to the configuration ``text``.

    ``prefix`` is the path of mothball's table: ``("tool", "mothball")`` in pyproject.toml, ``()`` in mothball.toml.
    New entries are added at the end of the table; without its header, a new table is added at the end of the file. An
    existing entry for the same normalized name gets the missing rules, and versions if it is limited to some, and keeps
    its reason. Raises ConfigError if
    ``text`` is not valid TOML, or if the edited text would not contain exactly the old and the new entries.
    """
    base = (*prefix, _TABLE)
    parsed = scan(text)
    for error in parsed.errors[:1]:
        line = LineIndex(text).position(error.span.start).line
        raise ConfigError(f"invalid TOML in line {line}: {error.message}", key=base, help_text=error.help)
    expected = to_mapping(parsed)
    table = _table(expected, base)
    keys = {normalize_name(key): key for key in table}
    arrays = {leaf.path: leaf.value for leaf in flatten_inline_tables(parsed.entries)}
    edits: list[Edit] = []
    new: list[str] = []
    for name, rules, given_reason, versions in entries:
        key = keys.get(normalize_name(name))
        if key is None:
            reason, versions = one_line(given_reason), tuple(map(one_line, versions))  # noqa: PLW2901 - sanitized
            limit = {"versions": list(versions)} if versions else {}
            table[name] = {"rules": [*map(str, rules)], **limit, "reason": reason}
            new.append(ignore_entry_text(name, rules, reason, versions))
        else:
            path = (*base, key)
            edits += _extension(arrays.get((*path, "rules")), _rules(table[key], path), rules)
            if isinstance(table[key].get("versions"), list):
                edits += _extension(arrays.get((*path, "versions")), table[key]["versions"], versions)
    if new:
        edits.append(insert_lines(text, parsed, base, new))
    after = scan(apply(text, edits))
    if after.errors or comparable(to_mapping(after)) != comparable(expected):
        raise ConfigError(
            "cannot add an ignore entry: the ignores are not in a table with its own header",
            key=base,
            help_text=f"move them below a `[{'.'.join(base)}]` header",
        )
    return tuple(edits)


def remove_config_ignore(text: str, prefix: tuple[str, ...], name: str) -> Edit | None:
    """Return the edit that removes the ignore entry of the project ``name`` (normalized) from ``text``.

    ``prefix`` is that of ``add_config_ignores``. Returns None if the edited text would not be the same configuration
    without the entry, as for an entry inside an inline table.
    """
    parsed = scan(text)
    path, expected = _existing_entry(parsed, prefix, name)
    span = _statement(text, parsed, path)
    if span is None:
        return None
    edit = Edit(span, "")
    _table(expected, path[:-1]).pop(path[-1])
    after = scan(apply(text, (edit,)))
    # With its last entry, a table without a header of its own is removed.
    found = to_mapping(after)
    _table(found, path[:-1])
    return edit if not after.errors and comparable(found) == comparable(expected) else None


def add_config_reason(text: str, prefix: tuple[str, ...], name: str) -> Edit | None:
    """Return the edit that writes the placeholder as the reason of the ignore entry of the project ``name``.

    ``prefix`` and ``name`` are those of ``remove_config_ignore``. Returns None if there is no such entry.
    """
    parsed = scan(text)
    path, expected = _existing_entry(parsed, prefix, name)
    placeholder = toml_string(REASON_PLACEHOLDER)
    edit = None
    for leaf in flatten_inline_tables(parsed.entries) if path else ():
        if leaf.path == (*path, "reason") and isinstance(leaf.value, String):
            edit = Edit(leaf.value.span, placeholder)
    for entry in parsed.entries if path and edit is None else ():
        if entry.path == path and isinstance(entry.value, InlineTable) and entry.value.entries:
            end = entry.value.entries[-1].value.span.end
            edit = Edit(Span(end, end), f", reason = {placeholder}")
    if edit is None:
        return None
    _table(expected, path)["reason"] = REASON_PLACEHOLDER
    after = scan(apply(text, (edit,)))
    return edit if not after.errors and comparable(to_mapping(after)) == comparable(expected) else None


def _existing_entry(parsed: TomlScan, prefix: tuple[str, ...], name: str) -> tuple[tuple[str, ...], dict[str, Any]]:
    """Return the path of the ignore entry of ``name`` and the mapping of ``parsed``; an empty path if there is none."""
    mapping = to_mapping(parsed)
    base = (*prefix, _TABLE)
    table: object = mapping
    for key in base:
        table = table.get(key) if isinstance(table, Mapping) else None
    keys = [key for key in table if normalize_name(key) == name] if isinstance(table, Mapping) else []
    return ((*base, keys[0]) if len(keys) == 1 and not parsed.errors else ()), mapping


def _statement(text: str, parsed: TomlScan, path: tuple[str, ...]) -> Span | None:
    """Return the lines of the entry or of the table with a header at ``path``."""
    for entry in parsed.entries:
        if entry.path == path:
            return Span(start_of_line(text, entry.keys[0].span.start), next_line(text, entry.value.span.end))
    bodies = [*(header.body for header in parsed.headers), len(parsed.entries)]
    for header, end in zip(parsed.headers, bodies[1:], strict=True):
        if header.path == path:
            last = parsed.entries[end - 1].value.span if end > header.body else header.span
            return Span(start_of_line(text, header.span.start), next_line(text, last.end))
    return None


def _table(document: dict[str, Any], base: tuple[str, ...]) -> dict[str, Any]:
    """Return the table at ``base`` of ``document``; create it if it is missing. Raises ConfigError."""
    table: Any = document
    for depth, key in enumerate(base, 1):
        table = table.setdefault(key, {})
        if not isinstance(table, dict):
            raise ConfigError(f"`{key}` must be a table", key=base[:depth])
    result: dict[str, Any] = table
    return result


def _rules(entry: object, path: tuple[str, ...]) -> list[Any]:
    """Return the rules of an existing entry. Raises ConfigError if they are not a list."""
    rules = entry.get("rules") if isinstance(entry, Mapping) else None
    if not isinstance(rules, list):
        raise ConfigError(
            f"the ignore for `{path[-1]}` has no list of rules",
            key=path,
            help_text='add them, such as rules = ["archived"]',
        )
    return rules


def _extension(array: Value | None, current: list[Any], items: Sequence[str]) -> Iterable[Edit]:
    """Yield the edit that appends the missing ``items`` to ``array``; append them to its value ``current``."""
    missing = [str(item) for item in items if item not in current]
    current += missing
    if missing and isinstance(array, Array):
        position = array.items[-1].span.end if array.items else array.span.start + 1
        new_items = ", ".join(map(toml_string, missing))
        yield Edit(Span(position, position), f", {new_items}" if array.items else new_items)
