"""Add entries to ``[tool.mothball.ignore]``, or to ``[ignore]`` in a mothball.toml.

An entry is written as ``name = { rules = [...], reason = "..." }`` below the header of the table.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from mothball.check.messages import ignore_entry_text
from mothball.edits.model import Edit, apply, end_of_line, newline_of
from mothball.formats.toml.api import Array, TomlScan, Value, leaves, scan, to_mapping
from mothball.model.document import Span, normalize_name
from mothball.model.errors import ConfigError
from mothball.model.findings import Rule
from mothball.model.line_index import LineIndex
from mothball.model.records import NamedTuple
from mothball.model.sanitize import one_line

_TABLE = "ignore"


class NewIgnore(NamedTuple):
    """The ``rules`` to ignore for the project ``name``, and why."""

    name: str
    rules: tuple[Rule, ...]
    reason: str


def add_config_ignores(text: str, prefix: tuple[str, ...], entries: Iterable[NewIgnore]) -> tuple[Edit, ...]:
    """Return the edits that add ``entries``, of different projects, to the configuration ``text``.

    ``prefix`` is the path of mothball's table: ``("tool", "mothball")`` in pyproject.toml, ``()`` in mothball.toml.
    New entries go to the end of the table; without its header, a new table goes to the end of the file. An existing
    entry for the same normalised name gets the missing rules and keeps its reason. Raises ConfigError if ``text`` is
    no valid TOML, and if the edited text would not hold exactly the old and the new entries.
    """
    base = (*prefix, _TABLE)
    parsed = scan(text)
    for error in parsed.errors[:1]:
        line = LineIndex(text).position(error.span.start).line
        raise ConfigError(f"invalid TOML in line {line}: {error.message}", key=base, help_text=error.help)
    wanted = to_mapping(parsed)
    table = _table(wanted, base)
    keys = {normalize_name(key): key for key in table}
    arrays = {one.path[:-1]: one.value for one in leaves(parsed.entries) if one.path[-1] == "rules"}
    edits: list[Edit] = []
    new: list[str] = []
    for name, rules, given_reason in entries:
        key = keys.get(normalize_name(name))
        if key is None:
            reason = one_line(given_reason)
            table[name] = {"rules": [*map(str, rules)], "reason": reason}
            new.append(ignore_entry_text(name, rules, reason))
        else:
            at = (*base, key)
            edits += _extension(arrays.get(at), _rules(table[key], at), rules)
    if new:
        edits.append(_insertion(text, parsed, base, new))
    after = scan(apply(text, edits))
    if after.errors or _comparable(to_mapping(after)) != _comparable(wanted):
        raise ConfigError(
            "cannot add to the ignores: they are not written in a table with its own header",
            key=base,
            help_text=f"write them below `[{'.'.join(base)}]`",
        )
    return tuple(edits)


def _table(document: dict[str, Any], base: tuple[str, ...]) -> dict[str, Any]:
    """Return the table at ``base`` of ``document``; create it if it is missing. Raises ConfigError."""
    table: Any = document
    for place, key in enumerate(base, 1):
        table = table.setdefault(key, {})
        if not isinstance(table, dict):
            raise ConfigError(f"`{key}` must be a table", key=base[:place])
    found: dict[str, Any] = table
    return found


def _rules(entry: object, at: tuple[str, ...]) -> list[Any]:
    """Return the rules of an existing entry. Raises ConfigError if they are not a list."""
    rules = entry.get("rules") if isinstance(entry, Mapping) else None
    if not isinstance(rules, list):
        raise ConfigError(
            f"the ignore of `{at[-1]}` does not say which rules it ignores",
            key=at,
            help_text='add for example rules = ["archived"]',
        )
    return rules


def _extension(array: Value | None, known: list[Any], rules: Sequence[Rule]) -> Iterable[Edit]:
    """Yield the edit that appends the missing ``rules`` to ``array``; append them to its value ``known``."""
    missing = [str(rule) for rule in rules if rule not in known]
    known += missing
    if missing and isinstance(array, Array):
        place = array.items[-1].span.end if array.items else array.span.start + 1
        written = ", ".join(f'"{rule}"' for rule in missing)
        yield Edit(Span(place, place), f", {written}" if array.items else written)


def _insertion(text: str, parsed: TomlScan, base: tuple[str, ...], lines: Sequence[str]) -> Edit:
    """Return the edit that adds ``lines`` to the table at ``base``, or to a new one at the end of ``text``."""
    newline = newline_of(text)
    bodies = [*(header.body for header in parsed.headers), len(parsed.entries)]
    for header, end in zip(parsed.headers, bodies[1:], strict=True):
        if header.path == base:
            last = parsed.entries[end - 1].value if end > header.body else header
            place = end_of_line(text, last.span.end)
            return Edit(Span(place, place), "".join(f"{newline}{line}" for line in lines))
    missing = 2 - text[len(text.rstrip()) :].count("\n") if text.strip() else 0
    table = "".join(f"{line}{newline}" for line in (f"[{'.'.join(base)}]", *lines))
    return Edit(Span(len(text), len(text)), newline * missing + table)


def _comparable(document: dict[str, Any]) -> str:
    """Return a text that is equal for equal documents only: 1 is not true, and nan is nan."""
    return json.dumps(document, sort_keys=True, default=repr)
