"""The command ``mothball check`` for all dependencies of files and directories."""

from __future__ import annotations

import argparse
import os
import sys

from mothball.check.pipeline import check
from mothball.check.policy import exit_code
from mothball.cli.common import open_session, read_paths
from mothball.discovery.discover import DiscoveryResult
from mothball.model.errors import MothballError
from mothball.model.findings import Report
from mothball.model.sanitize import one_line
from mothball.report.concise import concise_line, problem_line


def run(arguments: argparse.Namespace) -> int:
    """Check the files of ``arguments.paths``, print the report, and return the exit code."""
    if arguments.write_ignores or arguments.reason is not None:
        from mothball.cli.write_ignores import validate_arguments  # noqa: PLC0415 - rarely used

        validate_arguments(arguments)
    lists_only = arguments.list_files or arguments.explain_index is not None
    setup, discovered = read_paths(arguments, context=not lists_only)
    if arguments.list_files:
        return list_files(discovered)
    if arguments.explain_index is not None:
        from mothball.cli.explain import explain  # noqa: PLC0415 - rarely used

        return explain(arguments.explain_index, setup, discovered)
    with open_session(arguments, setup.user) as session:
        report = check(discovered.files, session.look_up, setup.settings, discovered.unreadable, discovered.problems)
    report = report._replace(problems=(*report.problems, *session.problems()))
    if arguments.write_ignores:
        from mothball.cli.write_ignores import write_ignores  # noqa: PLC0415 - rarely used

        files = tuple(file for file in discovered.files if not file.is_context)
        return write_ignores(arguments, files, report, setup.settings.today)
    sys.stdout.write(render(report, arguments, setup.settings.now))
    return exit_code(report.findings, report.problems, exit_zero=arguments.exit_zero)


def list_files(*parts: DiscoveryResult) -> int:
    """List the files of ``parts`` with their formats, and errors on stderr; return 2 if there are errors, else 0."""
    rows = sorted((one_line(file.path), file.document.format) for part in parts for file in part.files)
    width = max((len(path) for path, _ in rows), default=0)
    sys.stdout.write("".join(f"{path:<{width}}  {file_format}\n" for path, file_format in rows))
    unreadable = [finding for part in parts for finding in part.unreadable]
    problems = [problem for part in parts for problem in part.problems]
    for line in (*map(concise_line, unreadable), *map(problem_line, problems)):
        sys.stderr.write(f"{line}\n")
    return exit_code(unreadable, problems)


def render(report: Report, arguments: argparse.Namespace, now: float, revision: str | None = None) -> str:
    """Return the report in the requested format.

    ``now`` is a Unix time, from which ages are calculated. ``revision`` is the checked commit, by default that of HEAD.
    """
    match arguments.output:
        case "json":
            from mothball.report.json import ReportOrigin, render_json  # noqa: PLC0415 - one format per run

            directory = os.getcwd()
            return render_json(report, ReportOrigin(now, directory.replace(os.sep, "/"), revision or _head(directory)))
        case "sarif":
            from mothball.cli.rule import rule_page  # noqa: PLC0415
            from mothball.report.sarif import render_sarif  # noqa: PLC0415

            return render_sarif(report, rule_page)
        case "github":
            from mothball.report.github import render_github  # noqa: PLC0415

            return render_github(report, quiet=arguments.quiet)
        case "concise":
            from mothball.report.concise import render_concise  # noqa: PLC0415

            return render_concise(report, quiet=arguments.quiet)
        case _:
            from mothball.report.text import render_text  # noqa: PLC0415

            return render_text(report, now=now, color=_use_color(arguments.color), quiet=arguments.quiet)


def _head(directory: str) -> str | None:
    """Return the commit of HEAD, None without a repository or a commit."""
    from mothball.repository.git_repository import open_repository  # noqa: PLC0415 - for JSON only

    try:
        return open_repository(directory).head
    except MothballError:
        return None


def _use_color(choice: str) -> bool:
    """Return True if text is colored: by ``--color``, NO_COLOR or FORCE_COLOR, else if stdout is a terminal."""
    if choice != "auto":
        return choice == "always"
    if os.environ.get("NO_COLOR"):
        return False
    return bool(os.environ.get("FORCE_COLOR")) or (sys.stdout.isatty() and os.environ.get("TERM") != "dumb")
