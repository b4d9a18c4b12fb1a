"""The command ``mothball snapshot``, which writes project statuses for offline use."""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from collections.abc import Mapping
from datetime import date

from mothball.check.policy import exit_code
from mothball.cli.common import check_files, print_problems, read_paths, write_file
from mothball.index.snapshot import render_snapshot
from mothball.model.results import Cause, IndexResult, KnownStatus, Missing, Report, Rule, Skipped, Unavailable
from mothball.model.sanitize import escape_log_commands

_REPORTED_RULES = (Rule.UNVERIFIED, Rule.UNRESOLVABLE, Rule.UNREADABLE, Rule.MISSING)


def run(arguments: argparse.Namespace) -> int:
    """Write the snapshot, list the missing projects on stderr, and return the exit code.

    It is 3 if a lookup failed or no status is known.
    """
    setup, discovered = read_paths(arguments)
    report = check_files(arguments, setup, discovered)
    reported = [finding for finding in report.findings if finding.rule in _REPORTED_RULES]
    print_problems(reported, report.problems)
    # A project that the index does not have is not a failed lookup.
    code = exit_code([finding for finding in reported if finding.rule is not Rule.MISSING], report.problems)
    results = snapshot_results(report)
    known = count_known(results)
    if not known and (results or code):
        # Do not overwrite an existing snapshot while the index is unavailable or publishes no statuses.
        print_problems((finding for finding in report.findings if finding.rule is Rule.NOT_STATED), ())
        sys.stderr.write("no snapshot written\n")
        code = code or 3
    else:
        _write(snapshot_text(results, setup.settings.now), arguments.output)
    sys.stderr.write(f"{known} of {len(results)} statuses known\n")
    return code


def snapshot_text(results: Mapping[str, IndexResult], now: float) -> str:
    """Return the snapshot with ``results``; without any, it has the date of the Unix time ``now``."""
    # The snapshot has the date of its oldest result, which may come from the cache.
    times = [result.origin.checked_at for result in results.values() if _has_project(result)]
    day = date.fromisoformat(time.strftime("%Y-%m-%d", time.localtime(min(times, default=now))))
    return render_snapshot(results, generated=day, index_url=_main_index(results))


def count_known(results: Mapping[str, IndexResult]) -> int:
    """Return the number of known statuses."""
    return sum(isinstance(result, KnownStatus) for result in results.values())


def snapshot_results(report: Report) -> dict[str, IndexResult]:
    """Return the lookup results by project name; if several indexes were queried, the first one with the project.

    A result that is not authenticated counts as a failed lookup, since a snapshot does not show the difference.
    """
    results: dict[str, IndexResult] = {}
    for item in report.dependencies:
        name, lookup = item.dependency.name, item.lookup
        if not isinstance(lookup, Skipped) and not (name in results and _has_project(results[name])):
            is_usable = lookup.origin.authenticated
            results[name] = lookup if is_usable else Unavailable(Cause.TLS, "not authenticated", lookup.origin)
    return results


def _main_index(results: Mapping[str, IndexResult]) -> str:
    """Return the index that has most of the projects; the snapshot records it for information only."""
    counts = Counter(result.origin.index_url for result in results.values() if _has_project(result))
    return next((index for index, _ in counts.most_common(1)), "")


def _has_project(result: IndexResult) -> bool:
    return not isinstance(result, Missing | Unavailable)


def _write(text: str, path: str | None) -> None:
    """Write to stdout, or atomically to ``path``."""
    if path is None or path == "-":
        sys.stdout.write(escape_log_commands(text))
        return
    write_file(path, text.encode(), "file", "choose another output file with -o")
