"""Plan what ``mothball init`` writes: the text of each file, and what the user has to decide or do by hand."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from mothball.check.inputs import ResolvedFile
from mothball.cli.snapshot import count_known, snapshot_results, snapshot_text
from mothball.cli.write_ignores import CONFIG_SUFFIXES, TextFile, ignorable_findings, plan_ignores, read_text_file
from mothball.config.project import DEFAULT_INDEX, IndexStatuses, is_default_index
from mothball.discovery.config_lookup import table_path
from mothball.edits.hook_entry import (
    HOOK_ID,
    HookSource,
    add_hook,
    extended_hook_files,
    hook_entry,
    hook_entry_toml,
    unmatched,
)
from mothball.edits.model import apply
from mothball.edits.settings import NewIgnore, NewSetting, add_config_ignores, add_settings
from mothball.formats.toml.api import scan, to_mapping
from mothball.model.errors import ConfigError, UnreadableFileError
from mothball.model.records import NamedTuple
from mothball.model.results import KnownStatus, Problem, Report, Severity, Source, StatusNotStated, UnrecognizedStatus
from mothball.model.sanitize import base_url, join_names, one_line
from mothball.repository.files import display_path
from mothball.repository.git_repository import Repository
from mothball.repository.paths import is_inside

_YAML = (".yaml", ".yml")
_JSON = ".json"
_PREK_TOML = "prek.toml"
_GIT_HOOK = "#!/bin/sh\nexec mothball check --added\n"
_GIT_HOOK_COMMAND = "mothball check --added"


class InitOptions(NamedTuple):
    """What the user chose on the command line.

    ``reason`` is that of the ignore entries, empty for none. ``snapshot`` is the path of a new snapshot, and
    ``status_index`` the URL of the index that is queried where another publishes no statuses; both may be empty.
    """

    source: HookSource = HookSource()
    git_hook: bool = False
    reason: str = ""
    snapshot: str = ""
    status_index: str = ""
    accept_not_stated: bool = False


class CheckedRepository(NamedTuple):
    """The repository, the files of a full check of it, and their report.

    ``new_config`` is the path of the configuration file that applies to a file in the root, or where to create it.
    ``now`` is a Unix time, ``today`` an ISO date.
    """

    repository: Repository
    files: Mapping[str, ResolvedFile]
    report: Report
    new_config: str
    now: float
    today: str

    @property
    def root(self) -> str:
        """The root of the working tree."""
        return self.repository.root


class NewText(NamedTuple):
    """A file, and its new text."""

    file: TextFile
    text: str
    is_executable: bool = False


class InitPlan:
    """The texts to write, by absolute path, the problems, and the notes, whose lines are sanitized."""

    def __init__(self) -> None:
        """Plan nothing."""
        self._texts: dict[str, NewText] = {}
        self.problems: list[Problem] = []
        self.notes: list[str] = []

    def changes(self) -> list[NewText]:
        """Return the files whose text changes."""
        return [new for new in self._texts.values() if new.text != new.file.text or not new.file.exists]

    def edit(
        self,
        path: str,
        root: str | None,
        suffixes: tuple[str, ...],
        edit: Callable[[str], str],
        *,
        executable: bool = False,
    ) -> Problem | None:
        """Apply ``edit`` to the text of the file at ``path``; return the problem if it cannot be edited.

        ``root`` is the repository that must contain the file, None for a file outside the working tree.
        """
        try:
            new = self._texts.get(path)
            if new is None:
                file = read_text_file(path, root, suffixes)
                new = NewText(file, file.text, executable)
            self._texts[path] = new._replace(text=edit(new.text))
        except (ConfigError, UnreadableFileError) as error:
            cause = error.cause if isinstance(error, UnreadableFileError) else str(error)
            return self.add_problem(f"not changed: {cause}", error.help, path)
        return None

    def add_problem(self, message: str, help_text: str, path: str) -> Problem:
        """Add an error about the file at ``path``, and return it."""
        problem = Problem(Severity.ERROR, message, help_text, display_path(path))
        self.problems.append(problem)
        return problem


def plan_init(repo: CheckedRepository, options: InitOptions) -> InitPlan:
    """Return the plan for a repository."""
    plan = InitPlan()
    if options.git_hook:
        _plan_git_hook(plan, repo)
    else:
        _plan_hook(plan, repo, options.source)
    if options.snapshot:  # before the configuration that names it
        _plan_snapshot(plan, repo, options.snapshot)
    _plan_statuses(plan, repo, options)
    _plan_ignores(plan, repo, options.reason)
    return plan


# --- the hook ---------------------------------------------------------------------------------------------------------


def _plan_hook(plan: InitPlan, repo: CheckedRepository, source: HookSource) -> None:
    relative = (os.path.relpath(file.parsed.path, repo.root).replace(os.sep, "/") for file in repo.files.values())
    paths = unmatched(sorted(path for path in relative if not path.startswith("../")))
    if os.path.lexists(os.path.join(repo.root, _PREK_TOML)):
        # prek prefers this file to the others, and pre-commit does not read it.
        _plan_prek_toml(plan, repo, source, paths)
        return
    names = (".pre-commit-config.yaml", ".pre-commit-config.yml")
    config = next((name for name in names if os.path.lexists(os.path.join(repo.root, name))), names[0])
    path = os.path.join(repo.root, config)
    problem = plan.edit(path, repo.root, _YAML, lambda text: add_hook(text, source, paths))
    # Errors of an existing hook have a help text.
    if problem is not None and not problem.help:
        plan.notes += [f"the entry for `repos` in {config}:", *_indented(hook_entry(source, paths))]


def _plan_prek_toml(plan: InitPlan, repo: CheckedRepository, source: HookSource, paths: list[str]) -> None:
    """Show what must be added to prek.toml by hand."""
    path = os.path.join(repo.root, _PREK_TOML)
    try:
        text = read_text_file(path, repo.root, CONFIG_SUFFIXES).text
    except UnreadableFileError as error:
        plan.add_problem(error.cause, error.help, path)
        return
    repos = _dictionaries(to_mapping(scan(text)).get("repos"))
    hook = next(
        (hook for each in repos for hook in _dictionaries(each.get("hooks")) if hook.get("id") == HOOK_ID), None
    )
    if hook is None:
        plan.add_problem("the hook must be added by hand", "", path)
        plan.notes += [f"at the end of {one_line(display_path(path))}:", *_indented(hook_entry_toml(source, paths))]
        return
    files = str(hook.get("files", ""))
    if paths and extended_hook_files(files, paths) != files:
        plan.add_problem(f"`files` of the hook must match {join_names(paths, 5)}", "extend it by hand", path)


def _dictionaries(value: object) -> list[dict[str, Any]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _plan_git_hook(plan: InitPlan, repo: CheckedRepository) -> None:
    git = repo.repository.git
    # The last value is the one that mothball passes to git.
    configured = git.run("config", "-z", "--get-all", "core.hooksPath").stdout.split(b"\0")[:-2]
    if configured:
        directory = os.path.join(repo.root, os.fsdecode(configured[-1]))
        help_text = f"add the line `{_GIT_HOOK_COMMAND} || exit 1` to its pre-commit hook"
        plan.add_problem("git reads hooks from this directory (core.hooksPath)", help_text, directory)
        return
    common = os.fsdecode(git.run("rev-parse", "--git-common-dir").stdout.removesuffix(b"\n"))
    for name in ("pre-commit", "pre-merge-commit"):
        path = os.path.normpath(os.path.join(repo.root, common, "hooks", name))
        plan.edit(path, None, ("",), _git_hook, executable=True)


def _git_hook(text: str) -> str:
    if _GIT_HOOK_COMMAND in text:
        return text
    if text:
        raise ConfigError("the hook exists", help_text=f"add the line `{_GIT_HOOK_COMMAND} || exit 1` to it")
    return _GIT_HOOK


# --- the configuration ------------------------------------------------------------------------------------------------


def _plan_statuses(plan: InitPlan, repo: CheckedRepository, options: InitOptions) -> None:
    """Plan the settings of the indexes that were queried, in the configuration of the files that use them."""
    undecided: dict[str, None] = {}
    option = "--status-index" if options.status_index else "--accept-not-stated" if options.accept_not_stated else ""
    for path, index, is_stated in _queried_indexes(repo):
        if is_stated:
            _plan_index_setting(plan, repo, path, index, IndexStatuses.STATED)
            continue
        if options.status_index:
            _plan_settings(plan, repo, path, NewSetting((), "status-index", options.status_index))
        elif options.accept_not_stated and not is_default_index(index):
            _plan_index_setting(plan, repo, path, index, IndexStatuses.NONE)
        else:
            undecided[index] = None
            continue
        option = ""
    if option and undecided:
        plan.notes.append(f"{option} does not apply to the built-in default index")
    elif option:
        plan.notes.append(f"{option} has no effect: no index without statuses was queried that is not yet configured")
    for index in undecided:
        plan.notes += _undecided_lines(index)


def _undecided_lines(index: str) -> list[str]:
    """Return what to do about an index that publishes no statuses."""
    what = f"{one_line(index, 300)} publishes no project statuses: commits that add dependencies from it are rejected"
    query = "  to query another index for their statuses, which sends it all names that are not `private`:"
    if is_default_index(index):
        return [
            what,
            "  the index itself publishes them: a proxy or mirror in between seems to remove them",
            query,
            "    mothball init --status-index URL",
        ]
    return [
        what,
        query,
        f"    mothball init --status-index {DEFAULT_INDEX}",
        "  or to accept unknown statuses:",
        "    mothball init --accept-not-stated",
    ]


def _queried_indexes(repo: CheckedRepository) -> Iterator[tuple[str, str, bool]]:
    """Yield each index without `statuses` that was queried: configuration file, URL, and whether it states markers."""
    stated: dict[tuple[str, str], bool] = {}
    for item in repo.report.dependencies:
        lookup = item.lookup
        if not isinstance(lookup, KnownStatus | UnrecognizedStatus | StatusNotStated):
            continue
        config, index = repo.files[item.path].resolved_config, lookup.origin.index_url
        settings = {each.url: each.statuses for each in config.network.index_settings}
        is_settled = settings.get(index) is not None or lookup.origin.source is Source.SNAPSHOT
        # The built-in default index states markers.
        if is_settled or index == base_url(config.network.status_index or ""):
            continue
        key = (config.edited_path, index)
        stated[key] = stated.get(key, False) or not isinstance(lookup, StatusNotStated)
    for (path, index), is_stated in sorted(stated.items()):
        if not (is_stated and is_default_index(index)):
            yield path, index, is_stated


def _plan_index_setting(
    plan: InitPlan, repo: CheckedRepository, path: str, index: str, statuses: IndexStatuses
) -> None:
    def edit(text: str) -> str:
        prefix = table_path(path)
        return add_settings(
            text, prefix, [NewSetting(("indexes", _index_key(text, prefix, index)), "statuses", statuses)]
        )

    plan.edit(path, repo.root, CONFIG_SUFFIXES, edit)


def _index_key(text: str, prefix: tuple[str, ...], index: str) -> str:
    """Return the key of ``index`` in the table of indexes, which may lack the slash at the end."""
    table: object = to_mapping(scan(text))
    for name in (*prefix, "indexes"):
        table = table.get(name) if isinstance(table, dict) else None
    return next((key for key in table if base_url(key) == index), index) if isinstance(table, dict) else index


def _plan_settings(plan: InitPlan, repo: CheckedRepository, path: str, *settings: NewSetting) -> None:
    plan.edit(path, repo.root, CONFIG_SUFFIXES, lambda text: add_settings(text, table_path(path), settings))


def _plan_ignores(plan: InitPlan, repo: CheckedRepository, reason: str) -> None:
    findings = ignorable_findings(repo.report, repo.files, repo.today)
    names = sorted({finding.name or "" for finding in findings})
    if names and not reason:
        shown = ", ".join(one_line(name, 100) for name in names)
        plan.notes += [
            f"archived, deprecated or yanked today, and not rejected by the hook: {shown}",
            f"  to ignore {'it' if len(names) == 1 else 'them'} in full checks as well, with your reason:",
            '    mothball init --reason "in use before mothball"',
        ]
        return
    for path, planned in sorted(plan_ignores(findings, repo.files).items()):
        entries = planned.entries(reason)

        def edit(text: str, path: str = path, entries: list[NewIgnore] = entries) -> str:
            return apply(text, add_config_ignores(text, table_path(path), entries))

        plan.edit(path, repo.root, CONFIG_SUFFIXES, edit)


def _plan_snapshot(plan: InitPlan, repo: CheckedRepository, name: str) -> None:
    results = snapshot_results(repo.report)
    path = os.path.abspath(name)
    directory = os.path.dirname(path)
    if not (path.endswith(_JSON) and os.path.isdir(directory) and is_inside(os.path.realpath(directory), repo.root)):
        help_text = "name one in an existing directory, such as statuses.json"
        plan.add_problem("no snapshot: not a .json file of the repository", help_text, path)
    elif not count_known(results):
        plan.add_problem(
            "no snapshot: no status is known", "run it where an index that publishes them can be queried", path
        )
    elif plan.edit(path, repo.root, (_JSON,), lambda _: snapshot_text(results, repo.now)) is None:
        relative = os.path.relpath(path, os.path.dirname(repo.new_config)).replace(os.sep, "/")
        _plan_settings(plan, repo, repo.new_config, NewSetting((), "snapshot", relative))


def _indented(text: str) -> list[str]:
    return [f"    {line}" for line in text.splitlines()]
