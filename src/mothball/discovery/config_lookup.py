"""Find and read the configuration that applies to a file: the nearest one in its directory or above.

In one directory ``mothball.toml`` takes precedence over ``[tool.mothball]`` in pyproject.toml. A pyproject.toml without
that table does not end the search; the root of the repository does.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from functools import lru_cache
from types import MappingProxyType

from mothball.check.inputs import ResolvedConfig
from mothball.config.keys import read_config, read_user_config
from mothball.config.project import PROJECT_INDEX_SETTING, ConfigOverrides, ProjectConfig, UserConfig, resolve_network
from mothball.config.values import SEVERITY_SCOPES
from mothball.formats.names import format_of
from mothball.formats.toml.scanner import scan, scan_cached
from mothball.formats.toml.values import find_span, first_error_in, table_at, to_mapping
from mothball.index.snapshot import Snapshot, parse_snapshot
from mothball.model.document import LineIndex, Location, Position
from mothball.model.errors import ConfigError, SnapshotError, UnreadableFileError
from mothball.model.file_names import MOTHBALL_TOML, PYPROJECT_TOML
from mothball.model.records import NamedTuple
from mothball.model.results import Problem, Rule, Severity
from mothball.repository.files import DISK, Tree, display_path, resolves_inside
from mothball.repository.paths import is_inside, naming_root, upward

SNAPSHOT_AGE_LIMIT_DAYS = 30
_SHARED_TABLE = ("tool", "mothball")
_NEW_SNAPSHOT = "write a new snapshot: `mothball snapshot -o FILE`"
_LINK = "symbolic link is broken or leads outside the repository"
_COPY_HELP = "rename the copy to pyproject.toml: [tool.mothball] is only read from files of that name"
_LINK_HELP = "replace the link with a regular file, or name another file with `--config FILE`"


class ConfigResolverSettings(NamedTuple):
    """Settings of a run that affect configuration lookup.

    ``config_path`` replaces every configuration file, ``snapshot_path`` every configured snapshot. Without
    ``use_snapshots`` no snapshot is read. ``scopes`` are the absolute directories that this run checks completely.
    ``today`` is an ISO date. ``refresh`` is true if the user wants new results. Configuration files are read from
    ``policy_tree``, by default ``tree``, which contains the files that they apply to; snapshots too, with the disk as a
    fallback.
    """

    today: str
    overrides: ConfigOverrides = ConfigOverrides()
    config_path: str | None = None
    snapshot_path: str | None = None
    use_snapshots: bool = True
    scopes: tuple[str, ...] = ()
    tree: Tree = DISK
    policy_tree: Tree | None = None
    refresh: bool = False


class _ConfigFile(NamedTuple):
    """The content of a configuration file, the locations of its ignores, and the positions of two of its settings."""

    config: ProjectConfig = ProjectConfig()
    ignore_locations: Mapping[str, Location] = MappingProxyType({})
    index_url: Position | None = None
    offline: Position | None = None


class ConfigResolver:
    """Finds, reads and caches the configurations and snapshots of one run.

    ``problems`` collects their problems without duplicates. ``tree`` contains the files that they apply to.
    """

    def __init__(self, settings: ConfigResolverSettings, user: UserConfig) -> None:
        """Initialize from the settings of the run and the user configuration."""
        self.problems: list[Problem] = []
        self.tree = settings.tree
        self._policy_tree = settings.policy_tree or settings.tree
        self._reported: set[Problem] = set()
        self._settings = settings
        self._user = user
        self._files_by_directory: dict[tuple[str, str], str | None] = {}
        self._by_directory: dict[tuple[str, str], ResolvedConfig | None] = {}
        self._resolved: dict[tuple[str | None, str, str], ResolvedConfig | None] = {}
        self._snapshots: dict[str, Snapshot | None] = {}

    def for_tree(self, tree: Tree) -> ConfigResolver:
        """Return a resolver with the same settings for another tree, which reads no snapshots."""
        return ConfigResolver(self._settings._replace(tree=tree, use_snapshots=False, refresh=False), self._user)

    def resolve(self, path: str, root: str) -> ResolvedConfig | None:
        """Return the configuration that applies to the file at the absolute ``path`` in the repository at ``root``.

        Returns None if its configuration file cannot be used. The dependencies of the file must not be looked up then:
        the indexes to query are unknown.
        """
        directory = os.path.dirname(path)
        if (directory, root) not in self._by_directory:
            override = self._settings.config_path
            config_path = os.path.abspath(override) if override else self._find(directory, root)
            key = config_path, config_path or self._new_path(directory, root), root
            if key not in self._resolved:
                self._resolved[key] = self._resolve_config(*key)
            self._by_directory[directory, root] = self._resolved[key]
        return self._by_directory[directory, root]

    def configured_format(self, path: str, root: str) -> str | None:
        """Return the format that ``files`` of the configuration give the absolute ``path``; the first pattern wins.

        Returns None if the name of the file, below the repository at ``root``, implies another format: installers read
        the file in that format, and in another one its entries could be hidden.
        """
        resolved_config = self.resolve(path, root)
        if resolved_config is None or not resolved_config.config.files:
            return None
        relative, files = _pattern_path(path, resolved_config), resolved_config.config.files
        configured = next((file.format for file in files if matches_any(relative, (file.pattern,))), None)
        return configured if format_of(path, naming_root(root)) in {None, configured} else None

    def snapshot_paths(self) -> tuple[str, ...]:
        """Return the absolute paths of all snapshots that were requested, whether or not they could be read."""
        return tuple(self._snapshots)

    def _find(self, directory: str, root: str) -> str | None:
        """Return the nearest configuration file from ``directory`` up to ``root``, None if there is none."""
        for each in upward(directory, root):
            key = each, root
            if key not in self._files_by_directory:
                self._files_by_directory[key] = _config_file_in(each, root, self._policy_tree)
            found = self._files_by_directory[key]
            if found is not None:
                return found
        return None

    def _new_path(self, directory: str, root: str) -> str:
        """Return the file to add a configuration to that applies to ``directory``, which none does yet.

        It is the pyproject.toml of the repository, or else the nearest one, or else a new mothball.toml.
        """
        pyprojects = (os.path.join(each, PYPROJECT_TOML) for each in (root, *upward(directory, root)))
        return next(filter(self._policy_tree.exists, pyprojects), None) or os.path.join(root, MOTHBALL_TOML)

    def _resolve_config(self, path: str | None, edited_path: str, root: str) -> ResolvedConfig | None:
        file = _ConfigFile() if path is None else self._read_config(path, root)
        if file is None:
            return None
        settings = self._settings
        shown = display_path(path) if path else ""
        scope = os.path.dirname(path) if path and settings.config_path is None else root
        config = with_unverified(file.config, settings.overrides.unverified)
        set_by = f"`index-url` in {shown}:{file.index_url.line}" if file.index_url else PROJECT_INDEX_SETTING
        network = resolve_network(config, self._user, settings.overrides, set_by)
        snapshot = self._snapshot(path or "", config, root)
        if path and settings.refresh and network.offline:
            message = "--refresh sends requests, and `offline` forbids them: only known results were used"
            help_text = "remove `offline`, or omit --refresh"
            self._report(Problem(Severity.ERROR, message, help_text, shown, file.offline))
        is_whole_scope = any(is_inside(scope, checked) for checked in settings.scopes)
        return ResolvedConfig(
            shown, scope, config, network, snapshot, file.ignore_locations, is_whole_scope, edited_path
        )

    def _read_config(self, path: str, root: str) -> _ConfigFile | None:
        """Return the content of the configuration file at ``path``; report the reason if it cannot be used."""
        is_override = self._settings.config_path is not None
        tree = DISK if is_override else self._policy_tree
        if not is_override and tree.leads_outside(path, root):
            return self._report_unusable(path, _LINK, _LINK_HELP)
        prefix = table_path(path)
        try:
            text = tree.read_utf8(path)
        except UnreadableFileError as error:
            return self._report_unusable(path, error.cause, error.help)
        toml, lines = scan_cached(text), LineIndex(text)

        def position(key: tuple[str, ...]) -> Position | None:
            span = find_span(toml, key) if key else None
            return lines.position(span.start) if span else None

        first = first_error_in(toml, prefix)
        if first is not None:
            start = lines.position(first.span.start)
            return self._report_unusable(path, f"invalid TOML: {first.message}", first.help, start)
        if prefix and find_span(toml, prefix) is None:
            return self._report_unusable(path, "no [tool.mothball] table", "name a file with that table in --config")
        try:
            config = read_config(table_at(toml, prefix), prefix)
        except ConfigError as error:
            is_copy = is_override and not prefix and find_span(toml, _SHARED_TABLE) is not None
            help_text = _COPY_HELP if is_copy else error.help
            return self._report_unusable(path, str(error), help_text, position(error.key))
        locations = {
            ignore.name: lines.location(display_path(path), span)
            for ignore in config.ignores
            if (span := find_span(toml, (*prefix, "ignore", ignore.key))) is not None
        }
        return _ConfigFile(config, locations, position((*prefix, "index-url")), position((*prefix, "offline")))

    def _report_unusable(
        self, path: str, cause: str, help_text: str, position: Position | None = None
    ) -> _ConfigFile | None:
        """Report that the configuration file at ``path`` cannot be used, and return None."""
        message = f"{cause}; files that use this configuration were not checked"
        self._report(Problem(Severity.ERROR, message, help_text, display_path(path), position))
        return None

    def _report(self, problem: Problem) -> None:
        if problem not in self._reported:
            self._reported.add(problem)
            self.problems.append(problem)

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
        # The file given with --config may be outside the repository, with its snapshot next to it.
        allowed = (root, directory) if settings.config_path else (root,)
        tree = self._policy_tree
        if not settings.config_path and not tree.is_on_disk and tree.is_file(path):
            return self._load(path, display_path(config_path), tree)
        if not any(resolves_inside(path, parent) for parent in allowed):
            message = "the snapshot cannot be used: no such file in the repository"
            help_text = f"correct `snapshot` in {display_path(config_path)}, or {_NEW_SNAPSHOT}"
            self._report(Problem(Severity.ERROR, message, help_text, display_path(path)))
            return None
        return self._load(path, display_path(config_path))

    def _load(self, path: str, set_in: str, tree: Tree = DISK) -> Snapshot | None:
        """Return the snapshot at ``path``, None if it cannot be used.

        ``set_in`` is the configuration file that names it, empty for one from the command line.
        """
        if path not in self._snapshots:
            self._snapshots[path] = None
            shown = display_path(path)
            try:
                snapshot = self._snapshots[path] = parse_snapshot(tree.read_utf8(path))
            except (SnapshotError, UnreadableFileError) as error:
                message = f"the snapshot cannot be used: {error.cause}"
                help_text = f"{_NEW_SNAPSHOT} (path set by `snapshot` in {set_in})" if set_in else _NEW_SNAPSHOT
                self._report(Problem(Severity.ERROR, message, help_text, shown))
                return None
            age = snapshot.age_days(date.fromisoformat(self._settings.today))
            # One day of tolerance: the snapshot may come from a time zone that is a day ahead.
            if age > SNAPSHOT_AGE_LIMIT_DAYS or age < -1:
                cause = f"{age} days old: statuses may have changed" if age > 0 else "dated in the future"
                message = f"the snapshot is {cause}"
                self._report(Problem(Severity.WARNING, message, _NEW_SNAPSHOT, shown, rule=Rule.UNVERIFIED))
        return self._snapshots[path]


def read_user_config_file(path: str) -> UserConfig:
    """Return the user configuration at ``path``, or the default one. Raises UnreadableFileError or ConfigError."""
    if not os.path.lexists(path):
        return UserConfig()
    text = DISK.read_utf8(path)
    toml, lines = scan(text), LineIndex(text)
    if toml.errors:
        first = toml.errors[0]
        line = lines.position(first.span.start).line
        raise ConfigError(f"invalid TOML in line {line}: {first.message}", help_text=first.help)

    def locate(key: tuple[str, ...]) -> str:
        span = find_span(toml, key)
        return f"`{'.'.join(key)}` in {path}{f':{lines.position(span.start).line}' if span else ''}"

    try:
        return read_user_config(to_mapping(toml), locate)
    except ConfigError as error:
        span = find_span(toml, error.key)
        location = f"line {lines.position(span.start).line}: " if span else ""
        raise ConfigError(f"{location}{error}", key=error.key, help_text=error.help) from error


def with_unverified(config: ProjectConfig, severity: Severity | None) -> ProjectConfig:
    """Return ``config`` with ``severity`` for failed lookups, unless it is None: the environment overrides files."""
    if severity is None:
        return config
    suffixes = ("", *(f".{severity_scope}" for severity_scope in SEVERITY_SCOPES))
    overridden = {f"{Rule.UNVERIFIED}{suffix}": severity for suffix in suffixes}
    return config._replace(severities={**config.severities, **overridden})


def index_policy(resolved_config: ResolvedConfig | None) -> tuple[object, ...]:
    """Return the settings of a configuration that decide on which indexes names are looked up."""
    if resolved_config is None:
        return ()
    network = resolved_config.network
    return network.private, network.index_url, bool(network.index_set_by)


def table_path(path: str) -> tuple[str, ...]:
    """Return the path of mothball's table in a file with the name of ``path``; empty for the top level."""
    return _SHARED_TABLE if os.path.basename(path) == PYPROJECT_TOML else ()


def _config_file_in(directory: str, root: str, tree: Tree) -> str | None:
    mothball_toml = os.path.join(directory, MOTHBALL_TOML)
    if tree.exists(mothball_toml):
        return mothball_toml
    pyproject = os.path.join(directory, PYPROJECT_TOML)
    if not tree.exists(pyproject):
        return None
    if tree.leads_outside(pyproject, root):
        return pyproject
    try:
        # Scanning is slow, and most pyproject.toml files do not contain the word.
        if b"mothball" not in tree.read(pyproject):
            return None
        scanned = scan_cached(tree.read_utf8(pyproject))
    except UnreadableFileError:
        # The file may contain the policy for its directory: `_read_config` reports it.
        return pyproject
    return pyproject if scanned.is_truncated or find_span(scanned, _SHARED_TABLE) else None


def is_excluded_by_config(path: str, resolved_config: ResolvedConfig) -> bool:
    """Return True if an ``exclude`` pattern of the configuration matches the absolute ``path``."""
    exclude = resolved_config.config.exclude
    return bool(exclude) and matches_any(_pattern_path(path, resolved_config), exclude)


def _pattern_path(path: str, resolved_config: ResolvedConfig) -> str:
    return os.path.relpath(path, resolved_config.directory).replace(os.sep, "/")


# `**/` at the start of a segment matches any number of segments. Any other `**` also matches what `*` matches, so one
# star is left in the text after it.
_DOUBLE_STAR = re.compile(r"(?<![^/])\*\*+/|\*+(?=\*)")


def matches_any(relative: str, patterns: Sequence[str]) -> bool:
    """Return True if a relative path with forward slashes matches one of the patterns of ``exclude`` or ``files``.

    ``*`` and ``?`` match within a path segment, ``**`` matches any number of segments. A pattern that matches a
    directory matches everything below it. Matching takes linear time in the length of the path.
    """
    return any(_compiled(pattern).match(f"{relative}/") for pattern in patterns)


@lru_cache(maxsize=1024)
def _compiled(pattern: str) -> re.Pattern[str]:
    """Translate a pattern to a regular expression for paths that end with a slash.

    The text between two ``**``, and between two ``*`` in a segment, is matched at its first end, in an atomic group: a
    later end leaves less of the path to the rest of the pattern, so backtracking is never needed.
    """
    blocks = _DOUBLE_STAR.split(pattern.removeprefix("./").rstrip("/"))
    blocks[-1] += "/"
    return re.compile("(?>" + ")(?>(?:[^/]*+/)*?".join(map(_translated, blocks)) + ")")


def _translated(block: str) -> str:
    """Translate the text between two ``**``: complete segments, then one that may end within a path segment."""
    *complete, last = block.split("/")
    return "/".join([*(_segment(text, is_complete=True) for text in complete), _segment(last, is_complete=False)])


def _segment(text: str, *, is_complete: bool) -> str:
    chunks = ["[^/]".join(map(re.escape, chunk.split("?"))) for chunk in text.split("*")]
    tail = f"[^/]*{chunks.pop()}" if is_complete and len(chunks) > 1 else ""
    return chunks[0] + "".join(f"(?>[^/]*?{chunk})" for chunk in chunks[1:]) + tail


# Keys with tables, and the depth of their settings.
_TABLES = {"severity": 1, "ignore": 1, "files": 1, "indexes": 2}


class ConfiguredSetting(NamedTuple):
    """A setting: the path of its key below mothball's table, its value, and its location as ``PATH:LINE``."""

    key: tuple[str, ...]
    value: object
    location: str


def configured_settings(path: str, prefix: tuple[str, ...] = ()) -> Iterator[ConfiguredSetting]:
    """Yield the settings in the table ``prefix`` of the valid configuration file at ``path``.

    Each entry of a table is a setting of its own. Raises UnreadableFileError if the file cannot be read.
    """
    text = DISK.read_utf8(path)
    toml, lines = scan_cached(text), LineIndex(text)
    table = table_at(toml, prefix)
    for key, value in table.items() if isinstance(table, Mapping) else ():
        for below, entry in _entries(value, _TABLES.get(key, 0)):
            span = find_span(toml, (*prefix, key, *below))
            line = f":{lines.position(span.start).line}" if span else ""
            yield ConfiguredSetting((key, *below), entry, f"{display_path(path)}{line}")


def _entries(value: object, depth: int) -> Iterator[tuple[tuple[str, ...], object]]:
    """Yield the entries of nested tables down to ``depth``, each with the path of its key."""
    if not depth or not isinstance(value, Mapping):
        yield (), value
        return
    for key, entry in value.items():
        for below, leaf in _entries(entry, depth - 1):
            yield (key, *below), leaf
