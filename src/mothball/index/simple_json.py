"""Read JSON project pages (PEP 691).

``files`` comes before ``project-status`` (most indexes sort keys) and is nearly all of a page. Decoding only the needed
fields of each file takes a fifth of the time of decoding all.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Generic, TypeVar

import msgspec

from mothball.index.project_page import (
    DIGEST_LENGTH,
    MAX_TEXT,
    ProjectPage,
    check_version,
    encode_files,
    file_line,
    release_from_file,
    wrong_project,
)
from mothball.model.document import normalize_name
from mothball.model.errors import PageError
from mothball.model.results import Release
from mothball.model.sanitize import one_line

# The list of files of longer pages (in bytes) is skipped: its text may take eight times the memory. The longest page of
# a real project has half this size (7 MB for 8,700 files).
_MAX_LISTED = 16 * 1024 * 1024
# The most objects of such a page. A decoded file takes about 200 bytes, but may take only 3 bytes of the page (`{},`).
# The files of real indexes have 4 objects each: about 80,000 in a page of 16 MiB.
_MAX_OBJECTS = 200_000
_MIN_OBJECT_SIZE = 3

_Files = TypeVar("_Files")


class _Status(msgspec.Struct):
    """``project-status``. The text of PEP 792 says ``state``, its example and all indexes say ``status``."""

    status: str | None = None
    state: str | None = None
    reason: str | None = None


class _Meta(msgspec.Struct, rename="kebab"):
    """``meta``. One example of the specification has the marker here, and some indexes follow it."""

    api_version: str | None = None
    project_status: Any = None
    project_status_reason: Any = None


class _Hashes(msgspec.Struct, gc=False):
    """The digests of a file; other algorithms are skipped."""

    sha256: str | None = None


class _File(msgspec.Struct, rename="kebab", gc=False):
    """A file of the project (PEP 700, PEP 592). It is yanked if ``yanked`` is true or a reason (PEP 691: truthy)."""

    filename: str = ""
    upload_time: str | None = None
    yanked: bool | str | None = False
    hashes: _Hashes | None = None


class _Page(msgspec.Struct, Generic[_Files], rename="kebab"):
    """A project page; other keys are skipped."""

    name: str | None = None
    meta: _Meta | None = None
    project_status: _Status | None = None
    files: _Files | msgspec.UnsetType = msgspec.UNSET


class _Root(msgspec.Struct):
    """The key that identifies the list of all projects."""

    projects: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET


_AnyPage = _Page[msgspec.Raw] | _Page[list[_File] | None]
# Raw: skipped without decoding.
_DECODER = msgspec.json.Decoder(_Page[msgspec.Raw])
_LISTING_DECODER = msgspec.json.Decoder(_Page[list[_File] | None])


def read_json(body: bytes, name: str) -> ProjectPage:
    """Return the JSON page ``body``, which was requested for ``name`` (normalized). A null counts as absent.

    Raises PageError for other unexpected types, if the required name or list of files is missing (PEP 691), if the
    version is not supported, or if the page belongs to another project.
    """
    page = _decode(body)
    files = page.files if isinstance(page.files, list) else None
    has_files = files is not None or (isinstance(page.files, msgspec.Raw) and bytes(page.files).startswith(b"["))
    missing = [key for key, is_missing in (("name", page.name is None), ("files", not has_files)) if is_missing]
    if missing:
        if msgspec.json.decode(body, type=_Root).projects is not msgspec.UNSET:
            raise PageError("the page is the list of all projects, not a project page")
        raise PageError(f"the page is not a project page: it has no {' and no '.join(missing)}")
    meta = page.meta or _Meta()
    status = page.project_status or _Status()
    marker, reason = status.state if status.status is None else status.status, status.reason
    if marker is None:
        marker = _text(meta.project_status, "meta.project-status")
        reason = _text(meta.project_status_reason, "meta.project-status-reason")
    for value in (status.state, meta.project_status):
        if isinstance(value, str) and value != marker:
            raise PageError(f"the page has two statuses, {one_line(str(marker), 40)!r} and {one_line(value, 40)!r}")
    check_version(meta.api_version)
    if normalize_name(page.name or "") != name:
        raise wrong_project(page.name or "")
    release, listed = _latest_release(files or (), name), None if files is None else _listed(files)
    if marker is None:
        return ProjectPage(None, release=release, files=listed)
    return ProjectPage(marker[:MAX_TEXT], (reason or "")[:MAX_TEXT], release, listed)


def _latest_release(files: Iterable[_File], name: str) -> Release | None:
    """Return the release of the file that was uploaded last, except yanked files and files without a time."""
    # Times are in UTC and in one format, so strings sort by time (PEP 700).
    newest = max(files, key=_upload_time, default=_File())
    return release_from_file(newest.filename, _upload_time(newest), name)


def _listed(files: Iterable[_File]) -> str | None:
    """Return the list of ``files``, None if it is too long or invalid."""
    return encode_files(
        [
            # Fast path: all fields, and not yanked.
            f"{file.filename}\t{file.upload_time}\t{file.hashes.sha256[:DIGEST_LENGTH]}\t"
            if file.yanked is False and file.upload_time and file.hashes and file.hashes.sha256
            else _line(file)
            for file in files
        ]
    )


def _line(file: _File) -> str:
    digest = file.hashes.sha256 if file.hashes else None
    yanked = "" if file.yanked is True else file.yanked or None
    return file_line(file.filename, file.upload_time, digest, yanked)


def _upload_time(file: _File) -> str:
    return "" if file.yanked else file.upload_time or ""


def _is_list_read(body: bytes) -> bool:
    """Return True if decoding the list of files of ``body`` takes limited memory."""
    if len(body) <= _MAX_OBJECTS * _MIN_OBJECT_SIZE:
        return True  # Fast path: counting takes a fifth of the time of decoding.
    return len(body) <= _MAX_LISTED and body.count(b"{") <= _MAX_OBJECTS


def _decode(body: bytes) -> _AnyPage:
    """Decode the page. Raises PageError if ``body`` is not JSON or has fields of a wrong type."""
    if _is_list_read(body):
        try:
            return _LISTING_DECODER.decode(body)
        except (msgspec.DecodeError, UnicodeError, RecursionError):
            pass  # An invalid list of files does not prevent reading the status with the other decoder.
    try:
        return _DECODER.decode(body)
    except msgspec.ValidationError as error:
        raise PageError(f"the page has an invalid field: {one_line(str(error))}") from error
    except (msgspec.DecodeError, UnicodeError) as error:
        raise PageError(f"the page is invalid JSON: {one_line(str(error))}") from error
    except RecursionError as error:
        raise PageError("the page is JSON that is nested too deeply") from error


def _text(value: object, key: str) -> str | None:
    """Return ``value``. Raises PageError unless it is a string or null."""
    if value is None or isinstance(value, str):
        return value
    raise PageError(f"the page has an invalid field: expected a string at {key}")
