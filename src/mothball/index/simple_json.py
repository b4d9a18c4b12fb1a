"""The JSON form of a project page (PEP 691), decoded with as little of its list of files as is needed.

``files`` stands before ``project-status`` (an index's keys are usually alphabetical) and is nearly all of a page. Three
fields of each file are built, the others are skipped: a sixth of the time of a decoder that builds them all.
"""

from __future__ import annotations

from typing import Any

import msgspec

from mothball.index.latest_release import PublishedFile
from mothball.index.project_page import PageFacts
from mothball.model.errors import PageError
from mothball.model.sanitize import one_line

# Of a longer page the list of files is skipped, in bytes: what is built of it takes some ten times its room at worst.
# The longest pages of real projects are half as long.
_MAX_LISTED = 8 * 1024 * 1024


class _Status(msgspec.Struct):
    """``project-status``. PEP 792's prose says ``state`` where its example and every index say ``status``."""

    status: str | None = None
    state: str | None = None
    reason: str | None = None


class _Meta(msgspec.Struct, rename="kebab"):
    """``meta``. One example of the specification puts the marker here, and there are indexes that followed it."""

    api_version: str | None = None
    project_status: Any = None
    project_status_reason: Any = None


class _File(msgspec.Struct, rename="kebab", gc=False):
    """A file of the project (PEP 700, PEP 592). ``yanked`` is a text where the reason is given."""

    filename: str = ""
    upload_time: str | None = None
    yanked: bool | str | None = False


class _Page(msgspec.Struct, rename="kebab"):
    """A project page; keys that are not named here are skipped."""

    name: str | None = None
    meta: _Meta | None = None
    project_status: _Status | None = None
    # Raw: found and stepped over, never decoded.
    files: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET


class _Root(msgspec.Struct):
    """What tells the list of all projects, which stands where the projects' pages hang."""

    projects: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET


class _ListingPage(msgspec.Struct, rename="kebab"):
    """As ``_Page``, with its files."""

    name: str | None = None
    meta: _Meta | None = None
    project_status: _Status | None = None
    files: list[_File] | msgspec.UnsetType | None = msgspec.UNSET


_DECODER = msgspec.json.Decoder(_Page)
_LISTING_DECODER = msgspec.json.Decoder(_ListingPage)


def read_json(body: bytes) -> PageFacts:
    """Return what the JSON page ``body`` says. A null counts as absent; raises PageError for any other odd type.

    Raises PageError, too, where the name or the list of files is missing, which every project page has (PEP 691).
    """
    page = _decode(body)
    lacking = [key for key, found in (("name", page.name is not None), ("files", _is_array(page.files))) if not found]
    if lacking:
        raise _no_project_page(body, lacking)
    meta = page.meta or _Meta()
    status = page.project_status or _Status()
    marker, reason = status.state if status.status is None else status.status, status.reason
    if marker is None:
        marker = _text(meta.project_status, "meta.project-status")
        reason = _text(meta.project_status_reason, "meta.project-status-reason")
    for other in (status.state, meta.project_status):
        if isinstance(other, str) and other != marker:
            raise PageError(f"the page states two statuses, {one_line(str(marker), 40)!r} and {one_line(other, 40)!r}")
    return PageFacts(meta.api_version, page.name, marker, reason or "", _newest(page))


def _is_array(value: object) -> bool:
    """Return whether a part of the page, decoded or not, is an array."""
    return isinstance(value, list) or (isinstance(value, msgspec.Raw) and bytes(value).startswith(b"["))


def _no_project_page(body: bytes, lacking: list[str]) -> PageError:
    """Return the error for JSON that lacks what a project page has."""
    if msgspec.json.decode(body, type=_Root).projects is not msgspec.UNSET:
        return PageError("the page is the index's list of projects, and no project page")
    what = f"neither {' nor '.join(lacking)}" if len(lacking) > 1 else f"no {lacking[0]}"
    return PageError(f"the page is JSON, but no project page: it has {what}")


def _newest(page: _Page | _ListingPage) -> PublishedFile | None:
    """Return the file that was uploaded last; those that were yanked do not count, nor those without a time."""
    if not isinstance(page, _ListingPage) or not page.files:
        return None
    # Times are in UTC and of one form, so that their order is that of texts (PEP 700).
    newest = max(page.files, key=_moment)
    return PublishedFile(newest.filename, newest.upload_time) if _moment(newest) and newest.upload_time else None


def _moment(file: _File) -> str:
    return (file.upload_time or "") if file.yanked is False or file.yanked is None else ""


def _decode(body: bytes) -> _Page | _ListingPage:
    """Return the page; raise PageError where ``body`` is no JSON, or none that a project page could be."""
    if len(body) <= _MAX_LISTED:
        try:
            return _LISTING_DECODER.decode(body)
        except (msgspec.DecodeError, UnicodeError, RecursionError):
            pass  # Odd files are no reason to do without the status: what counts is what the other decoder says.
    try:
        return _DECODER.decode(body)
    except msgspec.ValidationError as error:
        raise PageError(f"the page has the wrong shape: {one_line(str(error))}") from error
    except (msgspec.DecodeError, UnicodeError) as error:
        raise PageError(f"the page is broken JSON: {one_line(str(error))}") from error
    except RecursionError as error:
        raise PageError("the page is JSON nested too deeply") from error


def _text(value: object, key: str) -> str | None:
    """Return ``value`` where it is a string or null; raise PageError where it is anything else."""
    if value is None or isinstance(value, str):
        return value
    raise PageError(f"the page has the wrong shape: expected a string at {key}")
