"""How to go on after a change was rejected: one block below all findings, made to be copied from."""

from __future__ import annotations

import os
import shlex
from collections.abc import Iterable, Mapping, Sequence

from mothball.check.messages import ignore_comment_text, ignore_entry_text
from mothball.model.file_names import MOTHBALL_TOML, PYPROJECT_TOML
from mothball.model.findings import IGNORABLE_RULES, Finding, Report, Rule, Severity
from mothball.model.records import NamedTuple
from mothball.model.sanitize import join_names, one_line

_SHOWN_NAMES = 5
# A quarantined project may be malware: how to take it in all the same is for nobody to be reminded of.
_NEVER_OFFERED = (Rule.QUARANTINED, Rule.UNVERIFIED)


class BlockedAction(NamedTuple):
    """What was stopped, and the command that would do it again; ``has_hook`` where that goes through a hook."""

    what: str
    command: str
    has_hook: bool = True


COMMIT = BlockedAction("commit", "git commit")
PUSH = BlockedAction("push", "git push")
RUN = BlockedAction("run", "mothball check", has_hook=False)


class ConfigFile(NamedTuple):
    """A configuration file as it is shown, and the snapshot that it names, if any."""

    path: str
    snapshot: str | None = None

    @property
    def is_shared(self) -> bool:
        """Whether it holds the configuration of other tools as well."""
        return os.path.basename(self.path) == PYPROJECT_TOML


class RemedyContext(NamedTuple):
    """What was stopped: the paths of locks in it, what rules over each path, the moment, and the hook's id."""

    locks: frozenset[str] = frozenset()
    config_files: Mapping[str, ConfigFile] = {}
    action: BlockedAction = COMMIT
    hook_id: str = "mothball"

    def config_file(self, path: str) -> ConfigFile:
        """Return what rules over the file at ``path``."""
        return self.config_files.get(path, ConfigFile(MOTHBALL_TOML))


def remedies(report: Report, stopped: RemedyContext) -> str:
    """Return the ways out of the errors in ``report``, empty where there are none."""
    errors = [one for one in report.findings if one.severity is Severity.ERROR and one.suppressed is None]
    kept = [one for one in errors if one.name and one.rule in IGNORABLE_RULES and one.rule not in _NEVER_OFFERED]
    lines = [*_replacing(errors, report), *_keeping(kept, stopped), *_unverified(errors, report, stopped)]
    if not lines:
        return ""
    if stopped.action.has_hook:
        lines.append(f"to let this one {stopped.action.what} pass, unchecked (pre-commit, prek):")
        lines.append(f"    SKIP={stopped.hook_id} {stopped.action.command} ...")
    return "\n".join(["ways out", *(f"  {line}" for line in lines)]) + "\n"


def _replacing(errors: Iterable[Finding], report: Report) -> list[str]:
    brought = {item.location: item.via[0] for item in report.dependencies if item.via}
    named = [one for one in errors if one.name and one.rule is not Rule.UNVERIFIED]
    names = list(dict.fromkeys(one.name or "" for one in named if one.location not in brought))
    parents = list(dict.fromkeys(brought[one.location] for one in named if one.location in brought))
    lines = [f"take other packages, or none, in place of {join_names(names, _SHOWN_NAMES)}"] if names else []
    if parents:
        lines.append(f"upgrade or replace {join_names(parents, _SHOWN_NAMES)}, for what that brings in")
    return lines


def _keeping(kept: Sequence[Finding], stopped: RemedyContext) -> list[str]:
    """Return how to keep what stands there, knowingly: a comment, or the entries of the configurations."""
    lines = []
    in_manifests = [one for one in kept if one.path not in stopped.locks]
    if in_manifests:
        lines.append("keep them, and say why: on the line")
        lines += [
            f"    {comment}" for comment in dict.fromkeys(ignore_comment_text((one.rule,)) for one in in_manifests)
        ]
    entries: dict[ConfigFile, dict[str, dict[str, None]]] = {}
    for one in kept:
        for path in dict.fromkeys((one.path, *(location.path for location in one.related_locations))):
            entries.setdefault(stopped.config_file(path), {}).setdefault(one.name or "", {})[one.rule] = None
    beginning = "or in" if lines else "keep them, and say why: in"
    for governing, rules in sorted(entries.items()):
        lines.append(f"{beginning} {one_line(governing.path)}")
        lines.append("    [tool.mothball.ignore]" if governing.is_shared else "    [ignore]")
        lines += [f"    {ignore_entry_text(name, tuple(of_name))}" for name, of_name in sorted(rules.items())]
        beginning = "and in"
    return lines


def _unverified(errors: Iterable[Finding], report: Report, stopped: RemedyContext) -> list[str]:
    unverified = [one for one in errors if one.rule is Rule.UNVERIFIED]
    is_doubtful = any(one.severity is Severity.ERROR and one.rule for one in report.problems)
    if not unverified and not is_doubtful:
        return []
    moment = stopped.action
    lines = [
        f"what could not be checked: try again, or take it on trust for one {moment.what}",
        f"    MOTHBALL_UNVERIFIED=warning {moment.command} ...",
    ]
    # No snapshot helps with a list that is computed.
    doubtful = [one.path for one in unverified if one.name] or [*stopped.config_files, ""][:is_doubtful]
    for governing in sorted({stopped.config_file(path) for path in doubtful}):
        directory = os.path.dirname(governing.path)
        name = governing.snapshot or "statuses.json"
        writing = f"`mothball snapshot -o {shlex.quote(one_line(os.path.join(directory, name)))}`"
        if governing.snapshot:
            lines.append(f"or renew the snapshot: online, {writing}")
            continue
        where = "in" if governing.is_shared else "at the top of"
        lines.append(f"or have the statuses at hand: online, {writing}, then {where} {one_line(governing.path)}")
        lines += ["    [tool.mothball]"] if governing.is_shared else []
        lines.append('    snapshot = "statuses.json"')
    return lines
