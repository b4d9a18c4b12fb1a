"""The command ``mothball status NAME ...``."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Iterable

from mothball.check.inputs import ResolvedConfig, ResolvedFile
from mothball.check.messages import finding_message, skipped_text
from mothball.check.pipeline import check
from mothball.check.policy import exit_code
from mothball.cli.common import Setup, open_session, project_name, set_up
from mothball.cli.lookup_text import origin_text
from mothball.discovery.discover import DiscoveryRequest, DiscoveryResult, discover
from mothball.formats.table import format_of
from mothball.model.document import Dependency, Document, ParsedFile, Span
from mothball.model.findings import CheckedDependency, Report
from mothball.model.lookup import KnownStatus, ProjectStatus, Skipped
from mothball.model.sanitize import escape_log_commands, one_line
from mothball.report.concise import problem_line
from mothball.report.json import VERSION, lookup_json
from mothball.repository.files import DISK, is_inside, repository_root
from mothball.routing.facts import with_pin
from mothball.routing.route import DeclaredIndexes

# Formats of the files whose indexes apply to the names on the command line.
_MANIFEST_FORMATS = ("pyproject", "requirements", "pipfile", "pixi-toml")


def run(arguments: argparse.Namespace) -> int:
    """Print the lookup result of each project and return the exit code, which is the same as that of a check."""
    names = dict.fromkeys(project_name(name) for name in arguments.names)
    setup = set_up(arguments)
    directory = os.getcwd()
    resolved_config = setup.config_resolver.resolve(os.path.join(directory, "any-file"), repository_root(directory))
    files = () if resolved_config is None else _files(names, resolved_config, _nearest_manifests(directory, setup))
    report = _check(arguments, setup, files)
    positions = {name: position for position, name in enumerate(names)}
    dependencies = sorted(report.dependencies, key=lambda item: positions[item.dependency.name])
    report = report._replace(dependencies=tuple(dependencies))
    if arguments.output == "json":
        projects = [{"name": item.dependency.name, "lookup": lookup_json(item.lookup)} for item in report.dependencies]
        sys.stdout.write(escape_log_commands(json.dumps({"version": VERSION, "projects": projects}, indent=2)) + "\n")
    else:
        for item in report.dependencies:
            sys.stdout.write(_lines(item, setup.settings.now))
    for problem in report.problems:
        sys.stderr.write(f"{problem_line(problem)}\n")
    return exit_code(report.findings, report.problems)


def _nearest_manifests(start: str, setup: Setup) -> DiscoveryResult:
    """Return the manifests in the directory ``start``, or in its nearest ancestor in the repository that has any."""
    directory, root = start, repository_root(start)
    while True:
        paths = [os.path.join(directory, name) for name in sorted(DISK.names_in(directory))]
        paths = [path for path in paths if format_of(path) in _MANIFEST_FORMATS]
        if paths or directory == root or not is_inside(directory, root):
            request = DiscoveryRequest(tuple(paths), root=root, apply_exclude=True)
            return discover(request, setup.config_resolver, setup.settings) if paths else DiscoveryResult((), (), ())
        directory = os.path.dirname(directory)


def _files(
    names: Iterable[str], resolved_config: ResolvedConfig, manifests: DiscoveryResult
) -> tuple[ResolvedFile, ...]:
    """Return one source file for each name, with the indexes of the manifest that contains the name.

    A name that no manifest contains uses the indexes of the first manifest that declares any, or else the default.
    """
    no_manifest = ResolvedFile("", ParsedFile("", "", "", Document("names")), resolved_config, DeclaredIndexes("names"))
    fallback = next((file for file in manifests.files if file.indexes.declares_any()), no_manifest)
    unread = tuple(finding.path for finding in manifests.unreadable[:1])  # it may declare an index
    files = []
    for name in names:
        matches = [
            (file, dependency)
            for file in manifests.files
            for dependency in file.document.dependencies
            if dependency.name == name
        ]
        span = Span(0, len(name))
        # Prefer an entry that may be looked up.
        manifest, entry = min(
            matches,
            key=lambda match: match[0].facts.skip_reason(match[1]) is not None,
            default=(fallback, Dependency("", span, span)),
        )
        dependency = with_pin(Dependency(name, span, span, section=entry.section), manifest.facts.pin(entry))
        parsed = ParsedFile("", "", name, Document(manifest.document.format, (dependency,)))
        facts = manifest.facts
        if unread and not matches:
            facts = facts._replace(unknown_indexes=(*facts.unknown_indexes, *unread))
        files.append(ResolvedFile("", parsed, manifest.resolved_config, manifest.indexes, facts=facts))
    return tuple(files)


def _check(arguments: argparse.Namespace, setup: Setup, files: tuple[ResolvedFile, ...]) -> Report:
    settings = setup.settings._replace(use_ignores=False, keep_config_ignores=False)
    with open_session(arguments, setup.user) as session:
        report = check(files, session.look_up, settings, problems=setup.config_resolver.problems)
    return report.with_problems(*session.problems())


def _lines(item: CheckedDependency, now: float) -> str:
    name, lookup = item.dependency.name, item.lookup
    if isinstance(lookup, Skipped):
        return f"{name} was not looked up: {skipped_text(lookup)}\n"
    text = finding_message(name, lookup)
    lines = [f"{text.message}: {text.reason}" if text.reason else text.message]
    lines.append(f"  = index: {one_line(lookup.origin.index_url)}{origin_text(lookup, now)}")
    # The help for archived and deprecated projects refers to a dependency line, which does not exist here.
    refers_to_line = isinstance(lookup, KnownStatus) and lookup.status is not ProjectStatus.QUARANTINED
    lines += [f"  = help: {text.help}"] if text.help and not refers_to_line else []
    return "\n".join(lines) + "\n"
