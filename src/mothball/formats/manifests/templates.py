"""Map requirements in TOML strings in which a tool substitutes ``{fields}`` to the file."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mothball.formats.source_map import SourcePart, source_map
from mothball.formats.substitutions import has_brace, is_substitution, substitute
from mothball.formats.toml.api import source_span
from mothball.model.document import Span

if TYPE_CHECKING:
    from mothball.formats.toml.api import String
    from mothball.model.document import Dependency

_LINE = r"[^\r\n]++[\r\n]*+"


class Template:
    """The value of a string with its fields substituted, and the mapping of its offsets to the file."""

    def __init__(self, string: String, prefix: str = "") -> None:
        """Substitute the fields in ``string``, and put ``prefix`` before each line that is no option or comment."""
        self._string = string
        value = string.value
        parts: list[SourcePart] = []
        lines = [Span(*line.span()) for line in re.finditer(_LINE, value)] if prefix else [Span(0, len(value))]
        for line in lines:
            # An empty line has no first character.
            if prefix and line.slice(value).lstrip()[:1] not in "-#":
                parts.append(SourcePart(prefix, line.start, line.start))
            parts += substitute(value, line)
        self._map = source_map(parts)
        self.text = self._map.text
        unknown = [part for part in parts if is_substitution(value, part)]
        self.has_unknown = bool(unknown)
        self.is_unclosed = any(value[part.end - 1] != "}" for part in unknown)

    def locate_in_value(self, start: int, end: int) -> Span:
        """Return the range of ``text[start:end]`` in the value of the string."""
        return self._map.locate(start, end)

    def locate(self, start: int, end: int) -> Span:
        """Return the range of ``text[start:end]`` in the file."""
        return source_span(self._string, *self._map.locate(start, end))

    def is_unknown(self, span: Span) -> bool:
        """Return True if ``span`` of the text contains a field whose value is not known."""
        return self.has_unknown and has_brace(self._string.value, self._map.locate(*span))

    def with_fields(self, dependency: Dependency, specifier: Span | None, end: int) -> Dependency:
        """Return ``dependency``, whose entry ends at ``end``, with the unknown fields as written."""
        marker = Span(end - len(dependency.marker), end)
        return dependency._replace(
            specifier=self._written(specifier) if specifier else "",
            marker=self._written(marker) if dependency.marker else "",
        )

    def _written(self, span: Span) -> str:
        is_unknown = any(is_substitution(self._string.value, part) for part in self._map.parts(*span))
        return self._map.locate(*span).slice(self._string.value) if is_unknown else span.slice(self.text)
