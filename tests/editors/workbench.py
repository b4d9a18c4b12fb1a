"""A project with archived dependencies, and an environment with the installed mothball, for real editors.

The editors start `mothball lsp` from PATH. Nothing accesses the network; statuses come from the snapshot of the
example.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.editors import tools
from tests.support.installed import clean_environment
from tests.support.waiting import wait_until

ROOT = Path(__file__).parents[2]
EDITORS = ROOT / "editors"
DRIVERS = Path(__file__).parent / "drivers"
_GUARD = ROOT / "tests" / "support" / "guard"
# Far above what any editor needs: a limit for hanging processes, not for slow ones.
LIMIT = 90.0


def only_with(editor: str) -> pytest.MarkDecorator:
    """Return the mark of tests that drive a real ``editor``, which the nox session of that name provides."""
    wanted = os.environ.get("MOTHBALL_EDITORS", "").split(",")
    return pytest.mark.skipif(editor not in wanted, reason=f"drives a real editor: uv run --group dev nox -s {editor}")


@contextmanager
def or_skip() -> Iterator[None]:
    """Skip tests whose tools are unavailable on this machine, with the reason; fail them if they are required."""
    try:
        yield
    except tools.Unavailable as reason:
        if tools.is_required():
            pytest.fail(f"{tools.REQUIRED_VARIABLE} is set, and {reason}")
        pytest.skip(str(reason))


class Seen(NamedTuple):
    """A finding as displayed: its location (line and column from 1), rule and severity."""

    line: int
    column: int
    text: str
    rule: str
    severity: str


class Session:
    """A copy of ``examples/shop`` in a git repository, and an environment with mothball on its PATH."""

    def __init__(self, directory: Path, mothball: Path) -> None:
        self.project = directory / "shop"
        self.home = directory / "home"
        self._mothball = mothball
        self.answer = directory / "answer.json"
        self.contacts = directory / "contacts"
        self.home.mkdir()
        shutil.copytree(ROOT / "examples" / "shop", self.project)
        environment = clean_environment(str(self.home))
        self.environment = {
            **environment,
            "PATH": os.pathsep.join([str(mothball.parent), environment["PATH"]]),
            "MOTHBALL_E2E_CONTACTS": str(self.contacts),
            "MOTHBALL_TEST_ANSWER": str(self.answer),
            "PYTHONPATH": str(_GUARD),
            "TERM": "xterm-256color",
            # The default, which the instructions name.
            "XDG_CONFIG_HOME": str(self.home / ".config"),
        }
        Path(self.environment["XDG_RUNTIME_DIR"]).mkdir(mode=0o700)
        self.run("git", "init", "--quiet")

    def leave_git(self) -> None:
        """Remove the git repository, as in an unpacked archive."""
        shutil.rmtree(self.project / ".git")

    def run(
        self, *command: str, environment: Mapping[str, str] | None = None, codes: Sequence[int] = (0,)
    ) -> subprocess.CompletedProcess[str]:
        """Run ``command`` in the project; its exit code must be one of ``codes``."""
        done = subprocess.run(
            command,
            cwd=self.project,
            env={**self.environment, **(environment or {})},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=LIMIT,
            check=False,
        )
        assert done.returncode in codes, f"{command[0]} ended with {done.returncode}:\n{done.stdout}\n{done.stderr}"
        return done

    def write(self, name: str, text: str) -> Path:
        """Write a file of the project."""
        path = self.project / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
        return path

    def answered(self) -> Any:
        """Return the output of the driver inside the editor."""
        assert self.answer.exists(), "the driver in the editor did not come to its end"
        return json.loads(self.answer.read_text("utf-8"))

    def contacted(self) -> list[str]:
        """Return the network addresses that mothball and its child processes tried to reach."""
        lines = self.contacts.read_text("utf-8").splitlines() if self.contacts.exists() else []
        return [line for line in lines if line.startswith("socket.")]

    def server_has_ended(self) -> bool:
        """Return True if no server of this wheel runs anymore, after a moment if necessary."""
        with suppress(AssertionError):
            wait_until(lambda: not self._servers(), seconds=10)
        return not self._servers()

    def _servers(self) -> list[bytes]:
        """Return the command lines of the running servers of this wheel (Linux only)."""
        found = []
        for path in Path("/proc").glob("[0-9]*/cmdline"):
            with suppress(OSError):
                found.append(path.read_bytes())
        return [line for line in found if str(self._mothball).encode() in line]

    def checked(self, name: str) -> set[Seen]:
        """Return the findings of `mothball check` for the file ``name``, which an editor must show."""
        report = json.loads(self.run("mothball", "check", "--format", "json", name, codes=(0, 1)).stdout)
        lines = (self.project / name).read_text("utf-8").splitlines()
        found = [finding for finding in report["findings"] if finding["suppressed"] is None and finding["path"] == name]
        return {
            Seen(
                finding["line"],
                finding["column"],
                lines[finding["line"] - 1][finding["column"] - 1 :][: len(finding["name"])],
                finding["rule"],
                finding["severity"],
            )
            for finding in found
        }
