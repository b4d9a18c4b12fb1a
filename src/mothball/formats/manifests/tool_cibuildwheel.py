"""Read ``[tool.cibuildwheel]``: test requirements, and version constraints for the build tools."""

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
_TEST_REQUIRES = ((_OPTION,), (ANY, _OPTION), ("overrides", ARRAY_INDEX, _OPTION))
# Lines of a constraints file for the build tools.
_VERSIONS = tuple((*parent, "dependency-versions", "packages") for *parent, _ in _TEST_REQUIRES)


def read(tables: Tables) -> Iterator[ArrayItem]:
    """Yield the requirements and constraints of cibuildwheel."""
    yield from read_arrays(tables, _TEST_REQUIRES, string=_read_words, allow_single=True)
    yield from read_arrays(tables, _VERSIONS, DependencyKind.CONSTRAINT, string=read_pip_lines)


def _read_words(string: String, section: Section) -> Iterator[ArrayItem]:
    """Read one requirement, or several separated by white space."""
    if isinstance(parse_requirement(string.value), RequirementError):
        # A line for each requirement; replacing single characters keeps the offsets.
        yield from read_pip_lines(string._replace(value=re.sub(r"[ \t]", "\n", string.value)), section)
    else:
        yield from read_requirement(string, section)
