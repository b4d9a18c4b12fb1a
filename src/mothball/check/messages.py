"""What a person reads of a finding: what is so, and the ways out. Pure.

Foreign words (names, reasons, markers) pass through ``one_line`` here, once, so that a ``Finding`` is always harmless.
"""

from __future__ import annotations

import os
import re
from typing import assert_never

from mothball.model.document import WithheldReason
from mothball.model.file_names import PYPROJECT_TOML
from mothball.model.lookup import (
    Cause,
    Lookup,
    Missing,
    NotStated,
    ProjectStatus,
    Stated,
    Unavailable,
    Unrecognised,
    Withheld,
)
from mothball.model.records import NamedTuple
from mothball.model.sanitize import one_line


class Wording(NamedTuple):
    """A finding in words: ``message`` is ours, ``reason`` the index's own, ``help`` the ways out."""

    message: str
    help: str
    reason: str = ""


WITHHELD_WORDS = {
    WithheldReason.URL: "installed from a direct URL",
    WithheldReason.VCS: "installed from version control",
    WithheldReason.PATH: "installed from a path",
    WithheldReason.EDITABLE: "an editable install",
    WithheldReason.WORKSPACE: "a member of the workspace",
    WithheldReason.SELF: "the project itself",
    WithheldReason.INCOMPLETE: "an incomplete entry",
    WithheldReason.CONDA: "a conda package",
    WithheldReason.PRIVATE: "a private name",
    WithheldReason.VARIABLE: "a variable in the entry decides where it comes from",
    WithheldReason.INDEX_VARIABLE: "the address of its index holds a variable",
    WithheldReason.NO_INDEX: "the file or your settings name no index that can be asked",
    WithheldReason.UNSAVED: "its index was changed, and the change is not saved",
    WithheldReason.CONSENT: "only the repository names its index, which is local or over plain http",
    WithheldReason.TOO_MANY_INDEXES: "too many indexes would have to be asked",
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
    Cause.UNAUTHORISED: "put credentials into netrc, a keyring or an address in your own mothball/config.toml",
    Cause.REFUSED_REDIRECT: "names go to no host that was not asked: set `index-url` to the index that has the project",
    Cause.UNEXPECTED_ANSWER: "check that `index-url` is a simple repository (PEP 503, 691) and no proxy answers for it",
    Cause.DECLINED: "use https; or name the host under `trusted-hosts` in your own configuration, if you trust the way",
    Cause.TLS: "check the certificate; `REQUESTS_CA_BUNDLE` can name the authority of your network",
}
_SNAPSHOT = "give a snapshot (`mothball snapshot` writes one)"
# Names that somebody may have an index for, and that were not asked all the same.
_WITHHELD_HELP = {
    WithheldReason.VARIABLE: "write out what the variable stands for",
    WithheldReason.INDEX_VARIABLE: f"name the index in your own configuration (`index-url`, pip.conf), or {_SNAPSHOT}",
    WithheldReason.NO_INDEX: f"see `mothball check --explain-index NAME`; write the index's address, or {_SNAPSHOT}",
    WithheldReason.CONSENT: "name the index in your own configuration, or set `allow-local-indexes` there, which is "
    "`allowLocalIndexes` among an editor's settings",
    WithheldReason.TOO_MANY_INDEXES: f"take indexes out of the file, or {_SNAPSHOT}",
}
UNCHECKED = tuple(_WITHHELD_HELP)
_MISSING_HELP = (
    "check the spelling, as anybody may register a mistyped, invented or deleted name; where another index has it, "
    "name that one"
)
_ANY_CAUSE_HELP = "check again when the index answers, or give a snapshot (`mothball snapshot` writes one)"


def wording_of(
    name: str, lookup: Lookup, via: tuple[str, ...] = (), *, table: str | None = None, added: bool = False
) -> Wording:
    """Return the words for the finding that ``lookup`` of the project ``name`` is.

    ``via`` is the way by which a transitive package comes in. ``table`` is where the configuration keeps its ignores,
    given for what a tool has written: it bears no comment, or the tool that writes it anew takes that away. Where a
    change has ``added`` it, how to keep it is told once, below all findings (report/ways_out.py).
    """
    words = _wording(one_line(name, 100), lookup, one_line(via[0], 100) if via else "")
    if isinstance(lookup, Stated) and lookup.status in _KEPT and not added:
        keep = ignore_entry(name, (lookup.status,)) if table else ignore_comment((lookup.status,))
        place = f" in {table}" if table else ""
        words = words._replace(help=f"{words.help}, or keep it with `{keep}`{place}")
    return words._replace(message=f"{words.message}, via {one_line(' → '.join((*via, name)))}") if via else words


def ignore_table(governing: str) -> str:
    """Return where the configuration file at the path ``governing`` keeps its ignores; empty where there is none."""
    name = os.path.basename(governing) or PYPROJECT_TOML
    return "[tool.mothball.ignore]" if name == PYPROJECT_TOML else f"[ignore] of {one_line(name, 60)}"


def ignore_comment(rules: tuple[str, ...]) -> str:
    """Return the comment that excuses ``rules`` on its line, ready to paste but for the reason."""
    return f"# mothball: ignore[{', '.join(rules)}] WHY"


def ignore_entry(name: str, rules: tuple[str, ...], reason: str = "WHY") -> str:
    """Return the entry of the configuration that ignores ``rules`` of a project; ``reason`` is one harmless line."""
    key, listed = one_line(name, 100), ", ".join(map(_toml_string, rules))
    key = key if re.fullmatch(r"[A-Za-z0-9_-]+", key) else _toml_string(key)
    return f"{key} = {{ rules = [{listed}], reason = {_toml_string(reason)} }}"


def _toml_string(text: str) -> str:
    escaped = text.replace("\\", r"\\").replace('"', r"\"")
    return f'"{escaped}"'


def _wording(shown: str, lookup: Lookup, brought_by: str) -> Wording:
    match lookup:
        case Stated():
            leave = f"upgrade or replace {brought_by}" if brought_by else "choose another package"
            help_text = _STATUS_HELP.get(lookup.status, "").format(leave=leave)
            return Wording(f"{shown} is {lookup.status}", help_text, one_line(lookup.reason))
        case Unrecognised():
            marker = one_line(lookup.marker, 40)
            message = f"{shown} has a status that mothball does not know: {marker}"
            return Wording(message, "see what its index says of it; a newer mothball may know", one_line(lookup.reason))
        case Missing():
            message = f"{shown} is not on {one_line(lookup.origin.index_url, 100)}"
            return Wording(message, _MISSING_HELP)
        case Unavailable():
            message = f"{shown} could not be checked: {one_line(lookup.detail)}"
            return Wording(message, _CAUSE_HELP.get(lookup.cause, _ANY_CAUSE_HELP))
        case NotStated():
            return Wording(f"{one_line(lookup.origin.index_url, 100)} does not state the status of {shown}", "")
        case Withheld():
            return Wording(f"{shown} was sent nowhere: {WITHHELD_WORDS[lookup.why]}", "")
        case _:
            assert_never(lookup)


def not_stated_wording(index: str, count: int) -> Wording:
    """Return the words for an index that states no statuses, of which ``count`` names were asked."""
    names = "1 project" if count == 1 else f"{count} projects"
    return Wording(
        f"{one_line(index, 100)} states no project status: {names} from it may be active or archived, nobody can tell",
        "set `status-index` to an index that states it, or give a snapshot (`mothball snapshot` writes one)",
    )


def withheld_wording(why: WithheldReason, count: int) -> Wording:
    """Return the words for ``count`` names of a file that were sent nowhere although an index may have them."""
    names = "1 name was" if count == 1 else f"{count} names were"
    return Wording(f"{names} sent nowhere and not checked: {WITHHELD_WORDS[why]}", _WITHHELD_HELP[why])


def dropped_credentials_wording(places: list[str]) -> Wording:
    """Return the words for addresses in a file of the repository that hold credentials."""
    more = f" and {len(places) - 1} more" if len(places) > 1 else ""
    return Wording(
        f"credentials in the address of an index are not sent: {one_line(places[0], 150)}{more}",
        "whoever can read the file can read them; keep them in your own configuration, or in netrc",
    )


def unused_ignore_wording(names: str, rules: str) -> Wording:
    """Return the words for an ignore of ``rules`` that matched nothing; ``names`` is empty beside no dependency."""
    if not names:
        message = f"the ignore of {rules} stands beside no dependency"
        return Wording(message, "put it at the end of the dependency's line, or remove it")
    return Wording(f"the ignore of {rules} for {one_line(names, 200)} matches nothing", "remove it")


def expired_ignore_wording(name: str, until: str) -> Wording:
    """Return the words for an ignore of ``name`` that ended on ``until``."""
    return Wording(
        f"the ignore of {one_line(name, 100)} ended on {until}",
        "move away from the package, or decide anew and set another `until`",
    )


def stale_wording(index: str, count: int, age: float) -> Wording:
    """Return the words for ``count`` old answers from the cache, the oldest of them ``age`` seconds old.

    ``index`` is the one that could not be asked anew; empty where none was to be asked, offline.
    """
    answers = "1 answer is" if count == 1 else f"{count} answers are"
    why = f"{one_line(index, 100)} could not be asked" if index else "offline"
    help_text = "check again when it answers" if index else ""
    return Wording(f"{why}: {answers} from the cache, up to {age_words(age)} old", help_text)


def age_words(seconds: float) -> str:
    """Return an age as a person says it: the largest whole unit of minutes, hours or days.

    >>> age_words(7300)
    '2 h'
    """
    for size, unit in ((86400, "d"), (3600, "h"), (60, "min")):
        if seconds >= size:
            return f"{int(seconds // size)} {unit}"
    return "less than a minute"
