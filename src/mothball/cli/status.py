"""The command ``mothball status NAME ...``."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from typing import Any

from mothball.check.inputs import ResolvedConfig, ResolvedFile, pin_of
from mothball.check.messages import finding_message, skipped_text
from mothball.check.pipeline import check
from mothball.check.policy import exit_code
from mothball.cli.common import Setup, open_session, print_problems, set_up
from mothball.discovery.discover import DiscoveryRequest, DiscoveryResult, discover
from mothball.formats.names import format_of
from mothball.formats.pep508 import parse_requirement
from mothball.index.releases import ReleaseFacts, Releases
from mothball.index.resolution import Query
from mothball.index.resolver import LookupSession
from mothball.model.document import Dependency, Document, ParsedFile, ParseProblem, SkipReason, Span
from mothball.model.records import NamedTuple
from mothball.model.results import (
    CheckedDependency,
    Finding,
    IndexResult,
    KnownStatus,
    Missing,
    ProjectStatus,
    Skipped,
    Source,
    Unavailable,
)
from mothball.model.sanitize import join_names, one_line
from mothball.report.json import VERSION, json_text, lookup_json
from mothball.report.text import format_count, origin_text
from mothball.repository.files import DISK
from mothball.repository.paths import is_inside, repository_root
from mothball.routing.route import DeclaredIndexes

# Formats of the files whose indexes apply to the names on the command line.
_MANIFEST_FORMATS = ("pyproject", "requirements", "pipfile", "pixi-toml")
_SHOWN_VERSIONS = 10


class _Requirement(NamedTuple):
    """A requirement without its extras and marker, which affect no lookup."""

    name: str
    specifier: str
    skip_reason: SkipReason | None


def run(arguments: argparse.Namespace) -> int:
    """Print the result of each project; return the exit code of a check, or 2 if an argument is not a requirement."""
    requested: dict[_Requirement, None] = {}
    invalid: list[dict[str, str]] = []
    for argument in arguments.requirements:
        entry = parse_requirement(argument)
        if not isinstance(entry, ParseProblem):
            requested[_Requirement(entry.name, entry.specifier, SkipReason.URL if entry.skip_reason else None)] = None
            continue
        message, help_text = one_line(entry.message, 200), one_line(entry.help, 200)
        problem = {"argument": one_line(argument, 60), "message": message, "help": help_text}
        if problem not in invalid:
            invalid.append(problem)
    setup = set_up(arguments)
    directory = os.getcwd()
    resolved_config = setup.config_of(directory)
    files: tuple[ResolvedFile, ...] = ()
    if resolved_config is not None:
        files = _files(requested, resolved_config, _nearest_manifests(directory, setup))
    with open_session(arguments, setup.user) as session:
        look_up = partial(_look_up_with_files, session)
        report = check(files, look_up, setup.settings, problems=setup.config_resolver.problems)
    report = report.with_problems(*session.problems())
    projects = [_json(item, report.findings) for item in report.dependencies]
    if arguments.output == "json":
        sys.stdout.write(json_text({"version": VERSION, "projects": projects, "invalid": invalid}))
    else:
        for item, project in zip(report.dependencies, projects, strict=True):
            sys.stdout.write(_text(item, project, setup.settings.now))
    print_problems((), report.problems)
    for problem in invalid:
        sys.stderr.write(f"mothball: error: {problem['message']}\n  = help: {problem['help']}\n")
    return 2 if invalid else exit_code(report.findings, report.problems)


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
    requested: Iterable[_Requirement], resolved_config: ResolvedConfig, manifests: DiscoveryResult
) -> tuple[ResolvedFile, ...]:
    """Return one source file for each requirement, with the indexes of the manifest that contains its name.

    A name that no manifest contains uses the indexes of the first manifest that declares any, or else the default.
    """
    no_manifest = ResolvedFile("", ParsedFile("", "", "", Document("names")), resolved_config, DeclaredIndexes("names"))
    fallback = next((file for file in manifests.files if file.indexes.declares_any()), no_manifest)
    unread = tuple(finding.path for finding in manifests.unreadable[:1])  # it may declare an index
    files = []
    for requirement in requested:
        name = requirement.name
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
        index_url, alternatives, index_name, skip_reason = manifest.facts.pin(entry)
        dependency = Dependency(
            name,
            span,
            span,
            specifier=requirement.specifier,
            section=entry.section,
            index_url=index_url,
            alternative_indexes=alternatives,
            index_name=index_name,
            skip_reason=requirement.skip_reason or skip_reason,
        )
        parsed = ParsedFile("", "", name, Document(manifest.document.format, (dependency,)))
        facts = manifest.facts
        if unread and not matches:
            facts = facts._replace(unknown_indexes=(*facts.unknown_indexes, *unread))
        files.append(ResolvedFile("", parsed, manifest.resolved_config, manifest.indexes, facts=facts))
    return tuple(files)


def _look_up_with_files(session: LookupSession, queries: Iterable[Query]) -> Mapping[Query, IndexResult]:
    """Return the result of each query with all files of its page, which are requested if the cache lacks them."""
    whole = {query: query.for_whole_list() for query in queries}
    results = session.look_up(whole.values())
    again = {
        query: query.for_whole_list(bypass_cache=True)
        for query, result in results.items()
        if _lacks_files(result) and not query.settings.offline
    }
    repeated = session.look_up(again.values())

    def result_of(query: Query) -> IndexResult:
        result = repeated.get(again.get(query, query))
        return results[query] if result is None or isinstance(result, Unavailable) else result

    return {query: result_of(each) for query, each in whole.items()}


def _lacks_files(result: IndexResult) -> bool:
    """Return True if the page of ``result`` is cached without its files."""
    if isinstance(result, Missing | Unavailable):
        return False
    return result.origin.source is Source.CACHE if result.files is None else not result.files.is_kept


def _json(item: CheckedDependency, findings: Iterable[Finding]) -> dict[str, Any]:
    """Return the fields for JSON, from which most of the text is derived; docs/json.md describes them."""
    dependency, lookup = item.dependency, item.lookup
    latest = files = None
    if not isinstance(lookup, Skipped | Missing | Unavailable):
        latest, files = lookup.release, lookup.files
    pin = pin_of(dependency)
    return {
        "name": dependency.name,
        "specifier": one_line(dependency.specifier) or None,
        "lookup": lookup_json(lookup),
        "latest": latest and latest._asdict(),
        "releases": _releases(Releases(dependency.name, files), dependency.specifier)
        if files and files.is_whole
        else None,
        "findings": [
            {"rule": each.rule, "severity": each.severity, "message": each.full_message()}
            for each in findings
            if each.name == dependency.name and each.version and each.version == pin
        ],
    }


def _releases(releases: Releases, specifier: str) -> dict[str, Any]:
    oldest, newest = releases.oldest(), releases.newest(specifier)
    matching = {
        "specifier": one_line(specifier, 100),
        "versions": len(releases.allowed(specifier)),
        "highest": newest and _version(newest),
    }
    return {
        "files": releases.files,
        "versions": len(releases),
        "oldest": oldest and {"version": _version(oldest), "date": oldest.date},
        "yanked": [
            {"version": _version(each), "reason": one_line(each.yanked or "", 100)} for each in releases.yanked()
        ],
        "matching": matching if specifier else None,
    }


def _version(release: ReleaseFacts) -> str:
    return one_line(release.version, 60)


def _text(item: CheckedDependency, project: dict[str, Any], now: float) -> str:
    name, lookup, latest = item.dependency.name, item.lookup, project["latest"]
    if isinstance(lookup, Skipped):
        return f"{name} was not looked up: {skipped_text(lookup)}\n"
    text = finding_message(name, lookup)
    lines = [
        f"{text.message}: {text.reason}" if text.reason else text.message,
        f"  = index: {one_line(lookup.origin.index_url)}{origin_text(lookup, now)}",
        *([f"  = latest release: {latest['version']} ({latest['date']})"] if latest else []),
        *(_release_lines(project["releases"]) if project["releases"] else []),
        *(f"  = {each['severity']}[{each['rule']}]: {each['message']}" for each in project["findings"]),
    ]
    # The help for archived and deprecated projects refers to a dependency line, which does not exist here.
    refers_to_line = isinstance(lookup, KnownStatus) and lookup.status is not ProjectStatus.QUARANTINED
    lines += [f"  = help: {text.help}"] if text.help and not refers_to_line else []
    return "\n".join(lines) + "\n"


def _release_lines(releases: dict[str, Any]) -> Iterator[str]:
    oldest, yanked, matching = releases["oldest"], releases["yanked"], releases["matching"]
    if oldest:
        yield f"  = oldest release: {oldest['version']} ({oldest['date']})"
    yield f"  = versions: {releases['versions']} ({format_count(releases['files'], 'file')})"
    if yanked:
        shown = [f"{each['version']} ({each['reason']})" if each["reason"] else each["version"] for each in yanked]
        yield f"  = yanked: {join_names(shown, _SHOWN_VERSIONS)}"
    if matching:
        found = f"{format_count(matching['versions'], 'version')}, the highest is {matching['highest']}"
        yield f"  = matches {matching['specifier']}: {found if matching['highest'] else 'no version'}"
