"""The releases of a project, from the files on its page. Imports packaging, which a check does not need."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from packaging.specifiers import SpecifierSet
from packaging.version import InvalidVersion, Version

from mothball.index.file_list import ListedFile, all_files
from mothball.index.latest_release import PublishedFile, release_from_file, version_from_file_name
from mothball.model.lookup import Release
from mothball.model.records import NamedTuple
from mothball.model.sanitize import join_names, one_line

_SHOWN_VERSIONS = 10


class YankedVersion(NamedTuple):
    """A version all of whose files are yanked (PEP 592), and the reason of the index, possibly empty."""

    version: str
    reason: str


class MatchingVersions(NamedTuple):
    """The versions that a specifier allows: their number, and the highest one, None without any."""

    specifier: str
    versions: int
    highest: str | None


class Releases(NamedTuple):
    """The releases of a project. ``oldest`` is the one uploaded first, None if the page has no upload times."""

    files: int
    versions: int
    oldest: Release | None
    yanked: tuple[YankedVersion, ...]
    matching: MatchingVersions | None

    def lines(self) -> list[str]:
        """Return the lines for the terminal."""
        lines = [f"  = oldest release: {self.oldest.version} ({self.oldest.date})"] if self.oldest else []
        lines.append(f"  = files: {self.files} of {self.versions} version{'' if self.versions == 1 else 's'}")
        if self.yanked:
            shown = [f"{version} ({reason})" if reason else version for version, reason in self.yanked]
            lines.append(f"  = yanked: {join_names(shown, _SHOWN_VERSIONS)}")
        if self.matching:
            specifier, count, highest = self.matching
            found = f"{count} version{'' if count == 1 else 's'}, the highest is {highest}" if highest else "no version"
            lines.append(f"  = matches {specifier}: {found}")
        return lines

    def as_json(self) -> dict[str, Any]:
        """Return the fields for JSON."""
        return {
            **self._asdict(),
            "oldest": self.oldest and self.oldest._asdict(),
            "yanked": [each._asdict() for each in self.yanked],
            "matching": self.matching and self.matching._asdict(),
        }


def releases_of(text: str, name: str, specifier: str = "") -> Releases:
    """Return the releases in the list of files ``text`` of the project ``name`` (normalized).

    ``specifier`` are the clauses of a requirement: the matching versions are counted, without yanked ones.
    """
    files = list(all_files(text))
    by_version: dict[str, list[ListedFile]] = {}
    for file in files:
        version = version_from_file_name(file.name, name)
        if version is not None:
            by_version.setdefault(_normalized(version), []).append(file)
    yanked = {
        version: one_line(next((file.yanked for file in of_version if file.yanked), ""), 100)
        for version, of_version in by_version.items()
        if all(file.yanked is not None for file in of_version)
    }
    return Releases(
        len(files),
        len(by_version),
        _oldest(files, name),
        tuple(YankedVersion(version, reason) for version, reason in yanked.items()),
        _matching(specifier, (version for version in by_version if version not in yanked)) if specifier else None,
    )


def _oldest(files: Iterable[ListedFile], name: str) -> Release | None:
    for file in sorted((file for file in files if file.uploaded), key=lambda file: file.uploaded):
        release = release_from_file(PublishedFile(file.name, file.uploaded), name)
        if release is not None:
            return release
    return None


def _matching(specifier: str, versions: Iterable[str]) -> MatchingVersions:
    valid = [version for version in map(_parsed, versions) if version is not None]
    matching = list(SpecifierSet(specifier).filter(valid))
    return MatchingVersions(one_line(specifier, 100), len(matching), str(max(matching)) if matching else None)


def _normalized(version: str) -> str:
    parsed = _parsed(version)
    return version if parsed is None else str(parsed)


def _parsed(version: str) -> Version | None:
    try:
        return Version(version)
    except InvalidVersion:
        return None
