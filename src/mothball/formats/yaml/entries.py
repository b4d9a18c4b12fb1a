"""Lists of requirements in YAML files: each item as a line that pip reads."""

from __future__ import annotations

from operator import attrgetter
from typing import TYPE_CHECKING

from mothball.formats.ignores import COMMENT_FORM, may_hold_ignore_comment
from mothball.formats.requirements.strings import Section, read_pip_lines
from mothball.formats.source_map import SourcePart, source_map
from mothball.formats.yaml.nodes import YamlMapping, YamlNode, YamlScalar, list_items, unvisited
from mothball.model.document import Dependency, Document, Include, IndexOption, ParseProblem, UnnamedEntry

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from mothball.formats.yaml.scan import YamlScan

# Options that take their value from the next item, where the items are the words of a command line.
_WITH_VALUE = frozenset(
    {"-c", "-e", "-f", "-i", "-r", "--constraint", "--editable", "--extra-index-url", "--find-links", "--index-url"}
    | {"--requirement", "--trusted-host"}
)


def read_pip_lists(scan: YamlScan, lists: Iterable[tuple[YamlNode, Section]], *, words: bool = False) -> Document:
    """Read ``lists``, each with the section that its entries belong to; none may be there twice.

    The items are lines, or, with ``words``, the words that pip is called with. The result holds the problems and the
    ignore comments of the whole file; its format is that of a requirements file.
    """
    ignores, bad_comments = scan.comments()
    dependencies: list[Dependency] = []
    problems = [*bad_comments]
    includes: list[Include] = []
    index_options: list[IndexOption] = []
    unnamed: list[UnnamedEntry] = []
    for node, section in lists:
        lines: list[SourcePart] = []
        for item in unvisited(list_items(node), set()):
            problems += _read_item(scan, item, lines, words=words)
        joined = source_map(lines)
        document = read_pip_lines(joined.text, joined.locate, section)
        dependencies += document.dependencies
        problems += document.problems
        includes += document.includes
        index_options += document.index_options
        unnamed += document.unnamed
    return Document(
        "requirements",
        tuple(sorted(dependencies, key=attrgetter("name_span"))),
        tuple(sorted(problems)),
        tuple(ignores),
        tuple(sorted(includes)),
        tuple(sorted(index_options)),
        unnamed=tuple(sorted(unnamed)),
    )


def _read_item(scan: YamlScan, item: YamlNode, lines: list[SourcePart], *, words: bool) -> Iterator[ParseProblem]:
    """Put an item behind the ``lines`` that are read together; yield what is wrong with it as an item."""
    if not isinstance(item, YamlScalar):
        if isinstance(item, YamlMapping) and item.first is not None:
            ours = may_hold_ignore_comment(item.first.value)
            help_text = COMMENT_FORM if ours else "take the `:` away, or put quotes around the whole"
            yield ParseProblem(item.first.span, "a mapping where a requirement is wanted", help_text)
        return
    content = scan.content(item)
    if content is None:
        yield ParseProblem(item.span, "a requirement that runs over several lines", "write it on one line")
    else:
        end = item.span.end
        lines += content.parts(0, len(content.text))
        lines.append(SourcePart(" " if words and content.text.strip() in _WITH_VALUE else "\n", end, end))
