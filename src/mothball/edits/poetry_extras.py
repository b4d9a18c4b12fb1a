"""Edit ``[tool.poetry.extras]``, whose arrays name dependencies of ``[tool.poetry.dependencies]``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from mothball.edits.model import Edit
from mothball.formats.toml.api import Array, String, Value, flatten_inline_tables, scan, to_mapping
from mothball.model.document import Dependency, Document, Span, normalize_name

_TABLE = ("tool", "poetry", "extras")
_FORMAT = "pyproject"
_SECTION = "tool.poetry.dependencies"


def extras_edits(text: str, document: Document, dependency: Dependency, successor: str = "") -> tuple[Edit, ...]:
    """Return the edits that replace ``dependency`` with ``successor`` in the extras, or remove it if that is empty.

    ``document`` is the parsed ``text``. Returns no edits if no extra has the dependency, or if another entry of the
    same name remains.
    """
    if not _is_sole_entry(document, dependency):
        return ()
    edits: list[Edit] = []
    for leaf in flatten_inline_tables(scan(text).entries):
        if leaf.path[: len(_TABLE)] == _TABLE and isinstance(leaf.value, Array):
            edits += _array_edits(leaf.value, dependency.name, successor)
    return tuple(edits)


def extras_after(text: str, document: Document, dependency: Dependency, successor: str = "") -> dict[str, Any]:
    """Return the expected extras after the edits that ``extras_edits`` returns; all names are normalized."""
    extras = extras_in(text, document)
    if not _is_sole_entry(document, dependency):
        return extras
    new = [normalize_name(successor)] if successor else []
    return {
        extra: [member for name in names for member in (new if name == dependency.name else [name])]
        for extra, names in extras.items()
    }


def extras_in(text: str, document: Document) -> dict[str, Any]:
    """Return the extras of Poetry in ``text``, which has the format of ``document``; all names are normalized."""
    table: object = to_mapping(scan(text)) if document.format == _FORMAT and _TABLE[1] in text else {}
    for key in _TABLE:
        table = table.get(key) if isinstance(table, Mapping) else None
    extras = table if isinstance(table, Mapping) else {}
    return {
        extra: [normalize_name(name) for name in names if isinstance(name, str)]
        for extra, names in extras.items()
        if isinstance(names, list)
    }


def _is_sole_entry(document: Document, dependency: Dependency) -> bool:
    if document.format != _FORMAT or dependency.section != _SECTION:
        return False
    same = [entry for entry in document.dependencies if (entry.name, entry.section) == (dependency.name, _SECTION)]
    return {entry.name_span for entry in same} == {dependency.name_span}


def _array_edits(array: Array, name: str, successor: str) -> Iterator[Edit]:
    matches = [_names(item, name) for item in array.items]
    if successor:
        yield from (
            Edit(item.inner, successor)
            for item, matched in zip(array.items, matches, strict=True)
            if matched and isinstance(item, String)
        )
        return
    if all(matches) and matches:
        yield Edit(Span(array.items[0].span.start, array.items[-1].span.end), "")
        return
    for index, matched in enumerate(matches):
        if not matched:
            continue
        start = array.items[index].span.start
        if not all(matches[index:]):
            yield Edit(Span(start, array.items[index + 1].span.start), "")
        else:
            yield Edit(Span(array.items[index - 1].span.end, array.items[-1].span.end), "")
            return


def _names(item: Value, name: str) -> bool:
    return isinstance(item, String) and normalize_name(item.value) == name
