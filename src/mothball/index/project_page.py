"""Project pages: their status markers, files and releases, and requests for pages with their outcomes.

Sources: *simple repository API* (PEP 691: ``filename``, ``hashes``; PEP 700: ``upload-time``; PEP 592: ``yanked``),
status markers (PEP 792), file names of wheels (PEP 427) and source distributions (PEP 625 and older ones).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Literal

from mothball.model.document import normalize_name
from mothball.model.errors import PageError
from mothball.model.records import NamedTuple
from mothball.model.results import (
    MAX_VERSION,
    Cause,
    KnownStatus,
    Origin,
    PageFiles,
    PageStatus,
    ProjectStatus,
    Release,
    StatusNotStated,
    UnrecognizedStatus,
)
from mothball.model.sanitize import one_line

# Hexadecimal digits of the digest of a file that are kept: 12 bytes, far beyond any chance of equal ones.
DIGEST_LENGTH = 24
# The longest list of files that is kept, in code points: about 25,000 files. Some popular projects have 15,000.
MAX_LIST = 3 * 1024 * 1024
_STATUSES = {str(status): status for status in ProjectStatus}


class ProjectPage(NamedTuple):
    """The status on a project page (PEP 691 JSON or PEP 503 HTML).

    ``marker`` is the status marker as received, None if the page has none. ``marker`` and ``reason`` are untrusted text
    of limited length. ``release`` is the one published last, None if the page does not say so, as in HTML. ``files`` is
    the list of files (see ``encode_files``), None if it is unknown or too long. Cached pages are read without it.
    """

    marker: str | None
    reason: str = ""
    release: Release | None = None
    files: str | None = ""

    def without_files(self) -> ProjectPage:
        """Return the page without its list of files."""
        return ProjectPage(self.marker, self.reason, self.release, None)


def status_of_page(page: ProjectPage, origin: Origin, files: PageFiles | None = None) -> PageStatus:
    """Return the status on ``page``, which comes from ``origin``, with ``files``.

    Markers are lower-case literals (PEP 792); other spellings are unrecognized. On an index that states statuses, an
    absent marker means *active*: the caller decides that, because it takes other pages.
    """
    if page.marker is None:
        return StatusNotStated(origin, page.release, "not-stated", files)
    if page.marker in _STATUSES:
        return KnownStatus(_STATUSES[page.marker], page.reason, origin, page.release, "stated", files)
    return UnrecognizedStatus(page.marker, page.reason, origin, page.release, "unrecognized", files)


class PageRequest(NamedTuple):
    """A request for one project page.

    ``index_url`` is the base URL of the index, ``name`` the normalized project name. ``etag`` is that of the cached
    page and makes the request conditional.
    """

    index_url: str
    name: str
    etag: str | None = None


class Fetched(NamedTuple):
    """200: the page and its ETag, None if the index sends none."""

    page: ProjectPage
    etag: str | None = None
    kind: Literal["fetched"] = "fetched"


class NotModified(NamedTuple):
    """304: the cached page is up to date."""

    kind: Literal["not-modified"] = "not-modified"


class NotFound(NamedTuple):
    """404 or 410: the index does not have the project."""

    kind: Literal["not-found"] = "not-found"


class Failed(NamedTuple):
    """The request failed; ``detail`` is one line of sanitized text without credentials.

    ``status`` is the HTTP status of the response if ``ignore-error-codes`` may name it, else 0.
    """

    cause: Cause
    detail: str
    status: int = 0
    kind: Literal["failed"] = "failed"


class Redirected(NamedTuple):
    """The index redirected to another host, which was not contacted.

    ``index_url`` is the index whose page of the same name is the target (``urls.index_of_page``), empty for any other
    target; untrusted. ``failed`` is the outcome unless the name may be looked up on that index.
    """

    index_url: str
    failed: Failed
    kind: Literal["redirected"] = "redirected"


Outcome = Fetched | NotModified | NotFound | Failed | Redirected


# --- validation, common to JSON and HTML ------------------------------------------------------------------------------

# The longest marker or reason that is kept, in code points. PEP 792 sets no limit.
MAX_TEXT = 10_000

_SUPPORTED_MAJOR = 1
_API_VERSION = r"([0-9]{1,6})\.[0-9]{1,6}"


def wrong_project(name: str) -> PageError:
    """Return the error for a page of another project, called ``name``."""
    return PageError(f"the page belongs to another project, {one_line(name, 100)!r}")


def check_version(version: str | None) -> None:
    """Raise PageError if ``version`` is not ``MAJOR.MINOR``, or the major version of the API is not supported.

    The specification requires that. A missing version is 1.0, and a higher minor version is accepted.
    """
    if version is None:
        return
    match = re.fullmatch(_API_VERSION, version)
    if match is None:
        raise PageError(f"the page has the invalid simple API version {one_line(version, 40)!r}")
    if int(match[1]) > _SUPPORTED_MAJOR:
        raise PageError(f"the page has simple API version {version}; only version {_SUPPORTED_MAJOR} is supported")


# --- releases ---------------------------------------------------------------------------------------------------------

# Longer file names are skipped.
_MAX_FILE_NAME = 512
SDIST_SUFFIXES = (".tar.gz", ".zip", ".tar.bz2", ".tgz")
# The characters of versions of PEP 440, and of most older ones.
_VERSION = rf"[0-9][0-9A-Za-z.!+_]{{0,{MAX_VERSION - 1}}}"
_UPLOAD_TIME = r"([0-9]{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01]))T[0-9:.]{5,24}(?:Z|[+-]00:?00)"


def release_from_file(file_name: str, upload_time: str, name: str) -> Release | None:
    """Return the release of a file (untrusted text) of the project ``name`` (normalized).

    None if the file name or the upload time does not follow the specifications.
    """
    date = re.fullmatch(_UPLOAD_TIME, upload_time)
    version = version_from_file_name(file_name, name)
    return None if date is None or version is None else Release(version, date[1])


def upload_timestamp(text: str) -> float | None:
    """Return an ``upload-time`` as Unix time in seconds, None if it is not a time in UTC (PEP 700)."""
    from datetime import datetime  # noqa: PLC0415 - not needed for cached pages without findings

    if re.fullmatch(_UPLOAD_TIME, text) is None:
        return None
    try:
        return datetime.fromisoformat(text).timestamp()
    except ValueError:
        return None


def version_from_file_name(file_name: str, name: str) -> str | None:
    """Return the version in the name of a file of the project ``name`` (normalized), as written.

    None if the name does not follow the specifications, or is too long.
    """
    if len(file_name) > _MAX_FILE_NAME:
        return None
    if file_name.endswith(".whl"):
        parts = file_name.split("-")
        candidates = [(parts[0], parts[1])] if len(parts) in {5, 6} else []
    else:
        suffix = next((suffix for suffix in SDIST_SUFFIXES if file_name.endswith(suffix)), None)
        stem = file_name.removesuffix(suffix) if suffix else ""
        # Older source distributions have hyphens in names and versions: try every hyphen as the separator.
        candidates = [(stem[: hyphen.start()], stem[hyphen.end() :]) for hyphen in re.finditer("-", stem)]
    return next(
        (
            version
            for project, version in candidates
            if normalize_name(project) == name and re.fullmatch(_VERSION, version)
        ),
        None,
    )


# --- lists of files ---------------------------------------------------------------------------------------------------

# The files of a page are kept as compact text: one line per file, in the order of the page.
#
#     flask-2.0.1-py3-none-any.whl TAB 2021-05-21T15:38:17.000000Z TAB 1c4c257b1892aec1398784c6 TAB !broken metadata
#
# The fields are the file name, the upload time, the first 12 bytes of the SHA-256 digest in hexadecimal digits, and `!`
# with the reason if the file is yanked; unknown fields are empty. All of it is text of the index, so it is untrusted.
# Most lists are written to the cache and never read; those that are read are searched for one version. Therefore the
# text is neither split nor validated before a file is needed.
_MAX_REASON = 1000
_AFTER_VERSION = ("-", *SDIST_SUFFIXES)
_CONTROL = r"[\x00-\x1f\x7f\x85\u2028\u2029]+"


class ListedFile(NamedTuple):
    """A file of a project page; untrusted text.

    ``uploaded`` is the upload time as written, possibly empty (see ``upload_timestamp``). ``digest`` has the first
    ``DIGEST_LENGTH`` digits of the SHA-256 digest, possibly empty. ``yanked`` is the reason, None if the file is not
    yanked.
    """

    name: str
    uploaded: str
    digest: str
    yanked: str | None


def file_line(name: str, uploaded: str | None, digest: str | None, yanked: str | None) -> str:
    """Return the line of a file; ``yanked`` is the reason if it is yanked. None is an unknown field."""
    reason = "" if yanked is None else f"!{re.sub(_CONTROL, ' ', yanked[:_MAX_REASON])}"
    return f"{name}\t{uploaded or ''}\t{digest[:DIGEST_LENGTH] if digest else ''}\t{reason}"


def encode_files(lines: Sequence[str]) -> str | None:
    """Return the list of ``lines``; None if it is too long, or a field other than the reason has control characters."""
    text = "\n".join(lines)
    is_valid = text.count("\n") == max(len(lines) - 1, 0) and text.count("\t") == 3 * len(lines)
    return text if is_valid and len(text) <= MAX_LIST else None


def all_files(text: str) -> Iterator[ListedFile]:
    """Return the files of the list ``text``; malformed lines are skipped."""
    return filter(None, map(_file, text.split("\n")))


def reduced_list(text: str, name: str, version: str) -> tuple[str, bool]:
    """Return the part of the list ``text`` that shows that ``version`` of the project ``name`` is there.

    These are the lines of its files if one of them is not yanked; the second value is then False. Otherwise it is the
    whole list and True: only a comparison with all files decides.
    """
    found = list(_lines_with_version(text, name, version))
    is_usable = any(file.yanked is None for _, file in found)
    return ("\n".join(line for line, _ in found), False) if is_usable else (text, True)


def files_with_version(text: str, name: str, version: str) -> list[ListedFile]:
    """Return the files of the project ``name`` (normalized) whose names contain ``version`` in exactly this spelling.

    Only the lines that contain the spelling are parsed. Files of an equal version in another spelling are not found.
    """
    return [file for _, file in _lines_with_version(text, name, version)]


def _lines_with_version(text: str, name: str, version: str) -> Iterator[tuple[str, ListedFile]]:
    mark = f"-{version}"
    start = text.find(mark)
    while start != -1:
        after = start + len(mark)
        # The version ends here in a wheel ("-1.0-py3-") or a source distribution ("-1.0.tar.gz"), not in "-1.0.1-py3-".
        if not text.startswith(_AFTER_VERSION, after):
            start = text.find(mark, after)
            continue
        end = text.find("\n", after)
        end = len(text) if end == -1 else end
        line = text[text.rfind("\n", 0, start) + 1 : end]
        file = _file(line)
        if file is not None and version_from_file_name(file.name, name) == version:
            yield line, file
        start = text.find(mark, end)


def _file(line: str) -> ListedFile | None:
    fields = line.split("\t")
    if len(fields) != 4 or not fields[0]:
        return None
    name, uploaded, digest, yanked = fields
    return ListedFile(name, uploaded, digest.lower(), yanked[1:] if yanked else None)
