"""Entries of ``[tool.mothball.ignore]``, or of ``[ignore]`` in a mothball.toml, put in as that table is written there.

The table may have a header, be made of sub-tables, of dotted keys, or of inline tables. What is there keeps its place,
its comments and its line ends; sorted names stay sorted.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from mothball.edits.ignore_styles import New, insertions
from mothball.edits.model import Edit, apply
from mothball.edits.text_lines import newline_of, start_of_line
from mothball.edits.toml_writing import written_string
from mothball.errors import ConfigError
from mothball.findings import Rule
from mothball.formats.toml import Array, Value, first_error_of, leaves, scan, to_mapping
from mothball.lines import LineTable
from mothball.model import Span, normalise
from mothball.records import NamedTuple

_TABLE = "ignore"


class NewIgnore(NamedTuple):
    """What the configuration is to ignore: ``rules`` of the project ``name``; an empty ``reason`` is left out."""

    name: str
    rules: tuple[Rule, ...]
    reason: str


def ignore_in_config(text: str, prefix: tuple[str, ...], entries: Iterable[NewIgnore]) -> tuple[Edit, ...]:
    """Return the edits after which the configuration ``text`` ignores ``entries`` besides all that it says.

    ``prefix`` is where mothball's table stands: ``("tool", "mothball")`` in pyproject.toml, ``()`` in mothball.toml.
    An entry that is there under any spelling of its name is extended by the rules that it lacks, and keeps its reason;
    no edit is needed for one that lacks none. Raises ConfigError where the TOML of that table is broken or something
    else stands in its place.
    """
    base = (*prefix, _TABLE)
    parsed = scan(text)
    first = first_error_of(parsed, prefix)
    if first is not None:
        line = LineTable(text).position(first.span.start).line
        raise ConfigError(f"invalid TOML in line {line}: {first.message}", key=base, help_text=first.help)
    merged = _merged(entries)
    if not merged:
        return ()
    wanted = to_mapping(parsed)
    table = _table(wanted, base)
    spelled = {normalise(key): key for key in table}
    arrays = {one.path[:-1]: one.value for one in leaves(parsed.entries) if one.path[-1] == "rules"}
    new: dict[str, New] = {}
    edits: list[Edit] = []
    for entry in merged:
        key = spelled.get(normalise(entry.name))
        if key is None:
            new[normalise(entry.name)] = New(entry.name, entry.rules, entry.reason)
            table[entry.name] = {
                "rules": [*map(str, entry.rules)],
                **({"reason": entry.reason} if entry.reason else {}),
            }
        else:
            at = (*base, key)
            edits += _extended(text, arrays.get(at), _rules(table[key], at), entry.rules)
    edits += insertions(text, parsed, base, prefix, [new[name] for name in sorted(new)])
    after = scan(apply(text, edits))
    if len(after.errors) > len(parsed.errors) or _comparable(to_mapping(after)) != _comparable(wanted):
        name = ".".join(base)
        raise ConfigError(f"[{name}] is written in a way that cannot be added to", key=base, help_text="add it by hand")
    return tuple(edits)


def _merged(entries: Iterable[NewIgnore]) -> list[NewIgnore]:
    """Return ``entries`` with each project once: all its rules, and its first reason."""
    merged: dict[str, NewIgnore] = {}
    for given in entries:
        # TOML is UTF-8, and an argument of a command line need not be.
        entry = given._replace(reason=given.reason.encode("utf-8", "replace").decode())
        known = merged.setdefault(normalise(entry.name), entry)
        rules = tuple(dict.fromkeys((*known.rules, *entry.rules)))
        merged[normalise(entry.name)] = known._replace(rules=rules)
    return list(merged.values())


def _table(document: dict[str, Any], base: tuple[str, ...]) -> dict[str, Any]:
    """Return the table at ``base`` of ``document``, made where it is not there. Raises ConfigError."""
    table: Any = document
    for place, key in enumerate(base, 1):
        table = table.setdefault(key, {})
        if not isinstance(table, dict):
            raise ConfigError(f"`{key}` must be a table", key=base[:place])
    found: dict[str, Any] = table
    return found


def _rules(entry: object, at: tuple[str, ...]) -> list[Any]:
    """Return the rules of an entry as a list that can be added to. Raises ConfigError where it has none."""
    rules = entry.get("rules") if isinstance(entry, Mapping) else None
    if not isinstance(rules, list):
        raise ConfigError(
            f"the ignore of `{at[-1]}` does not say which rules it ignores",
            key=at,
            help_text='add for example rules = ["archived"]',
        )
    return rules


def _extended(text: str, array: Value | None, known: list[Any], rules: Sequence[Rule]) -> Iterable[Edit]:
    """Yield the edit that adds to the ``array`` of an entry those of ``rules`` that it lacks; add them to ``known``."""
    missing = [rule for rule in rules if rule not in known]
    known += map(str, missing)
    if not missing or not isinstance(array, Array):
        return
    if not array.items:
        place = array.span.start + 1
        yield Edit(Span(place, place), ", ".join(map(written_string, missing)))
        return
    last = array.items[-1].span
    before = text[start_of_line(text, last.start) : last.start]
    # Where every rule stands on a line of its own, the new ones do too.
    gap = f"{newline_of(text)}{before}" if not before.strip() else " "
    yield Edit(Span(last.end, last.end), "".join(f",{gap}{written_string(rule)}" for rule in missing))


def _comparable(value: object) -> object:
    """Return ``value`` so that it equals all that says the same, and nothing else: 1 is not true, nan is nan."""
    if isinstance(value, dict):
        return {key: _comparable(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_comparable(one) for one in value]
    return (type(value), repr(value))
