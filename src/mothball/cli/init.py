"""The command ``mothball init``: write the hook entry and the first settings of a repository."""

from __future__ import annotations

import argparse
import difflib
import os
import re
import shlex
import shutil
import sys
from collections.abc import Iterator, Sequence

from mothball.check.pipeline import check
from mothball.check.policy import exit_code, is_reason
from mothball.cli.common import open_session, read_paths
from mothball.cli.init_plan import CheckedRepository, InitOptions, InitPlan, NewText, plan_init
from mothball.cli.write_ignores import replace_text
from mothball.config.values import read_index_url
from mothball.edits.hook_entry import HookSource
from mothball.model.errors import ConfigError, UsageError
from mothball.model.results import Report, Rule
from mothball.model.sanitize import one_line, sanitize_line
from mothball.report.text import concise_line, problem_line
from mothball.repository.files import display_path
from mothball.repository.git_repository import open_repository
from mothball.repository.paths import is_inside, repository_root

_MAX_LINE = 200
_HOOK_TYPES = "--hook-type pre-commit --hook-type pre-merge-commit"
# What could not be checked; the other findings are those of `mothball check`.
_REPORTED_RULES = (Rule.QUARANTINED, Rule.RE_REGISTERED, Rule.UNVERIFIED, Rule.UNRESOLVABLE, Rule.UNREADABLE)
_FAILED_RULES = (Rule.UNVERIFIED, Rule.UNREADABLE)


def run(arguments: argparse.Namespace) -> int:
    """Show what is written, ask for confirmation, write it, and return the exit code. Raises MothballError.

    It is 3 if a lookup failed, and 2 if a file could not be read or must be changed by hand.
    """
    options = _options(arguments)
    repo = _check_repository(arguments)
    plan = plan_init(repo, options)
    changes = plan.changes()
    sys.stdout.write("".join(f"{line}\n" for line in _preview(changes, plan, repo.report)))
    code = exit_code(
        [finding for finding in repo.report.findings if finding.rule in _FAILED_RULES],
        (*repo.report.problems, *plan.problems),
    )
    if not changes:
        sys.stdout.write(f"nothing to write{'' if plan.problems else ': the hook and the settings are up to date'}\n")
    elif arguments.dry_run:
        sys.stdout.write("nothing was written (--dry-run)\n")
    elif not arguments.yes and not _is_confirmed():
        sys.stdout.write("nothing was written\n")
    else:
        _write(changes)
        sys.stdout.write("".join(f"{line}\n" for line in _next_steps(changes, options, repo.root)))
    return code


def _options(arguments: argparse.Namespace) -> InitOptions:
    """Return the options. Raises UsageError if they are invalid or contradict one another."""
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
    reason = one_line(arguments.reason or "")
    if arguments.reason is not None and not is_reason(reason):
        help_text = 'state why these packages are kept, for example --reason "existing dependency, see #812"'
        raise UsageError("--reason is empty or a placeholder", help_text=help_text)
    if arguments.status_index and arguments.accept_not_stated:
        help_text = "remove one of them"
        raise UsageError("--status-index cannot be combined with --accept-not-stated", help_text=help_text)
    try:
        status_index = arguments.status_index and read_index_url(arguments.status_index, ("--status-index",))
    except ConfigError as error:
        raise UsageError(str(error), help_text=error.help or "pass the URL of an index") from error
    return InitOptions(
        HookSource(arguments.repo or "", arguments.rev or ""),
        arguments.git_hook,
        reason,
        arguments.write_snapshot or "",
        status_index or "",
        arguments.accept_not_stated,
    )


def _check_repository(arguments: argparse.Namespace) -> CheckedRepository:
    """Check all dependencies of the repository around the working directory.

    Raises UsageError outside of a repository, GitError if git refuses to read it.
    """
    directory = os.getcwd()
    root = repository_root(directory)
    if not os.path.lexists(os.path.join(root, ".git")):
        help_text = "change to the repository of your project, or create one with `git init`"
        raise UsageError("mothball init requires a git repository, and there is none here", help_text=help_text)
    repository = open_repository(directory)
    arguments.paths = [os.path.relpath(root)]
    setup, discovered = read_paths(arguments)
    # A new project has no dependency files yet.
    problems = discovered.problems if discovered.files else tuple(setup.config_resolver.problems)
    with open_session(arguments, setup.user) as session:
        report = check(discovered.files, session.look_up, setup.settings, discovered.unreadable, problems)
    report = report.with_problems(*session.problems())
    config = setup.config_resolver.resolve(os.path.join(root, "any-file"), root)
    return CheckedRepository(
        repository,
        {file.path: file for file in discovered.files},
        report,
        config.edited_path if config else "",
        setup.settings.now,
        setup.settings.today,
    )


# --- output -----------------------------------------------------------------------------------------------------------


def _preview(changes: Sequence[NewText], plan: InitPlan, report: Report) -> Iterator[str]:
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


def _next_steps(changes: Sequence[NewText], options: InitOptions, root: str) -> Iterator[str]:
    committed = [new.file.path for new in changes if not new.is_executable and is_inside(new.file.path, root)]
    if committed or not options.git_hook:
        yield "what to do next:"
    if committed:
        yield f"    git add {' '.join(shlex.quote(display_path(path)) for path in committed)}"
    if options.git_hook:
        return
    runner = next((name for name in ("pre-commit", "prek") if shutil.which(name)), None)
    if runner is None:
        yield "  install pre-commit or prek, for example with `uv tool install prek`, then:"
    yield f"    {runner or 'prek'} install {_HOOK_TYPES}"
    if not options.source.repo:
        yield "  the hook runs the mothball on PATH, so each contributor needs it;"
        yield "  with --repo URL --rev REV, the hook runner installs it"
