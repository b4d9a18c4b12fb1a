"""Remedies for a rejected change: one block below all findings, ready to paste."""

from __future__ import annotations

import os
import shlex
from collections.abc import Iterable, Iterator, Mapping, Sequence
from fnmatch import fnmatchcase

from mothball.check.messages import ignore_comment_text, ignore_entry_text, index_settings_lines, toml_string
from mothball.model.file_names import MOTHBALL_TOML, PYPROJECT_TOML
from mothball.model.records import NamedTuple
from mothball.model.results import IGNORABLE_RULES, VERSION_RULES, Finding, Report, Rule, Severity
from mothball.model.sanitize import join_names, one_line

_SHOWN_NAMES = 5
# Possible malware: neither an ignore nor skipping the hook is suggested.
_MALWARE_RULES = (Rule.QUARANTINED, Rule.RE_REGISTERED)
_NEVER_IGNORED = (*_MALWARE_RULES, Rule.UNVERIFIED)
# Another project has the same finding: the cause is an index or a setting.
_NOT_ABOUT_PROJECT = (Rule.UNVERIFIED, Rule.UNRESOLVABLE)


class BlockedAction(NamedTuple):
    """A blocked action, and the command that retries it. ``has_hook`` is true if the command runs the hook."""

    what: str
    command: str
    has_hook: bool = True


COMMIT = BlockedAction("commit", "git commit")
PUSH = BlockedAction("push", "git push")
RUN = BlockedAction("run", "mothball check", has_hook=False)


class IgnoredProject(NamedTuple):
    """An ignore entry of the configuration: for some ``versions`` of the project, all if empty."""

    name: str
    rules: tuple[Rule, ...]
    versions: tuple[str, ...] = ()


class ConfigFile(NamedTuple):
    """A configuration file, as a display path, and the settings in it that a remedy extends.

    It ``exists`` if it configures mothball. ``private`` are its patterns of private names.
    """

    path: str
    snapshot: str | None = None
    exists: bool = False
    private: tuple[str, ...] = ()
    ignores: tuple[IgnoredProject, ...] = ()

    @property
    def is_shared(self) -> bool:
        """Whether the file also configures other tools."""
        return os.path.basename(self.path) == PYPROJECT_TOML

    def place(self, table: str = "", *, exists: bool | None = None) -> tuple[str, list[str]]:
        """Return where in the file to paste lines of mothball's ``table``, and the header to paste above them.

        ``exists`` says whether the file has that table, by default the main one.
        """
        name = one_line(self.path)
        header = ".".join(filter(None, ("tool.mothball" if self.is_shared else "", table)))
        if not header:
            return f"at the top of {name}", []
        if self.exists if exists is None else exists:
            return f"below [{header}] in {name}", []
        return f"in {name}", [f"    [{header}]"]


class RemedyContext(NamedTuple):
    """The circumstances of a rejected change.

    ``locks`` are the paths of its lock files. ``config_files`` maps the path of each file to the configuration file
    that applies to it, or to one to create. ``index_lines`` has the lines that declare a further index in a file.
    ``unstaged`` maps files whose unstaged changes ignore findings to the names of the projects. ``hook_id`` is the
    hook of pre-commit or prek that runs the check, empty if neither does. ``is_base_policy`` is True if the
    configuration and the ignore comments of the change do not apply. ``directory`` is where the user ran git, relative
    to the working directory of the hook.
    """

    locks: frozenset[str] = frozenset()
    config_files: Mapping[str, ConfigFile] = {}
    index_lines: Mapping[str, tuple[str, ...]] = {}
    unstaged: Mapping[str, tuple[str, ...]] = {}
    action: BlockedAction = COMMIT
    hook_id: str = ""
    is_base_policy: bool = False
    directory: str = ""

    def config_file(self, path: str) -> ConfigFile:
        """Return the configuration file that applies to the file at ``path``, by default mothball.toml."""
        return self.config_files.get(path, ConfigFile(MOTHBALL_TOML))

    def staging(self, paths: Iterable[str]) -> str:
        """Return the command that stages ``paths`` after a change, as a clause; empty if nothing is committed."""
        if self.action != COMMIT:
            return ""
        paths = list(dict.fromkeys(paths))
        return f", then `{self.git_add(paths)}`" if len(paths) <= _SHOWN_NAMES else ", then stage these files"

    def git_add(self, paths: Iterable[str]) -> str:
        """Return the command that stages ``paths``."""
        return f"git add {' '.join(map(self._argument, paths))}"

    def snapshot_command(self, path: str) -> str:
        """Return the command that writes a snapshot of the repository to ``path``."""
        searched = f" {self._argument('.')}" if self.directory else ""
        return f"mothball snapshot -o {self._argument(path)}{searched}"

    def _argument(self, path: str) -> str:
        """Return ``path`` as an argument of a command that the user runs."""
        shown = one_line(os.path.relpath(path, self.directory) if self.directory else path)
        # A leading dash would be an option.
        return shlex.quote(f"./{shown}" if shown.startswith("-") else shown)


def remedies(report: Report, context: RemedyContext) -> str:
    """Return the remedies for the errors in ``report``, empty if there are none."""
    errors = [finding for finding in report.active if finding.severity is Severity.ERROR]
    ignorable = [
        finding for finding in errors if finding.rule in IGNORABLE_RULES and finding.rule not in _NEVER_IGNORED
    ]
    lines = [
        *_unstaged_lines(context),
        *_version_lines(errors),
        *_internal_lines(errors, context),
        *_replace_lines(errors, report),
        *_ignore_lines(ignorable, context),
        *_unverified_lines(errors, report, context),
        *_not_stated_lines(errors, context),
    ]
    if not lines:
        return ""
    if context.action.has_hook and not any(finding.rule in _MALWARE_RULES for finding in errors):
        lines += _skip_lines(context)
    if context.is_base_policy and any(finding.rule not in _MALWARE_RULES for finding in errors):
        lines.append("settings and ignores of this change do not apply (`--policy base`): merge them first")
    return "\n".join(["what to do", *(f"  {line}" for line in lines)]) + "\n"


def _skip_lines(context: RemedyContext) -> list[str]:
    """Return how to repeat the action without the hook. Git itself can only leave out all of them."""
    what, command = context.action.what, context.action.command
    if context.hook_id:
        return [f"to skip the hook for one {what}:", f"    SKIP={context.hook_id} {command} ..."]
    return [f"to skip all hooks for one {what}:", f"    {command} --no-verify ..."]


def _unstaged_lines(context: RemedyContext) -> Iterator[str]:
    for path, names in context.unstaged.items():
        yield f"{one_line(path)} ignores {join_names(names, _SHOWN_NAMES)}, but that change is not staged:"
        yield f"    {context.git_add([path])}"


def _internal_lines(errors: Iterable[Finding], context: RemedyContext) -> Iterator[str]:
    """Yield how to configure the index of missing packages that are internal, for each file."""
    by_path: dict[str, dict[str, None]] = {}
    for finding in errors:
        if finding.rule is Rule.MISSING and finding.name:
            by_path.setdefault(finding.path, {})[finding.name] = None
    for path, names in by_path.items():
        yield from _internal_lines_of(path, list(names), context)


def _internal_lines_of(path: str, names: Sequence[str], context: RemedyContext) -> Iterator[str]:
    subject = f"if {join_names(names, _SHOWN_NAMES)} {'is' if len(names) == 1 else 'are'} internal:"
    config_file, index_lines = context.config_file(path), context.index_lines.get(path, ())
    private = [name for name in names if not any(fnmatchcase(name, pattern) for pattern in config_file.private)]
    # A name that is private already needs only its index.
    settings = [f"private = [{', '.join(map(toml_string, (*config_file.private, *private)))}]"] if private else []
    edited = [config_file.path]
    if path in context.locks:
        if not settings:
            yield f"{subject} name the index in the manifest and lock again"
            return
        lead = f"{subject} name the index in the manifest and lock again; set"
    elif index_lines:
        staging = "" if settings else context.staging([path])
        yield f"{subject} add the index, with its address in place of URL, to {one_line(path)}{staging}:"
        yield from (f"    {line}" for line in index_lines)
        if index_lines[0] == "[[source]]":
            yield '    (and `index = "internal"` to the entry: without it, Pipenv queries only the first source)'
        if not settings:
            return
        edited, lead = [path, *edited], "and set"
    else:
        settings.insert(0, 'index-url = "URL"')
        lead = f"{subject} with the address of the index in place of URL, set"
    where, header = config_file.place()
    yield f"{lead} {where}{context.staging(edited)}:"
    yield from (*header, *(f"    {line}" for line in settings))


def _version_lines(errors: Sequence[Finding]) -> Iterator[str]:
    """Yield what to do about pinned versions. For a locked version, the lock must be made again."""
    owners = dict.fromkeys(finding.name or "" for finding in errors if finding.rule is Rule.RE_REGISTERED)
    others = dict.fromkeys(
        f"{finding.name} {finding.version}" for finding in errors if finding.rule in (Rule.YANKED, Rule.UNLISTED)
    )
    if owners:
        names = join_names(list(owners), _SHOWN_NAMES)
        yield f"find out who owns {names} now; until then, neither install, upgrade nor re-lock"
    if others:
        versions = "another version" if len(others) == 1 else "other versions"
        yield f"use {versions} than {join_names(list(others), _SHOWN_NAMES)}"


def _replace_lines(errors: Sequence[Finding], report: Report) -> Iterator[str]:
    direct_parents = {checked.location: checked.via[0] for checked in report.dependencies if checked.via}
    named = [
        finding
        for finding in errors
        if finding.name and finding.rule not in _NOT_ABOUT_PROJECT and finding.rule not in VERSION_RULES
    ]
    direct = [finding for finding in named if finding.location not in direct_parents]
    names = list(dict.fromkeys(finding.name or "" for finding in direct if not finding.successor))
    replaced = dict.fromkeys((finding.name, finding.successor) for finding in direct if finding.successor)
    parents = list(
        dict.fromkeys(direct_parents[finding.location] for finding in named if finding.location in direct_parents)
    )
    yield from (f"replace {name} with {successor}" for name, successor in replaced)
    if names:
        yield f"replace or remove {join_names(names, _SHOWN_NAMES)}"
    if parents:
        yield f"upgrade or replace {join_names(parents, _SHOWN_NAMES)} to fix transitive dependencies"
    unresolvable = sum(finding.rule is Rule.UNRESOLVABLE for finding in errors)
    if unresolvable:
        yield f"follow the help of the unresolvable {'entry' if unresolvable == 1 else 'entries'}"


def _ignore_lines(ignorable: Sequence[Finding], context: RemedyContext) -> Iterator[str]:
    """Yield how to ignore the findings: by comments (not in lock files), or by entries in configuration files."""
    names = {finding.name for finding in ignorable if finding.name}
    prefix = f"or ignore {'it' if len(names) == 1 else 'them'}, with your reason in place of WHY,"
    in_manifests = [finding for finding in ignorable if finding.path not in context.locks]
    if in_manifests and not context.is_base_policy:
        staging = context.staging(finding.path for finding in in_manifests)
        rules_of_line: dict[tuple[str, int | None], dict[str, None]] = {}
        for finding in in_manifests:
            line = finding.location.start.line if finding.location else None
            rules_of_line.setdefault((finding.path, line), {})[finding.rule] = None
        where = "ignore it, with your reason in place of WHY, on its line"
        if len(rules_of_line) > 1:
            where = "ignore them, with your reason in place of WHY, on their lines"
        yield f"or {where}{staging}:"
        yield from dict.fromkeys(f"    {ignore_comment_text(tuple(rules))}" for rules in rules_of_line.values())
        prefix = "or"
    entries: dict[ConfigFile, dict[str, dict[str, None]]] = {}
    versions: dict[str, dict[str, None]] = {}
    for finding in (finding for finding in ignorable if finding.name):
        if finding.version is not None:
            versions.setdefault(finding.name or "", {})[finding.version] = None
        for path in dict.fromkeys((finding.path, *(location.path for location in finding.related_locations))):
            entries.setdefault(context.config_file(path), {}).setdefault(finding.name or "", {})[finding.rule] = None
    for config_file, rules in sorted(entries.items()):
        where, header = config_file.place("ignore", exists=bool(config_file.ignores))
        yield f"{prefix} {where}{context.staging([config_file.path])}:"
        yield from header
        existing = {ignore.name: ignore for ignore in config_file.ignores}
        for name, name_rules in sorted(rules.items()):
            yield f"    {_ignore_entry(name, name_rules, versions.get(name, ()), existing.get(name))}"
        prefix = "and"


def _ignore_entry(name: str, rules: Iterable[str], versions: Iterable[str], existing: IgnoredProject | None) -> str:
    """Return an ignore entry, with the rules and versions of the ``existing`` one, since TOML rejects a second one."""
    if existing is None:
        return ignore_entry_text(name, tuple(rules), versions=tuple(versions))
    all_rules = tuple(dict.fromkeys((*existing.rules, *rules)))
    # An entry for version rules without versions is for all versions.
    is_limited = existing.versions or not any(rule in VERSION_RULES for rule in existing.rules)
    all_versions = tuple(dict.fromkeys((*map(one_line, existing.versions), *versions))) if is_limited else ()
    entry = ignore_entry_text(name, all_rules, versions=all_versions)
    return f"{entry}  # in place of the entry of {one_line(name, 100)}"


def _not_stated_lines(errors: Iterable[Finding], context: RemedyContext) -> Iterator[str]:
    indexes = [finding.index_url for finding in errors if finding.rule is Rule.NOT_STATED]
    for config_file in sorted({*context.config_files.values()}) if indexes else ():
        staging = context.staging([config_file.path])
        accepting = [line for index in indexes for line in index_settings_lines(index, shared=config_file.is_shared)]
        if accepting:
            where = f"in {one_line(config_file.path)}{staging}"
            lead = "for indexes without statuses: set `status-index`, use a snapshot, or accept unknown statuses"
            yield f"{lead}, {where}:"
            yield from (f"    {line}" for line in accepting)
            yield '    (or `statuses = "stated"`, if the index passes status markers on)'
        else:
            where, header = config_file.place()
            yield f"name an index that publishes statuses, with its address in place of URL, {where}{staging}:"
            yield from (*header, '    status-index = "URL"')


def _unverified_lines(errors: Iterable[Finding], report: Report, context: RemedyContext) -> Iterator[str]:
    unverified = [finding for finding in errors if finding.rule is Rule.UNVERIFIED]
    has_problem = any(problem.severity is Severity.ERROR and problem.rule for problem in report.problems)
    if not unverified and not has_problem:
        return
    yield f"for failed lookups: try again, or allow them for one {context.action.what}:"
    yield f"    MOTHBALL_UNVERIFIED=warning {context.action.command} ..."
    paths = [finding.path for finding in unverified] or [*context.config_files, ""][:has_problem]
    for config_file in sorted({context.config_file(path) for path in paths}):
        snapshot = os.path.join(os.path.dirname(config_file.path), config_file.snapshot or "statuses.json")
        command = f"`{context.snapshot_command(snapshot)}`"
        if config_file.snapshot:
            yield f"or update the snapshot while online: {command}{context.staging([snapshot])}"
            continue
        where, header = config_file.place()
        staging = context.staging([snapshot, config_file.path])
        yield f"or use a snapshot: run {command} while online, add {where}{staging}:"
        yield from (*header, '    snapshot = "statuses.json"')
