"""The hook manifest: which files match, and what the entries do."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Any

import pytest
import yaml

from mothball.formats.names import INCLUDE_SUFFIXES, PATTERNS, format_of, may_be_included
from tests.support.added import Workshop, lines, toml, workshop
from tests.support.cli import Result, run_in_process

ROOT = Path(__file__).parents[2]
HOOKS: dict[str, dict[str, Any]] = {
    hook["id"]: hook for hook in yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text("utf-8"))
}
FILES = re.compile(HOOKS["mothball"]["files"])
SCRIPT = '# /// script\n# dependencies = ["{}"]\n# ///\n'


@pytest.fixture
def shop(tmp_path: Path) -> Workshop:
    return workshop(tmp_path)


def run_hook(shop: Workshop, hook: str, *files: str) -> Result:
    """Run the entry of a hook with its default arguments, as pre-commit does."""
    default: list[str] = HOOKS[hook].get("args", [])
    program, *arguments = [*shlex.split(HOOKS[hook]["entry"]), *default, *files]
    assert program == "mothball"
    return run_in_process(*arguments, cwd=shop.root, home=shop.home)


def test_hook_ids() -> None:
    assert list(HOOKS) == ["mothball", "mothball-scripts", "mothball-all"]


@pytest.mark.parametrize("name", [name for pattern in PATTERNS if not pattern.below for name in pattern.names])
@pytest.mark.parametrize("directory", ["", "a/", "a/b c/"])
def test_every_known_file_name_matches_the_hook(name: str, directory: str) -> None:
    for file_name in (name.replace("*", ""), name.replace("*", "x-1"), name.replace("*", "").upper()):
        path = directory + file_name
        assert format_of(path) is not None
        assert FILES.search(path)


@pytest.mark.parametrize(
    "path",
    [
        "requirements/dev.txt",
        "requirements/dev.in",
        "deps.txt",
        "a/base.in",
        "base.pip",
        "requirements-dev.lock",
        "base.lock",
    ],
)
def test_includable_file_names_match_the_hook(path: str) -> None:
    assert FILES.search(path)


@pytest.mark.parametrize("directory", ["", "a/"])
@pytest.mark.parametrize("suffix", INCLUDE_SUFFIXES)
def test_every_includable_suffix_matches_the_hook(directory: str, suffix: str) -> None:
    assert may_be_included(f"{directory}base{suffix}")
    assert FILES.search(f"{directory}base{suffix}")


def test_included_lock_file_of_any_name_is_checked(shop: Workshop) -> None:
    shop.commit({"requirements.txt": "-r base.lock\n", "base.lock": lines("good-a")})
    shop.stage({"base.lock": lines("good-a", "old-a"), "Cargo.lock": "[[package]]\n"})
    matching = [name for name in ("base.lock", "Cargo.lock") if FILES.search(name)]
    assert matching == ["base.lock", "Cargo.lock"]
    assert run_hook(shop, "mothball", *matching).code == 1


@pytest.mark.parametrize(
    "path",
    [
        "pyproject.toml.bak", "my-pyproject.toml", "pyproject-toml", "Pipfile2", "xPipfile", "uv.lock.orig",
        "setup.cfgx", "mysetup.py", "setup.pyc", "tox.ini~", "uvxlock", "poetry.lock/readme.md",
        "package-lock.json", "pylock.toml.j2", "environment.json", "requirements.md", "app.py",
        "requirements/readme.md", "pyproject.toml/x", "notes.txt.gz", "main.ini", "hatch.tomlx",
    ],
)  # fmt: skip
def test_similar_file_names_do_not_match_the_hook(path: str) -> None:
    assert not FILES.search(path)


def test_script_hook_selects_by_type_and_all_hook_passes_no_files() -> None:
    assert HOOKS["mothball-scripts"]["types"] == ["text"]
    assert HOOKS["mothball-scripts"]["types_or"] == ["python", "executable"]
    assert "files" not in HOOKS["mothball-scripts"]
    assert HOOKS["mothball-all"]["pass_filenames"] is False
    assert HOOKS["mothball-all"]["stages"] == ["manual"]


@pytest.mark.parametrize("hook", ["mothball", "mothball-scripts"])
def test_hooks_with_files_run_serially_in_the_expected_stages_with_separator(hook: str) -> None:
    assert HOOKS[hook]["require_serial"] is True
    assert HOOKS[hook]["stages"] == ["pre-commit", "pre-merge-commit", "manual"]
    assert HOOKS[hook]["args"][-1] == "--"
    assert "verbose" not in HOOKS[hook]


@pytest.mark.parametrize(("names", "code"), [(["old-a"], 1), (["good-a"], 0), (["bad-lib"], 1), (["dull-lib"], 0)])
def test_hook_entry_rejects_added_archived_projects(shop: Workshop, names: list[str], code: int) -> None:
    shop.stage({"pyproject.toml": toml(*names), "notes.txt": "old-a"})
    assert run_hook(shop, "mothball", "pyproject.toml", "notes.txt").code == code


def test_hook_entry_accepts_file_names_like_options(shop: Workshop) -> None:
    name = "--exit-zero/requirements.txt"
    shop.stage({name: lines("old-a")})
    assert run_hook(shop, "mothball", name).code == 1


@pytest.mark.parametrize(("name", "code"), [("old-a", 1), ("good-a", 0)])
def test_script_hook_entry_reads_inline_metadata(shop: Workshop, name: str, code: int) -> None:
    shop.stage({"run.py": SCRIPT.format(name), "setup.py": "", "plain.py": "print()\n"})
    assert run_hook(shop, "mothball-scripts", "run.py", "setup.py", "plain.py").code == code


def test_script_hook_entry_skips_scripts_without_metadata(shop: Workshop) -> None:
    program = "#!/usr/bin/env -S uv run --script\n" + SCRIPT
    shop.stage({"tool": program.format("good-a"), "greet": b"#!/bin/sh\necho caf\xe9\n", "old.py": b"# \xe9\n"})
    assert run_hook(shop, "mothball-scripts", "tool", "greet", "old.py").code == 0
    shop.stage({"tool": program.format("old-a")})
    assert run_hook(shop, "mothball-scripts", "tool", "greet", "old.py").code == 1
    shop.stage({"tool": program.format("good-a").encode() + b"# \xe9\n"})
    assert run_hook(shop, "mothball-scripts", "tool", "greet", "old.py").code == 2, (
        "a script with metadata must be readable"
    )


@pytest.mark.parametrize(("name", "code"), [("old-a", 1), ("good-a", 0)])
def test_all_hook_entry_checks_existing_dependencies(shop: Workshop, name: str, code: int) -> None:
    shop.commit({"requirements.txt": lines(name)})
    assert run_hook(shop, "mothball-all").code == code
