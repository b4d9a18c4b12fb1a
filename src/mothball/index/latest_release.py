"""Determine the latest release of a project from the files on its page.

Sources: *simple repository API* (``files``, ``filename``, and ``upload-time`` since version 1.1), file names of wheels
(PEP 427) and source distributions (PEP 625 and older ones).
"""

from __future__ import annotations

import re

from mothball.model.document import normalize_name
from mothball.model.records import NamedTuple
from mothball.model.results import MAX_VERSION, Release

# Longer file names are skipped.
_MAX_FILE_NAME = 512
SDIST_SUFFIXES = (".tar.gz", ".zip", ".tar.bz2", ".tgz")
# The characters of versions of PEP 440, and of most older ones.
_VERSION = rf"[0-9][0-9A-Za-z.!+_]{{0,{MAX_VERSION - 1}}}"
_UPLOAD_TIME = r"([0-9]{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01]))T[0-9:.]{5,24}(?:Z|[+-]00:?00)"


class PublishedFile(NamedTuple):
    """A file of a project page: untrusted text of any length."""

    file_name: str
    upload_time: str


def release_from_file(file: PublishedFile, name: str) -> Release | None:
    """Return the release of ``file`` of the project ``name`` (normalized).

    None if the file name or the upload time does not follow the specifications.
    """
    date = re.fullmatch(_UPLOAD_TIME, file.upload_time)
    version = version_from_file_name(file.file_name, name)
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
