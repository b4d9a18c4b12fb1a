"""The option ``--explain-index NAME``: which index a project is looked up on, and which setting decided that.

No requests are sent.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence

from mothball.check import policy
from mothball.check.inputs import ResolvedFile
from mothball.check.messages import SKIP_REASON_TEXT
from mothball.check.policy import exit_code
from mothball.cli.common import Setup
from mothball.discovery.discover import DiscoveryResult
from mothball.formats.pep508 import RequirementError, parse_requirement
from mothball.model.document import Dependency, Span, normalize_name
from mothball.model.errors import UsageError
from mothball.model.findings import Finding, Rule, Severity
from mothball.model.line_index import LineIndex
from mothball.model.sanitize import base_url, one_line
from mothball.report.concise import concise_line, problem_line
from mothball.repository.files import repository_root
from mothball.routing.candidates import RejectedIndex
from mothball.routing.route import DeclaredIndexes, Explanation, IndexRoute, Router

# Number of locations listed for dependencies with the same explanation.
_SHOWN_LOCATIONS = 5


def project_name(argument: str) -> str:
    """Return ``argument`` as a normalized project name. Raises UsageError if it is not a project name."""
    entry = parse_requirement(argument)
    if isinstance(entry, RequirementError) or entry.name != argument:
        shown = one_line(argument, 60)
        raise UsageError(f"{shown} is not a project name", help_text="pass the name only, without extras or version")
    return normalize_name(argument)


def explain(argument: str, setup: Setup, discovered: DiscoveryResult) -> int:
    """Print the explanation for the project ``argument`` and return 0, or 2 if a file could not be read.

    Raises UsageError if ``argument`` is not a project name.
    """
    name = project_name(argument)
    explanations = _explanations(name, discovered.files)
    lines = [line for explanation, locations in explanations.items() for line in _lines(name, locations, explanation)]
    if not explanations:
        lines = [*_default_lines(name, setup, discovered.files)]
    sys.stdout.write("\n".join(lines) + "\n")
    # A line that cannot be parsed may be the reason why a name is not looked up.
    unreadable = (*discovered.unreadable, *_parse_errors(discovered.files, setup))
    for line in (*map(concise_line, unreadable), *map(problem_line, discovered.problems)):
        sys.stderr.write(f"{line}\n")
    return exit_code(unreadable, discovered.problems)


def _parse_errors(files: Sequence[ResolvedFile], setup: Setup) -> Iterator[Finding]:
    """Yield the parse errors in ``files`` as findings, as a check reports them."""
    for file in files:
        severity = policy.severity_of(Rule.UNREADABLE, setup.settings.severity_policy(file.resolved_config.config))
        lines = LineIndex(file.text)
        for problem in file.problems if severity is not Severity.OFF else ():
            location = lines.location(file.path, problem.span)
            yield Finding(Rule.UNREADABLE, severity, problem.message, problem.help, path=file.path, location=location)


def _explanations(name: str, files: Sequence[ResolvedFile]) -> dict[Explanation, list[str]]:
    """Return the explanations for all dependencies on ``name``, each with the locations that it applies to."""
    explanations: dict[Explanation, list[str]] = {}
    for file in files:
        dependencies = [dependency for dependency in file.document.dependencies if dependency.name == name]
        if dependencies:
            router = file.router()
            lines = LineIndex(file.text)
            for dependency in dependencies:
                start = lines.location(file.path, dependency.name_span).start
                explanations.setdefault(router.explain(dependency), []).append(f"{file.path}:{start.line}")
    return explanations


def _default_lines(name: str, setup: Setup, files: Sequence[ResolvedFile]) -> Iterator[str]:
    """Yield the explanation for a name that is in no file: with the indexes of the first file that declares any."""
    declaring_file = next((file for file in files if file.indexes.declares_any()), None)
    if declaring_file is not None:
        heading = f"not found in any file; with the indexes of {declaring_file.path}:"
        yield from _lines(name, [heading], declaring_file.router().explain(_unlocated_dependency(name)))
        return
    directory = os.getcwd()
    resolved_config = setup.config_resolver.resolve(os.path.join(directory, "any-file"), repository_root(directory))
    if resolved_config is None:
        yield f"{name}: not found in any file, and the configuration is invalid"
        return
    router = Router(DeclaredIndexes("requirements"), resolved_config.network)
    heading = "not found in any file; with the default indexes:"
    yield from _lines(name, [heading], router.explain(_unlocated_dependency(name)))


def _unlocated_dependency(name: str) -> Dependency:
    return Dependency(name, Span(0, 0), Span(0, 0))


def _lines(name: str, locations: list[str], explanation: Explanation) -> Iterator[str]:
    shown = [one_line(location, 200) for location in locations[:_SHOWN_LOCATIONS]]
    more = f" and {len(locations) - len(shown)} more" if len(locations) > len(shown) else ""
    yield f"{name}: {', '.join(shown)}{more}"
    route = explanation.route
    if isinstance(route, IndexRoute):
        for number, index in enumerate(route.indexes, start=1):
            yield f"  {number}. {one_line(index.url, 200)}  {one_line(index.set_by, 200)}"
        if route.status_index is not None:
            yield f"  if these state no status: {one_line(route.status_index, 200)}  `status-index`"
    else:
        reason = f": {one_line(explanation.no_index_reason, 200)}" if explanation.no_index_reason else ""
        yield f"  not looked up: {SKIP_REASON_TEXT[route.reason]}{reason}"
    for rejected in explanation.rejected:
        yield f"  not queried: {_rejected_line(rejected)}"


def _rejected_line(rejected: RejectedIndex) -> str:
    address = one_line(base_url(rejected.candidate.address), 200) if rejected.candidate.address else "no URL"
    return f"{address}  {one_line(rejected.candidate.set_by, 200)}: {one_line(rejected.reason, 200)}"
