"""``mothball init`` in a repository, then commits with real pre-commit and prek, and with a plain Git hook."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sysconfig
import textwrap
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.support.git_repository import Repository, new_repository
from tests.support.installed import clean_environment
from tests.support.real_indexes import Pypiron

ARCHIVED, ACTIVE = "init-put-by", "init-in-use"
RUNNERS = ("pre-commit", "prek")
INCLUDED = "deps/base list.need"


@pytest.fixture(scope="module")
def index(pypiron: Pypiron) -> Pypiron:
    pypiron.publish(ARCHIVED, ACTIVE)
    pypiron.set_status(ARCHIVED, "archived", "moved to another project")
    return pypiron


def shop(tmp_path: Path, index: Pypiron, *programs: str) -> Repository:
    """Return a repository that includes a text of an unusual name; PATH has mothball and ``programs``."""
    home, programs_directory = tmp_path / "home", tmp_path / "bin"
    home.mkdir()
    programs_directory.mkdir()
    for name in ("mothball", *programs):
        (programs_directory / name).symlink_to(Path(sysconfig.get_path("scripts")) / name)
    for name in ("git", "sh"):
        found = shutil.which(name)
        assert found is not None
        (programs_directory / name).symlink_to(found)
    path = os.pathsep.join((str(programs_directory), "/usr/bin", "/bin"))
    repository = new_repository(tmp_path / "shop", {**clean_environment(str(home)), "PATH": path})
    repository.commit(
        {
            "requirements.txt": f"{ARCHIVED}\n-r '{INCLUDED}'\n",
            INCLUDED: f"{ACTIVE}\n",
            "mothball.toml": f'index-url = "{index.url}"\n',
        }
    )
    return repository


def run(repository: Repository, command: str, more: Mapping[str, str] | None = None) -> tuple[int, str]:
    done = subprocess.run(
        command,
        shell=True,
        cwd=repository.root,
        env={**repository.environment, **(more or {})},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=100,
        check=False,
    )
    assert "Traceback" not in done.stdout, done.stdout
    return done.returncode, done.stdout


def paste(repository: Repository, output: str) -> None:
    """Run the commands below "what to do next"."""
    steps = [line.strip() for line in output.partition("what to do next:")[2].splitlines() if line.startswith("    ")]
    assert len(steps) >= 1
    for command in steps:
        code, said = run(repository, command)
        assert code == 0, said


def commit(repository: Repository, files: Mapping[str, str]) -> tuple[bool, str]:
    repository.stage(files)
    code, said = run(repository, "git commit --message 'a change'")
    return code == 0, said


@pytest.mark.parametrize("runner", RUNNERS)
def test_first_rejected_commit_after_the_printed_steps(tmp_path: Path, index: Pypiron, runner: str) -> None:
    repository = shop(tmp_path, index, runner)
    code, said = run(repository, "mothball init --yes")
    assert code == 0, said
    assert f"    {runner} install " in said
    paste(repository, said)
    made, said = commit(repository, {})
    assert made, said
    assert "warning" not in said.lower()
    made, said = commit(repository, {INCLUDED: f"{ACTIVE}\n{ARCHIVED}-2\n"})
    assert not made
    assert f"{ARCHIVED}-2 is not on {index.url}" in said, "the hook is passed the included text"
    made, said = commit(
        repository, {INCLUDED: f"{ACTIVE}\n", "pyproject.toml": f'[project]\nname = "x"\ndependencies = ["{ACTIVE}"]\n'}
    )
    assert made, said
    repository.commit({"requirements.txt": f"-r '{INCLUDED}'\n"})
    made, said = commit(repository, {"requirements.txt": f"{ARCHIVED}\n-r '{INCLUDED}'\n"})
    assert not made
    assert f"requirements.txt:1:1: error[archived] {ARCHIVED} is archived" in said
    repository.git("reset", "--quiet", "--hard")
    code, said = run(repository, "mothball init")
    assert (code, said) == (0, "nothing to write: the hook and the settings are up to date\n")


@pytest.mark.parametrize("runner", RUNNERS)
def test_all_files_is_a_full_check(tmp_path: Path, index: Pypiron, runner: str) -> None:
    repository = shop(tmp_path, index, runner)
    paste(repository, run(repository, "mothball init --yes")[1])
    made, said = commit(repository, {})
    assert made, said
    code, said = run(repository, f"{runner} run --all-files")
    assert code == 1
    assert f"error[archived] {ARCHIVED} is archived" in said
    paste(repository, run(repository, "mothball init --yes --reason 'in use before mothball'")[1])
    made, said = commit(repository, {})
    assert made, said
    code, said = run(repository, f"{runner} run --all-files")
    assert code == 0, said


def test_entry_for_prek_toml_works_as_pasted(tmp_path: Path, index: Pypiron) -> None:
    repository = shop(tmp_path, index, "prek")
    path = repository.write("prek.toml", '[[repos]]\nrepo = "local"\nhooks = []\n')
    code, said = run(repository, "mothball init --yes")
    assert code == 2
    entry = re.search(r"at the end of prek.toml:\n((?:    .*\n)+)", said)
    assert entry is not None
    path.write_text(path.read_text() + textwrap.dedent(entry[1]))
    assert run(repository, "git add . && prek install")[0] == 0
    made, said = commit(repository, {INCLUDED: f"{ACTIVE}\n{ARCHIVED}-2\n"})
    assert not made
    assert f"{ARCHIVED}-2 is not on {index.url}" in said


def test_git_hook_needs_no_hook_runner(tmp_path: Path, index: Pypiron) -> None:
    repository = shop(tmp_path, index)
    code, said = run(repository, "mothball init --yes --git-hook")
    assert code == 0, said
    paste(repository, said)
    made, said = commit(repository, {"notes.txt": ""})
    assert made, said
    made, said = commit(repository, {INCLUDED: f"{ACTIVE}\n{ARCHIVED}-2\n"})
    assert not made
    assert f"{ARCHIVED}-2 is not on {index.url}" in said
