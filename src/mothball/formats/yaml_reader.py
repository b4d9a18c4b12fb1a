"""From the events of PyYAML to nodes: what stands before an error is kept, nesting is capped, nothing recurses.

An alias costs nothing: it is the node that its anchor names, not a copy of it, and an anchor is known only when its
node is complete, so that there are no circles.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import yaml

from mothball.formats.yaml_nodes import Mapping, Node, Scalar, Sequence
from mothball.model import Span
from mothball.records import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

    from yaml import _yaml

# No honest file is nearly as deep, and PyYAML's own time grows with the depth.
MAX_DEPTH = 50


class Failure(NamedTuple):
    """Why a document could not be read to its end; all places count code points into the text that was read.

    ``reach`` is where reading stopped and ``context`` where the thing began that was being read. ``scalars`` are the
    last scalar and the last quoted one of several lines, ``flows`` the lists and mappings in brackets that are open.
    """

    reach: int
    context: int
    message: str
    scalars: tuple[int, ...] = ()
    flows: tuple[int, ...] = ()


class Reading(NamedTuple):
    """The documents of a text as far as they could be read, the places of all scalars, and what stopped the reading."""

    documents: tuple[Node, ...]
    scalars: tuple[Span, ...]
    failure: Failure | None


class _Open:
    """A list or mapping whose end has not come; what stands in it so far, keys and values alike."""

    __slots__ = ("anchor", "flow", "is_mapping", "nodes")

    def __init__(self, anchor: str | None, flow: int | None, *, is_mapping: bool) -> None:
        self.anchor = anchor
        self.flow = flow
        self.is_mapping = is_mapping
        self.nodes: list[Node | None] = []

    def node(self) -> Node:
        if not self.is_mapping:
            return Sequence(tuple(node for node in self.nodes if node is not None))
        pairs = zip(self.nodes[::2], self.nodes[1::2], strict=False)
        first = self.nodes[0] if self.nodes else None
        return Mapping(
            tuple((key.value, value) for key, value in pairs if isinstance(key, Scalar) and value is not None),
            first if isinstance(first, Scalar) else None,
        )


def read(text: str) -> Reading:
    """Read a text that YAML allows all characters of; raises nothing."""
    return _Reader(text).read()


class _Reader:
    """One pass over the events of a text."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._open: list[_Open] = []
        self._documents: list[Node] = []
        self._anchors: dict[str, Node] = {}
        self._scalars: list[Span] = []
        self._last_long: int | None = None

    def read(self) -> Reading:
        failure: Failure | None = None
        try:
            for event in _events(self._text):
                self._take(event)
                if len(self._open) > MAX_DEPTH:
                    at = _index(event.start_mark, 0)
                    failure = Failure(at, at, f"nested too deep: at most {MAX_DEPTH} levels are read")
                    break
        except yaml.MarkedYAMLError as error:
            failure = self._failure(error)
        while self._open:
            self._close()
        return Reading(tuple(self._documents), tuple(self._scalars), failure)

    def _failure(self, error: yaml.MarkedYAMLError) -> Failure:
        reach = _index(error.problem_mark, len(self._text))
        scalars = (self._scalars[-1].start,) if self._scalars else ()
        return Failure(
            reach,
            _index(error.context_mark, reach),
            error.problem or "",
            scalars if self._last_long is None else (self._last_long, *scalars),
            tuple(one.flow for one in self._open if one.flow is not None),
        )

    def _take(self, event: yaml.Event) -> None:
        start, end = event.start_mark, event.end_mark
        if isinstance(event, yaml.ScalarEvent):
            span = Span(_index(start, 0), _index(end, 0))
            self._scalars.append(span)
            if event.style in {'"', "'"} and start and end and start.line != end.line:
                self._last_long = span.start
            self._add(Scalar(event.value, span), event.anchor)
        elif isinstance(event, yaml.AliasEvent):
            self._add(self._anchors.get(event.anchor or ""), None)
        elif isinstance(event, yaml.CollectionStartEvent):
            flow = _index(start, 0) if event.flow_style else None
            self._open.append(_Open(event.anchor, flow, is_mapping=isinstance(event, yaml.MappingStartEvent)))
        elif isinstance(event, yaml.CollectionEndEvent):
            self._close()

    def _close(self) -> None:
        closed = self._open.pop()
        self._add(closed.node(), closed.anchor)

    def _add(self, node: Node | None, anchor: str | None) -> None:
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
