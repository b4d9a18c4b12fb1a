"""Compare mothball with other tools that read project statuses, and write the table of docs/comparison.md.

    uv run --group test python -m benchmarks.compare [--write]

All tools check one project against one index, in a network of its own. The other tools are installed with uv into a
temporary environment; what cannot be installed is left out, and named.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from benchmarks.isolated_network import Network, Request, Response, enter
from benchmarks.paired import PROJECT
from mothball.config.project import DEFAULT_INDEX_HOSTS

_JSON = "application/vnd.pypi.simple.v1+json"
_PAGE = Path(PROJECT, "docs", "comparison.md")
_MARKS = ("<!-- written by: python -m benchmarks.compare -->", "<!-- end of the table -->")
_ROUNDS = 5
_TOOLS_VARIABLE = "MOTHBALL_COMPARE_TOOLS"
# The status of each project; `elm` requires `dahlia`.
_STATUSES = {
    "amber": "archived",
    "birch": "deprecated",
    "cedar": "quarantined",
    "dahlia": "archived",
    "elm": "active",
    "fern": "active",
    "gorse": "active",
}
_DIRECT = ("amber", "birch", "cedar", "elm", "fern", "gorse")


class Tool(NamedTuple):
    """A tool and its commands: with its default settings, and with those that make it strictest about statuses."""

    name: str
    package: str
    command: tuple[str, ...]
    strict: tuple[str, ...]


_TOOLS = (
    Tool("mothball", "", ("mothball", "check"), ("mothball", "check", "--strict")),
    Tool("uv audit", "uv", ("uv", "audit", "--frozen"), ("uv", "audit", "--frozen")),
    Tool(
        "pysentry",
        "pysentry-rs",
        ("pysentry-rs", "."),
        ("pysentry-rs", "--forbid-unmaintained", "--detailed", "."),
    ),
    Tool(
        "uv-secure",
        "uv-secure",
        ("uv-secure", "uv.lock"),
        (
            "uv-secure",
            "--forbid-archived",
            "--forbid-deprecated",
            "--forbid-quarantined",
            "--forbid-yanked",
            "uv.lock",
        ),
    ),
    Tool(
        "pip-audit",
        "pip-audit",
        ("pip-audit", "--disable-pip", "--no-deps", "--requirement", "requirements.txt"),
        ("pip-audit", "--disable-pip", "--no-deps", "--strict", "--requirement", "requirements.txt"),
    ),
)


class Index:
    """The answers of the network: project pages, and empty answers of vulnerability services.

    ``mode`` is ``build`` (everything is active, nothing is yanked), ``normal``, ``stripped`` (without statuses) or
    ``down``.
    """

    def __init__(self) -> None:
        self.mode = "build"

    def respond(self, request: Request) -> Response:
        """Return the response to a request of a tool."""
        parts = request.path.strip("/").split("/")
        if parts[0] == "simple" and len(parts) == 2:
            return self._page(parts[1])
        if parts[-1].endswith(".metadata"):
            return Response(200, "text/plain", _metadata(parts[-1].partition("-1.0")[0].replace("_", "-")))
        if parts[0] == "pypi" and parts[-1] == "json":
            return self._project(parts[1])
        if request.path.endswith(".zip"):
            return Response(200, "application/zip", _EMPTY_ZIP)
        # OSV and similar services: no vulnerabilities.
        count = len(_DIRECT) + 1
        body: dict[str, object] = {"results": [{}] * count} if request.path.endswith("querybatch") else {}
        return Response(200 if request.method == "POST" else 404, body=json.dumps(body).encode())

    def _page(self, name: str) -> Response:
        if self.mode == "down":
            return Response(503)
        status = _STATUSES.get(name)
        if status is None:
            return Response(404)
        is_real = self.mode == "normal"
        page: dict[str, object] = {
            "meta": {"api-version": "1.4" if self.mode != "stripped" else "1.1"},
            "name": name,
            "versions": ["1.0", "1.0.1"],
            "files": []
            if is_real and status == "quarantined"
            else [_file(name, is_yanked=is_real), _file(name, version="1.0.1")],
        }
        if self.mode != "stripped":
            marker = {"status": status, "reason": f"reason of {name}"} if is_real and status != "active" else {}
            page["project-status"] = marker or {"status": "active"}
        return Response(200, _JSON, json.dumps(page).encode())

    def _project(self, name: str) -> Response:
        """Return the response of the older JSON API, which has no statuses."""
        if self.mode == "down":
            return Response(503)
        if name not in _STATUSES:
            return Response(404)
        info = {
            **_EMPTY_INFO,
            "name": name,
            "version": "1.0",
            "yanked": name == "fern",
            "yanked_reason": "broken" if name == "fern" else None,
        }
        digests = dict.fromkeys(("md5", "sha256", "blake2b_256"), "0" * 64)
        urls = [{**_EMPTY_FILE, **_file(name, is_yanked=True), "digests": digests, "yanked": name == "fern"}]
        body = {"info": info, "urls": urls, "releases": {"1.0": urls}, "vulnerabilities": [], "last_serial": 1}
        return Response(200, body=json.dumps(body).encode())


_UPLOADED = "2026-01-01T00:00:00.000000Z"
# Fields that the older JSON API always has.
_EMPTY_INFO: dict[str, object] = {
    **dict.fromkeys(("author", "author_email", "description", "home_page", "keywords", "license", "summary"), ""),
    **dict.fromkeys(("package_url", "project_url", "release_url"), "https://index.example/"),
    **dict.fromkeys(("requires_dist", "requires_python", "project_urls", "docs_url", "bugtrack_url"), None),
    "classifiers": [],
    "downloads": {"last_day": -1, "last_month": -1, "last_week": -1},
}
_EMPTY_FILE: dict[str, object] = {
    "packagetype": "bdist_wheel",
    "python_version": "py3",
    "upload_time": _UPLOADED.partition(".")[0],
    "upload_time_iso_8601": _UPLOADED,
    "downloads": -1,
    "has_sig": False,
    "md5_digest": "0" * 32,
    "comment_text": "",
    "requires_python": None,
    "yanked_reason": None,
}
# A ZIP archive without files (its end of central directory), for tools that download a list of vulnerabilities.
_EMPTY_ZIP = b"PK\x05\x06" + bytes(18)


def _metadata(name: str) -> bytes:
    required = "Requires-Dist: dahlia==1.0\n" if name == "elm" else ""
    return f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n{required}".encode()


def _file(name: str, *, version: str = "1.0", is_yanked: bool = False) -> dict[str, object]:
    file_name = f"{name.replace('-', '_')}-{version}-py3-none-any.whl"
    return {
        "filename": file_name,
        "url": f"https://{DEFAULT_INDEX_HOSTS[0]}/files/{file_name}",
        "hashes": {"sha256": hashlib.sha256(name.encode()).hexdigest()},
        "core-metadata": {"sha256": hashlib.sha256(_metadata(name)).hexdigest()},
        "upload-time": _UPLOADED,
        "yanked": "broken" if is_yanked and name == "fern" else False,
        "size": 1000,
    }


class Outcome(NamedTuple):
    """Exit code, output and duration of a run, and the requests that it sent."""

    code: int
    output: str
    seconds: float
    requests: tuple[Request, ...]

    def mentions(self, name: str, *words: str) -> bool:
        """Return True if a line with the name, or one of the next two, contains one of the words."""
        lines = self.output.lower().splitlines()
        near = ["\n".join(lines[number : number + 3]) for number, line in enumerate(lines) if name in line]
        return any(word in text for text in near for word in words)


class Bench:
    """Runs the tools on the project in the network."""

    def __init__(self, directory: Path, programs: Path) -> None:
        self.index = Index()
        self.network = Network(directory, self.index.respond)
        self._directory = directory
        self._programs = programs
        self._count = 0

    def project(self, direct: Sequence[str]) -> Path:
        """Write a project that requires ``direct``, with a lock that uv makes, and return its directory."""
        self._count += 1
        path = self._directory / f"project-{self._count}"
        path.mkdir()
        listed = ", ".join(f'"{name}==1.0"' for name in direct)
        text = f'[project]\nname = "shop"\nversion = "1"\nrequires-python = ">=3.11"\ndependencies = [{listed}]\n'
        (path / "pyproject.toml").write_text(text, "utf-8")
        self.index.mode = "build"
        self._run(("uv", "lock", "--quiet"), path, self._home("lock"))
        names = [*direct, *(["dahlia"] if "elm" in direct else [])]
        (path / "requirements.txt").write_text("".join(f"{name}==1.0\n" for name in names), "utf-8")
        return path

    def run(self, command: Sequence[str], project: Path, mode: str, home: Path | None = None) -> Outcome:
        """Run a tool in a new home directory, or in ``home``."""
        self.index.mode = mode
        return self._run(command, project, home or self._home("run"))

    def _home(self, name: str) -> Path:
        self._count += 1
        path = self._directory / f"home-{name}-{self._count}"
        path.mkdir()
        return path

    def _run(self, command: Sequence[str], project: Path, home: Path) -> Outcome:
        environment = {
            "PATH": f"{self._programs}{os.pathsep}{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            "HOME": str(home),
            "UV_SYSTEM_CERTS": "1",
            "UV_PYTHON": sys.executable,
            "UV_PYTHON_DOWNLOADS": "never",
            "NO_COLOR": "1",
            "COLUMNS": "300",
            "LANG": "C.UTF-8",
            **self.network.environment(),
        }
        self.network.requests.clear()
        begin = time.perf_counter()
        done = subprocess.run(
            command, cwd=project, env=environment, capture_output=True, encoding="utf-8", errors="replace", check=False
        )
        seconds = time.perf_counter() - begin
        return Outcome(done.returncode, done.stdout + done.stderr, seconds, tuple(self.network.requests))


def _install(directory: Path) -> Path:
    """Install the other tools, and return the directory of their programs."""
    environment = directory / "tools"
    subprocess.run(["uv", "venv", "--quiet", str(environment)], check=True)
    for tool in _TOOLS:
        if tool.package:
            command = ["uv", "pip", "install", "--quiet", "--python", str(environment), tool.package]
            if subprocess.run(command, check=False).returncode:
                print(f"left out, not installable here: {tool.name}", file=sys.stderr)
    return environment / "bin"


def _version(tool: Tool, programs: Path) -> str:
    path = shutil.which(tool.command[0], path=f"{programs}{os.pathsep}{Path(sys.executable).parent}") or tool.command[0]
    done = subprocess.run([path, "--version"], capture_output=True, encoding="utf-8", check=False)
    words = (done.stdout or done.stderr).split()
    return next((word for word in words if word[:1].isdigit()), "")


_FOUND = {
    "amber": ("archived",),
    "birch": ("deprecated",),
    "cedar": ("quarantined",),
    "dahlia": ("archived",),
    "fern": ("yanked", "broken"),
}


def _rows(bench: Bench, tools: Sequence[Tool]) -> dict[str, list[str]]:
    """Return the rows of the table by their titles, a cell for each tool."""
    project = bench.project(_DIRECT)
    healthy = bench.project(("gorse",))
    rows: dict[str, list[str]] = {}
    for tool in tools:
        default, strict = (bench.run(command, project, "normal") for command in (tool.command, tool.strict))
        for name, words in _FOUND.items():
            where = "transitive, archived" if name == "dahlia" else words[0] + (" pin" if "yanked" in words else "")
            rows.setdefault(f"finds: {where}", []).append(_yes(default.mentions(name, *words), strict, name, words))
        reason = _yes(default.mentions("amber", "reason of amber"), strict, "amber", ("reason of amber",))
        rows.setdefault("shows the reason of the index", []).append(reason)
        rows.setdefault("exit code, default settings", []).append(str(default.code))
        rows.setdefault("exit code, strictest settings", []).append(str(strict.code))
        down = bench.run(tool.strict, healthy, "down")
        rows.setdefault("exit code while the index is down (503), strictest settings", []).append(str(down.code))
        stripped = bench.run(tool.strict, project, "stripped")
        rows.setdefault("exit code with an index without statuses, strictest settings", []).append(str(stripped.code))
        others = sorted({request.host for request in default.requests if request.host not in DEFAULT_INDEX_HOSTS})
        rows.setdefault("asks other services", []).append(f"{len(others)}" if others else "no")
    return rows


def _yes(by_default: bool, strict: Outcome, name: str, words: Sequence[str]) -> str:  # noqa: FBT001 - a cell
    return "yes" if by_default else "with options" if strict.mentions(name, *words) else "no"


def _times(bench: Bench, tools: Sequence[Tool]) -> dict[str, list[str]]:
    """Return the medians of cold and warm runs, as ratios to `python -c pass` in the same rounds."""
    project = bench.project(_DIRECT)
    measured: dict[tuple[str, str], list[float]] = {}
    homes = {tool.name: bench._home(tool.name) for tool in tools}  # noqa: SLF001 - of this module
    for _ in range(_ROUNDS):
        base = bench.run((sys.executable, "-c", "pass"), project, "normal").seconds
        for tool in tools:
            cold = bench.run(tool.strict, project, "normal")
            bench.run(tool.strict, project, "normal", homes[tool.name])
            warm = bench.run(tool.strict, project, "normal", homes[tool.name])
            measured.setdefault(("cold", tool.name), []).append(cold.seconds / base)
            measured.setdefault(("warm", tool.name), []).append(warm.seconds / base)
    titles = {"cold": "time, empty cache", "warm": "time, second run"}
    return {
        title: [f"{sorted(measured[kind, tool.name])[_ROUNDS // 2]:.1f}" for tool in tools]
        for kind, title in titles.items()
    }


def _hook_rows(bench: Bench, tools: Sequence[Tool]) -> dict[str, list[str]]:
    """Return what each tool does in a change that adds nothing, and in one that adds an archived package."""
    rows: dict[str, list[str]] = {}
    project = bench.project(("amber", "gorse"))
    git = ["git", "-c", "user.name=x", "-c", "user.email=x@people.example", "-C", str(project)]
    subprocess.run([*git, "init", "--quiet"], check=True)
    subprocess.run([*git, "add", "."], check=True)
    subprocess.run([*git, "commit", "--quiet", "--message", "base"], check=True)
    requirements = project / "requirements.txt"
    for title, text in (
        ("change: only a version of an archived package is raised", "amber==1.0.1\ngorse==1.0\n"),
        ("change: an archived package is added without a pin", "amber==1.0\ngorse==1.0\ndahlia\n"),
    ):
        requirements.write_text(text, "utf-8")
        for tool in tools:
            is_mothball = tool.name == "mothball"
            command = ("mothball", "check", "--since", "HEAD") if is_mothball else tool.strict
            rows.setdefault(title, []).append(_verdict(bench.run(command, project, "normal"), added=is_mothball))
    return rows


def _verdict(outcome: Outcome, *, added: bool) -> str:
    text = "rejected" if outcome.code else "passes"
    return text if added else f"{text} (full check)"


def _table(tools: Sequence[Tool], versions: Mapping[str, str], rows: Mapping[str, Sequence[str]]) -> str:
    head = f"| | {' | '.join(f'{tool.name} {versions[tool.name]}' for tool in tools)} |"
    lines = [head, "|" + "---|" * (len(tools) + 1)]
    return "\n".join([*lines, *(f"| {title} | {' | '.join(cells)} |" for title, cells in rows.items())])


def _compare(directory: Path, programs: Path) -> str:
    """Return the table of the tools that are installed in ``programs``."""
    bench = Bench(directory, programs)
    tools = [tool for tool in _TOOLS if not tool.package or (programs / tool.command[0]).exists()]
    versions = {tool.name: _version(tool, programs) for tool in tools}
    rows = {**_rows(bench, tools), **_hook_rows(bench, tools), **_times(bench, tools)}
    return _table(tools, versions, rows)


def _write(table: str) -> None:
    """Replace the table in the page."""
    text = _PAGE.read_text("utf-8")
    start, end = text.index(_MARKS[0]) + len(_MARKS[0]), text.index(_MARKS[1])
    _PAGE.write_text(f"{text[:start]}\n{table}\n{text[end:]}", "utf-8")


def main() -> None:
    """Print the table, or write it into the page."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--write", action="store_true", help=f"write the table into {_PAGE.name}")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="mothball-compare-") as temporary:
        # The tools come from the package index, which the network of its own does not reach.
        if _TOOLS_VARIABLE not in os.environ:
            os.environ[_TOOLS_VARIABLE] = str(_install(Path(temporary)))
        enter()
        table = _compare(Path(temporary), Path(os.environ[_TOOLS_VARIABLE]))
    if arguments.write:
        _write(table)
    else:
        print(table)


if __name__ == "__main__":
    main()
