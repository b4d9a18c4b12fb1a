"""``mothball status NAME...``: what the index says of a project."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Iterable
from time import gmtime, strftime
from typing import assert_never

from mothball.check.inputs import ResolvedConfig, SourceFile
from mothball.check.messages import SKIP_REASON_TEXT, finding_message, format_age
from mothball.check.pipeline import check
from mothball.check.policy import exit_code
from mothball.cli.common import Setup, open_session, set_up
from mothball.cli.explain import project_name
from mothball.discovery.discover import DiscoveryRequest, DiscoveryResult, discover
from mothball.formats.table import format_of
from mothball.model.document import Dependency, Document, IndexOption, Span
from mothball.model.findings import CheckedDependency, Report
from mothball.model.lookup import Answer, KnownStatus, ProjectStatus, Skipped, Source, Unavailable
from mothball.model.sanitize import as_logged, one_line
from mothball.report.concise import problem_line
from mothball.report.json import VERSION, lookup_fields
from mothball.repository.files import DISK, is_inside, repository_root

# Files in which people write what a project requires.
_SPEAKING = ("pyproject", "requirements", "pipfile", "pixi-toml")


def run(arguments: argparse.Namespace) -> int:
    """Print what the indexes say of each name and return the exit code, by the same table as a check's."""
    names = dict.fromkeys(project_name(name) for name in arguments.names)
    setup = set_up(arguments)
    here = os.getcwd()
    resolved_config = setup.config_resolver.resolve(os.path.join(here, "standing-for-any-file"), repository_root(here))
    files = () if resolved_config is None else _files(names, resolved_config, _around(here, setup))
    report = _check(arguments, setup, files)
    places = {name: place for place, name in enumerate(names)}
    dependencies = sorted(report.dependencies, key=lambda item: places[item.dependency.name])
    report = report._replace(dependencies=tuple(dependencies))
    if arguments.output == "json":
        projects = [
            {"name": item.dependency.name, "lookup": lookup_fields(item.lookup)} for item in report.dependencies
        ]
        sys.stdout.write(as_logged(json.dumps({"version": VERSION, "projects": projects}, indent=2)) + "\n")
    else:
        for item in report.dependencies:
            sys.stdout.write(_lines(item, setup.settings.now))
    for problem in report.problems:
        sys.stderr.write(f"{problem_line(problem)}\n")
    return exit_code(report.findings, report.problems)


def _around(here: str, setup: Setup) -> DiscoveryResult:
    """Return the files beside ``here``, or nearest above it, that say where names of its project belong."""
    directory, root = here, repository_root(here)
    while True:
        paths = [os.path.join(directory, name) for name in sorted(DISK.names_in(directory))]
        paths = [path for path in paths if format_of(path) in _SPEAKING]
        if paths or directory == root or not is_inside(directory, root):
            given = DiscoveryRequest(tuple(paths), root=root, apply_exclude=True)
            return discover(given, setup.config_resolver, setup.settings) if paths else DiscoveryResult((), (), ())
        directory = os.path.dirname(directory)


def _files(names: Iterable[str], resolved_config: ResolvedConfig, found: DiscoveryResult) -> tuple[SourceFile, ...]:
    """Return a file for each name, which goes the way of the file that holds it.

    One that none of them holds goes the way of the first that names an index, else that of the default.
    """
    plain = SourceFile("", "", Document("names"), resolved_config)
    around = found.files
    speaking = next((one for one in around if one.tool_indexes or one.index_options), plain)
    if found.unreadable:  # it may name an index
        hidden = IndexOption(Span(0, 0), "unknown", "", found.unreadable[0].path)
        speaking = speaking._replace(index_options=(*speaking.index_options, hidden))
    files = []
    for name in names:
        held = [(one, dep) for one in around for dep in one.document.dependencies if dep.name == name]
        span = Span(0, len(name))
        # An entry that may be asked about comes before one that may not.
        like, entry = min(
            held, key=lambda pair: pair[1].skip_reason is not None, default=(speaking, Dependency("", span, span))
        )
        entry = Dependency(name, span, span)._replace(
            section=entry.section,
            index_url=entry.index_url,
            also_indexes=entry.also_indexes,
            index_name=entry.index_name,
            skip_reason=entry.skip_reason,
        )
        document = Document(like.document.format, (entry,), tools=like.document.tools)
        files.append(like._replace(path="", text=name, document=document, selected=None))
    return tuple(files)


def _check(arguments: argparse.Namespace, setup: Setup, files: tuple[SourceFile, ...]) -> Report:
    settings = setup.settings._replace(use_ignores=False, keep_config_ignores=False)
    with open_session(arguments, setup.user) as session:
        report = check(files, session.look_up, settings, problems=setup.config_resolver.problems)
    return report._replace(problems=(*report.problems, *session.problems()))


def _lines(item: CheckedDependency, now: float) -> str:
    name, lookup = item.dependency.name, item.lookup
    if isinstance(lookup, Skipped):
        return f"{name}: asked nobody: {SKIP_REASON_TEXT[lookup.reason]}\n"
    words = finding_message(name, lookup)
    lines = [f"{words.message}: {words.reason}" if words.reason else words.message]
    lines.append(f"  = index: {one_line(lookup.origin.index_url)}{_result_line(lookup, now)}")
    # What is said of keeping an archived or deprecated project is about a line in a file; there is none here.
    about_a_line = isinstance(lookup, KnownStatus) and lookup.status is not ProjectStatus.QUARANTINED
    lines += [f"  = help: {words.help}"] if words.help and not about_a_line else []
    return "\n".join(lines) + "\n"


def _result_line(lookup: Answer, now: float) -> str:
    """Return when and how an answer was learnt; nothing where there is no answer."""
    if isinstance(lookup, Unavailable):
        return ""
    age = format_age(now - lookup.origin.checked_at)
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
