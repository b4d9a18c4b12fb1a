"""An ignore comment beside an entry: ``# mothball: ignore[archived] reason``, where the entry's format will read it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from operator import attrgetter

from mothball.edits.model import Edit, apply
from mothball.edits.proof import fact, keeps_the_rest, read_again, said
from mothball.findings import Rule
from mothball.hygiene import one_line
from mothball.lines import LineTable
from mothball.model import Dependency, Document, IgnoreComment, Span
from mothball.sources import lines_of

# A lock in JSON: there are no comments in it.
_WITHOUT_COMMENTS = frozenset({"pipfile-lock"})
# In a requirements file an entry goes on as long as its lines end in a backslash; nobody writes a thousand hashes.
_MOST_LINES = 1000


def ignore_comment(
    text: str, document: Document, dependency: Dependency, rules: Sequence[Rule], reason: str
) -> Edit | None:
    """Return the edit after which a comment takes findings of ``rules`` on ``dependency`` out of the count.

    ``document`` is what the format made of ``text``, and ``dependency`` one of its entries. A comment that speaks of
    the entry already is extended by the rules that it lacks, and keeps its reason. ``reason`` is put on one line. None
    where nothing is lacking, the format has no comments, or the place cannot bear one: inside of a string, for example.

    A comment speaks of its whole line; ``also_covered`` tells which other entries stand there. In a lock it lasts until
    its tool writes the file anew: there, ``ignore_in_config`` is the better way.
    """
    if document.format in _WITHOUT_COMMENTS:
        return None
    reason = one_line(reason).rstrip("\\ ")
    lines = LineTable(text)
    beside = _comments_beside(document, dependency, lines)
    missing = tuple(rule for rule in dict.fromkeys(rules) if not any(rule in comment.rules for comment in beside))
    if not missing:
        return None
    edits: Iterable[Edit]
    if beside:
        wanted = ((*beside[-1].rules, *missing), beside[-1].reason or reason)
        edits = (_extended(text, beside[-1], missing, reason),)
    else:
        wanted = (missing, reason)
        edits = _places(dependency, lines, f"# mothball: ignore[{', '.join(missing)}] {reason}".rstrip())
    return next((edit for edit in edits if _is_right(apply(text, (edit,)), document, dependency, wanted)), None)


def also_covered(text: str, document: Document, dependency: Dependency, edit: Edit) -> tuple[Dependency, ...]:
    """Return the entries besides ``dependency`` that the comment of ``edit``, made by ``ignore_comment``, speaks of."""
    after_text = apply(text, (edit,))
    after = read_again(after_text, document)
    lines = LineTable(after_text)
    index = document.dependencies.index(dependency)
    comments = _comments_beside(after, after.dependencies[index], lines)
    covered = {line for comment in comments for line in lines_of(comment.about, lines)}
    return tuple(
        one
        for number, (one, moved) in enumerate(zip(document.dependencies, after.dependencies, strict=True))
        if number != index and not covered.isdisjoint(lines_of(moved.entry_span, lines))
    )


def _comments_beside(document: Document, dependency: Dependency, lines: LineTable) -> list[IgnoreComment]:
    """Return the ignore comments that speak of ``dependency``, in the order of the file."""
    entry = lines_of(dependency.entry_span, lines)
    found = []
    for comment in document.ignores:
        about = lines_of(comment.about, lines)
        if about.start < entry.stop and entry.start < about.stop:
            found.append(comment)
    return sorted(found, key=attrgetter("span"))


def _extended(text: str, comment: IgnoreComment, missing: Iterable[Rule], reason: str) -> Edit:
    """Return the edit that puts ``missing`` behind the rules of ``comment``, and a reason where it has none."""
    written = comment.span.of(text)
    before, _, behind = written.partition("[")
    listed, _, behind = behind.partition("]")
    named = listed.rstrip(" \t,")
    new = f"{before}[{', '.join((named, *missing))}]{behind}"
    return Edit(comment.span, new if comment.reason or not reason else f"{new} {reason}")


def _places(dependency: Dependency, lines: LineTable, comment: str) -> Iterator[Edit]:
    """Yield the edits that put ``comment`` at the end of a line where it may be read, the likeliest first."""
    own = lines_of(dependency.entry_span, lines)
    last = own.stop - 1
    name_line = lines.position(dependency.name_span.start).line
    candidates = [name_line, last]
    for _ in range(_MOST_LINES):
        if not lines.line(last).endswith("\\") or last == lines.count:
            break
        last += 1
    candidates.append(last)
    for number in dict.fromkeys(candidates):
        line = lines.line(number)
        start = lines.start(number)
        content = len(line.rstrip())
        yield Edit(Span(start + content, start + len(line)), f"  {comment}" if content else comment)


def _is_right(text: str, before: Document, dependency: Dependency, wanted: tuple[tuple[str, ...], str]) -> bool:
    """Return whether ``text`` says what the document ``before`` did, and that of ``wanted`` about ``dependency``."""
    after = read_again(text, before)
    if not keeps_the_rest(before, after) or [*map(fact, before.dependencies)] != [*map(fact, after.dependencies)]:
        return False
    index = before.dependencies.index(dependency)
    return wanted in map(said, _comments_beside(after, after.dependencies[index], LineTable(text)))
