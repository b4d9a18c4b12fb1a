"""Whether an edit did what it was meant to do: the text after it is read again, and compared with what was there.

Every format has corners where a line cannot bear a comment, or an entry cannot be taken out alone. Rather than know
them all, an edit is made, read by the format's own reader, and given away only when the outcome is what was wanted.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from mothball.formats.table import parse
from mothball.model import Dependency, Document, Kind
from mothball.records import NamedTuple

if TYPE_CHECKING:
    from mothball.model import IgnoreComment


class Fact(NamedTuple):
    """What is said of a dependency, wherever it stands."""

    name: str
    specifier: str
    extras: tuple[str, ...]
    marker: str
    section: str
    withheld: str | None
    index_url: str | None


def fact(dependency: Dependency) -> Fact:
    """Return what is said of ``dependency``."""
    one = dependency
    return Fact(one.name, one.specifier, one.extras, one.marker, one.section, one.withheld, one.index_url)


def read_again(text: str, before: Document) -> Document:
    """Return ``text``, which was edited, as the format of ``before`` reads it."""
    only_constrains = before.format == "requirements" and any(
        one.kind is Kind.CONSTRAINT for one in before.dependencies
    )
    return parse(before.format, text, Kind.CONSTRAINT if only_constrains else Kind.REQUIREMENT)


def keeps_the_rest(before: Document, after: Document) -> bool:
    """Return whether ``after`` has no problem that ``before`` has not, and the same includes and index options."""
    old = Counter(problem.message for problem in before.problems)
    new = Counter(problem.message for problem in after.problems)
    return (
        new <= old
        and [include.target for include in before.includes] == [include.target for include in after.includes]
        and [(one.name, one.value) for one in before.index_options]
        == [(one.name, one.value) for one in after.index_options]
    )


def said(comment: IgnoreComment) -> tuple[tuple[str, ...], str]:
    """Return what an ignore comment says, wherever it stands."""
    return comment.rules, comment.reason
