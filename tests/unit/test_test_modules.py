"""Rules for the modules in tests/: what they import, and where they sleep and measure time."""

from __future__ import annotations

import ast
from pathlib import Path

TESTS = Path(__file__).parents[1]
MODULES = {str(path.relative_to(TESTS)): ast.parse(path.read_bytes()) for path in sorted(TESTS.rglob("*.py"))}


def imported(tree: ast.Module) -> set[str]:
    """Return the modules that are imported anywhere in a module, by their full names."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            module = "." * node.level + (node.module or "")
            found |= {module, *(f"{module}.{alias.name}" for alias in node.names)}
    return found


def mentions(tree: ast.Module, written: str) -> bool:
    """Return whether a module contains an attribute, such as ``time.sleep``."""
    name = written.rpartition(".")[2]
    attributes = (node for node in ast.walk(tree) if isinstance(node, ast.Attribute) and node.attr == name)
    return any(ast.unparse(node) == written for node in attributes)


def is_shared(name: str) -> bool:
    """Return whether modules in tests/ may import a module."""
    first, *others = name.split(".")
    return first != "" and (first != "tests" or not any(part.startswith(("test_", "conftest")) for part in others))


def test_no_module_imports_a_test_module_or_conftest() -> None:
    wrong = {(module, name) for module, tree in MODULES.items() for name in imported(tree) if not is_shared(name)}
    assert wrong == set()


def test_modules_wait_for_conditions_instead_of_sleeping() -> None:
    sleeping = {module for module, tree in MODULES.items() if mentions(tree, "time.sleep")}
    assert sleeping == {"support/waiting.py"}


def test_modules_that_measure_time_have_tests_marked_as_alone() -> None:
    measuring = {module for module, tree in MODULES.items() if "tests.support.timing" in imported(tree)}
    assert {module for module in measuring if not mentions(MODULES[module], "pytest.mark.alone")} == set()
