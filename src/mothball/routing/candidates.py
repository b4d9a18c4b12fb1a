"""Indexes that an installer would ask, in the order in which we ask them, and those that it passes over. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from mothball.config.installers import InstallerSettings, UserIndex
from mothball.model.document import IndexOption, ToolIndex
from mothball.model.records import NamedTuple
from mothball.routing.addresses import base_url, is_default


class Candidate(NamedTuple):
    """An index as somebody named it: its address as written, by what, and whether the user's side did."""

    address: str
    set_by: str
    is_user_setting: bool = False


class RejectedIndex(NamedTuple):
    """An index that is not asked, and why."""

    candidate: Candidate
    reason: str


class Selection(NamedTuple):
    """What an installer makes of all that is said: ``asked`` in order, the last one its main index.

    ``no_index_reason`` says why no index may be asked at all; empty where one may.
    """

    asked: tuple[Candidate, ...] = ()
    rejected: tuple[RejectedIndex, ...] = ()
    no_index_reason: str = ""


class DefaultIndex(NamedTuple):
    """The index for what names none of its own. ``is_configured`` where our own configuration or option names it."""

    candidate: Candidate
    is_configured: bool = False


class RoutingRequest(NamedTuple):
    """What a tool's module is asked: where a name may be looked for that no source pins.

    ``name`` stands in the table ``section`` of a file with these ``options`` and those ``indexes`` of the tool.
    """

    name: str
    section: str
    options: tuple[IndexOption, ...]
    indexes: tuple[ToolIndex, ...]
    settings: InstallerSettings
    default: DefaultIndex


def option_candidate(option: IndexOption) -> Candidate:
    """Return the index that an option of a requirements file names."""
    return Candidate(option.value, f"`--{option.name}`{_in(option.declared_at)}")


def tool_candidate(index: ToolIndex) -> Candidate:
    """Return the index that a tool's table declares."""
    key = _KEYS.get(index.tool, index.tool)
    what = f"`{index.role}`" if index.role in _SETTINGS else f"[[{key}]]"
    named = f" {index.name}" if index.name else ""
    return Candidate(index.url, f"{what}{named}{_in(index.declared_at)}")


def user_candidate(index: UserIndex) -> Candidate:
    """Return the index that the user's side names."""
    return Candidate(index.url, index.set_by, index.is_user_setting)


def is_public(candidate: Candidate) -> bool:
    """Return whether this is the default index, which everybody may publish to."""
    return is_default(base_url(candidate.address))


def rejected(candidates: Iterable[Candidate | None], reason: str) -> tuple[RejectedIndex, ...]:
    """Return ``candidates`` as passed over."""
    return tuple(RejectedIndex(one, reason) for one in candidates if one is not None)


def merge_selections(choices: Iterable[Selection]) -> Selection:
    """Return what is asked where any of several installers may be the one: all that any of them asks.

    Where one of them asks nobody, nobody is asked: it is not ours to guess that it was another one.
    """
    extras: list[Candidate] = []
    mains: list[Candidate] = []
    over: list[RejectedIndex] = []
    for choice in choices:
        if choice.no_index_reason:
            return choice
        extras += choice.asked[:-1]
        mains += choice.asked[-1:]
        over += choice.rejected
    # An installer with a main index of its own is not overruled by one for which nobody has named any.
    if not all(map(is_public, mains)):
        unnamed = [one for one in mains if one.set_by == BUILT_IN_DEFAULT]
        over += rejected(unnamed, "another installer of this file has a main index of its own")
        mains = [one for one in mains if one not in unnamed]
    # What is extra to one of them and the main index of another waits for the extra ones.
    asked = dict.fromkeys((*(one for one in extras if one not in mains), *mains))
    return Selection(tuple(asked), tuple(dict.fromkeys(over)))


BUILT_IN_DEFAULT = "the default"
_KEYS = {
    "uv": "tool.uv.index",
    "poetry": "tool.poetry.source",
    "pdm": "tool.pdm.source",
    "rye": "tool.rye.sources",
    "pipenv": "source",
    "pixi": "pypi-options",
}
_SETTINGS = ("index-url", "extra-index-url", "extra-index-urls", "no-index")


def _in(place: str) -> str:
    return f" in {place}" if place else ""
