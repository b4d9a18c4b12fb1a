"""Run mothball isolated from the user who runs the tests: in this process, or as an installed program.

result = run_in_process("check", cwd=project, home=tmp_path)
assert result.code == 0
"""

from __future__ import annotations

import contextlib
import io
import os
import subprocess
import sys
import sysconfig
from collections.abc import Iterator, Mapping
from typing import NamedTuple
from unittest import mock

from mothball.cli.start import main

# Directories of system programs.
_KEPT = ("PATH", "SYSTEMROOT", "TMPDIR", "TEMP", "TMP")
# Variables by which coverage measures child processes (`patch = subprocess`).
_COVERAGE = "COVERAGE_PROCESS_CONFIG"
_measuring: dict[str, str] = {}


# The consent to indexes on loopback that only a repository names: all indexes of the tests are.
LOCAL_INDEXES = {"MOTHBALL_ALLOW_LOCAL_INDEXES": "1"}


class Result(NamedTuple):
    """The result of a run: the exit code, and what was written to standard output and standard error."""

    code: int
    out: str
    err: str


def clean_environment(home: str | os.PathLike[str], **more: str) -> dict[str, str]:
    """Return an environment in which all user configuration is below ``home``, without proxies."""
    base = os.fspath(home)
    places = {
        "HOME": base,
        "USERPROFILE": base,
        "XDG_CACHE_HOME": os.path.join(base, ".cache"),
        "XDG_CONFIG_HOME": os.path.join(base, ".config"),
        "XDG_DATA_HOME": os.path.join(base, ".local", "share"),
        "XDG_STATE_HOME": os.path.join(base, ".local", "state"),
        "MOTHBALL_CACHE_DIR": cache_of(home),
        # System-wide configuration of pip and uv must not affect tests.
        "PIP_CONFIG_FILE": os.devnull,
        "UV_NO_CONFIG": "1",
        **LOCAL_INDEXES,
    }
    return {key: os.environ[key] for key in _KEPT if key in os.environ} | places | more


def measured_environment(home: str | os.PathLike[str], **more: str) -> dict[str, str]:
    """Return a clean environment in which coverage measures the program, if it measures the tests.

    Use it for long runs only: starting a measured program takes several times as long.
    """
    return clean_environment(home, **_measuring, **more)


def measure_no_programs() -> None:
    """Measure child processes only where ``measured_environment`` is used.

    Otherwise, coverage would be imported first in each of them, also in those that check which modules are
    imported.
    """
    if _COVERAGE in os.environ:
        _measuring[_COVERAGE] = os.environ.pop(_COVERAGE)


def cache_of(home: str | os.PathLike[str]) -> str:
    """Return the directory in which a run with this ``home`` keeps its cache."""
    return os.path.join(os.fspath(home), "mothball-cache")


def run_in_process(
    *arguments: str,
    cwd: str | os.PathLike[str],
    home: str | os.PathLike[str],
    env: Mapping[str, str] | None = None,
    stdin: bytes = b"",
    terminal: bool = False,
) -> Result:
    """Call ``main`` with ``arguments``; ``terminal`` makes the standard streams claim to be one."""
    out, err = _Stream(terminal=terminal), _Stream(terminal=terminal)
    with (
        _surroundings(clean_environment(home, **(env or {})), cwd, _Stream(stdin, terminal=terminal)),
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
    ):
        code = main(arguments)
    return Result(code, out.text(), err.text())


def installed_script() -> str:
    """Return the path of the console script that belongs to this interpreter."""
    return os.path.join(sysconfig.get_path("scripts"), "mothball.exe" if sys.platform == "win32" else "mothball")


def run_installed(
    *arguments: str,
    cwd: str | os.PathLike[str],
    home: str | os.PathLike[str],
    env: Mapping[str, str] | None = None,
    stdin: bytes = b"",
) -> Result:
    """Run the installed console script in a process of its own."""
    done = subprocess.run(
        [installed_script(), *arguments],
        cwd=cwd,
        env=clean_environment(home, **(env or {})),
        input=stdin,
        capture_output=True,
        check=False,
        timeout=60,
    )
    return Result(done.returncode, done.stdout.decode(), done.stderr.decode())


@contextlib.contextmanager
def _surroundings(environment: Mapping[str, str], cwd: str | os.PathLike[str], stdin: _Stream) -> Iterator[None]:
    with (
        mock.patch.dict(os.environ, environment, clear=True),
        contextlib.chdir(cwd),
        mock.patch.object(sys, "stdin", stdin),
    ):
        yield


class _Stream(io.TextIOWrapper):
    """A stream in memory that can claim to be a terminal."""

    def __init__(self, content: bytes = b"", *, terminal: bool) -> None:
        super().__init__(io.BytesIO(content), encoding="utf-8", newline="\n", write_through=True)
        self._terminal = terminal

    def isatty(self) -> bool:
        return self._terminal

    def text(self) -> str:
        """Return the written text."""
        assert isinstance(self.buffer, io.BytesIO)
        return self.buffer.getvalue().decode()
