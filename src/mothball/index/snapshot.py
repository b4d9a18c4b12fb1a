"""A file of known statuses, for where no index can be asked: read, looked up, written. Pure.

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

Keyed by normalised name and sorted, one project a line, so that two branches which each add one merge. ``null`` is a
project whose index states nothing. What the index did not have or could not tell is not in the file.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import date
from types import MappingProxyType
from typing import NoReturn, assert_never

from mothball.index.page_request import ProjectPage
from mothball.index.simple_api import lookup_of
from mothball.model.document import normalize_name
from mothball.model.errors import SnapshotError
from mothball.model.lookup import (
    IndexResult,
    KnownStatus,
    Missing,
    Origin,
    Source,
    StatusNotStated,
    Unavailable,
    UnrecognizedStatus,
)
from mothball.model.sanitize import MAX_FOREIGN_TEXT, one_line, strip_credentials

VERSION = 1

_VERSION_KEY = "mothball-snapshot"
_EPOCH = date(1970, 1, 1)
_SECONDS_A_DAY = 86_400


class Snapshot:
    """The statuses that a snapshot knows. Immutable, and compared by identity, as every query that may use it holds it.

    ``generated`` is the day on which it was written, ``index_url`` the index whose answers it holds.
    """

    __slots__ = ("_projects", "generated", "index_url")

    def __init__(self, generated: date, index_url: str, projects: Mapping[str, ProjectPage]) -> None:
        """Keep ``projects``, keyed by normalised name."""
        self.generated = generated
        self.index_url = index_url
        self._projects = MappingProxyType(dict(projects))

    def __len__(self) -> int:
        return len(self._projects)

    def lookup(self, name: str) -> KnownStatus | StatusNotStated | UnrecognizedStatus | None:
        """Return what was known of the project ``name`` (normalised), None where it is not in the snapshot.

        It was learnt at the beginning of the day of ``generated``, in UTC.
        """
        page = self._projects.get(name)
        if page is None:
            return None
        result = float((self.generated - _EPOCH).days * _SECONDS_A_DAY)
        return lookup_of(page, Origin(self.index_url, result, Source.SNAPSHOT))

    def age_days(self, today: date) -> int:
        """Return how many days old the snapshot is; negative for one from the future."""
        return (today - self.generated).days


def parse_snapshot(text: str) -> Snapshot:
    """Return the snapshot that ``text`` holds.

    Raises SnapshotError, with the place, for what is no JSON, no snapshot, or one of another version. A status that
    PEP 792 does not know is kept.
    """
    content = _decode(text)
    if not isinstance(content, dict) or _VERSION_KEY not in content:
        raise SnapshotError(f"it is no snapshot: a JSON object with the key {_VERSION_KEY!r} is expected")
    version = content[_VERSION_KEY]
    if version != VERSION or isinstance(version, bool):
        raise SnapshotError(f"it is of version {_shown(version)}; this mothball reads version {VERSION}")
    projects = content.get("projects")
    if not isinstance(projects, dict):
        raise SnapshotError('"projects" must be an object that is keyed by name')
    index_url = content.get("index")
    if not isinstance(index_url, str):
        raise SnapshotError('"index" must be the address of an index')
    pages: dict[str, ProjectPage] = {}
    for written, entry in projects.items():
        name = normalize_name(written)
        if name in pages:
            raise SnapshotError(f"it names the project {_shown(name)} more than once")
        pages[name] = _page_of(written, entry)
    return Snapshot(_date_of(content.get("generated")), one_line(strip_credentials(index_url)), pages)


def render_snapshot(answers: Mapping[str, IndexResult], *, generated: date, index_url: str) -> str:
    """Return the text of a snapshot file that holds ``answers``, keyed by normalised name.

    Missing and unavailable projects are left out, for the caller to report. Foreign text is made harmless first: the
    file is read by people, in reviews.
    """
    entries = ((name, _entry_of(answer)) for name, answer in sorted(answers.items()))
    lines = [f"    {json.dumps(name)}: {entry}" for name, entry in entries if entry is not None]
    head = [
        f'  "{_VERSION_KEY}": {VERSION}',
        f'  "generated": "{generated.isoformat()}"',
        f'  "index": {json.dumps(strip_credentials(index_url))}',
    ]
    projects = "\n" + ",\n".join(lines) + "\n  " if lines else ""
    return "{\n" + ",\n".join(head) + ',\n  "projects": {' + projects + "}\n}\n"


def _entry_of(answer: IndexResult) -> str | None:
    """Return what the file says of a project, None for one that is left out."""
    match answer:
        case KnownStatus(status, reason):
            return _entry(status, reason)
        case UnrecognizedStatus(marker, reason):
            return _entry(marker[:MAX_FOREIGN_TEXT], reason)
        case StatusNotStated():
            return '{"status": null}'
        case Missing() | Unavailable():
            return None
        case _:
            assert_never(answer)


def _entry(status: str, reason: str) -> str:
    # A marker is escaped rather than cleaned: what we did not recognise must not become what we do.
    harmless = one_line(reason)
    more = f', "reason": {json.dumps(harmless, ensure_ascii=False)}' if harmless else ""
    return f'{{"status": {json.dumps(status)}{more}}}'


def _decode(text: str) -> object:
    try:
        return json.loads(text, object_pairs_hook=_object_of, parse_constant=_refuse_constant)
    except json.JSONDecodeError as error:
        raise SnapshotError(f"line {error.lineno}, column {error.colno}: {error.msg}") from error
    except RecursionError as error:
        raise SnapshotError("it is nested too deeply") from error
    except ValueError as error:
        raise SnapshotError(f"it is no JSON: {error}") from error


def _object_of(members: Iterable[tuple[str, object]]) -> dict[str, object]:
    """Return a JSON object; refuse a key that stands twice, as a merge leaves it, because only one would count."""
    found: dict[str, object] = {}
    for key, value in members:
        if key in found:
            raise SnapshotError(f"the key {_shown(key)} stands twice in one object")
        found[key] = value
    return found


def _refuse_constant(name: str) -> NoReturn:
    raise SnapshotError(f"it is no JSON: {name}")


def _page_of(name: str, entry: object) -> ProjectPage:
    match entry:
        case {"status": None}:
            return ProjectPage(None)
        case {"status": str(status), "reason": str(reason)}:
            return ProjectPage(status, reason)
        case {"status": str(), "reason": _}:
            pass
        case {"status": str(status)}:
            return ProjectPage(status)
        case _:
            pass
    place = f'"projects" → {_shown(name)}'
    raise SnapshotError(f'{place}: an object with "status" (text or null) and perhaps "reason" (text) is expected')


def _date_of(value: object) -> date:
    # date.fromisoformat takes more forms than the one we write, the week's among them.
    if isinstance(value, str) and len(value) == len("YYYY-MM-DD") and value[4] == value[7] == "-":
        try:
            return date.fromisoformat(value)
        except ValueError:
            pass
    raise SnapshotError(f'"generated" must be a date, YYYY-MM-DD, not {_shown(value)}')


def _shown(value: object) -> str:
    """Return a foreign value for a message, short and harmless."""
    return one_line(repr(value) if isinstance(value, str | int | None) else f"a {type(value).__name__}", 80)
