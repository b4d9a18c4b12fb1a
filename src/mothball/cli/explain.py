"""``mothball check --explain-index NAME``: which index answers for a name, by whose word, and why others do not.

Nobody is asked: this is about whom a check would ask.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence

from mothball.check import policy
from mothball.check.inputs import SourceFile
from mothball.check.messages import SKIP_REASON_TEXT
from mothball.check.policy import exit_code
from mothball.cli.common import Setup
from mothball.discovery.discover import DiscoveryResult
from mothball.formats.pep508 import EntryError, read_entry
from mothball.model.document import Dependency, Span, normalize_name
from mothball.model.errors import UsageError
from mothball.model.findings import Finding, Rule, Severity
from mothball.model.line_index import LineTable
from mothball.model.sanitize import one_line
from mothball.report.concise import concise_line, problem_line
from mothball.repository.files import repository_root
from mothball.routing.addresses import base_url
from mothball.routing.candidates import RejectedIndex
from mothball.routing.route import DeclaredIndexes, Explanation, IndexRoute, Router

# A name that stands on thousands of lines is explained once for each way, and these lines are named.
_SHOWN_PLACES = 5


def project_name(argument: str) -> str:
    """Return the normalised project name that ``argument`` is. Raises UsageError where it is none."""
    entry = read_entry(argument)
    if isinstance(entry, EntryError) or entry.name != argument:
        raise UsageError(f"{one_line(argument, 60)} is no project name", help_text="names only, without versions")
    return normalize_name(argument)


def explain(argument: str, setup: Setup, found: DiscoveryResult) -> int:
    """Print the explanation for the name ``argument`` on stdout and return 0, or 2 where a file could not be read.

    Raises UsageError where it is no name.
    """
    name = project_name(argument)
    ways = _ways(name, found.files)
    lines = [line for explanation, places in ways.items() for line in _lines(name, places, explanation)]
    if not ways:
        lines = [*_by_default(name, setup, found.files)]
    sys.stdout.write("\n".join(lines) + "\n")
    # A slip in a file may be why nobody is asked.
    unreadable = (*found.unreadable, *_slips(found.files, setup))
    for line in (*map(concise_line, unreadable), *map(problem_line, found.problems)):
        sys.stderr.write(f"{line}\n")
    return exit_code(unreadable, found.problems)


def _slips(files: Sequence[SourceFile], setup: Setup) -> Iterator[Finding]:
    """Yield what is wrong in ``files``, as a check would tell it."""
    for file in files:
        severity = policy.severity_of(Rule.UNREADABLE, setup.settings.severity_policy(file.resolved_config.config))
        lines = LineTable(file.text)
        for problem in file.document.problems if severity is not Severity.OFF else ():
            place = lines.location(file.path, problem.span)
            yield Finding(Rule.UNREADABLE, severity, problem.message, problem.help, path=file.path, location=place)


def _ways(name: str, files: Sequence[SourceFile]) -> dict[Explanation, list[str]]:
    """Return the explanations for all entries of ``name``, each with the places that it holds for."""
    ways: dict[Explanation, list[str]] = {}
    for file in files:
        named = [one for one in file.document.dependencies if one.name == name]
        if named:
            router = Router(file.declared_indexes(), file.resolved_config.network)
            lines = LineTable(file.text)
            for dependency in named:
                start = lines.location(file.path, dependency.name_span).start
                ways.setdefault(router.explain(dependency), []).append(f"{file.path}:{start.line}")
    return ways


def _by_default(name: str, setup: Setup, files: Sequence[SourceFile]) -> Iterator[str]:
    """Yield whom a name that no file holds would be asked of: as the first file says that names an index."""
    speaking = next((one for one in files if one.tool_indexes or one.index_options), None)
    if speaking is not None:
        explanation = Router(speaking.declared_indexes(), speaking.resolved_config.network).explain(_nowhere(name))
        yield from _lines(name, [f"no file names it; in {speaking.path} it would be:"], explanation)
        return
    here = os.getcwd()
    resolved_config = setup.config_resolver.resolve(os.path.join(here, "standing-for-any-file"), repository_root(here))
    if resolved_config is None:
        yield f"{name}: no file names it, and the configuration cannot be used"
        return
    router = Router(DeclaredIndexes("requirements"), resolved_config.network)
    explanation = router.explain(_nowhere(name))
    yield from _lines(name, ["no file names it; for one that names no index:"], explanation)


def _nowhere(name: str) -> Dependency:
    return Dependency(name, Span(0, 0), Span(0, 0))


def _lines(name: str, places: list[str], explanation: Explanation) -> Iterator[str]:
    shown = [one_line(place, 200) for place in places[:_SHOWN_PLACES]]
    more = f" and {len(places) - len(shown)} more places" if len(places) > len(shown) else ""
    yield f"{name}: {', '.join(shown)}{more}"
    route = explanation.route
    if isinstance(route, IndexRoute):
        for number, index in enumerate(route.indexes, start=1):
            yield f"  {number}. {one_line(index.url, 200)}  {one_line(index.set_by, 200)}"
        if route.status_index is not None:
            yield f"  then, where these state nothing: {one_line(route.status_index, 200)}  `status-index`"
    else:
        reason = f": {one_line(explanation.no_index_reason, 200)}" if explanation.no_index_reason else ""
        yield f"  asked nobody: {SKIP_REASON_TEXT[route.reason]}{reason}"
    for rejected in explanation.rejected:
        yield f"  not asked: {_rejected(rejected)}"


def _rejected(rejected: RejectedIndex) -> str:
    address = one_line(base_url(rejected.candidate.address), 200) if rejected.candidate.address else "no address"
    return f"{address}  {one_line(rejected.candidate.set_by, 200)}: {one_line(rejected.reason, 200)}"
