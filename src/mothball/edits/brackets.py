"""Taking an item out of a list in brackets, be it TOML's, Python's or YAML's: with its comma and what is its own."""

from __future__ import annotations

import re
from collections.abc import Sequence

from mothball.edits.model import Edit
from mothball.edits.text_lines import next_line, start_of_line
from mothball.model import Span
from mothball.records import NamedTuple

# White space, ends of lines, comments up to the end of theirs; a backslash joins lines in Python.
GAP = r"(?:[ \t\r\n\\]|#[^\r\n]*(?=[\r\n]|\Z))*"
_COMMA = re.compile(rf"{GAP},")
_REST = re.compile(r"[ \t]*(?:#[^\r\n]*)?(?=[\r\n]|\Z)")


class Brackets(NamedTuple):
    """A list in ``text``: what stands between its brackets, and the places of its items, in their order."""

    text: str
    inner: Span
    items: Sequence[Span]


def without_item(brackets: Brackets, index: int) -> Edit:
    """Return the edit that takes the item at ``index`` out, so that the rest is still a list.

    An item that has its lines to itself goes with them, and with the comment behind it; of others on its line, nothing
    is lost. Comments above it stay.
    """
    text, inner, items = brackets
    item = items[index]
    comma = _COMMA.match(text, item.end, inner.end)
    end = comma.end() if comma and _is_one_line(text[item.end : comma.end()]) else item.end
    rest = _REST.match(text, end)
    has_own_lines = rest is not None and not text[start_of_line(text, item.start) : item.start].strip()
    if len(items) == 1:
        behind = rest.end() if rest and has_own_lines else end
        if not (text[inner.start : item.start] + text[behind : inner.end]).strip(" \t\r\n,"):
            return Edit(inner, "")
    if has_own_lines:
        return Edit(Span(start_of_line(text, item.start), next_line(text, end)), "")
    if index and _is_one_line(text[items[index - 1].end : item.start]):
        return Edit(Span(items[index - 1].end, item.end), "")
    if index + 1 < len(items) and _is_one_line(text[item.end : items[index + 1].start]):
        return Edit(Span(item.start, items[index + 1].start), "")
    if index and "#" not in text[items[index - 1].end : item.start]:
        return Edit(Span(items[index - 1].end, item.end), "")
    return Edit(Span(item.start, end), "")


def _is_one_line(between: str) -> bool:
    return "\n" not in between and "\r" not in between
