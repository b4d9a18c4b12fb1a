"""Ways to add an archived project to a repository, and the commits that make them."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping
from enum import StrEnum
from pathlib import Path
from typing import NamedTuple

import yaml

from tests.support.added import OFFLINE, STATUSES, Workshop
from tests.support.git_repository import new_repository
from tests.support.project import snapshot_text

_MANIFEST = Path(__file__).parents[2] / ".pre-commit-hooks.yaml"


# The files of every repository: all lookups are answered by a snapshot.
CONFIGURATION: Mapping[str, str] = {"mothball.toml": OFFLINE, "statuses.json": snapshot_text(STATUSES)}


class Link(NamedTuple):
    """A symbolic link, as the content of a path."""

    target: str


class Program(NamedTuple):
    """A file with the executable bit, as the content of a path."""

    text: str


class Module(NamedTuple):
    """A submodule at this commit, as the content of a path."""

    commit: str


Content = str | bytes | Link | Program | Module
# The contents by path; None deletes a file.
Files = Mapping[str, Content | None]


class Outcome(StrEnum):
    """What mothball reports about a change.

    The first four reject it. ``PASSED`` reports nothing; ``NOT_STARTED`` means that the hook runner does not start the
    hook, since it passes none of the changed files.
    """

    REJECTED = "rejected"
    UNREADABLE = "unreadable"
    UNRESOLVABLE = "unresolvable"
    UNVERIFIED = "unverified"
    WARNING = "warning"
    NOTE = "note"
    SKIPPED = "skipped"
    PASSED = "passed"
    NOT_STARTED = "not started"


# The outcomes of which the user sees nothing.
SILENT = frozenset({Outcome.PASSED, Outcome.NOT_STARTED})
_BY_CODE = {None: Outcome.NOT_STARTED, 1: Outcome.REJECTED, 2: Outcome.UNREADABLE}
_BY_TEXT = {
    r"error\[unverified\]": Outcome.UNVERIFIED,
    r"error\[unresolvable\]": Outcome.UNRESOLVABLE,
    r"(?m)^\S.*: warning\b": Outcome.WARNING,
    r"(?m)^\S.*: (?:note|ignored)\[|^note: ": Outcome.NOTE,
    r"\d skipped \(": Outcome.SKIPPED,
}


class Checked(NamedTuple):
    """The exit code of a check, None if it was not started, and its output."""

    code: int | None
    output: str

    @property
    def outcome(self) -> Outcome:
        """The outcome by exit code, or else by what the output contains."""
        if self.code in _BY_CODE:
            return _BY_CODE[self.code]
        found = (outcome for text, outcome in _BY_TEXT.items() if re.search(text, self.output))
        return next(found, Outcome.PASSED)


_NOT_STARTED = Checked(None, "")


class Way(NamedTuple):
    """A way to add an archived project.

    ``changes`` are the commits after the base. The hook has the outcome ``hook`` for the last of them, ``--since`` in
    CI has ``ci``. ``first`` is the outcome of the hook for the first of two commits. ``place`` is the path that the
    output names. ``scripts`` is True for the hook mothball-scripts. ``remedy`` says how to have a change checked of
    which the hook or CI reports nothing.
    """

    title: str
    base: Files
    changes: tuple[Files, ...]
    hook: Outcome
    ci: Outcome
    place: str
    scripts: bool = False
    remedy: str = ""
    first: Outcome = Outcome.PASSED

    @property
    def is_silent(self) -> bool:
        """True if the user sees nothing of one of the checks."""
        return not SILENT.isdisjoint({self.hook, self.ci})

    def passed_files(self, commit: int) -> list[str]:
        """Return the paths that a hook runner passes to the hook for a commit; the first one is number 1."""
        before = merged(self.base, *self.changes[: commit - 1])
        changed = {path: content for path, content in self.changes[commit - 1].items() if content != before.get(path)}
        return sorted(path for path, content in changed.items() if _is_passed(path, content, scripts=self.scripts))


def merged(*changes: Files) -> dict[str, Content]:
    """Return the files after these changes of an empty tree."""
    files = {path: content for change in changes for path, content in change.items()}
    return {path: content for path, content in files.items() if content is not None}


def _is_passed(path: str, content: Content | None, *, scripts: bool) -> bool:
    """Return True if the hooks' ``files`` and ``types`` select a path with this content."""
    if content is None or isinstance(content, Module):
        return False
    if scripts:
        return isinstance(content, Program) or (path.endswith((".py", ".pyi")) and isinstance(content, str))
    return re.search(_HOOK_FILES, path) is not None


_HOOK_FILES: str = yaml.safe_load(_MANIFEST.read_text("utf-8"))[0]["files"]


class Attempts(NamedTuple):
    """A repository with a branch for each commit of each way."""

    shop: Workshop

    def run_hook(self, number: int, way: Way, commit: int) -> Checked:
        """Stage a commit of a way on the one before it, and run the hook with the files that a hook runner passes."""
        files = way.passed_files(commit)
        if not files:
            return _NOT_STARTED
        (self.shop.root / ".git" / "HEAD").write_text(f"ref: refs/heads/{number}/{commit - 1}\n", "utf-8")
        self.shop.git("read-tree", "-u", "--reset", f"{number}/{commit}")
        return self._check(*(("--as", "script") if way.scripts else ()), "--", *files)

    def run_ci(self, number: int, way: Way) -> Checked:
        """Compare the last commit of a way with the one before it."""
        last = len(way.changes)
        options = ("--as", "script", "--", *way.passed_files(last)) if way.scripts else ()
        return self._check("--from-ref", f"{number}/{last - 1}", "--to-ref", f"{number}/{last}", *options)

    def _check(self, *arguments: str) -> Checked:
        code, output, errors = self.shop.check(*arguments)
        return Checked(code, output + errors)


def attempts(directory: Path, ways: Iterable[Way]) -> Attempts:
    """Make a repository that has the branch ``N/M`` for the Mth commit of the Nth way; commit 0 is the base.

    One git process writes all of them. Each base contains a configuration with a snapshot.
    """
    home = directory / "home"
    home.mkdir(parents=True)
    repository = new_repository(directory.resolve() / "repo")
    stream = [
        _commit(f"{number}/{step}", f"{number}/{step - 1}" if step else "", files)
        for number, way in enumerate(ways)
        for step, files in enumerate(({**CONFIGURATION, **way.base}, *way.changes))
    ]
    repository.git("fast-import", "--quiet", stdin=b"".join(stream))
    return Attempts(Workshop(repository, home))


def _commit(branch: str, parent: str, files: Files) -> bytes:
    head = f"commit refs/heads/{branch}\ncommitter Ann Author <ann@people.example> 1790000000 +0000\ndata 0\n"
    head += f"from refs/heads/{parent}\n" if parent else ""
    # A file may replace a directory, or a directory a file: deletions come first.
    entries = sorted(files.items(), key=lambda item: item[1] is not None)
    return head.encode() + b"".join(_entry(path, content) for path, content in entries)


def _entry(path: str, content: Content | None) -> bytes:
    name = b'"' + b"".join(b"\\%03o" % byte for byte in os.fsencode(path)) + b'"\n'
    match content:
        case None:
            return b"D " + name
        case Module(commit):
            return f"M 160000 {commit} ".encode() + name
        case Link(target):
            mode, data = b"120000", os.fsencode(target)
        case Program(text):
            mode, data = b"100755", text.encode()
        case str():
            mode, data = b"100644", content.encode()
        case bytes():
            mode, data = b"100644", content
    return b"M " + mode + b" inline " + name + b"data %d\n" % len(data) + data + b"\n"
