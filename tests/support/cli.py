"""mothball run as its users run it, apart from the user who runs the tests: in this process, or as it is installed.

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

from mothball.cli.parser import main

# Where the system keeps what every program needs.
_KEPT = ("PATH", "SYSTEMROOT", "TMPDIR", "TEMP", "TMP")
# By which coverage measures a program that we start (`patch = subprocess`).
_COVERAGE = "COVERAGE_PROCESS_CONFIG"
_measuring: dict[str, str] = {}


class Result(NamedTuple):
    """What came of a run: the exit code, and what was written to standard output and standard error."""

    code: int
    out: str
    err: str


def clean_environment(home: str | os.PathLike[str], **more: str) -> dict[str, str]:
    """Return an environment in which all that a user can configure lies below ``home``, and no proxy is named."""
    base = os.fspath(home)
    places = {
        "HOME": base,
        "USERPROFILE": base,
        "XDG_CACHE_HOME": os.path.join(base, ".cache"),
        "XDG_CONFIG_HOME": os.path.join(base, ".config"),
        "XDG_DATA_HOME": os.path.join(base, ".local", "share"),
        "XDG_STATE_HOME": os.path.join(base, ".local", "state"),
        "MOTHBALL_CACHE_DIR": cache_of(home),
        # What the machine's administrator told pip and uv is nothing that a test should know.
        "PIP_CONFIG_FILE": os.devnull,
        "UV_NO_CONFIG": "1",
    }
    return {key: os.environ[key] for key in _KEPT if key in os.environ} | places | more


def measured_environment(home: str | os.PathLike[str], **more: str) -> dict[str, str]:
    """Return a clean environment in which coverage measures the program, where the tests are measured.

    For what runs long and does much there: each measured start takes several times as long as a bare one.
    """
    return clean_environment(home, **_measuring, **more)


def measure_no_programs() -> None:
    """See to it that programs are measured only where ``measured_environment`` says so.

    Coverage would else be the first thing that each of them imports, also those that tell what they import.
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
    """Call ``main`` with ``arguments``; ``terminal`` makes both output streams claim to be one."""
    out, err = _Stream(terminal=terminal), _Stream(terminal=terminal)
    with (
        _surroundings(clean_environment(home, **(env or {})), cwd, stdin),
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
    """Run the installed console script as a program of its own."""
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
def _surroundings(environment: Mapping[str, str], cwd: str | os.PathLike[str], stdin: bytes) -> Iterator[None]:
    with (
        mock.patch.dict(os.environ, environment, clear=True),
        contextlib.chdir(cwd),
        mock.patch.object(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin), encoding="utf-8")),
    ):
        yield


class _Stream(io.TextIOWrapper):
    """An output stream that is kept in memory, and that may say it is a terminal."""

    def __init__(self, *, terminal: bool) -> None:
        super().__init__(io.BytesIO(), encoding="utf-8", newline="\n", write_through=True)
        self._terminal = terminal

    def isatty(self) -> bool:
        return self._terminal

    def text(self) -> str:
        """Return what was written."""
        assert isinstance(self.buffer, io.BytesIO)
        return self.buffer.getvalue().decode()
