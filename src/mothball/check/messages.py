"""What a person reads of a finding: what is so, and the ways out. Pure.

Foreign words (names, reasons, markers) pass through ``one_line`` here, once, so that a ``Finding`` is always harmless.
"""

from __future__ import annotations

import os
import re
from typing import assert_never

from mothball.model.document import SkipReason
from mothball.model.file_names import PYPROJECT_TOML
from mothball.model.lookup import (
    Cause,
    KnownStatus,
    Lookup,
    Missing,
    ProjectStatus,
    Skipped,
    StatusNotStated,
    Unavailable,
    UnrecognizedStatus,
)
from mothball.model.records import NamedTuple
from mothball.model.sanitize import one_line


class MessageText(NamedTuple):
    """A finding in words: ``message`` is ours, ``reason`` the index's own, ``help`` the ways out."""

    message: str
    help: str
    reason: str = ""


SKIP_REASON_TEXT = {
    SkipReason.URL: "installed from a direct URL",
    SkipReason.VCS: "installed from version control",
    SkipReason.PATH: "installed from a path",
    SkipReason.EDITABLE: "an editable install",
    SkipReason.WORKSPACE: "a member of the workspace",
    SkipReason.SELF: "the project itself",
    SkipReason.INCOMPLETE: "an incomplete entry",
    SkipReason.CONDA: "a conda package",
    SkipReason.PRIVATE: "a private name",
    SkipReason.VARIABLE: "a variable in the entry decides where it comes from",
    SkipReason.INDEX_VARIABLE: "the address of its index holds a variable",
    SkipReason.NO_INDEX: "the file or your settings name no index that can be asked",
    SkipReason.UNSAVED: "its index was changed, and the change is not saved",
    SkipReason.CONSENT: "only the repository names its index, which is local or over plain http",
    SkipReason.TOO_MANY_INDEXES: "too many indexes would have to be asked",
}

# Where a configuration stands that shares its file with others.

_STATUS_HELP = {
    ProjectStatus.ARCHIVED: "no more releases, not even for security: {leave}",
    ProjectStatus.DEPRECATED: "its maintainers advise against it: {leave}",
    ProjectStatus.QUARANTINED: "the index holds it back as possibly harmful: do not install it, remove it",
}
_KEPT = (ProjectStatus.ARCHIVED, ProjectStatus.DEPRECATED)
_CAUSE_HELP = {
    Cause.OFFLINE: "check it once online, or give a snapshot that knows it (`mothball snapshot` writes one)",
    Cause.UNAUTHORIZED: "put credentials into netrc, a keyring or an address in your own mothball/config.toml",
    Cause.REFUSED_REDIRECT: "names go to no host that was not asked: set `index-url` to the index that has the project",
    Cause.UNEXPECTED_ANSWER: "check that `index-url` is a simple repository (PEP 503, 691) and no proxy answers for it",
    Cause.DECLINED: "use https; or name the host under `trusted-hosts` in your own configuration, if you trust the way",
    Cause.TLS: "check the certificate; `REQUESTS_CA_BUNDLE` can name the authority of your network",
}
_SNAPSHOT = "give a snapshot (`mothball snapshot` writes one)"
# Names that somebody may have an index for, and that were not asked all the same.
_SKIP_REASON_HELP = {
    SkipReason.VARIABLE: "write out what the variable stands for",
    SkipReason.INDEX_VARIABLE: f"name the index in your own configuration (`index-url`, pip.conf), or {_SNAPSHOT}",
    SkipReason.NO_INDEX: f"see `mothball check --explain-index NAME`; write the index's address, or {_SNAPSHOT}",
    SkipReason.CONSENT: "name the index in your own configuration, or set `allow-local-indexes` there, which is "
    "`allowLocalIndexes` among an editor's settings",
    SkipReason.TOO_MANY_INDEXES: f"take indexes out of the file, or {_SNAPSHOT}",
}
REPORTED_SKIP_REASONS = tuple(_SKIP_REASON_HELP)
_MISSING_HELP = (
    "check the spelling, as anybody may register a mistyped, invented or deleted name; where another index has it, "
    "name that one"
)
_ANY_CAUSE_HELP = "check again when the index answers, or give a snapshot (`mothball snapshot` writes one)"


def finding_message(
    name: str, lookup: Lookup, via: tuple[str, ...] = (), *, table: str | None = None, added: bool = False
) -> MessageText:
    """Return the words for the finding that ``lookup`` of the project ``name`` is.

    ``via`` is the way by which a transitive package comes in. ``table`` is where the configuration keeps its ignores,
    given for what a tool has written: it bears no comment, or the tool that writes it anew takes that away. Where a
    change has ``added`` it, how to keep it is told once, below all findings (report/remedies.py).
    """
    words = _wording(one_line(name, 100), lookup, one_line(via[0], 100) if via else "")
    if isinstance(lookup, KnownStatus) and lookup.status in _KEPT and not added:
        keep = ignore_entry_text(name, (lookup.status,)) if table else ignore_comment_text((lookup.status,))
        place = f" in {table}" if table else ""
        words = words._replace(help=f"{words.help}, or keep it with `{keep}`{place}")
    return words._replace(message=f"{words.message}, via {one_line(' → '.join((*via, name)))}") if via else words


def ignore_table(governing: str) -> str:
    """Return where the configuration file at the path ``governing`` keeps its ignores; empty where there is none."""
    name = os.path.basename(governing) or PYPROJECT_TOML
    return "[tool.mothball.ignore]" if name == PYPROJECT_TOML else f"[ignore] of {one_line(name, 60)}"


def ignore_comment_text(rules: tuple[str, ...]) -> str:
    """Return the comment that excuses ``rules`` on its line, ready to paste but for the reason."""
    return f"# mothball: ignore[{', '.join(rules)}] WHY"


def ignore_entry_text(name: str, rules: tuple[str, ...], reason: str = "WHY") -> str:
    """Return the entry of the configuration that ignores ``rules`` of a project; ``reason`` is one harmless line."""
    key, listed = one_line(name, 100), ", ".join(map(_toml_string, rules))
    key = key if re.fullmatch(r"[A-Za-z0-9_-]+", key) else _toml_string(key)
    return f"{key} = {{ rules = [{listed}], reason = {_toml_string(reason)} }}"


def _toml_string(text: str) -> str:
    escaped = text.replace("\\", r"\\").replace('"', r"\"")
    return f'"{escaped}"'


def _wording(shown: str, lookup: Lookup, brought_by: str) -> MessageText:
    match lookup:
        case KnownStatus():
            leave = f"upgrade or replace {brought_by}" if brought_by else "choose another package"
            help_text = _STATUS_HELP.get(lookup.status, "").format(leave=leave)
            return MessageText(f"{shown} is {lookup.status}", help_text, one_line(lookup.reason))
        case UnrecognizedStatus():
            marker = one_line(lookup.marker, 40)
            message = f"{shown} has a status that mothball does not know: {marker}"
            return MessageText(
                message, "see what its index says of it; a newer mothball may know", one_line(lookup.reason)
            )
        case Missing():
            message = f"{shown} is not on {one_line(lookup.origin.index_url, 100)}"
            return MessageText(message, _MISSING_HELP)
        case Unavailable():
            message = f"{shown} could not be checked: {one_line(lookup.detail)}"
            return MessageText(message, _CAUSE_HELP.get(lookup.cause, _ANY_CAUSE_HELP))
        case StatusNotStated():
            return MessageText(f"{one_line(lookup.origin.index_url, 100)} does not state the status of {shown}", "")
        case Skipped():
            return MessageText(f"{shown} was sent nowhere: {SKIP_REASON_TEXT[lookup.reason]}", "")
        case _:
            assert_never(lookup)


def not_stated_message(index: str, count: int) -> MessageText:
    """Return the words for an index that states no statuses, of which ``count`` names were asked."""
    names = "1 project" if count == 1 else f"{count} projects"
    return MessageText(
        f"{one_line(index, 100)} states no project status: {names} from it may be active or archived, nobody can tell",
        "set `status-index` to an index that states it, or give a snapshot (`mothball snapshot` writes one)",
    )


def skipped_message(reason: SkipReason, count: int) -> MessageText:
    """Return the words for ``count`` names of a file that were sent nowhere although an index may have them."""
    names = "1 name was" if count == 1 else f"{count} names were"
    return MessageText(f"{names} sent nowhere and not checked: {SKIP_REASON_TEXT[reason]}", _SKIP_REASON_HELP[reason])


def dropped_credentials_message(places: list[str]) -> MessageText:
    """Return the words for addresses in a file of the repository that hold credentials."""
    more = f" and {len(places) - 1} more" if len(places) > 1 else ""
    return MessageText(
        f"credentials in the address of an index are not sent: {one_line(places[0], 150)}{more}",
        "whoever can read the file can read them; keep them in your own configuration, or in netrc",
    )


def unused_ignore_message(names: str, rules: str) -> MessageText:
    """Return the words for an ignore of ``rules`` that matched nothing; ``names`` is empty beside no dependency."""
    if not names:
        message = f"the ignore of {rules} stands beside no dependency"
        return MessageText(message, "put it at the end of the dependency's line, or remove it")
    return MessageText(f"the ignore of {rules} for {one_line(names, 200)} matches nothing", "remove it")


def expired_ignore_message(name: str, until: str) -> MessageText:
    """Return the words for an ignore of ``name`` that ended on ``until``."""
    return MessageText(
        f"the ignore of {one_line(name, 100)} ended on {until}",
        "move away from the package, or decide anew and set another `until`",
    )


def stale_message(index: str, count: int, age: float) -> MessageText:
    """Return the words for ``count`` old answers from the cache, the oldest of them ``age`` seconds old.

    ``index`` is the one that could not be asked anew; empty where none was to be asked, offline.
    """
    answers = "1 answer is" if count == 1 else f"{count} answers are"
    reason = f"{one_line(index, 100)} could not be asked" if index else "offline"
    help_text = "check again when it answers" if index else ""
    return MessageText(f"{reason}: {answers} from the cache, up to {format_age(age)} old", help_text)


def format_age(seconds: float) -> str:
    """Return an age as a person says it: the largest whole unit of minutes, hours or days.

    >>> format_age(7300)
    '2 h'
    """
    for size, unit in ((86400, "d"), (3600, "h"), (60, "min")):
        if seconds >= size:
            return f"{int(seconds // size)} {unit}"
    return "less than a minute"
