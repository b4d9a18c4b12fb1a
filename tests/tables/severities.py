"""The default severity of each rule: the table in docs/configuration.md, and the defaults on the rules' own pages."""

from __future__ import annotations

from typing import NamedTuple

from mothball.model.results import Rule, Severity

_ERROR, _WARNING, _NOTE = Severity.ERROR, Severity.WARNING, Severity.NOTE


class Row(NamedTuple):
    """The default severities of a rule: in a full check, for added dependencies, and in editors.

    ``editor`` is None if it is the severity of a full check. ``transitive`` is the severity for transitive
    dependencies, constraints and overrides. With ``lower_for_constraints``, only constraints are one level lower.
    """

    rule: Rule
    full: Severity
    added: Severity
    editor: Severity | None = None
    transitive: Severity | None = None
    remark: str = ""
    lower_for_constraints: bool = False


ROWS = (
    Row(Rule.QUARANTINED, _ERROR, _ERROR),
    Row(Rule.ARCHIVED, _ERROR, _ERROR, transitive=_WARNING),
    Row(Rule.DEPRECATED, _WARNING, _WARNING, transitive=_NOTE),
    Row(Rule.UNRECOGNIZED_STATUS, _WARNING, _WARNING),
    Row(Rule.MISSING, _WARNING, _ERROR),
    Row(Rule.YANKED, _WARNING, _ERROR, lower_for_constraints=True),
    Row(Rule.UNLISTED, _WARNING, _ERROR, lower_for_constraints=True),
    Row(Rule.RE_REGISTERED, _ERROR, _ERROR),
    Row(Rule.UNVERIFIED, _ERROR, _ERROR, editor=_WARNING),
    Row(Rule.UNRESOLVABLE, _WARNING, _ERROR),
    Row(Rule.NOT_STATED, _WARNING, _ERROR, editor=_NOTE, remark=", once for each index"),
    Row(Rule.UNREADABLE, _ERROR, _ERROR),
    Row(Rule.UNUSED_IGNORE, _WARNING, _WARNING),
    Row(Rule.EXPIRED_IGNORE, _WARNING, _WARNING),
    Row(Rule.IGNORE_WITHOUT_REASON, _WARNING, _WARNING),
)
