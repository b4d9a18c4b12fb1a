"""What the commands share: the settings of a run, the files to read, and the lookup session."""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from mothball.check.inputs import ResolvedConfig, ResolvedFile, RunSettings
from mothball.check.pipeline import check
from mothball.config.project import ConfigOverrides, UserConfig
from mothball.config.user_settings import UserIndexUrl, user_config_file
from mothball.config.values import read_user_index_url
from mothball.discovery.config_lookup import ConfigResolver, ConfigResolverSettings, read_user_config_file
from mothball.discovery.discover import STDIN, DiscoveryRequest, DiscoveryResult, discover
from mothball.discovery.installer_settings import with_installers
from mothball.index.resolver import LookupSession
from mothball.model.document import Dependency
from mothball.model.errors import ConfigError, UnreadableFileError, UsageError, suggest
from mothball.model.file_names import FORMATS
from mothball.model.records import NamedTuple
from mothball.model.results import CheckMode, Finding, Problem, Report, Severity
from mothball.model.sanitize import one_line, strip_credentials
from mothball.report.text import concise_line, problem_line
from mothball.repository.files import DISK, Tree, read_stream, replace_file, working_tree
from mothball.repository.paths import is_inside, repository_root

if TYPE_CHECKING:
    from rich.progress import Progress as RichProgress

# Runs that end earlier show no progress bar, which would only flicker.
_DELAY_SECONDS = 0.4


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
        use_ignores=not (without_ignores or arguments.no_ignores) and policy_tree is None,
        # A file given with --config, or the base, is not part of the change, so its ignores always apply.
        keep_config_ignores=not without_ignores and (arguments.config is not None or policy_tree is not None),
        unchanged_since=_unchanged_since,
    )
    overrides, index_urls = read_overrides(arguments)
    if overrides.offline and arguments.refresh:
        raise UsageError("--refresh sends requests, and MOTHBALL_OFFLINE forbids them", help_text="unset the variable")
    for option, path in (("--config", arguments.config), ("--snapshot", arguments.snapshot)):
        if path is not None and not os.path.isfile(path):
            from mothball.discovery.file_search import similar_path  # noqa: PLC0415 - for errors only

            if os.path.exists(path):
                raise UsageError(f"{option}: not a regular file: {path}")
            similar = similar_path(path, DISK)
            help_text = f"did you mean {one_line(similar)}?" if similar else ""
            raise UsageError(f"{option}: no such file: {path}", help_text=help_text)
    user = with_installers(_user_config(), index_urls)
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


def write_file(path: str, data: bytes, what: str, help_text: str) -> None:
    """Replace the content of the file at ``path``. Raises UnreadableFileError, which names the file as ``what``.

    Links of the repository do not choose the file, as a change could otherwise overwrite files of the user.
    """
    if _is_linked_away(os.path.abspath(path), repository_root(os.getcwd())):
        cause = f"the {what} is not written: a symbolic link leads outside the repository, or into .git"
        raise UnreadableFileError(path, cause, help_text=f"delete the link, or {help_text}")
    try:
        replace_file(path, data)
    except OSError as error:
        cause = f"cannot write the {what} ({error.strerror or error})"
        raise UnreadableFileError(path, cause, help_text=help_text) from error


def _is_linked_away(path: str, root: str) -> bool:
    """Return True if the absolute ``path`` in the repository at ``root`` leads to a file that is not part of it."""
    git_directory, real_root = os.path.join(root, ".git"), os.path.realpath(root)
    if not is_inside(path, root) or is_inside(path, git_directory):
        return False
    real = os.path.realpath(path)
    # `.GIT` is the same directory on the file systems of macOS.
    return not is_inside(real, real_root) or is_inside(real.lower(), os.path.join(real_root, ".git").lower())


def print_problems(findings: Iterable[Finding], problems: Iterable[Problem]) -> None:
    """Write findings to stderr, each as one line, and problems with their help."""
    for finding in findings:
        sys.stderr.write(f"{concise_line(finding)}\n")
    for problem in problems:
        sys.stderr.write(f"{problem_line(problem)}\n")
        if problem.help:
            sys.stderr.write(f"  = help: {one_line(problem.help, 1000)}\n")


# --- settings of the user ---------------------------------------------------------------------------------------------


def open_session(arguments: argparse.Namespace, user: UserConfig) -> LookupSession:
    """Return the lookup session of this run."""
    return LookupSession(
        use_cache=not arguments.no_cache,
        refresh=arguments.refresh,
        trusted_hosts=user.trusted_hosts,
        credentials=user.credentials,
        progress=Progress(),
    )


def requested_index_urls(arguments: argparse.Namespace) -> tuple[UserIndexUrl, ...]:
    """Return the index URL of the command line, or else of the environment, with credentials. Raises UsageError."""
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


def read_overrides(arguments: argparse.Namespace) -> tuple[ConfigOverrides, tuple[UserIndexUrl, ...]]:
    """Return the overrides of the command line and environment, and their index URLs. Raises UsageError."""
    unverified = os.environ.get("MOTHBALL_UNVERIFIED", "")
    if unverified and unverified not in tuple(Severity):
        message = f"MOTHBALL_UNVERIFIED: unknown severity `{unverified}`"
        raise UsageError(message, help_text=suggest(unverified, tuple(Severity)))
    index_urls = requested_index_urls(arguments)
    index = next(iter(index_urls), UserIndexUrl(""))
    # A snapshot needs lookups even if the project configures `offline`, and must report every failed lookup.
    makes_snapshot = arguments.command == "snapshot"
    severity = Severity.ERROR if makes_snapshot else Severity(unverified) if unverified else None
    overrides = ConfigOverrides(
        strip_credentials(index.url) or None,
        arguments.offline or _is_set("MOTHBALL_OFFLINE"),
        online=makes_snapshot,
        unverified=severity,
        index_set_by=index.set_by,
        allow_local_indexes=_is_set("MOTHBALL_ALLOW_LOCAL_INDEXES"),
    )
    return overrides, index_urls


def _is_set(variable: str) -> bool:
    return os.environ.get(variable, "").lower() not in ("", "0", "false", "no", "off")


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
