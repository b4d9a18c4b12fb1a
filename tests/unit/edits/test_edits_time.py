"""The time of an edit is linear in the size of the file."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mothball.edits.dependencies import remove_dependency
from mothball.edits.ignore_comments import add_ignore_comment
from mothball.edits.settings import NewIgnore, add_config_ignores
from mothball.formats.table import parse
from mothball.model.results import Rule
from tests.support.timing import least_seconds

if TYPE_CHECKING:
    from collections.abc import Callable

ARCHIVED = (Rule.ARCHIVED,)
SIZE = 1000


def _array(count: int) -> tuple[str, str]:
    return "pyproject", "[project]\ndependencies = [\n" + "".join(
        f'  "lib-{n}",  # ###\n' for n in range(count)
    ) + "]\n"


def _hashes(count: int) -> tuple[str, str]:
    return "pyproject", f'[project]\ndependencies = ["a" {"#" * count * 20}\n  "b"\n]\n'


def _flow(count: int) -> tuple[str, str]:
    items = "[ # [ # [ \n" * count
    return (
        "pre-commit",
        f"- id: x\n  language: python\n  additional_dependencies: [a, b,\n  {{c: d}}]\n  x: {items!r}\n",
    )


def _continued(count: int) -> tuple[str, str]:
    return "requirements", "a \\\n" + "  --hash=sha256:00 \\\n" * count + "\nb\n"


def _colons(count: int) -> tuple[str, str]:
    return "pre-commit", f"- id: '{': ' * count}'\n  language: python\n  additional_dependencies:\n  - a\n"


def _comments(count: int) -> tuple[str, str]:
    return "pre-commit", "- id: x\n  language: python\n  additional_dependencies:\n  - a\n" + "  # b\r\n" * count


@pytest.mark.alone
@pytest.mark.parametrize("document", [_array, _hashes, _flow, _continued, _colons, _comments])
@pytest.mark.parametrize("edit", ["comment", "removal"])
def test_time_of_an_edit_is_linear(document: Callable[[int], tuple[str, str]], edit: str) -> None:
    def run(count: int) -> float:
        name, text = document(count)
        read = parse(name, text)
        entry = read.dependencies[len(read.dependencies) // 2]
        if edit == "comment":
            return least_seconds(lambda: add_ignore_comment(text, read, entry, ARCHIVED, "why"))
        return least_seconds(lambda: remove_dependency(text, read, entry))

    assert run(4 * SIZE) < 10 * run(SIZE) + 0.05


@pytest.mark.alone
def test_time_for_many_ignore_entries_is_linear() -> None:
    def run(count: int) -> float:
        table = "".join(f'lib-{n:06} = {{ rules = ["missing"] }}\n' for n in range(0, 2 * count, 2))
        entries = [NewIgnore(f"lib-{n:06}", ARCHIVED, "why") for n in range(count)]
        return least_seconds(lambda: add_config_ignores(f"[ignore]\n{table}", (), entries))

    assert run(1200) < 10 * run(300) + 0.05


@pytest.mark.alone
def test_time_for_many_tables_is_linear() -> None:
    def run(count: int) -> float:
        text = "".join(f"[a{n}]\nx = 1\n" for n in range(count))
        return least_seconds(lambda: add_config_ignores(text, ("tool", "mothball"), [NewIgnore("a", ARCHIVED, "why")]))

    assert run(4 * SIZE) < 10 * run(SIZE) + 0.05
