"""Merge the ignores that the helps of findings suggest, so that all of them can be pasted.

TOML rejects a key that occurs twice, and only one ignore comment can be on a line.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from mothball.check.messages import ignore_comment_text, ignore_entry_text
from mothball.model.results import Finding


def merge_suggested_ignores(findings: Sequence[Finding], config_paths: Mapping[str, str]) -> Sequence[Finding]:
    """Return ``findings`` with one ignore entry for each project, and one ignore comment for each line.

    They have the rules of all findings that they are for. ``config_paths`` maps the path of each file to the
    configuration file that its entries belong to. Ignored findings keep their help.
    """
    active = [finding for finding in findings if finding.suppressed is None]
    entries = _groups(
        (finding for finding in active if finding.ignore_entry),
        lambda finding: (config_paths.get(finding.path, ""), finding.name),
    )
    comments = _groups(
        (finding for finding in active if finding.location and finding.help.endswith(f"`{_comment([finding])}`")),
        lambda finding: (finding.path, finding.location and finding.location.start.line),
    )
    merged = {id(finding): _with_entry(finding, _entry(same)) for same in entries for finding in same}
    merged |= {id(finding): _with_comment(finding, _comment(same)) for same in comments for finding in same}
    return [merged.get(id(finding), finding) for finding in findings]


def _groups(findings: Iterable[Finding], key: Callable[[Finding], object]) -> list[list[Finding]]:
    """Return the groups of several findings with the same key."""
    groups: dict[object, list[Finding]] = {}
    for finding in findings:
        groups.setdefault(key(finding), []).append(finding)
    return [same for same in groups.values() if len(same) > 1]


def _entry(findings: Sequence[Finding]) -> str:
    rules = dict.fromkeys(finding.rule for finding in findings)
    versions = dict.fromkeys(finding.version for finding in findings if finding.version)
    return ignore_entry_text(findings[0].name or "", tuple(rules), versions=tuple(versions))


def _comment(findings: Sequence[Finding]) -> str:
    return ignore_comment_text(tuple(dict.fromkeys(finding.rule for finding in findings)))


def _with_entry(finding: Finding, entry: str) -> Finding:
    return finding._replace(help=f"{finding.help_without_entry()} `{entry}`", ignore_entry=entry)


def _with_comment(finding: Finding, comment: str) -> Finding:
    return finding._replace(help=f"{finding.help.removesuffix(f'`{_comment([finding])}`')}`{comment}`")
