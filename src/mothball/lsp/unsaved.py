"""Rules for text that is not saved yet: it may keep names from being looked up, but never sends them to a new index.

Routing follows the saved file, because an unsaved text may hold an incomplete index URL to which, or because of which,
no name must be sent. Pure.
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
from mothball.discovery.includes import may_configure_index
from mothball.formats.toml.api import scan_cached, to_mapping
from mothball.model.document import Dependency, Document, SkipReason, Span
from mothball.model.errors import ConfigError
from mothball.model.file_names import MOTHBALL_TOML, PYPROJECT_TOML
from mothball.model.records import NamedTuple
from mothball.repository.paths import is_inside
from mothball.routing.facts import LookupFacts

# Routing fields of a dependency: its index, further indexes, the name of an index, and why it is skipped.
Pin = tuple[str | None, tuple[str, ...], str, SkipReason | None]
_SKIPPED: Pin = (None, (), "", SkipReason.UNSAVED)
_pair = itemgetter(1)
_name_of = itemgetter(Dependency._fields.index("name"))
_pin_of = itemgetter(*map(Dependency._fields.index, ("index_url", "alternative_indexes", "index_name", "skip_reason")))


class Unsaved(NamedTuple):
    """State of other editor texts that is not saved.

    ``private`` are private name patterns of configurations; ``has_indexes`` is True if a text names other indexes than
    its file.
    """

    private: tuple[str, ...] = ()
    has_indexes: bool = False


NOTHING_UNSAVED = Unsaved()


class SavedRouting(NamedTuple):
    """Routing of a saved file.

    ``pins`` are the routing fields of each name, ``pairs`` the same as pairs. ``addresses`` are all index URLs of the
    file and its context, ``indexes`` the index settings of the file itself.
    """

    pins: Mapping[str, frozenset[Pin]] = MappingProxyType({})
    pairs: frozenset[tuple[str, Pin]] = frozenset()
    addresses: frozenset[str] = frozenset()
    indexes: tuple[object, ...] = ()


def saved_routing(saved: SourceFile, path: str) -> SavedRouting:
    """Return the routing of ``saved``, the file at ``path``."""
    pins: dict[str, set[Pin]] = {}
    addresses = {option.value for option in saved.index_options} | {index.url for index in saved.tool_indexes}
    for dependency, (name, pin) in _routing_fields(saved.document.dependencies, saved.facts):
        if dependency.skip_reason is not SkipReason.INCOMPLETE:
            pins.setdefault(name, set()).add(pin)
        addresses.update(_addresses(dependency))
    return SavedRouting(
        MappingProxyType({name: frozenset(of_name) for name, of_name in pins.items()}),
        frozenset((name, pin) for name, of_name in pins.items() for pin in of_name),
        frozenset(addresses),
        indexes_in(saved.document, saved.text, path),
    )


def _routing_fields(
    dependencies: tuple[Dependency, ...], facts: LookupFacts
) -> list[tuple[Dependency, tuple[str, Pin]]]:
    """Return each dependency with its name and routing fields."""
    pairs = zip(map(_name_of, dependencies), map(_pin_of, dependencies), strict=True)
    fields = list(zip(dependencies, pairs, strict=True))
    if not facts.local_names:
        return fields
    return [(one, (one.name, (*pin[:3], facts.skip_reason(one)))) for one, (_, pin) in fields]


def routed_as_saved(
    document: Document, facts: LookupFacts, routing: SavedRouting, *, has_other_indexes: bool
) -> tuple[Dependency, ...]:
    """Return the dependencies of ``document`` with the indexes of the saved file.

    A dependency is skipped if the text pins it to an index that the saved file does not name, or removes the reason for
    which the saved one is skipped. A new dependency is also skipped if the editor ``has_other_indexes`` than the saved
    files: it may be meant for the new ones only.
    """
    fields = _routing_fields(document.dependencies, facts)
    if routing.pairs.issuperset(map(_pair, fields)):
        return document.dependencies
    return tuple(
        dependency
        if pair in routing.pairs or _is_skipped(pair)
        else _routed(dependency, routing, has_other_indexes=has_other_indexes)
        for dependency, pair in fields
    )


def _is_skipped(pair: tuple[str, Pin]) -> bool:
    _, (_, _, index_name, skip_reason) = pair
    return skip_reason is not None and not index_name


def _routed(dependency: Dependency, routing: SavedRouting, *, has_other_indexes: bool) -> Dependency:
    """Return a dependency whose routing fields differ from those of the saved file."""
    pinned = routing.pins.get(dependency.name, frozenset())
    uses_saved_indexes = not dependency.index_name and routing.addresses.issuperset(_addresses(dependency))
    if not pinned and not has_other_indexes and uses_saved_indexes:
        return dependency
    index_url, also, name, skip_reason = next(iter(pinned)) if len(pinned) == 1 else _SKIPPED
    skip_reason = SkipReason.UNSAVED if skip_reason is not None and not name else skip_reason
    return dependency._replace(index_url=index_url, alternative_indexes=also, index_name=name, skip_reason=skip_reason)


def _addresses(dependency: Dependency) -> tuple[str, ...]:
    return tuple(filter(None, (dependency.index_url, *dependency.alternative_indexes)))


def indexes_in(document: Document, text: str, path: str) -> tuple[object, ...]:
    """Return the index settings of a text itself, wherever they are in it, to compare them with those of another.

    Includes count, because the included file may configure an index, and workspaces, because their members are not
    looked up.
    """
    options = [(option.name, option.value) for option in document.index_options]
    no_span = Span(0, 0)
    default_index = _setting(text, path, "index-url") if _may_configure(text, path, "index-url") else None
    indexes = [index._replace(span=no_span, declared_at="") for index in document.tool_indexes]
    includes = [include.target for include in document.includes if may_configure_index(document, include)]
    return options, includes, indexes, document.workspaces, default_index


def private_in(text: str, path: str) -> tuple[str, ...]:
    """Return the private name patterns in a configuration with incomplete text; invalid ones are left out.

    Empty if the file at ``path`` is not a configuration.
    """
    if not _may_configure(text, path, "private"):
        return ()
    given = _setting(text, path, "private")
    patterns: list[str] = []
    for pattern in (given if isinstance(given, list) else [given])[:MAX_PATTERNS]:
        with suppress(ConfigError):
            patterns += read_name_patterns([pattern], ("private",))
    return tuple(patterns)


def patterns_for(path: str, private: Iterable[tuple[str, tuple[str, ...]]]) -> tuple[str, ...]:
    """Return the patterns for the file at the absolute ``path``; ``private`` maps directories to patterns."""
    return tuple(pattern for directory, patterns in private if is_inside(path, directory) for pattern in patterns)


def with_private(file: SourceFile, patterns: tuple[str, ...]) -> SourceFile:
    """Return ``file`` with ``patterns`` as additional private name patterns."""
    network = file.resolved_config.network
    network = network._replace(private=tuple(dict.fromkeys((*network.private, *patterns))))
    return file._replace(resolved_config=file.resolved_config._replace(network=network))


def _may_configure(text: str, path: str, name: str) -> bool:
    """Return True if a text may be a configuration with ``name``; a cheap test before scanning it."""
    file_name = os.path.basename(path)
    return name in text and (file_name == MOTHBALL_TOML or (file_name == PYPROJECT_TOML and "mothball" in text))


def _setting(text: str, path: str, name: str) -> object:
    """Return a value of mothball's table in a configuration with incomplete text, None if it has none."""
    table: object = to_mapping(scan_cached(text))
    for key in table_path(path):
        table = table.get(key) if isinstance(table, Mapping) else None
    return table.get(name) if isinstance(table, Mapping) else None
