"""Check the dependencies that a change adds."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from mothball.check.inputs import NOTHING_SELECTED, JudgedPlan, ResolvedConfig, SelectedEntries, is_lock
from mothball.check.pipeline import build_report, check, merge_reports, plan_lookups
from mothball.check.policy import confirm_versions, judge_versions
from mothball.cli.check import list_files, print_details, print_report, validate_list_files
from mothball.cli.common import Setup, open_session, requested_format, set_up
from mothball.discovery.change_reader import ChangeReader, select_paths
from mothball.discovery.discover import DiscoveryRequest, DiscoveryResult, discover
from mothball.formats.names import may_be_dependency_file
from mothball.index.resolver import LookupSession
from mothball.model.document import SkipReason
from mothball.model.results import (
    CheckMode,
    KnownStatus,
    LookupResult,
    Problem,
    ProjectStatus,
    Report,
    Severity,
    Skipped,
    Source,
)
from mothball.repository.files import display_path
from mothball.repository.git_change import Change

if TYPE_CHECKING:
    from mothball.report.remedies import ConfigFile

_WRITE_IGNORES_HELP = (
    '`mothball check --write-ignores --reason "in use before mothball"` adds ignore entries for current findings'
)


def check_change(arguments: argparse.Namespace, change: Change) -> int:
    """Check what ``change`` adds, print the report, and return the exit code. Raises MothballError."""
    selection = select_paths(map(_git_path, arguments.paths), requested_format(arguments))
    unchanged_paths = _unchanged_paths(arguments.paths, change)
    policy_tree = change.bases[0].tree if arguments.policy == "base" else None
    mode = CheckMode.FIRST_PUSH if change.is_first_push else CheckMode.ADDED
    setup = set_up(arguments, mode=mode, tree=change.target, policy_tree=policy_tree)
    change_reader = ChangeReader(change, selection, setup.config_resolver, setup.settings)
    discovered = change_reader.read()
    if arguments.list_files:
        validate_list_files(arguments)
        full = (_read_unchanged(arguments, unchanged_paths)[1],) if unchanged_paths else ()
        return list_files(arguments.output, discovered, *full)
    with open_session(arguments, setup.user) as session:
        judged, discovered = _look_up_added(change_reader, discovered, setup, session)
        problems = (*_notes(arguments, change, discovered), *discovered.problems)
        report = build_report(judged, setup.settings, discovered.unreadable, problems)
        if unchanged_paths:
            report = merge_reports(report, _full_report(arguments, unchanged_paths, discovered, session))
    report = report.with_problems(*session.problems())
    if arguments.verbose:
        print_details(discovered.files, report, setup.settings.now)
    revision = change.revision or change.repository.head
    # A full check of all given files rejects no change; the help of its findings has the remedies.
    is_full_check = bool(arguments.paths) and set(arguments.paths) <= set(unchanged_paths)
    has_remedies = not arguments.exit_zero and (change.is_explicit or not is_full_check)
    code = print_report(report, arguments, setup.settings.now, revision, remedies_follow=has_remedies)
    if arguments.output == "text" and code and has_remedies:
        remedies = _remedies(report, discovered, change, arguments)
        sys.stdout.write(f"\n{remedies}" if remedies else "")
    return code


def _remedies(report: Report, discovered: DiscoveryResult, change: Change, arguments: argparse.Namespace) -> str:
    """Return the remedies for the errors in ``report``."""
    from mothball.check.messages import further_index_lines  # noqa: PLC0415 - for a rejected change only
    from mothball.report.remedies import COMMIT, PUSH, RUN, RemedyContext, remedies  # noqa: PLC0415

    files = discovered.files
    action = PUSH if change.is_push else RUN if change.is_explicit else COMMIT
    context = RemedyContext(
        frozenset(file.path for file in files if is_lock(file.document)),
        {file.path: _config_file(file.resolved_config) for file in files},
        {file.path: further_index_lines(file.document.format, file.document.tools) for file in files},
        _unstaged_ignores(arguments, report) if action is COMMIT else {},
        action,
        _hook_id(arguments),
        arguments.policy == "base",
        # git runs hooks in the root, with the directory of the user in this variable.
        os.environ.get("GIT_PREFIX", "") if os.path.samefile(change.repository.root, os.curdir) else "",
    )
    return remedies(report, context)


def _unstaged_ignores(arguments: argparse.Namespace, report: Report) -> Mapping[str, tuple[str, ...]]:
    """Return the files of the working tree that ignore errors in ``report``, with the names of the projects.

    The staged versions of these files do not ignore them. Nothing is looked up: the results in ``report`` are used.
    """
    errors = [error for error in report.findings if error.severity is Severity.ERROR and error.suppressed is None]
    lookups = {error.name: error.lookup for error in errors if error.lookup and not isinstance(error.lookup, Skipped)}
    paths = tuple(dict.fromkeys(error.path for error in errors if error.name in lookups))
    if not paths:
        return {}
    setup = set_up(arguments, mode=CheckMode.ADDED)
    discovered = discover(DiscoveryRequest(paths, arguments.format), setup.config_resolver, setup.settings)
    files = {
        file.path: file._replace(
            selected=SelectedEntries(tuple(each for each in file.document.dependencies if each.name in lookups))
        )
        for file in discovered.files
    }
    plan = plan_lookups(files.values(), setup.settings)
    results = {query: lookups[query.name] for query in plan.queries()}
    on_disk = build_report(judge_versions(plan, results, setup.settings), setup.settings)
    rejected = {(error.rule, error.name, error.path) for error in errors}
    ignored: dict[str, dict[str, None]] = {}
    for finding in on_disk.findings:
        if finding.suppressed and (finding.rule, finding.name, finding.path) in rejected:
            is_entry = finding.suppressed.kind == "config"
            config_path = files[finding.path].resolved_config.edited_path
            place = display_path(config_path) if is_entry else finding.path
            ignored.setdefault(place, {})[finding.name or ""] = None
    return {path: tuple(names) for path, names in ignored.items()}


def _hook_id(arguments: argparse.Namespace) -> str:
    """Return the ID of the hook of pre-commit or prek that runs this command, empty if none does."""
    if not os.environ.get("PRE_COMMIT"):
        return ""
    return "mothball-scripts" if arguments.format == "script" else "mothball"


def _config_file(resolved_config: ResolvedConfig) -> ConfigFile:
    from mothball.report.remedies import ConfigFile, IgnoredProject  # noqa: PLC0415

    config = resolved_config.config
    path = display_path(resolved_config.edited_path)
    ignores = tuple(IgnoredProject(ignore.name, ignore.rules, ignore.versions) for ignore in config.ignores)
    return ConfigFile(path, config.snapshot, bool(resolved_config.path), config.private, ignores)


def _unchanged_paths(paths: Iterable[str], change: Change) -> list[str]:
    """Return the paths that are checked in full because the staged change does not touch them.

    If the change was given explicitly, return only the paths that do not exist, which are errors.
    """
    touched = change.touched_paths() if paths else set()
    unchanged = [path for path in dict.fromkeys(paths) if _git_path(path) not in touched]
    if not change.is_explicit:
        return unchanged
    return [path for path in unchanged if not os.path.lexists(path) and not change.target.exists(_git_path(path))]


def _look_up_added(
    change_reader: ChangeReader, discovered: DiscoveryResult, setup: Setup, session: LookupSession
) -> tuple[JudgedPlan, DiscoveryResult]:
    """Look up and judge the added dependencies; return also the files that their lookups are based on.

    Only changed files are read if the cache has every added name as active. Otherwise the surrounding files are read as
    well, so that no name that was there before is sent to an index.
    """
    settings = setup.settings
    plan = plan_lookups(discovered.files, settings)
    results = session.look_up(plan.queries(), cache_only=True)
    is_settled = all(map(_is_settled, (*results.values(), *plan.skipped())))
    if is_settled and not session.refresh:
        judged = judge_versions(plan, results, settings)
        if not judged.is_suspicious:
            return judged, discovered
    discovered = change_reader.read(full_context=True)
    plan = plan_lookups(discovered.files, settings)
    results = session.look_up(plan.queries())
    return confirm_versions(plan, results, session.look_up, settings)[0], discovered


def _is_settled(lookup: LookupResult) -> bool:
    """Return True if ``lookup`` cannot lead to a finding or note, whatever an index or other files say."""
    match lookup:
        case Skipped():
            return not lookup.is_unresolvable and lookup.reason is not SkipReason.PRIVATE
        case KnownStatus(ProjectStatus.ACTIVE):
            return lookup.origin.source is not Source.STALE
        case _:
            return False


def _notes(arguments: argparse.Namespace, change: Change, discovered: DiscoveryResult) -> Iterable[Problem]:
    """Return the notes about the base of the change, and about what the change does to its policy."""
    notes = []
    if change.no_base:
        message = "no base commit to compare with: every dependency counts as added"
        help_text = "pass --since REV with a commit that the branch is based on"
        if change.is_push:
            message = "first push: all dependencies were checked, and only quarantined projects stop it"
            help_text = _WRITE_IGNORES_HELP
        notes.append(Problem(Severity.NOTE, message, help_text))
    if arguments.policy == "base":
        from mothball.discovery.policy_changes import policy_changes  # noqa: PLC0415 - for `--policy base` only

        notes += policy_changes(change, discovered.files)
    return notes


def _full_report(
    arguments: argparse.Namespace, paths: Sequence[str], added: DiscoveryResult, session: LookupSession
) -> Report:
    """Return the report on all dependencies of ``paths``, with a note that they were checked in full.

    Files that are already part of ``added`` are not checked again.
    """
    setup, full = _read_unchanged(arguments, paths)
    checked = {os.path.abspath(file.path) for file in added.files if not file.is_context}
    files = [
        file._replace(selected=NOTHING_SELECTED, is_context=True) if os.path.abspath(file.path) in checked else file
        for file in full.files
    ]
    report = check(files, session.look_up, setup.settings, full.unreadable, full.problems)
    count = len(dict.fromkeys(arguments.paths))
    if count == 1:
        subject = "the given file is not staged"
    elif len(paths) == count:
        subject = "none of the given files is staged"
    else:
        subject = f"{len(paths)} of the {count} given files {'is' if len(paths) == 1 else 'are'} not staged"
    note = Problem(
        Severity.NOTE,
        f"{subject}: all {'' if len(paths) == count else 'their '}dependencies were checked",
        f"`mothball check --since REV` checks only dependencies added since REV; {_WRITE_IGNORES_HELP}",
    )
    if not report.summary.files:
        note = Problem(Severity.NOTE, f"{subject}, and no dependency file was given: nothing was checked")
    return report if full.unreadable else report.with_problems(note)


def _read_unchanged(arguments: argparse.Namespace, paths: Sequence[str]) -> tuple[Setup, DiscoveryResult]:
    """Read the files ``paths`` from disk for a full check."""
    setup = set_up(arguments)
    # `pre-commit run --all-files` passes files of any kind; skip those that cannot be dependency files.
    dependency_files = tuple(
        path
        for path in paths
        if arguments.format or os.path.isdir(path) or may_be_dependency_file(path) or not os.path.lexists(path)
    )
    request = DiscoveryRequest(dependency_files, arguments.format, apply_exclude=True, context=not arguments.list_files)
    return setup, discover(request, setup.config_resolver, setup.settings)


def _git_path(path: str) -> str:
    """Return the absolute path with symbolic links of the directory, but not of the file, resolved."""
    absolute = os.path.abspath(path)
    return os.path.normpath(os.path.join(os.path.realpath(os.path.dirname(absolute)), os.path.basename(absolute)))
