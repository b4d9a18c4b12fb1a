"""Route the dependencies of an unsaved text like those of the saved file. No I/O.

An unsaved text may hold an incomplete index URL to which, or because of which, no name must be sent: it may keep names
from being looked up, but never sends them to another index.
"""

from __future__ import annotations

from collections.abc import Sequence
from operator import itemgetter
from types import MappingProxyType

from mothball.model.document import Dependency, SkipReason
from mothball.routing.facts import LookupFacts, Pin, SavedRouting, pin_of, with_pin

_SKIPPED: Pin = (None, (), "", SkipReason.UNSAVED)
_pair = itemgetter(1)
_name_of = itemgetter(Dependency._fields.index("name"))


def saved_routing(
    dependencies: Sequence[Dependency], facts: LookupFacts, index_urls: frozenset[str] = frozenset()
) -> SavedRouting:
    """Return the routing of a saved file from its ``dependencies``, their facts and the index URLs of its context."""
    pins: dict[str, set[Pin]] = {}
    addresses = set(index_urls)
    for dependency, (name, pin) in _routing_fields(dependencies, facts):
        if dependency.skip_reason is not SkipReason.INCOMPLETE:
            pins.setdefault(name, set()).add(pin)
        addresses.update(_addresses(pin))
    return SavedRouting(
        MappingProxyType({name: frozenset(of_name) for name, of_name in pins.items()}),
        frozenset((name, pin) for name, of_name in pins.items() for pin in of_name),
        frozenset(addresses),
    )


def routed_as_saved(
    dependencies: Sequence[Dependency], facts: LookupFacts, routing: SavedRouting
) -> Sequence[Dependency]:
    """Return ``dependencies`` of an unsaved text with the indexes of the saved file.

    A dependency is skipped if the text pins it to an index that the saved file does not name, or removes the reason for
    which the saved one is skipped. A new dependency is also skipped if the editor has other indexes than the saved
    files: it may be meant for the new ones only.
    """
    fields = _routing_fields(dependencies, facts)
    if routing.pairs.issuperset(map(_pair, fields)):
        return dependencies
    return [
        dependency
        if pair in routing.pairs or _is_skipped(pair)
        else _routed(dependency, pair[1], routing, has_other_indexes=facts.has_unsaved_indexes)
        for dependency, pair in fields
    ]


def _routing_fields(dependencies: Sequence[Dependency], facts: LookupFacts) -> list[tuple[Dependency, tuple[str, Pin]]]:
    """Return each dependency with its name and routing fields."""
    # Fast path, as this runs on every keystroke in an editor.
    pins = map(facts.pin if facts.changes_pins else pin_of, dependencies)
    return list(zip(dependencies, zip(map(_name_of, dependencies), pins, strict=True), strict=True))


def _is_skipped(pair: tuple[str, Pin]) -> bool:
    _, (_, _, index_name, skip_reason) = pair
    return skip_reason is not None and not index_name


def _routed(dependency: Dependency, pin: Pin, routing: SavedRouting, *, has_other_indexes: bool) -> Dependency:
    """Return a dependency whose routing fields ``pin`` differ from those of the saved file."""
    pinned = routing.pins.get(dependency.name, frozenset())
    uses_saved_indexes = not dependency.index_name and routing.addresses.issuperset(_addresses(pin))
    if not pinned and not has_other_indexes and uses_saved_indexes:
        return dependency
    index_url, also, name, skip_reason = next(iter(pinned)) if len(pinned) == 1 else _SKIPPED
    skip_reason = SkipReason.UNSAVED if skip_reason is not None and not name else skip_reason
    return with_pin(dependency, (index_url, also, name, skip_reason))


def _addresses(pin: Pin) -> tuple[str, ...]:
    index_url, alternatives, _, _ = pin
    return tuple(filter(None, (index_url, *alternatives)))
