"""Rules for the modules in tests/: what they import, and where they sleep and measure time."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]
MODULES = {str(path.relative_to(TESTS)): ast.parse(path.read_bytes()) for path in sorted(TESTS.rglob("*.py"))}


def imported(tree: ast.Module) -> set[str]:
    """Return the modules that are imported anywhere in a module, by their full names."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add(f"{'.' * node.level}{node.module or ''}")
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def attributes(tree: ast.Module) -> set[str]:
    """Return the attributes that a module mentions, as written: ``time.sleep``."""
    return {ast.unparse(node) for node in ast.walk(tree) if isinstance(node, ast.Attribute)}


@pytest.mark.parametrize("module", MODULES)
def test_no_module_imports_tests_or_fixtures(module: str) -> None:
    parts = {name: name.split(".") for name in imported(MODULES[module])}
    assert not {
        name
        for name, path in parts.items()
        if name.startswith(".") or (path[0] == "tests" and any(part.startswith(("test_", "conftest")) for part in path))
    }


@pytest.mark.parametrize("module", MODULES)
def test_only_waiting_for_a_condition_sleeps(module: str) -> None:
    if module != "support/waiting.py":
        assert "time.sleep" not in attributes(MODULES[module])


@pytest.mark.parametrize("module", MODULES)
def test_modules_that_measure_time_mark_tests_as_alone(module: str) -> None:
    if "tests.support.timing" in imported(MODULES[module]):
        assert "pytest.mark.alone" in attributes(MODULES[module])
