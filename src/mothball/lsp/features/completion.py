"""``textDocument/completion``: rule names in ignore comments, keys and values of the configuration. No I/O.

Keys and values come from the JSON Schema of the configuration. Names of packages are not completed: looking them up
would send what is being typed.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from itertools import chain
from typing import Any

from lsprotocol import types

from mothball.config.json_schema import schema
from mothball.discovery.config_lookup import table_path
from mothball.edits.model import start_of_line
from mothball.formats.toml.scanner import scan
from mothball.formats.toml.values import Array, InlineTable
from mothball.lsp.convert import Positions
from mothball.lsp.server import Server
from mothball.model.document import Span
from mothball.model.file_names import MOTHBALL_TOML, PYPROJECT_TOML
from mothball.model.records import NamedTuple
from mothball.model.results import IGNORABLE_RULES

_TRIGGERS = ["[", '"', "'", "="]
# The start of an ignore comment up to the cursor, and the rule that is being typed.
_RULES = re.compile(r"[#;][ \t]*mothball[ \t]*:[ \t]*ignore[ \t]*\[(?:[^\]\[]*,)?[ \t]*([a-z-]*)\Z", re.IGNORECASE)
_HEADER = re.compile(r"[ \t]*\[\[?[ \t]*((?:[A-Za-z0-9_-]+[ \t]*\.[ \t]*)*)([A-Za-z0-9_-]*)\Z")
_TOKEN = re.compile(
    r"""(?P<comment>\#[^\r\n]*(?P<ended>[\r\n]?))|"(?P<basic>[^"\r\n]*)(?P<closed>"?)|'(?P<literal>[^'\r\n]*)(?P<shut>'?)"""
    r"""|(?P<word>[A-Za-z0-9_+-]+)|(?P<sign>[.={}\[\],])"""
)
_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")


def register(server: Server) -> None:
    """Register completion."""
    session = server.session

    def complete(params: types.CompletionParams) -> list[types.CompletionItem]:
        document = session.documents.get(params.text_document.uri)
        if document is None:
            return []
        positions = Positions(document.text, session.client.encoding)
        offset = positions.offset(params.position)
        candidates = rule_candidates(document.text, offset)
        if os.path.basename(document.path) in (MOTHBALL_TOML, PYPROJECT_TOML):
            candidates = chain(candidates, configuration_candidates(document.text, offset, document.path))
        return [_item(candidate, positions) for candidate in candidates]

    server.feature(types.TEXT_DOCUMENT_COMPLETION, types.CompletionOptions(trigger_characters=_TRIGGERS))(complete)


def _item(candidate: CompletionChoice, positions: Positions) -> types.CompletionItem:
    kind = types.CompletionItemKind.Property if candidate.is_key else types.CompletionItemKind.EnumMember
    return types.CompletionItem(
        candidate.label,
        kind=kind,
        documentation=candidate.description or None,
        filter_text=candidate.new_text,
        text_edit=types.TextEdit(positions.range(candidate.span), candidate.new_text),
    )


class CompletionChoice(NamedTuple):
    """A text that replaces ``span``; ``label`` is shown, with its ``description``, which may be empty."""

    label: str
    new_text: str
    span: Span
    description: str = ""
    is_key: bool = False


class _Place(NamedTuple):
    """The place of the cursor: the path of the table or value, and the start of the word that is being typed."""

    path: tuple[str, ...]
    start: int
    is_key: bool = True
    is_item: bool = False
    is_quoted: bool = False


def rule_candidates(text: str, offset: int) -> Iterator[CompletionChoice]:
    """Yield the rules for the ignore comment that is being typed at ``offset``."""
    match = _RULES.search(text, start_of_line(text, offset), offset)
    for rule in IGNORABLE_RULES if match else ():
        yield CompletionChoice(rule, rule, Span(match.start(1) if match else offset, offset))


def configuration_candidates(text: str, offset: int, path: str) -> Iterator[CompletionChoice]:
    """Yield the keys or values for ``offset`` in the configuration ``text`` of the file at ``path``."""
    place = _place(text, offset)
    prefix = table_path(path)
    if place is None or place.path[: len(prefix)] != prefix:
        return
    node = _node(place.path[len(prefix) :])
    if place.is_item:
        node = node.get("items", {})
    span = Span(place.start, offset)
    options = (node, *node.get("anyOf", ()))
    if place.is_key:
        for key, value in chain.from_iterable(option.get("properties", {}).items() for option in options):
            new_text = key if place.is_quoted or _BARE_KEY.fullmatch(key) else f'"{key}"'
            yield CompletionChoice(key, new_text, span, value.get("description", ""), is_key=True)
        return
    for value in chain.from_iterable(map(_values, options)):
        if isinstance(value, bool) and not place.is_quoted:
            yield CompletionChoice(str(value).lower(), str(value).lower(), span)
        elif isinstance(value, str):
            yield CompletionChoice(value, value if place.is_quoted else f'"{value}"', span)


_schema = lru_cache(maxsize=1)(schema)


def _node(path: tuple[str, ...]) -> dict[str, Any]:
    """Return the schema of the table or value at ``path``, empty if there is none."""
    node = _schema()
    for key in path:
        options = [node, *node.get("anyOf", ())]
        found = [option["properties"][key] for option in options if key in option.get("properties", {})]
        found += [value for pattern, value in node.get("patternProperties", {}).items() if re.search(pattern, key)]
        extra = node.get("additionalProperties")
        found += [extra] if isinstance(extra, dict) else []
        if not found:
            return {}
        node = found[0]
    return node


def _values(node: Mapping[str, Any]) -> Iterator[object]:
    yield from node.get("enum", ())
    if node.get("type") == "boolean":
        yield from (True, False)


def _place(text: str, offset: int) -> _Place | None:
    """Return the place of ``offset`` in a TOML text, None in a comment and after a complete value."""
    header = _HEADER.fullmatch(text, start_of_line(text, offset), offset)
    before = scan(text[:offset])
    last = before.entries[-1] if before.entries else None
    is_open = last is not None and isinstance(last.value, Array | InlineTable) and not last.value.closed
    if header is not None and not is_open:
        return _Place(tuple(re.findall(_BARE_KEY, header[1])), header.start(2))
    start = last.keys[-1].span.start if last is not None and is_open else start_of_line(text, offset)
    headers = [found for found in before.headers if found.span.start < start]
    table = headers[-1] if headers else None
    if last is not None and is_open:
        start = last.keys[len(table.keys) if table else 0].span.start
    return _place_in_statement(text, start, offset, tuple(map(str, table.path)) if table else ())


def _place_in_statement(text: str, start: int, offset: int, table: tuple[str, ...]) -> _Place | None:
    """Return the place of ``offset`` in the statement that begins at ``start``."""
    # The enclosing inline tables and arrays: the path, and whether it is an array.
    enclosing = [(table, False)]
    keys: list[str] = []
    path, is_key, is_complete = table, True, False
    for token in _TOKEN.finditer(text, start, offset):
        is_last = token.end() == offset
        if token["comment"] is not None:
            if is_last and not token["ended"]:
                return None
        elif token["sign"] is None:
            quoted = token["word"] is None
            if is_last and not (token["closed"] or token["shut"]):
                return _Place((*path, *keys), token.start() + quoted, is_key, enclosing[-1][1], quoted)
            keys += [token["word"] or token["basic"] or token["literal"] or ""] if is_key else []
            is_complete = True
        else:
            sign, is_complete = token["sign"], False
            if sign == "=" and is_key:
                path, keys, is_key = (*path, *keys), [], False
            elif sign in "[{" and not is_key:
                enclosing.append((path, sign == "["))
                is_key = sign == "{"
            elif sign in "]}" and len(enclosing) > 1:
                enclosing.pop()
                path, is_key, keys, is_complete = enclosing[-1][0], False, [], True
            elif sign == ",":
                path, is_array = enclosing[-1]
                is_key, keys = not is_array, []
    return None if is_complete else _Place((*path, *keys), offset, is_key, enclosing[-1][1])
