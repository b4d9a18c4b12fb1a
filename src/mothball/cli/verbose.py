"""The option ``--verbose``: list the files and dependencies of a check with their results, on stderr."""

from __future__ import annotations

import sys
from collections.abc import Iterable

from mothball.check.inputs import ResolvedFile
from mothball.check.messages import finding_message, skipped_text
from mothball.cli.lookup_text import origin_text
from mothball.model.results import CheckedDependency, Report, Skipped
from mothball.model.sanitize import one_line


def print_details(files: Iterable[ResolvedFile], report: Report, now: float) -> None:
    """Write a line for each of ``files`` and each dependency in ``report``. ``now`` is a Unix time."""
    lines = [_file(file) for file in files if not file.is_context]
    lines += [_dependency(item, now) for item in report.dependencies]
    sys.stderr.write("".join(f"{line}\n" for line in lines))


def _file(file: ResolvedFile) -> str:
    config = one_line(file.resolved_config.path) or "none"
    return f"{one_line(file.path)}: format {file.document.format}, configuration {config}"


def _dependency(item: CheckedDependency, now: float) -> str:
    place = f"{one_line(item.path)}:{item.location.start.line}"
    name, lookup = item.dependency.name, item.lookup
    if isinstance(lookup, Skipped):
        return f"{place}: {one_line(name, 100)} was not looked up: {skipped_text(lookup)}"
    message = finding_message(name, lookup).message
    return f"{place}: {message} ({one_line(lookup.origin.index_url, 100)}{origin_text(lookup, now)})"
