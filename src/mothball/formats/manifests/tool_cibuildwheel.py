"""[tool.cibuildwheel]: what is installed beside each wheel to test it, and what restrains the tools that build it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mothball.formats.manifests.requirement_arrays import read_arrays, read_pip_lines, read_requirement
from mothball.formats.manifests.tables import ANY, ARRAY_INDEX
from mothball.formats.pep508 import RequirementError, parse_requirement
from mothball.formats.requirements.strings import Section
from mothball.model.document import DependencyKind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mothball.formats.manifests.requirement_arrays import ArrayItem
    from mothball.formats.manifests.tables import Tables
    from mothball.formats.toml.api import String

_OPTION = "test-requires"
_PLACES = ((_OPTION,), (ANY, _OPTION), ("overrides", ARRAY_INDEX, _OPTION))
# Lines of a constraints file for the tools that build; in place of the packages a file of such may be named.
_VERSIONS = tuple((*above, "dependency-versions", "packages") for *above, _ in _PLACES)


def read(tables: Tables) -> Iterator[ArrayItem]:
    """Yield what the tables of cibuildwheel hold."""
    yield from read_arrays(tables, _PLACES, string=_read_words, allow_single=True)
    yield from read_arrays(tables, _VERSIONS, DependencyKind.CONSTRAINT, string=read_pip_lines)


def _read_words(string: String, section: Section) -> Iterator[ArrayItem]:
    """Read a requirement, or several with white space between them."""
    if isinstance(parse_requirement(string.value), RequirementError):
        # One on each line is what pip reads; the places stay.
        yield from read_pip_lines(string._replace(value=re.sub(r"[ \t]", "\n", string.value)), section)
    else:
        yield from read_requirement(string, section)
