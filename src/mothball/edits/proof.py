"""Verify an edit: parse the edited text and compare the result with the original document.

In every format, some lines cannot have a comment and some entries cannot be removed alone. An edit is offered only if
parsing the edited text gives exactly the expected document.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from types import MappingProxyType

from mothball.formats.table import parse
from mothball.model.document import Dependency, DependencyKind, Document

# The fields to compare after a removal. The others can change, because the removed entry can set the index of other
# entries, as in the tables of uv and Poetry.
_ENTRY_FIELDS = 5


def read_edited(
    text: str,
    before: Document,
    removed: Dependency | None = None,
    replaced: Mapping[Dependency, Dependency] = MappingProxyType({}),
) -> Document | None:
    """Parse the edited ``text``, and return None unless it equals ``before`` without ``removed``.

    ``replaced`` maps changed dependencies to their expected new values. Positions and ignore comments are not
    compared. New parse problems count as a difference.
    """
    only_constrains = before.format == "requirements" and any(
        dependency.kind is DependencyKind.CONSTRAINT for dependency in before.dependencies
    )
    after = parse(before.format, text, DependencyKind.CONSTRAINT if only_constrains else DependencyKind.REQUIREMENT)
    count = None if removed is None else _ENTRY_FIELDS
    expected = [
        _fields(replaced.get(dependency, dependency))[:count]
        for dependency in before.dependencies
        if dependency != removed
    ]
    new_problems = Counter(problem.message for problem in after.problems) - Counter(
        problem.message for problem in before.problems
    )
    is_equal = (
        not new_problems
        and expected == [_fields(dependency)[:count] for dependency in after.dependencies]
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
