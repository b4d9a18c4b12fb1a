"""What both forms of a project page boil down to, and the judgement that is the same for both."""

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
    from mothball.model.lookup import Release

# The longest marker or reason that is kept, in code points. PEP 792 sets no limit; an index that needs one is hostile.
MAX_TEXT = 10_000

_KNOWN_MAJOR = 1
_VERSION = r"([0-9]{1,6})\.[0-9]{1,6}"


class PageFacts(NamedTuple):
    """What stands on a project page, not yet judged; None is what the page does not say.

    ``newest`` is the file that was uploaded last.
    """

    version: str | None
    name: str | None
    marker: str | None
    reason: str
    newest: PublishedFile | None = None


def page_of(facts: PageFacts, name: str) -> ProjectPage:
    """Return the page that ``facts`` describe, which was asked for as ``name`` (normalised).

    Raises PageError where its simple API version is of a higher major than we know (the simple repository API makes
    that a must; a missing version is 1.0, a higher minor is fine), or where it is another project's page.
    """
    check_version(facts.version)
    if facts.name is not None and normalize_name(facts.name) != name:
        raise another_project(facts.name)
    release = None if facts.newest is None else _release_of(facts.newest, name)
    if facts.marker is None:
        return ProjectPage(None, release=release)
    return ProjectPage(facts.marker[:MAX_TEXT], facts.reason[:MAX_TEXT], release)


def _release_of(file: PublishedFile, name: str) -> Release | None:
    from mothball.index.latest_release import release_of  # noqa: PLC0415 - for fresh pages only

    return release_of(file, name)


def another_project(name: str) -> PageError:
    """Return the error for a page that says to be the project ``name``'s, which was not asked for."""
    return PageError(f"the page is another project's, {one_line(name, 100)!r}")


def check_version(version: str | None) -> None:
    """Raise PageError where ``version`` is none (``MAJOR.MINOR``) or is of a higher major than we know."""
    if version is None:
        return
    match = re.fullmatch(_VERSION, version)
    if match is None:
        raise PageError(f"the page claims the simple API version {one_line(version, 40)!r}, which is none")
    if int(match[1]) > _KNOWN_MAJOR:
        raise PageError(f"the page speaks simple API version {version}; this mothball knows version {_KNOWN_MAJOR}")
