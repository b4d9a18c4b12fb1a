"""The arguments of a ``setup()`` call in Python source, as far as they stand there as literals. Nothing is executed."""

from __future__ import annotations

import ast
import re
import warnings
from bisect import bisect_left
from itertools import accumulate
from typing import TYPE_CHECKING

from mothball.hygiene import one_line
from mothball.model import ParseProblem, Span
from mothball.records import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

_SETUP = "setup"
_SHOWN = 100
_LINE_END = re.compile(r"\r\n|\r|\n")
_LIST_TYPES = frozenset({"frozenset", "list", "set", "sorted", "tuple"})
_ADDING = frozenset({"append", "extend", "update"})


class Literal(NamedTuple):
    """A string in a list of requirements, or several that are added: where that stands, and in which list.

    ``is_template`` is set where something is filled in: by ``%``, by ``str.format``, in a formatted string, by adding
    what is no literal. ``unknown`` are the places inside of ``span`` that hold no literal.
    """

    span: Span
    section: str
    is_template: bool = False
    unknown: tuple[Span, ...] = ()


class SetupCall(NamedTuple):
    """What could be seen of the ``setup()`` calls of a file.

    ``name`` is the project's, empty where it could not be seen. ``strings`` are the places of all strings in the file.
    """

    name: str
    literals: tuple[Literal, ...]
    strings: tuple[Span, ...]


class NoPython(NamedTuple):
    """What Python's parser refuses: what is wrong, and the whole line at which it stopped."""

    problem: ParseProblem
    line: Span


def read_setup(text: str, lists: Collection[str], table: str) -> SetupCall | NoPython:
    """Find the strings that arguments of ``setup()`` hold: those in ``lists``, and ``table``, a dict of lists."""
    places = _Places(text)
    tree = _parse(text, places)
    return tree if isinstance(tree, NoPython) else _Setup(tree, places, lists, table).read()


def read_lists(text: str) -> list[tuple[Span, tuple[Span, ...]]]:
    """Return the place of each list display in ``text``, with the places of its items; none where that is no Python."""
    places = _Places(text)
    tree = _parse(text, places)
    if isinstance(tree, NoPython):
        return []
    lists = (node for node in ast.walk(tree) if isinstance(node, ast.List))
    return [(places.span(node), tuple(map(places.span, node.elts))) for node in lists]


def _parse(text: str, places: _Places) -> ast.Module | NoPython:
    try:
        # Python warns of odd escapes; nobody asked for that here.
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(text)
    except SyntaxError as error:
        line = error.lineno or 1
        problem = ParseProblem(
            places.rest_of_line(line, (error.offset or 1) - 1),
            f"invalid Python: {one_line(error.msg, _SHOWN)}",
            "correct it, then it is read",
        )
        return NoPython(problem, places.rest_of_line(line, 0))
    except (RecursionError, MemoryError, ValueError):
        problem = ParseProblem(
            Span(0, 0), "this is no Python that could be read", "is it nested too deeply, or binary?"
        )
        return NoPython(problem, Span(0, 0))


class _Places:
    """From the lines and columns of ``ast``, which count bytes of UTF-8, to offsets into the text."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._starts = [0, *(end.end() for end in _LINE_END.finditer(text))]
        self._columns: dict[int, Sequence[int]] = {}

    def span(self, node: ast.expr) -> Span:
        end_line, end_column = node.end_lineno or node.lineno, node.end_col_offset or 0
        return Span(self._offset(node.lineno, node.col_offset), self._offset(end_line, end_column))

    def rest_of_line(self, line: int, column: int) -> Span:
        """Return the place from a column, in code points, to the end of what stands on the line."""
        start, end = self._bounds(min(max(line, 1), len(self._starts)))
        place = min(max(start, start + column), end)
        return Span(place, max(place, start + len(self._text[start:end].rstrip())))

    def _bounds(self, line: int) -> tuple[int, int]:
        start = self._starts[line - 1]
        return start, self._starts[line] if line < len(self._starts) else len(self._text)

    def _offset(self, line: int, column: int) -> int:
        # Inside of a formatted string, early releases of Python place expressions anywhere.
        line = min(line, len(self._starts))
        return self._starts[line - 1] + bisect_left(self._bytes_before(line), column)

    def _bytes_before(self, line: int) -> Sequence[int]:
        """Return for each code point of ``line`` how many bytes stand before it; a long line is counted once."""
        known = self._columns.get(line)
        if known is None:
            start, end = self._bounds(line)
            content = self._text[start:end]
            sizes = (len(character.encode("utf-8", "surrogatepass")) for character in content)
            known = range(len(content) + 1) if content.isascii() else [*accumulate(sizes, initial=0)]
            self._columns[line] = known
        return known


class _Setup:
    """Looks for the calls of ``setup`` in a tree, and for what the names in their arguments stand for.

    A name is followed once: what it stands for is in the file once, however often it is used.
    """

    def __init__(self, tree: ast.Module, places: _Places, lists: Collection[str], table: str) -> None:
        self._places = places
        self._lists = lists
        self._table = table
        self._values: dict[str, list[ast.expr]] = {}
        self._items: dict[str, list[tuple[ast.expr, ast.expr]]] = {}
        self._calls: list[ast.Call] = []
        self._strings: list[Span] = []
        self._followed: set[str] = set()
        self._name = ""
        for node in ast.walk(tree):
            self._note(node)

    def read(self) -> SetupCall:
        literals = [literal for call in self._calls for literal in self._read_call(call)]
        return SetupCall(self._name, tuple(literals), tuple(sorted(self._strings)))

    # --- what the file holds ------------------------------------------------------------------------------------------

    def _note(self, node: ast.AST) -> None:
        match node:
            case ast.Constant(value=str()) | ast.JoinedStr():
                self._strings.append(self._places.span(node))
            case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name)) if name == _SETUP:
                self._calls.append(node)
            case ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr=method)) if method in _ADDING:
                self._values.setdefault(name, []).extend(node.args)
            case ast.Assign():
                for target in node.targets:
                    self._note_value(target, node.value)
            case ast.AnnAssign(value=ast.expr() as value) | ast.AugAssign(value=value):
                self._note_value(node.target, value)
            case _:
                pass

    def _note_value(self, target: ast.expr, value: ast.expr) -> None:
        match target:
            case ast.Name():
                self._values.setdefault(target.id, []).append(value)
            case ast.Subscript(value=ast.Name(id=name)):
                self._items.setdefault(name, []).append((target.slice, value))
            case _:
                pass

    # --- what the arguments hold --------------------------------------------------------------------------------------

    def _read_call(self, call: ast.Call) -> Iterator[Literal]:
        for keyword in call.keywords:
            if keyword.arg is not None:
                yield from self._read_argument(keyword.arg, keyword.value)
            else:
                for key, value in self._entries(keyword.value):
                    yield from self._read_argument(key, value)

    def _read_argument(self, name: str, value: ast.expr) -> Iterator[Literal]:
        if name in self._lists:
            yield from self._list(value, f"{_SETUP}.{name}")
        elif name == self._table:
            for key, entries in self._entries(value):
                yield from self._list(entries, f"{_SETUP}.{name}.{key}")
        elif name == "name":
            self._name = self._name or self._text(value)

    def _text(self, node: ast.expr) -> str:
        """Return the text that ``node`` is or is the name of, empty where that cannot be seen."""
        known = self._values.get(node.id, []) if isinstance(node, ast.Name) else [node]
        return next((one.value for one in known if isinstance(one, ast.Constant) and isinstance(one.value, str)), "")

    def _follow(self, name: str) -> bool:
        """Return whether ``name`` was not followed before."""
        is_new = name not in self._followed
        self._followed.add(name)
        return is_new

    def _entries(self, node: ast.expr) -> Iterator[tuple[str, ast.expr]]:
        """Yield the keys and values of a dict; a key that is no literal is empty."""
        waiting: list[ast.expr] = [node]
        while waiting:
            match node := waiting.pop():
                case ast.Dict():
                    waiting += (value for key, value in zip(node.keys, node.values, strict=True) if key is None)
                    for key, value in zip(node.keys, node.values, strict=True):
                        if key is not None:
                            yield self._text(key), value
                case ast.Call(func=ast.Name(id="dict")):
                    waiting += (*node.args, *(one.value for one in node.keywords if one.arg is None))
                    yield from ((one.arg, one.value) for one in node.keywords if one.arg is not None)
                case ast.Name() if self._follow(node.id):
                    waiting += self._values.get(node.id, ())
                    yield from ((self._text(key), value) for key, value in self._items.get(node.id, ()))
                case ast.BinOp() | ast.IfExp():
                    waiting += _parts(node)
                case _:
                    pass

    def _list(self, node: ast.expr, section: str) -> Iterator[Literal]:
        """Yield the strings of a list, or the one that stands for it."""
        waiting: list[ast.expr] = [node]
        while waiting:
            match node := waiting.pop():
                case ast.BinOp(op=ast.Add()):
                    # Adding to a string makes a string, and anything else a list.
                    summands = _summands(node)
                    if any(_template(one) for one in summands):
                        yield self._sum(summands, section)
                    else:
                        waiting += summands
                case ast.Name():
                    waiting += self._values.get(node.id, ()) if self._follow(node.id) else ()
                case _ if template := _template(node):
                    is_template = template is not node or isinstance(node, ast.JoinedStr)
                    yield Literal(self._places.span(template), section, is_template=is_template)
                case _:
                    waiting += _parts(node)

    def _sum(self, summands: Sequence[ast.expr], section: str) -> Literal:
        """Return the string that ``summands`` make, some of which are no literals."""
        unknown: list[Span] = []
        is_plain = True
        for one in summands:
            template, place = _template(one), self._places.span(one)
            is_plain = is_plain and isinstance(template, ast.Constant) and template is one
            if template is not one:
                # Behind a template there stands what fills it in.
                unknown.append(Span(self._places.span(template).end, place.end) if template else place)
        whole = Span(self._places.span(summands[0]).start, self._places.span(summands[-1]).end)
        return Literal(whole, section, is_template=not is_plain, unknown=tuple(unknown))


def _template(node: ast.expr) -> ast.expr | None:
    """Return the literal that ``node`` is or fills in; None where it is no string that could be seen."""
    match node:
        case ast.Constant(value=str()) | ast.JoinedStr():
            return node
        case (
            ast.BinOp(op=ast.Mod(), left=ast.Constant(value=str()) as template)
            | ast.Call(func=ast.Attribute(attr="format", value=ast.Constant(value=str()) as template))
        ):
            return template
        case _:
            return None


def _summands(node: ast.expr) -> list[ast.expr]:
    """Return what is added in ``node``, in its order."""
    summands: list[ast.expr] = []
    waiting = [node]
    while waiting:
        match node := waiting.pop():
            case ast.BinOp(op=ast.Add()):
                waiting += (node.right, node.left)
            case _:
                summands.append(node)
    return summands


def _parts(node: ast.expr) -> Sequence[ast.expr]:
    """Return the expressions that ``node`` puts together to a list, or chooses from."""
    parts: Sequence[ast.expr] = ()
    match node:
        case ast.List() | ast.Tuple() | ast.Set():
            parts = node.elts
        case ast.BinOp(op=ast.Add() | ast.BitOr()):
            parts = (node.left, node.right)
        case ast.IfExp():
            parts = (node.body, node.orelse)
        case ast.BoolOp():
            parts = node.values
        case ast.Starred():
            parts = (node.value,)
        case ast.Call(func=ast.Name(id=name)) if name in _LIST_TYPES:
            parts = node.args
        case _:
            pass
    return parts
