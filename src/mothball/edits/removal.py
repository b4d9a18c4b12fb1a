"""Remove a dependency that has its own line, or is an element of an array."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mothball.check.inputs import is_lock
from mothball.edits.model import Edit, apply, end_of_line, next_line, start_of_line
from mothball.edits.proof import read_edited
from mothball.model.document import Dependency, Document, Span

# In these formats, an entry extends to the end of its line.
_LINE_FORMATS = frozenset({"requirements", "setup-cfg", "tox-ini"})
# The "#" of a script block, and the dash of a YAML item or a leading comma.
_BEFORE = re.compile(r"(?:#[ \t])?[ \t]*(-[ \t]+|,[ \t]*)?")
_AFTER = re.compile(r"[ \t]*,?[ \t]*(?:#[^\r\n]*)?(?=[\r\n]|\Z)")
_BLANKS = re.compile(r"[ \t]*")
_NO_ITEMS = r"(?:[ \t]*(?:#[^\r\n]*)?[\r\n])*"


def remove_dependency(text: str, document: Document, dependency: Dependency) -> tuple[Edit, ...]:
    """Return the edits that remove ``dependency`` from ``text``, which was parsed as ``document``.

    A line is removed with its comment and its continuation lines, an array element with one comma. Returns no edits for
    locks, and if the edited text would not be the same document without that entry.
    """
    if is_lock(document):
        return ()
    for edit in _removals(text, document, dependency):
        if read_edited(apply(text, (edit,)), document, removed=dependency) is not None:
            return (edit,)
    return ()


def _removals(text: str, document: Document, dependency: Dependency) -> Iterator[Edit]:
    """Yield candidate edits for the removal of ``dependency``, the best one first."""
    start, end = dependency.entry_span
    while text[end : end + 1] in {'"', "'"} and text[start - 1 : start] == text[end]:
        start, end = start - 1, end + 1
    if document.format == "setup-py" and not _is_list_element(text, Span(start, end)):
        return
    line = start_of_line(text, start)
    if document.format in _LINE_FORMATS:
        option = text[line:start].rstrip()
        if document.format == "requirements" or (text[line].isspace() and not option.endswith("=")):
            yield Edit(Span(line, _end_of_logical_line(text, end)), "")
        elif option.endswith(("=", ":")):
            yield Edit(Span(line + len(option), end_of_line(text, end)), "")
        return
    before = _BEFORE.fullmatch(text, line, start)
    if before and _AFTER.match(text, end):
        item = Span(line, next_line(text, end))
        if before[1] and before[1].startswith("-") and _is_only_item(text, item, text[line : before.start(1)]):
            # Indent the brackets: unlike a dash, they must not be in the column of the key.
            yield Edit(Span(before.start(1), end_of_line(text, end)), "  []")
        else:
            yield Edit(item, "")
    yield from _from_array(text, Span(start, end))


def _from_array(text: str, element: Span) -> Iterator[Edit]:
    """Yield candidate edits for the removal of ``element`` from an array or inline table."""
    start, end = element
    left, right = len(text[:start].rstrip()), len(text) - len(text[end:].lstrip())
    opening, closing = text[left - 1 : left], text[right : right + 1]
    edits = []
    if closing == "," and opening in {"[", "{", ","}:
        blanks = _BLANKS.match(text, right + 1)
        edits.append(Edit(Span(start, blanks.end() if blanks else right + 1), ""))
    if opening == ",":
        is_on_line = left > start_of_line(text, start)
        edits.insert(0 if is_on_line else 1, Edit(Span(left - 1, end), ""))
    if opening + closing in {"[]", "{}"}:
        edits.append(Edit(Span(left, right), ""))
    yield from edits


def _is_list_element(text: str, element: Span) -> bool:
    """Return True if ``element`` is in a Python list. Elements of tuples stay, because ``(a)`` is not a tuple."""
    from mothball.formats.python.calls import find_lists  # noqa: PLC0415 - imports Python's parser

    return any(element in elements for _, elements in find_lists(text))


def _is_only_item(text: str, item: Span, indent: str) -> bool:
    """Return True if the YAML list of ``item``, a span of whole lines, has no other items."""
    dash = rf"{indent}-[ \t]"
    following = re.compile(rf"{_NO_ITEMS}{dash}").match(text, item.end)
    preceding = re.compile(rf"(?:\A|[\r\n]){dash}[^\r\n]*[\r\n]{_NO_ITEMS}\Z").search(text, 0, item.start)
    return following is None and preceding is None


def _end_of_logical_line(text: str, position: int) -> int:
    end = end_of_line(text, position)
    while text[end - 1 : end] == "\\" and end < len(text):
        end = end_of_line(text, next_line(text, end))
    return next_line(text, end)
