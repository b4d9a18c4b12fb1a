"""Replace a dependency with its configured successor: the name changes, extras and markers stay."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from mothball.check.inputs import is_lock
from mothball.edits.model import Edit, apply, end_of_logical_line, read_edited
from mothball.edits.poetry_extras import extras_after, extras_edits, extras_in
from mothball.formats.toml.api import Array, InlineTable, String, scan
from mothball.model.document import Dependency, Document, Span, normalize_name

# Blanks and continuations between a name and its specifier.
_GAP = re.compile(r"(?:[ \t]|\\(?:\r\n|\r|\n))+\Z")
_MAX_GAP = 200
_TOML_FORMATS = frozenset({"pyproject", "pipfile", "pixi-toml"})


def replace_dependency(
    text: str, document: Document, dependency: Dependency, successor: str, *, keeps_specifier: bool
) -> tuple[Edit, ...]:
    """Return the edits that replace ``dependency`` in ``text``, which was parsed as ``document``, with ``successor``.

    Unless ``keeps_specifier`` is True, the version specifier is dropped, or replaced with ``*`` where the format needs
    one. Elements of Poetry's extras are replaced as well. Returns no edits for locks and for entries with hashes, which
    must be generated, and if the edited text would not be the same document with the new name.
    """
    if is_lock(document) or dependency.skip_reason is not None or _has_hashes(text, document, dependency):
        return ()
    is_toml = document.format in _TOML_FORMATS
    name_spans = _name_spans(text, dependency.name_span) if is_toml else [dependency.name_span]
    # A name with a dot needs quotes as a TOML key; the normalized name does not.
    for name in dict.fromkeys((successor, normalize_name(successor))):
        for specifier in ("",) if keeps_specifier else ("*", ""):
            edits = (
                *(Edit(span, name) for span in name_spans),
                *([] if keeps_specifier else _specifier_edits(text, dependency, specifier, is_toml=is_toml)),
                *extras_edits(text, document, dependency, name),
            )
            if _is_valid(text, document, dependency, edits, specifier=None if keeps_specifier else specifier):
                return edits
    return ()


def _is_valid(
    text: str, document: Document, dependency: Dependency, edits: Sequence[Edit], *, specifier: str | None
) -> bool:
    """Return True if ``edits`` change the name and, unless it is None, the specifier, and nothing else."""
    name = normalize_name(edits[0].new_text)
    expected = dependency._replace(name=name)
    if specifier is not None and dependency.specifier:
        expected = expected._replace(specifier=specifier)
    edited = apply(text, edits)
    if read_edited(edited, document, replaced={dependency: expected}) is None:
        return False
    return extras_in(edited, document) == extras_after(text, document, dependency, name)


def _name_spans(text: str, name_span: Span) -> list[Span]:
    """Return the spans of the name of a dependency: of several keys if its table is written as dotted keys."""
    keys: dict[tuple[str, ...], list[Span]] = {}
    parsed = scan(text)
    for path, parts in (statement[:2] for statement in (*parsed.entries, *parsed.headers)):
        for count, part in enumerate(parts, len(path) - len(parts) + 1):
            quote = text[part.span.start : part.span.start + 1] in {'"', "'"}
            keys.setdefault(path[:count], []).append(Span(part.span.start + quote, part.span.end - quote))
    return next((spans for spans in keys.values() if name_span in spans), [name_span])


def _specifier_edits(text: str, entry: Dependency, specifier: str, *, is_toml: bool) -> Iterator[Edit]:
    """Yield the edits that write ``specifier`` in place of that of ``entry``.

    In Poetry's tables, an entry may have several, for different environments; it is read with the first one.
    """
    if entry.specifier_span is None:
        return
    start, end = entry.specifier_span
    if specifier:
        others = [span for span in _version_spans(text, entry) if span != entry.specifier_span] if is_toml else []
        yield from (Edit(span, specifier) for span in (entry.specifier_span, *others))
        return
    start, end = _with_parentheses(text, start, end)
    gap = _GAP.search(text[max(entry.name_span.end, start - _MAX_GAP) : start])
    yield Edit(Span(start - len(gap[0]) if gap else start, end), "")


def _version_spans(text: str, entry: Dependency) -> Iterator[Span]:
    """Yield the spans of all versions in an array of tables, such as ``lib = [{version = "1"}, {version = "2"}]``."""
    for statement in scan(text).entries:
        last = statement.keys[-1].span
        if last.start <= entry.name_span.start < last.end and isinstance(statement.value, Array):
            tables = (item for item in statement.value.items if isinstance(item, InlineTable))
            members = (member for table in tables for member in table.entries)
            yield from (
                member.value.inner
                for member in members
                if member.path == ("version",) and isinstance(member.value, String)
            )


def _with_parentheses(text: str, start: int, end: int) -> tuple[int, int]:
    """Return the range with the parentheses around it: ``old-lib (>=1)`` (PEP 508, "Grammar")."""
    left, right = len(text[:start].rstrip(" \t")), len(text) - len(text[end:].lstrip(" \t"))
    return (left - 1, right + 1) if text[left - 1 : left] + text[right : right + 1] == "()" else (start, end)


def _has_hashes(text: str, document: Document, dependency: Dependency) -> bool:
    if document.format != "requirements":
        return False
    end = end_of_logical_line(text, dependency.entry_span.end)
    return "--hash" in text[dependency.entry_span.start : end]
