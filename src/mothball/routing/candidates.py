"""Candidate indexes in the order in which they are queried, and the rejected ones. No I/O."""

from __future__ import annotations

from collections.abc import Iterable

from mothball.config.installers import InstallerSettings, UserIndex
from mothball.config.project import is_default_index
from mothball.model.document import IndexOption, ToolIndex
from mothball.model.records import NamedTuple
from mothball.model.sanitize import base_url


class Candidate(NamedTuple):
    """An index with its URL as written and the setting that names it.

    ``is_user_setting`` is true for settings of the user: environment, user configuration, command line.
    """

    address: str
    set_by: str
    is_user_setting: bool = False


class RejectedIndex(NamedTuple):
    """An index that is not queried, and the reason."""

    candidate: Candidate
    reason: str


class Selection(NamedTuple):
    """The indexes that an installer queries, in order; the main index is the last.

    ``no_index_reason`` is set if no index may be queried at all.
    """

    selected: tuple[Candidate, ...] = ()
    rejected: tuple[RejectedIndex, ...] = ()
    no_index_reason: str = ""


class DefaultIndex(NamedTuple):
    """The index for dependencies whose file names none.

    ``is_configured`` is true if mothball's configuration or ``--index-url`` names it.
    """

    candidate: Candidate
    is_configured: bool = False


class RoutingRequest(NamedTuple):
    """The input of a tool's ``select_indexes``: a dependency that pins no index.

    ``section`` is the table of the dependency, ``options`` are the index options of its file, ``indexes`` those that
    the tables of the tool declare.
    """

    name: str
    section: str
    options: tuple[IndexOption, ...]
    indexes: tuple[ToolIndex, ...]
    settings: InstallerSettings
    default: DefaultIndex


def option_candidate(option: IndexOption) -> Candidate:
    """Return the index that an option of a requirements file names."""
    return Candidate(option.value, f"`--{option.name}`{_location_suffix(option.declared_at)}")


def tool_candidate(index: ToolIndex) -> Candidate:
    """Return the index that a table of a tool declares."""
    table = _TABLES.get(index.tool, index.tool)
    key = f"`{index.role}`" if index.role in _KEY_ROLES else f"[[{table}]]"
    name = f" {index.name}" if index.name else ""
    return Candidate(index.url, f"{key}{name}{_location_suffix(index.declared_at)}")


def user_candidate(index: UserIndex) -> Candidate:
    """Return the index that an installer setting names."""
    return Candidate(index.url, index.set_by, index.is_user_setting)


def is_public(candidate: Candidate) -> bool:
    """Return True for the built-in default index, to which anyone can publish."""
    return is_default_index(base_url(candidate.address))


def reject(candidates: Iterable[Candidate | None], reason: str) -> tuple[RejectedIndex, ...]:
    """Return ``candidates`` as rejected for ``reason``; None is skipped."""
    return tuple(RejectedIndex(candidate, reason) for candidate in candidates if candidate is not None)


def merge_selections(selections: Iterable[Selection]) -> Selection:
    """Merge the selections of several installers that may install the same file.

    The result has the indexes of all of them. If one installer may query no index, neither does the result, since it
    is unknown which installer is used.
    """
    extras: list[Candidate] = []
    mains: list[Candidate] = []
    rejected: list[RejectedIndex] = []
    for selection in selections:
        if selection.no_index_reason:
            return selection
        extras += selection.selected[:-1]
        mains += selection.selected[-1:]
        rejected += selection.rejected
    # A configured main index takes precedence over the built-in default of an installer without any index setting.
    if not all(map(is_public, mains)):
        built_in = [candidate for candidate in mains if candidate.set_by == BUILT_IN_DEFAULT]
        rejected += reject(built_in, "another installer of this file configures its own default index")
        mains = [candidate for candidate in mains if candidate not in built_in]
    # An index that is extra for one installer and the main index of another is queried as a main index.
    selected = dict.fromkeys((*(candidate for candidate in extras if candidate not in mains), *mains))
    return Selection(tuple(selected), tuple(dict.fromkeys(rejected)))


BUILT_IN_DEFAULT = "built-in default"
_TABLES = {
    "uv": "tool.uv.index",
    "poetry": "tool.poetry.source",
    "pdm": "tool.pdm.source",
    "rye": "tool.rye.sources",
    "pipenv": "source",
    "pixi": "pypi-options",
}
_KEY_ROLES = ("index-url", "extra-index-url", "extra-index-urls", "find-links", "no-index")


def _location_suffix(location: str) -> str:
    return f" in {location}" if location else ""
