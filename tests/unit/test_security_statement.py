"""SECURITY.md names the tests that hold its lines: they are there, they run, and no line is without."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "SECURITY.md").read_text("utf-8")
NAMED = re.findall(r"`(tests/[a-z0-9_/]+\.py)::(test_[a-z0-9_]+)`", TEXT)
ROWS = [line for line in TEXT.splitlines() if line.startswith("| ") and not line.startswith("| what holds")]


@cache
def functions_of(path: str) -> dict[str, ast.FunctionDef]:
    """Return the test functions of a module, by name."""
    tree = ast.parse((ROOT / path).read_text("utf-8"))
    return {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)}


@pytest.mark.parametrize(("path", "name"), sorted(set(NAMED)))
def test_a_test_that_is_named_is_there_and_is_not_switched_off(path: str, name: str) -> None:
    assert name in functions_of(path)
    decorators = " ".join(ast.unparse(decorator) for decorator in functions_of(path)[name].decorator_list)
    assert "mark.skip(" not in decorators
    assert "xfail" not in decorators


def test_no_line_is_without_a_test() -> None:
    assert len(ROWS) > 35
    assert [row for row in ROWS if "::test_" not in row] == []


def test_the_vulnerability_of_diskcache_has_its_statement() -> None:
    _, _, statement = TEXT.partition("## CVE-2025-69872")
    assert statement.count("test_cache_hostile.py::") >= 6
