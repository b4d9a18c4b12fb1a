"""The rule ``re-registered``: the index has none of the files that a lock records for a name, only later ones.

Imported for suspicious entries only. All conditions are in docs/added.md and on the page of the rule.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from mothball.check.pinned_entry import PinnedEntry, has_common_file, pin_of, uses_find_links
from mothball.check.version_matching import is_final
from mothball.formats.recorded_files import RecordedFile, recorded_files
from mothball.index.project_page import all_files, upload_timestamp
from mothball.model.document import Dependency, ParsedFile
from mothball.model.records import NamedTuple
from mothball.model.results import PageFiles
from mothball.model.sanitize import base_url

# Seconds by which all files must be younger than those of the lock, for clocks and time zones that differ.
_MARGIN = 24 * 3600.0


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


def is_re_registered(entry: PinnedEntry, files: PageFiles) -> bool:
    """Return True if the name now belongs to other files than those that the lock, or a base lock, records.

    ``files`` is the whole list of files of a page that was requested in this run.
    """
    index = base_url(files.origin.index_url)
    if index not in map(base_url, entry.file.resolved_config.network.immutable_indexes()):
        return False
    recorded_names = list(_recorded_names(entry))
    if not recorded_names:
        return False
    listed = list(all_files(files.text))
    uploads = [upload_timestamp(file.uploaded) for file in listed]
    if not listed or not all(file.digest for file in listed) or None in uploads:
        return False
    oldest = min(time for time in uploads if time is not None)
    return any(
        _is_recorded_on(recorded.index_url, index, entry)
        and has_common_file(listed, recorded.files) is False
        and all(map(is_final, recorded.versions))
        and (newest := recorded.newest()) is not None
        and oldest > newest + _MARGIN
        for recorded in recorded_names
    )


def _recorded_names(entry: PinnedEntry) -> Iterator[_RecordedName]:
    """Yield what the lock and its base versions record about the name of the entry, if they record any file."""
    file, pinned = entry.file, entry.dependency
    selected = file.selected
    for lock in selected.base_locks if selected else ():
        yield from _recorded_in(lock.parsed, lock.entries_of(pinned.name), lock.committed_at)
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
    return [index] == list(map(base_url, entry.query.indexes)) and not uses_find_links(entry.file)
