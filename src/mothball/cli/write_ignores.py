"""The option ``--write-ignores``: add ignore entries for archived, deprecated and yanked findings to the configuration.

An existing project can start with mothball this way: only new findings are reported afterwards. ``mothball init`` uses
this module to write its files.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence

from mothball.check import policy
from mothball.check.inputs import ResolvedFile
from mothball.check.policy import exit_code
from mothball.cli.common import write_file
from mothball.discovery.config_lookup import table_path
from mothball.edits.model import apply
from mothball.edits.settings import NewIgnore, add_config_ignores
from mothball.formats.table import decode
from mothball.model.errors import ConfigError, UnreadableFileError, UsageError
from mothball.model.records import NamedTuple
from mothball.model.results import Finding, Problem, Report, Rule, Severity
from mothball.model.sanitize import one_line
from mothball.report.text import concise_line, problem_line
from mothball.repository.files import DISK, display_path, read_file
from mothball.repository.paths import repository_root

# The suffixes of configuration files.
CONFIG_SUFFIXES = (".toml",)
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
# Quarantined, missing and unverified findings are not ignored: each needs a decision of its own.
_WRITTEN_RULES = (Rule.ARCHIVED, Rule.DEPRECATED, Rule.YANKED)


def validate_arguments(arguments: argparse.Namespace) -> None:
    """Raise UsageError if ``--write-ignores`` or ``--reason`` is combined with the wrong options."""
    if not arguments.write_ignores:
        raise UsageError("--reason requires --write-ignores", help_text="add --write-ignores, or remove --reason")
    if not policy.is_reason(_reason(arguments)):
        raise UsageError(
            "--write-ignores requires --reason with a text, which is written into each ignore entry",
            help_text='state why these packages are kept, for example --reason "existing dependency, see #812"',
        )
    for option, is_set in (
        ("--no-ignores", arguments.no_ignores),
        ("--list-files", arguments.list_files),
        (f"--format {arguments.output}", arguments.output != "text"),
    ):
        if is_set:
            raise UsageError(f"{option} cannot be combined with --write-ignores", help_text=f"remove {option}")


def write_ignores(arguments: argparse.Namespace, files: Sequence[ResolvedFile], report: Report, today: str) -> int:
    """Write ignore entries for the archived and deprecated findings into the configurations of their files.

    Prints the written entries and the remaining findings. Returns the exit code of a check after the change, or 2 if a
    configuration could not be written. ``today`` is an ISO date.
    """
    by_path = {file.path: file for file in files}
    candidates = ignorable_findings(report, by_path, today)
    # A file given with --config may be anywhere.
    checked_files = files if arguments.config is None else ()
    roots = {file.resolved_config.edited_path: repository_root(file.path) for file in checked_files}
    problems = list(report.problems)
    written: dict[str, int] = {}
    for path, entries in new_ignores(candidates, by_path, _reason(arguments)).items():
        try:
            file = read_text_file(path, roots.get(path), CONFIG_SUFFIXES)
            replace_text(file, apply(file.text, add_config_ignores(file.text, table_path(path), entries)))
        except (ConfigError, UnreadableFileError) as error:
            message = f"no ignores written: {error.cause}"
            problems.append(Problem(Severity.ERROR, message, error.help, display_path(path)))
        else:
            written[path] = len(entries)
            sys.stdout.write(_written_lines(path, entries))
    ignored = {
        id(finding)
        for finding in candidates
        if all(file.resolved_config.edited_path in written for file in _files_of(finding, by_path))
    }
    remaining = [finding for finding in report.findings if id(finding) not in ignored]
    _print_remaining(remaining, problems, sum(written.values()))
    return exit_code(remaining, problems, exit_zero=arguments.exit_zero)


def _reason(arguments: argparse.Namespace) -> str:
    return one_line(arguments.reason or "")


# --- selection of findings --------------------------------------------------------------------------------------------


def ignorable_findings(report: Report, by_path: Mapping[str, ResolvedFile], today: str) -> list[Finding]:
    """Return the findings that ignore entries may be written for. ``by_path`` has the files by display path."""
    return [finding for finding in report.findings if _is_written(finding, by_path, today)]


def _is_written(finding: Finding, by_path: Mapping[str, ResolvedFile], today: str) -> bool:
    if finding.rule not in _WRITTEN_RULES or finding.suppressed is not None:
        return False
    # An expired ignore entry is reported and not overwritten: its end date was set on purpose.
    ignores = by_path[finding.path].resolved_config.config.ignores
    return not any(ignore.name == finding.name and policy.is_expired(ignore, today) for ignore in ignores)


def _files_of(finding: Finding, by_path: Mapping[str, ResolvedFile]) -> Iterator[ResolvedFile]:
    """Yield all files of ``finding``: one finding covers a manifest and its lock."""
    for path in dict.fromkeys((finding.path, *(location.path for location in finding.related_locations))):
        yield by_path[path]


def new_ignores(
    findings: Iterable[Finding], by_path: Mapping[str, ResolvedFile], reason: str
) -> dict[str, list[NewIgnore]]:
    """Return the ignore entries to write, by the path of the configuration file."""
    groups: dict[tuple[str, str], list[Finding]] = {}
    for finding in findings:
        for file in _files_of(finding, by_path):
            groups.setdefault((file.resolved_config.edited_path, finding.name or ""), []).append(finding)
    ignores: dict[str, list[NewIgnore]] = {}
    for (path, name), group in sorted(groups.items()):
        rules = dict.fromkeys(finding.rule for finding in group)
        versions = dict.fromkeys(finding.version for finding in group if finding.version is not None)
        ignores.setdefault(path, []).append(NewIgnore(name, tuple(rules), reason, tuple(versions)))
    return ignores


# --- writing ----------------------------------------------------------------------------------------------------------


class TextFile(NamedTuple):
    """A UTF-8 file with its absolute path; the ``text`` has no byte-order mark and is empty if the file is missing."""

    path: str
    text: str
    exists: bool
    has_mark: bool = False


def read_text_file(path: str, root: str | None, suffixes: tuple[str, ...]) -> TextFile:
    """Return the file at ``path``, which may be missing.

    ``root`` is the repository that must contain it, None for a file that the user chose. Raises UnreadableFileError if
    it cannot be read or must not be written: a link in a repository must not make mothball write to .git/config or to
    a script.
    """
    if root is not None and (DISK.leads_outside(path, root) or not os.path.realpath(path).endswith(suffixes)):
        suffix = suffixes[0]
        raise UnreadableFileError(
            path, f"symbolic link to a file outside the repository or without the suffix {suffix}"
        )
    exists = os.path.lexists(path)
    data = read_file(path) if exists else b""
    return TextFile(path, decode("pyproject", path, data), exists, data.startswith(_BYTE_ORDER_MARK))


def replace_text(file: TextFile, text: str) -> None:
    """Replace the content of ``file`` by ``text``. Raises UnreadableFileError."""
    write_file(file.path, _BYTE_ORDER_MARK * file.has_mark + text.encode(), "file", "the file was not changed")


# --- output -----------------------------------------------------------------------------------------------------------


def _written_lines(path: str, entries: Sequence[NewIgnore]) -> str:
    lines = [f"{one_line(display_path(path))}: {_counted(len(entries))} written"]
    lines += [f"  {entry.name}: {', '.join(entry.rules)}" for entry in entries]
    return "".join(f"{line}\n" for line in lines)


def _print_remaining(findings: Iterable[Finding], problems: Iterable[Problem], written: int) -> None:
    lines = [concise_line(finding) for finding in findings if finding.suppressed is None]
    count = len(lines)
    for problem in problems:
        lines += [problem_line(problem), *([f"  = help: {one_line(problem.help)}"] if problem.help else [])]
    remaining = f"{count} finding{'' if count == 1 else 's'} remaining"
    sys.stdout.write("".join(f"{line}\n" for line in [*lines, f"{_counted(written)} written, {remaining}"]))


def _counted(ignores: int) -> str:
    return f"{ignores or 'no'} ignore{'' if ignores == 1 else 's'}"
