"""The ignore entries that the helps of findings contain: one for each project and configuration file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from mothball.check.messages import ignore_entry_text
from mothball.model.findings import Finding


def merge_ignore_entries(findings: Sequence[Finding], config_paths: Mapping[str, str]) -> Sequence[Finding]:
    """Return ``findings`` in which those of one project have the same ignore entry, for all their rules and versions.

    TOML rejects a key that occurs twice, so the entries of several rules cannot be pasted one below the other.
    ``config_paths`` maps the path of each file to the configuration file that its entries belong to. Ignored findings
    keep theirs.
    """
    by_key: dict[tuple[str, str | None], list[Finding]] = {}
    for finding in findings:
        if finding.ignore_entry and finding.suppressed is None:
            by_key.setdefault((config_paths.get(finding.path, ""), finding.name), []).append(finding)
    merged = {id(finding): _merged_entry(same) for same in by_key.values() if len(same) > 1 for finding in same}
    return [_with_entry(finding, merged[id(finding)]) if id(finding) in merged else finding for finding in findings]


def _merged_entry(findings: Sequence[Finding]) -> str:
    rules = dict.fromkeys(finding.rule for finding in findings)
    versions = dict.fromkeys(finding.version for finding in findings if finding.version)
    return ignore_entry_text(findings[0].name or "", tuple(rules), versions=tuple(versions))


def _with_entry(finding: Finding, entry: str) -> Finding:
    before = finding.help.removesuffix(f"`{finding.ignore_entry}`")
    return finding._replace(help=f"{before}`{entry}`", ignore_entry=entry)
