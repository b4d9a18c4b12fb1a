"""``mothball check --write-ignores --reason TEXT``: what is archived or deprecated today is kept, knowingly.

So that a project with a past can begin today: what comes later is told.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence

from mothball.check import policy
from mothball.check.inputs import SourceFile
from mothball.check.policy import exit_code
from mothball.discovery.config_lookup import governing_config_path, table_path
from mothball.edits.ignore_config import NewIgnore, add_config_ignores
from mothball.edits.model import apply
from mothball.formats.table import decode
from mothball.model.errors import ConfigError, UnreadableFileError, UsageError
from mothball.model.findings import Finding, Problem, Report, Rule, Severity
from mothball.model.records import NamedTuple
from mothball.model.sanitize import one_line
from mothball.report.concise import concise_line, problem_line
from mothball.repository.files import display_path, leads_outside, read_file, replace_file, repository_root

# Never what is quarantined, missing or could not be checked: nobody has decided on that.
_TAKEN = (Rule.ARCHIVED, Rule.DEPRECATED)
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


class _Plan(NamedTuple):
    """What one configuration is to ignore: the rules by name; and the repository that must hold it.

    ``root`` is None where the user has named the file, which may then lie anywhere.
    """

    rules: dict[str, dict[Rule, None]]
    root: str | None


def check_arguments(arguments: argparse.Namespace) -> None:
    """Raise UsageError where the options beside ``--write-ignores`` and ``--reason`` do not go with them."""
    if not arguments.write_ignores:
        raise UsageError("--reason belongs to --write-ignores", help_text="give both, or neither")
    if not _reason(arguments):
        raise UsageError(
            "--write-ignores needs a reason, which is written beside each name",
            help_text='say why these packages are kept, for example --reason "in use before mothball was, #812"',
        )
    for option, is_set in (
        ("--no-ignores", arguments.no_ignores),
        ("--list-files", arguments.list_files),
        ("--explain-index", arguments.explain_index is not None),
        (f"--format {arguments.output}", arguments.output != "text"),
    ):
        if is_set:
            raise UsageError(f"{option} does not go with --write-ignores", help_text="give one of the two")


def write_ignores(arguments: argparse.Namespace, files: Sequence[SourceFile], report: Report, today: str) -> int:
    """Take the archived and deprecated findings of ``report`` into the configurations that rule over their files.

    Prints what was written and what is left, and returns the exit code that a check behind it would have: 2 also where
    a configuration could not be written.
    """
    by_path = {file.path: file for file in files}
    takes = [finding for finding in report.findings if _is_taken(finding, by_path, today)]
    plans = _plans(takes, by_path, has_chosen=arguments.config is not None)
    problems = list(report.problems)
    done: dict[str, int] = {}
    for path in sorted(plans):
        entries = [
            NewIgnore(name, tuple(rules), _reason(arguments)) for name, rules in sorted(plans[path].rules.items())
        ]
        try:
            _write(path, entries, plans[path].root)
        except (ConfigError, UnreadableFileError) as error:
            cause = error.cause if isinstance(error, UnreadableFileError) else str(error)
            problems.append(Problem(Severity.ERROR, f"no ignores written: {cause}", error.help, display_path(path)))
        else:
            done[path] = len(entries)
            sys.stdout.write(_told(path, entries))
    taken = {
        id(finding)
        for finding in takes
        if all(governing_config_path(file) in done for file in _files_of(finding, by_path))
    }
    left = [finding for finding in report.findings if id(finding) not in taken]
    _tell_rest(left, problems, sum(done.values()))
    return exit_code(left, problems, exit_zero=arguments.exit_zero)


def _reason(arguments: argparse.Namespace) -> str:
    return one_line(arguments.reason or "")


# --- what goes where --------------------------------------------------------------------------------------------------


def _is_taken(finding: Finding, by_path: Mapping[str, SourceFile], today: str) -> bool:
    if finding.rule not in _TAKEN or finding.suppressed is not None:
        return False
    # Somebody has set an end to this one: that it has come is told, and not written over.
    ignores = by_path[finding.path].resolved_config.config.ignores
    return not any(ignore.name == finding.name and policy.is_expired(ignore, today) for ignore in ignores)


def _files_of(finding: Finding, by_path: Mapping[str, SourceFile]) -> Iterator[SourceFile]:
    """Yield the files in which ``finding`` is: what stands in a manifest and in its lock is told once."""
    for path in dict.fromkeys((finding.path, *(location.path for location in finding.elsewhere))):
        yield by_path[path]


def _plans(findings: Iterable[Finding], by_path: Mapping[str, SourceFile], *, has_chosen: bool) -> dict[str, _Plan]:
    """Return for the path of each configuration what it is to ignore."""
    plans: dict[str, _Plan] = {}
    for finding in findings:
        for file in _files_of(finding, by_path):
            root = None if has_chosen else repository_root(file.path)
            plan = plans.setdefault(governing_config_path(file), _Plan({}, root))
            plan.rules.setdefault(finding.name or "", {})[finding.rule] = None
    return plans


# --- writing ----------------------------------------------------------------------------------------------------------


def _write(path: str, entries: Sequence[NewIgnore], root: str | None) -> None:
    """Put ``entries`` into the configuration at ``path``, which is made where there is none.

    Raises UnreadableFileError where it cannot be read or written, ConfigError where it cannot be parsed.
    """
    if root is not None and (leads_outside(path, root) or not os.path.realpath(path).endswith(".toml")):
        # A repository could else have us write into the configuration of git, or into a script.
        raise UnreadableFileError(path, "it is a link that leads outside the repository, or to what is no TOML file")
    data = read_file(path) if os.path.lexists(path) else b""
    text = decode("pyproject", path, data)
    edited = apply(text, add_config_ignores(text, table_path(path), entries))
    mark = _BYTE_ORDER_MARK if data.startswith(_BYTE_ORDER_MARK) else b""
    try:
        replace_file(path, mark + edited.encode())
    except OSError as error:
        cause = f"it cannot be written ({error.strerror or error})"
        raise UnreadableFileError(path, cause, help_text="nothing in it was changed") from error


# --- telling ----------------------------------------------------------------------------------------------------------


def _told(path: str, entries: Sequence[NewIgnore]) -> str:
    lines = [f"{one_line(display_path(path))}: {_counted(len(entries))} written"]
    lines += [f"  {entry.name}: {', '.join(entry.rules)}" for entry in entries]
    return "".join(f"{line}\n" for line in lines)


def _tell_rest(left: Iterable[Finding], problems: Iterable[Problem], written: int) -> None:
    lines = [concise_line(finding) for finding in left if finding.suppressed is None]
    count = len(lines)
    for problem in problems:
        lines += [problem_line(problem), *([f"  = help: {one_line(problem.help)}"] if problem.help else [])]
    findings = f"{count} finding{'' if count == 1 else 's'} left"
    sys.stdout.write("".join(f"{line}\n" for line in [*lines, f"{_counted(written)} written, {findings}"]))


def _counted(ignores: int) -> str:
    return f"{ignores or 'no'} ignore{'' if ignores == 1 else 's'}"
