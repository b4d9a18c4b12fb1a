"""Read requirements in TOML strings in which a tool substitutes ``{fields}``, and lines that a tool passes to pip."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial

from mothball.formats.manifests.tables import ArrayItem
from mothball.formats.pep508 import find_leading_name, parse_requirement
from mothball.formats.requirements.strings import Section, incomplete_dependency, section_dependency
from mothball.formats.source_map import SourcePart, has_brace, is_substitution, resolve_include, source_map, substitute
from mothball.formats.toml.values import String, source_span
from mothball.model.document import (
    Dependency,
    IndexOption,
    ParseProblem,
    SkipReason,
    Span,
    UnnamedEntry,
    relocated,
    variable_skip_reason,
)

_LINE = r"[^\r\n]++[\r\n]*+"


class _Template:
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
        self.map = source_map(parts)
        self.text = self.map.text
        unknown = [part for part in parts if is_substitution(value, part)]
        self.has_unknown = bool(unknown)
        self.is_unclosed = any(value[part.end - 1] != "}" for part in unknown)

    def locate(self, start: int, end: int) -> Span:
        """Return the range of ``text[start:end]`` in the file."""
        return source_span(self._string, *self.map.locate(start, end))

    def is_unknown(self, span: Span) -> bool:
        """Return True if ``span`` of the text contains a field whose value is not known."""
        return self.has_unknown and has_brace(self._string.value, self.map.locate(*span))

    def with_fields(self, dependency: Dependency, specifier: Span | None, end: int) -> Dependency:
        """Return ``dependency``, whose entry ends at ``end``, with the unknown fields as written."""
        marker = Span(end - len(dependency.marker), end)
        return dependency._replace(
            specifier=self._written(specifier) if specifier else "",
            marker=self._written(marker) if dependency.marker else "",
        )

    def _written(self, span: Span) -> str:
        is_unknown = any(is_substitution(self._string.value, part) for part in self.map.parts(*span))
        return self.map.locate(*span).slice(self._string.value) if is_unknown else span.slice(self.text)


def read_template(string: String, section: Section) -> Iterator[ArrayItem]:
    """Parse a requirement in which the tool substitutes ``{fields}`` before parsing it.

    A field in the version or marker is accepted, and a default in place of the field; any other field in the name
    yields an ``UnnamedEntry``.
    """
    template = _Template(string)
    read = parse_requirement(template.text)
    name = read.name_span if isinstance(read, Dependency) else find_leading_name(template.text)
    if name is None or template.is_unknown(name):
        yield UnnamedEntry(template.locate(0, len(template.text)), variable_skip_reason(string.value))
        return
    if isinstance(read, ParseProblem) or template.is_unclosed:
        yield incomplete_dependency(template.text, name, template.locate, section)
        return
    skip_reason = SkipReason.VARIABLE_REFERENCE if read.skip_reason and "{env:" in string.value else None
    dependency = section_dependency(read, template.locate, section, skip_reason, closed=string.closed)
    yield template.with_fields(dependency, read.specifier_span, read.entry_span.end)


def read_pip_lines(
    string: String, section: Section, prefix: str = "", *, with_options: bool = False
) -> Iterator[ArrayItem]:
    """Read a string that the tool passes to pip: lines of a requirements file in which it substitutes ``{fields}``.

    ``prefix`` is the option that the tool puts before each line. ``with_options`` yields the index options, which apply
    to the whole file.
    """
    from mothball.formats.requirements import document as requirements  # noqa: PLC0415 - not needed for templates

    template = _Template(string, prefix)
    document = requirements.parse(template.text, kind=section.kind)
    for dependency in document.dependencies:
        if template.is_unknown(dependency.name_span):
            entry = template.map.locate(*dependency.entry_span)
            yield UnnamedEntry(source_span(string, *entry), variable_skip_reason(entry.slice(string.value)))
        else:
            located = section_dependency(dependency, template.locate, section, closed=string.closed)
            yield template.with_fields(located, dependency.specifier_span, dependency.entry_span.end)
    for unnamed in document.unnamed:
        yield relocated(unnamed, template.locate)
    for problem in document.problems if string.closed and not template.has_unknown else ():
        yield relocated(problem, template.locate)
    for include in document.includes if string.closed else ():
        resolved = resolve_include(string.value, relocated(include, template.map.locate))
        if resolved is not None:
            yield relocated(resolved, partial(source_span, string))
    for option in document.index_options if with_options else ():
        # A field counts as a variable, and an incomplete option may name any index.
        value = f"${string.value}" if template.is_unknown(option.span) else option.value
        name = option.name if string.closed else "unknown"
        yield IndexOption(template.locate(*option.span), name, value)
