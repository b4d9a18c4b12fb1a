"""docs/added.md and the tests of what it says have the same lines."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from mothball.formats.table import INCLUDERS, format_of, parse
from tests.functional.test_added_cases import INCLUDING

HERE = Path(__file__).parent
DOCUMENT = Path(__file__).parents[2] / "docs" / "added.md"


def sections() -> list[str]:
    return DOCUMENT.read_text("utf-8").split("\n## ")


def cases(text: str) -> list[str]:
    """Return the first column of the tables in ``text`` as names of tests."""
    rows = re.findall(r"^\| ([^|]+?) \|", text, re.MULTILINE)
    return ["test_" + re.sub(r"\W+", "_", row).strip("_").lower() for row in rows if row != "case"]


@pytest.mark.parametrize(
    ("tables", "module"), [((1, 2), "test_added_cases.py"), ((3,), "test_added_git.py")], ids=["cases", "git"]
)
def test_each_line_of_the_tables_is_a_test_and_each_test_a_line(tables: tuple[int, ...], module: str) -> None:
    told = [name for table in tables for name in cases(sections()[table])]
    tested = re.findall(r"^def (test_\w+)", (HERE / module).read_text("utf-8"), re.MULTILINE)
    assert sorted(told) == sorted(tested)
    assert len(told) == len(set(told)) > 20


def test_every_format_that_includes_is_known_to_be_one() -> None:
    assert {format_of(name) for name, _ in INCLUDING.values()} == INCLUDERS
    assert all(parse(format_of(name) or "", text).includes for name, text in INCLUDING.values())
