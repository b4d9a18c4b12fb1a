"""YAML nodes with positions: scalars, lists and mappings."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mothball.model.records import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from mothball.model.document import Span

_MERGE = "<<"
# Maximum number of merged mappings and of their keys: a mapping may be merged thousands of times and is searched each
# time. Real files stay far below.
_MAX_MERGED = 50


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
