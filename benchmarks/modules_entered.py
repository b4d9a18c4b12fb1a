"""Count the modules of mothball that code enters, apart from imports: on the way to a finding, and on a keystroke.

    uv run --group test python -m benchmarks.modules_entered [--list]

A module is entered if one of its functions is called. Three figures are printed: for ``mothball check`` of a
requirements.txt with one archived dependency, with an empty cache and with a full one, and for a change of that file in
the language server, up to the new diagnostics.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

_LINE = "old-lib==1.0\n"
_PAGE = {
    "meta": {"api-version": "1.4"},
    "name": "old-lib",
    "project-status": {"status": "archived"},
    "files": [
        {"filename": "old_lib-1.0.tar.gz", "url": "https://files.example/old_lib-1.0.tar.gz", "hashes": {}},
    ],
    "versions": ["1.0"],
}
# Runs mothball; each SIGUSR1, and the end, write the modules entered since the last one. Calls while a module is
# imported are not counted, and neither are the bodies of modules and classes: these are not optimized code.
_PROGRAM = """
import os, signal, sys, threading
sys.argv[0] = "mothball"
entered, log = set(), open(os.environ["ENTERED"], "w")
def profile(frame, event, argument):
    if event == "call" and frame.f_code.co_flags & 1:
        name = frame.f_globals.get("__name__") or ""
        if name.startswith("mothball") and name not in entered:
            caller = frame.f_back
            while caller is not None and "importlib" not in caller.f_code.co_filename:
                caller = caller.f_back
            if caller is None:
                entered.add(name)
def write(*_):
    print(*sorted(entered), file=log, flush=True)
    entered.clear()
def leave(code, leave=os._exit):
    write()
    leave(code)
os._exit = leave
signal.signal(signal.SIGUSR1, write)
threading.setprofile(profile)
sys.setprofile(profile)
import runpy
try:
    runpy.run_module("mothball", run_name="__main__")
finally:
    write()
"""


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        body = json.dumps(_PAGE).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/vnd.pypi.simple.v1+json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Log nothing."""


@contextmanager
def _index() -> Iterator[str]:
    """Serve the page on loopback, and yield the URL of the index."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/simple/"
    finally:
        server.shutdown()


class _Run:
    """The environment of all runs: an index, an empty home and cache, and a project."""

    def __init__(self, directory: str, index: str) -> None:
        self.project = os.path.join(directory, "project")
        os.mkdir(self.project)
        self.file = os.path.join(self.project, "requirements.txt")
        with open(self.file, "w", encoding="utf-8") as file:
            file.write(_LINE)
        self.log = os.path.join(directory, "entered")
        self.environment = {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": os.environ.get("PYTHONPATH", ""),
            "HOME": directory,
            "MOTHBALL_CACHE_DIR": os.path.join(directory, "cache"),
            "PIP_CONFIG_FILE": os.devnull,
            "ENTERED": self.log,
        }
        self.index = index

    def start(self, *arguments: str, **options: Any) -> subprocess.Popen[bytes]:  # noqa: ANN401 - those of Popen
        """Start mothball."""
        return subprocess.Popen(
            [sys.executable, "-c", _PROGRAM, *arguments], cwd=self.project, env=self.environment, **options
        )

    def entered(self) -> list[set[str]]:
        """Return the modules of each part of the run."""
        with open(self.log, encoding="utf-8") as file:
            return [set(line.split()) for line in file]

    def check(self) -> set[str]:
        """Return the modules that a check enters."""
        process = self.start("check", "--index-url", self.index, self.file, stdout=subprocess.PIPE)
        output, _ = process.communicate()
        assert b"old-lib is archived" in output, output
        return self.entered()[0]

    def keystroke(self) -> set[str]:
        """Return the modules that a change of an open document enters."""
        server = _Server(self.start("lsp", stdin=subprocess.PIPE, stdout=subprocess.PIPE))
        uri = f"file://{self.file}"
        server.send("initialize", {"processId": None, "capabilities": {}, "rootUri": f"file://{self.project}",
                                   "initializationOptions": {"indexUrl": self.index}}, number=1)  # fmt: skip
        server.receive(lambda message: message.get("id") == 1)
        server.send("initialized", {})
        document = {"uri": uri, "languageId": "pip-requirements", "version": 1, "text": _LINE}
        server.send("textDocument/didOpen", {"textDocument": document})
        server.receive(lambda message: "archived" in json.dumps(message))
        server.process.send_signal(signal.SIGUSR1)
        server.send("textDocument/didChange", {"textDocument": {"uri": uri, "version": 2},
                                               "contentChanges": [{"text": f"# x\n{_LINE}"}]})  # fmt: skip
        server.receive(lambda message: message.get("params", {}).get("version") == 2)
        server.process.send_signal(signal.SIGUSR1)
        server.send("shutdown", None, number=2)
        server.receive(lambda message: message.get("id") == 2)
        server.send("exit", None)
        server.process.wait()
        return self.entered()[1]


class _Server:
    """A client of the language server."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self.process = process

    def send(self, method: str, parameters: object, number: int | None = None) -> None:
        """Send a notification, or a request if it has a number."""
        message = {"jsonrpc": "2.0", "method": method, "params": parameters}
        body = json.dumps(message if number is None else {**message, "id": number}).encode()
        assert self.process.stdin is not None
        self.process.stdin.write(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
        self.process.stdin.flush()

    def receive(self, is_wanted: Any) -> None:  # noqa: ANN401 - a predicate on messages
        """Read messages up to a wanted one."""
        stdout = self.process.stdout
        assert stdout is not None
        while header := stdout.readline():
            while stdout.readline().strip():
                pass
            if is_wanted(json.loads(stdout.read(int(header.split()[1])))):
                return
        raise EOFError


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--list", action="store_true", help="print the names of the modules as well")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as directory, _index() as index:
        run = _Run(directory, index)
        results = {
            "a check with an empty cache": run.check(),
            "a check with a full cache": run.check(),
            "a keystroke in the server": run.keystroke(),
        }
    for name, modules in results.items():
        print(f"{name:<30} {len(modules)} modules")
        if arguments.list:
            print("".join(f"    {module}\n" for module in sorted(modules)), end="")


if __name__ == "__main__":
    main()
