"""Read the tables of tools that list only requirements or their files: Briefcase, cibuildwheel, Flit and setuptools."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from mothball.formats.manifests.tables import (
    ANY,
    ARRAY_INDEX,
    ArrayItem,
    Pattern,
    Tables,
    read_arrays,
    read_files,
    read_requirement,
)
from mothball.formats.pep508 import parse_requirement
from mothball.formats.requirements.strings import Section
from mothball.formats.toml.values import String
from mothball.model.document import DependencyKind, Include, ParseProblem

# An application, its platform, an output format of the platform, and a Linux distribution.
_APPLICATION: Pattern = ("app", ANY, ANY, ANY, ANY)
_BRIEFCASE = tuple((*_APPLICATION[:depth], name) for depth in (0, 2, 3, 4, 5) for name in ("requires", "test_requires"))

_OPTION = "test-requires"
_CIBUILDWHEEL = ((_OPTION,), (ANY, _OPTION), ("overrides", ARRAY_INDEX, _OPTION))
# Lines of a constraints file for the build tools.
_CIBUILDWHEEL_VERSIONS = tuple((*parent, "dependency-versions", "packages") for *parent, _ in _CIBUILDWHEEL)

_FLIT = (("metadata", "requires"), ("metadata", "dev-requires"), ("metadata", "requires-extra", ANY))
_SETUPTOOLS = (("dynamic", "dependencies", "file"), ("dynamic", "optional-dependencies", ANY, "file"))


def read_briefcase(tables: Tables) -> Iterator[ArrayItem]:
    """Yield the requirements of applications, by platform and output format."""
    return read_arrays(tables, _BRIEFCASE, string=_read_pip_lines)


def read_cibuildwheel(tables: Tables) -> Iterator[ArrayItem]:
    """Yield the test requirements, and the version constraints for the build tools."""
    yield from read_arrays(tables, _CIBUILDWHEEL, string=_read_words, allow_single=True)
    yield from read_arrays(tables, _CIBUILDWHEEL_VERSIONS, DependencyKind.CONSTRAINT, string=_read_pip_lines)


def read_flit(tables: Tables) -> Iterator[ArrayItem]:
    """Yield the requirements of projects without a ``[project]`` table."""
    return read_arrays(tables, _FLIT)


def read_setuptools(tables: Tables) -> Iterator[Include]:
    """Yield the requirements files of dynamic ``dependencies`` and ``optional-dependencies``."""
    return read_files(tables, _SETUPTOOLS)


def _read_words(string: String, section: Section) -> Iterable[ArrayItem]:
    """Read one requirement, or several separated by white space."""
    if isinstance(parse_requirement(string.value), ParseProblem):
        # A line for each requirement; replacing single characters keeps the offsets.
        return _read_pip_lines(string._replace(value=re.sub(r"[ \t]", "\n", string.value)), section)
    return read_requirement(string, section)


def _read_pip_lines(string: String, section: Section) -> Iterator[ArrayItem]:
    """Read arguments of ``pip install``."""
    from mothball.formats.manifests.templates import read_pip_lines  # noqa: PLC0415 - not for Flit and setuptools

    return read_pip_lines(string, section)
