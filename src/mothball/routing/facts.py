"""Facts about the names in a file: local projects and references to them, unreadable files, unsaved texts. No I/O.

Discovery and the language server collect them. Only ``Router`` (``route``) decides whether a name is looked up: by
these facts, the text of the entry, the indexes of its file, and the configuration, which contains the private names.

An unsaved text may hold an incomplete index URL to which, or because of which, no name must be sent. Therefore its
dependencies are routed like those of the saved file: the text may keep names from being looked up, but never sends them
to another index.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from operator import itemgetter
from types import MappingProxyType

from mothball.model.document import Dependency, DependencyKind, Document, SkipReason
from mothball.model.records import NamedTuple

# Routing fields of a dependency: its index, further indexes, the name of an index, and why it is skipped.
Pin = tuple[str | None, tuple[str, ...], str, SkipReason | None]
# The name of a dependency, and the local project that its text says it comes from.
LocalClaim = tuple[str, SkipReason | None, str]
claim_of = itemgetter(*map(Dependency._fields.index, ("name", "skip_reason", "local_path")))
pin_of = itemgetter(*map(Dependency._fields.index, ("index_url", "alternative_indexes", "index_name", "skip_reason")))
# Formats whose entries are installed by a single command.
_INSTALLED_TOGETHER = frozenset({"requirements", "conda-env"})
_skip_reason_of = itemgetter(Dependency._fields.index("skip_reason"))
_PATH_REASONS = frozenset({SkipReason.PATH, SkipReason.EDITABLE})
_DIRECT_REASONS = _PATH_REASONS.union((SkipReason.URL, SkipReason.VCS))
# A marker after the argument of `-e`: uv evaluates it, pip ignores it.
_MARKER_START = r"""["']?(?:[ \t]|\\(?:\r\n|\r|\n))*;"""
# Extras after the path of a directory.
_EXTRAS = r"\[[^\[\]]*+\]\Z"
# The start of a marker or URL fragment after a path.
_MARKER_OR_FRAGMENT = r"[;#]"


def index_settings(document: Document) -> tuple[tuple[object, ...], ...]:
    """Return the settings of a file that may affect the indexes of its names, or of those in other files.

    Two versions of a file with equal settings have the same indexes, apart from local projects and the pins of entries.
    Includes count, because the included file may configure an index.
    """
    return (
        *((option.name, option.value) for option in document.index_options),
        *(index[1:] for index in document.tool_indexes),
        *((include.target, include.kind) for include in document.index_includes()),
    )


class LocalName(NamedTuple):
    """The name of a local project, which is not looked up for the given reason.

    ``sections`` are prefixes of the sections that it applies to, empty for all sections. ``declared_by`` is the
    absolute path of the file that declares the name, empty if the dependency file itself declares it.
    """

    name: str
    reason: SkipReason
    sections: tuple[str, ...] = ()
    declared_by: str = ""

    def applies_to(self, dependency: Dependency) -> bool:
        """Return True if ``dependency`` refers to the local project; a lock records the source of each package."""
        in_section = not self.sections or dependency.section.startswith(self.sections)
        return in_section and dependency.kind is not DependencyKind.LOCKED


LocalNames = Mapping[str, tuple[LocalName, ...]]
_NONE: LocalNames = MappingProxyType({})


def group_by_name(local_names: Iterable[LocalName]) -> LocalNames:
    """Return ``local_names`` by their names, each in the given order, without duplicates."""
    by_name: dict[str, tuple[LocalName, ...]] = {}
    for local_name in dict.fromkeys(local_names):
        by_name[local_name.name] = (*by_name.get(local_name.name, ()), local_name)
    return MappingProxyType(by_name) if by_name else _NONE


class LocalReference(NamedTuple):
    """A requirement that is installed from a path or URL: its ``name`` or, if that is empty, its ``target``.

    ``target`` is a path as written in the file at the absolute ``path``.
    """

    name: str
    reason: SkipReason
    target: str = ""
    path: str = ""


def local_references(document: Document, text: str, path: str) -> Iterator[LocalReference]:
    """Yield the path and URL requirements without marker in the requirements file at ``path``."""
    if document.format not in _INSTALLED_TOGETHER:
        return
    # Fast path, as this runs on every keystroke in an editor: most files have no such requirement.
    if not _DIRECT_REASONS.isdisjoint(map(_skip_reason_of, document.dependencies)):
        for dependency in document.dependencies:
            reason = dependency.skip_reason
            if reason is not None and reason in _DIRECT_REASONS and not _has_marker(dependency, text):
                yield LocalReference(dependency.name, reason)
    for entry in document.unnamed:
        target = entry.span.slice(text).strip().strip("\"'")
        is_plain = "://" not in target and re.search(_MARKER_OR_FRAGMENT, target) is None
        if entry.reason in _PATH_REASONS and is_plain and not _is_before_marker(text, entry.span.end):
            yield LocalReference("", entry.reason, re.sub(_EXTRAS, "", target).removeprefix("file:"), path)


def _has_marker(dependency: Dependency, text: str) -> bool:
    """Return True if the requirement has a marker; the argument of ``-e`` may include its semicolon."""
    if dependency.skip_reason is not SkipReason.EDITABLE or dependency.marker:
        return bool(dependency.marker)
    return ";" in dependency.entry_span.slice(text) or _is_before_marker(text, dependency.entry_span.end)


def _is_before_marker(text: str, end: int) -> bool:
    return re.compile(_MARKER_START).match(text, end) is not None


def local_claims(dependencies: Iterable[Dependency]) -> frozenset[LocalClaim]:
    """Return the local projects that tables of sources name for ``dependencies``.

    Not included are direct references in requirements, which no installer looks up, and the entries of locks.
    """
    return frozenset(
        claim_of(dependency)
        for dependency in dependencies
        if (
            dependency.skip_reason is SkipReason.WORKSPACE
            or (dependency.local_path and dependency.skip_reason in _PATH_REASONS)
        )
        and dependency.kind is not DependencyKind.LOCKED
    )


class SavedRouting(NamedTuple):
    """Routing of a saved file.

    ``pins`` are the routing fields of each name, ``pairs`` the same as pairs. ``addresses`` are all index URLs of the
    file and its context.
    """

    pins: Mapping[str, frozenset[Pin]] = MappingProxyType({})
    pairs: frozenset[tuple[str, Pin]] = frozenset()
    addresses: frozenset[str] = frozenset()


class LookupFacts(NamedTuple):
    """Input of ``Router`` that the text of a file does not show.

    ``local_names`` include at least the local projects whose names occur in the file. ``unknown_indexes`` name the
    parts of the repository that may name an index for the file but cannot be read, such as includes. ``private`` are
    private name patterns of configurations that are not saved. ``inherited_pins`` are the routing fields that the root
    of a workspace sets for names (``tool.uv.sources``); they apply to entries that are not skipped.
    ``false_claims`` are the local projects that tables of sources name, but that are not there. For an unsaved text,
    ``saved`` is the routing of the saved file, and ``has_unsaved_indexes`` is true if an unsaved text of the
    repository names other indexes than its file.
    """

    local_names: LocalNames = _NONE
    unknown_indexes: tuple[str, ...] = ()
    private: tuple[str, ...] = ()
    inherited_pins: Mapping[str, Pin] = MappingProxyType({})
    false_claims: frozenset[LocalClaim] = frozenset()
    saved: SavedRouting | None = None
    has_unsaved_indexes: bool = False

    def pin(self, dependency: Dependency) -> Pin:
        """Return the routing fields of ``dependency``; saved routing and private names are not considered.

        The text of the entry takes precedence, unless the local project that it names is not there; then the root of
        the workspace, then the first local project that applies.
        """
        index_url, alternatives, index_name, skip_reason = pin_of(dependency)
        if self.false_claims and claim_of(dependency) in self.false_claims:
            skip_reason = None
        if skip_reason is None and dependency.name in self.inherited_pins:
            inherited = self.inherited_pins[dependency.name]
            index_url, alternatives = inherited[:2] if inherited[0] else (index_url, alternatives)
            index_name, skip_reason = inherited[2] or index_name, inherited[3]
        if skip_reason is None and dependency.name in self.local_names:
            local_names = self.local_names[dependency.name]
            skip_reason = next((local.reason for local in local_names if local.applies_to(dependency)), None)
        return index_url, alternatives, index_name, skip_reason

    def may_change_pins(self, names: Iterable[str]) -> bool:
        """Return True if the routing fields of a dependency with one of ``names`` may differ from those in its text."""
        changed = self.local_names.keys() | self.inherited_pins.keys()
        return bool(self.false_claims) or not changed.isdisjoint(names)

    def skip_reason(self, dependency: Dependency) -> SkipReason | None:
        """Return why ``dependency`` does not come from an index, None if it may; private names are not considered."""
        return self.pin(dependency)[3]


def with_pin(dependency: Dependency, pin: Pin) -> Dependency:
    """Return ``dependency`` with other routing fields."""
    index_url, alternatives, index_name, skip_reason = pin
    return dependency._replace(
        index_url=index_url, alternative_indexes=alternatives, index_name=index_name, skip_reason=skip_reason
    )


NO_FACTS = LookupFacts()


# --- unsaved text -----------------------------------------------------------------------------------------------------

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
    routed = []
    for dependency, pair in fields:
        _, _, index_name, skip_reason = pair[1]
        is_skipped = skip_reason is not None and not index_name
        keeps_pin = pair in routing.pairs or is_skipped
        routed.append(dependency if keeps_pin else _routed(dependency, pair[1], routing, facts))
    return routed


def _routing_fields(dependencies: Sequence[Dependency], facts: LookupFacts) -> list[tuple[Dependency, tuple[str, Pin]]]:
    names = list(map(_name_of, dependencies))
    # Fast path, as this runs on every keystroke in an editor.
    pins = map(facts.pin if facts.may_change_pins(names) else pin_of, dependencies)
    return list(zip(dependencies, zip(names, pins, strict=True), strict=True))


def _routed(dependency: Dependency, pin: Pin, routing: SavedRouting, facts: LookupFacts) -> Dependency:
    """Return a dependency whose routing fields ``pin`` differ from those of the saved file."""
    pinned = routing.pins.get(dependency.name, frozenset())
    uses_saved_indexes = not dependency.index_name and routing.addresses.issuperset(_addresses(pin))
    if not pinned and not facts.has_unsaved_indexes and uses_saved_indexes:
        return dependency
    index_url, also, name, skip_reason = next(iter(pinned)) if len(pinned) == 1 else _SKIPPED
    skip_reason = SkipReason.UNSAVED if skip_reason is not None and not name else skip_reason
    return with_pin(dependency, (index_url, also, name, skip_reason))


def _addresses(pin: Pin) -> tuple[str, ...]:
    index_url, alternatives, _, _ = pin
    return tuple(filter(None, (index_url, *alternatives)))
