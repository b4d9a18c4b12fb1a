"""``mothball check``: all dependencies of files and directories."""

from __future__ import annotations

import argparse
import os
import sys

from mothball.check.pipeline import check
from mothball.check.policy import exit_code
from mothball.cli.common import open_session, read_paths
from mothball.discovery.discover import DiscoveryResult
from mothball.model.findings import Report
from mothball.model.sanitize import one_line
from mothball.report.concise import concise_line, problem_line


def run(arguments: argparse.Namespace) -> int:
    """Check what ``arguments`` name, print the report on stdout, and return the exit code."""
    if arguments.write_ignores or arguments.reason is not None:
        from mothball.cli.write_ignores import check_arguments  # noqa: PLC0415 - once in a project's life

        check_arguments(arguments)
    setup, found = read_paths(arguments)
    if arguments.list_files:
        return list_files(found)
    if arguments.explain_index is not None:
        from mothball.cli.explain import explain  # noqa: PLC0415 - a question of its own

        return explain(arguments.explain_index, setup, found)
    with open_session(arguments, setup.user) as session:
        report = check(found.files, session.look_up, setup.settings, found.unreadable, found.problems)
    report = report._replace(problems=(*report.problems, *session.problems()))
    if arguments.write_ignores:
        from mothball.cli.write_ignores import write_ignores  # noqa: PLC0415 - as above

        return write_ignores(arguments, found.files, report, setup.settings.today)
    sys.stdout.write(render(report, arguments, setup.settings.now))
    return exit_code(report.findings, report.problems, exit_zero=arguments.exit_zero)


def list_files(*found: DiscoveryResult) -> int:
    """Print what would be read and as what, on stderr what cannot be, and return 2 where there is any, else 0."""
    rows = sorted((one_line(file.path), file.document.format) for one in found for file in one.files)
    width = max((len(path) for path, _ in rows), default=0)
    sys.stdout.write("".join(f"{path:<{width}}  {name}\n" for path, name in rows))
    unreadable = [finding for one in found for finding in one.unreadable]
    problems = [problem for one in found for problem in one.problems]
    for line in (*map(concise_line, unreadable), *map(problem_line, problems)):
        sys.stderr.write(f"{line}\n")
    return exit_code(unreadable, problems)


def render(report: Report, arguments: argparse.Namespace, now: float) -> str:
    """Return the report in the form that ``arguments`` ask for; ``now`` is what ages are told against."""
    match arguments.output:
        case "json":
            from mothball.report.json import render_json  # noqa: PLC0415 - one face a run

            return render_json(report)
        case "sarif":
            from mothball.cli.rule import page_of  # noqa: PLC0415
            from mothball.report.sarif import render_sarif  # noqa: PLC0415

            return render_sarif(report, page_of)
        case "github":
            from mothball.report.github import render_github  # noqa: PLC0415

            return render_github(report, quiet=arguments.quiet)
        case "concise":
            from mothball.report.concise import render_concise  # noqa: PLC0415

            return render_concise(report, quiet=arguments.quiet)
        case _:
            from mothball.report.text import render_text  # noqa: PLC0415

            return render_text(report, now=now, colour=_wants_colour(arguments.color), quiet=arguments.quiet)


def _wants_colour(choice: str) -> bool:
    """Return whether to colour: as told, else by NO_COLOR and FORCE_COLOR, else on a terminal."""
    if choice != "auto":
        return choice == "always"
    if os.environ.get("NO_COLOR"):
        return False
    return bool(os.environ.get("FORCE_COLOR")) or (sys.stdout.isatty() and os.environ.get("TERM") != "dumb")
