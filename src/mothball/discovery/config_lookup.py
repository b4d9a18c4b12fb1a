"""Which configuration rules over a file: the nearest one above it, read once.

``mothball.toml`` wins over the ``[tool.mothball]`` of a pyproject.toml beside it; a pyproject.toml without that table
does not stop the search; the search ends at the root of the repository.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import date

from mothball.check.inputs import ResolvedConfig, SourceFile
from mothball.config.project import (
    PROJECT_INDEX_SETTING,
    ConfigOverrides,
    NetworkSettings,
    ProjectConfig,
    UserConfig,
    read_config,
    read_user_config,
    resolve_network,
)
from mothball.config.values import SEVERITY_SCOPES
from mothball.formats.toml.api import TomlScan, find_span, first_error_in, scan, scan_cached, to_mapping
from mothball.index.snapshot import Snapshot, parse_snapshot
from mothball.model.document import Location, Position
from mothball.model.errors import ConfigError, SnapshotError, UnreadableFileError
from mothball.model.file_names import MOTHBALL_TOML, PYPROJECT_TOML
from mothball.model.findings import Problem, Rule, Severity
from mothball.model.line_index import LineIndex
from mothball.model.records import NamedTuple
from mothball.repository.files import DISK, Tree, display_path, is_inside, read_utf8, resolves_inside

SNAPSHOT_AGE_LIMIT_DAYS = 30
_SHARED_TABLE = ("tool", "mothball")
_NEW_SNAPSHOT = "write a new one with `mothball snapshot -o FILE`"
_LINK = "it is a link that leads outside the repository, or nowhere"
_COPY_HELP = "a copy of a pyproject.toml must bear that name: only there the table [tool.mothball] is looked for"
_LINK_HELP = "put a file in its place; on the command line, `--config FILE` names another"


class ConfigResolverSettings(NamedTuple):
    """What the command line says of configuration.

    ``config_path`` replaces every configuration found, ``snapshot_path`` every snapshot named; ``use_snapshots`` is
    false for a run that wants the indexes' own word. ``scopes`` are the absolute directories that this run reads whole.
    ``today`` is an ISO date. ``tree`` is where configurations are found and, before the disk, the snapshots they name.
    """

    today: str
    overrides: ConfigOverrides = ConfigOverrides()
    config_path: str | None = None
    snapshot_path: str | None = None
    use_snapshots: bool = True
    scopes: tuple[str, ...] = ()
    tree: Tree = DISK


class _UnusableError(Exception):
    """A configuration file cannot be used: why, the way out, and the place where there is one."""

    def __init__(self, message: str, help_text: str, position: Position | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.help = help_text
        self.position = position


class ConfigResolver:
    """Finds, reads and remembers the configurations and snapshots of one run.

    ``problems`` collects what was wrong with them, each once. ``tree`` is where they are found, and the files too that
    they rule over.
    """

    def __init__(self, settings: ConfigResolverSettings, user: UserConfig) -> None:
        """Take what the command line and the user say; nothing is read yet."""
        self.problems: list[Problem] = []
        self.tree = settings.tree
        self._told: set[Problem] = set()
        self._settings = settings
        self._user = user
        self._found: dict[tuple[str, str], str | None] = {}
        self._read: dict[tuple[str | None, str], ResolvedConfig | None] = {}
        self._snapshots: dict[str, Snapshot | None] = {}

    def resolve(self, path: str, root: str) -> ResolvedConfig | None:
        """Return what rules over the file at the absolute ``path`` in the repository at ``root``.

        None when its configuration cannot be used: its dependencies must not be looked up then, as nobody knows where.
        """
        chosen = self._settings.config_path
        config_path = os.path.abspath(chosen) if chosen else self._find(os.path.dirname(path), root)
        key = (config_path, root)
        if key not in self._read:
            self._read[key] = self._governance(config_path, root)
        return self._read[key]

    def snapshot_paths(self) -> tuple[str, ...]:
        """Return the absolute paths of the snapshots that were read or could not be."""
        return tuple(self._snapshots)

    def _find(self, directory: str, root: str) -> str | None:
        """Return the nearest configuration file from ``directory`` up to ``root``, None where there is none."""
        passed = []
        found = None
        while (directory, root) not in self._found:
            passed.append((directory, root))
            found = _config_file_in(directory, root, self._settings.tree)
            parent = os.path.dirname(directory)
            if found or directory == root or not is_inside(parent, root):
                break
            directory = parent
        found = self._found.get((directory, root), found)
        self._found.update(dict.fromkeys(passed, found))
        return found

    def _governance(self, path: str | None, root: str) -> ResolvedConfig | None:
        if path is None:
            return self._governed("", root, ProjectConfig(), {}, root)
        try:
            return self._read_governance(path, root)
        except _UnusableError as error:
            told = f"{error.message}; the files that this configuration rules over were not checked"
            self._tell(Problem(Severity.ERROR, told, error.help, display_path(path), error.position))
            return None

    def _read_governance(self, path: str, root: str) -> ResolvedConfig:
        chosen = self._settings.config_path is not None
        tree = DISK if chosen else self._settings.tree
        if not chosen and tree.leads_outside(path, root):
            raise _UnusableError(_LINK, _LINK_HELP)
        prefix = table_path(path)
        try:
            text = tree.read_utf8(path)
        except UnreadableFileError as error:
            raise _UnusableError(error.cause, error.help) from error
        parsed, lines = scan_cached(text), LineIndex(text)
        first = first_error_in(parsed, prefix)
        if first is not None:
            raise _UnusableError(f"invalid TOML: {first.message}", first.help, lines.position(first.span.start))
        if prefix and find_span(parsed, prefix) is None:
            raise _UnusableError("it has no table [tool.mothball]", "give --config the file that holds the table")
        try:
            config = read_config(_table(parsed, prefix), prefix)
        except ConfigError as error:
            span = find_span(parsed, error.key) if error.key else None
            is_copy = chosen and not prefix and find_span(parsed, _SHARED_TABLE) is not None
            raise _UnusableError(
                str(error), _COPY_HELP if is_copy else error.help, lines.position(span.start) if span else None
            ) from error
        locations = {
            ignore.name: lines.location(display_path(path), span)
            for ignore in config.ignores
            if (span := find_span(parsed, (*prefix, "ignore", ignore.key))) is not None
        }
        governed = self._governed(path, root, config, locations, root if chosen else os.path.dirname(path))
        span = find_span(parsed, (*prefix, "index-url"))
        place = f"{display_path(path)}:{lines.position(span.start).line}" if span else ""
        return governed._replace(network=_with_place(governed.network, place))

    def _tell(self, problem: Problem) -> None:
        if problem not in self._told:
            self._told.add(problem)
            self.problems.append(problem)

    def _governed(
        self, path: str, root: str, config: ProjectConfig, locations: Mapping[str, Location], scope: str
    ) -> ResolvedConfig:
        overrides = self._settings.overrides
        if overrides.unverified is not None:
            scopes = ("", *(f".{scope}" for scope in SEVERITY_SCOPES))
            forced = {f"{Rule.UNVERIFIED}{scope}": overrides.unverified for scope in scopes}
            config = config._replace(severities={**config.severities, **forced})
        return ResolvedConfig(
            display_path(path) if path else "",
            scope,
            config,
            resolve_network(config, self._user, overrides),
            self._snapshot(path, config, root),
            locations,
            whole_scope=any(is_inside(scope, read) for read in self._settings.scopes),
        )

    def _snapshot(self, config_path: str, config: ProjectConfig, root: str) -> Snapshot | None:
        settings = self._settings
        if not settings.use_snapshots:
            return None
        if settings.snapshot_path is not None:
            return self._load(os.path.abspath(settings.snapshot_path), "")
        if config.snapshot is None:
            return None
        directory = os.path.dirname(config_path)
        path = os.path.abspath(os.path.join(directory, config.snapshot))
        # A configuration that the user chose may lie outside the repository, and then its snapshot lies beside it.
        places = (root, directory) if settings.config_path else (root,)
        if not settings.config_path and settings.tree is not DISK and settings.tree.is_file(path):
            return self._load(path, display_path(config_path), settings.tree)
        if not any(resolves_inside(path, place) for place in places):
            message = "the snapshot cannot be used: there is no such file inside the repository"
            help_text = f"mend `snapshot` in {display_path(config_path)}, or {_NEW_SNAPSHOT}"
            self._tell(Problem(Severity.ERROR, message, help_text, display_path(path)))
            return None
        return self._load(path, display_path(config_path))

    def _load(self, path: str, named_by: str, tree: Tree = DISK) -> Snapshot | None:
        """Return the snapshot at ``path``, None when it cannot be used; ``named_by`` is the configuration, if any."""
        if path not in self._snapshots:
            self._snapshots[path] = None
            try:
                self._snapshots[path] = self._read_snapshot(path, tree)
            except (SnapshotError, UnreadableFileError) as error:
                message = f"the snapshot cannot be used: {error.cause}"
                named = f"`snapshot` in {named_by} names it; " if named_by else ""
                self._tell(Problem(Severity.ERROR, message, named + _NEW_SNAPSHOT, display_path(path)))
        return self._snapshots[path]

    def _read_snapshot(self, path: str, tree: Tree) -> Snapshot:
        snapshot = parse_snapshot(tree.read_utf8(path))
        age = snapshot.age_days(date.fromisoformat(self._settings.today))
        # A day of grace: the snapshot may come from where it is tomorrow already.
        if age > SNAPSHOT_AGE_LIMIT_DAYS or age < -1:
            how = f"{age} days old, and statuses change" if age > 0 else "dated in the future"
            problem = Problem(Severity.WARNING, f"the snapshot is {how}", _NEW_SNAPSHOT, display_path(path))
            self._tell(problem._replace(rule=Rule.UNVERIFIED))
        return snapshot


def read_user_config_file(path: str) -> UserConfig:
    """Return the user-level configuration at ``path``, the default one when there is no such file.

    Raises UnreadableFileError when it cannot be read, ConfigError when it says what cannot be.
    """
    if not os.path.lexists(path):
        return UserConfig()
    text = read_utf8(path)
    parsed, lines = scan(text), LineIndex(text)
    if parsed.errors:
        first = parsed.errors[0]
        line = lines.position(first.span.start).line
        raise ConfigError(f"invalid TOML in line {line}: {first.message}", help_text=first.help)
    try:
        return read_user_config(to_mapping(parsed))
    except ConfigError as error:
        span = find_span(parsed, error.key)
        place = f"line {lines.position(span.start).line}: " if span else ""
        raise ConfigError(f"{place}{error}", key=error.key, help_text=error.help) from error


def table_path(path: str) -> tuple[str, ...]:
    """Return the keys below which our configuration stands in the file at ``path``, judged by its name."""
    return _SHARED_TABLE if os.path.basename(path) == PYPROJECT_TOML else ()


def governing_config_path(file: SourceFile, tree: Tree = DISK) -> str:
    """Return the absolute path of the configuration that rules over ``file``, or is to do so from now on."""
    resolved_config = file.resolved_config
    if resolved_config.path:
        return os.path.abspath(resolved_config.path)
    # Where none is found, the search has ended at the root of the repository.
    for directory in (resolved_config.directory, file.project):
        shared = os.path.join(directory, PYPROJECT_TOML)
        if tree.exists(shared):
            return shared
    return os.path.join(resolved_config.directory, MOTHBALL_TOML)


def _config_file_in(directory: str, root: str, tree: Tree) -> str | None:
    own = os.path.join(directory, MOTHBALL_TOML)
    if tree.exists(own):
        return own
    shared = os.path.join(directory, PYPROJECT_TOML)
    if not tree.exists(shared):
        return None
    if tree.leads_outside(shared, root):
        return shared
    try:
        text = tree.read_utf8(shared)
    except UnreadableFileError:
        # The file may hold the policy for everything below it, and that cannot be known: _governance tells it.
        return shared if _may_configure_mothball(shared, tree) else None
    # Scanning costs, and most pyproject.toml files do not so much as mention the table.
    return shared if "mothball" in text and find_span(scan_cached(text), _SHARED_TABLE) else None


def _with_place(network: NetworkSettings, place: str) -> NetworkSettings:
    """Return ``network``, which knows where its project names an index."""
    return (
        network._replace(index_set_by=f"`index-url` in {place}")
        if network.index_set_by == PROJECT_INDEX_SETTING
        else network
    )


def _may_configure_mothball(path: str, tree: Tree) -> bool:
    """Return whether a file that is no text may hold a table of ours all the same."""
    try:
        return b"mothball" in tree.read(path)
    except UnreadableFileError:
        return True


def _table(parsed: TomlScan, prefix: tuple[str, ...]) -> object:
    table: object = to_mapping(parsed)
    for key in prefix:
        table = table.get(key, {}) if isinstance(table, Mapping) else {}
    return table
