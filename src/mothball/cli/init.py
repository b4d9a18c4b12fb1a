"""The command ``mothball init``: write the hook entry and the first settings of a repository.

The plan has the text of each file, and what the user has to decide or do by hand.
"""

from __future__ import annotations

import argparse
import difflib
import os
import re
import shlex
import shutil
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from mothball.check.inputs import ResolvedFile
from mothball.check.policy import exit_code, is_reason
from mothball.cli.common import check_files, read_paths
from mothball.cli.snapshot import count_known, snapshot_results, snapshot_text
from mothball.cli.write_ignores import (
    CONFIG_SUFFIXES,
    TextFile,
    ignorable_findings,
    new_ignores,
    read_text_file,
    replace_text,
)
from mothball.config.project import DEFAULT_INDEX, IndexStatuses, is_default_index
from mothball.config.values import read_index_url
from mothball.discovery.config_lookup import table_path
from mothball.discovery.discover import DiscoveryResult
from mothball.edits.hook_entry import (
    FULL_CHECK,
    FULL_CHECK_HELP,
    HOOK_ID,
    HookSource,
    add_hook,
    extended_hook_files,
    hook_entry,
    hook_entry_toml,
    runs_full_check,
    unmatched,
)
from mothball.edits.model import apply
from mothball.edits.settings import NewIgnore, NewSetting, add_config_ignores, add_settings
from mothball.formats.toml.scanner import scan
from mothball.formats.toml.values import table_at, to_mapping
from mothball.model.errors import ConfigError, GitError, UnreadableFileError, UsageError
from mothball.model.records import NamedTuple
from mothball.model.results import (
    KnownStatus,
    Problem,
    Report,
    Rule,
    Severity,
    Source,
    StatusNotStated,
    UnrecognizedStatus,
)
from mothball.model.sanitize import base_url, join_names, one_line, sanitize_line
from mothball.report.text import concise_line, problem_line
from mothball.repository.files import display_path, read_file
from mothball.repository.git_repository import Repository, open_repository
from mothball.repository.paths import is_inside, repository_root

_MAX_LINE = 200
_GIT_HOOKS = ("pre-commit", "pre-merge-commit")
# What could not be checked; the other findings are those of `mothball check`.
_REPORTED_RULES = (Rule.QUARANTINED, Rule.RE_REGISTERED, Rule.UNVERIFIED, Rule.UNRESOLVABLE, Rule.UNREADABLE)
_FAILED_RULES = (Rule.UNVERIFIED, Rule.UNREADABLE)
_YAML = (".yaml", ".yml")
_JSON = ".json"
_PREK_TOML = "prek.toml"
_GIT_HOOK = "#!/bin/sh\nexec mothball check --added\n"
_GIT_HOOK_COMMAND = "mothball check --added"


class CheckedRepository(NamedTuple):
    """The repository, the files of a full check of it, and their report.

    ``new_config`` is the path of the configuration file that applies to a file in the root, or where to create it.
    ``now`` is a Unix time, ``today`` an ISO date.
    """

    repository: Repository
    files: Mapping[str, ResolvedFile]
    report: Report
    new_config: str
    now: float
    today: str

    @property
    def root(self) -> str:
        """The root of the working tree."""
        return self.repository.root


class NewText(NamedTuple):
    """A file, and its new text."""

    file: TextFile
    text: str
    is_executable: bool = False


def run(arguments: argparse.Namespace) -> int:
    """Show what is written, ask for confirmation, write it, and return the exit code. Raises MothballError.

    It is 3 if a lookup failed, and 2 if a file could not be read or must be changed by hand.
    """
    _validate(arguments)
    repo = _check_repository(arguments)
    plan = _Plan(repo)
    plan.add_hook(arguments)
    if arguments.write_snapshot:  # before the configuration that names it
        plan.add_snapshot(arguments.write_snapshot)
    plan.add_statuses(arguments)
    plan.add_ignores(arguments.reason)
    changes = plan.changes()
    sys.stdout.write("".join(f"{line}\n" for line in _preview(changes, plan, repo.report)))
    code = exit_code(
        [finding for finding in repo.report.findings if finding.rule in _FAILED_RULES],
        (*repo.report.problems, *plan.problems),
    )
    install = [] if arguments.git_hook or plan.problems else _install_lines(repo.repository)
    if not changes:
        # After an error or a failed lookup, the settings are not known to be complete.
        lines = [f"nothing to write{'' if code else ': the hook and the settings are up to date'}"]
        lines += ["the hook is not installed in this clone; to install it:", *install] if install else []
        sys.stdout.write("".join(f"{line}\n" for line in lines))
    elif arguments.dry_run:
        sys.stdout.write("nothing was written (--dry-run)\n")
    elif not arguments.yes and not _is_confirmed():
        sys.stdout.write("nothing was written\n")
    else:
        _write(changes)
        sys.stdout.write("".join(f"{line}\n" for line in _next_steps(changes, install, repo.root)))
    return code


def _validate(arguments: argparse.Namespace) -> None:
    """Normalize the arguments. Raises UsageError if they are invalid or contradict one another."""
    if (arguments.repo is None) != (arguments.rev is None):
        help_text = "name the URL of the repository of mothball with --repo, and a tag or commit of it with --rev"
        raise UsageError("--repo and --rev require each other", help_text=help_text)
    if arguments.git_hook and arguments.repo is not None:
        raise UsageError("--git-hook cannot be combined with --repo", help_text="a Git hook runs the mothball on PATH")
    if re.search(r"://[^/?#]*:[^/?#]*@", arguments.repo or ""):
        raise UsageError(
            "--repo contains a password", help_text="the URL would be committed: use a credential helper of git"
        )
    for option, value in (("--repo", arguments.repo), ("--rev", arguments.rev)):
        if value is not None and (not value or one_line(value) != value):
            message = f"{option} is empty, or contains control characters or a secret"
            raise UsageError(message, help_text="it would be committed as it is")
    has_reason = arguments.reason is not None
    arguments.reason = one_line(arguments.reason or "")
    if has_reason and not is_reason(arguments.reason):
        help_text = 'state why these packages are kept, for example --reason "existing dependency, see #812"'
        raise UsageError("--reason is empty or a placeholder", help_text=help_text)
    if arguments.status_index and arguments.accept_not_stated:
        help_text = "remove one of them"
        raise UsageError("--status-index cannot be combined with --accept-not-stated", help_text=help_text)
    try:
        if arguments.status_index:
            arguments.status_index = read_index_url(arguments.status_index, ("--status-index",))
    except ConfigError as error:
        raise UsageError(str(error), help_text=error.help or "pass the URL of an index") from error


def _check_repository(arguments: argparse.Namespace) -> CheckedRepository:
    """Check all dependencies of the repository around the working directory. Raises UsageError or GitError."""
    directory = os.getcwd()
    root = repository_root(directory)
    if not os.path.lexists(os.path.join(root, ".git")):
        help_text = "change to the repository of your project, or create one with `git init`"
        raise UsageError("mothball init requires a git repository, and there is none here", help_text=help_text)
    repository = open_repository(directory)
    arguments.paths = [os.path.relpath(root)]
    setup, discovered = read_paths(arguments)
    if not discovered.files:  # a new project
        discovered = DiscoveryResult((), discovered.unreadable, tuple(setup.config_resolver.problems))
    report = check_files(arguments, setup, discovered)
    config = setup.config_resolver.resolve(os.path.join(root, "any-file"), root)
    return CheckedRepository(
        repository,
        {file.path: file for file in discovered.files},
        report,
        config.edited_path if config else "",
        setup.settings.now,
        setup.settings.today,
    )


# --- the plan ---------------------------------------------------------------------------------------------------------


class _Plan:
    """The texts to write, by absolute path, the problems, and the notes, whose lines are sanitized."""

    def __init__(self, repo: CheckedRepository) -> None:
        self._repo = repo
        self._texts: dict[str, NewText] = {}
        self.problems: list[Problem] = []
        self.notes: list[str] = []

    def changes(self) -> list[NewText]:
        """Return the files whose text changes."""
        return [new for new in self._texts.values() if new.text != new.file.text or not new.file.exists]

    def _edit(
        self, path: str, suffixes: tuple[str, ...], edit: Callable[[str], str], *, is_git_hook: bool = False
    ) -> Problem | None:
        """Apply ``edit`` to the text of the file at ``path``; return the problem if it cannot be edited.

        The repository must contain the file, unless it is a git hook, which is executable.
        """
        try:
            new = self._texts.get(path)
            if new is None:
                file = read_text_file(path, None if is_git_hook else self._repo.root, suffixes)
                new = NewText(file, file.text, is_git_hook)
            self._texts[path] = NewText(new.file, edit(new.text), is_git_hook)
        except (ConfigError, UnreadableFileError) as error:
            return self._add_problem(f"not changed: {error.cause}", error.help, path)
        return None

    def _edit_settings(self, path: str, *settings: NewSetting) -> None:
        self._edit(path, CONFIG_SUFFIXES, lambda text: add_settings(text, table_path(path), settings))

    def _add_problem(self, message: str, help_text: str, path: str) -> Problem:
        """Add an error about the file at ``path``, and return it."""
        problem = Problem(Severity.ERROR, message, help_text, display_path(path))
        self.problems.append(problem)
        return problem

    def add_hook(self, arguments: argparse.Namespace) -> None:
        """Plan the entry of the hook, or a plain Git hook."""
        if arguments.git_hook:
            self._add_git_hook()
            return
        source = HookSource(arguments.repo or "", arguments.rev or "")
        root = self._repo.root
        relative = (os.path.relpath(file.parsed.path, root).replace(os.sep, "/") for file in self._repo.files.values())
        paths = unmatched(sorted(path for path in relative if not path.startswith("../")))
        if os.path.lexists(os.path.join(root, _PREK_TOML)):
            # prek prefers this file to the others, and pre-commit does not read it.
            self._add_to_prek_toml(source, paths)
            return
        names = (".pre-commit-config.yaml", ".pre-commit-config.yml")
        config = next((name for name in names if os.path.lexists(os.path.join(root, name))), names[0])
        problem = self._edit(os.path.join(root, config), _YAML, lambda text: add_hook(text, source, paths))
        # Errors of an existing hook have a help text.
        if problem is not None and not problem.help:
            self.notes += [f"the entry for `repos` in {config}:", *_indented(hook_entry(source, paths))]

    def _add_to_prek_toml(self, source: HookSource, paths: list[str]) -> None:
        """Show what must be added to prek.toml by hand."""
        path = os.path.join(self._repo.root, _PREK_TOML)
        try:
            text = read_text_file(path, self._repo.root, CONFIG_SUFFIXES).text
        except UnreadableFileError as error:
            self._add_problem(error.cause, error.help, path)
            return
        repos = _dictionaries(to_mapping(scan(text)).get("repos"))
        hooks = (hook for each in repos for hook in _dictionaries(each.get("hooks")))
        hook = next((hook for hook in hooks if hook.get("id") == HOOK_ID), None)
        if hook is None:
            self._add_problem("the hook must be added by hand", "", path)
            entry = _indented(hook_entry_toml(source, paths))
            self.notes += [f"at the end of {one_line(display_path(path))}:", *entry]
            return
        arguments = hook.get("args")
        if runs_full_check(str(hook.get("entry", "")), map(str, arguments) if isinstance(arguments, list) else ()):
            self._add_problem(FULL_CHECK, FULL_CHECK_HELP, path)
            return
        files = str(hook.get("files", ""))
        if paths and extended_hook_files(files, paths) != files:
            self._add_problem(f"`files` of the hook must match {join_names(paths, 5)}", "extend it by hand", path)

    def _add_git_hook(self) -> None:
        directory, is_configured = _hooks_directory(self._repo.repository)
        if is_configured:
            help_text = f"add the line `{_GIT_HOOK_COMMAND} || exit 1` to its pre-commit hook"
            self._add_problem("git reads hooks from this directory (core.hooksPath)", help_text, directory)
            return
        for name in _GIT_HOOKS:
            self._edit(os.path.join(directory, name), ("",), _git_hook, is_git_hook=True)

    def add_snapshot(self, name: str) -> None:
        """Plan the snapshot ``name``, a path, and the setting that names it."""
        results = snapshot_results(self._repo.report)
        path = os.path.abspath(name)
        directory, root = os.path.dirname(path), self._repo.root
        if not (path.endswith(_JSON) and os.path.isdir(directory) and is_inside(os.path.realpath(directory), root)):
            help_text = "name one in an existing directory, such as statuses.json"
            self._add_problem("no snapshot: not a .json file of the repository", help_text, path)
        elif not count_known(results):
            help_text = "run it where an index that publishes them can be queried"
            self._add_problem("no snapshot: no status is known", help_text, path)
        elif self._edit(path, (_JSON,), lambda _: snapshot_text(results, self._repo.now)) is None:
            config = self._repo.new_config
            relative = os.path.relpath(path, os.path.dirname(config)).replace(os.sep, "/")
            self._edit_settings(config, NewSetting((), "snapshot", relative))

    def add_statuses(self, arguments: argparse.Namespace) -> None:
        """Plan the settings of the indexes that were queried, in the configuration of the files that use them."""
        undecided: dict[str, None] = {}
        accepts, status_index = arguments.accept_not_stated, arguments.status_index
        option = "--status-index" if status_index else "--accept-not-stated" if accepts else ""
        for path, index, is_stated in _queried_indexes(self._repo):
            if is_stated:
                self._add_index_setting(path, index, IndexStatuses.STATED)
                continue
            if status_index:
                self._edit_settings(path, NewSetting((), "status-index", status_index))
            elif accepts and not is_default_index(index):
                self._add_index_setting(path, index, IndexStatuses.NONE)
            else:
                undecided[index] = None
                continue
            option = ""
        if option and undecided:
            self.notes.append(f"{option} does not apply to the built-in default index")
        elif option:
            self.notes.append(
                f"{option} has no effect: no index without statuses was queried that is not yet configured"
            )
        for index in undecided:
            self.notes += _undecided_lines(index)

    def _add_index_setting(self, path: str, index: str, statuses: IndexStatuses) -> None:
        def edit(text: str) -> str:
            prefix = table_path(path)
            table = "indexes", _index_key(text, prefix, index)
            return add_settings(text, prefix, [NewSetting(table, "statuses", statuses)])

        self._edit(path, CONFIG_SUFFIXES, edit)

    def add_ignores(self, reason: str) -> None:
        """Plan ignore entries with ``reason`` for what is ignorable today; a note without a reason."""
        repo = self._repo
        findings = ignorable_findings(repo.report, repo.files, repo.today)
        names = sorted({finding.name or "" for finding in findings})
        if names and not reason:
            shown = ", ".join(one_line(name, 100) for name in names)
            self.notes += [
                f"archived, deprecated or yanked today, and not rejected by the hook: {shown}",
                f"  to ignore {'it' if len(names) == 1 else 'them'} in full checks as well, with your reason:",
                '    mothball init --reason "in use before mothball"',
            ]
            return
        for path, entries in new_ignores(findings, repo.files, reason).items():

            def edit(text: str, path: str = path, entries: list[NewIgnore] = entries) -> str:
                return apply(text, add_config_ignores(text, table_path(path), entries))

            self._edit(path, CONFIG_SUFFIXES, edit)


def _hooks_directory(repository: Repository) -> tuple[str, bool]:
    """Return the directory that git reads hooks from, and whether `core.hooksPath` names it. Raises GitError."""
    git, root = repository.git, repository.root
    # The last value is the one that mothball passes to git.
    configured = git.run("config", "-z", "--type=path", "--get-all", "core.hooksPath").stdout.split(b"\0")[:-2]
    if configured:
        return os.path.join(root, os.fsdecode(configured[-1])), True
    result = git.run("rev-parse", "--git-common-dir")
    if result.returncode != 0:
        detail = result.stderr.decode(errors="replace").removeprefix("fatal: ")
        raise GitError("git cannot find the directory of the hooks", detail=detail.strip())
    common = os.fsdecode(result.stdout.removesuffix(b"\n"))
    return os.path.normpath(os.path.join(root, common, "hooks")), False


def _git_hook(text: str) -> str:
    if _GIT_HOOK_COMMAND in text:
        return text
    if text:
        raise ConfigError("the hook exists", help_text=f"add the line `{_GIT_HOOK_COMMAND} || exit 1` to it")
    return _GIT_HOOK


def _dictionaries(value: object) -> list[dict[str, Any]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _undecided_lines(index: str) -> list[str]:
    """Return what to do about an index that publishes no statuses."""
    what = f"{one_line(index, 300)} publishes no project statuses: commits that add dependencies from it are rejected"
    query = "  to query another index for their statuses, which sends it all names that are not `private`:"
    if is_default_index(index):
        return [
            what,
            "  the index itself publishes them: a proxy or mirror in between seems to remove them",
            query,
            "    mothball init --status-index URL",
        ]
    return [
        what,
        query,
        f"    mothball init --status-index {DEFAULT_INDEX}",
        "  or to accept unknown statuses:",
        "    mothball init --accept-not-stated",
    ]


def _queried_indexes(repo: CheckedRepository) -> Iterator[tuple[str, str, bool]]:
    """Yield each index without `statuses` that was queried: configuration file, URL, and whether it states markers."""
    stated: dict[tuple[str, str], bool] = {}
    for item in repo.report.dependencies:
        lookup = item.lookup
        if not isinstance(lookup, KnownStatus | UnrecognizedStatus | StatusNotStated):
            continue
        config, index = repo.files[item.path].resolved_config, lookup.origin.index_url
        settings = {each.url: each.statuses for each in config.network.index_settings}
        is_settled = settings.get(index) is not None or lookup.origin.source is Source.SNAPSHOT
        # The built-in default index states markers.
        if is_settled or index == base_url(config.network.status_index or ""):
            continue
        key = (config.edited_path, index)
        stated[key] = stated.get(key, False) or not isinstance(lookup, StatusNotStated)
    for (path, index), is_stated in sorted(stated.items()):
        if not (is_stated and is_default_index(index)):
            yield path, index, is_stated


def _index_key(text: str, prefix: tuple[str, ...], index: str) -> str:
    """Return the key of ``index`` in the table of indexes, which may lack the slash at the end."""
    table = table_at(scan(text), (*prefix, "indexes"))
    return next((key for key in table if base_url(key) == index), index) if isinstance(table, Mapping) else index


def _indented(text: str) -> list[str]:
    return [f"    {line}" for line in text.splitlines()]


# --- output -----------------------------------------------------------------------------------------------------------


def _preview(changes: Sequence[NewText], plan: _Plan, report: Report) -> Iterator[str]:
    """Yield the changes as a diff, then problems and notes."""
    for file, text, _ in changes:
        name = one_line(display_path(file.path), 1000)
        lines = difflib.unified_diff(
            file.text.splitlines(), text.splitlines(), name if file.exists else os.devnull, name, lineterm=""
        )
        for line in lines:
            shown = sanitize_line(line, _MAX_LINE)
            yield f"{shown}…" if len(line) > _MAX_LINE else shown
        yield ""
    for finding in report.findings:
        if finding.rule in _REPORTED_RULES and finding.suppressed is None:
            yield concise_line(finding)
    for problem in (*report.problems, *plan.problems):
        yield problem_line(problem)
        if problem.help:
            yield f"  = help: {one_line(problem.help, 1000)}"
    yield from plan.notes


def _is_confirmed() -> bool:
    """Return True if the user confirms on a terminal. Raises UsageError without one."""
    if sys.stdin is None or not (sys.stdin.isatty() and sys.stdout.isatty()):
        help_text = "add --yes to write these changes, or --dry-run to show them only"
        raise UsageError("nothing was written: there is no terminal for the confirmation", help_text=help_text)
    sys.stdout.write("Write these changes? [y/N] ")
    sys.stdout.flush()
    return sys.stdin.readline().strip().lower() in ("y", "yes")


def _write(changes: Sequence[NewText]) -> None:
    """Write the files. Raises UnreadableFileError; the files before the one that fails are written then."""
    for file, text, is_executable in changes:
        if is_executable:
            os.makedirs(os.path.dirname(file.path), exist_ok=True)
        replace_text(file, text)
        if is_executable:
            os.chmod(file.path, 0o755)  # noqa: S103 - as git's own sample hooks
        sys.stdout.write(f"{one_line(display_path(file.path), 1000)}: written\n")


def _install_lines(repository: Repository) -> list[str]:
    """Return how to install the hooks of pre-commit or prek, empty if git has hooks already."""
    directory, is_configured = _hooks_directory(repository)
    if all(os.path.exists(os.path.join(directory, name)) for name in _GIT_HOOKS):
        return []
    runner = next((name for name in ("pre-commit", "prek") if shutil.which(name)), None)
    runner = "prek" if _uses_prek(directory, repository.root) else runner
    if is_configured:  # pre-commit refuses to install hooks there
        shown = one_line(display_path(directory), 200)
        return [f"  git reads hooks from {shown} (core.hooksPath): add `{runner or 'prek'} run` to its pre-commit hook"]
    lines = [] if runner else ["  install pre-commit or prek, for example with `uv tool install prek`, then:"]
    return [*lines, f"    {runner or 'prek'} install {' '.join(f'--hook-type {name}' for name in _GIT_HOOKS)}"]


def _uses_prek(hooks: str, root: str) -> bool:
    """Return True if the repository has a prek.toml, or prek wrote a Git hook in the directory ``hooks``."""
    if os.path.lexists(os.path.join(root, _PREK_TOML)):
        return True
    for name in _GIT_HOOKS:
        try:
            if b"generated by prek" in read_file(os.path.join(hooks, name))[:200]:
                return True
        except UnreadableFileError:
            continue
    return False


def _next_steps(changes: Sequence[NewText], install: Sequence[str], root: str) -> Iterator[str]:
    committed = [new for new in changes if not new.is_executable and is_inside(new.file.path, root)]
    if committed or install:
        yield "what to do next:"
    if committed:
        yield f"    git add {' '.join(shlex.quote(display_path(new.file.path)) for new in committed)}"
    yield from install
    if any(new.text.count(_GIT_HOOK_COMMAND) > new.file.text.count(_GIT_HOOK_COMMAND) for new in committed):
        yield "  the hook runs the mothball on PATH, so each contributor needs it;"
        yield "  with --repo URL --rev REV, the hook runner installs it"
