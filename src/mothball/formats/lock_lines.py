"""Locks in the layout in which tools write them, read line by line at a fraction of what a TOML parser costs.

Lines of one shape are alike, and so are packages whose keys follow one another in the same order: what ``lock_shapes``
and the TOML scanner's own rules say of the first holds for the others. What remains for each line is a look-up and,
where its value is wanted, a cut. A file with anything in it that is not certain to mean what a TOML parser would make
of it is declined whole.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mothball.formats.ignores import read_comment
from mothball.formats.lock_files import split_at_files
from mothball.formats.lock_shapes import FILES, SPACE, Kind, Shape, Step, Unusual, blank, code_end, judge, strings_in
from mothball.formats.lock_stanzas import NAME, Layout, Lock, Path, Stanza, Values, WrittenName, find
from mothball.formats.toml_tables import Definitions
from mothball.model import IgnoreComment, ParseProblem, Span
from mothball.records import NamedTuple, make

if TYPE_CHECKING:
    from collections.abc import Sequence

# Nothing of this may stand in a file that is read line by line, and "\r" only before "\n".
_FORBIDDEN = "".join(map(chr, [*range(9), 11, 12, *range(14, 32), 127]))

_ESCAPES = {"b": "\b", "t": "\t", "n": "\n", "f": "\f", "r": "\r", '"': '"', "\\": "\\"}
# Looking up a member of an enumeration costs more than a line should.
_HEADER, _PAIR, _OPENING, _ITEM, _CLOSING = Kind.HEADER, Kind.PAIR, Kind.OPENING, Kind.ITEM, Kind.CLOSING
_IN_TABLE = {Kind.NOTHING, _HEADER, _PAIR, _OPENING}
_IN_ARRAY = {Kind.NOTHING, _ITEM, _CLOSING}


class _Context(NamedTuple):
    """A table, or an array that runs over several lines, and what its lines mean, by shape.

    ``path`` is None where nothing is wanted: one such table and one such array stand for all of them.
    """

    path: Path | None
    in_package: bool
    in_array: bool
    plans: dict[str, _Plan]


class _Plan(NamedTuple):
    """What to do with a line of one shape in one context.

    ``steps`` are the values to keep. Most lines of interest have but one, their first string: ``path`` is then where it
    belongs. ``touched`` is the path of a key that is wanted whether or not it holds anything, ``inside`` what begins
    with this line; ``has_comment`` is whether a comment ends it.
    """

    kind: Kind
    shape: Shape
    number: int
    path: Path | None = None
    steps: tuple[Step, ...] = ()
    touched: Path | None = None
    inside: _Context | None = None
    has_comment: bool = False


def read_lines(text: str, layout: Layout) -> Lock | None:
    """Read a lock as its tool wrote it; None for any other, which may be as sound. Raises nothing."""
    pieces, lengths = split_at_files(text) if layout.skips_files else ([text], [])
    if _is_declined("".join(pieces)):
        return None
    try:
        return _Reader(layout, FILES.join(pieces), lengths).read()
    except Unusual:
        return None


def _is_declined(text: str) -> bool:
    """Return whether something stands in ``text`` that lines are not looked through for."""
    return any(character in text for character in _FORBIDDEN) or (
        "\r" in text and re.search(r"\r(?!\n)", text) is not None
    )


class _Reader:
    def __init__(self, layout: Layout, text: str, lengths: Sequence[int]) -> None:
        self._layout = layout
        self._text = text
        self._lengths = iter(lengths)
        self._shapes: list[Shape] = []
        self._numbers: dict[str, int] = {}
        self._outermost = _Context((), in_package=False, in_array=False, plans={})
        self._contexts: dict[tuple[Path | None, bool, bool], _Context] = {}
        self._definitions = Definitions()
        self._stanzas: list[Stanza] = []
        self._problems: list[ParseProblem] = []
        self._ignores: list[IgnoreComment] = []
        self._root: Values = {}
        # The package that is being read; its start is negative outside of all.
        self._start = -1
        self._name: WrittenName | None = None
        self._values = self._root
        # The numbers of the shapes that define something in it, and those of packages that are known to be sound.
        self._order: list[int] = []
        self._sound: set[tuple[int, ...]] = set()

    def read(self) -> Lock:
        context = table = self._outermost
        plans = context.plans
        following = 0
        last, after_last = "", 0
        for line, blanked in zip(self._text.split("\n"), blank(self._text), strict=True):
            start = following
            following += len(line) + 1
            plan = plans.get(blanked) or self._plan(context, blanked)
            kind, shape, number, path, steps, touched, inside, has_comment = plan
            behind = following - 1
            if has_comment:
                comment = self._read_comment(line, start)
                behind -= len(line) - comment
                line = line[:comment]  # noqa: PLW2901 - all that follows is about what stands before the comment
            if steps and (path is None or not self._take(path, shape.prefix, line, start)):
                self._take_all(plan, line, start)
            if kind is _ITEM or not kind:
                continue
            if kind is _HEADER:
                self._open_table(shape, start, after_last - len(last) + len(last.rstrip(SPACE)))
                table = inside or table
            elif touched is not None:
                self._values.setdefault(touched, [])
            if kind is not _CLOSING:
                self._order.append(number)
            if shape.has_files:
                length = next(self._lengths) - len(FILES)
                following += length
                behind += length
            context = inside or table
            plans = context.plans
            last, after_last = line, behind
        if context.in_array:
            raise Unusual
        self._finish(after_last - len(last) + len(last.rstrip(SPACE)))
        return Lock(tuple(self._stanzas), self._root, tuple(self._problems), tuple(self._ignores))

    def _read_comment(self, line: str, start: int) -> int:
        """Keep what the comment of a line tells us; return where in the line it begins."""
        begin = code_end(line)
        outcome = read_comment(line, Span(begin, len(line)))
        if isinstance(outcome, IgnoreComment):
            place = Span(outcome.span.start + start, outcome.span.end + start)
            self._ignores.append(outcome._replace(span=place, about=place))
        elif outcome is not None:
            self._problems.append(outcome._replace(span=Span(outcome.span.start + start, outcome.span.end + start)))
        return begin

    # --- tables -------------------------------------------------------------------------------------------------------

    def _inside(self, path: Path | None, *, in_package: bool, in_array: bool = False) -> _Context:
        """Return the table or array at ``path``."""
        found = find(path, self._wanted(in_package=in_package)) if path else None
        kept = () if path == () else found[0] if found else None
        key = (kept, in_package, in_array)
        if key not in self._contexts:
            self._contexts[key] = _Context(kept, in_package, in_array, {})
        return self._contexts[key]

    def _wanted(self, *, in_package: bool) -> tuple[Path, ...]:
        return self._layout.package if in_package else self._layout.root

    def _open_table(self, shape: Shape, start: int, end: int) -> None:
        if shape.keys[0].name != self._layout.array:
            self._finish(end)
        elif len(shape.keys) == 1 and shape.is_array:
            self._finish(end)
            self._start, self._values = start, {}
        elif self._start < 0 or len(shape.keys) == 1:
            raise Unusual

    def _finish(self, end: int) -> None:
        """End a package, or what stands outside of packages, and see to it that nothing is defined twice.

        Packages are elements of one array: those with the same keys in the same order are sound together, or not.
        """
        order = tuple(self._order)
        if self._start < 0 or order not in self._sound:
            self._define(order)
        if self._start >= 0:
            self._sound.add(order)
            self._stanzas.append(make(Stanza, (make(Span, (self._start, end)), self._name, self._values, True)))
        self._start, self._name, self._values, self._order = -1, None, self._root, []

    def _define(self, order: tuple[int, ...]) -> None:
        for number in order:
            shape = self._shapes[number]
            if shape.kind is _HEADER:
                _, complaint = self._definitions.open_table(shape.keys, is_array=shape.is_array)
            else:
                complaint = self._definitions.define(shape.keys)
            if complaint:
                raise Unusual

    # --- lines --------------------------------------------------------------------------------------------------------

    def _plan(self, context: _Context, blanked: str) -> _Plan:
        """Make and remember the plan for a shape that stands in ``context`` for the first time."""
        code = blanked[: code_end(blanked)]
        number = self._numbers.get(code)
        if number is None:
            number = self._numbers[code] = len(self._shapes)
            self._shapes.append(judge(code))
        shape = self._shapes[number]
        if shape.kind not in (_IN_ARRAY if context.in_array else _IN_TABLE):
            raise Unusual
        plan = _Plan(shape.kind, shape, number)
        in_package = context.in_package
        if shape.kind is _HEADER:
            names = tuple(key.name for key in shape.keys)
            in_package = names[0] == self._layout.array
            plan = plan._replace(inside=self._inside(names[1:] if in_package else names, in_package=in_package))
        elif shape.kind in {_PAIR, _OPENING, _ITEM}:
            plan = self._plan_value(context, plan)
        plan = plan._replace(has_comment=len(code) < len(blanked))
        # How long the files before a comment are is not known.
        if plan.has_comment and shape.has_files:
            raise Unusual
        context.plans[blanked] = plan
        return plan

    def _plan_value(self, context: _Context, plan: _Plan) -> _Plan:
        shape = plan.shape
        names = tuple(key.name for key in shape.keys)
        if context is self._outermost and names[0] == self._layout.array:
            raise Unusual  # packages as inline tables
        path = None if context.path is None else context.path + names
        if shape.kind is _OPENING:
            plan = plan._replace(inside=self._inside(path, in_package=context.in_package, in_array=True))
        if path is None:
            return plan
        wanted = self._wanted(in_package=context.in_package)
        own = find(path, wanted) if names else None
        if context.in_package and path == NAME and shape.is_string and shape.kind is _PAIR:
            steps: tuple[Step, ...] = (shape.leaves[0]._replace(path=NAME),)
        else:
            found = [(find(path + step.path, wanted), step) for step in shape.leaves]
            steps = tuple(step._replace(path=kept[0]) for kept, step in found if kept and kept[1])
        first = steps[0].path if len(steps) == 1 and steps[0].place == 0 else None
        return plan._replace(path=first, steps=steps, touched=own[0] if own and own[1] else None)

    def _take(self, path: Path, prefix: str, line: str, start: int) -> bool:
        """Keep the first string of a line, which follows ``prefix``; False where it is not written the plain way."""
        if "\\" in line or not line.startswith(prefix):
            return False
        begin = len(prefix)
        end = line.index('"', begin)
        values = self._values
        if path is NAME:
            self._name = make(WrittenName, (line[begin:end], make(Span, (start + begin, start + end))))
        elif path in values:
            values[path].append(line[begin:end])
        else:
            values[path] = [line[begin:end]]
        return True

    def _take_all(self, plan: _Plan, line: str, start: int) -> None:
        """Keep the strings and booleans of a line, however they are written."""
        strings = strings_in(line)
        if len(strings) != plan.shape.strings:
            raise Unusual
        for path, place, constant in plan.steps:
            if constant is not None:
                self._values.setdefault(path, []).append(constant)
                continue
            string = strings[place]
            raw = string[0][1:-1]
            value = raw if string[0][0] == "'" else re.sub(r"\\(.)", lambda escape: _ESCAPES[escape[1]], raw)
            if path is NAME:
                self._name = WrittenName(value, Span(start + string.start() + 1, start + string.end() - 1))
            else:
                self._values.setdefault(path, []).append(value)
