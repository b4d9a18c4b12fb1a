"""What a YAML document consists of, as far as dependency files need it: scalars, lists, mappings, with their places."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mothball.model.records import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from mothball.model.document import Span

_MERGE = "<<"
# A mapping may be merged into thousands of others, and would be searched for each of them; no honest one is as large.
_MAX_MERGED = 50


class YamlScalar(NamedTuple):
    """A scalar: its value, and its place in the text that was read, with its quotes."""

    value: str
    span: Span


class YamlSequence(NamedTuple):
    """A list."""

    items: tuple[YamlNode, ...]


class YamlMapping(NamedTuple):
    """A mapping. A key that is no scalar is left out together with its value; one that is there twice is kept twice.

    ``first`` is its first key, None where that is no scalar.
    """

    pairs: tuple[tuple[str, YamlNode], ...]
    first: YamlScalar | None = None

    def values(self, key: str) -> list[YamlNode]:
        """Return the values of ``key``, from the mappings that are merged in (``<<``) where it is not there itself."""
        own = [value for name, value in self.pairs if name == key]
        if own:
            return own
        merged = [value for name, value in self.pairs if name == _MERGE][:_MAX_MERGED]
        merged += [item for node in merged for item in list_items(node)[:_MAX_MERGED]]
        mappings = [node for node in merged if isinstance(node, YamlMapping)]
        return [value for node in mappings for name, value in node.pairs[:_MAX_MERGED] if name == key]

    def text(self, key: str) -> str:
        """Return the scalar that ``key`` has for its value, empty where there is none."""
        return next((value.value for value in self.values(key) if isinstance(value, YamlScalar)), "")


YamlNode = YamlScalar | YamlSequence | YamlMapping


def list_items(node: YamlNode | None) -> tuple[YamlNode, ...]:
    """Return the items of a list; nothing for anything else."""
    return node.items if isinstance(node, YamlSequence) else ()


def unvisited(nodes: Iterable[YamlNode], seen: set[int]) -> Iterator[YamlNode]:
    """Yield those of ``nodes`` that are not in ``seen`` by identity, and put them there.

    Aliases can lead to one node ten thousand times; what is read once takes time linear in the file.
    """
    for node in nodes:
        if id(node) not in seen:
            seen.add(id(node))
            yield node
