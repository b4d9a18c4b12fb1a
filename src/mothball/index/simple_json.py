"""The JSON form of a project page (PEP 691), decoded without building its list of files.

``files`` stands before ``project-status`` (an index's keys are usually alphabetical) and is nearly all of a page, so
it is skipped rather than decoded: a tenth of the time of a decoder that builds it.
"""

from __future__ import annotations

from typing import Any

import msgspec

from mothball.errors import PageError
from mothball.hygiene import one_line
from mothball.index.simple_facts import PageFacts


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


class _Page(msgspec.Struct, rename="kebab"):
    """A project page; keys that are not named here are skipped."""

    name: str | None = None
    meta: _Meta | None = None
    project_status: _Status | None = None
    # Raw: found and stepped over, never decoded.
    files: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET


_DECODER = msgspec.json.Decoder(_Page)


def read_json(body: bytes) -> PageFacts:
    """Return what the JSON page ``body`` says. A null counts as absent; raises PageError for any other odd type."""
    page = _decode(body)
    meta = page.meta or _Meta()
    if page.name is None and page.files is msgspec.UNSET and meta == _Meta():
        raise PageError("the page is JSON, but no project page: it has neither name nor files nor meta")
    status = page.project_status or _Status()
    marker, reason = status.state if status.status is None else status.status, status.reason
    if marker is None:
        marker = _text(meta.project_status, "meta.project-status")
        reason = _text(meta.project_status_reason, "meta.project-status-reason")
    for other in (status.state, meta.project_status):
        if isinstance(other, str) and other != marker:
            raise PageError(f"the page states two statuses, {one_line(str(marker), 40)!r} and {one_line(other, 40)!r}")
    return PageFacts(meta.api_version, page.name, marker, reason or "")


def _decode(body: bytes) -> _Page:
    """Return the page; raise PageError where ``body`` is no JSON, or none that a project page could be."""
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
