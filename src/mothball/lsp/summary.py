"""Summary of a check that the user requested. No I/O."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from mothball.lsp.documents import is_reported
from mothball.model.records import NamedTuple
from mothball.model.results import Finding, Severity

_BY_SEVERITY = tuple(Severity)


class CheckSummary(NamedTuple):
    """The numbers of a check; ``rules`` are the findings by rule, the highest severity first."""

    files: int
    dependencies: int
    rules: dict[str, int]
    problems: int = 0

    def message(self) -> str:
        """Return the summary in words: "2 files, 14 dependencies: 3 archived, 1 quarantined"."""
        found = ", ".join(f"{count} {rule}" for rule, count in self.rules.items()) or "no findings"
        checked = (
            f"{_counted(self.files, 'file', 'files')}, {_counted(self.dependencies, 'dependency', 'dependencies')}"
        )
        problems = f"; {_counted(self.problems, 'problem', 'problems')} (see the log)" if self.problems else ""
        return f"{checked}: {found}{problems}"

    def result(self) -> dict[str, object]:
        """Return the summary as the result of a command."""
        return {
            "files": self.files,
            "dependencies": self.dependencies,
            "findings": sum(self.rules.values()),
            "problems": self.problems,
            "rules": self.rules,
            "message": self.message(),
        }


def count_rules(findings: Iterable[Finding]) -> dict[str, int]:
    """Count the reported findings by rule, the highest severity first."""
    reported = sorted(filter(is_reported, findings), key=lambda finding: _BY_SEVERITY.index(finding.severity))
    return dict(Counter(str(finding.rule) for finding in reported))


def _counted(count: int, one: str, several: str) -> str:
    return f"{count} {one if count == 1 else several}"
