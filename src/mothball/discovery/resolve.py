"""Resolve parsed files: the one step between parsing and checking.

It adds to each file what other files say about it: the index options of files that are installed together with it, the
inherited indexes, the local projects that its names refer to, and includes that cannot be followed. Files on the disk,
in git trees and in an editor are resolved alike. Nothing changes a resolved file, apart from the selection of the
entries to check.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from mothball.check.inputs import NOTHING_SELECTED, ResolvedConfig, ResolvedFile
from mothball.discovery.includes import (
    ResolvedIncludes,
    files_installed_together,
    include_problems,
    including_file,
    resolve_includes,
)
from mothball.discovery.inherited_indexes import InheritedIndexes, ToolSettings
from mothball.discovery.local_projects import (
    DeclaredNames,
    LocalProjectFinder,
    LocalReference,
    ProjectFile,
    local_claims,
    local_references,
)
from mothball.formats.table import parse
from mothball.model.document import ParsedFile
from mothball.model.records import NamedTuple
from mothball.repository.files import DISK, display_path, is_inside, project_of
from mothball.routing.facts import LookupFacts, Pin, claim_of, group_by_name, pin_of
from mothball.routing.route import DeclaredIndexes

if TYPE_CHECKING:
    from mothball.discovery.includes import FileTarget
    from mothball.repository.files import Tree

# Directories, and the name patterns that are private below them.
PrivateNames = Sequence[tuple[str, tuple[str, ...]]]


class ReadFile(NamedTuple):
    """A parsed file, the configuration that applies to it, and the targets of its includes."""

    parsed: ParsedFile
    resolved_config: ResolvedConfig
    includes: ResolvedIncludes


class ReadFiles(NamedTuple):
    """The files of a run by real path: those to check, and further ones that include them.

    ``failed`` are those that could not be read. ``context`` are those of ``files`` that are only read for others.
    """

    files: Mapping[str, ReadFile]
    including: Mapping[str, ReadFile]
    failed: Collection[str]
    context: Collection[str]


def parse_target(text: str, target: FileTarget) -> ParsedFile:
    """Parse ``text`` as the content of ``target``."""
    return ParsedFile(target.path, target.root, text, parse(target.format, text, target.kind), target.kind)


def resolve_files(
    read: ReadFiles, tree: Tree, private: PrivateNames = (), *, all_names: bool = False
) -> Iterator[ResolvedFile]:
    """Yield the files to check; other files that influence them are read from ``tree`` if needed.

    ``private`` are unsaved private name patterns. With ``all_names``, each file has all local names that apply to it,
    not only those that it uses.
    """
    everything = {**read.files, **read.including}
    together = files_installed_together(
        {key: including_file(file.parsed, file.includes, read.failed) for key, file in everything.items()}
    )
    references = {
        key: tuple(local_references(file.parsed.document, file.parsed.text, key)) for key, file in everything.items()
    }
    parsed_by_path = {file.parsed.path: file.parsed for file in read.files.values()}
    inherited = InheritedIndexes(parsed_by_path, tree)
    declared_names = DeclaredNames({path: parsed.document for path, parsed in parsed_by_path.items()}, tree)
    local_projects = LocalProjectFinder(declared_names, inherited.workspaces, tree)
    references_by_files: dict[tuple[str, ...], tuple[LocalReference, ...]] = {}
    for key, (parsed, resolved_config, includes) in read.files.items():
        options, files, unknown_indexes = together[key]
        if files not in references_by_files:
            references_by_files[files] = tuple(reference for file in files for reference in references[file])
        project = project_of(parsed.path, parsed.root, tree)
        project_file = ProjectFile(parsed.document, parsed.path, project, parsed.root, references_by_files[files])
        settings = inherited.settings_of(parsed)
        yield ResolvedFile(
            display_path(parsed.path),
            parsed,
            resolved_config,
            DeclaredIndexes(parsed.document.format, settings.tools, options, settings.indexes),
            project,
            LookupFacts(
                group_by_name(local_projects.find(project_file, all_names=all_names)),
                unknown_indexes,
                private_patterns(parsed.path, private),
                _inherited_pins(settings, local_projects, parsed.root),
                local_projects.false_claims(local_claims(parsed.document.dependencies), parsed.path, parsed.root),
            ),
            include_problems(includes),
            NOTHING_SELECTED if key in read.context else None,
            is_context=key in read.context,
        )


def _inherited_pins(settings: ToolSettings, local_projects: LocalProjectFinder, root: str) -> dict[str, Pin]:
    """Return the routing fields that the root of a workspace sets for names, without projects that are not there."""
    sources = settings.sources
    false_claims = local_projects.false_claims(local_claims(sources), settings.root_path, root)
    return {source.name: pin_of(source) for source in sources if claim_of(source) not in false_claims}


def resolve_text(
    parsed: ParsedFile, saved: ResolvedFile, facts: LookupFacts, resolved_config: ResolvedConfig
) -> ResolvedFile:
    """Return ``parsed``, a text in an editor, as the saved file is resolved, with its own includes and ``facts``."""
    problems = include_problems(resolve_includes(parsed, DISK))
    return ResolvedFile(saved.path, parsed, resolved_config, saved.indexes, saved.project, facts, problems)


def private_patterns(path: str, private: PrivateNames) -> tuple[str, ...]:
    """Return the patterns of ``private`` that apply to the file at the absolute ``path``."""
    return tuple(pattern for directory, patterns in private if is_inside(path, directory) for pattern in patterns)
