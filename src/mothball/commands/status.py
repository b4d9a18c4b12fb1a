"""``mothball status NAME...``: what the index says of a project."""

from __future__ import annotations

import argparse
import json
import os
import sys
from time import gmtime, strftime
from typing import assert_never

from mothball.checker import check
from mothball.commands.common import Setup, open_session, set_up
from mothball.commands.explain import project_name
from mothball.files import repository_root
from mothball.hygiene import one_line
from mothball.model import (
    Answer,
    CheckedDependency,
    Dependency,
    Document,
    ProjectStatus,
    Report,
    Source,
    Span,
    Stated,
    Unavailable,
    Withheld,
)
from mothball.policy import exit_code
from mothball.report.concise import problem_line
from mothball.report.json import VERSION, lookup_fields
from mothball.sources import SourceFile
from mothball.wording import WITHHELD_WORDS, age_words, wording_of


def run(arguments: argparse.Namespace) -> int:
    """Print what the indexes say of each name and return the exit code, by the same table as a check's."""
    names = dict.fromkeys(project_name(name) for name in arguments.names)
    setup = set_up(arguments)
    here = os.getcwd()
    governance = setup.governor.of(os.path.join(here, "standing-for-any-file"), repository_root(here))
    files = () if governance is None else (SourceFile("", "\n".join(names), _document(names), governance),)
    report = _check(arguments, setup, files)
    if arguments.output == "json":
        projects = [
            {"name": item.dependency.name, "lookup": lookup_fields(item.lookup)} for item in report.dependencies
        ]
        sys.stdout.write(json.dumps({"version": VERSION, "projects": projects}, indent=2) + "\n")
    else:
        for item in report.dependencies:
            sys.stdout.write(_lines(item, setup.settings.now))
    for problem in report.problems:
        sys.stderr.write(f"{problem_line(problem)}\n")
    return exit_code(report.findings, report.problems)


def _document(names: dict[str, None]) -> Document:
    dependencies, start = [], 0
    for name in names:
        span = Span(start, start + len(name))
        dependencies.append(Dependency(name, span, span))
        start = span.end + 1
    return Document("names", tuple(dependencies))


def _check(arguments: argparse.Namespace, setup: Setup, files: tuple[SourceFile, ...]) -> Report:
    settings = setup.settings._replace(use_ignores=False, trusts_entries=False)
    with open_session(arguments, setup.user) as session:
        report = check(files, session.look_up, settings, problems=setup.governor.problems)
    return report._replace(problems=(*report.problems, *session.problems()))


def _lines(item: CheckedDependency, now: float) -> str:
    name, lookup = item.dependency.name, item.lookup
    if isinstance(lookup, Withheld):
        return f"{name}: asked nobody: {WITHHELD_WORDS[lookup.why]}\n"
    words = wording_of(name, lookup)
    lines = [f"{words.message}: {words.reason}" if words.reason else words.message]
    lines.append(f"  = index: {one_line(lookup.origin.index_url)}{_learnt(lookup, now)}")
    # What is said of keeping an archived or deprecated project is about a line in a file; there is none here.
    about_a_line = isinstance(lookup, Stated) and lookup.status is not ProjectStatus.QUARANTINED
    lines += [f"  = help: {words.help}"] if words.help and not about_a_line else []
    return "\n".join(lines) + "\n"


def _learnt(lookup: Answer, now: float) -> str:
    """Return when and how an answer was learnt; nothing where there is no answer."""
    if isinstance(lookup, Unavailable):
        return ""
    age = age_words(now - lookup.origin.checked_at)
    match lookup.origin.source:
        case Source.INDEX:
            return ", asked now"
        case Source.CACHE:
            return f", asked {age} ago"
        case Source.STALE:
            return f", asked {age} ago, and it could not be asked again"
        case Source.SNAPSHOT:
            return f", learnt from the snapshot of {strftime('%Y-%m-%d', gmtime(lookup.origin.checked_at))}"
        case _:
            assert_never(lookup.origin.source)
