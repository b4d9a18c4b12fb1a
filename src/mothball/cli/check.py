"""The command ``mothball check``: its steps, most of which other commands share, and its output."""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from mothball.check.inputs import ResolvedConfig, ResolvedFile, RunSettings
from mothball.check.messages import finding_message, skipped_text
from mothball.check.pipeline import check
from mothball.check.policy import exit_code
from mothball.config.project import ConfigOverrides, UserConfig
from mothball.config.user_settings import CredentialSettings, UserIndexUrl, user_config_file
from mothball.config.values import read_user_index_url
from mothball.discovery.config_lookup import ConfigResolver, ConfigResolverSettings, read_user_config_file
from mothball.discovery.discover import STDIN, DiscoveryRequest, DiscoveryResult, discover
from mothball.discovery.installer_settings import with_installers
from mothball.index.resolver import LookupSession
from mothball.model.document import Dependency, LineIndex
from mothball.model.errors import ConfigError, MothballError, UnreadableFileError, UsageError, suggest
from mothball.model.file_names import FORMATS
from mothball.model.records import NamedTuple
from mothball.model.results import CheckedDependency, CheckMode, Finding, Problem, Report, Severity, Skipped
from mothball.model.sanitize import one_line, strip_credentials
from mothball.report.text import concise_line, origin_text, problem_line, render_concise, render_text
from mothball.repository.files import DISK, Tree, read_stream, replace_file, working_tree
from mothball.repository.paths import repository_root

if TYPE_CHECKING:
    from rich.progress import Progress as RichProgress

# Runs that end earlier show no progress bar, which would only flicker.
_DELAY_SECONDS = 0.4


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


# --- settings and files -----------------------------------------------------------------------------------------------


class Setup(NamedTuple):
    """The settings and configurations of a run."""

    settings: RunSettings
    config_resolver: ConfigResolver
    user: UserConfig
    overrides: ConfigOverrides

    def config_of(self, directory: str) -> ResolvedConfig | None:
        """Return the configuration that applies to the files in ``directory``, None if it is invalid."""
        return self.config_resolver.resolve(os.path.join(directory, "any-file"), repository_root(directory))


def set_up(
    arguments: argparse.Namespace,
    *,
    scopes: tuple[str, ...] = (),
    mode: CheckMode = CheckMode.FULL,
    tree: Tree | None = None,
    policy_tree: Tree | None = None,
) -> Setup:
    """Return the settings of a run from its arguments, the environment and the user configuration.

    ``scopes`` are the directories that are checked completely. Configuration files are read from ``tree``, by default
    the disk, or from ``policy_tree``, whose ignore entries then are the only ignores that apply. Raises UsageError for
    invalid arguments and variables, and for an invalid or unreadable user configuration.
    """
    now = time.time()
    makes_snapshot = arguments.command == "snapshot"
    # These commands show what an index states, also about ignored projects.
    without_ignores = makes_snapshot or arguments.command == "status"
    settings = RunSettings(
        today=time.strftime("%Y-%m-%d", time.localtime(now)),
        now=now,
        mode=mode,
        strict=arguments.strict and mode is not CheckMode.FIRST_PUSH,
        refresh=arguments.refresh,
        use_ignores=not (without_ignores or arguments.no_ignores) and policy_tree is None,
        # A file given with --config, or the base, is not part of the change, so its ignores always apply.
        keep_config_ignores=not without_ignores and (arguments.config is not None or policy_tree is not None),
        unchanged_since=_unchanged_since,
    )
    overrides = read_overrides(arguments)
    if overrides.offline and arguments.refresh:
        raise UsageError("--refresh sends requests, and MOTHBALL_OFFLINE forbids them", help_text="unset the variable")
    for option, path in (("--config", arguments.config), ("--snapshot", arguments.snapshot)):
        if path is not None and not os.path.isfile(path):
            from mothball.discovery.file_search import similar_path  # noqa: PLC0415 - for errors only

            similar = similar_path(path, DISK)
            help_text = f"did you mean {one_line(similar)}?" if similar else ""
            raise UsageError(f"{option}: no such file: {path}", help_text=help_text)
    user = with_installers(_user_config())
    if user.offline and arguments.refresh:
        place = f"`offline` in {user_config_file()}"
        raise UsageError(
            f"--refresh sends requests, and {place} forbids them", help_text="remove it, or omit --refresh"
        )
    resolver_settings = ConfigResolverSettings(
        today=settings.today,
        overrides=overrides,
        config_path=arguments.config,
        snapshot_path=arguments.snapshot,
        use_snapshots=not makes_snapshot,
        scopes=tuple(os.path.abspath(scope) for scope in scopes),
        tree=tree or working_tree(os.getcwd()),
        policy_tree=policy_tree,
        refresh=arguments.refresh,
    )
    return Setup(settings, ConfigResolver(resolver_settings, user), user, overrides)


def _unchanged_since(file: ResolvedFile, dependency: Dependency) -> float | None:
    from mothball.discovery.committed import unchanged_since  # noqa: PLC0415 - needed for suspicious entries only

    return unchanged_since(file, dependency)


def read_paths(arguments: argparse.Namespace, *, context: bool = False) -> tuple[Setup, DiscoveryResult]:
    """Set up a run and read the files of ``arguments.paths``. Raises the same errors as ``set_up``.

    With ``context``, the result includes files that are not below these paths, but decide about severities.
    """
    # Standard input comes first: if a file is given twice, the first text is used, and an editor sends the newer one.
    paths = tuple(sorted(arguments.paths, key=lambda path: path != STDIN)) or (".",)
    file_format = requested_format(arguments)
    stdin, stdin_filename = None, arguments.stdin_filename
    if stdin_filename and STDIN not in paths:
        raise UsageError("--stdin-filename requires the path `-`", help_text="add `-`, or pass the file as a path")
    if STDIN in paths:
        name = stdin_filename or (STDIN if file_format else None)
        if name is None:
            raise UsageError("standard input requires a file name", help_text="add --stdin-filename requirements.txt")
        if sys.stdin is None:
            raise UsageError("standard input is closed", help_text="redirect or pipe a file to it")
        stdin = (name, read_stream(sys.stdin.buffer, name))
    setup = set_up(arguments, scopes=tuple(path for path in paths if os.path.isdir(path)))
    request = DiscoveryRequest(paths, file_format, stdin, context=context)
    return setup, discover(request, setup.config_resolver, setup.settings)


def requested_format(arguments: argparse.Namespace) -> str | None:
    """Return the format given with ``--as``, or None. Raises UsageError for an unknown format."""
    file_format: str | None = arguments.format
    if file_format is not None and file_format not in FORMATS:
        raise UsageError(f"--as: unknown format `{file_format}`", help_text=suggest(file_format, tuple(FORMATS)))
    return file_format


def check_files(arguments: argparse.Namespace, setup: Setup, discovered: DiscoveryResult) -> Report:
    """Check all dependencies of the files of ``discovered``."""
    with open_session(arguments, setup.user) as session:
        report = check(discovered.files, session.look_up, setup.settings, discovered.unreadable, discovered.problems)
    return report.with_problems(*session.problems())


def print_problems(findings: Iterable[Finding], problems: Iterable[Problem]) -> None:
    """Write findings and problems to stderr, each as one line."""
    for line in (*map(concise_line, findings), *map(problem_line, problems)):
        sys.stderr.write(f"{line}\n")


# --- settings of the user ---------------------------------------------------------------------------------------------


def open_session(arguments: argparse.Namespace, user: UserConfig) -> LookupSession:
    """Return the lookup session of this run."""
    credentials = credential_settings(arguments, user)
    return LookupSession(
        use_cache=not arguments.no_cache, trusted_hosts=user.trusted_hosts, credentials=credentials, progress=Progress()
    )


def credential_settings(arguments: argparse.Namespace, user: UserConfig) -> CredentialSettings:
    """Return the user's credential settings, with the index URL of the command line or environment first."""
    return user.credentials._replace(index_urls=(*requested_index_urls(arguments), *user.credentials.index_urls))


def requested_index_urls(arguments: argparse.Namespace) -> tuple[UserIndexUrl, ...]:
    """Return the index URL of the command line, or else of the environment, with any credentials in it.

    Raises UsageError if it is invalid.
    """
    for name, value in (
        ("--index-url", arguments.index_url),
        ("MOTHBALL_INDEX_URL", os.environ.get("MOTHBALL_INDEX_URL") or None),
    ):
        if value is not None:
            try:
                return (UserIndexUrl(read_user_index_url(value, (name,)), set_by=name),)
            except ConfigError as error:
                raise UsageError(str(error), help_text=error.help) from error
    return ()


def _user_config() -> UserConfig:
    path = user_config_file()
    try:
        return read_user_config_file(path)
    except ConfigError as error:
        raise UsageError(f"{path}: {error}", help_text=error.help) from error
    except UnreadableFileError as error:
        raise UsageError(str(error), help_text=error.help) from error


def read_overrides(arguments: argparse.Namespace) -> ConfigOverrides:
    """Return the settings of the command line and environment, which override the project. Raises UsageError."""
    unverified = os.environ.get("MOTHBALL_UNVERIFIED", "")
    if unverified and unverified not in tuple(Severity):
        message = f"MOTHBALL_UNVERIFIED: unknown severity `{unverified}`"
        raise UsageError(message, help_text=suggest(unverified, tuple(Severity)))
    index = next(iter(requested_index_urls(arguments)), UserIndexUrl(""))
    # A snapshot needs lookups even if the project configures `offline`, and must report every failed lookup.
    makes_snapshot = arguments.command == "snapshot"
    severity = Severity.ERROR if makes_snapshot else Severity(unverified) if unverified else None
    return ConfigOverrides(
        strip_credentials(index.url) or None,
        arguments.offline or _is_set("MOTHBALL_OFFLINE"),
        online=makes_snapshot,
        unverified=severity,
        index_set_by=index.set_by,
        allow_local_indexes=_is_set("MOTHBALL_ALLOW_LOCAL_INDEXES"),
    )


def _is_set(variable: str) -> bool:
    return os.environ.get(variable, "").lower() not in ("", "0", "false", "no", "off")


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


# --- progress ---------------------------------------------------------------------------------------------------------


class Progress:
    """The progress bar of the lookups on stderr: only on a terminal, for runs longer than ``_DELAY_SECONDS``."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """Initialize with ``clock``, which returns seconds."""
        self._clock = clock
        self._started = clock()
        self._bar: RichProgress | None = None

    def update(self, done: int, total: int) -> None:
        """Show that ``done`` of ``total`` lookups are complete."""
        if self._bar is None:
            if self._clock() - self._started < _DELAY_SECONDS or done == total or not sys.stderr.isatty():
                return
            self._bar = _open_bar(total)
        self._bar.update(self._bar.task_ids[0], completed=done, total=total)

    def close(self) -> None:
        """Remove the bar from the terminal."""
        if self._bar is not None:
            self._bar.stop()


def _open_bar(total: int) -> RichProgress:
    # Importing rich is slow, so it is only done once the run is known to wait for the network.
    from rich.console import Console  # noqa: PLC0415
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn  # noqa: PLC0415
    from rich.progress import Progress as RichProgress  # noqa: PLC0415

    columns = (TextColumn("querying the index"), BarColumn(), MofNCompleteColumn())
    bar = RichProgress(*columns, console=Console(stderr=True), transient=True)
    bar.add_task("lookups", total=total)
    bar.start()
    return bar
