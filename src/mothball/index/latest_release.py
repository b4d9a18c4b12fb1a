"""Which release of a project was published last, by the list of files on its page.

Source: the *simple repository API* (``files``, ``filename``, and ``upload-time`` as of version 1.1), the specifications
of the names of wheels (PEP 427) and source distributions (PEP 625, and what was usual before it).
"""

from __future__ import annotations

import re

from mothball.model.document import normalize_name
from mothball.model.lookup import MAX_VERSION, Release
from mothball.model.records import NamedTuple

# Longer names of files are skipped.
_MAX_FILE_NAME = 512
_SDIST_SUFFIXES = (".tar.gz", ".zip", ".tar.bz2", ".tgz")
# What versions of PEP 440 are made of, those before it nearly so. No text that could be anything else gets through.
_VERSION = rf"[0-9][0-9A-Za-z.!+_]{{0,{MAX_VERSION - 1}}}"
_UPLOAD_TIME = r"([0-9]{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01]))T[0-9:.]{5,24}(?:Z|[+-]00:?00)"


class PublishedFile(NamedTuple):
    """A file of a project, as its page has it: hostile text of any length."""

    file_name: str
    upload_time: str


def release_of(file: PublishedFile, name: str) -> Release | None:
    """Return the release that ``file`` of the project ``name`` (normalised) belongs to.

    None where the file's name or its time is not as the specifications have them.
    """
    moment = re.fullmatch(_UPLOAD_TIME, file.upload_time)
    version = _version_in(file.file_name, name) if len(file.file_name) <= _MAX_FILE_NAME else None
    return None if moment is None or version is None else Release(version, moment[1])


def _version_in(file_name: str, name: str) -> str | None:
    if file_name.endswith(".whl"):
        parts = file_name.split("-")
        candidates = [(parts[0], parts[1])] if len(parts) in {5, 6} else []
    else:
        suffix = next((suffix for suffix in _SDIST_SUFFIXES if file_name.endswith(suffix)), None)
        stem = file_name.removesuffix(suffix) if suffix else ""
        # Older names of source distributions hold hyphens, and so do older versions: only the name tells them apart.
        candidates = [(stem[: hyphen.start()], stem[hyphen.end() :]) for hyphen in re.finditer("-", stem)]
    return next(
        (version for own, version in candidates if normalize_name(own) == name and re.fullmatch(_VERSION, version)),
        None,
    )
