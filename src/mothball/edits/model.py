"""Text edits, their verification, and positions of lines in a text. Lines end with LF, CR LF or CR only.

In every format, some lines cannot have a comment and some entries cannot be removed alone. An edit is offered only if
parsing the edited text gives exactly the expected document (``read_edited``).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from operator import attrgetter

from mothball.formats.table import parse
from mothball.model.document import Dependency, DependencyKind, Document, Span
from mothball.model.records import NamedTuple

_TO_END = re.compile(r"[^\r\n]*")
_LINE_END = re.compile(r"\r\n|\r|\n")
# The fields to compare after a removal. The others can change, because the removed entry can set the index of other
# entries, as in the tables of uv and Poetry.
_ENTRY_FIELDS = 5


class Edit(NamedTuple):
    """Replace ``span`` of a text with ``new_text``; an empty span inserts it."""

    span: Span
    new_text: str


def apply(text: str, edits: Iterable[Edit]) -> str:
    """Return ``text`` with ``edits`` applied; all spans refer to the original text.

    Insertions at the same position are applied in the given order. Raises ValueError if edits overlap.
    """
    pieces: list[str] = []
    position = 0
    for edit in sorted(edits, key=attrgetter("span")):
        if edit.span.start < position:
            raise ValueError(f"the edit of {edit.span} overlaps the previous edit")
        pieces += text[position : edit.span.start], edit.new_text
        position = edit.span.end
    return "".join([*pieces, text[position:]])


def start_of_line(text: str, position: int) -> int:
    """Return the start of the line that contains ``position``."""
    return max(text.rfind("\n", 0, position), text.rfind("\r", 0, position)) + 1


def end_of_line(text: str, position: int) -> int:
    """Return the end of the line that contains ``position``, without the line ending."""
    match = _TO_END.match(text, position)
    return match.end() if match else position


def next_line(text: str, position: int) -> int:
    """Return the start of the line after the one that contains ``position``, or the end of the text."""
    end = end_of_line(text, position)
    match = _LINE_END.match(text, end)
    return match.end() if match else end


def end_of_logical_line(text: str, position: int) -> int:
    """Return the end of the line that contains ``position`` and of the lines that backslashes continue it with."""
    end = end_of_line(text, position)
    while text[end - 1 : end] == "\\" and end < len(text):
        end = end_of_line(text, next_line(text, end))
    return end


def newline_of(text: str) -> str:
    """Return the first line ending in ``text``, or LF."""
    match = _LINE_END.search(text)
    return match[0] if match else "\n"


def read_edited(
    text: str, before: Document, changes: Mapping[Dependency, Dependency | None] | None = None
) -> Document | None:
    """Parse the edited ``text``, and return None unless it equals ``before`` apart from ``changes``.

    ``changes`` maps dependencies to their expected new values, None for a removed one. Positions and ignore comments
    are not compared. New parse problems count as a difference.
    """
    changes = changes or {}
    only_constrains = before.format == "requirements" and any(
        dependency.kind is DependencyKind.CONSTRAINT for dependency in before.dependencies
    )
    after = parse(before.format, text, DependencyKind.CONSTRAINT if only_constrains else DependencyKind.REQUIREMENT)
    expected = [changes.get(dependency, dependency) for dependency in before.dependencies]
    count = _ENTRY_FIELDS if None in expected else None
    new_problems = Counter(problem.message for problem in after.problems) - Counter(
        problem.message for problem in before.problems
    )
    is_equal = (
        not new_problems
        and [_fields(dependency)[:count] for dependency in expected if dependency is not None]
        == [_fields(dependency)[:count] for dependency in after.dependencies]
        and [include.target for include in before.includes] == [include.target for include in after.includes]
        and [(option.name, option.value) for option in before.index_options]
        == [(option.name, option.value) for option in after.index_options]
    )
    return after if is_equal else None


def _fields(dependency: Dependency) -> tuple[object, ...]:
    """Return the fields without positions; the first ``_ENTRY_FIELDS`` depend on the entry alone."""
    return (
        dependency.name,
        dependency.specifier,
        dependency.extras,
        dependency.marker,
        dependency.section,
        dependency.skip_reason,
        dependency.index_url,
    )
