"""User-facing texts of findings.

Untrusted text (names, URLs, reasons, status markers) is sanitized here with ``one_line``, so that every ``Finding`` is
safe to print.
"""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from typing import assert_never

from mothball.check.inputs import VersionVerdict
from mothball.config.project import is_default_index
from mothball.config.user_settings import user_config_file
from mothball.model.document import ParseProblem, SkipReason, Span
from mothball.model.file_names import MOTHBALL_TOML, PYPROJECT_TOML
from mothball.model.records import NamedTuple
from mothball.model.results import (
    MAX_DETAIL,
    Cause,
    CheckedDependency,
    KnownStatus,
    LookupResult,
    Missing,
    ProjectStatus,
    Rule,
    Skipped,
    StatusNotStated,
    Unavailable,
    UnrecognizedStatus,
)
from mothball.model.sanitize import one_line


class EntrySource(NamedTuple):
    """What a message names of the file of a dependency.

    ``config_path`` is the configuration file that a new setting belongs to. An ignore comment in a file that
    ``is_generated`` would be overwritten by the tool. ``index_setting`` declares a further index in such a file, see
    ``further_index_lines``. For dependencies with ``is_added``, the report shows once how to ignore them, below all
    findings (report/remedies.py).
    """

    config_path: str = ""
    is_generated: bool = False
    index_setting: str = ""
    is_added: bool = False

    def with_ignore(self, text: MessageText, name: str, rule: str, versions: tuple[str, ...] = ()) -> MessageText:
        """Return ``text`` with how to ignore ``rule`` for the project ``name`` as the end of its help."""
        if self.is_added:
            return text
        entry = ignore_entry_text(name, (rule,), versions=versions) if self.is_generated else ""
        how = f"with `{ignore_comment_text((rule,))}`"
        if entry:
            how = f"in {config_table(self.config_path, 'ignore')} with `{entry}`"
        return MessageText(text.message, f"{text.help}, or ignore it {how}", text.reason, entry)


_NO_FILE = EntrySource()


class MessageText(NamedTuple):
    """The texts of a finding: what is wrong, what to do, the reason of the index, and ``Finding.ignore_entry``."""

    message: str
    help: str
    reason: str = ""
    ignore_entry: str = ""


SKIP_REASON_TEXT = {
    SkipReason.URL: "direct URL",
    SkipReason.VCS: "VCS URL",
    SkipReason.PATH: "local path",
    SkipReason.EDITABLE: "editable requirement",
    SkipReason.WORKSPACE: "workspace member",
    SkipReason.SELF: "the project itself",
    SkipReason.INCOMPLETE: "incomplete entry",
    SkipReason.CONDA: "conda package",
    SkipReason.PRIVATE: "private name",
    SkipReason.VARIABLE: "unresolved variable in the entry",
    SkipReason.VARIABLE_REFERENCE: "unresolved variable in a URL or path",
    SkipReason.INDEX_VARIABLE: "unresolved variable in the index URL",
    SkipReason.NO_INDEX: "no usable index is configured",
    SkipReason.UNKNOWN_INDEX: "unreadable index setting or include",
    SkipReason.UNSAVED: "unsaved change of its index setting",
    SkipReason.CONSENT: "index on a local or plain HTTP URL that only the repository configures",
    SkipReason.TOO_MANY_INDEXES: "too many indexes",
}

# The reason of a suggested ignore, which the user replaces; ``policy.is_reason`` rejects it.
REASON_PLACEHOLDER = "WHY"
_MINUTE = 60
_SNAPSHOT = "use a snapshot (`mothball snapshot` writes one)"
_SNAPSHOT_ELSEWHERE = "use a snapshot (`mothball snapshot` writes one where such an index can be queried)"
_STATUS_HELP = {
    ProjectStatus.ARCHIVED: "no more releases, not even security fixes: {advice}",
    ProjectStatus.DEPRECATED: "its maintainers advise against using it: {advice}",
    ProjectStatus.QUARANTINED: "quarantined by the index as possible malware: {advice}",
}
# The statuses whose help offers an ignore.
_IGNORABLE_STATUSES = (ProjectStatus.ARCHIVED, ProjectStatus.DEPRECATED)
# In these texts, `{user_config}` stands for the path of the user configuration file.
_CAUSE_HELP = {
    Cause.OFFLINE: "check it once online to cache the result, or use a snapshot that contains it "
    "(`mothball snapshot` writes one)",
    Cause.UNREACHABLE: f"check again when the index responds (check its URL and your network, too), or {_SNAPSHOT}",
    Cause.PROXY: "check that the proxy is running, or correct its setting (`mothball explain NAME` shows its address)",
    Cause.UNAUTHORIZED: "add credentials to netrc, a keyring or the index URL in {user_config}",
    Cause.REFUSED_REDIRECT: "if packages come from there too, configure it as another index (`--extra-index-url`, "
    "`[[tool.uv.index]]`) or as `index-url`: names are sent to no other host",
    Cause.UNEXPECTED_RESPONSE: "check that `index-url` is a simple repository (PEP 503, PEP 691), and that no proxy "
    "responds instead of it",
    Cause.TLS: "check the certificate; set `REQUESTS_CA_BUNDLE` to the CA certificates of your network",
}
_SKIP_REASON_HELP = {
    SkipReason.VARIABLE: "replace the variable with its value",
    SkipReason.INDEX_VARIABLE: "set `index-url` in {user_config} or pip.conf",
    SkipReason.NO_INDEX: "configure the URL of the index (`mothball explain NAME` shows the settings)",
    SkipReason.UNKNOWN_INDEX: "correct or remove it",
    SkipReason.CONSENT: 'if you trust it, add `internal = "URL"` with its URL below [indexes] in {user_config}, or '
    "allow all such indexes: "
    "`allow-local-indexes = true` there, `allowLocalIndexes` in the editor settings, or "
    '`MOTHBALL_ALLOW_LOCAL_INDEXES=1`; for plain HTTP to another machine, `trusted-hosts = ["HOST:PORT"]` at the top '
    "of that file is needed, and enough",
    SkipReason.TOO_MANY_INDEXES: "remove indexes from the file",
}
_SPELLING = "check the spelling, because anyone can register a mistyped, invented or deleted name"
_INDEX_URL = "; check the URL of the index, too: most of them end in /simple/"
_TOOL_INDEX_TABLES = (
    ("uv", "[[tool.uv.index]]", ()),
    ("poetry", "[[tool.poetry.source]]", ('priority = "supplemental"',)),
    ("pdm", "[[tool.pdm.source]]", ()),
)
# Remedies for failures of TLS of which a certificate authority is not the cause, by a part of the message.
_PORT_HELP = "check scheme and port of the index URL"
_TLS_HELP = {
    "does not use TLS": _PORT_HELP,
    "cannot establish a TLS connection": f"{_PORT_HELP}, and whether it requires a client certificate (`client-cert`)",
}
_OTHER_CAUSE_HELP = f"check again when the index responds, or {_SNAPSHOT}"


def finding_message(
    name: str,
    lookup: LookupResult,
    via: tuple[str, ...] = (),
    *,
    source: EntrySource = _NO_FILE,
    successor: str = "",
) -> MessageText:
    """Return the texts of the finding for the lookup result of the project ``name``.

    ``via`` is the dependency path of a transitive dependency. ``successor`` is the configured successor of the project,
    or of the direct dependency ``via[0]``.
    """
    successor = one_line(successor, 100)
    text = _message_text(one_line(name, 100), lookup, one_line(via[0], 100) if via else "", source, successor)
    if isinstance(lookup, KnownStatus) and lookup.status in _IGNORABLE_STATUSES:
        text = source.with_ignore(text, name, lookup.status)
    return _with_dependency_path(text, name, via)


def version_message(item: CheckedDependency, version: str, verdict: VersionVerdict, source: EntrySource) -> MessageText:
    """Return the texts of the finding of a version rule."""
    name, version, lookup, via = one_line(item.dependency.name, 100), one_line(version, 60), item.lookup, item.via
    index = "the index" if isinstance(lookup, Skipped) else one_line(lookup.origin.index_url, 100)
    if verdict.rule is Rule.RE_REGISTERED:
        message = f"{name} on {index} has none of the files that were recorded for it, only later ones"
        help_text = f"the name may have a new owner: do not upgrade or re-lock {name} until you know who owns it"
        return _with_dependency_path(MessageText(message, help_text), name, via)
    if verdict.rule is Rule.YANKED:
        help_text = "use another version"
        if not isinstance(lookup, Missing | Unavailable | Skipped) and lookup.release is not None:
            help_text += f" (the latest release is {lookup.release.version})"
        text = MessageText(f"{name} {version} is yanked", help_text, one_line(verdict.reason))
    elif verdict.replaced:
        message = f"{index} has other files for {name} {version} than the lock records"
        text = MessageText(message, "find out why the locked files are gone before you lock again")
    else:
        text = MessageText(f"{name} {version} is not on {index}", "use a version that the index has")
    text = source.with_ignore(text, name, verdict.rule or "", (version,))
    return _with_dependency_path(text, name, via)


def _with_dependency_path(text: MessageText, name: str, via: tuple[str, ...]) -> MessageText:
    """Return ``text`` with the dependency path of a transitive dependency."""
    return text._replace(message=f"{text.message}, via {one_line(' → '.join((*via, name)))}") if via else text


def config_table(config_path: str, table: str = "") -> str:
    """Return how to name mothball's table ``table`` in a configuration file, by default mothball.toml."""
    name = os.path.basename(config_path) or MOTHBALL_TOML
    if name == PYPROJECT_TOML:
        return f"[tool.mothball.{table}]" if table else "[tool.mothball]"
    return f"{f'[{table}]' if table else 'the top'} of {one_line(name, 60)}"


def further_index_lines(file_format: str, tools: Sequence[str]) -> tuple[str, ...]:
    """Return the lines that declare the further index ``URL`` in a file of a format with tables of ``tools``."""
    if file_format == "requirements":
        return ("--extra-index-url URL",)
    named = ('name = "internal"', 'url = "URL"')
    if file_format == "pipfile":
        return ("[[source]]", *named, "verify_ssl = true")
    if file_format == "pyproject":
        for tool, header, more in _TOOL_INDEX_TABLES:
            if tool in tools:
                return (header, *named, *more)
    return ()


def ignore_comment_text(rules: tuple[str, ...]) -> str:
    """Return an ignore comment for ``rules``, with a placeholder for the reason."""
    return f"# mothball: ignore[{', '.join(rules)}] {REASON_PLACEHOLDER}"


def ignore_entry_text(
    name: str, rules: tuple[str, ...], reason: str = REASON_PLACEHOLDER, versions: tuple[str, ...] = ()
) -> str:
    """Return a TOML ignore entry for ``rules`` of a project, limited to ``versions`` if there are any.

    ``reason`` and ``versions`` must already be sanitized.
    """
    key, listed = one_line(name, 100), ", ".join(map(toml_string, rules))
    key = key if re.fullmatch(r"[A-Za-z0-9_-]+", key) else toml_string(key)
    limit = f", versions = [{', '.join(map(toml_string, versions))}]" if versions else ""
    return f"{key} = {{ rules = [{listed}]{limit}, reason = {toml_string(reason)} }}"


def toml_string(text: str) -> str:
    """Return a sanitized ``text`` as a TOML string."""
    escaped = text.replace("\\", r"\\").replace('"', r"\"")
    return f'"{escaped}"'


def _with_path(help_text: str) -> str:
    """Return ``help_text`` with the path of the user configuration file."""
    return help_text.replace("{user_config}", user_config_file()) if "{" in help_text else help_text


def _message_text(
    name: str, lookup: LookupResult, direct_dependency: str, source: EntrySource, successor: str
) -> MessageText:
    is_replaced = successor and not direct_dependency
    replacement = f"replace it with {successor}; otherwise " if is_replaced else ""
    match lookup:
        case KnownStatus():
            advice = _advice(lookup.status, direct_dependency, successor)
            help_text = _STATUS_HELP.get(lookup.status, "").format(advice=advice)
            return MessageText(f"{name} is {lookup.status}", help_text, one_line(lookup.reason))
        case UnrecognizedStatus():
            message = f"{name} has an unrecognized status: {one_line(lookup.marker, 40)}"
            help_text = "see its page on the index; a newer version of mothball may recognize the status"
            return MessageText(message, f"{replacement}{help_text}", one_line(lookup.reason))
        case Missing():
            message = f"{name} is not on {one_line(lookup.origin.index_url, 100)}"
            setting = f"`{source.index_setting}`" if source.index_setting else "`index-url`"
            place = one_line(os.path.basename(source.config_path) or MOTHBALL_TOML, 60)
            internal = f"if it is internal, name its index ({setting}), and add it to `private` in {place}"
            url = "" if "simple" in lookup.origin.index_url else _INDEX_URL
            return MessageText(message, f"{replacement or f'{internal}; otherwise '}{_SPELLING}{url}")
        case Unavailable():
            message = f"{name} could not be checked: {one_line(lookup.detail, MAX_DETAIL)}"
            return MessageText(message, _unavailable_help(lookup) + _ignore_code_help(lookup, source))
        case StatusNotStated():
            message = f"{one_line(lookup.origin.index_url, 100)} publishes no status for {name}"
            return MessageText(message, "it may be archived: `mothball rule not-stated` lists the remedies")
        case Skipped():
            return MessageText(
                f"{name} was not looked up: {skipped_text(lookup)}",
                _with_path(_SKIP_REASON_HELP.get(lookup.reason, "")),
            )
        case _:
            assert_never(lookup)


def _unavailable_help(lookup: Unavailable) -> str:
    """Return the remedy for a failed lookup."""
    if lookup.cause is Cause.TLS:
        return next((text for part, text in _TLS_HELP.items() if part in lookup.detail), _CAUSE_HELP[Cause.TLS])
    if lookup.cause is not Cause.REFUSED_URL:
        return _with_path(_CAUSE_HELP.get(lookup.cause, _OTHER_CAUSE_HELP))
    from mothball.index.urls import endpoint_of  # noqa: PLC0415 - rare

    endpoint = endpoint_of(lookup.origin.index_url)
    if endpoint is None:
        return "correct the URL of the index"
    return f"use HTTPS, or add `trusted-hosts = [{toml_string(endpoint.display())}]` to the top of {user_config_file()}"


def _advice(status: ProjectStatus, direct_dependency: str, successor: str) -> str:
    """Return what to do about a project with ``status``, or about the direct dependency that requires it."""
    if direct_dependency and status is not ProjectStatus.QUARANTINED:
        replacement = f"{direct_dependency}, or replace it with {successor}" if successor else ""
        return f"upgrade {replacement}" if replacement else f"upgrade or replace {direct_dependency}"
    if successor and not direct_dependency:
        return f"replace it with {successor}"
    return "remove it" if status is ProjectStatus.QUARANTINED else "replace or remove it"


def _ignore_code_help(lookup: Unavailable, source: EntrySource) -> str:
    """Return the remedy for an index that returns another status than 404 for a project that it does not have."""
    status = lookup.ignorable_status
    if status in (0, 401):
        return ""
    setting = f"indexes.{toml_string(one_line(lookup.origin.index_url, 300))}.ignore-error-codes = [{status}]"
    table = config_table(source.config_path)
    return f"; if it returns {status} for packages that it does not have, add `{setting}` to {table}"


def not_stated_message(index: str, count: int, config_path: str = "") -> MessageText:
    """Return the texts for an index that publishes no statuses; ``count`` is the number of projects looked up on it."""
    projects = "1 project" if count == 1 else f"{count} projects"
    if is_default_index(index):
        lead = "the index itself publishes them: a proxy or mirror in between seems to remove them; "
    else:
        setting = f'`indexes.{toml_string(one_line(index, 300))}.statuses = "stated"` to {config_table(config_path)}'
        none = '`"none"` instead to accept unknown statuses'
        lead = f"add {setting} if the index passes status markers on, or {none}; or "
    return MessageText(
        f"{one_line(index, 100)} publishes no project statuses: {projects} from it may be archived",
        f"{lead}set `status-index` to an index that publishes them, or {_SNAPSHOT_ELSEWHERE}",
    )


def index_settings_lines(index: str, *, shared: bool) -> tuple[str, ...]:
    """Return the TOML table header for the settings of ``index`` and the line that accepts unknown statuses.

    Return nothing for the built-in default index, for which the configuration rejects that line. ``shared`` is True for
    pyproject.toml.
    """
    if is_default_index(index):
        return ()
    prefix = "tool.mothball." if shared else ""
    return f"[{prefix}indexes.{toml_string(one_line(index, 300))}]", 'statuses = "none"'


def skipped_text(skipped: Skipped) -> str:
    """Return why a name was not looked up."""
    return one_line(skipped.detail) or SKIP_REASON_TEXT[skipped.reason]


def variable_name_problem(span: Span, text: str) -> ParseProblem:
    """Return the problem of an entry at ``span`` of ``text`` whose name or path contains a variable."""
    message = f"{one_line(span.slice(text), 100)} contains a variable, so what it installs is unknown"
    return ParseProblem(span, message, _SKIP_REASON_HELP[SkipReason.VARIABLE])


def unused_ignore_message(names: str, rules: Sequence[str]) -> MessageText:
    """Return the texts for an ignore without a matching finding; ``names`` is empty if it applies to no dependency."""
    if not names:
        message = f"the ignore of {_rule_list(rules)} applies to no dependency"
        return MessageText(message, "move it to the end of the line of a dependency, or remove it")
    return MessageText(f"the ignore of {_rule_list(rules)} for {one_line(names, 200)} matches no finding", "remove it")


def ignore_without_reason_message(name: str, rules: Sequence[str], *, added: bool) -> MessageText:
    """Return the texts for an ignore whose reason is empty or a placeholder; ``name`` is empty for a comment."""
    subject = f"the ignore of {_rule_list(rules)}{f' for {one_line(name, 100)}' if name else ''}"
    return MessageText(
        f"{subject} has no reason{' and does not apply to an added dependency' if added else ''}",
        'state why the finding is accepted, and until when, for example "until mail moves to the new service, #812"',
    )


def _rule_list(rules: Sequence[str]) -> str:
    return ", ".join(f"`{rule}`" for rule in rules)


def expired_ignore_message(name: str, until: str) -> MessageText:
    """Return the texts for an ignore entry whose last day, ``until``, has passed."""
    return MessageText(
        f"the ignore for {one_line(name, 100)} expired on {until}",
        "replace or remove the package, or set a later `until`",
    )


def stale_message(index: str, count: int, age: float, failure: str = "") -> MessageText:
    """Return the texts for ``count`` expired cache entries that were used.

    ``age`` is that of the oldest one in seconds. ``index`` is the index that could not be queried, empty if offline,
    and ``failure`` the reason.
    """
    results = "1 result is" if count == 1 else f"{count} results are"
    reason = f"{one_line(index, 100)} could not be queried" if index else "offline"
    help_text = "check again when the index responds" if index else ""
    up_to = "" if age < _MINUTE else "up to "
    cause = f"; {one_line(failure)}" if failure else ""
    return MessageText(f"{reason}: {results} from the cache, {up_to}{format_age(age)} old{cause}", help_text)


def format_age(seconds: float) -> str:
    """Return an age in the largest unit of minutes, hours or days that is not zero.

    >>> format_age(7300)
    '2 h'
    """
    for size, unit in ((86400, "d"), (3600, "h"), (_MINUTE, "min")):
        if seconds >= size:
            return f"{int(seconds // size)} {unit}"
    return "less than a minute"
