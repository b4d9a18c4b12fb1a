"""Real indexes on loopback: pypiron (publishes statuses), peryx (relays them) and pypiserver (strips them).

Each is a context manager that yields a running index and ends its process on exit. Nothing is downloaded: the packages
are wheels built here.
"""

from __future__ import annotations

import base64
import contextlib
import http.client
import json
import os
import re
import socket
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple
from urllib.parse import urlsplit

from tests.support.installed import clean_environment, script
from tests.support.waiting import wait_until

_START_LIMIT = 30.0
# A free port may be in use when the index binds it.
_ATTEMPTS = 3
_ADMIN = ("admin", "admin-password")
_UPLOADER = ("uploader", "uploader-password")
_JSON = "application/vnd.pypi.simple.v1+json"


class NotUpError(Exception):
    """An index did not start; the message contains the end of its log."""


class Pypiron(NamedTuple):
    """A running pypiron. ``url`` is the base of its simple repository, ``reader`` the login if reading requires one."""

    url: str
    directory: str
    reader: tuple[str, str] | None = None

    def publish(self, *names: str) -> None:
        """Upload a wheel of each of ``names`` with twine."""
        folder = os.path.join(self.directory, "dist")
        os.makedirs(folder, exist_ok=True)
        wheels = [make_wheel(folder, name) for name in names]
        user, password = _UPLOADER
        command = [sys.executable, "-m", "twine", "upload", "--non-interactive", "--disable-progress-bar"]
        command += ["--repository-url", f"{_root(self.url)}/legacy/", "-u", user, "-p", password, *wheels]
        subprocess.run(command, env=clean_environment(self.directory), check=True, capture_output=True)
        _wait_until(lambda: all(map(self.page, names)), f"{', '.join(names)} are on the index")

    def set_status(self, name: str, status: str, reason: str | None = None) -> None:
        """Set a status as the index's administrator."""
        body = {"status": status} if reason is None else {"status": status, "reason": reason}
        answered, _ = _ask("POST", f"{_root(self.url)}/project/{name}/status", json.dumps(body), _ADMIN)
        assert answered == 200
        _wait_until(lambda: self._stated(name) == status, f"{name} is {status}")

    def clear_status(self, name: str) -> None:
        """Make a project active again: its page then has no marker."""
        answered, _ = _ask("DELETE", f"{_root(self.url)}/project/{name}/status", None, _ADMIN)
        assert answered == 200
        _wait_until(lambda: self._stated(name) is None, f"{name} is active")

    def yank(self, name: str, reason: str) -> None:
        """Yank the wheel of ``name`` as the index's administrator."""
        answered, _ = _ask("POST", f"{_root(self.url)}/files/{name}/{_wheel_name(name)}/yank", reason, _ADMIN)
        assert answered < 300
        _wait_until(lambda: reason in json.dumps(self.page(name)), f"{name} is yanked")

    def delete(self, name: str) -> None:
        """Delete the wheel of ``name`` as the index's administrator."""
        answered, _ = _ask("DELETE", f"{_root(self.url)}/files/{name}/{_wheel_name(name)}", None, _ADMIN)
        assert answered < 300
        _wait_until(lambda: _wheel_name(name) not in json.dumps(self.page(name)), f"{name} has no wheel")

    def page(self, name: str) -> dict[str, object] | None:
        """Return the JSON page of a project, None if it does not exist."""
        status, body = _ask("GET", f"{self.url}{name}/", None, self.reader)
        page: dict[str, object] | None = json.loads(body) if status == 200 else None
        return page

    def _stated(self, name: str) -> object:
        marker = (self.page(name) or {}).get("project-status")
        return marker["status"] if isinstance(marker, dict) else marker


class AccessLog:
    """The log of an index about requested project pages."""

    def __init__(self, url: str, directory: str) -> None:
        self._url = url
        self._directory = directory
        self._seen = 0
        self._marks = 0

    def names(self) -> set[str]:
        """Return the names requested since the last call.

        It requests a marker name and waits for it, so that the log contains all earlier requests.
        """
        self._marks += 1
        mark = f"zz-mark-{self._marks}"
        _ask("GET", f"{self._url}{mark}/", None, None)
        _wait_until(lambda: f"/simple/{mark}/" in self._text(), f"{self._url} wrote down {mark}")
        text = self._text()
        asked = set(re.findall(r"GET \S*/simple/([^/ ]+)/", text[self._seen :]))
        self._seen = len(text)
        return {name for name in asked if not name.startswith("zz-mark-")}

    def _text(self) -> str:
        logs = sorted(name for name in os.listdir(self._directory) if name.startswith("log-"))
        with open(os.path.join(self._directory, logs[-1]), encoding="utf-8", errors="replace") as file:
            return file.read()


@contextlib.contextmanager
def running_pypiron(
    directory: str, *options: str, reader: tuple[str, str] | None = None, port: int | None = None
) -> Iterator[Pypiron]:
    """Run a pypiron without an upstream; with a ``reader`` it answers 401 to everyone else.

    It continues an earlier one in the same ``directory``; ``port`` is the port of that one.
    """
    command = [script("pypiron"), "serve", "--bind-addr", "127.0.0.1:{port}", "--data-dir", "data"]
    command += ["--uploader-user", _UPLOADER[0], "--uploader-pass", _UPLOADER[1]]
    command += ["--admin-user", _ADMIN[0], "--admin-pass", _ADMIN[1]]
    command += ["--advisory-feed", "", "--download-stats", "false", *options]
    if reader is not None:
        command += ["--read-user", reader[0], "--read-pass", reader[1]]
    with _running(command, directory, port) as root:
        yield Pypiron(f"{root}/simple/", directory, reader)


@contextlib.contextmanager
def running_pypiserver(directory: str, names: tuple[str, ...], *options: str) -> Iterator[str]:
    """Run a pypiserver with a wheel of each of ``names``; yields the base of its simple repository."""
    packages = os.path.join(directory, "packages")
    os.makedirs(packages)
    for name in names:
        make_wheel(packages, name)
    command = [sys.executable, "-m", "pypiserver", "run", "-i", "127.0.0.1", "-p", "{port}", "-P", ".", "-a", "."]
    with _running([*command, *options, "packages"], directory) as root:
        yield f"{root}/simple/"


@contextlib.contextmanager
def running_peryx(directory: str, upstream: str) -> Iterator[str]:
    """Run a peryx in front of ``upstream``; yields the base of its simple repository."""
    os.makedirs(directory, exist_ok=True)
    with open(os.path.join(directory, "peryx.toml"), "w", encoding="utf-8") as file:
        file.write(
            'data_dir = "data"\n'
            '[[index]]\necosystem = "pypi"\nname = "relay"\n'
            f'[[index.upstream]]\nname = "primary"\nurl = "{upstream}"\n'
        )
    peryx = script("peryx")
    subprocess.run(
        [peryx, "init", "-c", "peryx.toml"],
        cwd=directory,
        env=clean_environment(directory),
        check=True,
        capture_output=True,
    )
    with _running([peryx, "serve", "-c", "peryx.toml", "--host", "127.0.0.1", "--port", "{port}"], directory) as root:
        yield f"{root}/relay/simple/"


def _wheel_name(name: str) -> str:
    return f"{name.replace('-', '_')}-1.0-py3-none-any.whl"


def make_wheel(folder: str, name: str) -> str:
    """Write the smallest valid wheel of ``name`` (normalized), and return its path."""
    stem = f"{name.replace('-', '_')}-1.0"
    path = os.path.join(folder, f"{stem}-py3-none-any.whl")
    parts: Mapping[str, str] = {
        "METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n",
        "WHEEL": "Wheel-Version: 1.0\nGenerator: tests\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        "RECORD": "",
    }
    with zipfile.ZipFile(path, "w") as wheel:
        for part, text in parts.items():
            wheel.writestr(f"{stem}.dist-info/{part}", text)
    return path


@contextlib.contextmanager
def _running(command: list[str], directory: str, port: int | None = None) -> Iterator[str]:
    """Run ``command`` in ``directory`` on ``port`` or a free one, replacing ``{port}`` in it; yields its root URL."""
    chosen = port
    os.makedirs(directory, exist_ok=True)
    for attempt in range(1, _ATTEMPTS + 1):
        port = _free_port() if chosen is None else chosen
        log = os.path.join(directory, f"log-{attempt}")
        with _process([part.format(port=port) for part in command], directory, log) as process:
            try:
                _wait_for_answer(process, port)
            except NotUpError:
                if attempt < _ATTEMPTS:
                    continue
                with open(log, encoding="utf-8", errors="replace") as file:
                    raise NotUpError(f"{command[0]}: {file.read()[-2000:]}") from None
            yield f"http://127.0.0.1:{port}"
            return


@contextlib.contextmanager
def _process(command: list[str], directory: str, log: str) -> Iterator[subprocess.Popen[bytes]]:
    with (
        open(log, "wb") as output,
        subprocess.Popen(
            command,
            cwd=directory,
            env=clean_environment(directory),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        ) as process,
    ):
        try:
            yield process
        finally:
            process.terminate()
            try:
                process.wait(5)
            except subprocess.TimeoutExpired:
                process.kill()


def _wait_for_answer(process: subprocess.Popen[bytes], port: int) -> None:
    """Return when the index answers; raise NotUpError if it has ended or takes too long."""

    def has_answered() -> bool:
        with contextlib.suppress(OSError, http.client.HTTPException):
            _ask("GET", f"http://127.0.0.1:{port}/", None, None)
            return True
        if process.poll() is not None:
            raise NotUpError
        return False

    try:
        wait_until(has_answered, seconds=_START_LIMIT)
    except AssertionError as error:
        raise NotUpError from error


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _root(url: str) -> str:
    return f"http://{urlsplit(url).netloc}"


def _ask(method: str, url: str, body: str | None, user: tuple[str, str] | None) -> tuple[int, bytes]:
    """Send one request to an index on loopback, without proxies and redirects."""
    parts = urlsplit(url)
    headers = {"Accept": _JSON}
    if user is not None:
        headers["Authorization"] = f"Basic {base64.b64encode(':'.join(user).encode()).decode()}"
    with contextlib.closing(http.client.HTTPConnection(parts.netloc, timeout=5)) as connection:
        connection.request(method, parts.path, body, headers)
        response = connection.getresponse()
        return response.status, response.read()


def _wait_until(condition: Callable[[], bool], what: str) -> None:
    """Wait for an index that processes its writes in the background."""
    wait_until(condition, what)
