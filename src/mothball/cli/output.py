"""Print the report of a check in the requested format, and write further reports to files."""

from __future__ import annotations

import argparse
import os
import sys

from mothball.check.policy import exit_code
from mothball.model.errors import MothballError, UnreadableFileError
from mothball.model.results import Report
from mothball.repository.files import replace_file


def print_report(
    report: Report,
    arguments: argparse.Namespace,
    now: float,
    revision: str | None = None,
    *,
    remedies_follow: bool = False,
) -> int:
    """Print the report in the requested format, write those of ``--report``, and return the exit code.

    ``now`` is a Unix time, from which ages are calculated. ``revision`` is the checked commit, by default that of HEAD.
    ``remedies_follow`` is that of ``render_text``. Raises UnreadableFileError if a file cannot be written.
    """
    if arguments.output == "text":
        sys.stdout.write(_render_text(report, arguments, now, remedies_follow=remedies_follow, is_printed=True))
    else:
        sys.stdout.write(_render(arguments.output, report, arguments, now, revision))
    for report_format, path in arguments.reports:
        text = _render(report_format, report, arguments, now, revision)
        try:
            replace_file(path, text.encode("utf-8", "replace"))
        except OSError as error:
            cause = f"cannot write the report ({error.strerror or error})"
            raise UnreadableFileError(path, cause, help_text="choose another file with --report") from error
    return exit_code(report.findings, report.problems, exit_zero=arguments.exit_zero)


def _render(  # noqa: PLR0911 - one per format
    report_format: str, report: Report, arguments: argparse.Namespace, now: float, revision: str | None
) -> str:
    match report_format:
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
        case "gitlab":
            from mothball.report.gitlab import render_gitlab  # noqa: PLC0415

            return render_gitlab(report)
        case "junit":
            from mothball.report.junit import render_junit  # noqa: PLC0415

            return render_junit(report)
        case "markdown":
            from mothball.report.markdown import render_markdown  # noqa: PLC0415

            return render_markdown(report)
        case "concise":
            from mothball.report.concise import render_concise  # noqa: PLC0415

            return render_concise(report, quiet=arguments.quiet)
        case _:
            return _render_text(report, arguments, now)


def _render_text(
    report: Report,
    arguments: argparse.Namespace,
    now: float,
    *,
    remedies_follow: bool = False,
    is_printed: bool = False,
) -> str:
    from mothball.report.text import render_text  # noqa: PLC0415 - one format per run

    color = is_printed and _use_color(arguments.color)
    return render_text(report, now=now, color=color, quiet=arguments.quiet, remedies_follow=remedies_follow)


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
    if os.environ.get("FORCE_COLOR"):
        return True
    return sys.stdout.isatty() and os.environ.get("TERM") != "dumb" and not _is_legacy_console()


def _is_legacy_console() -> bool:
    """Return True for a console of Windows that does not interpret escape sequences."""
    if sys.platform != "win32":
        return False
    from rich.console import detect_legacy_windows  # noqa: PLC0415 - slow to import, and only needed on Windows

    return detect_legacy_windows()
