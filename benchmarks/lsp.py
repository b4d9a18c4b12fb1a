"""The language server: typing, opening and hovering as ratios to ``python -c pass``, and resident memory.

    uv run --group test python -m benchmarks.lsp

Budgets, all with a warm cache: from a change to its diagnostics, with 1,000 dependencies (10 of them flagged) in a
requirements.txt or a pyproject.toml 1, with 50 dependencies 0.3; opening a uv.lock of 3 MB 15; hover 0.5; 80 MB
resident after a thousand edits and ten thousand more, and with only the uv.lock open. With 5,000 dependencies a change
costs the server at most 60 ms of processor time. Every second name has a list of files in the cache, which has the
pinned version.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from typing import Any

from benchmarks.paired import clean_environment, compare

_INDEX = "https://index.example/simple/"
_FLAGGED = 10


class Server:
    """The installed server; one thread communicates with it over its pipes."""

    def __init__(self, mothball: str, environment: dict[str, str]) -> None:
        self.process = subprocess.Popen(
            [mothball, "lsp"], env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=environment["HOME"]
        )
        self._number = 0
        self.diagnostics: dict[str, Any] = {}

    def send(self, message: dict[str, Any]) -> None:
        """Send a message."""
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        assert self.process.stdin is not None
        self.process.stdin.write(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
        self.process.stdin.flush()

    def receive(self) -> dict[str, Any]:
        """Return the next message; diagnostics are stored."""
        stdout = self.process.stdout
        assert stdout is not None
        header = stdout.readline()
        while stdout.readline().strip():
            pass
        message: dict[str, Any] = json.loads(stdout.read(int(header.split()[1])))
        if message.get("method") == "textDocument/publishDiagnostics":
            self.diagnostics = message["params"]
        return message

    def request(self, method: str, params: object) -> Any:  # noqa: ANN401 - whatever the server answers
        """Return the result of a request."""
        self._number += 1
        self.send({"id": self._number, "method": method, "params": params})
        while (answer := self.receive()).get("id") != self._number or "method" in answer:
            pass
        return answer["result"]

    def notify(self, method: str, params: object) -> None:
        """Send a notification."""
        self.send({"method": method, "params": params})

    def wait_for(self, version: int) -> None:
        """Wait for the diagnostics of a version."""
        while self.diagnostics.get("version") != version:
            self.receive()

    def processor_time(self) -> float:
        """Return the processor time of all threads in milliseconds. Linux only."""
        times = []
        for thread in os.listdir(f"/proc/{self.process.pid}/task"):
            with open(f"/proc/{self.process.pid}/task/{thread}/schedstat", encoding="ascii") as file:
                times.append(int(file.read().split()[0]))
        return sum(times) / 1e6

    def resident(self) -> float:
        """Return the resident memory in MB."""
        with open(f"/proc/{self.process.pid}/statm", encoding="ascii") as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6

    def close(self) -> None:
        """End the server as editors do."""
        self.request("shutdown", None)
        self.notify("exit", None)
        self.process.wait()


def started(mothball: str, environment: dict[str, str]) -> Server:
    """Return an initialized server."""
    server = Server(mothball, environment)
    settings = {"indexUrl": _INDEX, "maxAge": "7d"}
    server.request(
        "initialize", {"processId": None, "rootUri": None, "capabilities": {}, "initializationOptions": settings}
    )
    server.notify("initialized", {})
    return server


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=200)
    parser.add_argument("--edits", type=int, default=10_000, help="edits after which memory is measured again")
    arguments = parser.parse_args()
    with clean_environment() as scripts, tempfile.TemporaryDirectory() as home:
        python, mothball = os.path.join(scripts, "python"), os.path.join(scripts, "mothball")
        environment = {"PATH": os.environ["PATH"], "HOME": home, "MOTHBALL_CACHE_DIR": os.path.join(home, "cache")}
        names = [f"name-{number}" for number in range(8000)]
        subprocess.run(
            [python, "-c", _FILL, environment["MOTHBALL_CACHE_DIR"], _INDEX, *names], env=environment, check=True
        )
        server = started(mothball, environment)
        bare = [python, "-c", "pass"]
        print(f"{'as a ratio to python -c pass':<56} median  (quartiles of the pairs)")
        label = "didChange to diagnostics, "
        project = Typing(server, os.path.join(home, "pyproject.toml"), *pyproject(1000))
        show(f"{label}1000 dependencies, pyproject", project.edit, bare, environment, arguments.rounds)
        project.close()
        for count in (1000, 50):
            typing = Typing(server, os.path.join(home, f"requirements-{count}.txt"), *requirements(count))
            show(f"{label}{count} dependencies", typing.edit, bare, environment, arguments.rounds)
        show("hover among 50 dependencies", typing.hover, bare, environment, arguments.rounds)
        memory(server, typing, arguments.edits)
        typing_time(server, Typing(server, os.path.join(home, "requirements-5000.txt"), *requirements(5000)))
        opening = Opening(server, home, names)
        show(
            f"didOpen of a uv.lock of {len(opening.text) / 1e6:.1f} MB",
            opening.open,
            bare,
            environment,
            arguments.rounds // 20,
        )
        server.close()
        lock_memory(started(mothball, environment), home, names)
        start_up(python, mothball, environment)


class Typing:
    """A file with ten archived dependencies among many, in which a dependency is typed before all others.

    ``begin`` is the text before the first of them; ``entry`` is the typed text, with ``%d`` for its version.
    """

    def __init__(self, server: Server, path: str, begin: str, entry: str, rest: str) -> None:
        self._server = server
        self._begin, self._entry, self._rest = begin, entry, rest
        self._uri = f"file://{path}"
        self._version = 1
        text = begin + rest
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        document = {"uri": self._uri, "languageId": "text", "version": 1, "text": text}
        server.notify("textDocument/didOpen", {"textDocument": document})
        while server.diagnostics.get("uri") != self._uri or len(server.diagnostics["diagnostics"]) != _FLAGGED:
            server.receive()

    def edit(self) -> None:
        """Type a new version, and add or remove a line before it, so that all others move."""
        self._version += 1
        typed = self._entry % self._version * (self._version % 2 + 1)
        text = f"{self._begin}{typed}{self._rest}"
        document = {"uri": self._uri, "version": self._version}
        self._server.notify("textDocument/didChange", {"textDocument": document, "contentChanges": [{"text": text}]})
        self._server.wait_for(self._version)
        assert len(self._server.diagnostics["diagnostics"]) == _FLAGGED

    def close(self) -> None:
        """Close the file and delete it, since the others would belong to the same project."""
        self._server.notify("textDocument/didClose", {"textDocument": {"uri": self._uri}})
        self._server.receive()
        os.remove(self._uri.removeprefix("file://"))

    def hover(self) -> None:
        """Hover over a name."""
        position = {"line": 20, "character": 3}
        params = {"textDocument": {"uri": self._uri}, "position": position}
        assert self._server.request("textDocument/hover", params)["contents"]["value"]


def requirements(count: int) -> tuple[str, str, str]:
    """Return a requirements.txt of ``count`` dependencies: its beginning, an entry to type, and the rest."""
    return "", "name-49==2.%d\n", "".join(f"name-{number}==1.{number}\n" for number in range(count))


def pyproject(count: int) -> tuple[str, str, str]:
    """Return the same as a pyproject.toml with a table of mothball."""
    begin = '[project]\nname = "bench"\nversion = "1"\ndependencies = [\n'
    entries = "".join(f'    "name-{number}==1.{number}",\n' for number in range(count))
    return begin, '    "name-49==2.%d",\n', f'{entries}]\n[tool.mothball]\nprivate = ["acme-*"]\n'


class Opening:
    """A large uv.lock that is opened and closed repeatedly."""

    def __init__(self, server: Server, home: str, names: list[str]) -> None:
        self._server = server
        self.text = lock(names)
        path = os.path.join(home, "uv.lock")
        with open(path, "w", encoding="utf-8") as file:
            file.write(self.text)
        self._uri = f"file://{path}"
        self._version = 1_000_000

    def open(self) -> None:
        """Open it, wait for its diagnostics, close it."""
        self.keep_open()
        self._server.notify("textDocument/didClose", {"textDocument": {"uri": self._uri}})
        self._server.receive()

    def keep_open(self) -> None:
        """Open it, and wait for its diagnostics."""
        self._version += 1
        document = {"uri": self._uri, "languageId": "toml", "version": self._version, "text": self.text}
        self._server.notify("textDocument/didOpen", {"textDocument": document})
        self._server.wait_for(self._version)
        assert len(self._server.diagnostics["diagnostics"]) == _FLAGGED


def lock(names: list[str]) -> str:
    """Return a uv.lock of about 3 MB: packages with a dozen hashed files each."""
    packages = ["version = 1\nrequires-python = '>=3.11'\n"]
    for number, name in enumerate(names):
        if sum(map(len, packages)) > 3_000_000 and number % 100 == 0:
            break
        files = "".join(
            f'    {{ url = "https://files.example/{name}/{name}-1.{number}-cp31{minor}.whl", '
            f'hash = "sha256:{number:064x}", size = 1 }},\n'
            for minor in range(6)
        )
        packages.append(
            f'\n[[package]]\nname = "{name}"\nversion = "1.{number}"\nsource = {{ registry = "{_INDEX}" }}\n'
            f'dependencies = [{{ name = "{names[number - 1]}" }}]\nwheels = [\n{files}]\n'
        )
    return "".join(packages)


def show(label: str, work: Callable[[], None], bare: list[str], environment: dict[str, str], rounds: int) -> None:
    """Print the ratio of ``work`` to a bare interpreter start, both measured in turn."""
    pairs = []
    for number in range(rounds + 3):
        begin = time.perf_counter()
        subprocess.run(bare, env=environment, check=True)
        middle = time.perf_counter()
        work()
        end = time.perf_counter()
        if number >= 3:
            pairs.append((end - middle, middle - begin))
    base = statistics.median(other for _, other in pairs)
    ratios = sorted(one / other for one, other in pairs)
    low, high = ratios[len(ratios) // 4], ratios[3 * len(ratios) // 4]
    print(f"{label:<56} {statistics.median(one for one, _ in pairs) / base:6.2f}  ({low:.2f} - {high:.2f})", flush=True)


def typing_time(server: Server, typing: Typing, rounds: int = 20) -> None:
    """Print the processor time of the server for each change, and close the document."""
    if not os.path.isdir("/proc/self"):
        return
    times = []
    for _ in range(rounds + 3):
        begin = server.processor_time()
        typing.edit()
        times.append(server.processor_time() - begin)
    low, median, high = statistics.quantiles(times[3:], n=4)
    print(
        f"{'didChange with 5000 dependencies':<56} {median:6.1f}  ({low:.1f} - {high:.1f}) ms of processor time",
        flush=True,
    )
    typing.close()


def memory(server: Server, typing: Typing, edits: int) -> None:
    """Print the resident memory after a thousand edits, and after the given number of further ones."""
    if not os.path.isdir("/proc/self"):
        return
    for _ in range(1000):
        typing.edit()
    before = server.resident()
    for _ in range(edits):
        typing.edit()
    print(f"{'resident after 1,000 edits':<56} {before:6.1f}  MB")
    print(f"{f'and after {edits:,} more':<56} {server.resident():6.1f}  MB", flush=True)


def lock_memory(server: Server, home: str, names: list[str]) -> None:
    """Print the resident memory of a new ``server`` with the uv.lock open, which it has opened before."""
    opening = Opening(server, home, names)
    for _ in range(5):
        opening.open()
    opening.keep_open()
    if os.path.isdir("/proc/self"):
        print(f"{'resident with only that uv.lock open':<56} {server.resident():6.1f}  MB", flush=True)
    server.close()


def start_up(python: str, mothball: str, environment: dict[str, str]) -> None:
    """Print the ratio of the server's start, and that of its imports."""
    handshake = (
        "import json, subprocess, sys\n"
        "def frame(**message):\n"
        "    body = json.dumps({'jsonrpc': '2.0', **message}).encode()\n"
        "    return b'Content-Length: %d\\r\\n\\r\\n%s' % (len(body), body)\n"
        "data = frame(id=1, method='initialize', params={'processId': None, 'rootUri': None, 'capabilities': {}})\n"
        "data += frame(id=2, method='shutdown') + frame(method='exit')\n"
        "sys.exit(subprocess.run([sys.argv[1], 'lsp'], input=data, stdout=subprocess.DEVNULL).returncode)\n"
    )
    commands = {
        "python -c pass": [python, "-c", "pass"],
        "python -c 'import lsprotocol.types'": [python, "-c", "import lsprotocol.types"],
        "python -c 'import pygls.lsp.server'": [python, "-c", "import pygls.lsp.server"],
        "mothball lsp: initialize, shutdown, exit": [python, "-c", handshake, mothball],
    }
    for ratio in compare(commands, rounds=10, environment=environment):
        print(f"{ratio.name:<56} {ratio.median:6.2f}  ({ratio.low:.2f} - {ratio.high:.2f})")


# Runs in the clean environment: caches a fresh result for every name. The first ten are archived; every second has
# a list of files.
_FILL = """\
import sys, time
from mothball.index.cache import CachedPage, StatusCache, page_key
from mothball.index.project_page import ProjectPage
directory, index, *names = sys.argv[1:]
cache, pages = StatusCache.open(directory), {}
now = time.time()
for number, name in enumerate(names):
    status = "archived" if number < 10 else "active"
    files = f"{name.replace('-', '_')}-1.{number}-py3-none-any.whl\\t\\t{number:024x}\\t" if number % 2 else None
    pages[page_key(index, name)] = CachedPage(ProjectPage(status, files=files), None, now, now if files else None)
cache.put_many(pages)
cache.close()
"""


if __name__ == "__main__":
    if sys.platform == "win32":
        sys.exit("measured on POSIX only")
    main()
