"""The reports of ``mothball check --added``: one test for each row of the tables in docs/added.md."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from mothball.formats.names import INCLUDING_FORMATS, format_of
from mothball.formats.table import parse
from tests.support.added import Workshop, lines, toml, workshop
from tests.tables.added import INCLUDING, NAMES, POLICY, Row
from tests.tables.added_git import COMPARED
from tests.tables.added_indexes import INDEXES
from tests.tables.added_links import LINKS


@pytest.fixture
def shop(tmp_path: Path) -> Workshop:
    """Return a repository that holds a configuration and nothing else."""
    return workshop(tmp_path)


@pytest.mark.parametrize("row", [*NAMES, *INDEXES, *POLICY, *COMPARED, *LINKS], ids=lambda row: row.case)
def test_added_dependencies(row: Row, shop: Workshop) -> None:
    for step in row.steps:
        step(shop)


@pytest.mark.parametrize("include", INCLUDING)
@pytest.mark.parametrize("directory", ["", "sub/"], ids=["root", "below"])
def test_new_name_in_included_text_is_added(shop: Workshop, include: str, directory: str) -> None:
    name, text = INCLUDING[include]
    base = shop.commit({directory + name: text, f"{directory}pins.txt": lines("good-a"), "notes.txt": "x"})
    shop.stage({f"{directory}pins.txt": lines("good-a", "old-a")})
    assert shop.added() == {f"{directory}pins.txt": ["old-a"]}
    assert shop.added(f"{directory}pins.txt") == {f"{directory}pins.txt": ["old-a"]}
    assert shop.added("--since", base) == {f"{directory}pins.txt": ["old-a"]}
    shop.stage({"dev-requirements.txt": lines("good-b"), f"{directory}pins.txt": lines("good-a", "old-a", "old-b")})
    assert shop.added() == {"dev-requirements.txt": ["good-b"], f"{directory}pins.txt": ["old-a", "old-b"]}
    shop.commit()
    shop.stage({f"{directory}pins.txt": lines("good-a", "old-a>=2", "old-b>=2")})
    assert shop.added() == {}


def test_every_including_format_is_tested() -> None:
    assert {format_of(name) for name, _ in INCLUDING.values()} == INCLUDING_FORMATS
    assert all(parse(format_of(name) or "", text).includes for name, text in INCLUDING.values())


def test_git_lists_the_index_once_and_the_base_never(shop: Workshop, tmp_path: Path) -> None:
    """Each git process takes nearly as long as starting Python."""
    shop.commit({"pyproject.toml": toml("good-a")})
    shop.stage({"pyproject.toml": toml("good-a", "good-b") + "[tool.mothball]\n"})
    programs, log = tmp_path / "bin", tmp_path / "log"
    programs.mkdir()
    git = programs / "git"
    record = f'for word; do case $word in diff-*|ls-*|cat-*) echo $word >>"{log}";; esac; done'
    git.write_text(f'#!/bin/sh\n{record}\nexec "{shutil.which("git")}" "$@"\n')
    git.chmod(0o755)

    assert shop.added(env={"PATH": f"{programs}{os.pathsep}{os.environ['PATH']}"}) == {"pyproject.toml": ["good-b"]}

    # The last one reads the snapshot, whose path is in the configuration.
    assert log.read_text().split() == ["diff-index", "ls-files", "cat-file", "cat-file"]
