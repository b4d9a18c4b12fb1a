"""Packages of a lock that somebody else brings in, and problems that stand in a manifest and in its lock."""

from __future__ import annotations

from itertools import pairwise

import pytest

from mothball.checker import check
from mothball.config import Config
from mothball.model import Dependency, Document, Finding, Graph, Kind, Report, Rule, Severity, Span
from mothball.sources import SourceFile
from tests.support.checking import ACTIVE, ARCHIVED, DEPRECATED, QUARANTINED, SETTINGS, LookUp, governance, source
from tests.support.timing import least_seconds

CHAIN = {"flask-foo": ("middle", "other"), "middle": ("old-lib",), "other": (), "old-lib": ()}


def lock(
    requires: dict[str, tuple[str, ...]] | None,
    *names: str,
    direct: tuple[str, ...] | None = None,
    path: str = "uv.lock",
    project: str = "/project",
) -> SourceFile:
    """Return a lock file: a name a line, and who requires whom where it records that."""
    names = names or tuple(requires or ())
    text = "\n".join(names)
    dependencies, start = [], 0
    for name in names:
        span = Span(start, start + len(name))
        dependencies.append(Dependency(name, span, span, kind=Kind.LOCKED, version="1.0"))
        start = span.end + 1
    graph = None if requires is None else Graph(requires, direct)
    document = Document("uv-lock", tuple(dependencies), graph=graph)
    return SourceFile(path, text, document, governance(), project=project)


def manifest(*lines: str, path: str = "requirements.in", project: str = "/project") -> SourceFile:
    return source("\n".join(lines), path)._replace(project=project)


def run(*files: SourceFile, **answers: object) -> Report:
    table = {"old-lib": ARCHIVED, **answers}
    return check(files, LookUp(table), SETTINGS)  # type: ignore[arg-type]


def ways(report: Report, path: str = "uv.lock") -> dict[str, tuple[str, ...] | None]:
    return {
        item.dependency.name: item.via if item.transitive else None
        for item in report.dependencies
        if item.location.path == path
    }


def only(report: Report) -> Finding:
    (finding,) = report.findings
    return finding


def test_what_the_manifest_does_not_name_is_transitive_and_tells_the_shortest_way() -> None:
    requires = {**CHAIN, "long": ("longer",), "longer": ("middle",)}

    report = run(manifest("flask-foo", "long"), lock(requires))

    assert ways(report) == {
        "flask-foo": None,
        "middle": ("flask-foo",),
        "other": ("flask-foo",),
        "old-lib": ("flask-foo", "middle"),
        "long": None,
        "longer": ("long",),
    }


def test_a_transitive_finding_is_milder_and_says_who_brings_it_in() -> None:
    finding = only(run(manifest("flask-foo"), lock(CHAIN)))

    assert (finding.path, finding.severity) == ("uv.lock", Severity.WARNING)
    assert finding.full_message() == ("old-lib is archived, via flask-foo → middle → old-lib: moved to new-lib")
    assert finding.help == (
        "no more releases, not even for security: upgrade or replace flask-foo, or keep it with "
        '`old-lib = { rules = ["archived"], reason = "WHY" }` in [tool.mothball.ignore]'
    )


def test_a_quarantined_package_is_an_error_whoever_brings_it_in() -> None:
    finding = only(check([manifest("flask-foo"), lock(CHAIN)], LookUp({"old-lib": QUARANTINED}), SETTINGS))

    assert finding.severity is Severity.ERROR


@pytest.mark.parametrize(
    "files",
    [
        [lock(CHAIN)],
        [lock(CHAIN), manifest("flask-foo", project="/elsewhere")],
        [lock(None, "old-lib")],
        [lock(CHAIN), lock(CHAIN, path="poetry.lock")],
    ],
)
def test_a_lock_without_its_manifest_counts_as_direct(files: list[SourceFile]) -> None:
    report = run(*files)

    assert set(ways(report).values()) == {None}
    assert {finding.severity for finding in report.findings} == {Severity.ERROR}


def test_a_lock_that_records_no_graph_tells_no_way() -> None:
    finding = only(run(manifest("flask-foo"), lock(None, "flask-foo", "old-lib", path="Pipfile.lock")))

    assert (finding.severity, finding.message) == (Severity.WARNING, "old-lib is archived")
    assert "[tool.mothball.ignore]" in finding.help


def test_what_the_lock_says_its_workspace_requires_is_direct() -> None:
    report = run(manifest("flask-foo"), lock(CHAIN, direct=("old-lib",)))

    assert ways(report)["old-lib"] is None
    assert only(report).severity is Severity.ERROR


def test_a_constraint_names_nothing_that_is_installed_for_its_own_sake() -> None:
    constraints = source("old-lib<2", "constraints.txt", kind=Kind.CONSTRAINT)._replace(project="/project")

    report = run(manifest("flask-foo"), constraints, lock(CHAIN))

    assert ways(report)["old-lib"] == ("flask-foo", "middle")
    assert [finding.path for finding in report.findings] == ["constraints.txt", "uv.lock"]


def test_packages_that_require_one_another_end_the_search() -> None:
    report = run(manifest("a"), lock({"a": ("b",), "b": ("a", "old-lib"), "old-lib": ("b",)}))

    assert ways(report)["old-lib"] == ("a", "b")


def test_a_package_that_nobody_requires_is_transitive_without_a_way() -> None:
    assert ways(run(manifest("flask-foo"), lock({"flask-foo": (), "old-lib": ()})))["old-lib"] == ()


def test_the_beginning_of_a_very_long_way_is_kept() -> None:
    names = [f"p{number}" for number in range(3000)]
    requires: dict[str, tuple[str, ...]] = {name: (after,) for name, after in pairwise(names)}

    report = run(manifest("p0"), lock(requires, *names))

    assert ways(report)["p2999"] == tuple(names[:12])


def test_what_stands_in_a_manifest_and_in_its_locks_is_one_problem_at_the_manifest() -> None:
    report = run(manifest("old-lib"), lock(CHAIN), lock(CHAIN, path="poetry.lock"))

    finding = only(report)
    assert (finding.path, finding.severity) == ("requirements.in", Severity.ERROR)
    assert [(place.path, place.start.line) for place in finding.elsewhere] == [("uv.lock", 4), ("poetry.lock", 4)]
    assert report.summary.findings == 1


def test_an_ignore_in_the_manifest_serves_for_the_lock() -> None:
    report = run(manifest("old-lib  # mothball: ignore[archived] soon"), lock(CHAIN))

    assert report.summary.findings == 0
    assert report.summary.ignored == 1


def test_two_rules_are_two_problems() -> None:
    strange = lock({"old-lib": (), "flask-foo": ()})
    report = check([manifest("old-lib"), strange], LookUp({"flask-foo": DEPRECATED, "old-lib": ARCHIVED}), SETTINGS)

    assert [(finding.path, finding.rule) for finding in report.findings] == [
        ("requirements.in", Rule.ARCHIVED),
        ("uv.lock", Rule.DEPRECATED),
    ]


def test_projects_of_one_repository_are_told_apart() -> None:
    report = run(
        manifest("old-lib", path="a/requirements.in", project="/a"),
        lock(CHAIN, path="b/uv.lock", project="/b"),
        manifest("flask-foo", path="b/requirements.in", project="/b"),
    )

    assert [(finding.path, finding.severity) for finding in report.findings] == [
        ("a/requirements.in", Severity.ERROR),
        ("b/uv.lock", Severity.WARNING),
    ]


def test_the_weight_of_transitive_packages_can_be_set() -> None:
    quiet = governance(Config(severities={"archived.transitive": Severity.OFF}))
    files = [file._replace(governance=quiet) for file in (manifest("flask-foo"), lock(CHAIN))]

    assert check(files, LookUp({"old-lib": ARCHIVED}), SETTINGS).findings == ()


def test_active_packages_are_no_findings_wherever_they_stand() -> None:
    assert check([manifest("flask-foo"), lock(CHAIN)], LookUp(otherwise=ACTIVE), SETTINGS).findings == ()


def test_the_time_is_linear_in_a_file_of_nothing_but_findings() -> None:
    def judge(count: int) -> None:
        check([manifest(*(f"name-{number}" for number in range(count)))], LookUp(otherwise=ARCHIVED), SETTINGS)

    assert least_seconds(lambda: judge(4000)) < 12 * least_seconds(lambda: judge(1000))
