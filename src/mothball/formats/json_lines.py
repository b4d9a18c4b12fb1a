"""A broken JSON document, read by its lines: what stands further right belongs to what stands above it.

Tools write one key a line and indent what it holds, so that lines tell what brackets and commas no longer do. A bracket
that is missing or too much then spoils nothing but the member whose own it is.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from typing import TYPE_CHECKING

from mothball.formats.json_values import JsonMember, JsonObject, JsonScan, JsonValue
from mothball.model import Span

if TYPE_CHECKING:
    from collections.abc import Callable

# Nobody nests ten deep.
_MAX_DEPTH = 100
_LINE = re.compile(r"(?<![^\r\n])([ \t]*+)([^\r\n]++)")
# A key and what follows its colon; one that lacks colon or quotes must end with an opening bracket.
_MEMBER = re.compile(r'"([^"\\]*+)"[ \t]*+:[ \t]*+(.*)')
_HALF_MEMBER = re.compile(r'"?+([^"\\:,{}\[\]]++)[":, \t]*+([{\[])')
# A string alone, closed or not: an item of an array, or a key that somebody is typing.
_LONE = re.compile(r'"([^"\\:,{}\[\]]++)"?+[ \t]*+,?+')
_CLOSERS = {"}": "{", "]": "["}


class _Node:
    """A member, as far as its lines have told; ``opener`` is the bracket that ends its first line, if one does."""

    __slots__ = (
        "children",
        "end",
        "is_broken",
        "is_open",
        "items",
        "key",
        "opener",
        "quote",
        "start",
        "value",
        "value_span",
    )

    def __init__(self, key: str, start: int, end: int, quote: int = 1) -> None:
        self.key = key
        self.start = start
        # How long the opening quote is: none where somebody has taken it away.
        self.quote = quote
        self.end = end
        self.opener = ""
        self.value: JsonValue = None
        self.value_span = Span(end, end)
        self.is_open = False
        self.is_broken = False
        self.children: list[_Node] = []
        self.items: list[_Node | JsonValue] = []

    def member(self) -> JsonMember:
        children = tuple(child.member() for child in self.children)
        end = max([self.end, *(child.span.end for child in children)])
        value = self.value
        if self.opener == "[":
            value = tuple(item.member().value if isinstance(item, _Node) else item for item in self.items)
        elif children or self.opener:
            value = JsonObject(children)
        whole = not self.is_open and not self.is_broken and all(child.whole for child in children)
        begin = self.start + self.quote
        key_span = Span(begin, begin + len(self.key))
        return JsonMember(self.key, key_span, value, self.value_span, Span(self.start, end), whole)


def read_by_lines(text: str, read_value: Callable[[str], JsonScan]) -> JsonObject:
    """Return the members that the lines of ``text`` tell of; ``read_value`` reads what stands behind a colon."""
    root = _Node("", 0, 0)
    root.opener = "{"
    # The members that a line may belong to, and how far right they begin.
    open_nodes, indents = [root], [-1]
    for line in _LINE.finditer(text):
        indent, start = len(line[1]), line.start(2)
        body = line[2].rstrip()
        above = bisect_left(indents, indent)
        if body[:1] in _CLOSERS:
            if above < len(indents) and indents[above] == indent:
                _close(open_nodes[above], body[0], start + 1)
        elif body == "{" and open_nodes[above - 1].opener != "[":
            pass  # the document's own
        elif node := _read_member(body, start, read_value):
            del open_nodes[above:], indents[above:]
            if len(indents) < _MAX_DEPTH:
                parent = open_nodes[-1]
                (parent.items if body == "{" else parent.children).append(node)
                open_nodes.append(node)
                indents.append(indent)
        elif lone := _LONE.fullmatch(body):
            _read_lone(lone, start, open_nodes[above - 1])
    return JsonObject(tuple(child.member() for child in root.children))


def _close(node: _Node, bracket: str, end: int) -> None:
    """Note the closing bracket of a member; one of another kind, and a second one, close nothing."""
    if node.is_open and node.opener == _CLOSERS[bracket]:
        node.end, node.is_open = end, False
        node.value_span = Span(node.value_span.start, end)


def _read_member(body: str, start: int, read_value: Callable[[str], JsonScan]) -> _Node | None:
    """Return the member, or the object in an array, that begins in the line ``body``; None where none does."""
    if body == "{":
        node = _Node("", start, start + 1)
        node.opener, node.is_open = body, True
        return node
    whole = _MEMBER.fullmatch(body)
    found = whole or _HALF_MEMBER.fullmatch(body)
    if found is None:
        return None
    key = found[1] if whole else found[1].rstrip()
    rest, begin = found[2].removesuffix(",").rstrip(), start + found.start(2)
    node = _Node(key, start, begin + len(rest) if rest else start + 1 + len(key), found.start(1))
    node.value_span = Span(begin, node.end) if rest else node.value_span
    node.is_broken = not (whole and rest)
    if rest in {"{", "["}:
        node.opener, node.is_open = rest, True
    elif rest:
        read = read_value(rest)
        node.value = _moved(read.value, begin)
        node.is_broken = bool(read.errors)
        if isinstance(read.value, str) and not read.errors:
            node.value_span = Span(begin + 1, node.end - 1)
    return node


def _read_lone(lone: re.Match[str], start: int, parent: _Node) -> None:
    if parent.opener == "[":
        parent.items.append(lone[1])
    else:
        node = _Node(lone[1].rstrip(), start, start + lone.end(1))
        node.is_broken = True
        parent.children.append(node)


def _moved(value: JsonValue, by: int) -> JsonValue:
    """Return ``value`` with all its places ``by`` further on."""
    match value:
        case JsonObject():
            return JsonObject(tuple(_moved_member(member, by) for member in value.members))
        case tuple():
            return tuple(_moved(item, by) for item in value)
        case _:
            return value


def _moved_member(member: JsonMember, by: int) -> JsonMember:
    places = (Span(span.start + by, span.end + by) for span in (member.key_span, member.value_span, member.span))
    key_span, value_span, span = places
    return JsonMember(member.key, key_span, _moved(member.value, by), value_span, span, member.whole)
