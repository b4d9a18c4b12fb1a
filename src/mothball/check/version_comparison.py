"""Compare the versions and files of a project page with the pin of an entry and with the files that its lock records.

Imported for suspicious entries only, since it imports packaging. The conditions of ``re-registered`` are in
docs/added.md and on the page of the rule.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.version import InvalidVersion, Version

from mothball.check.inputs import NotJudged, ResolvedFile, RunSettings, VersionVerdict, pin_of
from mothball.formats.recorded_files import RecordedFile, recorded_files
from mothball.index.project_page import ListedFile, all_files, upload_timestamp, version_from_file_name
from mothball.index.resolution import Query
from mothball.model.document import Dependency, ParsedFile
from mothball.model.records import NamedTuple
from mothball.model.results import PageFiles, Rule, Source
from mothball.model.sanitize import base_url

_FIND_LINKS = frozenset({"find-links", "find_links", "flat"})
# Seconds by which all files must be younger than those of the lock, for clocks and time zones that differ.
_MARGIN = 24 * 3600.0


class PinnedEntry(NamedTuple):
    """An entry that pins a version, the query for it, and the files on the page that was returned for it."""

    file: ResolvedFile
    dependency: Dependency
    query: Query
    files: PageFiles
    settings: RunSettings


def compare(entry: PinnedEntry, *, lacks_base_files: bool) -> VersionVerdict:
    """Return the verdict on an entry: compare all versions and files.

    ``lacks_base_files`` is true if the page has none of the files that a base version of the lock records.
    """
    files = entry.files
    pinned = _files_of_pin(entry)
    recorded = _recorded(entry) if pinned else []
    replaced = bool(recorded) and _has_common_file(pinned, recorded) is False
    is_suspicious = not pinned or replaced or lacks_base_files
    if is_suspicious and (not files.is_whole or files.origin.source is not Source.INDEX):
        return VersionVerdict(not_judged=NotJudged.UNCONFIRMED)
    if is_suspicious and _is_re_registered(entry):
        return VersionVerdict(Rule.RE_REGISTERED)
    if pinned and not replaced:
        yanks = [file.yanked for file in pinned]
        return VersionVerdict() if None in yanks else VersionVerdict(Rule.YANKED, next(filter(None, yanks), ""))
    if not _is_only_source(entry):
        return VersionVerdict(not_judged=NotJudged.OTHER_SOURCES)
    return VersionVerdict(Rule.UNLISTED, replaced=replaced)


def _files_of_pin(entry: PinnedEntry) -> tuple[ListedFile, ...]:
    """Return the files that satisfy the pin. A file of an unknown version counts if its name contains the pin."""
    is_arbitrary = entry.dependency.specifier.lstrip(" (").startswith("===")
    return _matching_files(
        entry.files.text, entry.query.name, "===" if is_arbitrary else "==", pin_of(entry.dependency)
    )


def _recorded(entry: PinnedEntry) -> list[RecordedFile]:
    """Return the files that the lock records for the name and version of the entry, from the same registry."""
    parsed, pinned = entry.file.parsed, entry.dependency
    if not parsed.may_record_files:
        return []
    same = [
        dependency
        for dependency in parsed.document.dependencies
        if (dependency.name, dependency.index_url) == (pinned.name, pinned.index_url)
        and pin_of(dependency) == pin_of(pinned)
    ]
    return [file for dependency in same for file in recorded_files(parsed, dependency)]


def _is_only_source(entry: PinnedEntry) -> bool:
    """Return True if the index of the page is the only place that the version can come from."""
    pinned = entry.dependency
    # The entry pins, or the lock records, this index and no other one.
    is_index_of_page = (
        pinned.index_url is not None
        and not pinned.alternative_indexes
        and base_url(pinned.index_url) == base_url(entry.files.origin.index_url)
    )
    return (len(entry.query.indexes) == 1 or is_index_of_page) and not _uses_find_links(entry.file)


def _uses_find_links(file: ResolvedFile) -> bool:
    """Return True if files may come from `find-links` or from a directory instead of an index."""
    installers = file.resolved_config.network.installers
    return bool(
        any(option.name == "find-links" for option in file.indexes.options)
        or any(index.role in _FIND_LINKS or _is_local(index.url) for index in file.indexes.indexes)
        or installers.pip.find_links
        or installers.uv.find_links
    )


def _is_local(url: str) -> bool:
    """Return True for an index that is a directory; an index that is known by its name has no URL."""
    return bool(url) and not url[:8].lower().startswith(("http://", "https://", "${"))


# --- versions (PEP 440) -----------------------------------------------------------------------------------------------


@lru_cache(maxsize=64)  # a text in an editor is checked again at every keystroke
def _matching_files(listed: str, name: str, operator: str, pin: str) -> tuple[ListedFile, ...]:
    """Return the files of the list ``listed`` that satisfy a pin; see ``index.project_page``.

    ``name`` is the normalized name of the project, ``operator`` is ``==`` or ``===``.
    """
    return tuple(file for file in all_files(listed) if _satisfies(file.name, name, operator, pin))


def _satisfies(file_name: str, name: str, operator: str, pin: str) -> bool:
    """Return True if a file satisfies a pin: by its version, or if that is unknown, by a name that contains the pin."""
    version = version_from_file_name(file_name, name)
    if version is None:
        return pin in file_name
    if version == pin:
        return True
    specifier = _specifier(operator, pin)
    try:
        return specifier is not None and specifier.contains(version, prereleases=True)
    except InvalidVersion:
        return False


def _is_final(version: str) -> bool:
    """Return True for a version that is neither a pre-release nor a development release nor local."""
    try:
        parsed = Version(version)
    except InvalidVersion:
        return False
    return not parsed.is_prerelease and parsed.local is None


@lru_cache(maxsize=64)
def _specifier(operator: str, pin: str) -> SpecifierSet | None:
    try:
        return SpecifierSet(f"{operator}{pin}")
    except InvalidSpecifier:
        return None


# --- files ------------------------------------------------------------------------------------------------------------


def _has_common_file(listed: Iterable[ListedFile], recorded: Sequence[RecordedFile]) -> bool | None:
    """Return True if one of the ``recorded`` files is ``listed``, None if they cannot be compared.

    Files are compared by the SHA-256 digest if both have it, else by name.
    """
    listed = list(listed)
    digests = {file.digest for file in listed if file.digest}
    names = {file.name for file in listed}
    has_all_digests = all(file.digest for file in listed)
    is_comparable = True
    for file in recorded:
        if file.algorithm == "sha256" and file.digest and digests:
            if any(file.digest.startswith(digest) for digest in digests):
                return True
            is_comparable = is_comparable and (has_all_digests or bool(file.name))
            if not has_all_digests and file.name in {other.name for other in listed if not other.digest}:
                return True
        elif file.name:
            if file.name in names:
                return True
        else:
            is_comparable = False
    return False if is_comparable else None


class _RecordedName(NamedTuple):
    """What a lock records about a name on one registry, None for the default one.

    ``known_since`` is the Unix time at which the files were there at the latest, for locks without upload times.
    """

    index_url: str | None
    versions: frozenset[str]
    files: tuple[RecordedFile, ...]
    known_since: Callable[[], float | None]

    def newest(self) -> float | None:
        """Return the time of the newest file, None if it is not known."""
        times = [file.uploaded for file in self.files if file.uploaded is not None]
        return max(times) if times and len(times) == len(self.files) else self.known_since()


def _is_re_registered(entry: PinnedEntry) -> bool:
    """Return True if the name now belongs to other files than those that the lock, or a base lock, records.

    The list of files must be whole and requested in this run.
    """
    index = base_url(entry.files.origin.index_url)
    if index not in map(base_url, entry.file.resolved_config.network.immutable_indexes()):
        return False
    recorded_names = list(_recorded_names(entry))
    if not recorded_names:
        return False
    listed = list(all_files(entry.files.text))
    uploads = [upload_timestamp(file.uploaded) for file in listed]
    if not listed or not all(file.digest for file in listed) or None in uploads:
        return False
    oldest = min(time for time in uploads if time is not None)
    return any(
        _is_recorded_on(recorded.index_url, index, entry)
        and _has_common_file(listed, recorded.files) is False
        and all(map(_is_final, recorded.versions))
        and (newest := recorded.newest()) is not None
        and oldest > newest + _MARGIN
        for recorded in recorded_names
    )


def _recorded_names(entry: PinnedEntry) -> Iterator[_RecordedName]:
    """Yield what the lock and its base versions record about the name of the entry, if they record any file."""
    file, pinned = entry.file, entry.dependency
    selected = file.selected
    for lock in selected.base_locks if selected else ():
        yield from _recorded_in(lock.parsed, lock.entries.get(pinned.name, ()), lock.committed_at)
    if file.parsed.may_record_files:
        same = [dependency for dependency in file.document.dependencies if dependency.name == pinned.name]
        entries = [dependency for dependency in same if dependency.index_url == pinned.index_url]
        yield from _recorded_in(file.parsed, entries, lambda: entry.settings.unchanged_since(file, pinned))


def _recorded_in(
    parsed: ParsedFile, entries: Iterable[Dependency], known_since: Callable[[], float | None]
) -> Iterator[_RecordedName]:
    by_index: dict[str | None, list[Dependency]] = {}
    for dependency in entries:
        by_index.setdefault(dependency.index_url, []).append(dependency)
    for index_url, same in by_index.items():
        files = tuple(file for dependency in same for file in recorded_files(parsed, dependency))
        if files:
            yield _RecordedName(index_url, frozenset(map(pin_of, same)), files, known_since)


def _is_recorded_on(recorded_index: str | None, index: str, entry: PinnedEntry) -> bool:
    """Return True if a lock records ``index``, or none while it is the only source."""
    if recorded_index is not None:
        return base_url(recorded_index) == index
    return [index] == list(map(base_url, entry.query.indexes)) and not _uses_find_links(entry.file)
