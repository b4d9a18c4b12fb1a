"""The version rules: ``yanked``, ``unlisted`` and ``re-registered``, for entries that pin one version.

The page that has the status also lists the files. Nearly always it has a usable file of the pinned version with a
digest that the lock records: finding that takes a search for the spelling of the version and for the digest. Only if
that fails, all versions are compared (PEP 440) and the files of the lock are read. ``unlisted`` and ``re-registered``
are only concluded from a whole list that was requested in this run: until then the verdict is ``UNCONFIRMED``.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

from mothball.check.inputs import BaseLock, ResolvedFile, RunSettings
from mothball.check.pinned_entry import PinnedEntry, has_common_file, pin_of, uses_find_links
from mothball.formats.recorded_files import RecordedFile, digests_of, entry_text, recorded_files
from mothball.index.project_page import DIGEST_LENGTH, ListedFile, files_with_version
from mothball.index.resolution import Query
from mothball.model.document import Dependency
from mothball.model.records import NamedTuple
from mothball.model.results import (
    KnownStatus,
    LookupResult,
    PageFiles,
    ProjectStatus,
    Rule,
    Skipped,
    Source,
    StatusNotStated,
    Unavailable,
    UnrecognizedStatus,
)
from mothball.model.sanitize import base_url

# The results that may have files; a tuple, since a union is created by each call of isinstance.
_WITH_FILES = (KnownStatus, StatusNotStated, UnrecognizedStatus)


class NotJudged(StrEnum):
    """Why a pinned version was not judged."""

    NO_LIST = "no list of files"
    SNAPSHOT = "snapshot"
    STALE = "outdated result"
    UNCONFIRMED = "not confirmed by the index"
    OTHER_SOURCES = "other sources may have the version"
    FAILED = "failed lookup"


class VersionVerdict(NamedTuple):
    """The version rule that an entry violates, or the reason why it was not judged; both None if it is fine.

    ``reason`` is the text of the index for a yanked version: untrusted. ``replaced`` is true if the index has the
    version, but none of the files that the lock records.
    """

    rule: Rule | None = None
    reason: str = ""
    replaced: bool = False
    not_judged: NotJudged | None = None

    @property
    def is_suspicious(self) -> bool:
        """Return True if a rule is violated, or may be after another lookup."""
        return self.rule is not None or self.not_judged is NotJudged.UNCONFIRMED


FINE = VersionVerdict()
_NO_LIST = VersionVerdict(not_judged=NotJudged.NO_LIST)
_SNAPSHOT = VersionVerdict(not_judged=NotJudged.SNAPSHOT)


class VersionRules:
    """The version rules for the entries of one file."""

    def __init__(self, file: ResolvedFile, settings: RunSettings) -> None:
        self._file, self._settings = file, settings
        has_base_locks = file.selected is not None and bool(file.selected.base_locks)
        self._has_recorded_files = has_base_locks or file.parsed.may_record_files

    def judge(self, dependency: Dependency, query: Query | Skipped, lookup: LookupResult) -> VersionVerdict:
        """Return the verdict on an entry; ``FINE`` without a pin."""
        if not isinstance(query, Query) or not query.pin:
            return FINE
        if isinstance(lookup, _WITH_FILES):
            if lookup.files is None:
                return _verdict_without_list(lookup)
            if not self._has_recorded_files and _has_usable_file(lookup.files):
                return FINE
        elif isinstance(lookup, Unavailable):
            # For an added name, the failure is a finding of its own.
            is_finding = dependency not in self._file.repinned
            return FINE if is_finding else VersionVerdict(not_judged=NotJudged.FAILED)
        return judge(PinnedEntry(self._file, dependency, query, lookup, self._settings))


def judge(entry: PinnedEntry) -> VersionVerdict:
    """Return the verdict on the pinned version of ``entry``.

    A name that is quarantined or could not be looked up is reported by another rule, which replaces these.
    """
    lookup = entry.lookup
    if not isinstance(lookup, _WITH_FILES):
        return FINE
    if lookup.files is None or _is_quarantined(lookup):
        return _verdict_without_list(lookup)
    if lookup.files.origin.source is Source.STALE:
        return VersionVerdict(not_judged=NotJudged.STALE)
    if not lookup.files.is_kept:
        return VersionVerdict(not_judged=NotJudged.UNCONFIRMED)
    if _is_fine(entry, lookup.files):
        return FINE
    return _compare(entry, lookup.files)


def _verdict_without_list(lookup: KnownStatus | StatusNotStated | UnrecognizedStatus) -> VersionVerdict:
    """Return the verdict on a pin if ``lookup`` has no list of files."""
    if _is_quarantined(lookup):
        return FINE
    return _SNAPSHOT if lookup.origin.source is Source.SNAPSHOT else _NO_LIST


def _is_quarantined(lookup: LookupResult) -> bool:
    return isinstance(lookup, KnownStatus) and lookup.status is ProjectStatus.QUARANTINED


def _has_usable_file(files: PageFiles) -> bool:
    """Return True for a list that was reduced to the pinned version, since one of its files is not yanked."""
    return not files.is_whole and files.is_kept and files.origin.source is not Source.STALE


def _is_fine(entry: PinnedEntry, files: PageFiles) -> bool:
    """Return True if the index has a usable file of the version that the lock records, and those of the base lock.

    This does not compare versions: False means that it is not known.
    """
    if _suspicious_base_locks(entry, files):
        return False
    if not files.is_whole:
        return _has_recorded_digest(entry, (line.split("\t")[2] for line in files.text.split("\n")))
    exact = files_with_version(files.text, entry.query.name, pin_of(entry.dependency))
    return any(file.yanked is None for file in exact) and _has_recorded_digest(entry, (file.digest for file in exact))


def _suspicious_base_locks(entry: PinnedEntry, files: PageFiles) -> list[BaseLock]:
    """Return the base versions of the lock whose digests for the name are not on the page."""
    selected = entry.file.selected
    return [lock for lock in (selected.base_locks if selected else ()) if not _has_digest_of(lock, entry, files.text)]


def _has_digest_of(lock: BaseLock, entry: PinnedEntry, listed: str) -> bool:
    """Return True if a digest that ``lock`` records for the name is in the list of files, or if it records none."""
    entries = lock.entries_of(entry.dependency.name)
    digests = {digest for dependency in entries for digest in digests_of(lock.parsed, dependency)}
    return not digests or any(digest[:DIGEST_LENGTH] in listed for digest in digests)


def _has_recorded_digest(entry: PinnedEntry, digests: Iterable[str]) -> bool:
    """Return True if the lock records one of the ``digests``, or cannot record any."""
    file = entry.file
    if not file.parsed.may_record_files:
        return True
    written = entry_text(file.parsed, entry.dependency).lower()
    return any(digest and digest in written for digest in digests)


def _compare(entry: PinnedEntry, files: PageFiles) -> VersionVerdict:
    """Compare all versions and files."""
    pinned = _files_of_pin(entry, files)
    recorded = _recorded(entry) if pinned else []
    replaced = bool(recorded) and has_common_file(pinned, recorded) is False
    is_suspicious = not pinned or replaced or bool(_suspicious_base_locks(entry, files))
    if is_suspicious and (not files.is_whole or files.origin.source is not Source.INDEX):
        return VersionVerdict(not_judged=NotJudged.UNCONFIRMED)
    if is_suspicious and _is_re_registered(entry, files):
        return VersionVerdict(Rule.RE_REGISTERED)
    if pinned and not replaced:
        yanks = [file.yanked for file in pinned]
        return FINE if None in yanks else VersionVerdict(Rule.YANKED, next(filter(None, yanks), ""))
    if not _is_only_source(entry, files):
        return VersionVerdict(not_judged=NotJudged.OTHER_SOURCES)
    return VersionVerdict(Rule.UNLISTED, replaced=replaced)


def _is_re_registered(entry: PinnedEntry, files: PageFiles) -> bool:
    from mothball.check.re_registered import is_re_registered  # noqa: PLC0415 - for suspicious entries

    return is_re_registered(entry, files)


def _files_of_pin(entry: PinnedEntry, files: PageFiles) -> tuple[ListedFile, ...]:
    """Return the files that satisfy the pin. A file of an unknown version counts if its name contains the pin."""
    from mothball.check.version_matching import matching_files  # noqa: PLC0415 - imports packaging: for suspicious entries

    is_arbitrary = entry.dependency.specifier.lstrip(" (").startswith("===")
    return matching_files(files.text, entry.query.name, "===" if is_arbitrary else "==", pin_of(entry.dependency))


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


def _is_only_source(entry: PinnedEntry, files: PageFiles) -> bool:
    """Return True if the index of the page is the only place that the version can come from."""
    is_only_index = len(entry.query.indexes) == 1 or _is_index_of(entry.dependency, files)
    return is_only_index and not uses_find_links(entry.file)


def _is_index_of(dependency: Dependency, files: PageFiles) -> bool:
    """Return True if the entry pins, or the lock records, the index of the page, and no other one."""
    if dependency.index_url is None or dependency.alternative_indexes:
        return False
    return base_url(dependency.index_url) == base_url(files.origin.index_url)
