"""Read the files on disk that an open document depends on. Blocks, and may run in any thread.

Discovery and configuration are those of ``mothball check``.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from types import MappingProxyType

from mothball.check.inputs import LookUp, ResolvedFile, RunSettings, is_lock
from mothball.config.project import UserConfig
from mothball.config.user_settings import user_config_file
from mothball.discovery.config_lookup import ConfigResolver, ConfigResolverSettings, is_excluded_by_config
from mothball.discovery.discover import STDIN, DiscoveryRequest, DiscoveryResult, discover
from mothball.discovery.project_context import claimed_files, metadata_files
from mothball.formats.names import format_of, has_generator_header, may_be_included
from mothball.lsp.blocking_lookups import IndexResults
from mothball.lsp.open_text import (
    CONFIGURATION_FORMAT,
    DocumentContext,
    Parsed,
    SavedFile,
    Unsaved,
    indexes_in,
    parse_open,
)
from mothball.lsp.settings import EffectiveSettings, SettingsError
from mothball.model.document import Document, ParsedFile
from mothball.model.errors import ConfigError, UnreadableFileError
from mothball.model.file_names import MOTHBALL_TOML, PYPROJECT_TOML, UV_TOML
from mothball.model.records import NamedTuple
from mothball.model.results import Problem, Severity
from mothball.repository.files import DISK, display_path, project_of, stamp_of
from mothball.repository.paths import repository_root, upward
from mothball.routing.facts import local_references, saved_routing

_NO_DATE = RunSettings(today="", now=0.0)


class FileRequest(NamedTuple):
    """The document to read files for: absolute path, format, editor text and workspace folder.

    ``parsed`` is the last parse, ``before`` the context that was read before, if any.
    """

    path: str
    format: str
    text: str
    folder: str | None
    parsed: Parsed | None = None
    before: DocumentContext | None = None


def read_file_state(
    request: FileRequest, effective_settings: Callable[[], EffectiveSettings], cached: LookUp
) -> tuple[Parsed, IndexResults]:
    """Return the parsed text with the files that it depends on, and the cached results of its names."""
    try:
        context = read_file_context(request, effective_settings().config_resolver())
    except (ConfigError, UnreadableFileError) as error:
        # Private names are unknown, so nothing is looked up.
        config_resolver = ConfigResolver(ConfigResolverSettings(today=""), UserConfig())
        context = read_file_context(request, config_resolver, error)
    text = request.text
    if context.saved is not None and context.saved.file.text == text:
        text = context.saved.file.text  # a lock may have some MB: keep one copy
    parsed = parse_open(text, context, Unsaved(), request.parsed)
    queries = parsed.plan.queries()
    return parsed, cached(queries) if queries else {}


def read_file_context(
    request: FileRequest, config_resolver: ConfigResolver, error: ConfigError | UnreadableFileError | None = None
) -> DocumentContext:
    """Read the files that matter for a document; nothing of it may be looked up if there is an ``error`` in settings.

    The workspace folder is the root for files outside of a repository. Invalid files on disk raise nothing.
    """
    path, file_format, _, folder, _, before = request
    root = repository_root(path, folder)
    config = config_resolver.resolve(path, root)
    result = DiscoveryResult((), (), ())
    saved = None
    excludes = config is not None and is_excluded_by_config(path, config)
    if config is not None and not excludes:
        if file_format == CONFIGURATION_FORMAT:
            parsed = ParsedFile(path, root, text_at(path), Document(file_format))
            saved = ResolvedFile(display_path(path), parsed, config)
        else:
            result = _discover(path, file_format, folder, config_resolver)
            saved = next((file for file in result.files if file.path == display_path(path)), None)
    problems = () if excludes else tuple(config_resolver.problems)
    if error is not None:
        place = "" if isinstance(error, SettingsError) else display_path(user_config_file())
        problems = (Problem(Severity.ERROR, f"nothing is checked: {error}", error.help, place),)
    saved_file = None if saved is None or error is not None else _saved_file(saved)
    manifests = tuple(
        file
        for file in result.files
        if saved and file is not saved and file.project == saved.project and not is_lock(file.document)
    )
    if before is not None and before.saved is not None:
        if saved_file is None and not excludes and not isinstance(error, SettingsError):
            # The saved file cannot be read, or its configuration is invalid: keep using the last valid one.
            saved_file, manifests = before.saved, before.manifests
        elif saved_file is not None and saved_file.file.document.is_broken:
            # It was saved with a syntax error.
            file = before.saved.file._replace(resolved_config=saved_file.file.resolved_config)
            saved_file = before.saved._replace(file=file)
    influencing = _influencing_paths(path, root, result.files, config_resolver)
    return DocumentContext(
        path,
        root,
        saved_file,
        manifests,
        problems,
        tuple(finding for finding in result.unreadable if finding.path == display_path(path)),
        config_resolver.snapshot_paths(),
        MappingProxyType({of_file: stamp_of(of_file) for of_file in influencing}),
    )


def _saved_file(file: ResolvedFile) -> SavedFile:
    document, text, path = file.document, file.text, file.parsed.path
    urls = {option.value for option in file.indexes.options} | {index.url for index in file.indexes.indexes}
    return SavedFile(
        file,
        saved_routing(document.dependencies, file.facts, frozenset(urls)),
        indexes_in(document, text, path),
        frozenset(local_references(document, text, path)),
    )


def document_format(path: str, text: str, folder: str | None, *, scripts: bool) -> str | None:
    """Return the format of the document at the absolute ``path``, None if it is not a dependency file.

    It is determined by the name, by configuration, or by the header of a generator. Language identifiers are ignored:
    editors use four different ones for requirements files. ``folder`` is the workspace folder. May read configurations.
    """
    if os.path.basename(path) == MOTHBALL_TOML:
        return CONFIGURATION_FORMAT
    named = format_of(path)
    if named is None and scripts and path.endswith(".py"):
        named = "script"
    if named is not None:
        return named
    config_resolver = ConfigResolver(ConfigResolverSettings(today="", use_snapshots=False), UserConfig())
    configured = config_resolver.configured_format(path, repository_root(path, folder))
    return configured or ("requirements" if may_be_included(path) and has_generator_header(text) else None)


def _discover(path: str, file_format: str, folder: str | None, config_resolver: ConfigResolver) -> DiscoveryResult:
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


def text_at(path: str) -> str:
    """Return the text of the file at ``path``, empty if it cannot be read."""
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
    for directory in upward(os.path.dirname(path), root):
        yield from (os.path.join(directory, name) for name in (MOTHBALL_TOML, PYPROJECT_TOML, UV_TOML))
    yield from (metadata_path for metadata_path, _ in metadata_files(project_of(path, root)))
    local_names = (local for file in found for of_name in file.facts.local_names.values() for local in of_name)
    yield from (local.declared_by for local in local_names if local.declared_by)
    yield from (claimed for file in found for claimed in claimed_files(file.document, file.parsed.path))
    yield from config_resolver.snapshot_paths()
