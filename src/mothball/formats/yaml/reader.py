"""Convert the events of PyYAML to nodes with positions.

Nesting is limited and nothing recurses. An alias refers to the node of its anchor without a copy. An anchor is
registered only when its node is complete, so that no cycles occur.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import yaml

from mothball.formats.yaml.nodes import YamlMapping, YamlNode, YamlScalar, YamlSequence
from mothball.model.document import Span
from mothball.model.records import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

    from yaml import _yaml

# Real files are far less deep, and the run time of PyYAML grows with the depth.
MAX_DEPTH = 50
# The most events of a short text; longer texts may have one for each five code points. Locks have about ten for each.
_MAX_EVENTS = 50_000
_MIN_LENGTH_PER_EVENT = 5
# In code points. Mapping the escapes of a value to their positions takes 500 bytes for each.
_MAX_SCALAR = 100_000


class YamlError(NamedTuple):
    """The message and offset of a YAML syntax error."""

    offset: int
    message: str


class ParsedYaml(NamedTuple):
    """The documents of a text, the spans of all scalars, and the syntax error, if any."""

    documents: tuple[YamlNode, ...]
    scalars: tuple[Span, ...]
    error: YamlError | None = None


class _OpenCollection:
    """An unfinished list or mapping; ``nodes`` holds items, or alternating keys and values."""

    __slots__ = ("anchor", "is_mapping", "nodes")

    def __init__(self, anchor: str | None, *, is_mapping: bool) -> None:
        self.anchor = anchor
        self.is_mapping = is_mapping
        self.nodes: list[YamlNode | None] = []

    def node(self) -> YamlNode:
        if not self.is_mapping:
            return YamlSequence(tuple(node for node in self.nodes if node is not None))
        pairs = zip(self.nodes[::2], self.nodes[1::2], strict=True)
        first = self.nodes[0] if self.nodes else None
        return YamlMapping(
            tuple((key.value, value) for key, value in pairs if isinstance(key, YamlScalar) and value is not None),
            first if isinstance(first, YamlScalar) else None,
        )


def read_yaml(text: str) -> ParsedYaml:
    """Parse a text without characters that YAML forbids. Never raises; an invalid text has no documents."""
    try:
        return _Reader().read(text)
    except yaml.MarkedYAMLError as error:
        return ParsedYaml((), (), _to_error(text, error))


def _to_error(text: str, error: yaml.MarkedYAMLError) -> YamlError:
    offset = _index(error.problem_mark, len(text))
    context = _index(error.context_mark, offset)
    # PyYAML reports an unclosed string or bracket at the end of the text: report its start instead.
    if offset >= len(text.rstrip()) or text[context : context + 1] in {'"', "'", "[", "{"}:
        offset = context
    return YamlError(offset, " ".join(part for part in (error.problem, error.context) if part))


class _Reader:
    """One pass over the events of a text."""

    def __init__(self) -> None:
        self._open: list[_OpenCollection] = []
        self._documents: list[YamlNode] = []
        self._anchors: dict[str, YamlNode] = {}
        self._scalars: list[Span] = []

    def read(self, text: str) -> ParsedYaml:
        most_events = max(_MAX_EVENTS, len(text) // _MIN_LENGTH_PER_EVENT)
        for number, event in enumerate(_events(text)):
            self._add_event(event)
            excess = ""
            if len(self._open) > MAX_DEPTH:
                excess = f"nested too deeply: at most {MAX_DEPTH} levels are read"
            elif number >= most_events:
                excess = f"too many values: at most {most_events:,} are read"
            elif isinstance(event, yaml.ScalarEvent) and len(event.value) > _MAX_SCALAR:
                excess = f"value too long: at most {_MAX_SCALAR:,} characters are read"
            if excess:
                return ParsedYaml((), (), YamlError(_index(event.start_mark, 0), excess))
        return ParsedYaml(tuple(self._documents), tuple(self._scalars))

    def _add_event(self, event: yaml.Event) -> None:
        if isinstance(event, yaml.ScalarEvent):
            span = Span(_index(event.start_mark, 0), _index(event.end_mark, 0))
            self._scalars.append(span)
            self._add_node(YamlScalar(event.value, span), event.anchor)
        elif isinstance(event, yaml.AliasEvent):
            self._add_node(self._anchors.get(event.anchor or ""), None)
        elif isinstance(event, yaml.CollectionStartEvent):
            self._open.append(_OpenCollection(event.anchor, is_mapping=isinstance(event, yaml.MappingStartEvent)))
        elif isinstance(event, yaml.CollectionEndEvent):
            closed = self._open.pop()
            self._add_node(closed.node(), closed.anchor)

    def _add_node(self, node: YamlNode | None, anchor: str | None) -> None:
        if anchor is not None and node is not None:
            self._anchors[anchor] = node
        if self._open:
            self._open[-1].nodes.append(node)
        elif node is not None:
            self._documents.append(node)


def _index(mark: yaml.Mark | _yaml.Mark | None, default: int) -> int:
    return default if mark is None else mark.index


def _events(text: str) -> Iterator[yaml.Event]:
    """Yield the events of ``text``, from libyaml if available, which is ten times as fast."""
    yield from yaml.parse(text, Loader=yaml.CSafeLoader if yaml.__with_libyaml__ else yaml.SafeLoader)
