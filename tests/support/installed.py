"""Run the installed console script in a process and an environment of its own."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sysconfig
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from tests.support.cli import LOCAL_INDEXES

# Far above what any run needs: a limit for hanging runs.
_LIMIT = 60.0
_GUARD = os.path.join(os.path.dirname(__file__), "guard")


def script(name: str) -> str:
    """Return the path of a console script that is installed beside the running interpreter."""
    path = shutil.which(name, path=sysconfig.get_path("scripts"))
    assert path is not None, f"{name} is not installed: run the tests with `uv run --group test pytest`"
    return path


def clean_environment(home: str) -> dict[str, str]:
    """Return an environment without the caller's proxies and index options, with a home directory of its own."""
    kept = {key: os.environ[key] for key in ("PATH", "SYSTEMROOT", "TMPDIR", "TEMP") if key in os.environ}
    below = {
        "XDG_CACHE_HOME": "cache",
        "XDG_CONFIG_HOME": "config",
        "XDG_DATA_HOME": "data",
        "XDG_STATE_HOME": "state",
        "XDG_RUNTIME_DIR": "run",
    }
    folders = {key: os.path.join(home, folder) for key, folder in below.items()}
    # System-wide configuration of pip and uv must not affect tests.
    isolated = {"PIP_CONFIG_FILE": os.devnull, "UV_NO_CONFIG": "1", **LOCAL_INDEXES}
    return {**kept, **folders, **isolated, "HOME": home, "USERPROFILE": home, "LANG": "C.UTF-8", "NO_COLOR": "1"}


class Run(NamedTuple):
    """The result of a run: its exit code and its output."""

    code: int
    out: str
    err: str

    @property
    def report(self) -> dict[str, Any]:
        """The report of a run with ``--format json``."""
        report: dict[str, Any] = json.loads(self.out)
        return report

    def lookup(self, name: str) -> dict[str, Any]:
        """Return the lookup of ``name``, which must be the same wherever it occurs in the report."""
        lookups = [item["lookup"] for item in self.report["dependencies"] if item["name"] == name]
        assert lookups, f"{name} is not in the report"
        assert all(lookup == lookups[0] for lookup in lookups)
        found: dict[str, Any] = lookups[0]
        return found

    def said(self, name: str) -> tuple[str, str | None]:
        """Return the kind of a lookup, and its status or the cause of its failure."""
        lookup = self.lookup(name)
        return lookup["kind"], lookup["status"] or lookup["cause"]

    def found(self) -> list[tuple[str, str, str | None]]:
        """Return the findings that are not suppressed as ``(rule, severity, name)``, in the order of the report."""
        findings = self.report["findings"]
        return [(one["rule"], one["severity"], one["name"]) for one in findings if one["suppressed"] is None]


class Mothball:
    """Runs mothball with a home, a cache and a working directory below ``directory``."""

    def __init__(self, directory: str) -> None:
        self.cache = os.path.join(directory, "cache")
        self.project = os.path.join(directory, "project")
        self.home = os.path.join(directory, "home")
        self._contacts = os.path.join(directory, "contacts")
        os.mkdir(self.project)
        self.environment = {
            **clean_environment(self.home),
            "MOTHBALL_CACHE_DIR": self.cache,
            "MOTHBALL_E2E_CONTACTS": self._contacts,
            "PYTHONPATH": _GUARD,
            "PYTHONWARNINGS": "error",
        }

    def write(self, name: str, *lines: str) -> None:
        """Write a file of the project."""
        with open(os.path.join(self.project, name), "w", encoding="utf-8") as file:
            file.write("".join(f"{line}\n" for line in lines))

    def require(self, index: str, *entries: str, options: Sequence[str] = ()) -> None:
        """Write the project's requirements.txt: ``entries`` from ``index``, and the configuration ``options``."""
        self.write("requirements.txt", f"--index-url {index}", *entries)
        self.write("mothball.toml", *options)

    def configure(self, *lines: str) -> None:
        """Write the user-level configuration."""
        path = os.path.join(self.home, "config", "mothball", "config.toml")
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as file:
            file.write("".join(f"{line}\n" for line in lines))

    def at_home(self, name: str, text: str) -> str:
        """Write a file in the user's home and return its path."""
        os.makedirs(self.home, exist_ok=True)
        path = os.path.join(self.home, name)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        return path

    def start(
        self, *arguments: str, ahead: float = 0.0, environment: Mapping[str, str] | None = None
    ) -> subprocess.Popen[str]:
        """Start a run in the project's directory, its clock ``ahead`` (seconds)."""
        return subprocess.Popen(
            [script("mothball"), *arguments],
            cwd=self.project,
            env={**self.environment, "MOTHBALL_E2E_AHEAD": str(ahead), **(environment or {})},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
        )

    def run(self, *arguments: str, ahead: float = 0.0, environment: Mapping[str, str] | None = None) -> Run:
        """Run to the end; the output must not contain a traceback."""
        return finish(self.start(*arguments, ahead=ahead, environment=environment))

    def check(self, *arguments: str, ahead: float = 0.0, environment: Mapping[str, str] | None = None) -> Run:
        """Run ``mothball check --format json``."""
        return self.run("check", "--format", "json", *arguments, ahead=ahead, environment=environment)

    def contacts(self) -> set[str]:
        """Return the hosts that the runs tried to reach, as ``HOST`` or ``HOST:PORT``."""
        if not os.path.exists(self._contacts):
            return set()
        with open(self._contacts, encoding="utf-8") as contacts:
            return {line.split()[1] for line in contacts if line.startswith("socket.")}

    def started(self) -> list[str]:
        """Return the processes that the runs started, with their arguments."""
        if not os.path.exists(self._contacts):
            return []
        with open(self._contacts, encoding="utf-8") as contacts:
            return [line for line in contacts if not line.startswith("socket.")]

    def forget_contacts(self) -> None:
        """Clear the list of contacts."""
        if os.path.exists(self._contacts):
            os.remove(self._contacts)


def finish(process: subprocess.Popen[str]) -> Run:
    """Wait for a started run, and end it if it does not end by itself."""
    with process:
        try:
            out, err = process.communicate(timeout=_LIMIT)
        except BaseException:
            process.kill()
            raise
    assert "Traceback" not in err, err
    assert "internal error" not in err, err
    return Run(process.returncode, out, err)
