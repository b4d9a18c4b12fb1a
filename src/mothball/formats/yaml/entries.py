"""Read lists of requirements in YAML files, with each item as a line of a requirements file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mothball.formats.ignores import COMMENT_FORM, may_hold_ignore_comment
from mothball.formats.requirements.strings import Item, Section, read_pip_lines
from mothball.formats.source_map import SourcePart, source_map
from mothball.formats.yaml.scan import (
    YamlMapping,
    YamlNode,
    YamlScalar,
    list_items,
    unvisited,
)
from mothball.model.document import ParseProblem

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from mothball.formats.yaml.scan import YamlScan

# Options that take the next item as their value if the items are command-line arguments.
_WITH_VALUE = frozenset(
    {"-c", "-e", "-f", "-i", "-r", "--constraint", "--editable", "--extra-index-url", "--find-links", "--index-url"}
    | {"--requirement", "--trusted-host"}
)


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
        lines.append(SourcePart(" " if as_arguments and content.text.strip() in _WITH_VALUE else "\n", end, end))
