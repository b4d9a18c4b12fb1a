"""Checking a change: what it adds is looked up, and what was there before is left alone."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterable, Mapping, Sequence

from mothball.check.inputs import SourceFile, is_lock
from mothball.check.messages import REPORTED_SKIP_REASONS
from mothball.check.pipeline import check, merge_reports
from mothball.check.policy import exit_code
from mothball.cli.check import list_files, render
from mothball.cli.common import Setup, format_given, open_session, set_up
from mothball.discovery.change_reader import ChangeReader, select_paths
from mothball.discovery.config_lookup import governing_config_path
from mothball.discovery.discover import DiscoveryRequest, DiscoveryResult, discover
from mothball.formats.table import format_of
from mothball.index.resolution import Query
from mothball.index.session import LookupSession
from mothball.model.findings import Mode, Problem, Report, Severity
from mothball.model.lookup import Answer, KnownStatus, Lookup, ProjectStatus, Skipped, Source
from mothball.repository.files import display_path
from mothball.repository.git_change import Change

_TAKE_IN = "`mothball check --write-ignores --reason WHY` takes what is found now into the configuration"


def check_change(arguments: argparse.Namespace, change: Change) -> int:
    """Check what ``change`` adds, print the report on stdout, and return the exit code. Raises MothballError."""
    change_reader = ChangeReader(change, select_paths(map(_real, arguments.paths), format_given(arguments)))
    rest = _rest(arguments.paths, change_reader, change)
    setup = set_up(arguments, mode=Mode.ADDED, tree=change.target)
    found = change_reader.read(setup.config_resolver, setup.settings)
    if arguments.list_files:
        files = tuple(file for file in found.files if not file.is_context)
        full = (_in_full(arguments, rest, found)[1],) if rest else ()
        return list_files(found._replace(files=files), *full)
    with open_session(arguments, setup.user) as session:
        added, found = _report(change_reader, found, setup, session)
        report = merge_reports(added, _full_report(arguments, rest, found, session)) if rest else added
    report = report._replace(problems=(*_no_base(change), *report.problems, *session.problems()))
    code = _print(report, arguments, setup)
    if arguments.output == "text" and code:
        told = _print_remedies(added, found, change, arguments.format)
        sys.stdout.write(f"\n{told}" if told else "")
    return code


def _print_remedies(report: Report, found: DiscoveryResult, change: Change, file_format: str | None) -> str:
    """Return the ways out of what ``report`` says of ``change``, in the words of whom it stops."""
    from mothball.report.remedies import COMMIT, PUSH, RUN, Governing, Stopped, remedies  # noqa: PLC0415 - only then

    configurations = {
        file.path: Governing(
            display_path(governing_config_path(file, change.target)), file.resolved_config.config.snapshot
        )
        for file in found.files
    }
    return remedies(
        report,
        Stopped(
            frozenset(file.path for file in found.files if is_lock(file.document)),
            configurations,
            PUSH if change.is_push else RUN if change.is_explicit else COMMIT,
            "mothball-scripts" if file_format == "script" else "mothball",
        ),
    )


def _rest(paths: Iterable[str], change_reader: ChangeReader, change: Change) -> list[str]:
    """Return those of ``paths`` that are no part of the change: they are checked in full where none was named.

    Where one was named, they are those that are nowhere.
    """
    rest = [path for path in dict.fromkeys(paths) if not change_reader.touches(_real(path))]
    if not change.is_explicit:
        return rest
    return [path for path in rest if not os.path.lexists(path) and not change.target.exists(_real(path))]


def _report(
    change_reader: ChangeReader, found: DiscoveryResult, setup: Setup, session: LookupSession
) -> tuple[Report, DiscoveryResult]:
    """Return the report on what is added, and what it was made of.

    At first only the cache is asked. Where it does not know each name to be active, what surrounds the change is read:
    an index is told no name that was there before.
    """
    settings = setup.settings

    def remembered(queries: Iterable[Query]) -> Mapping[Query, Answer]:
        wanted = list(queries)
        answers = session.look_up([_from_memory(query) for query in wanted])
        return {query: answers[_from_memory(query)] for query in wanted}

    report = check(found.files, remembered, settings, found.unreadable, found.problems)
    if not settings.refresh and all(_is_fine(item.lookup) for item in report.dependencies):
        return report, found
    found = change_reader.read(setup.config_resolver, settings, whole=True)
    return check(found.files, session.look_up, settings, found.unreadable, found.problems), found


def _from_memory(query: Query) -> Query:
    """Return ``query`` as one that asks nobody; the snapshot speaks only where the index could not."""
    if query.settings.offline:
        return query
    return query._replace(settings=query.settings._replace(offline=True, snapshot=None))


def _is_fine(lookup: Lookup) -> bool:
    match lookup:
        case Skipped():
            return lookup.reason not in REPORTED_SKIP_REASONS
        case KnownStatus(ProjectStatus.ACTIVE):
            return lookup.origin.source is not Source.STALE
        case _:
            return False


def _no_base(change: Change) -> tuple[Problem, ...]:
    if not change.no_base:
        return ()
    message = "there is no commit to compare with: everything counts as added"
    help_text = _TAKE_IN if change.is_push else "--since REV names a commit from which the branch comes"
    return (Problem(Severity.NOTE, message, help_text),)


def _full_report(
    arguments: argparse.Namespace, rest: Sequence[str], found: DiscoveryResult, session: LookupSession
) -> Report:
    """Return the report on all dependencies of the files ``rest`` that ``found`` does not judge, which it says."""
    setup, full = _in_full(arguments, rest, found)
    report = check(full.files, session.look_up, setup.settings, full.unreadable, full.problems)
    count = len(dict.fromkeys(arguments.paths))
    if count == 1:
        which = "the file given is not staged"
    elif len(rest) == count:
        which = "none of the files given is staged"
    else:
        which = f"{len(rest)} of the {count} files given are not staged"
    told = Problem(
        Severity.NOTE,
        f"{which}: all {'' if len(rest) == count else 'their '}dependencies were checked",
        f"`mothball check --since REV` checks what was added since REV; {_TAKE_IN}",
    )
    if not report.summary.files:
        told = Problem(Severity.NOTE, f"{which}, and no dependency file: nothing was checked")
    return report._replace(problems=(*report.problems, *(() if full.unreadable else (told,))))


def _in_full(
    arguments: argparse.Namespace, rest: Sequence[str], found: DiscoveryResult
) -> tuple[Setup, DiscoveryResult]:
    """Read the files ``rest`` from the disk, to be judged in full but for those that ``found`` judges already."""
    setup = set_up(arguments)
    # A program that was told to give all files gives texts of every kind.
    readable = tuple(
        path
        for path in rest
        if arguments.format or os.path.isdir(path) or format_of(os.path.abspath(path)) or not os.path.lexists(path)
    )
    full = discover(
        DiscoveryRequest(readable, arguments.format, apply_exclude=True), setup.config_resolver, setup.settings
    )
    judged = {os.path.abspath(file.path) for file in found.files if not file.is_context}
    files = tuple(_as_context(file) if os.path.abspath(file.path) in judged else file for file in full.files)
    return setup, full._replace(files=files)


def _as_context(file: SourceFile) -> SourceFile:
    return file._replace(selected=(), is_context=True, document=file.document._replace(problems=(), ignores=()))


def _print(report: Report, arguments: argparse.Namespace, setup: Setup) -> int:
    sys.stdout.write(render(report, arguments, setup.settings.now))
    return exit_code(report.findings, report.problems, exit_zero=arguments.exit_zero)


def _real(path: str) -> str:
    """Return ``path`` as git knows it: absolute, its directory without links."""
    absolute = os.path.abspath(path)
    return os.path.normpath(os.path.join(os.path.realpath(os.path.dirname(absolute)), os.path.basename(absolute)))
