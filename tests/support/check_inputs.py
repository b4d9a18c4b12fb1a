"""Build source files, lookup results and settings for tests of the check, with a fixed clock."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType

from mothball.check.inputs import ResolvedConfig, ResolvedFile, RunSettings
from mothball.config.project import Ignore, NetworkSettings, ProjectConfig
from mothball.formats.table import parse
from mothball.index.resolution import Query
from mothball.index.snapshot import Snapshot
from mothball.model.document import DependencyKind, Document, FileKind, IndexOption, Location, ParsedFile
from mothball.model.results import (
    Cause,
    IndexResult,
    KnownStatus,
    Missing,
    Origin,
    ProjectStatus,
    Rule,
    Source,
    StatusNotStated,
    Unavailable,
    UnrecognizedStatus,
)
from mothball.routing.route import DeclaredIndexes

INDEX = "https://index.example/simple/"
NOW = 1_795_003_200.0
TODAY = "2026-11-18"
DAY = 86_400.0
SETTINGS = RunSettings(today=TODAY, now=NOW)
NETWORK = NetworkSettings(index_url=INDEX)


def origin(source: Source = Source.INDEX, *, age: float = 0.0, index: str = INDEX) -> Origin:
    """Return the origin of a lookup result that is ``age`` seconds older than ``NOW``."""
    return Origin(index, NOW - age, source)


ACTIVE = KnownStatus(ProjectStatus.ACTIVE, "", origin())
ARCHIVED = KnownStatus(ProjectStatus.ARCHIVED, "moved to new-lib", origin())
DEPRECATED = KnownStatus(ProjectStatus.DEPRECATED, "", origin())
QUARANTINED = KnownStatus(ProjectStatus.QUARANTINED, "malware", origin())
NOT_STATED = StatusNotStated(origin())
UNRECOGNIZED = UnrecognizedStatus("retired", "since May", origin())
MISSING = Missing(origin())
DOWN = Unavailable(Cause.TIMEOUT, "index.example did not answer in time", origin())


class LookUp:
    """Lookup results by name from a table, with ``otherwise`` for all others; ``calls`` records the batches."""

    def __init__(self, answers: Mapping[str, IndexResult] | None = None, otherwise: IndexResult = ACTIVE) -> None:
        self._answers = answers or {}
        self._otherwise = otherwise
        self.calls: list[list[Query]] = []

    def __call__(self, queries: Iterable[Query]) -> dict[Query, IndexResult]:
        self.calls.append(list(queries))
        return {query: self._answers.get(query.name, self._otherwise) for query in self.calls[-1]}


def ignore(name: str, *rules: Rule, reason: str = "known", until: str | None = None) -> Ignore:
    """Return an entry of ``[tool.mothball.ignore]``."""
    return Ignore(name, name, rules or (Rule.ARCHIVED,), reason, until)


def resolved_config(
    config: ProjectConfig | None = None,
    *,
    network: NetworkSettings = NETWORK,
    snapshot: Snapshot | None = None,
    path: str = "mothball.toml",
    locations: Mapping[str, Location] = MappingProxyType({}),
    whole_scope: bool = True,
) -> ResolvedConfig:
    """Return the resolved configuration of a file."""
    return ResolvedConfig(path, "/project", config or ProjectConfig(), network, snapshot, locations, whole_scope, path)


def source(
    text: str,
    path: str = "requirements.txt",
    under: ResolvedConfig | None = None,
    *,
    kind: FileKind = DependencyKind.REQUIREMENT,
    options: tuple[IndexOption, ...] = (),
) -> ResolvedFile:
    """Return a requirements file that holds ``text``."""
    document = parse("requirements", text, kind)
    return resolved(path, text, document, under or resolved_config(), kind=kind, options=options)


def resolved(
    path: str,
    text: str,
    document: Document,
    config: ResolvedConfig,
    *,
    kind: FileKind = DependencyKind.REQUIREMENT,
    options: tuple[IndexOption, ...] = (),
    project: str = "",
) -> ResolvedFile:
    """Return a file that holds ``text``, without anything that other files say about it."""
    parsed = ParsedFile(f"/project/{path}", "/project", text, document, kind)
    return ResolvedFile(path, parsed, config, DeclaredIndexes(document.format, document.tools, options), project)
