"""Remove a dependency that has its own line or is an array element, or replace it with its configured successor.

The elements of ``[tool.poetry.extras]``, which name dependencies of ``[tool.poetry.dependencies]``, change with it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from itertools import compress

from mothball.check.inputs import is_lock
from mothball.edits.model import Edit, apply, end_of_line, end_of_logical_line, next_line, read_edited, start_of_line
from mothball.formats.requirements.compiled import end_of_annotations
from mothball.formats.toml import values as toml
from mothball.formats.toml.scanner import scan
from mothball.model.document import Dependency, Document, Span, normalize_name

# In these formats, an entry extends to the end of its line.
_LINE_FORMATS = frozenset({"requirements", "setup-cfg", "tox-ini"})
_TOML_FORMATS = frozenset({"pyproject", "pipfile", "pixi-toml"})
# The "#" of a script block, and the dash of a YAML item or a leading comma.
_BEFORE = re.compile(r"(?:#[ \t])?[ \t]*(-[ \t]+|,[ \t]*)?")
_AFTER = re.compile(r"[ \t]*,?[ \t]*(?:#[^\r\n]*)?(?=[\r\n]|\Z)")
_BLANKS = re.compile(r"[ \t]*")
# A line that is neither blank nor a comment, and closes no array.
_ENTRY = re.compile(r"[ \t]*[^\s#;\])}]")
_BLANK_LINE = re.compile(r"[ \t]*[\r\n]")
_NO_ITEMS = r"(?:[ \t]*(?:#[^\r\n]*)?[\r\n])*"
# Blanks and continuations between a name and its specifier.
_GAP = re.compile(r"(?:[ \t]|\\(?:\r\n|\r|\n))+\Z")
_MAX_GAP = 200
_EXTRAS = ("tool", "poetry", "extras")
_POETRY_SECTION = "tool.poetry.dependencies"


def remove_dependency(text: str, document: Document, dependency: Dependency) -> tuple[Edit, ...]:
    """Return the edits that remove ``dependency`` from ``text``, which was parsed as ``document``.

    A line is removed with its comment and its continuation lines, an array element with one comma. A comment above that
    belongs to this entry alone, ``# via`` lines below it, and elements of Poetry's extras are removed as well. Returns
    no edits for locks, and if the edited text would not be the same document without that entry.
    """
    if is_lock(document):
        return ()
    name = _name_in_extras(document, dependency)
    extras, extras_edits = _extras(text, document, name), tuple(_extras_edits(text, name, ""))
    for edit in _removals(text, document, dependency):
        for whole in dict.fromkeys((_with_comments(text, edit), edit)):
            edits = (whole, *extras_edits)
            edited = apply(text, edits)
            after = read_edited(edited, document, {dependency: None})
            if after is not None and _extras(edited, document) == extras:
                return edits
    return ()


def replace_dependency(
    text: str, document: Document, dependency: Dependency, successor: str, *, keeps_specifier: bool
) -> tuple[Edit, ...]:
    """Return the edits that replace ``dependency`` in ``text``, which was parsed as ``document``, with ``successor``.

    Unless ``keeps_specifier`` is True, the version specifier is dropped, or replaced with ``*`` where the format needs
    one; extras and markers stay. Elements of Poetry's extras are replaced as well. Returns no edits for locks and for
    entries with hashes, which must be generated, and if the edited text would not be the same document with the new
    name.
    """
    if is_lock(document) or dependency.skip_reason is not None or _has_hashes(text, document, dependency):
        return ()
    is_toml = document.format in _TOML_FORMATS
    name_spans = _name_spans(text, dependency.name_span) if is_toml else [dependency.name_span]
    name_in_extras = _name_in_extras(document, dependency)
    # A name with a dot needs quotes as a TOML key; the normalized name does not.
    for name in dict.fromkeys((successor, normalize_name(successor))):
        extras = _extras(text, document, name_in_extras, name)
        for specifier in (dependency.specifier,) if keeps_specifier else ("*", ""):
            changes = () if keeps_specifier else _specifier_edits(text, dependency, specifier, is_toml=is_toml)
            edits = (*(Edit(span, name) for span in name_spans), *changes, *_extras_edits(text, name_in_extras, name))
            edited = apply(text, edits)
            written = specifier if dependency.specifier else ""
            expected = dependency._replace(name=normalize_name(name), specifier=written)
            after = read_edited(edited, document, {dependency: expected})
            if after is not None and _extras(edited, document) == extras:
                return edits
    return ()


# --- removal ----------------------------------------------------------------------------------------------------------


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
    if document.format == "setup-py":
        from mothball.formats.python.calls import is_list_item  # noqa: PLC0415 - imports Python's parser

        # Elements of tuples stay, because ``(a)`` is not a tuple.
        if not is_list_item(text, Span(start, end)):
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


def _is_only_item(text: str, item: Span, indent: str) -> bool:
    """Return True if the YAML list of ``item``, a span of whole lines, has no other items."""
    dash = rf"{indent}-[ \t]"
    following = re.compile(rf"{_NO_ITEMS}{dash}").match(text, item.end)
    preceding = re.compile(rf"(?:\A|[\r\n]){dash}[^\r\n]*[\r\n]{_NO_ITEMS}\Z").search(text, 0, item.start)
    return following is None and preceding is None


# --- replacement ------------------------------------------------------------------------------------------------------


def _name_spans(text: str, name_span: Span) -> list[Span]:
    """Return the spans of the name of a dependency: of several keys if its table is written as dotted keys."""
    parsed = scan(text)
    parts: list[toml.Header | toml.TomlEntry] = [*parsed.headers, *parsed.entries]
    around = (part for part in parts if part.keys[0].span.start <= name_span.start < part.keys[-1].span.end)
    for part in around:
        for depth in range(len(part.path)):
            if (key := toml.key_at(part, depth)) and key.inner == name_span:
                path = part.path[: depth + 1]
                keys = (toml.key_at(other, depth) for other in parts if other.path[: depth + 1] == path)
                return list(dict.fromkeys(key.inner for key in keys if key))
    return [name_span]


def _specifier_edits(text: str, entry: Dependency, specifier: str, *, is_toml: bool) -> Iterator[Edit]:
    """Yield the edits that write ``specifier`` in place of that of ``entry``.

    In Poetry's tables, an entry may have several, for different environments; it is read with the first one.
    """
    if entry.specifier_span is None:
        return
    if specifier:
        others = [span for span in _version_spans(text, entry) if span != entry.specifier_span] if is_toml else []
        yield from (Edit(span, specifier) for span in (entry.specifier_span, *others))
        return
    start, end = entry.specifier_span
    # With the parentheses around it: ``old-lib (>=1)`` (PEP 508, "Grammar").
    left, right = len(text[:start].rstrip(" \t")), len(text) - len(text[end:].lstrip(" \t"))
    if text[left - 1 : left] + text[right : right + 1] == "()":
        start, end = left - 1, right + 1
    gap = _GAP.search(text[max(entry.name_span.end, start - _MAX_GAP) : start])
    yield Edit(Span(start - len(gap[0]) if gap else start, end), "")


def _version_spans(text: str, entry: Dependency) -> Iterator[Span]:
    """Yield the spans of all versions in an array of tables: inline ones or those with headers."""
    parsed = scan(text)
    parts: list[toml.Header | toml.TomlEntry] = [*parsed.headers, *parsed.entries]
    named = (part.path for part in parts if part.keys[-1].span.start <= entry.name_span.start < part.keys[-1].span.end)
    path = next(named, ())
    path = path[:-1] if path and isinstance(path[-1], int) else path
    for statement in parsed.entries if path else ():
        if statement.path[: len(path)] == path:
            tables = toml.inline_entries(statement) if isinstance(statement.value, toml.Array) else (statement,)
            for member in toml.flatten_inline_tables(tables):
                number, *keys = member.path[len(path) :] or ("",)
                if isinstance(number, int) and keys == ["version"] and isinstance(member.value, toml.String):
                    yield member.value.inner


def _has_hashes(text: str, document: Document, dependency: Dependency) -> bool:
    if document.format != "requirements":
        return False
    end = end_of_logical_line(text, dependency.entry_span.end)
    return "--hash" in text[dependency.entry_span.start : end]


# --- Poetry's extras --------------------------------------------------------------------------------------------------


def _extras_edits(text: str, name: str, successor: str) -> Iterator[Edit]:
    """Yield the edits that replace ``name`` in all extras with ``successor``, or remove it if that is empty."""
    for leaf in toml.flatten_inline_tables(scan(text).entries) if name else ():
        items = leaf.value.items if leaf.path[: len(_EXTRAS)] == _EXTRAS and isinstance(leaf.value, toml.Array) else ()
        matches = [isinstance(item, toml.String) and normalize_name(item.value) == name for item in items]
        if successor:
            yield from (
                Edit(item.inner, successor) for item in compress(items, matches) if isinstance(item, toml.String)
            )
            continue
        # The matching items at the end are removed with the comma before them, others with the comma after them.
        kept = max((index for index, is_match in enumerate(matches) if not is_match), default=-1)
        for index in range(kept):
            if matches[index]:
                yield Edit(Span(items[index].span.start, items[index + 1].span.start), "")
        if items[kept + 1 :]:
            start = items[kept].span.end if kept >= 0 else items[0].span.start
            yield Edit(Span(start, items[-1].span.end), "")


def _extras(text: str, document: Document, name: str = "", successor: str = "") -> dict[str, list[str]]:
    """Return the normalized names in each extra of Poetry, with ``successor``, if any, in place of ``name``."""
    table = toml.table_at(scan(text), _EXTRAS) if document.format == "pyproject" and "poetry" in text else None
    extras = {}
    for extra, items in table.items() if isinstance(table, Mapping) else ():
        if isinstance(items, list):
            names = [normalize_name(item) for item in items if item and isinstance(item, str)]
            extras[extra] = list(filter(None, (normalize_name(successor) if each == name else each for each in names)))
    return extras


def _name_in_extras(document: Document, dependency: Dependency) -> str:
    """Return the name of the only entry of Poetry's main table with it, which its extras may have; else ""."""
    same = {
        entry.name_span
        for entry in document.dependencies
        if (entry.name, entry.section) == (dependency.name, _POETRY_SECTION)
    }
    return dependency.name if document.format == "pyproject" and same == {dependency.name_span} else ""
