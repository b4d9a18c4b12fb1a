"""Detect changes that make the built-in default index a candidate for names that were there before.

Anyone can publish there: a name that was only looked up on a private index may belong to another project there. To
compare the indexes of all names, both trees must be read completely. This is only done if the change touches a setting
that affects indexes, or if a name enters a file beside others with index settings.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from mothball.check.additions import FileVersion
from mothball.check.inputs import ResolvedFile
from mothball.config.project import is_default_index
from mothball.model.document import Dependency, Document
from mothball.model.records import NamedTuple
from mothball.routing.facts import index_settings, pin_of
from mothball.routing.route import IndexRoute

_NO_DOCUMENT = Document("")


class DocumentText(NamedTuple):
    """A document and the text that it was parsed from."""

    document: Document = _NO_DOCUMENT
    text: str = ""


def entries_on_default(file: ResolvedFile) -> frozenset[Dependency]:
    """Return the dependencies of ``file`` for which the built-in default index is a candidate."""
    dependencies = file.document.dependencies
    routes = file.router().routes(dependencies)
    return frozenset(
        dependency
        for dependency, route in zip(dependencies, routes, strict=True)
        if isinstance(route, IndexRoute) and any(map(is_default_index, route.urls))
    )


def may_change_indexes(base: DocumentText, target: DocumentText) -> bool:
    """Return True if the difference of two versions of a file may change the indexes of names, in any file.

    A version without content stands for a missing file.
    """
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


def enters_other_file(targets: Mapping[str, ResolvedFile], base: Iterable[FileVersion]) -> bool:
    """Return True if a name of the base enters another file; ``targets`` are by absolute path."""
    paths_by_name: dict[str, set[str]] = {}
    for version in base:
        for entry in version.parsed.document.dependencies:
            paths_by_name.setdefault(entry.name, set()).add(version.path)
    return any(
        entry.name in paths_by_name and path not in paths_by_name[entry.name]
        for path, file in targets.items()
        for entry in file.document.dependencies
    )


def _index_settings(document: Document) -> tuple[object, ...]:
    # A project with a table of uv does not inherit the indexes of the projects above.
    return *index_settings(document), *(tool for tool in document.tools if tool == "uv")


def _local_projects(version: DocumentText) -> frozenset[tuple[object, ...]]:
    """Return everything in a file that makes names refer to local projects."""
    document, text = version
    return frozenset(
        (
            *((("project", document.project_name),) if document.project_name else ()),
            *(("workspace", *workspace) for workspace in document.workspaces),
            *(("unnamed", entry.span.slice(text)) for entry in document.unnamed),
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
