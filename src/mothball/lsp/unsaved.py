"""What stands in the editor and in no file yet: it can hold names back, and never sends them anywhere.

Whom to ask follows from the file as it was last saved: the half of a URL that somebody is typing is no index, and no
name is to be sent there, nor elsewhere because the line is half gone. Pure.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from contextlib import suppress
from operator import itemgetter
from types import MappingProxyType

from mothball.check.inputs import SourceFile
from mothball.config.values import MAX_PATTERNS, read_name_patterns
from mothball.discovery.config_lookup import table_path
from mothball.formats.toml.api import scan_once, to_mapping
from mothball.model.document import Dependency, Document, SkipReason, Span
from mothball.model.errors import ConfigError
from mothball.model.file_names import MOTHBALL_TOML, PYPROJECT_TOML
from mothball.model.records import NamedTuple
from mothball.repository.paths import is_inside

# What of an entry says whom to ask: its index, others of it, the name of an index, and why it is skipped.
Pin = tuple[str | None, tuple[str, ...], str, SkipReason | None]
_NOWHERE: Pin = (None, (), "", SkipReason.UNSAVED)
_name_of = itemgetter(Dependency._fields.index("name"))
_pin_of = itemgetter(*map(Dependency._fields.index, ("index_url", "alternative_indexes", "index_name", "skip_reason")))


class Unsaved(NamedTuple):
    """What other texts in the editor say that no file says yet.

    ``private`` are patterns of names that configurations keep to themselves; ``has_indexes`` is true where a text names
    other indexes than its file does.
    """

    private: tuple[str, ...] = ()
    has_indexes: bool = False


NOTHING_UNSAVED = Unsaved()


class SavedRouting(NamedTuple):
    """Where a saved file sends its names.

    ``pins`` are those of each name, ``pairs`` the same as pairs. ``addresses`` are all that the file and those around
    it name, ``indexes`` what the file itself says of them.
    """

    pins: Mapping[str, frozenset[Pin]] = MappingProxyType({})
    pairs: frozenset[tuple[str, Pin]] = frozenset()
    addresses: frozenset[str] = frozenset()
    indexes: tuple[object, ...] = ()


def saved_routing(saved: SourceFile, path: str) -> SavedRouting:
    """Return where the names of ``saved``, the file at ``path``, go."""
    pins: dict[str, set[Pin]] = {}
    addresses = {option.value for option in saved.index_options} | {index.url for index in saved.tool_indexes}
    for one in saved.document.dependencies:
        if one.skip_reason is not SkipReason.INCOMPLETE:
            pins.setdefault(one.name, set()).add(_pin_of(one))
        addresses.update(_addresses(one))
    return SavedRouting(
        MappingProxyType({name: frozenset(of_name) for name, of_name in pins.items()}),
        frozenset((name, pin) for name, of_name in pins.items() for pin in of_name),
        frozenset(addresses),
        indexes_in(saved.document, saved.text, path),
    )


def routed_as_saved(document: Document, routing: SavedRouting, *, has_other_indexes: bool) -> tuple[Dependency, ...]:
    """Return the dependencies of ``document`` with the indexes that the saved file pins them to.

    A name is skipped where the editor's text gives it an index that the saved file does not know, or takes away what
    kept it from being asked for. A name that is not saved yet is skipped, too, where the editor ``has_other_indexes``
    than those that were saved: it may be meant for the new ones alone.
    """
    dependencies = document.dependencies
    pairs = list(zip(map(_name_of, dependencies), map(_pin_of, dependencies), strict=True))
    if routing.pairs.issuperset(pairs):
        return dependencies
    return tuple(
        one if pair in routing.pairs else _routed(one, routing, has_other_indexes=has_other_indexes)
        for one, pair in zip(dependencies, pairs, strict=True)
    )


def _routed(one: Dependency, routing: SavedRouting, *, has_other_indexes: bool) -> Dependency:
    """Return a dependency that the saved file does not have in this way."""
    pinned = routing.pins.get(one.name, frozenset())
    is_asked_for = one.skip_reason is None or one.index_name
    is_fine = not one.index_name and routing.addresses.issuperset(_addresses(one))
    if not is_asked_for or (not pinned and not has_other_indexes and is_fine):
        return one
    index_url, also, name, skip_reason = next(iter(pinned)) if len(pinned) == 1 else _NOWHERE
    skip_reason = SkipReason.UNSAVED if skip_reason is not None and not name else skip_reason
    return one._replace(index_url=index_url, alternative_indexes=also, index_name=name, skip_reason=skip_reason)


def _addresses(dependency: Dependency) -> tuple[str, ...]:
    return tuple(filter(None, (dependency.index_url, *dependency.alternative_indexes)))


def indexes_in(document: Document, text: str, path: str) -> tuple[object, ...]:
    """Return what a text itself, that of the file at ``path``, says of indexes, wherever in it that stands.

    Members of a workspace that it declares are asked of none.
    """
    options = [(one.name, one.value) for one in document.index_options]
    nowhere = Span(0, 0)
    ours = _setting(text, path, "index-url") if _may_configure(text, path, "index-url") else None
    indexes = [one._replace(span=nowhere, declared_at="") for one in document.tool_indexes]
    return options, indexes, document.workspaces, ours


def private_in(text: str, path: str) -> tuple[str, ...]:
    """Return the patterns of private names in a configuration that may be half typed; what makes no sense is left out.

    Empty where the file of that name is no configuration.
    """
    if not _may_configure(text, path, "private"):
        return ()
    given = _setting(text, path, "private")
    found: list[str] = []
    for one in (given if isinstance(given, list) else [given])[:MAX_PATTERNS]:
        with suppress(ConfigError):
            found += read_name_patterns([one], ("private",))
    return tuple(found)


def patterns_for(path: str, private: Iterable[tuple[str, tuple[str, ...]]]) -> tuple[str, ...]:
    """Return those of ``private``, patterns of names by directories, that hold for the file at ``path``, absolute."""
    return tuple(pattern for directory, patterns in private if is_inside(path, directory) for pattern in patterns)


def with_private(file: SourceFile, patterns: tuple[str, ...]) -> SourceFile:
    """Return ``file``, whose names that match ``patterns`` are private, too."""
    network = file.resolved_config.network
    network = network._replace(private=tuple(dict.fromkeys((*network.private, *patterns))))
    return file._replace(resolved_config=file.resolved_config._replace(network=network))


def _may_configure(text: str, path: str, name: str) -> bool:
    """Return whether a text may be a configuration that holds ``name``; scanning costs, and few do."""
    file_name = os.path.basename(path)
    return name in text and (file_name == MOTHBALL_TOML or (file_name == PYPROJECT_TOML and "mothball" in text))


def _setting(text: str, path: str, name: str) -> object:
    """Return a value of our table in a configuration that may be half typed; None where it has none."""
    table: object = to_mapping(scan_once(text))
    for key in table_path(path):
        table = table.get(key) if isinstance(table, Mapping) else None
    return table.get(name) if isinstance(table, Mapping) else None
