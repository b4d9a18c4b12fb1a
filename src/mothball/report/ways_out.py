"""How to go on after a commit was rejected: one block below all findings, made to be copied from."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from mothball.model import IGNORABLE_RULES, Finding, Report, Rule, Severity
from mothball.wording import ignore_comment, ignore_entry

_SHOWN_NAMES = 5
# A quarantined project may be malware: how to take it in all the same is for nobody to be reminded of.
_NEVER_OFFERED = (Rule.QUARANTINED, Rule.UNVERIFIED)


def ways_out(report: Report, locks: Collection[str]) -> str:
    """Return the ways out of the errors in ``report``, empty where there are none; ``locks`` are the paths of locks."""
    errors = [one for one in report.findings if one.severity is Severity.ERROR and one.suppressed is None]
    kept = [one for one in errors if one.name and one.rule in IGNORABLE_RULES and one.rule not in _NEVER_OFFERED]
    lines = [*_replacing(errors), *_keeping(kept, locks), *_unverified(errors, report)]
    if not lines:
        return ""
    lines += ["to let this one commit pass, unchecked (pre-commit, prek):", "    SKIP=mothball git commit ..."]
    return "\n".join(["ways out", *(f"  {line}" for line in lines)]) + "\n"


def _replacing(errors: Iterable[Finding]) -> list[str]:
    names = list(dict.fromkeys(one.name for one in errors if one.name and one.rule is not Rule.UNVERIFIED))
    if not names:
        return []
    more = f" and {len(names) - _SHOWN_NAMES} more" if len(names) > _SHOWN_NAMES else ""
    return [f"take other packages, or none, in place of {', '.join(names[:_SHOWN_NAMES])}{more}"]


def _keeping(kept: Sequence[Finding], locks: Collection[str]) -> list[str]:
    """Return how to keep what stands there, knowingly: a comment, or the entries of the configuration."""
    lines = []
    in_manifests = [one for one in kept if one.path not in locks]
    if in_manifests:
        lines.append("keep them, and say why: on the line")
        lines += [f"    {comment}" for comment in dict.fromkeys(ignore_comment((one.rule,)) for one in in_manifests)]
    if kept:
        rules: dict[str, dict[str, None]] = {}
        for one in kept:
            rules.setdefault(one.name or "", {})[one.rule] = None
        lines.append("or in pyproject.toml" if lines else "keep them, and say why: in pyproject.toml")
        lines.append("    [tool.mothball.ignore]")
        lines += [f"    {ignore_entry(name, tuple(of_name))}" for name, of_name in sorted(rules.items())]
    return lines


def _unverified(errors: Iterable[Finding], report: Report) -> list[str]:
    in_doubt = any(one.rule is Rule.UNVERIFIED for one in errors)
    in_doubt = in_doubt or any(one.severity is Severity.ERROR and one.rule for one in report.problems)
    if not in_doubt:
        return []
    return [
        "what could not be checked: try again, or take it on trust for one commit",
        "    MOTHBALL_UNVERIFIED=warning git commit ...",
        "or have the statuses at hand: online, `mothball snapshot -o statuses.json`, then in pyproject.toml",
        "    [tool.mothball]",
        '    snapshot = "statuses.json"',
    ]
