"""The releases of a project, from the list of files on its page: which are yanked, and which fit a specifier."""

from __future__ import annotations

import re

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.version import InvalidVersion, Version

from mothball.index.project_page import all_files, version_from_file_name
from mothball.model.records import NamedTuple
from mothball.model.results import PageFiles

_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T")


class ReleaseFacts(NamedTuple):
    """A release: its version as written, the ISO date of its first upload, and why it is yanked.

    ``date`` is empty if it is not known. ``yanked`` is the reason (untrusted, possibly empty) if all files are yanked,
    else None.
    """

    version: str
    date: str
    yanked: str | None


class Releases:
    """The releases of one project. ``files`` is the number of its files."""

    def __init__(self, name: str, files: PageFiles) -> None:
        """Read the list ``files`` of the page of ``name`` (normalized). Names that are not understood are left out."""
        self.files = 0
        self._releases: dict[Version, ReleaseFacts] = {}
        for file in all_files(files.text):
            self.files += 1
            text = version_from_file_name(file.name, name)
            try:
                version = Version(text or "")
            except InvalidVersion:
                continue
            date = file.uploaded[:10] if _DATE.match(file.uploaded) else ""
            known = self._releases.get(version)
            if known is None:
                self._releases[version] = ReleaseFacts(text or "", date, file.yanked)
                continue
            yanked = file.yanked if known.yanked is not None and file.yanked is not None else None
            dates = [found for found in (known.date, date) if found]
            self._releases[version] = ReleaseFacts(known.version, min(dates, default=""), yanked)

    def newest(self, specifier: str = "") -> ReleaseFacts | None:
        """Return the newest release that ``specifier`` allows and that is not yanked, None if there is none.

        Pre-releases count if the specifier names one or there is nothing else (PEP 440, "Handling of pre-releases").
        A specifier that is not one of PEP 440 allows none.
        """
        allowed = self.allowed(specifier)
        return self._releases[max(allowed)] if allowed else None

    def allowed(self, specifier: str = "") -> list[Version]:
        """Return the versions that ``specifier`` allows and that are not yanked, as for ``newest``."""
        usable = [version for version, release in self._releases.items() if release.yanked is None]
        try:
            return list(SpecifierSet(specifier).filter(usable))
        except InvalidSpecifier:
            return []

    def oldest(self) -> ReleaseFacts | None:
        """Return the release that was uploaded first, None if no upload time is known."""
        return min((each for each in self._releases.values() if each.date), key=lambda each: each.date, default=None)

    def yanked(self) -> list[ReleaseFacts]:
        """Return the releases whose files are all yanked (PEP 592), in the order of the page."""
        return [each for each in self._releases.values() if each.yanked is not None]

    def __len__(self) -> int:
        """Return the number of releases."""
        return len(self._releases)

    def find(self, version: str) -> ReleaseFacts | None:
        """Return the release of ``version``, None if there is none."""
        try:
            return self._releases.get(Version(version))
        except InvalidVersion:
            return None


def satisfies_specifier(version: str, specifier: str) -> bool:
    """Return True if ``version`` satisfies ``specifier``, or cannot be compared with it, as one of Poetry."""
    try:
        return SpecifierSet(specifier).contains(version, prereleases=True)
    except (InvalidSpecifier, InvalidVersion):
        return True
