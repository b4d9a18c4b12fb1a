"""The commands in README and docs/: each block runs here, or a comment above it says why it cannot.

The blocks of a page run in order in one repository, without a network: the statuses are in the cache. A comment above
a block changes that:

- ``<!-- run in a clone -->``: the working directory is this checkout.
- ``<!-- rejected -->``: the last command, a commit, fails.
- ``<!-- not run: REASON -->``: only the arguments of mothball are parsed.
"""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sysconfig
import textwrap
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

import pytest
import yaml

from mothball.cli.parser import parser_for
from mothball.model.errors import UsageError
from tests.support.cli import clean_environment
from tests.support.git_repository import IDENTITY, Repository, new_repository
from tests.support.project import Project

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]
BLOCK = re.compile(r"(?:^ *<!-- ([^\n]+) -->\n\n)?^( *)```sh\n(.*?)^\2```$", re.MULTILINE | re.DOTALL)
NOT_RUN = "not run: "
# The whole page is about development.
DEVELOPMENT = "needs the development tools and a package index"
NAMES = ("good-lib", "old-lib", "acme-web", "flask", "requests", "name")


class Block(NamedTuple):
    """A block of commands, with the line of its first command and the comment above it."""

    line: int
    comment: str
    text: str


def blocks(page: Path) -> list[Block]:
    content = page.read_text("utf-8")
    comment = f"{NOT_RUN}{DEVELOPMENT}" if page.name == "CONTRIBUTING.md" else ""
    return [
        Block(content.count("\n", 0, found.start(3)) + 1, found[1] or comment, textwrap.dedent(found[2] + found[3]))
        for found in BLOCK.finditer(content)
    ]


YAML = re.compile(r"^( *)```yaml\n(.*?)^\1```$", re.MULTILINE | re.DOTALL)
WITH_BLOCKS = [page for page in PAGES if "```sh\n" in page.read_text("utf-8")]


def arguments(text: str) -> list[list[str]]:
    """Return the arguments of each call of mothball in a script."""
    calls = []
    for line in text.replace("\\\n", " ").splitlines():
        for command in re.split(r"&&|\|\||[;|]", line.partition(" # ")[0]):
            words = shlex.split(command, comments=True)
            # The program, not the argument of another one, such as `uv tool install mothball`.
            program = words.index("mothball") if "mothball" in words else len(words)
            if words[program + 1 :] and (program == 0 or words[0] in ("uv", "uvx", "exec")):
                calls.append(words[program + 1 :])
    return calls


def prepare(directory: Path) -> Repository:
    """Return a repository with an active dependency, a remote branch and a staged change."""
    home = directory / "home"
    home.mkdir()
    environment = clean_environment(
        home,
        MOTHBALL_OFFLINE="1",
        GIT_EDITOR="echo 'a message' >",
        PATH=os.pathsep.join((sysconfig.get_path("scripts"), os.environ["PATH"])),
        **IDENTITY,
    )
    repository = new_repository(directory / "repository", environment)
    project = Project(repository.root, home)
    for name in NAMES:
        project.remember(name, "active")
    project.write("mothball.toml", 'index-url = "https://index.example/simple/"\n')
    project.write("requirements.txt", "good-lib\nold-lib\n")
    repository.git("add", ".")
    repository.commit()
    repository.git("update-ref", "refs/remotes/origin/main", "HEAD")
    return repository


@pytest.mark.parametrize("page", WITH_BLOCKS, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_commands_work_or_say_why_they_are_not_run(tmp_path: Path, page: Path) -> None:
    repository = prepare(tmp_path)
    found = blocks(page)
    assert len(found) == page.read_text("utf-8").count("```sh\n"), "a block is not recognized"
    for block in found:
        where = f"{page.relative_to(ROOT)}:{block.line}"
        for call in arguments(block.text):
            parser, _ = parser_for(call)
            with suppress(SystemExit):  # --version; a usage error raises UsageError
                parser.parse_args(call)
        if block.comment.startswith(NOT_RUN):
            assert len(block.comment) > len(NOT_RUN), where
            continue
        assert block.comment in ("", "run in a clone", "rejected"), f"{where}: {block.comment}"
        repository.stage({"notes.md": where})
        done = subprocess.run(
            ["sh", "-eu", "-c", block.text],
            cwd=ROOT if block.comment == "run in a clone" else repository.root,
            env=dict(repository.environment),
            capture_output=True,
            encoding="utf-8",
            stdin=subprocess.DEVNULL,
            check=False,
        )
        expected = 1 if block.comment == "rejected" else 0
        assert done.returncode == expected, f"{where}\n{done.stdout}\n{done.stderr}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_yaml_examples_are_valid(page: Path) -> None:
    for indent, body in YAML.findall(page.read_text("utf-8")):
        assert yaml.safe_load(textwrap.dedent(indent + body))


def test_calls_in_a_block_are_found_and_a_mistyped_option_is_an_error() -> None:
    calls = arguments("cd x && uv run mothball check --add | cat  # mothball rule\nuv tool install mothball\n")
    assert calls == [["check", "--add"]]
    parser, _ = parser_for(calls[0])
    with pytest.raises(UsageError):
        parser.parse_args(calls[0])
