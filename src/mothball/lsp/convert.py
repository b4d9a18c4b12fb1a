"""Convert positions, paths and severities between mothball and the protocol. The only module that deals with UTF-16.

mothball counts code points from 0 in a text, and displays lines and columns from 1; the protocol counts lines from 0
and, within a line, units of the negotiated encoding.
"""

from __future__ import annotations

import os
import re
from urllib.parse import quote, unquote, urlsplit

from lsprotocol import types

from mothball.model.document import LineIndex, Location, Position, Span
from mothball.model.results import Rule, Severity
from mothball.model.sanitize import one_line

SOURCE = "mothball"

_SEVERITIES = {
    Severity.ERROR: types.DiagnosticSeverity.Error,
    Severity.WARNING: types.DiagnosticSeverity.Warning,
    Severity.NOTE: types.DiagnosticSeverity.Information,
}
_UNIT_SIZES = {"utf-8": 1, "utf-16": 2, "utf-32": 4}
_CODECS = {"utf-8": "utf-8", "utf-16": "utf-16-le", "utf-32": "utf-32-le"}
# A quoted string, a bare key or value, or a sign.
_TOKEN = re.compile(r"""\"[^"]*+"|'[^']*+'|[^\s=,\[\]{}#"']++|.""")
_DRIVE = re.compile(r"/[A-Za-z]:")


class Positions:
    """Converts offsets of a text to positions and back; linear in the text if called in order."""

    def __init__(self, text: str, encoding: str) -> None:
        """Count in units of the negotiated ``encoding``: ``utf-8``, ``utf-16`` or ``utf-32``."""
        self._lines = LineIndex(text)
        self._is_plain = encoding == "utf-32" or text.isascii()
        self._codec, self._size = _CODECS[encoding], _UNIT_SIZES[encoding]
        self._last = (0, 0, 0)  # line, column and units of the last position

    def position(self, offset: int) -> types.Position:
        """Return the position of ``offset``."""
        line, column = self._lines.position(offset)
        return types.Position(line - 1, self._units(line, column - 1))

    def range(self, span: Span) -> types.Range:
        """Return the range of ``span``."""
        return types.Range(self.position(span.start), self.position(span.end))

    def top(self) -> types.Range:
        """Return the range of diagnostics about the whole document: its first character. Editors hide empty ranges."""
        return self.range(Span(0, min(1, len(self._lines.line(1)))))

    def token(self, position: Position) -> types.Range:
        """Return the range of the key, value or sign at ``position``."""
        start = self._lines.start(position.line) + position.column - 1
        token = _TOKEN.match(self._lines.line(position.line), position.column - 1)
        return self.range(Span(start, start + (len(token[0]) if token else 0)))

    def range_of(self, location: Location) -> types.Range:
        """Return the range of a ``location`` in this text."""
        return types.Range(
            *(types.Position(at.line - 1, self._units(at.line, at.column - 1)) for at in (location.start, location.end))
        )

    def offset(self, position: types.Position) -> int:
        """Return the offset of ``position``, clipped to the end of its line and of the text."""
        if position.line >= self._lines.count:
            return self._lines.start(self._lines.count) + len(self._lines.line(self._lines.count))
        start, text = self._lines.start(position.line + 1), self._lines.line(position.line + 1)
        if self._is_plain or text.isascii():
            return start + min(position.character, len(text))
        data = text.encode(self._codec, "surrogatepass")[: position.character * self._size]
        return start + _whole_characters(data, self._codec, text)

    def _units(self, line: int, column: int) -> int:
        """Return the number of units before ``column`` (from 0) of ``line`` (from 1)."""
        if self._is_plain:
            return column
        last_line, last_column, units = self._last
        if last_line != line or last_column > column:
            last_column = units = 0
        skipped = self._lines.line(line)[last_column:column]
        units += len(skipped.encode(self._codec, "surrogatepass")) // self._size
        self._last = (line, column, units)
        return units


def _whole_characters(data: bytes, codec: str, text: str) -> int:
    """Return the number of characters of ``text`` that ``data``, a prefix of its encoding, contains completely.

    A position inside a character is that of its start.
    """
    while True:
        try:
            decoded = data.decode(codec, "surrogatepass")
        except UnicodeDecodeError as error:
            data = data[: error.start]
        else:
            return len(decoded) if text.startswith(decoded[-1:], max(0, len(decoded) - 1)) else len(decoded) - 1


def path_of(uri: str) -> str | None:
    """Return the absolute path of a file URI, None for other URIs."""
    try:
        parts = urlsplit(uri)
    except ValueError:
        return None
    if parts.scheme != "file":
        return None
    path = unquote(parts.path, errors="surrogateescape")
    if os.name == "nt":
        path = f"//{parts.netloc}{path}" if parts.netloc else path[1:] if _DRIVE.match(path) else path
    elif parts.netloc not in ("", "localhost"):
        return None
    if not path or "\0" in path:
        return None
    return os.path.abspath(path)


def uri_of(path: str) -> str:
    """Return the URI of the file at the absolute ``path``."""
    if os.name == "nt":
        path = path.replace("\\", "/")
        path = path if path.startswith("/") else f"/{path}"
    if path.startswith("//"):
        return "file:" + quote(path, errors="surrogateescape")
    return "file://" + quote(path, errors="surrogateescape")


def relative_path(path: str, document: str) -> str:
    """Return ``path`` as shown for the ``document``: relative to its directory, with slashes. Both are absolute."""
    try:
        relative = os.path.relpath(path, os.path.dirname(document))
    except ValueError:  # another drive on Windows
        relative = path
    return one_line(relative.replace(os.sep, "/"), 100)


def severity_of(severity: Severity) -> types.DiagnosticSeverity:
    """Return the protocol's value for ``severity``, which must not be ``off``."""
    return _SEVERITIES[severity]


def rule_uri(rule: Rule) -> str:
    """Return the URI of the documentation of ``rule`` in this package."""
    package = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    return uri_of(os.path.join(package, "check", "rule_pages", f"{rule}.md"))
