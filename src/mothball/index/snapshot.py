"""Read and write snapshot files: statuses for use without an index. No I/O.

    {
      "mothball-snapshot": 1,
      "generated": "2026-11-03",
      "index": "https://index.example/simple/",
      "projects": {
        "old-lib": {"status": "archived", "reason": "moved to new-lib"},
        "quiet-lib": {"status": null},
        "some-lib": {"status": "active"}
      }
    }

Projects are sorted by normalized name, one per line, so that additions of two branches merge. ``null`` is a project
whose index states no status. Missing and unavailable projects are not in the file.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import date
from types import MappingProxyType
from typing import NoReturn, assert_never

from mothball.index.project_page import ProjectPage, status_of_page
from mothball.model.document import normalize_name
from mothball.model.errors import SnapshotError
from mothball.model.results import (
    IndexResult,
    KnownStatus,
    Missing,
    Origin,
    PageStatus,
    Source,
    StatusNotStated,
    Unavailable,
    UnrecognizedStatus,
)
from mothball.model.sanitize import MAX_UNTRUSTED_TEXT, one_line, strip_credentials

VERSION = 1

_VERSION_KEY = "mothball-snapshot"
_EPOCH = date(1970, 1, 1)
_SECONDS_A_DAY = 86_400


class Snapshot:
    """The statuses of a snapshot file. Immutable; compared by identity, because every query has a reference to it.

    ``generated`` is the date of its creation, ``index_url`` the index of the statuses.
    """

    __slots__ = ("_projects", "generated", "index_url")

    def __init__(self, generated: date, index_url: str, projects: Mapping[str, ProjectPage]) -> None:
        """Create a snapshot of ``projects``, keyed by normalized name."""
        self.generated = generated
        self.index_url = index_url
        self._projects = MappingProxyType(dict(projects))

    def __len__(self) -> int:
        return len(self._projects)

    def lookup(self, name: str) -> PageStatus | None:
        """Return the result for the project ``name`` (normalized), None if it is not in the snapshot.

        The time of the result is the start of the day ``generated`` in UTC.
        """
        page = self._projects.get(name)
        if page is None:
            return None
        checked_at = float((self.generated - _EPOCH).days * _SECONDS_A_DAY)
        return status_of_page(page, Origin(self.index_url, checked_at, Source.SNAPSHOT))

    def age_days(self, today: date) -> int:
        """Return the age in days, negative for a date in the future."""
        return (today - self.generated).days


def parse_snapshot(text: str) -> Snapshot:
    """Parse the snapshot ``text``. Statuses that PEP 792 does not define are kept.

    Raises SnapshotError, with the location, for invalid JSON, other files and unsupported versions.
    """
    content = _decode(text)
    if not isinstance(content, dict) or _VERSION_KEY not in content:
        raise SnapshotError(f"not a snapshot: expected a JSON object with the key {_VERSION_KEY!r}")
    version = content[_VERSION_KEY]
    if version != VERSION or isinstance(version, bool):
        raise SnapshotError(f"unsupported version {_shown(version)}: only version {VERSION} is supported")
    projects = content.get("projects")
    if not isinstance(projects, dict):
        raise SnapshotError('"projects" must be an object with project names as keys')
    index_url = content.get("index")
    if not isinstance(index_url, str):
        raise SnapshotError('"index" must be an index URL')
    pages: dict[str, ProjectPage] = {}
    for key, entry in projects.items():
        name = normalize_name(key)
        if name in pages:
            raise SnapshotError(f"duplicate project {_shown(name)}")
        pages[name] = _parse_entry(key, entry)
    return Snapshot(_parse_date(content.get("generated")), one_line(strip_credentials(index_url)), pages)


def render_snapshot(results: Mapping[str, IndexResult], *, generated: date, index_url: str) -> str:
    """Return the text of a snapshot file with ``results``, keyed by normalized name.

    Missing and unavailable projects are omitted; the caller reports them. Untrusted text is sanitized, because people
    read the file in reviews.
    """
    entries = ((name, _render_result(result)) for name, result in sorted(results.items()))
    lines = [f"    {json.dumps(name)}: {entry}" for name, entry in entries if entry is not None]
    head = [
        f'  "{_VERSION_KEY}": {VERSION}',
        f'  "generated": "{generated.isoformat()}"',
        f'  "index": {json.dumps(strip_credentials(index_url))}',
    ]
    projects = "\n" + ",\n".join(lines) + "\n  " if lines else ""
    return "{\n" + ",\n".join(head) + ',\n  "projects": {' + projects + "}\n}\n"


def _render_result(result: IndexResult) -> str | None:
    """Return the entry of a project, None if it is omitted."""
    match result:
        case KnownStatus(marker, reason) | UnrecognizedStatus(marker, reason):
            # The marker is escaped instead of sanitized, so that an unrecognized marker does not become a valid one.
            status, reason = json.dumps(marker[:MAX_UNTRUSTED_TEXT]), one_line(reason)
            suffix = f', "reason": {json.dumps(reason, ensure_ascii=False)}' if reason else ""
            return f'{{"status": {status}{suffix}}}'
        case StatusNotStated():
            return '{"status": null}'
        case Missing() | Unavailable():
            return None
        case _:
            assert_never(result)


def _decode(text: str) -> object:
    try:
        return json.loads(text, object_pairs_hook=_unique_members, parse_constant=_refuse_constant)
    except json.JSONDecodeError as error:
        raise SnapshotError(f"invalid JSON: line {error.lineno}, column {error.colno}: {error.msg}") from error
    except RecursionError as error:
        raise SnapshotError("the JSON is nested too deeply") from error
    except ValueError as error:
        raise SnapshotError(f"invalid JSON: {error}") from error


def _unique_members(members: Iterable[tuple[str, object]]) -> dict[str, object]:
    """Return a JSON object. Raises SnapshotError for duplicate keys, which merges of branches can produce."""
    result: dict[str, object] = {}
    for key, value in members:
        if key in result:
            raise SnapshotError(f"duplicate key {_shown(key)} in an object")
        result[key] = value
    return result


def _refuse_constant(name: str) -> NoReturn:
    raise SnapshotError(f"invalid JSON: {name}")


def _parse_entry(name: str, entry: object) -> ProjectPage:
    if isinstance(entry, dict) and "status" in entry:
        status, reason = entry["status"], entry.get("reason", "")
        if status is None:
            return ProjectPage(None)
        if isinstance(status, str) and isinstance(reason, str):
            return ProjectPage(status, reason)
    location = f'"projects" → {_shown(name)}'
    raise SnapshotError(
        f'{location}: expected an object with "status" (string or null) and optionally "reason" (string)'
    )


def _parse_date(value: object) -> date:
    # date.fromisoformat accepts more formats, such as weeks.
    if isinstance(value, str) and len(value) == len("YYYY-MM-DD") and value[4] == value[7] == "-":
        try:
            return date.fromisoformat(value)
        except ValueError:
            pass
    raise SnapshotError(f'"generated" must be a date, YYYY-MM-DD, not {_shown(value)}')


def _shown(value: object) -> str:
    """Return an untrusted value for a message, shortened and sanitized."""
    return one_line(repr(value) if isinstance(value, str | int | None) else f"a {type(value).__name__}", 80)
