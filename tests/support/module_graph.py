"""Count modules, package dependencies, import cycles and class names defined twice in ``src/mothball``.

``uv run --group dev python -m tests.support.module_graph`` prints the figures.
"""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[2] / "src" / "mothball"
_ENTRY_POINTS = frozenset({"__init__", "__main__"})


class ModuleGraph(NamedTuple):
    """The modules of the package, as dotted names below ``mothball``, and the modules that each imports."""

    imports: Mapping[str, frozenset[str]]
    classes: Mapping[str, tuple[str, ...]]

    def loose_modules(self) -> list[str]:
        """Return the modules that are in no package, except ``__init__`` and ``__main__``."""
        return sorted(module for module in self.imports if "." not in module and module not in _ENTRY_POINTS)

    def package_dependencies(self) -> list[tuple[str, str]]:
        """Return the pairs of top-level packages of which the first imports the second."""
        pairs = {(_top(importer), _top(imported)) for importer, imported in self._edges()}
        return sorted((importer, imported) for importer, imported in pairs if importer != imported)

    def cycles(self) -> list[list[str]]:
        """Return the import cycles: between modules, and between the siblings of each package.

        Imports for type checking only count, too.
        """
        graphs = [self._edges(), *self._sibling_edges().values()]
        return sorted({tuple(sorted(cycle)): cycle for edges in graphs for cycle in _cycles(edges)}.values())

    def duplicate_classes(self) -> dict[str, tuple[str, ...]]:
        """Return the class names that are defined in several modules, with those modules."""
        return {name: modules for name, modules in sorted(self.classes.items()) if len(modules) > 1}

    def summary(self) -> str:
        """Return the figures as text, one a line."""
        duplicates = self.duplicate_classes()
        packages = {_top(module) for module in self.imports if "." in module}
        return "\n".join(
            (
                f"{len(self.imports)} modules in {len(packages)} packages",
                f"{len(self.loose_modules())} modules outside packages, besides __init__ and __main__",
                f"{len(self.package_dependencies())} dependencies between packages",
                f"{len(self.cycles())} import cycles",
                f"{len(duplicates)} class names defined in several modules: {', '.join(duplicates) or 'none'}",
            )
        )

    def _edges(self) -> set[tuple[str, str]]:
        return {(importer, imported) for importer, found in self.imports.items() for imported in found}

    def _sibling_edges(self) -> dict[str, set[tuple[str, str]]]:
        """Return the imports between the direct children of each package, by package; the root is an empty name."""
        siblings: defaultdict[str, set[tuple[str, str]]] = defaultdict(set)
        for importer, imported in self._edges():
            first, second = importer.split("."), imported.split(".")
            shared = 0
            while shared < min(len(first), len(second)) and first[shared] == second[shared]:
                shared += 1
            if shared < min(len(first), len(second)):
                siblings[".".join(first[:shared])].add((first[shared], second[shared]))
        return siblings


def read_graph(root: Path = ROOT) -> ModuleGraph:
    """Parse all modules below ``root``, the directory of the package ``mothball``."""
    trees = {_module_name(path, root): ast.parse(path.read_text("utf-8")) for path in sorted(root.rglob("*.py"))}
    imports = {
        module: frozenset(name for name in _imported(tree, trees.keys()) if name != module)
        for module, tree in trees.items()
        if not module.endswith("__init__") or module == "__init__"
    }
    classes: defaultdict[str, list[str]] = defaultdict(list)
    for module, tree in trees.items():
        for node in tree.body:
            if isinstance(node, ast.ClassDef):
                classes[node.name].append(module)
    return ModuleGraph(imports, {name: tuple(modules) for name, modules in classes.items()})


def _module_name(path: Path, root: Path) -> str:
    return ".".join(path.relative_to(root).with_suffix("").parts)


def _imported(tree: ast.Module, modules: AbstractSet[str]) -> Iterator[str]:
    """Yield the modules of mothball that ``tree`` imports anywhere, also inside functions and for type checking."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] == "mothball":
            base = node.module.removeprefix("mothball").removeprefix(".")
            for alias in node.names:
                yield from ({f"{base}.{alias.name}".removeprefix("."), base} & modules)
        elif isinstance(node, ast.Import):
            yield from ({alias.name.removeprefix("mothball.") for alias in node.names} & modules)


def _top(module: str) -> str:
    return module.split(".", 1)[0]


def _cycles(edges: Iterable[tuple[str, str]]) -> Iterator[list[str]]:
    """Yield the strongly connected components with more than one node."""
    successors: defaultdict[str, list[str]] = defaultdict(list)
    for importer, imported in sorted(edges):
        successors[importer].append(imported)
    remaining = set(successors)
    while True:
        # A node that nothing else imports, or that imports nothing, is in no cycle.
        targets = {name for node in remaining for name in successors[node]}
        kept = {node for node in remaining if node in targets and remaining.intersection(successors[node])}
        if kept == remaining:
            break
        remaining = kept
    while remaining:
        start = min(remaining)
        component = _reachable(start, successors, remaining) & _reachable(start, _reverse(successors), remaining)
        if len(component) > 1:
            yield sorted(component)
        remaining -= component | {start}


def _reverse(successors: Mapping[str, Iterable[str]]) -> dict[str, list[str]]:
    predecessors: defaultdict[str, list[str]] = defaultdict(list)
    for importer, found in successors.items():
        for imported in found:
            predecessors[imported].append(importer)
    return predecessors


def _reachable(start: str, successors: Mapping[str, Iterable[str]], within: AbstractSet[str]) -> set[str]:
    found, waiting = {start}, [start]
    while waiting:
        for name in successors.get(waiting.pop(), ()):
            if name in within and name not in found:
                found.add(name)
                waiting.append(name)
    return found


if __name__ == "__main__":
    print(read_graph().summary())
