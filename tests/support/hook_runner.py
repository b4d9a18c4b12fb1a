"""Commit with hooks: a real repository, the real pre-commit or prek, and mothball installed by them.

The hook comes from a tagged repository with the files of this checkout. Its environment is created once per test
session by pip or uv with the configured package index; the hook itself does not see that configuration.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sysconfig
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from tests.support.git_repository import IDENTITY, Repository, new_repository
from tests.support.installed import clean_environment

ROOT = Path(__file__).parents[2]
TAG = "v0.0.1"
_SHIPPED = ("src", "pyproject.toml", "README.md", "LICENSE", ".pre-commit-hooks.yaml")
# Creating a hook environment downloads and builds packages.
_SETUP_LIMIT = 600.0
_LIMIT = 120.0


class Outcome(NamedTuple):
    """The result of a git command with hooks: the exit code and all output."""

    made: bool
    said: str


class Runner(NamedTuple):
    """A hook runner, and where it keeps its environments."""

    name: str
    home: Path
    origin: Path

    def environment(self) -> dict[str, str]:
        """Return the variables that set the directory of the runner's environments."""
        return {"PRE_COMMIT_HOME": str(self.home), "PREK_HOME": str(self.home)}


def publish(directory: Path) -> Path:
    """Create a tagged repository with the files that this checkout ships, and return its path."""
    origin = new_repository(directory / "mothball")
    for name in _SHIPPED:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, origin.root / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, origin.root / name)
    origin.git("add", "--all")
    origin.commit()
    origin.git("tag", TAG)
    return origin.root


def prepared(name: str, directory: Path, origin: Path) -> Runner:
    """Return the runner ``name`` after creating the environments of all hooks."""
    runner = Runner(name, directory / f"{name}-home", origin)
    sample = new_repository(directory / f"{name}-sample")
    sample.write(".pre-commit-config.yaml", configuration(runner, "mothball", "mothball-scripts", "mothball-all"))
    sample.git("add", "--all")
    command = [_program(name), "install-hooks"]
    # Only here, the machine's own settings apply: its index, its certificates.
    environment = {**os.environ, **IDENTITY, **runner.environment(), **_pinned(directory / f"{name}-pins.txt")}
    for variable in ("PYTHONPATH", "VIRTUAL_ENV"):
        environment.pop(variable, None)
    done = subprocess.run(
        command, cwd=sample.root, env=environment, capture_output=True, timeout=_SETUP_LIMIT, check=False
    )
    assert done.returncode == 0, (done.stdout + done.stderr).decode(errors="replace")
    return runner


def _pinned(path: Path) -> dict[str, str]:
    """Write the pins of pyproject.toml to ``path`` and return the variables that make pip and uv follow them."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["uv"]
    pins = {*settings["constraint-dependencies"], *settings["build-constraint-dependencies"]}
    path.write_text("\n".join(sorted(pins)), "utf-8")
    # pip, until 26.2, passes PIP_CONSTRAINT on to builds; both are set for any of its versions.
    names = ("PIP_CONSTRAINT", "PIP_BUILD_CONSTRAINT", "UV_CONSTRAINT", "UV_BUILD_CONSTRAINT")
    return dict.fromkeys(names, str(path))


def configuration(runner: Runner, *hooks: str, args: str = "") -> str:
    """Return a pre-commit configuration with these hooks; those of changes also check pushes."""
    more = f"    args: {args}\n" if args else ""
    stages = "    stages: [pre-commit, pre-merge-commit, pre-push]\n"
    listed = "".join(f"  - id: {hook}\n{'' if hook == 'mothball-all' else stages}{more}" for hook in hooks)
    return f"repos:\n- repo: {runner.origin}\n  rev: {TAG}\n  hooks:\n{listed}"


class Committer(NamedTuple):
    """A repository with hooks installed."""

    repository: Repository
    runner: Runner | None

    @property
    def root(self) -> Path:
        """The root of the working tree."""
        return self.repository.root

    def write(self, name: str, content: str) -> None:
        """Write a file of the working tree."""
        self.repository.write(name, content)

    def commit(
        self, files: Mapping[str, str] | None = None, *options: str, more: Mapping[str, str] | None = None
    ) -> Outcome:
        """Stage ``files`` and commit with hooks."""
        if files:
            self.repository.stage(files)
        return self.git("commit", "--message", "a change", *options, more=more)

    def git(self, *arguments: str, more: Mapping[str, str] | None = None, cwd: Path | None = None) -> Outcome:
        """Run git, which may be rejected by a hook; no output may contain a traceback."""
        return self._run(["git", *arguments], more or {}, cwd)

    def run(self, *arguments: str, more: Mapping[str, str] | None = None) -> Outcome:
        """Run the hook runner."""
        assert self.runner is not None
        return self._run([_program(self.runner.name), "run", *arguments], more or {}, None)

    def head(self) -> str:
        """Return the last commit."""
        return self.repository.git("rev-parse", "HEAD")

    def _run(self, command: list[str], more: Mapping[str, str], cwd: Path | None) -> Outcome:
        environment = {**self.repository.environment, **more}
        done = subprocess.run(
            command,
            cwd=cwd or self.root,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=_LIMIT,
            check=False,
        )
        said = done.stdout.decode("utf-8", "replace")
        assert "Traceback" not in said, said
        assert "internal error" not in said, said
        return Outcome(done.returncode == 0, said)


def committer(directory: Path, runner: Runner | None, index: str, hooks: tuple[str, ...] = ("mothball",)) -> Committer:
    """Return a repository that uses ``index``, with the hooks of the runner installed, if one is given."""
    home = directory / "home"
    home.mkdir(parents=True)
    environment = {
        **clean_environment(str(home)),
        "MOTHBALL_CACHE_DIR": str(directory / "cache"),
        "PATH": os.pathsep.join((sysconfig.get_path("scripts"), os.environ["PATH"])),
        **(runner.environment() if runner else {}),
    }
    repository = new_repository(directory.resolve() / "repo", environment)
    # An index without a looked up inactive project would be one that publishes no statuses.
    statuses = f'[indexes."{index}"]\nstatuses = "stated"\n'
    repository.commit({"mothball.toml": f'index-url = "{index}"\n\n{statuses}'})
    made = Committer(repository, runner)
    if runner is not None:
        repository.commit({".pre-commit-config.yaml": configuration(runner, *hooks)})
        for kind in ("pre-commit", "pre-merge-commit", "pre-push"):
            done = subprocess.run(
                [_program(runner.name), "install", "--hook-type", kind],
                cwd=repository.root,
                env=dict(repository.environment),
                capture_output=True,
                check=False,
            )
            assert done.returncode == 0, done.stderr
    return made


def _program(name: str) -> str:
    found = shutil.which(name, path=sysconfig.get_path("scripts"))
    assert found is not None, f"{name} is not installed: run the tests with `uv run --group test pytest`"
    return found
