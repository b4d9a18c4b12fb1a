"""The files of a project page as compact text: one line per file, in the order of the page.

    flask-2.0.1-py3-none-any.whl TAB 2021-05-21T15:38:17.000000Z TAB 1c4c257b1892aec1398784c6 TAB !broken metadata

The fields are the file name, the upload time, the first 12 bytes of the SHA-256 digest in hexadecimal digits, and ``!``
with the reason if the file is yanked; unknown fields are empty. All of it is text of the index, so it is untrusted.
Most lists are written to the cache and never read; those that are read are searched for one version. Therefore the
text is neither split nor validated before a file is needed.

Sources: PEP 691 (``filename``, ``hashes``), PEP 700 (``upload-time``), PEP 592 (``yanked``).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from mothball.index.latest_release import SDIST_SUFFIXES, version_from_file_name
from mothball.index.page_request import DIGEST_LENGTH, MAX_LIST
from mothball.model.records import NamedTuple

_MAX_REASON = 1000
_AFTER_VERSION = ("-", *SDIST_SUFFIXES)
_CONTROL = re.compile(r"[\x00-\x1f\x7f\x85\u2028\u2029]+")


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


def encode_files(files: Iterable[tuple[str, str | None, str | None, str | None]]) -> str | None:
    """Return the list of ``files``: file name, upload time, SHA-256 digest, and the reason if it is yanked.

    None if the list is too long, or a field other than the reason contains a control character.
    """
    return join_lines([file_line(*file) for file in files])


def file_line(name: str, uploaded: str | None, digest: str | None, yanked: str | None) -> str:
    """Return the line of a file; see ``encode_files``."""
    reason = "" if yanked is None else f"!{_CONTROL.sub(' ', yanked[:_MAX_REASON])}"
    return f"{name}\t{uploaded or ''}\t{digest[:DIGEST_LENGTH] if digest else ''}\t{reason}"


def join_lines(lines: Sequence[str]) -> str | None:
    """Return the list of ``lines``, None if it is too long, or if a line has another number of fields."""
    text = "\n".join(lines)
    is_valid = text.count("\n") == max(len(lines) - 1, 0) and text.count("\t") == 3 * len(lines)
    return text if is_valid and len(text) <= MAX_LIST else None


def all_files(text: str) -> Iterator[ListedFile]:
    """Yield the files of the list ``text``; malformed lines are skipped."""
    for line in text.split("\n"):
        file = _file(line)
        if file is not None:
            yield file


def reduced_list(text: str, name: str, version: str) -> tuple[str, bool]:
    """Return the part of the list ``text`` that shows that ``version`` of the project ``name`` is there.

    These are the lines of its files if one of them is not yanked; the second value is then False. Otherwise it is the
    whole list and True: only a comparison with all files decides.
    """
    lines, is_usable = [], False
    for line, file in _lines_with_version(text, name, version):
        lines.append(line)
        is_usable = is_usable or file.yanked is None
    return ("\n".join(lines), False) if is_usable else (text, True)


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
