"""Read the literal arguments of ``setup()`` calls in Python source. Nothing is executed."""

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
# What is computed if a key of a dict of arguments is not a literal.
_COMPUTED_KEYWORD = "a keyword of setup()"
_LINE_END = re.compile(r"\r\n|\r|\n")
_LIST_CONSTRUCTORS = frozenset({"frozenset", "list", "set", "sorted", "tuple"})
_ADDING_METHODS = frozenset({"append", "extend", "insert", "update"})
# Maximum number of assigned values that are searched for the string value of a name.
_MAX_VALUES = 10


class StringLiteral(NamedTuple):
    """A string in a list of requirements, or a concatenation of strings.

    ``is_template`` is True if parts of it are computed, ``is_words`` if each of its words is an entry.
    """

    span: Span
    section: str
    is_template: bool = False
    is_words: bool = False


class SetupArguments(NamedTuple):
    """The arguments of all ``setup()`` calls in a file.

    ``name`` is the project name, or empty if it is no literal. ``computed`` holds the argument name and span of each
    expression that neither is a literal nor is built from literals that were read. ``strings`` holds the spans of all
    strings in the file.
    """

    name: str
    literals: tuple[StringLiteral, ...]
    computed: tuple[tuple[str, Span], ...]
    strings: tuple[Span, ...]


class InvalidPython(NamedTuple):
    """The offset of a Python syntax error."""

    offset: int


def read_setup(text: str, lists: Collection[str], table: str) -> SetupArguments | InvalidPython:
    """Find the strings in arguments of ``setup()``: ``lists`` names the list arguments, ``table`` a dict of lists."""
    offsets = _Offsets(text)
    tree = _parse(text, offsets)
    return tree if isinstance(tree, InvalidPython) else _SetupReader(tree, offsets, lists, table).read()


def is_list_item(text: str, span: Span) -> bool:
    """Return True if ``span`` is an item of a list display in ``text``; False for invalid Python."""
    offsets = _Offsets(text)
    tree = _parse(text, offsets)
    nodes = () if isinstance(tree, InvalidPython) else ast.walk(tree)
    return any(offsets.span(item) == span for node in nodes if isinstance(node, ast.List) for item in node.elts)


def _parse(text: str, offsets: _Offsets) -> ast.Module | InvalidPython:
    try:
        # Invalid escapes cause warnings, which are irrelevant here.
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(text)
    except SyntaxError as error:
        return InvalidPython(offsets.offset(error.lineno or 1, (error.offset or 1) - 1))
    except (RecursionError, MemoryError, ValueError):  # nested too deeply, or binary
        return InvalidPython(0)


class _Offsets:
    """Convert the lines and columns of ``ast``, in UTF-8 bytes, to offsets in code points."""

    def __init__(self, text: str) -> None:
        self._starts = [0, *(end.end() for end in _LINE_END.finditer(text)), len(text)]
        sizes = (len(character.encode("utf-8", "surrogatepass")) for character in text)
        # The byte offset of each code point.
        self._bytes = range(len(text) + 1) if text.isascii() else [*accumulate(sizes, initial=0)]

    def span(self, node: ast.expr) -> Span:
        end_line, end_column = node.end_lineno or node.lineno, node.end_col_offset or 0
        return Span(self._offset(node.lineno, node.col_offset), self._offset(end_line, end_column))

    def offset(self, line: int, column: int) -> int:
        """Return the offset of a 0-based column in code points, the unit of syntax errors."""
        start, end = self._bounds(line)
        return min(max(start, start + column), end)

    def _offset(self, line: int, column: int) -> int:
        start, end = self._bounds(line)
        return min(bisect_left(self._bytes, self._bytes[start] + column), end)

    def _bounds(self, line: int) -> tuple[int, int]:
        # Some Python versions report wrong positions for expressions in f-strings.
        line = min(max(line, 1), len(self._starts) - 1)
        return self._starts[line - 1], self._starts[line]


class _SetupReader:
    """Collect the ``setup()`` calls of a syntax tree and the values of the names in their arguments.

    Each expression is read once, even if several names refer to it.
    """

    def __init__(self, tree: ast.Module, offsets: _Offsets, lists: Collection[str], table: str) -> None:
        self._offsets = offsets
        self._lists = lists
        self._table = table
        self._arguments = {*lists, table}
        # All values assigned or added to a name in the file; ``x["key"] = value`` is stored as a dict.
        self._values: dict[str, list[ast.expr]] = {}
        self._by_key: dict[str, dict[object, list[ast.expr]]] = {}
        self._calls: list[ast.Call] = []
        self._setups = {_SETUP}
        self._strings: list[Span] = []
        self._seen: set[ast.expr] = set()
        self._followed: set[object] = set()
        self._computed: list[tuple[str, ast.expr]] = []
        # The strings that are names of arguments, such as keys of a dict.
        self._list_names: list[ast.Constant] = []
        self._has_lists = False
        self._name = ""
        for node in ast.walk(tree):
            self._record(node)

    def read(self) -> SetupArguments:
        literals = tuple(literal for call in self._calls if self._is_setup(call) for literal in self._read_call(call))
        computed = tuple(
            (argument, self._offsets.span(node))
            for argument, node in self._computed
            if not self._is_from_literals(node) and (argument or not self._has_lists)
        )
        if not self._has_lists and not computed:
            # The lists are set in a way that was not followed.
            computed = tuple((str(node.value), self._offsets.span(node)) for node in self._list_names)
        return SetupArguments(self._name, literals, computed, tuple(sorted(self._strings)))

    # --- assignments and calls ----------------------------------------------------------------------------------------

    def _record(self, node: ast.AST) -> None:
        match node:
            case ast.Constant(value=str()) | ast.JoinedStr():
                self._strings.append(self._offsets.span(node))
                if isinstance(node, ast.Constant) and node.value in self._arguments:
                    self._list_names.append(node)
            case ast.ImportFrom():
                self._setups.update(alias.asname for alias in node.names if alias.name == _SETUP and alias.asname)
            case ast.Assign():
                self._record_assignment(node)
            case (
                ast.AnnAssign(value=ast.expr() as value)
                | ast.AugAssign(value=value)
                | ast.For(iter=value)
                | ast.NamedExpr(value=value)
            ):
                self._record_value(node.target, value)
            case ast.Call(func=ast.Attribute(value=target, attr=name)) if name in _ADDING_METHODS:
                keys: list[ast.expr | None] = [ast.Constant(keyword.arg) for keyword in node.keywords]
                items = ast.copy_location(ast.Dict(keys, [keyword.value for keyword in node.keywords]), node)
                for value in (*node.args, items):
                    self._record_value(target, value)
            case ast.Call():
                self._calls.append(node)
            case _:
                pass

    def _record_assignment(self, node: ast.Assign) -> None:
        for target in node.targets:
            self._record_value(target, node.value)
        # What is added to one name of a list is added to its other names, too.
        names = [name for name in (node.value, *node.targets) if isinstance(name, ast.Name)]
        for name in names[1:]:
            self._record_value(names[0], name)
            self._record_value(name, names[0])

    def _record_value(self, target: ast.expr, value: ast.expr) -> None:
        match target:
            case ast.Name(id=name):
                self._values.setdefault(name, []).append(value)
            case ast.Subscript(value=ast.Name(id=name), slice=key):
                item = ast.copy_location(ast.Dict([key], [value]), target)
                self._values.setdefault(name, []).append(item)
            case ast.Tuple():
                for element in target.elts:
                    self._record_value(element, value)
            case _:
                pass

    def _is_setup(self, call: ast.Call) -> bool:
        """Return True for a call of ``setup``, and for any other call with a list of requirements as an argument."""
        functions = [call.func]
        if isinstance(call.func, ast.Name):
            functions += self._values.get(call.func.id, [])[:_MAX_VALUES]
        is_named = any(
            function.id in self._setups if isinstance(function, ast.Name) else getattr(function, "attr", "") == _SETUP
            for function in functions
        )
        return is_named or any(keyword.arg in self._arguments for keyword in call.keywords)

    # --- arguments ----------------------------------------------------------------------------------------------------

    def _read_call(self, call: ast.Call) -> Iterator[StringLiteral]:
        # Arguments are read like the items of a dict: some of them may be in one, as in `setup(**arguments)`.
        for name, value in self._entries(ast.Call(ast.Name("dict"), [], call.keywords), ""):
            self._has_lists = self._has_lists or name in self._arguments
            if name in self._lists:
                yield from self._list(value, name, f"{_SETUP}.{name}")
            elif name == self._table:
                for key, entries in self._entries(value, name):
                    yield from self._list(entries, name, f"{_SETUP}.{name}.{key}")
            elif name == "name":
                self._name = self._name or self._text(value)

    def _entries(self, node: ast.expr, argument: str) -> Iterator[tuple[str, ast.expr]]:
        """Yield the keys and values of a dict; a computed key is an empty string."""
        for leaf in self._leaves(node):
            items = _dict_items(leaf)
            if items is None and not isinstance(leaf, ast.Constant):
                self._computed.append((argument, leaf))
            for key, value in items or ():
                if key is None:
                    yield from self._entries(value, argument)
                    continue
                text = self._text(key)
                if not argument and not text:
                    self._computed.append((_COMPUTED_KEYWORD, key))
                yield text, value

    def _list(self, node: ast.expr, argument: str, section: str) -> Iterator[StringLiteral]:
        """Yield the strings of a list, or a single string in place of the list."""
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
        """Return the literal, concatenated or formatted string at ``node``, or None."""
        operands = _operands(node)
        literals = [_first_literal(operand) for operand in operands]
        if not any(literals):
            return None
        is_plain = literals == operands and not any(isinstance(part, ast.FormattedValue) for part in ast.walk(node))
        start = self._offsets.span(literals[0] or operands[0]).start
        return StringLiteral(Span(start, self._offsets.span(operands[-1]).end), section, is_template=not is_plain)

    def _leaves(self, node: ast.expr) -> Iterator[ast.expr]:
        """Yield the leaves of a list expression, following names and constant subscripts of dicts to their values."""
        queue = deque([node])
        while queue:
            node = queue.popleft()
            if node in self._seen:
                continue
            self._seen.add(node)
            match node:
                case ast.Name(id=name) if name in self._values:
                    queue += self._follow(name, self._values[name])
                case ast.Subscript(value=ast.Name(id=name), slice=ast.Constant(value=key)) if values := self._values_at(
                    name, key
                ):
                    queue += self._follow((name, key), values)
                case _ if (parts := _parts(node)) is not None:
                    queue += parts
                case _:
                    yield node

    def _follow(self, name: object, values: list[ast.expr]) -> list[ast.expr]:
        """Return ``values`` on the first call for a name or a dict key, otherwise nothing."""
        is_first = name not in self._followed
        self._followed.add(name)
        return values if is_first else []

    def _values_at(self, name: str, key: object) -> list[ast.expr]:
        """Return the values of a constant key in the dicts assigned to ``name``."""
        if name not in self._by_key:
            by_key = self._by_key[name] = {}
            for item_key, value in (item for node in self._values.get(name, ()) for item in _dict_items(node) or ()):
                if isinstance(item_key, ast.Constant):
                    by_key.setdefault(item_key.value, []).append(value)
        return self._by_key[name].get(key, [])

    def _text(self, node: ast.expr) -> str:
        """Return the string value of a literal or a name, or an empty string."""
        candidates = self._values.get(node.id, [])[:_MAX_VALUES] if isinstance(node, ast.Name) else [node]
        constants = (candidate.value for candidate in candidates if isinstance(candidate, ast.Constant))
        return next((value for value in constants if isinstance(value, str)), "")

    def _is_from_literals(self, node: ast.expr) -> bool:
        """Return True if an expression uses a list or dict that was read, as in ``sum(extras.values(), [])``.

        Strings in a list of its own may be further entries: ``sum(extras.values(), ["old-lib"])``.
        """
        has_strings = any(
            isinstance(part, ast.List | ast.Tuple | ast.Set) and any(map(_first_literal, part.elts))
            for part in _without_conditions(node)
        )
        return not has_strings and any(
            isinstance(part, ast.Name) and part.id in self._followed for part in ast.walk(node)
        )


def _without_conditions(node: ast.AST) -> Iterator[ast.AST]:
    """Yield ``node`` and the nodes below it, without those of conditions: ``[r for r in x if r not in ("a", "b")]``."""
    queue = [node]
    while queue:
        node = queue.pop()
        yield node
        match node:
            case ast.Compare() | ast.Lambda():
                pass
            case ast.comprehension(iter=values):
                queue.append(values)
            case ast.IfExp(body=first, orelse=second):
                queue += (first, second)
            case _:
                queue += ast.iter_child_nodes(node)


def _dict_items(node: ast.expr) -> list[tuple[ast.expr | None, ast.expr]] | None:
    """Return the keys and values of ``{"key": value, **more}`` or ``dict(key=value, **more)``; None for ``more``."""
    match node:
        case ast.Dict():
            return list(zip(node.keys, node.values, strict=True))
        case ast.Call(func=ast.Name(id="dict")):
            keywords = ((each.arg, each.value) for each in node.keywords)
            items = [(None if name is None else ast.Constant(name), value) for name, value in keywords]
            return [*items, *((None, value) for value in node.args)]
        case _:
            return None


def _first_literal(node: ast.expr) -> ast.expr | None:
    """Return the string literal at ``node``, or the template that it formats, or None."""
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


def _operands(node: ast.expr) -> list[ast.expr]:
    """Return the operands of a chain of additions in order, or ``node`` itself if it is not an addition."""
    operands: list[ast.expr] = []
    queue = [node]
    while queue:
        match node := queue.pop():
            case ast.BinOp(op=ast.Add()):
                queue += (node.right, node.left)
            case _:
                operands.append(node)
    return operands


def _parts(node: ast.expr) -> Sequence[ast.expr] | None:
    """Return the expressions that ``node`` combines to a list or selects from, or None."""
    match node:
        case ast.List(elts=parts) | ast.Tuple(elts=parts) | ast.Set(elts=parts) | ast.BoolOp(values=parts):
            return parts
        case ast.BinOp(op=ast.Add()):
            # An addition with a string is a string, any other a list.
            operands = _operands(node)
            return None if any(map(_first_literal, operands)) else operands
        case ast.BinOp(op=ast.BitOr(), left=first, right=second) | ast.IfExp(body=first, orelse=second):
            return first, second
        case ast.Starred(value=value) | ast.NamedExpr(value=value):
            return (value,)
        case ast.Call(func=ast.Name(id=name), args=parts) if name in _LIST_CONSTRUCTORS:
            return parts
        case _:
            return _selected_from(node)


def _selected_from(node: ast.expr) -> Sequence[ast.expr] | None:
    """Return the list that ``node`` selects entries from, as in ``[name for name in x if name != "a"]``, or None."""
    match node:
        case ast.Call(func=ast.Name(id="filter"), args=[_, values]):
            return (values,)
        case (
            ast.ListComp(elt=ast.Name(id=name), generators=[each])
            | ast.GeneratorExp(elt=ast.Name(id=name), generators=[each])
        ) if isinstance(each.target, ast.Name) and each.target.id == name:
            return (each.iter,)
        case _:
            return None
