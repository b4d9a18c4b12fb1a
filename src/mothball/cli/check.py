"""The command ``mothball check`` for all dependencies of files and directories."""

from __future__ import annotations

import argparse
import sys

from mothball.check.pipeline import check
from mothball.check.policy import exit_code
from mothball.cli.common import open_session, read_paths
from mothball.cli.output import print_report
from mothball.discovery.discover import DiscoveryResult
from mothball.model.document import LineIndex
from mothball.model.errors import UsageError
from mothball.model.sanitize import escape_log_commands, one_line
from mothball.report.concise import concise_line, problem_line


def run(arguments: argparse.Namespace) -> int:
    """Check the files of ``arguments.paths``, print the report, and return the exit code."""
    if arguments.list_files:
        validate_list_files(arguments)
    if arguments.write_ignores or arguments.reason is not None:
        from mothball.cli.write_ignores import validate_arguments  # noqa: PLC0415 - rarely used

        validate_arguments(arguments)
    setup, discovered = read_paths(arguments, context=not arguments.list_files)
    if arguments.list_files:
        return list_files(arguments.output, discovered)
    with open_session(arguments, setup.user) as session:
        report = check(discovered.files, session.look_up, setup.settings, discovered.unreadable, discovered.problems)
    report = report.with_problems(*session.problems())
    if arguments.verbose:
        from mothball.cli.verbose import print_details  # noqa: PLC0415 - rarely used

        print_details(discovered.files, report, setup.settings.now)
    if arguments.write_ignores:
        from mothball.cli.write_ignores import write_ignores  # noqa: PLC0415 - rarely used

        files = tuple(file for file in discovered.files if not file.is_context)
        return write_ignores(arguments, files, report, setup.settings.today)
    return print_report(report, arguments, setup.settings.now)


def validate_list_files(arguments: argparse.Namespace) -> None:
    """Raise UsageError if ``--list-files`` is combined with an option that does not apply to it."""
    for option, is_set in (
        (f"--format {arguments.output}", arguments.output not in ("text", "json")),
        ("--report", bool(arguments.reports)),
        ("--exit-zero", arguments.exit_zero),
        ("--strict", arguments.strict),
    ):
        if is_set:
            help_text = f"remove {option}; the list is text, or JSON with --format json"
            raise UsageError(f"{option} cannot be combined with --list-files", help_text=help_text)


def list_files(output: str, *parts: DiscoveryResult) -> int:
    """List the files of ``parts`` with their formats, and errors on stderr; return 2 if there are errors, else 0.

    Files that are passed over are listed with the reason. ``output`` is the format of the list: "json" or, for any
    other value, text.
    """
    files = sorted((file.path, file.document.format) for part in parts for file in part.files)
    passed_over = sorted((path, reason) for part in parts for path, reason, _ in part.passed_over)
    if output == "json":
        import json  # noqa: PLC0415 - for JSON only

        listed = {
            "files": [{"path": path, "format": file_format} for path, file_format in files],
            "passed_over": [{"path": path, "reason": reason} for path, reason in passed_over],
        }
        sys.stdout.write(escape_log_commands(json.dumps(listed, indent=2)) + "\n")
    else:
        rows = sorted([*files, *((path, f"passed over: {reason}") for path, reason in passed_over)])
        width = max((len(one_line(path)) for path, _ in rows), default=0)
        sys.stdout.write("".join(f"{one_line(path):<{width}}  {text}\n" for path, text in rows))
    for part in parts:
        for file in part.files:
            for problem in file.document.unresolvable:
                position = LineIndex(file.text).position(problem.span.start)
                sys.stderr.write(f"{one_line(file.path)}:{position.line}: note: {one_line(problem.message)}\n")
    unreadable = [finding for part in parts for finding in part.unreadable]
    problems = [problem for part in parts for problem in part.problems]
    for line in (*map(concise_line, unreadable), *map(problem_line, problems)):
        sys.stderr.write(f"{line}\n")
    return exit_code(unreadable, problems)
