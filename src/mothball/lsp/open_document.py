"""Check one document whose text is in an editor: read the files that it depends on, and check its text with them.

Discovery, configuration and checks are those of ``mothball check``, with the editor's text in place of the file's. The
only difference: routing follows the saved file, because an unsaved text may hold an incomplete index URL to which, or
because of which, no name must be sent.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from itertools import chain
from types import MappingProxyType

from mothball.check.inputs import ResolvedConfig, ResolvedFile, RunSettings, is_lock
from mothball.config.project import UserConfig
from mothball.discovery.config_lookup import (
    ConfigResolver,
    ConfigResolverSettings,
    configured_format,
    is_excluded_by_config,
    table_path,
)
from mothball.discovery.discover import STDIN, DiscoveryRequest, DiscoveryResult, discover
from mothball.discovery.local_projects import (
    DeclaredNames,
    LocalReference,
    claimed_files,
    local_references,
    metadata_files,
    resolve_local_references,
)
from mothball.discovery.resolve import resolve_text
from mothball.formats.names import format_of, has_generator_header, may_be_included
from mothball.formats.toml.api import find_span, scan_cached
from mothball.lsp.last_valid import LastValid, parse_text
from mothball.lsp.unsaved import (
    NOTHING_UNSAVED,
    Unsaved,
    indexes_in,
    routing_of,
    with_policy,
)
from mothball.model.document import Document, LineIndex, Location, ParsedFile
from mothball.model.errors import UnreadableFileError
from mothball.model.file_names import MOTHBALL_TOML, PYPROJECT_TOML, UV_TOML
from mothball.model.records import NamedTuple
from mothball.model.results import Finding, Problem
from mothball.repository.files import DISK, Stamp, display_path, project_of, stamp_of
from mothball.repository.paths import repository_root
from mothball.routing.facts import LocalNames, LookupFacts, SavedRouting, group_by_name

# mothball.toml has no dependencies; it is checked for errors in the configuration.
CONFIGURATION_FORMAT = "configuration"


class DocumentContext(NamedTuple):
    """The files on disk that matter for an open document.

    ``path`` is absolute. ``saved`` is the saved file, empty if it does not exist yet, and None if nothing of it may be
    looked up because the configuration is invalid or ``excludes`` it, or because the file is ``unreadable``.
    ``manifests`` are those of its project if it is a lock, ``snapshots`` the paths of the snapshots in use, ``routing``
    the routing of the saved file, ``indexes`` its own index settings, and ``references`` its references to local
    projects. ``stamps`` are those of all files that were read, to detect changes.
    """

    path: str
    root: str
    saved: ResolvedFile | None
    manifests: tuple[ResolvedFile, ...] = ()
    problems: tuple[Problem, ...] = ()
    unreadable: tuple[Finding, ...] = ()
    excludes: bool = False
    snapshots: tuple[str, ...] = ()
    routing: SavedRouting = SavedRouting()
    indexes: tuple[object, ...] = ()
    references: frozenset[LocalReference] = frozenset()
    stamps: Mapping[str, Stamp | None] = MappingProxyType({})

    def is_current(self) -> bool:
        """Return True if no file that was read has changed. Reads the disk."""
        return all(stamp_of(path) == stamp for path, stamp in self.stamps.items())

    def with_last_valid(self, before: DocumentContext) -> DocumentContext:
        """Return this context; if the file was saved with a syntax error, with the routing of ``before``."""
        if self.saved is None or before.saved is None or not self.saved.document.is_broken:
            return self
        saved = before.saved._replace(resolved_config=self.saved.resolved_config)
        return self._replace(saved=saved, routing=before.routing, indexes=before.indexes, references=before.references)


class OpenFile(NamedTuple):
    """A parsed document with its configuration, ready to be checked any number of times.

    ``changes_indexes`` is True if the text names other indexes than the saved file. ``valid`` is the unchanged part of
    the last valid parse, None if there was none.
    """

    file: ResolvedFile
    manifests: tuple[ResolvedFile, ...] = ()
    changes_indexes: bool = False
    valid: LastValid | None = None

    def files(self) -> tuple[ResolvedFile, ...]:
        """Return the file and its manifests, which are checked together."""
        return self.file, *self.manifests


def read_file_context(
    path: str, file_format: str, folder: str | None, config_resolver: ConfigResolver
) -> DocumentContext:
    """Read the files that matter for the document at the absolute ``path``.

    ``folder`` is the workspace folder, the root for files outside of a repository. Invalid files on disk raise nothing.
    """
    root = repository_root(path, folder)
    resolved_config = config_resolver.resolve(path, root)
    found: tuple[ResolvedFile, ...] = ()
    unreadable: tuple[Finding, ...] = ()
    saved = None
    excludes = resolved_config is not None and is_excluded_by_config(path, resolved_config)
    if resolved_config is not None and not excludes:
        if file_format == CONFIGURATION_FORMAT:
            parsed = ParsedFile(path, root, _text_at(path), Document(file_format))
            saved = ResolvedFile(display_path(path), parsed, resolved_config)
        else:
            result = _read_with_context(path, file_format, folder, config_resolver)
            found = result.files
            unreadable = tuple(finding for finding in result.unreadable if finding.path == display_path(path))
            saved = next((file for file in found if file.path == display_path(path)), None)
    manifests = (file for file in found if saved and file is not saved and file.project == saved.project)
    return DocumentContext(
        path,
        root,
        saved,
        tuple(file for file in manifests if not is_lock(file.document)),
        () if excludes else tuple(config_resolver.problems),
        unreadable,
        excludes,
        config_resolver.snapshot_paths(),
        routing_of(saved) if saved else SavedRouting(),
        indexes_in(saved.document, saved.text, path) if saved else (),
        frozenset(local_references(saved.document, saved.text, path) if saved else ()),
        MappingProxyType(
            {
                influencing: stamp_of(influencing)
                for influencing in _influencing_paths(path, root, found, config_resolver)
            }
        ),
    )


def read_open(
    text: str, context: DocumentContext, unsaved: Unsaved = NOTHING_UNSAVED, valid: LastValid | None = None
) -> OpenFile | None:
    """Parse and resolve ``text`` in its ``context``; return None if nothing of it may be looked up.

    ``unsaved`` is the state of other editor texts, ``valid`` what remains of the last valid parse. Takes linear time;
    accesses the disk only for the paths of includes and local references.
    """
    saved = context.saved
    if saved is None:
        return None
    if not saved.document.is_broken and (valid is None or text == saved.text):
        valid = LastValid(saved.text, saved.document)
    is_saved = text == saved.text and not saved.document.is_broken
    if is_saved or saved.document.format == CONFIGURATION_FORMAT:
        document = saved.document
    else:
        document = parse_text(saved.document.format, text, saved.kind, valid)
    if not document.is_broken or valid is not None:
        valid = LastValid(text, document)
    changes_indexes = not is_saved and indexes_in(document, text, context.path) != context.indexes
    facts = LookupFacts(
        _local_names(document, text, context, saved),
        saved.facts.unknown_indexes,
        unsaved.private,
        saved.facts.inherited_pins,
        # What is typed is believed until it is saved: no name is looked up because of an incomplete path.
        saved.facts.false_claims,
        None if is_saved else context.routing,
        has_unsaved_indexes=not is_saved and (changes_indexes or unsaved.has_indexes),
    )
    parsed = ParsedFile(context.path, context.root, text, document, saved.kind)
    file = resolve_text(parsed, saved, facts, _resolved_config(text, saved, unsaved))
    manifests = context.manifests if context.manifests and is_lock(document) else ()
    manifests = tuple(_with_policy(manifest, unsaved) for manifest in manifests)
    return OpenFile(file, manifests, changes_indexes, valid)


def _with_policy(file: ResolvedFile, unsaved: Unsaved) -> ResolvedFile:
    return file._replace(resolved_config=with_policy(file.resolved_config, unsaved.policies))


def _resolved_config(text: str, saved: ResolvedFile, unsaved: Unsaved) -> ResolvedConfig:
    """Return the configuration of the saved file, with the policy as typed.

    If the text itself is the configuration, the locations are those in the text.
    """
    resolved_config = with_policy(saved.resolved_config, unsaved.policies)
    if resolved_config.path != saved.path or (text == saved.text and resolved_config is saved.resolved_config):
        return resolved_config
    return resolved_config._replace(ignore_locations=_ignore_locations(text, saved.path, resolved_config))


def format_without_name(path: str, text: str, folder: str | None) -> str | None:
    """Return the format of the document at the absolute ``path`` by configuration, or by the header of a generator.

    ``folder`` is the workspace folder. Returns None if it is no dependency file. Reads configurations on disk.
    """
    root = repository_root(path, folder)
    config_resolver = ConfigResolver(ConfigResolverSettings(today="", use_snapshots=False), UserConfig())
    configured = configured_format(path, config_resolver.resolve(path, root), root)
    return configured or ("requirements" if may_be_included(path) and has_generator_header(text) else None)


_NO_DATE = RunSettings(today="", now=0.0)


def _read_with_context(
    path: str, file_format: str, folder: str | None, config_resolver: ConfigResolver
) -> DiscoveryResult:
    # A `files` setting makes this a dependency file, not its name.
    as_format = file_format if format_of(path) is None else None
    is_new = not os.path.lexists(path)
    request = DiscoveryRequest(
        (STDIN if is_new else path,),
        as_format,
        (path, b"") if is_new else None,
        working_directory=folder,
        context=True,
        for_editor=True,
    )
    return discover(request, config_resolver, _NO_DATE)


def _local_names(document: Document, text: str, context: DocumentContext, saved: ResolvedFile) -> LocalNames:
    """Return the local projects of the saved file, and those that only ``text`` refers to, resolved on disk."""
    new = [
        reference for reference in local_references(document, text, context.path) if reference not in context.references
    ]
    if not new:
        return saved.facts.local_names
    added = resolve_local_references(new, DeclaredNames({}, DISK), DISK, context.root)
    return group_by_name((*chain(*saved.facts.local_names.values()), *added))


def _ignore_locations(text: str, shown: str, resolved_config: ResolvedConfig) -> dict[str, Location]:
    """Return the current locations of the ignores of a configuration, without those that were removed."""
    parsed, lines = scan_cached(text), LineIndex(text)
    locations = {}
    for ignore in resolved_config.config.ignores:
        span = find_span(parsed, (*table_path(shown), "ignore", ignore.key))
        if span is not None:
            locations[ignore.name] = lines.location(shown, span)
    return locations


def _text_at(path: str) -> str:
    try:
        return DISK.read_utf8(path)
    except UnreadableFileError:
        return ""


def _influencing_paths(
    path: str, root: str, found: Iterable[ResolvedFile], config_resolver: ConfigResolver
) -> Iterator[str]:
    """Yield the absolute paths of the files that influence the outcome, including those that do not exist yet."""
    yield path
    yield from (os.path.abspath(file.path) for file in found)
    directory = os.path.dirname(path)
    while True:
        yield os.path.join(directory, MOTHBALL_TOML)
        yield os.path.join(directory, PYPROJECT_TOML)
        yield os.path.join(directory, UV_TOML)
        parent = os.path.dirname(directory)
        if directory in (root, parent):
            break
        directory = parent
    yield from (metadata_path for metadata_path, _ in metadata_files(project_of(path, root)))
    local_names = (local for file in found for of_name in file.facts.local_names.values() for local in of_name)
    yield from (local.declared_by for local in local_names if local.declared_by)
    yield from (claimed for file in found for claimed in claimed_files(file.document, file.parsed.path))
    yield from config_resolver.snapshot_paths()
