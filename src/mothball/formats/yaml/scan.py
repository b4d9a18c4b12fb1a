"""Scan YAML files: nodes with positions, comments, positions in the values of scalars, and lists of requirements.

PyYAML decodes scalars but does not record the positions of their characters; these are reconstructed here (YAML 1.1,
"Flow Scalar Styles"). Nesting is limited and nothing recurses. An alias refers to the node of its anchor without a
copy. An anchor is registered only when its node is complete, so that no cycles occur.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mothball.formats.broken import broken_document, find_conflict_marker
from mothball.formats.ignores import COMMENT_FORM, comment_spans, may_hold_ignore_comment, read_comments
from mothball.formats.requirements.lines import OPTIONS_WITH_VALUE
from mothball.formats.requirements.strings import Item, Section, read_pip_lines
from mothball.formats.source_map import SourceMap, SourcePart, decoded_parts, source_map
from mothball.model.document import Document, IgnoreComment, ParseProblem, Span
from mothball.model.records import NamedTuple
from mothball.model.sanitize import one_line

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import yaml
    from yaml import _yaml

_MERGE = "<<"
# Maximum number of merged mappings and of their keys: a mapping may be merged thousands of times and is searched each
# time. Real files stay far below.
_MAX_MERGED = 50
# Real files are far less deep, and the run time of PyYAML grows with the depth.
MAX_DEPTH = 50
# The most events of a short text; longer texts may have one for each five code points. Locks have about ten for each.
_MAX_EVENTS = 50_000
_MIN_LENGTH_PER_EVENT = 5
# In code points. Mapping the escapes of a value to their positions takes 500 bytes for each.
_MAX_SCALAR = 100_000
# Characters that YAML forbids, and the byte-order mark, which would shift all positions.
_UNPRINTABLE = re.compile("[^\t\n\r -~\x85\xa0-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]")
_BEFORE_COMMENT = "\r\n \t\"',[]{}"
_ESCAPE = re.compile(r"\\(?:x[0-9A-Fa-f]{2}|u[0-9A-Fa-f]{4}|U[0-9A-Fa-f]{8}|[^\r\n])")
_QUOTE = re.compile("''")
# Decoded short escapes by the character after the backslash; any other character stands for itself.
_SHORT_ESCAPES = dict(zip("0abt\tnvfreN_LP", "\0\a\b\t\t\n\v\f\r\x1b\x85\xa0\u2028\u2029", strict=True))
_WORD = re.compile(r"\S+")
_MAX_SHOWN = 100


class YamlScalar(NamedTuple):
    """A scalar with its value and its span, including quotes."""

    value: str
    span: Span


class YamlSequence(NamedTuple):
    """A list."""

    items: tuple[YamlNode, ...]


class YamlMapping(NamedTuple):
    """A mapping. Pairs with a non-scalar key are omitted, duplicate keys are kept.

    ``first`` is the first key, or None if it is not a scalar.
    """

    pairs: tuple[tuple[str, YamlNode], ...]
    first: YamlScalar | None = None

    def values(self, key: str) -> list[YamlNode]:
        """Return the values of ``key``, or else those in the merged mappings (``<<``)."""
        own = [value for name, value in self.pairs if name == key]
        if own:
            return own
        merged = [value for name, value in self.pairs if name == _MERGE][:_MAX_MERGED]
        merged += [item for node in merged for item in list_items(node)[:_MAX_MERGED]]
        mappings = [node for node in merged if isinstance(node, YamlMapping)]
        return [value for node in mappings for name, value in node.pairs[:_MAX_MERGED] if name == key]

    def text(self, key: str) -> str:
        """Return the first scalar value of ``key``, or an empty string."""
        return next((value.value for value in self.values(key) if isinstance(value, YamlScalar)), "")


YamlNode = YamlScalar | YamlSequence | YamlMapping


def list_items(node: YamlNode | None) -> tuple[YamlNode, ...]:
    """Return the items of a list, or an empty tuple for any other node."""
    return node.items if isinstance(node, YamlSequence) else ()


def unvisited(nodes: Iterable[YamlNode], seen: set[int]) -> Iterator[YamlNode]:
    """Yield the nodes whose identity is not in ``seen``, and add them to it.

    A node may be aliased thousands of times; reading it once keeps the time linear in the file size.
    """
    for node in nodes:
        if id(node) not in seen:
            seen.add(id(node))
            yield node


class YamlError(NamedTuple):
    """The message and offset of a YAML syntax error."""

    offset: int
    message: str


class YamlScan(NamedTuple):
    """The documents of a text, the spans of all scalars, and the syntax error, if any."""

    text: str
    documents: tuple[YamlNode, ...] = ()
    scalars: tuple[Span, ...] = ()
    error: YamlError | None = None

    def content(self, scalar: YamlScalar) -> SourceMap | None:
        """Return the value of ``scalar`` with its mapping to source positions.

        Return None if the positions cannot be reconstructed, as for escapes in a multi-line string.
        """
        text, (value, span) = self.text, scalar
        quote = text[span.start : span.start + 1]
        inner = Span(span.start + 1, span.end - 1) if quote in {'"', "'"} else span
        if inner.slice(text) == value:
            return source_map([SourcePart(value, *inner)])
        if quote in {'"', "'"}:
            decoded = source_map(decoded_parts(text, inner, _ESCAPE if quote == '"' else _QUOTE, _decode_escape))
            if decoded.text == value:
                return decoded
        return _folded(text, inner, value)

    def comments(self) -> Iterator[IgnoreComment | ParseProblem]:
        """Yield the ignore comments of the file, and the problems of invalid ones.

        YAML requires white space before the ``#``; PyYAML, which pre-commit and conda use, does not.
        """
        return read_comments(self.text, comment_spans(self.text, self.scalars, _BEFORE_COMMENT))


def scan_yaml(format_name: str, text: str) -> YamlScan | Document:
    """Scan ``text``, which has no byte-order mark; return a broken document if it is no valid YAML.

    Never raises, and takes time linear in the text.
    """
    unprintable = _UNPRINTABLE.search(text)
    if unprintable is not None:
        error: YamlError | None = YamlError(unprintable.start(), "control character")
    else:
        scan = read_yaml(text)
        error = scan.error
        # In brackets, conflict markers are valid YAML scalars.
        if error is None and find_conflict_marker(text) is None:
            return scan
    message = one_line(error.message, _MAX_SHOWN) if error else ""
    return broken_document(format_name, text, error.offset if error else 0, f"invalid YAML: {message}")


def read_yaml(text: str) -> YamlScan:
    """Parse a text without characters that YAML forbids. Never raises; an invalid text has no documents."""
    import yaml  # noqa: PLC0415 - not needed for files of other tools with the same names

    most_events = max(_MAX_EVENTS, len(text) // _MIN_LENGTH_PER_EVENT)
    # The first one holds the documents.
    collections = [_OpenCollection(None, False, [])]  # noqa: FBT003 - the fields of a record
    anchors: dict[str | None, YamlNode] = {}
    scalars: list[Span] = []
    try:
        for number, event in enumerate(yaml.parse(text, Loader=yaml_loader())):
            node: YamlNode | None = None
            if isinstance(event, yaml.CollectionStartEvent):
                collections.append(_OpenCollection(event.anchor, isinstance(event, yaml.MappingStartEvent), []))
            elif isinstance(event, yaml.AliasEvent):
                collections[-1].nodes.append(anchors.get(event.anchor))
            elif isinstance(event, yaml.ScalarEvent):
                scalars.append(Span(_index(event.start_mark, 0), _index(event.end_mark, 0)))
                anchors[event.anchor] = node = YamlScalar(event.value, scalars[-1])
            elif isinstance(event, yaml.CollectionEndEvent):
                closed = collections.pop()
                anchors[closed.anchor] = node = closed.node()
            if node is not None:
                collections[-1].nodes.append(node)
            excess = _excess(event, len(collections) - 1, number, most_events)
            if excess:
                return YamlScan(text, error=YamlError(_index(event.start_mark, 0), excess))
    except yaml.MarkedYAMLError as error:
        return YamlScan(text, error=_to_error(text, error))
    return YamlScan(text, list_items(collections[0].node()), tuple(scalars))


def _excess(event: yaml.Event, depth: int, number: int, most_events: int) -> str:
    """Return the limit that a text with ``event`` exceeds, empty if there is none."""
    if depth > MAX_DEPTH:
        return f"nested too deeply: at most {MAX_DEPTH} levels are read"
    if number >= most_events:
        return f"too many values: at most {most_events:,} are read"
    is_long = len(getattr(event, "value", "")) > _MAX_SCALAR
    return f"value too long: at most {_MAX_SCALAR:,} characters are read" if is_long else ""


def yaml_loader() -> type[yaml.SafeLoader | yaml.CSafeLoader]:
    """Return the loader of libyaml, which is ten times as fast, if it is available."""
    import yaml  # noqa: PLC0415 - see `read_yaml`

    return yaml.CSafeLoader if yaml.__with_libyaml__ else yaml.SafeLoader


class _OpenCollection(NamedTuple):
    """An unfinished list or mapping; ``nodes`` holds items, or alternating keys and values."""

    anchor: str | None
    is_mapping: bool
    nodes: list[YamlNode | None]

    def node(self) -> YamlNode:
        if not self.is_mapping:
            return YamlSequence(tuple(node for node in self.nodes if node is not None))
        pairs = zip(self.nodes[::2], self.nodes[1::2], strict=True)
        first = self.nodes[0] if self.nodes else None
        return YamlMapping(
            tuple((key.value, value) for key, value in pairs if isinstance(key, YamlScalar) and value is not None),
            first if isinstance(first, YamlScalar) else None,
        )


def _to_error(text: str, error: yaml.MarkedYAMLError) -> YamlError:
    offset = _index(error.problem_mark, len(text))
    context = _index(error.context_mark, offset)
    # PyYAML reports an unclosed string or bracket at the end of the text: report its start instead.
    if offset >= len(text.rstrip()) or text[context : context + 1] in {'"', "'", "[", "{"}:
        offset = context
    return YamlError(offset, " ".join(part for part in (error.problem, error.context) if part))


def _index(mark: yaml.Mark | _yaml.Mark | None, default: int) -> int:
    return default if mark is None else mark.index


def _decode_escape(escape: str) -> str:
    if escape == "''":
        return "'"
    if len(escape) == 2:
        return _SHORT_ESCAPES.get(escape[1], escape[1])
    code_point = int(f"0x{escape[2:]}", 0)
    return chr(code_point) if code_point < 0x110000 else "\ufffd"


def _folded(text: str, inner: Span, value: str) -> SourceMap | None:
    """Map ``value`` word by word: line folding changes only white space."""
    parts: list[SourcePart] = []
    position = inner.start
    offset = 0
    for word in _WORD.finditer(value):
        start = text.find(word[0], position, inner.end)
        if start < 0:
            return None
        parts.append(SourcePart(value[offset : word.start()], position, start))
        position = start + len(word[0])
        parts.append(SourcePart(word[0], start, position))
        offset = word.end()
    parts.append(SourcePart(value[offset:], position, inner.end))
    return source_map(parts)


# --- lists of requirements --------------------------------------------------------------------------------------------

_EMPTY = ("", "~", "null", "Null", "NULL")


def list_problem(key: str, value: YamlNode) -> Iterator[ParseProblem]:
    """Yield a problem if the ``value`` of ``key`` is neither a list nor empty."""
    place = value.first if isinstance(value, YamlMapping) else value
    if isinstance(place, YamlScalar) and place.value not in _EMPTY:
        yield ParseProblem(place.span, f"`{key}` must be a list", "write each entry on its own line, after `- `")


def read_pip_lists(
    scan: YamlScan, lists: Iterable[tuple[YamlNode, Section]], *, as_arguments: bool = False
) -> Iterator[Item]:
    """Yield the contents of ``lists``, each with the section of its entries; a list must not be passed twice.

    The items are lines of a requirements file or, if ``as_arguments`` is True, command-line arguments of pip. The
    ignore comments of the whole file, and the problems of invalid ones, are yielded as well.
    """
    yield from scan.comments()
    for node, section in lists:
        lines: list[SourcePart] = []
        for item in unvisited(list_items(node), set()):
            yield from _read_item(scan, item, lines, as_arguments=as_arguments)
        joined = source_map(lines)
        yield from read_pip_lines(joined.text, joined.locate, section)


def _read_item(
    scan: YamlScan, item: YamlNode, lines: list[SourcePart], *, as_arguments: bool
) -> Iterator[ParseProblem]:
    """Append an item to ``lines``, or yield a problem if it is no single-line string."""
    if not isinstance(item, YamlScalar):
        if isinstance(item, YamlMapping) and item.first is not None:
            is_ignore = may_hold_ignore_comment(item.first.value)
            help_text = COMMENT_FORM if is_ignore else "remove the `:` or put the entry in quotes"
            yield ParseProblem(item.first.span, "mapping instead of a requirement", help_text)
        return
    content = scan.content(item)
    if as_arguments and not item.value.strip() and item.span.start < item.span.end:
        yield ParseProblem(item.span, "empty requirement", "remove it")
    elif content is None:
        yield ParseProblem(item.span, "requirement spans several lines", "write it on one line")
    else:
        end = item.span.end
        lines += content.parts(0, len(content.text))
        lines.append(SourcePart(" " if as_arguments and content.text.strip() in OPTIONS_WITH_VALUE else "\n", end, end))
