"""Run ``mothball check --added`` in a real repository, in this process, with a snapshot instead of an index."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from tests.support.cli import Result, run_in_process
from tests.support.git_repository import IDENTITY, Repository, new_repository
from tests.support.project import snapshot_text

STATUSES = {
    **{f"old-{letter}": "archived" for letter in "abcdef"},
    **{f"good-{letter}": "active" for letter in "abcdef"},
    "dull-lib": "deprecated",
    "bad-lib": "quarantined",
}
OFFLINE = 'index-url = "https://index.example/simple/"\noffline = true\nsnapshot = "statuses.json"\n'


class Workshop(NamedTuple):
    """A repository whose first commit holds a configuration, and a home directory."""

    repository: Repository
    home: Path

    @property
    def root(self) -> Path:
        """The root of the working tree."""
        return self.repository.root

    def stage(self, files: Mapping[str, str | bytes]) -> None:
        """Write and stage files."""
        self.repository.stage(files)

    def commit(self, files: Mapping[str, str | bytes] | None = None) -> str:
        """Stage and commit files without hooks."""
        return self.repository.commit(files)

    def git(self, *arguments: str, **options: Any) -> str:
        """Run git; fail if it fails."""
        return self.repository.git(*arguments, **options)

    def check(self, *arguments: str, cwd: Path | None = None, env: Mapping[str, str] | None = None) -> Result:
        """Run ``mothball check --added``."""
        result = run_in_process(
            "check", "--added", *arguments, cwd=cwd or self.root, home=self.home, env={**IDENTITY, **(env or {})}
        )
        assert "internal error" not in result.err, result.err
        return result

    def added(self, *arguments: str, **options: Any) -> dict[str, list[str]]:
        """Return the names that ``mothball check --added`` checks, by path; the report must be JSON."""
        result = self.check("--format", "json", *arguments, **options)
        assert result.out, result.err
        judged: dict[str, list[str]] = {}
        for item in json.loads(result.out)["dependencies"]:
            judged.setdefault(item["path"], []).append(item["name"])
        return judged


def workshop(directory: Path, statuses: Mapping[str, str] = STATUSES) -> Workshop:
    """Make a repository below ``directory`` whose first commit holds the configuration and the snapshot."""
    home = directory / "home"
    home.mkdir(parents=True)
    repository = new_repository(directory.resolve() / "repo")
    repository.commit({"mothball.toml": OFFLINE, "statuses.json": snapshot_text(statuses)})
    return Workshop(repository, home)


def toml(*names: str, name: str = "shop") -> str:
    """Return a pyproject.toml of these dependencies."""
    entries = "".join(f'    "{one}",\n' for one in names)
    return f'[project]\nname = "{name}"\nversion = "1"\ndependencies = [\n{entries}]\n'


def lines(*names: str) -> str:
    """Return a requirements file."""
    return "".join(f"{one}\n" for one in names)


def lock(*names: str, direct: tuple[str, ...] = (), name: str = "shop") -> str:
    """Return a uv.lock of these packages, of which the project itself requires ``direct``."""
    required = ", ".join(f'{{ name = "{one}" }}' for one in direct)
    own = f'[[package]]\nname = "{name}"\nversion = "1"\nsource = {{ virtual = "." }}\ndependencies = [{required}]\n'
    parts = [
        f'[[package]]\nname = "{one}"\nversion = "1.0"\nsource = {{ registry = "https://index.example/simple/" }}\n'
        for one in names
    ]
    return 'version = 1\nrequires-python = ">=3.11"\n\n' + "\n".join([own, *parts])
