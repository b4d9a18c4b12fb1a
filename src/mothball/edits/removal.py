"""Remove a dependency that has its own line, or is an element of an array."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mothball.check.inputs import is_lock
from mothball.edits.model import Edit, apply, end_of_line, end_of_logical_line, next_line, read_edited, start_of_line
from mothball.edits.poetry_extras import extras_after, extras_edits, extras_in
from mothball.formats.requirements.compiled import end_of_annotations
from mothball.model.document import Dependency, Document, Span

# In these formats, an entry extends to the end of its line.
_LINE_FORMATS = frozenset({"requirements", "setup-cfg", "tox-ini"})
# The "#" of a script block, and the dash of a YAML item or a leading comma.
_BEFORE = re.compile(r"(?:#[ \t])?[ \t]*(-[ \t]+|,[ \t]*)?")
_AFTER = re.compile(r"[ \t]*,?[ \t]*(?:#[^\r\n]*)?(?=[\r\n]|\Z)")
_BLANKS = re.compile(r"[ \t]*")
# A line that is neither blank nor a comment, and closes no array.
_ENTRY = re.compile(r"[ \t]*[^\s#;\])}]")
_BLANK_LINE = re.compile(r"[ \t]*[\r\n]")
_NO_ITEMS = r"(?:[ \t]*(?:#[^\r\n]*)?[\r\n])*"


def remove_dependency(text: str, document: Document, dependency: Dependency) -> tuple[Edit, ...]:
    """Return the edits that remove ``dependency`` from ``text``, which was parsed as ``document``.

    A line is removed with its comment and its continuation lines, an array element with one comma. A comment above that
    belongs to this entry alone, ``# via`` lines below it, and elements of Poetry's extras are removed as well. Returns
    no edits for locks, and if the edited text would not be the same document without that entry.
    """
    if is_lock(document):
        return ()
    extras = extras_edits(text, document, dependency)
    for edit in _removals(text, document, dependency):
        for whole in dict.fromkeys((_with_comments(text, edit), edit)):
            edits = (whole, *extras)
            edited = apply(text, edits)
            if read_edited(edited, document, removed=dependency) is None:
                continue
            if extras_in(edited, document) == extras_after(text, document, dependency):
                return edits
    return ()


def _with_comments(text: str, edit: Edit) -> Edit:
    """Return the removal of whole lines extended by the comments that belong to them; another ``edit`` as it is."""
    (start, end), new_text = edit
    is_whole = start == start_of_line(text, start) and end in (len(text), start_of_line(text, end))
    if new_text or not is_whole:
        return edit
    end = end_of_annotations(text, end)
    # A comment belongs to one entry if a blank line, another comment or a bracket follows the entry.
    if _ENTRY.match(text, end):
        return Edit(Span(start, end), "")
    comment_start = start
    indent = _BLANKS.match(text, start)
    comment = re.compile(rf"{re.escape(indent[0] if indent else '')}#[^\r\n]*")
    while comment_start > 0:
        line = _line_before(text, comment_start)
        if not comment.fullmatch(text[line:comment_start].rstrip("\r\n")):
            break
        comment_start = line
    # The first lines of a file describe the file.
    start = comment_start or start
    # One of the blank lines above and below is enough.
    is_apart = start > 0 and not text[_line_before(text, start) : start].strip() and _BLANK_LINE.match(text, end)
    return Edit(Span(start, next_line(text, end) if is_apart else end), "")


def _line_before(text: str, start: int) -> int:
    """Return the start of the line before the one that starts at ``start``."""
    return start_of_line(text, start - 1 - text.endswith("\r\n", 0, start))


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
            yield Edit(Span(line, next_line(text, end_of_logical_line(text, end))), "")
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
