"""Facts about the names in a file that its text does not show: local projects, unreadable files, unsaved texts. No I/O.

Discovery and the language server collect them. Only ``Router`` (``route``) decides whether a name is looked up: by
these facts, the text of the entry, the indexes of its file, and the configuration, which contains the private names.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from operator import itemgetter
from types import MappingProxyType

from mothball.model.document import Dependency, DependencyKind, Document, SkipReason, Span
from mothball.model.records import NamedTuple

# Routing fields of a dependency: its index, further indexes, the name of an index, and why it is skipped.
Pin = tuple[str | None, tuple[str, ...], str, SkipReason | None]
pin_of = itemgetter(*map(Dependency._fields.index, ("index_url", "alternative_indexes", "index_name", "skip_reason")))
_NO_SPAN = Span(0, 0)


def index_settings(document: Document) -> tuple[tuple[object, ...], ...]:
    """Return the settings of a file that may affect the indexes of its names, or of those in other files.

    Two versions of a file with equal settings have the same indexes, apart from local projects and the pins of entries.
    Includes count, because the included file may configure an index.
    """
    return (
        *((option.name, option.value) for option in document.index_options),
        *(index._replace(span=_NO_SPAN, declared_at="") for index in document.tool_indexes),
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
    private name patterns of configurations that are not saved. For an unsaved text, ``saved`` is the routing of the
    saved file, and ``has_unsaved_indexes`` is true if an unsaved text of the repository names other indexes than its
    file.
    """

    local_names: LocalNames = _NONE
    unknown_indexes: tuple[str, ...] = ()
    private: tuple[str, ...] = ()
    saved: SavedRouting | None = None
    has_unsaved_indexes: bool = False

    def skip_reason(self, dependency: Dependency) -> SkipReason | None:
        """Return why ``dependency`` does not come from an index, None if it may; private names are not considered.

        The text of the entry takes precedence, then the first local project that applies to it.
        """
        if dependency.skip_reason is not None or dependency.name not in self.local_names:
            return dependency.skip_reason
        local_names = self.local_names[dependency.name]
        return next((local.reason for local in local_names if local.applies_to(dependency)), None)


NO_FACTS = LookupFacts()
