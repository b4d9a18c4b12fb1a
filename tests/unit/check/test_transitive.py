"""Packages of a lock that somebody else brings in, and problems that stand in a manifest and in its lock."""

from __future__ import annotations

import os
from itertools import pairwise
from pathlib import Path

import pytest

from mothball.check.inputs import SourceFile
from mothball.check.pipeline import check
from mothball.config.project import ProjectConfig, UserConfig
from mothball.discovery.config_lookup import ConfigResolver, ConfigResolverSettings
from mothball.discovery.discover import DiscoveryRequest, discover
from mothball.model.document import Dependency, DependencyGraph, DependencyKind, Document, Span
from mothball.model.findings import Finding, Report, Rule, Severity
from tests.support.check_inputs import (
    ACTIVE,
    ARCHIVED,
    DEPRECATED,
    QUARANTINED,
    SETTINGS,
    LookUp,
    resolved_config,
    source,
)
from tests.support.timing import least_seconds
from tests.support.trees import repository

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
        dependencies.append(Dependency(name, span, span, kind=DependencyKind.LOCKED, version="1.0"))
        start = span.end + 1
    graph = None if requires is None else DependencyGraph(requires, direct)
    document = Document("pylock", tuple(dependencies), graph=graph)
    return SourceFile(path, text, document, resolved_config(), project=project)


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


def test_transitive_finding_is_downgraded_and_shows_its_dependency_path() -> None:
    finding = only(run(manifest("flask-foo"), lock(CHAIN)))

    assert (finding.path, finding.severity) == ("uv.lock", Severity.WARNING)
    assert finding.full_message() == ("old-lib is archived, via flask-foo → middle → old-lib: moved to new-lib")
    assert finding.help == (
        "no more releases, not even security fixes: upgrade or replace flask-foo, or ignore it with "
        '`old-lib = { rules = ["archived"], reason = "WHY" }` in [ignore] of mothball.toml'
    )


@pytest.mark.parametrize(
    ("governing", "place"),
    [
        ("pyproject.toml", "[tool.mothball.ignore]"),
        ("libs/a/pyproject.toml", "[tool.mothball.ignore]"),
        ("mothball.toml", "[ignore] of mothball.toml"),
        ("", "[tool.mothball.ignore]"),
    ],
)
@pytest.mark.parametrize("names", [CHAIN, None])
def test_what_a_tool_has_written_is_kept_by_the_configuration_and_not_by_a_comment(
    governing: str, place: str, names: dict[str, tuple[str, ...]] | None
) -> None:
    locked = lock(names, "flask-foo", "old-lib")._replace(resolved_config=resolved_config(path=governing))

    (finding,) = run(manifest("flask-foo"), locked).findings

    assert finding.help.endswith(f'or ignore it with `old-lib = {{ rules = ["archived"], reason = "WHY" }}` in {place}')


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


def test_what_a_lock_without_a_graph_records_counts_as_direct() -> None:
    report = run(manifest("flask-foo"), lock(None, "flask-foo", "old-lib", path="Pipfile.lock"))

    assert only(report).severity is Severity.ERROR
    assert ways(report, "Pipfile.lock")["old-lib"] is None


def checked(repo: Path, files: dict[str, str]) -> Report:
    """Check a repository of ``files``, in which old-lib is archived."""
    repository(repo, files)
    given = DiscoveryRequest((str(repo),), root=str(repo), working_directory=str(repo))
    found = discover(given, ConfigResolver(ConfigResolverSettings(SETTINGS.today), UserConfig()), SETTINGS)
    return check(found.files, LookUp({"old-lib": ARCHIVED}), SETTINGS)


def told(repo: Path, files: dict[str, str]) -> list[tuple[str, Severity, int]]:
    """Return the findings on old-lib: file, severity, and in how many more places it stands."""
    return [
        (os.path.relpath(one.path, repo), one.severity, len(one.related_locations))
        for one in checked(repo, files).findings
    ]


COMPILED = "# This file was autogenerated by uv via the following command:\n#    uv pip compile requirements.in\n"
PLAIN_COMPILED = COMPILED + "flask-foo==1\nold-lib==1\n"
TOLD_COMPILED = COMPILED + "flask-foo==1  # via -r requirements.in\nold-lib==1  # via flask-foo\n"
PYLOCK = """lock-version = "1.0"
[[packages]]
name = "flask-foo"
version = "1"
dependencies = [{name = "old-lib"}]
[[packages]]
name = "old-lib"
version = "1"
"""


@pytest.mark.parametrize(
    ("others", "name", "text"),
    [
        ({".pre-commit-config.yaml": "repos: []\n"}, "requirements.txt", TOLD_COMPILED),
        (
            {
                ".pre-commit-config.yaml": "repos:\n- repo: https://git.example/a\n  rev: v1\n  hooks:\n"
                "  - id: mypy\n    additional_dependencies: [flask-foo]\n"
            },
            "requirements.txt",
            TOLD_COMPILED,
        ),
        ({"pyproject.toml": "[tool.ruff]\n"}, "pylock.toml", PYLOCK),
        ({"pyproject.toml": '[build-system]\nrequires = ["flask-foo"]\n'}, "pylock.toml", PYLOCK),
        ({"docs-requirements.txt": "flask-foo\n"}, "pylock.toml", PYLOCK),
        ({"tox.ini": "[testenv]\ndeps = flask-foo\n"}, "pylock.toml", PYLOCK),
        ({"environment.yml": "dependencies:\n- pip:\n  - flask-foo\n"}, "pylock.toml", PYLOCK),
        ({"setup.cfg": "[options]\nsetup_requires = flask-foo\n"}, "pylock.toml", PYLOCK),
        ({"requirements.in": "flask-foo\n"}, "requirements.txt", PLAIN_COMPILED),
    ],
)
def test_a_file_that_the_lock_is_not_made_of_makes_nothing_transitive(
    tmp_path: Path, others: dict[str, str], name: str, text: str
) -> None:
    assert told(tmp_path, {**others, name: text}) == [(name, Severity.ERROR, 0)]


@pytest.mark.parametrize(
    ("manifest", "of_manifest", "name", "text"),
    [
        ("pyproject.toml", '[project]\nname = "shop"\ndependencies = ["flask-foo"]\n', "pylock.toml", PYLOCK),
        ("pyproject.toml", '[dependency-groups]\ndev = ["flask-foo"]\n', "pylock.toml", PYLOCK),
        ("setup.cfg", "[options]\ninstall_requires = flask-foo\n", "requirements.txt", TOLD_COMPILED),
        ("setup.py", 'setup(install_requires=["flask-foo"])\n', "requirements.txt", TOLD_COMPILED),
        ("requirements.in", "flask-foo\n", "requirements.txt", TOLD_COMPILED),
        ("requirements.in", "flask-foo\n", "pylock.toml", PYLOCK),
        ("requirements.txt", "flask-foo\n", "pylock.toml", PYLOCK),
        ("Pipfile", '[packages]\nflask-foo = "*"\n', "pylock.toml", PYLOCK),
    ],
)
def test_a_file_that_the_lock_is_made_of_tells_what_is_transitive(
    tmp_path: Path, manifest: str, of_manifest: str, name: str, text: str
) -> None:
    assert told(tmp_path, {manifest: of_manifest, name: text}) == [(name, Severity.WARNING, 0)]


UV_WORKSPACE = {
    "pyproject.toml": '[project]\nname = "root"\nversion = "1"\n[tool.uv.workspace]\nmembers = ["libs/*"]\n',
    "uv.lock": """version = 1
[manifest]
members = ["a", "root"]
[[package]]
name = "a"
source = { editable = "libs/a" }
dependencies = [{ name = "old-lib" }]
[[package]]
name = "old-lib"
version = "1"
source = { registry = "https://index.example/simple" }
[[package]]
name = "root"
source = { editable = "." }
""",
}
MEMBER = '[project]\nname = "a"\nversion = "1"\ndependencies = [\n  "old-lib",{}\n]\n'


def test_the_manifest_of_a_member_and_the_lock_of_its_workspace_are_one_problem(tmp_path: Path) -> None:
    found = told(tmp_path, {**UV_WORKSPACE, "libs/a/pyproject.toml": MEMBER.format("")})

    assert found == [("libs/a/pyproject.toml", Severity.ERROR, 1)]


def test_an_ignore_in_the_manifest_of_a_member_serves_for_the_lock_of_its_workspace(tmp_path: Path) -> None:
    member = MEMBER.format("  # mothball: ignore[archived] known")

    summary = checked(tmp_path, {**UV_WORKSPACE, "libs/a/pyproject.toml": member}).summary

    assert (summary.findings, summary.ignored) == (0, 1)


def test_a_project_beneath_that_is_no_member_is_a_problem_of_its_own(tmp_path: Path) -> None:
    lock_text = UV_WORKSPACE["uv.lock"].replace('[{ name = "old-lib" }]', "[]")
    found = told(tmp_path, {**UV_WORKSPACE, "uv.lock": lock_text, "libs/a/pyproject.toml": MEMBER.format("")})

    assert found == [("libs/a/pyproject.toml", Severity.ERROR, 0), ("uv.lock", Severity.ERROR, 0)]


def test_the_locked_project_itself_is_not_transitive(tmp_path: Path) -> None:
    report = checked(tmp_path, {**UV_WORKSPACE, "libs/a/pyproject.toml": MEMBER.format("")})

    assert not any(one.transitive for one in report.dependencies)


def test_what_the_lock_says_its_workspace_requires_is_direct() -> None:
    report = run(manifest("flask-foo"), lock(CHAIN, direct=("old-lib",)))

    assert ways(report)["old-lib"] is None
    assert only(report).severity is Severity.ERROR


def test_a_constraint_names_nothing_that_is_installed_for_its_own_sake() -> None:
    constraints = source("old-lib<2", "constraints.txt", kind=DependencyKind.CONSTRAINT)._replace(project="/project")

    report = run(manifest("flask-foo"), constraints, lock(CHAIN))

    assert ways(report)["old-lib"] == ("flask-foo", "middle")
    assert [finding.path for finding in report.findings] == ["constraints.txt", "uv.lock"]


def test_packages_that_require_one_another_end_the_search() -> None:
    report = run(manifest("a"), lock({"a": ("b",), "b": ("a", "old-lib"), "old-lib": ("b",)}))

    assert ways(report)["old-lib"] == ("a", "b")


def test_a_package_that_nobody_requires_counts_as_direct() -> None:
    assert ways(run(manifest("flask-foo"), lock(CHAIN | {"middle": ()})))["old-lib"] is None


def test_the_beginning_of_a_very_long_way_is_kept() -> None:
    names = [f"p{number}" for number in range(3000)]
    requires: dict[str, tuple[str, ...]] = {name: (after,) for name, after in pairwise(names)}

    report = run(manifest("p0"), lock(requires, *names))

    assert ways(report)["p12"] == tuple(names[:12])
    assert ways(report)["p13"] == ways(report)["p2999"] == (*names[:12], "…")


def test_what_stands_in_a_manifest_and_in_its_locks_is_one_problem_at_the_manifest() -> None:
    report = run(manifest("old-lib"), lock(CHAIN), lock(CHAIN, path="poetry.lock"))

    finding = only(report)
    assert (finding.path, finding.severity) == ("requirements.in", Severity.ERROR)
    assert [(place.path, place.start.line) for place in finding.related_locations] == [
        ("uv.lock", 4),
        ("poetry.lock", 4),
    ]
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
    quiet = resolved_config(ProjectConfig(severities={"archived.transitive": Severity.OFF}))
    files = [file._replace(resolved_config=quiet) for file in (manifest("flask-foo"), lock(CHAIN))]

    assert check(files, LookUp({"old-lib": ARCHIVED}), SETTINGS).findings == ()


def test_active_packages_are_no_findings_wherever_they_stand() -> None:
    assert check([manifest("flask-foo"), lock(CHAIN)], LookUp(otherwise=ACTIVE), SETTINGS).findings == ()


@pytest.mark.alone
def test_the_time_is_linear_in_a_file_of_nothing_but_findings() -> None:
    def judge(count: int) -> None:
        check([manifest(*(f"name-{number}" for number in range(count)))], LookUp(otherwise=ARCHIVED), SETTINGS)

    assert least_seconds(lambda: judge(4000)) < 12 * least_seconds(lambda: judge(1000))
