"""Detect changes that make the built-in default index a candidate for names that were there before.

Anyone can publish there: a name that was only looked up on a private index may belong to another project there. To
compare the indexes of all names, both trees must be read completely. This is only done if the change touches a setting
that affects indexes, or if a name enters a file beside others with index settings.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from mothball.check.base_entries import FileVersion
from mothball.check.inputs import ResolvedFile
from mothball.config.project import is_default_index
from mothball.model.document import UNRESOLVABLE_REASONS, Dependency, Document, ParsedFile
from mothball.model.results import Problem, Severity
from mothball.routing.facts import index_settings, pin_of
from mothball.routing.route import IndexRoute

_MISSING = ParsedFile("", "", "", Document(""))


def entries_on_default(file: ResolvedFile) -> frozenset[Dependency]:
    """Return the dependencies of ``file`` for which the built-in default index is a candidate."""
    dependencies = file.document.dependencies
    routes = file.router().routes(dependencies)
    return frozenset(
        dependency
        for dependency, route in zip(dependencies, routes, strict=True)
        if isinstance(route, IndexRoute) and any(map(is_default_index, route.urls))
    )


def may_change_indexes(base: ParsedFile | None, target: ParsedFile | None) -> bool:
    """Return True if the difference of two versions of a file (None: missing) may change the indexes of any names."""
    base, target = base or _MISSING, target or _MISSING
    if _index_settings(base.document) != _index_settings(target.document):
        return True
    # A new local project only removes candidates.
    if not _local_projects(base) <= _local_projects(target):
        return True
    with_sections = bool(base.document.tool_indexes or target.document.tool_indexes)
    old, new = (_pins(version.document, with_sections=with_sections) for version in (base, target))
    return any(pins != new[name] for name, pins in old.items() if name in new)


def has_index_settings(targets: Iterable[ResolvedFile], base: Iterable[FileVersion]) -> bool:
    """Return True if any of the files has, or inherits, a setting that affects the indexes of names."""
    return any(file.indexes.declares_any() or file.resolved_config.network.private for file in targets) or any(
        _index_settings(version.parsed.document) for version in base
    )


def enters_other_file(targets: Iterable[ResolvedFile], base: Iterable[FileVersion]) -> bool:
    """Return True if a name of the base enters another file."""
    paths_by_name: dict[str, set[str]] = {}
    for version in base:
        for entry in version.parsed.document.dependencies:
            paths_by_name.setdefault(entry.name, set()).add(version.path)
    return any(
        entry.name in paths_by_name and file.parsed.path not in paths_by_name[entry.name]
        for file in targets
        for entry in file.document.dependencies
    )


class IndexesAtBase:
    """The names in base files that some index, or the built-in default index, was no candidate for.

    In a merge, these are the names for which that is so in all parents.
    """

    def __init__(self, base_files: Iterable[FileVersion]) -> None:
        """Determine the names of each of ``base_files``."""
        base_files = tuple(base_files)
        self._not_on_default = _names_without(base_files, FileVersion.is_on_default)
        self._on_no_index = _names_without(base_files, _is_on_index)

    def compare(self, file: ResolvedFile, on_default: frozenset[Dependency] | None) -> Problem | None:
        """Return a note if installers now look for names that were in ``file`` before on another index.

        ``on_default`` are its entries on the built-in default index, None if the change does not affect that.
        """
        path = file.parsed.path
        moved = {entry.name for entry in on_default or ()} & self._not_on_default.get(path, set())
        if moved:
            return _moved_to_default(file, len(moved))
        local_names = self._on_no_index.get(path, set())
        on_index = {
            entry.name
            for entry in (file.document.dependencies if local_names else ())
            if entry.name in local_names and file.facts.skip_reason(entry) is None
        }
        return _moved_to_index(file, len(on_index)) if on_index else None


def _names_without(
    base_files: Iterable[FileVersion], is_on_index: Callable[[FileVersion, Dependency], bool]
) -> dict[str, set[str]]:
    """Return the names of each file, by its path, of which no entry is on an index."""
    names: dict[str, set[str]] = {}
    on_index: dict[str, set[str]] = {}
    for version in base_files:
        for entry in version.parsed.document.dependencies:
            found = on_index if is_on_index(version, entry) else names
            found.setdefault(version.path, set()).add(entry.name)
    return {path: found - on_index.get(path, set()) for path, found in names.items()}


def _is_on_index(version: FileVersion, entry: Dependency) -> bool:
    """Return False for local projects, URLs and paths."""
    reason = version.facts.skip_reason(entry)
    return reason is None or reason in UNRESOLVABLE_REASONS


def _moved_to_index(file: ResolvedFile, count: int) -> Problem:
    names, them = ("1 name counts", "it") if count == 1 else (f"{count} names count", "them")
    message = f"{names} as added: installers now look for {them} on an index, not in a local project or at a URL"
    return Problem(Severity.NOTE, message, "keep the local project or the URL, or remove the requirement", file.path)


def _moved_to_default(file: ResolvedFile, count: int) -> Problem:
    names, count_as = ("1 name, which counts", "it") if count == 1 else (f"{count} names, which count", "them")
    help_text = f"if another index has {count_as}, keep the index setting, or add {count_as} to `private`"
    return Problem(Severity.NOTE, f"PyPI becomes an index of {names} as added", help_text, file.path)


def _index_settings(document: Document) -> tuple[object, ...]:
    # A project with a table of uv does not inherit the indexes of the projects above.
    return *index_settings(document), *(tool for tool in document.tools if tool == "uv")


def _local_projects(version: ParsedFile) -> frozenset[tuple[object, ...]]:
    """Return everything in a file that makes names refer to local projects."""
    document = version.document
    return frozenset(
        (
            *((("project", document.project_name),) if document.project_name else ()),
            *(("workspace", *workspace) for workspace in document.workspaces),
            *(("unnamed", entry.span.slice(version.text)) for entry in document.unnamed),
            *((entry.name, entry.skip_reason) for entry in document.dependencies if entry.skip_reason is not None),
        )
    )


def _pins(document: Document, *, with_sections: bool) -> dict[str, set[tuple[object, ...]]]:
    """Return the pins of the entries, with their sections or the tools that own these, by name."""
    pins: dict[str, set[tuple[object, ...]]] = {}
    for entry in document.dependencies:
        section = entry.section if with_sections else _tool_of(entry.section)
        pins.setdefault(entry.name, set()).add((section, pin_of(entry)))
    return pins


def _tool_of(section: str) -> str:
    """Return the tool whose table ``section`` is, empty for standard tables."""
    return section.split(".", 2)[1] if section.startswith("tool.") else ""
