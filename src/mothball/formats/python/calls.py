"""Read the arguments of ``setup()`` calls in Python source, as far as they are literals. Nothing is executed."""

from __future__ import annotations

import ast
import re
import warnings
from bisect import bisect_left
from collections import deque
from itertools import accumulate
from typing import TYPE_CHECKING

from mothball.model.document import Span
from mothball.model.records import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

_SETUP = "setup"
_LINE_END = re.compile(r"\r\n|\r|\n")
_LIST_TYPES = frozenset({"frozenset", "list", "set", "sorted", "tuple"})
_ADDING = frozenset({"append", "extend", "update"})
# So many values of a name are searched for a string that is no requirement.
_MAX_VALUES = 10


class StringLiteral(NamedTuple):
    """A string in a list of requirements, or several that are added up.

    ``is_template`` is true if the program fills in a part of it, ``is_words`` if each of its words is an entry.
    """

    span: Span
    section: str
    is_template: bool = False
    is_words: bool = False


class SetupArguments(NamedTuple):
    """What was read of the ``setup()`` calls of a file.

    ``name`` is the project's, empty if it is no literal. ``computed`` are the offsets of expressions that are no
    literals, nor made of literals that were read, each with its argument. ``strings`` are those of all strings.
    """

    name: str
    literals: tuple[StringLiteral, ...]
    computed: tuple[tuple[str, Span], ...]
    strings: tuple[Span, ...]


class InvalidPython(NamedTuple):
    """The offset of the syntax error in source that Python's parser rejects."""

    offset: int


def read_setup(text: str, lists: Collection[str], table: str) -> SetupArguments | InvalidPython:
    """Find the strings that arguments of ``setup()`` hold: those in ``lists``, and ``table``, a dict of lists."""
    offsets = _Offsets(text)
    tree = _parse(text, offsets)
    return tree if isinstance(tree, InvalidPython) else _Setup(tree, offsets, lists, table).read()


def find_lists(text: str) -> list[tuple[Span, tuple[Span, ...]]]:
    """Return the place of each list display in ``text``, with the offsets of its items; none if that is no Python."""
    offsets = _Offsets(text)
    tree = _parse(text, offsets)
    if isinstance(tree, InvalidPython):
        return []
    lists = (node for node in ast.walk(tree) if isinstance(node, ast.List))
    return [(offsets.span(node), tuple(map(offsets.span, node.elts))) for node in lists]


def _parse(text: str, offsets: _Offsets) -> ast.Module | InvalidPython:
    try:
        # Python warns of odd escapes, which are not mothball's to report.
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(text)
    except SyntaxError as error:
        return InvalidPython(offsets.offset(error.lineno or 1, (error.offset or 1) - 1))
    except (RecursionError, MemoryError, ValueError):  # nested too deeply, or binary
        return InvalidPython(0)


class _Offsets:
    """Convert the lines and columns of ``ast``, which count bytes of UTF-8, to offsets into the text."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._starts = [0, *(end.end() for end in _LINE_END.finditer(text))]
        self._columns: dict[int, Sequence[int]] = {}

    def span(self, node: ast.expr) -> Span:
        end_line, end_column = node.end_lineno or node.lineno, node.end_col_offset or 0
        return Span(self._offset(node.lineno, node.col_offset), self._offset(end_line, end_column))

    def offset(self, line: int, column: int) -> int:
        """Return the offset of a column in code points, as syntax errors have it."""
        start, end = self._bounds(min(max(line, 1), len(self._starts)))
        return min(max(start, start + column), end)

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
    """Reads the calls of ``setup`` in a tree, and the values of the names in their arguments.

    Each expression is read once, however many names lead to it.
    """

    def __init__(self, tree: ast.Module, offsets: _Offsets, lists: Collection[str], table: str) -> None:
        self._offsets = offsets
        self._lists = lists
        self._table = table
        # All values that a name has in the file, added ones among them; of ``x["key"] = value``, a dict.
        self._values: dict[str, list[ast.expr]] = {}
        self._by_key: dict[str, dict[object, list[ast.expr]]] = {}
        self._calls: list[ast.Call] = []
        self._setups = {_SETUP}
        self._strings: list[Span] = []
        self._seen: set[ast.expr] = set()
        self._followed: set[object] = set()
        self._computed: list[tuple[str, ast.expr]] = []
        self._has_lists = False
        self._name = ""
        for node in ast.walk(tree):
            self._note(node)

    def read(self) -> SetupArguments:
        literals = tuple(literal for call in self._calls if self._is_setup(call) for literal in self._read_call(call))
        computed = tuple(
            (argument, self._offsets.span(node))
            for argument, node in self._computed
            if not self._is_from_literals(node) and (argument or not self._has_lists)
        )
        return SetupArguments(self._name, literals, computed, tuple(sorted(self._strings)))

    # --- what the file holds ------------------------------------------------------------------------------------------

    def _note(self, node: ast.AST) -> None:
        match node:
            case ast.Constant(value=str()) | ast.JoinedStr():
                self._strings.append(self._offsets.span(node))
            case ast.ImportFrom():
                self._setups.update(one.asname for one in node.names if one.name == _SETUP and one.asname)
            case ast.Assign():
                for target in node.targets:
                    self._note_value(target, node.value)
            case ast.AnnAssign(value=ast.expr() as value) | ast.AugAssign(value=value) | ast.For(iter=value):
                self._note_value(node.target, value)
            case ast.Call(func=ast.Attribute(value=target, attr=name)) if name in _ADDING:
                keys: list[ast.expr | None] = [ast.Constant(one.arg) for one in node.keywords]
                for value in (*node.args, ast.Dict(keys, [one.value for one in node.keywords])):
                    self._note_value(target, value)
            case ast.Call():
                self._calls.append(node)
            case _:
                pass

    def _note_value(self, target: ast.expr, value: ast.expr) -> None:
        match target:
            case ast.Name(id=name):
                self._values.setdefault(name, []).append(value)
            case ast.Subscript(value=ast.Name(id=name), slice=key):
                self._values.setdefault(name, []).append(ast.Dict([key], [value]))
            case ast.Tuple():
                for one in target.elts:
                    self._note_value(one, value)
            case _:
                pass

    def _is_setup(self, call: ast.Call) -> bool:
        function = call.func
        return (
            function.id in self._setups if isinstance(function, ast.Name) else getattr(function, "attr", "") == _SETUP
        )

    # --- what the arguments hold --------------------------------------------------------------------------------------

    def _read_call(self, call: ast.Call) -> Iterator[StringLiteral]:
        for keyword in call.keywords:
            if keyword.arg is not None:
                yield from self._read_argument(keyword.arg, keyword.value)
            else:
                for name, value in self._entries(keyword.value, ""):
                    yield from self._read_argument(name, value)

    def _read_argument(self, name: str, value: ast.expr) -> Iterator[StringLiteral]:
        self._has_lists = self._has_lists or name in self._lists or name == self._table
        if name in self._lists:
            yield from self._list(value, name, f"{_SETUP}.{name}")
        elif name == self._table:
            for key, entries in self._entries(value, name):
                yield from self._list(entries, name, f"{_SETUP}.{name}.{key}")
        elif name == "name":
            self._name = self._name or self._text(value)

    def _entries(self, node: ast.expr, argument: str) -> Iterator[tuple[str, ast.expr]]:
        """Yield the keys and values of a dict; a key that is no literal is empty."""
        for leaf in self._leaves(node):
            match leaf:
                case ast.Dict():
                    for key, value in zip(leaf.keys, leaf.values, strict=True):
                        if key is None:
                            yield from self._entries(value, argument)
                        else:
                            yield self._text(key), value
                case ast.Call(func=ast.Name(id="dict")):
                    for keyword in (*leaf.keywords, *(ast.keyword(None, value) for value in leaf.args)):
                        if keyword.arg is None:
                            yield from self._entries(keyword.value, argument)
                        else:
                            yield keyword.arg, keyword.value
                case ast.Constant():
                    pass
                case _:
                    self._computed.append((argument, leaf))

    def _list(self, node: ast.expr, argument: str, section: str) -> Iterator[StringLiteral]:
        """Yield the strings of a list, or the one that stands for it."""
        for leaf in self._leaves(node):
            literal = self._literal(leaf, section)
            match leaf:
                case _ if literal:
                    yield literal
                case ast.Call(
                    func=ast.Attribute(value=ast.Constant(value=str()) as words, attr="split"), args=[], keywords=[]
                ):
                    yield StringLiteral(self._offsets.span(words), section, is_words=True)
                case ast.Constant() | ast.Dict(keys=[]):
                    pass
                case _:
                    self._computed.append((argument, leaf))

    def _literal(self, node: ast.expr, section: str) -> StringLiteral | None:
        """Return the string that ``node`` is, adds up or fills in, None if it does neither."""
        summands = _summands(node)
        first = [_first_literal(one) for one in summands]
        if not any(first):
            return None
        is_plain = first == summands and not any(isinstance(one, ast.FormattedValue) for one in ast.walk(node))
        start = self._offsets.span(first[0] or summands[0]).start
        return StringLiteral(Span(start, self._offsets.span(summands[-1]).end), section, is_template=not is_plain)

    def _leaves(self, node: ast.expr) -> Iterator[ast.expr]:
        """Yield what an expression is made of, with names and constant keys of dicts replaced by their values."""
        waiting = deque([node])
        while waiting:
            node = waiting.popleft()
            if node in self._seen:
                continue
            self._seen.add(node)
            match node:
                case ast.Name(id=name) if name in self._values:
                    waiting += self._follow(name, self._values[name])
                case ast.Subscript(value=ast.Name(id=name), slice=ast.Constant(value=key)) if values := self._at(
                    name, key
                ):
                    waiting += self._follow((name, key), values)
                case _ if (parts := _parts(node)) is not None:
                    waiting += parts
                case _:
                    yield node

    def _follow(self, name: object, values: list[ast.expr]) -> list[ast.expr]:
        """Return the values of a name, or of a key of a dict, if it was not followed before."""
        is_first = name not in self._followed
        self._followed.add(name)
        return values if is_first else []

    def _at(self, name: str, key: object) -> list[ast.expr]:
        """Return the values that the dict called ``name`` has for a constant key."""
        if name not in self._by_key:
            by_key = self._by_key[name] = {}
            dicts = [one for one in self._values.get(name, ()) if isinstance(one, ast.Dict)]
            for one, value in (pair for each in dicts for pair in zip(each.keys, each.values, strict=True)):
                if isinstance(one, ast.Constant):
                    by_key.setdefault(one.value, []).append(value)
        return self._by_key[name].get(key, [])

    def _text(self, node: ast.expr) -> str:
        """Return the string that ``node`` is or names, empty if it is not in the file."""
        known = self._values.get(node.id, [])[:_MAX_VALUES] if isinstance(node, ast.Name) else [node]
        return next((one.value for one in known if isinstance(one, ast.Constant) and isinstance(one.value, str)), "")

    def _is_from_literals(self, node: ast.expr) -> bool:
        """Return True if an expression is made of a list or dict that was read: ``sum(extras.values(), [])``."""
        return any(isinstance(one, ast.Name) and one.id in self._followed for one in ast.walk(node))


def _first_literal(node: ast.expr) -> ast.expr | None:
    """Return the string literal that ``node`` is or fills in, None if it is neither."""
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
    """Return what is added in ``node``, in its order; ``node`` itself if it adds nothing."""
    summands: list[ast.expr] = []
    waiting = [node]
    while waiting:
        match node := waiting.pop():
            case ast.BinOp(op=ast.Add()):
                waiting += (node.right, node.left)
            case _:
                summands.append(node)
    return summands


def _parts(node: ast.expr) -> Sequence[ast.expr] | None:
    """Return the expressions that ``node`` puts together to a list, or chooses from; None if it does neither."""
    match node:
        case ast.List(elts=parts) | ast.Tuple(elts=parts) | ast.Set(elts=parts) | ast.BoolOp(values=parts):
            return parts
        case ast.BinOp(op=ast.Add()):
            # Adding to a string makes a string, and anything else a list.
            summands = _summands(node)
            return None if any(map(_first_literal, summands)) else summands
        case ast.BinOp(op=ast.BitOr(), left=first, right=second) | ast.IfExp(body=first, orelse=second):
            return first, second
        case ast.Starred(value=value):
            return (value,)
        case ast.Call(func=ast.Name(id=name), args=parts) if name in _LIST_TYPES:
            return parts
        case _:
            return None
