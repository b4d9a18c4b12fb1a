"""Find ignores that would suppress the errors of a rejected commit, but are not staged."""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence

from mothball.check.inputs import SelectedEntries
from mothball.check.pipeline import build_report, plan_lookups
from mothball.cli.common import set_up
from mothball.discovery.discover import DiscoveryRequest, discover
from mothball.model.results import CheckMode, Finding, IndexResult, Report, Severity, Skipped
from mothball.repository.files import display_path


def unstaged_ignores(arguments: argparse.Namespace, report: Report) -> Mapping[str, tuple[str, ...]]:
    """Return the files of the working tree that ignore errors in ``report``, with the names of the projects.

    The staged versions of these files do not ignore them. Nothing is looked up: the results in ``report`` are used.
    """
    errors = [error for error in report.findings if error.severity is Severity.ERROR and error.suppressed is None]
    lookups = {error.name: error.lookup for error in errors if error.lookup and not isinstance(error.lookup, Skipped)}
    paths = tuple(dict.fromkeys(error.path for error in errors if error.name in lookups))
    ignored: dict[str, dict[str, None]] = {}
    for error, config_path in _ignored(arguments, paths, lookups) if paths else ():
        if any(_is_same(error, other) for other in errors):
            ignored.setdefault(config_path or error.path, {})[error.name or ""] = None
    return {path: tuple(names) for path, names in ignored.items()}


def _ignored(
    arguments: argparse.Namespace, paths: Sequence[str], lookups: Mapping[str | None, IndexResult]
) -> list[tuple[Finding, str]]:
    """Return the ignored findings of ``paths`` on disk, each with the configuration file if an entry ignores it."""
    setup = set_up(arguments, mode=CheckMode.ADDED)
    discovered = discover(DiscoveryRequest(tuple(paths), arguments.format), setup.config_resolver, setup.settings)
    files = {
        file.path: file._replace(
            selected=SelectedEntries(tuple(each for each in file.document.dependencies if each.name in lookups))
        )
        for file in discovered.files
    }
    plan = plan_lookups(files.values(), setup.settings)
    report = build_report(plan, {query: lookups[query.name] for query in plan.queries()}, setup.settings)
    return [
        (finding, display_path(config_path) if finding.suppressed.kind == "config" else "")
        for finding in report.findings
        if finding.suppressed and (config_path := files[finding.path].resolved_config.edited_path)
    ]


def _is_same(first: Finding, second: Finding) -> bool:
    return (first.rule, first.name, first.path) == (second.rule, second.name, second.path)
