"""The command ``mothball check``, its list of files, and its reports."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterable

from mothball.check.inputs import ResolvedFile
from mothball.check.messages import finding_message, skipped_text
from mothball.check.policy import exit_code
from mothball.cli.common import check_files, print_problems, read_paths, write_file
from mothball.discovery.discover import DiscoveryResult
from mothball.model.document import LineIndex
from mothball.model.errors import MothballError, UsageError
from mothball.model.results import CheckedDependency, Report, Skipped
from mothball.model.sanitize import one_line
from mothball.report.text import origin_text, render_concise, render_text


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
    report = check_files(arguments, setup, discovered)
    if arguments.verbose:
        print_details(discovered.files, report, setup.settings.now)
    if arguments.write_ignores:
        from mothball.cli.write_ignores import write_ignores  # noqa: PLC0415 - rarely used

        files = tuple(file for file in discovered.files if not file.is_context)
        return write_ignores(arguments, files, report, setup.settings.today)
    return print_report(report, arguments, setup.settings.now)


# --- the list of files, and details -----------------------------------------------------------------------------------


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
    read = [file for part in parts for file in part.files if not file.is_context]
    files = sorted((file.path, file.document.format) for file in read)
    passed_over = sorted((path, reason) for part in parts for path, reason, _ in part.passed_over)
    if output == "json":
        from mothball.report.json import json_text  # noqa: PLC0415 - for JSON only

        listed = {
            "files": [{"path": path, "format": file_format} for path, file_format in files],
            "passed_over": [{"path": path, "reason": reason} for path, reason in passed_over],
        }
        sys.stdout.write(json_text(listed))
    else:
        rows = sorted([*files, *((path, f"passed over: {reason}") for path, reason in passed_over)])
        width = max((len(one_line(path)) for path, _ in rows), default=0)
        sys.stdout.write("".join(f"{one_line(path):<{width}}  {text}\n" for path, text in rows))
    for file in read:
        for problem in file.document.unresolvable:
            line = LineIndex(file.text).number(problem.span.start)
            sys.stderr.write(f"{one_line(file.path)}:{line}: note: {one_line(problem.message)}\n")
    unreadable = [finding for part in parts for finding in part.unreadable]
    problems = [problem for part in parts for problem in part.problems]
    print_problems(unreadable, problems)
    return exit_code(unreadable, problems)


def print_details(files: Iterable[ResolvedFile], report: Report, now: float) -> None:
    """Write a line on stderr for each of ``files`` and each dependency in ``report``. ``now`` is a Unix time."""
    lines = []
    for file in files:
        if not file.is_context:
            config = one_line(file.resolved_config.path) or "none"
            lines.append(f"{one_line(file.path)}: format {file.document.format}, configuration {config}")
    lines += [_detail(item, now) for item in report.dependencies]
    sys.stderr.write("".join(f"{line}\n" for line in lines))


def _detail(item: CheckedDependency, now: float) -> str:
    place = f"{one_line(item.path)}:{item.location.start.line}"
    name, lookup = item.dependency.name, item.lookup
    if isinstance(lookup, Skipped):
        return f"{place}: {one_line(name, 100)} was not looked up: {skipped_text(lookup)}"
    message = finding_message(name, lookup).message
    return f"{place}: {message} ({one_line(lookup.origin.index_url, 100)}{origin_text(lookup, now)})"


# --- reports ----------------------------------------------------------------------------------------------------------


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
        text = render_text(
            report,
            now=now,
            color=_use_color(arguments.color),
            quiet=arguments.quiet,
            remedies_follow=remedies_follow,
        )
    else:
        text = _render(arguments.output, report, arguments, now, revision)
    sys.stdout.write(text)
    for report_format, path in arguments.reports:
        text = _render(report_format, report, arguments, now, revision)
        write_file(path, text.encode("utf-8", "replace"), "report", "choose another file with --report")
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
            from mothball.report.annotations import render_github  # noqa: PLC0415

            return render_github(report, quiet=arguments.quiet)
        case "gitlab":
            from mothball.report.annotations import render_gitlab  # noqa: PLC0415

            return render_gitlab(report)
        case "junit":
            from mothball.report.junit import render_junit  # noqa: PLC0415

            return render_junit(report)
        case "markdown":
            from mothball.report.markdown import render_markdown  # noqa: PLC0415

            return render_markdown(report)
        case "concise":
            return render_concise(report, quiet=arguments.quiet)
        case _:
            return render_text(report, now=now, quiet=arguments.quiet)


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
