"""Validate the fields of a project page, common to JSON and HTML."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mothball.index.page_request import ProjectPage
from mothball.model.document import normalize_name
from mothball.model.errors import PageError
from mothball.model.records import NamedTuple
from mothball.model.sanitize import one_line

if TYPE_CHECKING:
    from mothball.index.latest_release import PublishedFile
    from mothball.model.results import Release

# The longest marker or reason that is kept, in code points. PEP 792 sets no limit.
MAX_TEXT = 10_000

_SUPPORTED_MAJOR = 1
_VERSION = r"([0-9]{1,6})\.[0-9]{1,6}"


class PageFields(NamedTuple):
    """The fields of a project page before validation; None if absent.

    ``newest`` is the file that was uploaded last, ``files`` the list of files (see ``file_list``), None if unknown.
    """

    version: str | None
    name: str | None
    marker: str | None
    reason: str
    newest: PublishedFile | None = None
    files: str | None = ""


def validate_page(fields: PageFields, name: str) -> ProjectPage:
    """Return the page with ``fields`` that was requested for ``name`` (normalized).

    Raises PageError if the major version of the simple API is not supported, as the specification requires (a missing
    version is 1.0, a higher minor version is accepted), or if the page belongs to another project.
    """
    check_version(fields.version)
    if fields.name is not None and normalize_name(fields.name) != name:
        raise wrong_project(fields.name)
    release = None if fields.newest is None else _release_from_file(fields.newest, name)
    if fields.marker is None:
        return ProjectPage(None, release=release, files=fields.files)
    return ProjectPage(fields.marker[:MAX_TEXT], fields.reason[:MAX_TEXT], release, fields.files)


def _release_from_file(file: PublishedFile, name: str) -> Release | None:
    from mothball.index.latest_release import release_from_file  # noqa: PLC0415 - not needed for cached pages

    return release_from_file(file, name)


def wrong_project(name: str) -> PageError:
    """Return the error for a page of another project, called ``name``."""
    return PageError(f"the page belongs to another project, {one_line(name, 100)!r}")


def check_version(version: str | None) -> None:
    """Raise PageError if ``version`` is not ``MAJOR.MINOR`` or the major version is not supported."""
    if version is None:
        return
    match = re.fullmatch(_VERSION, version)
    if match is None:
        raise PageError(f"the page has the invalid simple API version {one_line(version, 40)!r}")
    if int(match[1]) > _SUPPORTED_MAJOR:
        raise PageError(f"the page has simple API version {version}; only version {_SUPPORTED_MAJOR} is supported")
