"""Checking a change: what it adds is looked up, and what was there before is left alone."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterable, Mapping

from mothball.checker import check
from mothball.commands.check import list_files, render
from mothball.commands.common import Setup, format_given, open_session, set_up
from mothball.comparing import Comparing, wanted_of
from mothball.discovery import Discovered, Given, discover
from mothball.formats.table import format_of
from mothball.git.change import Change
from mothball.index.statuses import Query
from mothball.model import (
    Answer,
    Lookup,
    Mode,
    Problem,
    ProjectStatus,
    Report,
    Severity,
    Source,
    Stated,
    Withheld,
)
from mothball.policy import exit_code
from mothball.session import Session
from mothball.sources import is_lock
from mothball.wording import UNCHECKED


def check_change(arguments: argparse.Namespace, change: Change) -> int:
    """Check what ``change`` adds, print the report on stdout, and return the exit code. Raises MothballError."""
    comparing = Comparing(change, wanted_of(map(_real, arguments.paths), format_given(arguments)))
    if arguments.paths and not change.is_explicit and not comparing.touches_wanted():
        return _check_fully(arguments)
    setup = set_up(arguments, mode=Mode.ADDED, tree=change.target)
    found = comparing.read(setup.governor, setup.settings)
    if arguments.list_files:
        return list_files(found._replace(files=tuple(file for file in found.files if not file.is_context)))
    with open_session(arguments, setup.user) as session:
        report, found = _report(comparing, found, setup, session)
    problems = (*_no_base(change), *report.problems, *session.problems())
    report = report._replace(problems=problems)
    code = _print(report, arguments, setup)
    if arguments.output == "text" and code:
        from mothball.report.ways_out import ways_out  # noqa: PLC0415 - only a rejected commit needs it

        locks = {file.path for file in found.files if is_lock(file.document)}
        sys.stdout.write(f"\n{told}" if (told := ways_out(report, locks)) else "")
    return code


def _report(comparing: Comparing, found: Discovered, setup: Setup, session: Session) -> tuple[Report, Discovered]:
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
    found = comparing.read(setup.governor, settings, whole=True)
    return check(found.files, session.look_up, settings, found.unreadable, found.problems), found


def _from_memory(query: Query) -> Query:
    """Return ``query`` as one that asks nobody; the snapshot speaks only where the index could not."""
    if query.settings.offline:
        return query
    return query._replace(settings=query.settings._replace(offline=True, snapshot=None))


def _is_fine(lookup: Lookup) -> bool:
    match lookup:
        case Withheld():
            return lookup.why not in UNCHECKED
        case Stated(ProjectStatus.ACTIVE):
            return lookup.origin.source is not Source.STALE
        case _:
            return False


def _no_base(change: Change) -> tuple[Problem, ...]:
    if not change.no_base:
        return ()
    message = "there is no commit to compare with: everything counts as added"
    return (Problem(Severity.NOTE, message, "--since REV names a commit from which the branch comes"),)


def _check_fully(arguments: argparse.Namespace) -> int:
    """Check all dependencies of the files that were given, as none of them is staged, and say so."""
    setup = set_up(arguments)
    # A program that was told to give all files gives texts of every kind.
    readable = tuple(
        path for path in arguments.paths if arguments.format or os.path.isdir(path) or format_of(os.path.abspath(path))
    )
    found = discover(Given(readable, arguments.format, by_program=True), setup.governor, setup.settings)
    if arguments.list_files:
        return list_files(found)
    with open_session(arguments, setup.user) as session:
        report = check(found.files, session.look_up, setup.settings, found.unreadable, found.problems)
    few = len(arguments.paths) == 1
    told = Problem(
        Severity.NOTE,
        f"{'the file given is not' if few else 'none of the files given is'} staged: all dependencies were checked",
        "`mothball check --since REV` checks what was added since REV; `mothball check --write-ignores --reason WHY` "
        "takes what is found now into the configuration",
    )
    return _print(report._replace(problems=(*report.problems, *session.problems(), told)), arguments, setup)


def _print(report: Report, arguments: argparse.Namespace, setup: Setup) -> int:
    sys.stdout.write(render(report, arguments, setup.settings.now))
    return exit_code(report.findings, report.problems, exit_zero=arguments.exit_zero)


def _real(path: str) -> str:
    """Return ``path`` as git knows it: absolute, its directory without links."""
    absolute = os.path.abspath(path)
    return os.path.normpath(os.path.join(os.path.realpath(os.path.dirname(absolute)), os.path.basename(absolute)))
