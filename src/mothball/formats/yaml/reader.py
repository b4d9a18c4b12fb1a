"""From the events of PyYAML to nodes with their places.

Nesting is capped, nothing recurses. An alias costs nothing: it is the node that its anchor names, not a copy of it, and
an anchor is known only when its node is complete, so that there are no circles.
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

# No honest file is nearly as deep, and PyYAML's own time grows with the depth.
MAX_DEPTH = 50


class YamlError(NamedTuple):
    """Why a text is no YAML, and the offset of the error."""

    offset: int
    message: str


class ParsedYaml(NamedTuple):
    """The documents of a text, the places of all scalars, and what stopped the reading, if anything did."""

    documents: tuple[YamlNode, ...]
    scalars: tuple[Span, ...]
    failure: YamlError | None = None


class _Open:
    """A list or mapping whose end has not come; what stands in it so far, keys and values alike."""

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
    """Read a text that YAML allows all characters of; raises nothing. Nothing is returned from a text that fails."""
    try:
        return _Reader().read(text)
    except yaml.MarkedYAMLError as error:
        return ParsedYaml((), (), _failure(text, error))


def _failure(text: str, error: yaml.MarkedYAMLError) -> YamlError:
    offset = _index(error.problem_mark, len(text))
    context = _index(error.context_mark, offset)
    # A string or bracket that is not closed is noticed much later than where it begins.
    if offset >= len(text.rstrip()) or text[context : context + 1] in {'"', "'", "[", "{"}:
        offset = context
    return YamlError(offset, " ".join(part for part in (error.problem, error.context) if part))


class _Reader:
    """One pass over the events of a text."""

    def __init__(self) -> None:
        self._open: list[_Open] = []
        self._documents: list[YamlNode] = []
        self._anchors: dict[str, YamlNode] = {}
        self._scalars: list[Span] = []

    def read(self, text: str) -> ParsedYaml:
        for event in _events(text):
            self._take(event)
            if len(self._open) > MAX_DEPTH:
                failure = YamlError(
                    _index(event.start_mark, 0), f"nested too deep: at most {MAX_DEPTH} levels are read"
                )
                return ParsedYaml((), (), failure)
        return ParsedYaml(tuple(self._documents), tuple(self._scalars))

    def _take(self, event: yaml.Event) -> None:
        if isinstance(event, yaml.ScalarEvent):
            span = Span(_index(event.start_mark, 0), _index(event.end_mark, 0))
            self._scalars.append(span)
            self._add(YamlScalar(event.value, span), event.anchor)
        elif isinstance(event, yaml.AliasEvent):
            self._add(self._anchors.get(event.anchor or ""), None)
        elif isinstance(event, yaml.CollectionStartEvent):
            self._open.append(_Open(event.anchor, is_mapping=isinstance(event, yaml.MappingStartEvent)))
        elif isinstance(event, yaml.CollectionEndEvent):
            closed = self._open.pop()
            self._add(closed.node(), closed.anchor)

    def _add(self, node: YamlNode | None, anchor: str | None) -> None:
        if anchor is not None and node is not None:
            self._anchors[anchor] = node
        if self._open:
            self._open[-1].nodes.append(node)
        elif node is not None:
            self._documents.append(node)


def _index(mark: yaml.Mark | _yaml.Mark | None, otherwise: int) -> int:
    return otherwise if mark is None else mark.index


def _events(text: str) -> Iterator[yaml.Event]:
    """Yield the events of ``text``, by libyaml where PyYAML was built with it: a tenth of the time."""
    yield from yaml.parse(text, Loader=yaml.CSafeLoader if yaml.__with_libyaml__ else yaml.SafeLoader)
