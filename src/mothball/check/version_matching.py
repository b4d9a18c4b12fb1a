"""Match the names of files with pinned versions (PEP 440). Imports packaging, which a warm run does not need."""

from __future__ import annotations

from functools import lru_cache

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.version import InvalidVersion, Version

from mothball.index.project_page import ListedFile, all_files, version_from_file_name


@lru_cache(maxsize=64)  # a text in an editor is checked again at every keystroke
def matching_files(listed: str, name: str, operator: str, pin: str) -> tuple[ListedFile, ...]:
    """Return the files of the list ``listed`` that satisfy a pin; see ``index.project_page``.

    ``name`` is the normalized name of the project, ``operator`` is ``==`` or ``===``.
    """
    return tuple(file for file in all_files(listed) if _satisfies(file.name, name, operator, pin))


def _satisfies(file_name: str, name: str, operator: str, pin: str) -> bool:
    """Return True if a file satisfies a pin.

    A file of an unknown version does if its name contains the pin: installers may know the format.
    """
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


def is_final(version: str) -> bool:
    """Return True for a version that is neither a pre-release nor a development release nor local."""
    try:
        parsed = Version(version)
    except InvalidVersion:
        return False
    return not parsed.is_prerelease and parsed.local is None


def is_same_version(first: str, second: str) -> bool:
    """Return True if two versions are equal, in whatever spelling."""
    try:
        return Version(first) == Version(second)
    except InvalidVersion:
        return first == second


@lru_cache(maxsize=64)
def _specifier(operator: str, pin: str) -> SpecifierSet | None:
    try:
        return SpecifierSet(f"{operator}{pin}")
    except InvalidSpecifier:
        return None
