"""Check an edit: read the edited text again and compare the result with the original document.

Every format has places where a line cannot hold a comment or an entry cannot be removed alone. An edit is offered only
if the format's own reader finds exactly the wanted outcome.
"""

from __future__ import annotations

from collections import Counter

from mothball.formats.table import parse
from mothball.model.document import Dependency, DependencyKind, Document

# An entry that is removed may have set the index of others, as the tables of uv and Poetry do.
_FACTS_OF_ENTRY = 5


def read_edited(text: str, before: Document, removed: Dependency | None = None) -> Document | None:
    """Parse the edited ``text``; return None unless it equals ``before``, without ``removed``, and has no new problem.

    Ignore comments are not compared.
    """
    only_constrains = before.format == "requirements" and any(
        one.kind is DependencyKind.CONSTRAINT for one in before.dependencies
    )
    after = parse(before.format, text, DependencyKind.CONSTRAINT if only_constrains else DependencyKind.REQUIREMENT)
    count = None if removed is None else _FACTS_OF_ENTRY
    expected = [_facts(one)[:count] for one in before.dependencies if one != removed]
    new_problems = Counter(one.message for one in after.problems) - Counter(one.message for one in before.problems)
    is_equal = (
        not new_problems
        and expected == [_facts(one)[:count] for one in after.dependencies]
        and [one.target for one in before.includes] == [one.target for one in after.includes]
        and [(one.name, one.value) for one in before.index_options]
        == [(one.name, one.value) for one in after.index_options]
    )
    return after if is_equal else None


def _facts(dependency: Dependency) -> tuple[object, ...]:
    """Return what does not depend on the place of ``dependency``, first what its entry alone states."""
    one = dependency
    return one.name, one.specifier, one.extras, one.marker, one.section, one.skip_reason, one.index_url
