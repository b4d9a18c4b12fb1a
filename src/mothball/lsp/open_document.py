"""The check of one document whose text is in an editor: what the disk says around it, and its text judged by that.

The functions are those of ``mothball check``: discovery, governing and the checker, with the editor's text in place of
the file's. One thing differs. Whom to ask follows from the file as it was last saved: the half of a URL that somebody
is typing is no index, and no name is to be sent there, nor elsewhere because the line is half gone.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType

from mothball.check.inputs import LocalName, ResolvedConfig, RunSettings, SourceFile, is_lock
from mothball.check.pipeline import LookUp, check
from mothball.discovery.config_lookup import ConfigResolver, table_path
from mothball.discovery.declared_names import DeclaredNames, metadata_files
from mothball.discovery.discover import STDIN, DiscoveryRequest, discover, is_excluded_by_config
from mothball.discovery.file_search import find
from mothball.discovery.includes import parse_document
from mothball.discovery.local_projects import (
    LocalReference,
    local_references,
    resolve_local_references,
    skip_local_names,
)
from mothball.formats.table import format_of
from mothball.formats.toml.api import scan_once, span_of
from mothball.lsp.last_valid import LastValid, keep_unchanged_lines
from mothball.lsp.unsaved import (
    NOTHING_UNSAVED,
    SavedRouting,
    Unsaved,
    indexes_in,
    routed_as_saved,
    saved_routing,
    with_private,
)
from mothball.model.document import Document, Location
from mothball.model.errors import UnreadableFileError
from mothball.model.file_names import MOTHBALL_TOML, PYPROJECT_TOML, UV_TOML
from mothball.model.findings import Problem, Report
from mothball.model.line_index import LineIndex
from mothball.model.records import NamedTuple
from mothball.repository.files import DISK, Stamp, display_path, project_of, read_utf8, repository_root, stamp_of

# The formats that tools write; reading all locks of a project to judge one of its files would be waste.
_LOCK_FORMATS = frozenset({"uv-lock", "poetry-lock", "pdm-lock", "pylock", "pipfile-lock"})
# The most files that are read around a document. Real projects have a few dozen.
_MAX_NEIGHBOURS = 500

# mothball.toml is no dependency file; it is opened for what is wrong with it.
CONFIGURATION_FORMAT = "configuration"


class DocumentContext(NamedTuple):
    """What the disk says of an open document and around it.

    ``path`` is absolute. ``saved`` is the document as it was last saved, empty where there is no such file yet, with
    what rules over it; None where nothing of it may be looked up: its configuration cannot be used, or ``excludes``
    it. ``ways`` are those of its names, ``references`` what it takes from elsewhere than an index. ``manifests`` are
    those of its project, for a lock, ``snapshots`` the paths of those in use. ``stamps`` tell whether a file that
    mattered has changed since.
    """

    path: str
    root: str
    saved: SourceFile | None
    manifests: tuple[SourceFile, ...] = ()
    problems: tuple[Problem, ...] = ()
    excludes: bool = False
    snapshots: tuple[str, ...] = ()
    routing: SavedRouting = SavedRouting()
    references: frozenset[LocalReference] = frozenset()
    stamps: Mapping[str, Stamp | None] = MappingProxyType({})

    def is_current(self) -> bool:
        """Return whether all files that mattered are as they were. Reads the disk."""
        return all(stamp_of(path) == stamp for path, stamp in self.stamps.items())

    def with_last_valid(self, before: DocumentContext) -> DocumentContext:
        """Return these surroundings; if the file was saved with a syntax error, names are routed as ``before``."""
        if self.saved is None or before.saved is None or not self.saved.document.is_broken:
            return self
        saved = before.saved._replace(resolved_config=self.saved.resolved_config)
        return self._replace(saved=saved, routing=before.routing, references=before.references)


class OpenFile(NamedTuple):
    """An open document, parsed, with what rules over it: ready to be checked any number of times.

    ``changes_indexes`` is true where the text says otherwise than the file on disk which indexes are to be asked.
    ``valid`` is what is left of the last valid parse, None if there was none.
    """

    file: SourceFile
    manifests: tuple[SourceFile, ...] = ()
    changes_indexes: bool = False
    valid: LastValid | None = None


def read_file_context(
    path: str, file_format: str, here: str | None, config_resolver: ConfigResolver
) -> DocumentContext:
    """Read what matters for the document at the absolute ``path``, of the format ``file_format``.

    ``here`` is the directory that people work in: the root of what lies below it in no repository. Never raises for
    what stands on the disk.
    """
    root = repository_root(path, here)
    resolved_config = config_resolver.resolve(path, root)
    found: tuple[SourceFile, ...] = ()
    saved = None
    excludes = resolved_config is not None and is_excluded_by_config(path, resolved_config)
    if resolved_config is not None and not excludes:
        if file_format == CONFIGURATION_FORMAT:
            saved = SourceFile(display_path(path), _text_at(path), Document(file_format), resolved_config)
        else:
            found = _read_with_neighbours(path, file_format, root, here, config_resolver)
            saved = next((file for file in found if file.path == display_path(path)), None)
    manifests = (file for file in found if saved and file is not saved and file.project == saved.project)
    return DocumentContext(
        path,
        root,
        saved,
        tuple(file for file in manifests if not is_lock(file.document)),
        () if excludes else tuple(config_resolver.problems),
        excludes,
        config_resolver.snapshot_paths(),
        saved_routing(saved, path) if saved else SavedRouting(),
        frozenset(local_references(saved.document, saved.text, path) if saved else ()),
        MappingProxyType({one: stamp_of(one) for one in _that_matter(path, root, found, config_resolver)}),
    )


def read_open(
    text: str, context: DocumentContext, unsaved: Unsaved = NOTHING_UNSAVED, valid: LastValid | None = None
) -> OpenFile | None:
    """Return ``text`` as the document that ``context`` surrounds; None where nothing of it may be looked up.

    ``unsaved`` is what other texts in the editor say, ``valid`` what the last valid parse left in its last text.
    Linear in the text; of the disk only the paths of its includes are looked at.
    """
    saved = context.saved
    if saved is None:
        return None
    file, changes_indexes = saved, False
    if not saved.document.is_broken and (valid is None or text == saved.text):
        valid = LastValid(saved.text, saved.document)
    if text != saved.text or saved.document.is_broken:
        resolved_config, document = saved.resolved_config, saved.document
        if document.format != CONFIGURATION_FORMAT:
            document = parse_document(text, context.path, context.root, document.format, saved.kind)
            if not document.is_broken:
                valid = LastValid(text, document)
            elif valid is not None:
                document = keep_unchanged_lines(valid, text, document)
                valid = LastValid(text, document)
            document = skip_local_names(document, _homes(document, text, context, saved))
        changes_indexes = indexes_in(document, text, context.path) != context.routing.indexes
        has_other_indexes = changes_indexes or unsaved.has_indexes
        dependencies = routed_as_saved(document, context.routing, has_other_indexes=has_other_indexes)
        document = document._replace(dependencies=dependencies, tools=saved.document.tools)
        if resolved_config.path == saved.path:
            resolved_config = resolved_config._replace(
                ignore_locations=_ignore_locations(text, saved.path, resolved_config)
            )
        file = saved._replace(text=text, document=document, resolved_config=resolved_config)
    if unsaved.private:
        file = with_private(file, unsaved.private)
    manifests = context.manifests if context.manifests and is_lock(file.document) else ()
    return OpenFile(file, manifests, changes_indexes, valid)


def check_open(opened: OpenFile, look_up: LookUp, settings: RunSettings) -> Report:
    """Return the report on an open document; findings and dependencies of its manifests are among it."""
    return check((opened.file, *opened.manifests), look_up, settings)


_ANY_DAY = RunSettings(today="", now=0.0)


def _read_with_neighbours(
    path: str, file_format: str, root: str, here: str | None, config_resolver: ConfigResolver
) -> tuple[SourceFile, ...]:
    neighbours = tuple(_neighbours(path, file_format, root, config_resolver))
    # What is no dependency file by its name is one here, because a setting says so.
    as_format = file_format if format_of(path) is None else None
    given = DiscoveryRequest((path, *neighbours), as_format, here=here, all_names=True)
    if not os.path.lexists(path):
        given = given._replace(paths=(STDIN, *neighbours), stdin=(path, b""))
    return discover(given, config_resolver, _ANY_DAY).files


def _neighbours(path: str, file_format: str, root: str, config_resolver: ConfigResolver) -> Iterator[str]:
    """Yield the paths of the files around ``path`` that bear on it, itself not among them.

    For a lock these are the manifests of its project; for a requirements file those that may include it.
    """
    if file_format not in _LOCK_FORMATS and file_format != "requirements":
        return
    project = project_of(path, root)
    nearby = find(project, lambda _: None).files[:_MAX_NEIGHBOURS]
    above = _requirements_above(project, root) if file_format == "requirements" else ()
    for other in (*nearby, *above):
        other_format = format_of(other)
        if other == path or other_format in _LOCK_FORMATS:
            continue
        if other_format != "requirements" and project_of(other, root) != project:
            continue
        resolved_config = config_resolver.resolve(other, root)
        if resolved_config is not None and not is_excluded_by_config(other, resolved_config):
            yield other


def _homes(document: Document, text: str, context: DocumentContext, saved: SourceFile) -> tuple[LocalName, ...]:
    """Return the names at home in ``text``: those in the saved file, and what only the text takes from elsewhere.

    That is looked for on the disk. The names that stand there are no news to an index once the text is saved either.
    """
    new = [one for one in local_references(document, text, context.path) if one not in context.references]
    return (
        (*saved.local_names, *resolve_local_references(new, DeclaredNames({}, DISK), DISK, context.root))
        if new
        else saved.local_names
    )


def _requirements_above(project: str, root: str) -> Iterator[str]:
    directory = project
    while directory != root:
        directory = os.path.dirname(directory)
        try:
            names = sorted(os.listdir(directory))
        except OSError:
            return
        yield from (
            path for path in (os.path.join(directory, name) for name in names) if format_of(path) == "requirements"
        )


def _ignore_locations(text: str, shown: str, resolved_config: ResolvedConfig) -> dict[str, Location]:
    """Return where the ignores of the saved configuration stand in the editor's text; without those that are gone."""
    parsed, lines = scan_once(text), LineIndex(text)
    found = {}
    for ignore in resolved_config.config.ignores:
        span = span_of(parsed, (*table_path(shown), "ignore", ignore.key))
        if span is not None:
            found[ignore.name] = lines.location(shown, span)
    return found


def _text_at(path: str) -> str:
    try:
        return read_utf8(path)
    except UnreadableFileError:
        return ""


def _that_matter(path: str, root: str, found: Iterable[SourceFile], config_resolver: ConfigResolver) -> Iterator[str]:
    """Yield the absolute paths of the files on which the outcome rests, also of those that could come."""
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
    yield from (telling for telling, _ in metadata_files(project_of(path, root)))
    yield from (home.declared_by for file in found for home in file.local_names if home.declared_by)
    yield from config_resolver.snapshot_paths()
