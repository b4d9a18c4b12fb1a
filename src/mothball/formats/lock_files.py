"""The arrays in which a lock lists the files of its packages: most of its text, and nothing that anybody asks for.

They are found by one pattern and read by nobody. The pattern takes only what is a sound array of TOML wherever a line
can begin: the order of keys is fixed, so that none is there twice, and no string holds a quote or a backslash.
"""

from __future__ import annotations

import re

_TEXT = r'"[ !#-&(-\[\]-~]*+"'
_FILES = re.compile(
    r"\[(?:(?<=\nwheels = \[)|(?<=\nfiles = \[))\r?\n"
    rf"(?>(?:    \{{ ?(?:url|file) = {_TEXT}, hash = {_TEXT}(?:, size = (?:0|[1-9][0-9]{{0,17}}+))?"
    rf"(?:, upload-time = {_TEXT})? ?\}},\r?\n)+)\]"
)


def split_at_files(text: str) -> tuple[list[str], list[int]]:
    """Return the pieces of ``text`` between its arrays of files, and how long each of these arrays is."""
    pieces: list[str] = []
    lengths: list[int] = []
    position = 0
    for files in _FILES.finditer(text):
        start, end = files.span()
        pieces.append(text[position:start])
        lengths.append(end - start)
        position = end
    pieces.append(text[position:])
    return pieces, lengths


def without_files(text: str) -> str:
    """Return ``text`` with every array of files empty, and everything else in its place."""
    return _FILES.sub(lambda files: f"[{' ' * (len(files[0]) - 2)}]", text)
