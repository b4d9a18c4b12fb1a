"""Transitive dependencies of locks, and findings in a manifest and its lock."""

from __future__ import annotations

import os
from itertools import pairwise
from pathlib import Path

import pytest

from mothball.check.inputs import NOTHING_SELECTED, ResolvedFile
from mothball.check.pipeline import check
from mothball.config.project import ProjectConfig, UserConfig
from mothball.discovery.config_lookup import ConfigResolver, ConfigResolverSettings
from mothball.discovery.discover import DiscoveryRequest, discover
from mothball.formats.table import parse
from mothball.model.document import Dependency, DependencyGraph, DependencyKind, Document, ParseProblem, Span
from mothball.model.results import Finding, Report, Rule, Severity
from tests.support.check_inputs import (
    ACTIVE,
    ARCHIVED,
    DEPRECATED,
    QUARANTINED,
    SETTINGS,
    LookUp,
    resolved,
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
) -> ResolvedFile:
    """Return a lock file with one name per line, and with a dependency graph if ``requires`` is given."""
    names = names or tuple(requires or ())
    text = "\n".join(names)
    dependencies, start = [], 0
    for name in names:
        span = Span(start, start + len(name))
        dependencies.append(Dependency(name, span, span, kind=DependencyKind.LOCKED, version="1.0"))
        start = span.end + 1
    graph = None if requires is None else DependencyGraph(requires, direct)
    document = Document("pylock", tuple(dependencies), graph=graph)
    return resolved(path, text, document, resolved_config(), project=project)


def manifest(*lines: str, path: str = "requirements.in", project: str = "/project") -> ResolvedFile:
    return source("\n".join(lines), path)._replace(project=project)


def run(*files: ResolvedFile, **answers: object) -> Report:
    table = {"old-lib": ARCHIVED, **answers}
    return check(files, LookUp(table), SETTINGS)  # type: ignore[arg-type]


def paths(report: Report, path: str = "uv.lock") -> dict[str, tuple[str, ...] | None]:
    return {
        item.dependency.name: item.via if item.transitive else None
        for item in report.dependencies
        if item.location.path == path
    }


def only_finding(report: Report) -> Finding:
    (finding,) = report.findings
    return finding


def test_transitive_dependencies_have_the_shortest_path() -> None:
    requires = {**CHAIN, "long": ("longer",), "longer": ("middle",)}

    report = run(manifest("flask-foo", "long"), lock(requires))

    assert paths(report) == {
        "flask-foo": None,
        "middle": ("flask-foo",),
        "other": ("flask-foo",),
        "old-lib": ("flask-foo", "middle"),
        "long": None,
        "longer": ("long",),
    }


@pytest.mark.parametrize("unread", ["flask-foo old-lib", "-r gone.in", "[x"])
def test_locked_package_is_direct_if_a_manifest_is_not_read_completely(unread: str) -> None:
    """The part that is not read may name it."""
    incomplete = manifest("flask-foo", unread)
    if unread.startswith("-r"):
        problem = ParseProblem(Span(0, 1), "no such file")
        incomplete = manifest("flask-foo")._replace(include_problems=(problem,))
    assert paths(run(incomplete, lock(CHAIN)))["old-lib"] is None
    assert paths(run(incomplete, lock(CHAIN, direct=("flask-foo",))))["old-lib"] == ("flask-foo", "middle")


def test_manifest_with_an_invalid_ignore_comment_is_read_completely() -> None:
    assert paths(run(manifest("flask-foo  # mothball: ignore"), lock(CHAIN)))["old-lib"] == ("flask-foo", "middle")


def test_transitive_finding_is_downgraded_and_shows_its_dependency_path() -> None:
    finding = only_finding(run(manifest("flask-foo"), lock(CHAIN)))

    assert (finding.path, finding.severity) == ("uv.lock", Severity.WARNING)
    assert finding.full_message() == ("old-lib is archived, via flask-foo → middle → old-lib: moved to new-lib")
    assert finding.help == (
        "no more releases, not even security fixes: upgrade or replace flask-foo, or ignore it in [ignore] of "
        'mothball.toml with `old-lib = { rules = ["archived"], reason = "WHY" }`'
    )


@pytest.mark.parametrize(
    ("governing", "place"),
    [
        ("pyproject.toml", "[tool.mothball.ignore]"),
        ("libs/a/pyproject.toml", "[tool.mothball.ignore]"),
        ("mothball.toml", "[ignore] of mothball.toml"),
        ("", "[ignore] of mothball.toml"),
    ],
)
@pytest.mark.parametrize("names", [CHAIN, None])
def test_help_for_a_generated_file_suggests_an_ignore_entry(
    governing: str, place: str, names: dict[str, tuple[str, ...]] | None
) -> None:
    locked = lock(names, "flask-foo", "old-lib")._replace(resolved_config=resolved_config(path=governing))

    (finding,) = run(manifest("flask-foo"), locked).findings

    entry = 'old-lib = { rules = ["archived"], reason = "WHY" }'
    assert finding.help.endswith(f"or ignore it in {place} with `{entry}`")
    assert finding.ignore_entry == entry


def test_quarantined_transitive_dependency_is_an_error() -> None:
    finding = only_finding(check([manifest("flask-foo"), lock(CHAIN)], LookUp({"old-lib": QUARANTINED}), SETTINGS))

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
def test_dependencies_of_a_lock_without_manifest_are_direct(files: list[ResolvedFile]) -> None:
    report = run(*files)

    assert set(paths(report).values()) == {None}
    assert {finding.severity for finding in report.findings} == {Severity.ERROR}


def test_dependencies_of_a_lock_without_graph_are_direct() -> None:
    report = run(manifest("flask-foo"), lock(None, "flask-foo", "old-lib", path="Pipfile.lock"))

    assert only_finding(report).severity is Severity.ERROR
    assert paths(report, "Pipfile.lock")["old-lib"] is None


def checked(repo: Path, files: dict[str, str]) -> Report:
    """Check a repository of ``files``, in which old-lib is archived."""
    repository(repo, files)
    given = DiscoveryRequest((str(repo),), root=str(repo), working_directory=str(repo))
    discovered = discover(given, ConfigResolver(ConfigResolverSettings(SETTINGS.today), UserConfig()), SETTINGS)
    return check(discovered.files, LookUp({"old-lib": ARCHIVED}), SETTINGS)


def findings_of(repo: Path, files: dict[str, str]) -> list[tuple[str, Severity, int]]:
    """Return the file, the severity and the number of related locations of each finding."""
    return [
        (os.path.relpath(finding.path, repo), finding.severity, len(finding.related_locations))
        for finding in checked(repo, files).findings
    ]


COMPILED = "# This file was autogenerated by uv via the following command:\n#    uv pip compile requirements.in\n"
COMPILED_WITHOUT_VIA = COMPILED + "flask-foo==1\nold-lib==1\n"
COMPILED_WITH_VIA = COMPILED + "flask-foo==1  # via -r requirements.in\nold-lib==1  # via flask-foo\n"
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
        ({".pre-commit-config.yaml": "repos: []\n"}, "requirements.txt", COMPILED_WITH_VIA),
        (
            {
                ".pre-commit-config.yaml": "repos:\n- repo: https://git.example/a\n  rev: v1\n  hooks:\n"
                "  - id: mypy\n    additional_dependencies: [flask-foo]\n"
            },
            "requirements.txt",
            COMPILED_WITH_VIA,
        ),
        ({"pyproject.toml": "[tool.ruff]\n"}, "pylock.toml", PYLOCK),
        ({"pyproject.toml": '[build-system]\nrequires = ["flask-foo"]\n'}, "pylock.toml", PYLOCK),
        ({"docs-requirements.txt": "flask-foo\n"}, "pylock.toml", PYLOCK),
        ({"tox.ini": "[testenv]\ndeps = flask-foo\n"}, "pylock.toml", PYLOCK),
        ({"environment.yml": "dependencies:\n- pip:\n  - flask-foo\n"}, "pylock.toml", PYLOCK),
        ({"setup.cfg": "[options]\nsetup_requires = flask-foo\n"}, "pylock.toml", PYLOCK),
        ({"requirements.in": "flask-foo\n"}, "requirements.txt", COMPILED_WITHOUT_VIA),
    ],
)
def test_unrelated_file_makes_no_dependency_transitive(
    tmp_path: Path, others: dict[str, str], name: str, text: str
) -> None:
    assert findings_of(tmp_path, {**others, name: text}) == [(name, Severity.ERROR, 0)]


@pytest.mark.parametrize(
    ("manifest", "manifest_text", "name", "text"),
    [
        ("pyproject.toml", '[project]\nname = "shop"\ndependencies = ["flask-foo"]\n', "pylock.toml", PYLOCK),
        ("pyproject.toml", '[dependency-groups]\ndev = ["flask-foo"]\n', "pylock.toml", PYLOCK),
        ("setup.cfg", "[options]\ninstall_requires = flask-foo\n", "requirements.txt", COMPILED_WITH_VIA),
        ("setup.py", 'setup(install_requires=["flask-foo"])\n', "requirements.txt", COMPILED_WITH_VIA),
        ("requirements.in", "flask-foo\n", "requirements.txt", COMPILED_WITH_VIA),
        ("requirements.in", "flask-foo\n", "pylock.toml", PYLOCK),
        ("requirements.txt", "flask-foo\n", "pylock.toml", PYLOCK),
        ("Pipfile", '[packages]\nflask-foo = "*"\n', "pylock.toml", PYLOCK),
    ],
)
def test_manifest_of_the_lock_makes_dependencies_transitive(
    tmp_path: Path, manifest: str, manifest_text: str, name: str, text: str
) -> None:
    assert findings_of(tmp_path, {manifest: manifest_text, name: text}) == [(name, Severity.WARNING, 0)]


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


def test_member_manifest_and_workspace_lock_have_one_finding(tmp_path: Path) -> None:
    findings = findings_of(tmp_path, {**UV_WORKSPACE, "libs/a/pyproject.toml": MEMBER.format("")})

    assert findings == [("libs/a/pyproject.toml", Severity.ERROR, 1)]


def test_ignore_in_member_manifest_applies_to_workspace_lock(tmp_path: Path) -> None:
    member = MEMBER.format("  # mothball: ignore[archived] known")

    summary = checked(tmp_path, {**UV_WORKSPACE, "libs/a/pyproject.toml": member}).summary

    assert (summary.findings, summary.ignored) == (0, 1)


def test_nested_project_that_is_not_a_member_has_its_own_finding(tmp_path: Path) -> None:
    lock_text = UV_WORKSPACE["uv.lock"].replace('[{ name = "old-lib" }]', "[]")
    findings = findings_of(tmp_path, {**UV_WORKSPACE, "uv.lock": lock_text, "libs/a/pyproject.toml": MEMBER.format("")})

    assert findings == [("libs/a/pyproject.toml", Severity.ERROR, 0), ("uv.lock", Severity.ERROR, 0)]


def test_locked_project_itself_is_not_transitive(tmp_path: Path) -> None:
    report = checked(tmp_path, {**UV_WORKSPACE, "libs/a/pyproject.toml": MEMBER.format("")})

    assert not any(item.transitive for item in report.dependencies)


def test_requirements_of_members_recorded_in_the_lock_are_direct() -> None:
    report = run(manifest("flask-foo"), lock(CHAIN, direct=("old-lib",)))

    assert paths(report)["old-lib"] is None
    assert only_finding(report).severity is Severity.ERROR


def test_constraint_does_not_make_a_dependency_direct() -> None:
    constraints = source("old-lib<2", "constraints.txt", kind=DependencyKind.CONSTRAINT)._replace(project="/project")

    report = run(manifest("flask-foo"), constraints, lock(CHAIN))

    assert paths(report)["old-lib"] == ("flask-foo", "middle")
    assert [finding.path for finding in report.findings] == ["constraints.txt", "uv.lock"]


def test_cycle_in_the_graph_terminates() -> None:
    report = run(manifest("a"), lock({"a": ("b",), "b": ("a", "old-lib"), "old-lib": ("b",)}))

    assert paths(report)["old-lib"] == ("a", "b")


def test_unreachable_package_is_direct() -> None:
    assert paths(run(manifest("flask-foo"), lock(CHAIN | {"middle": ()})))["old-lib"] is None


def test_long_dependency_path_is_truncated() -> None:
    names = [f"p{number}" for number in range(3000)]
    requires: dict[str, tuple[str, ...]] = {name: (after,) for name, after in pairwise(names)}

    report = run(manifest("p0"), lock(requires, *names))

    assert paths(report)["p12"] == tuple(names[:12])
    assert paths(report)["p13"] == paths(report)["p2999"] == (*names[:12], "…")


def test_finding_in_manifest_and_locks_is_reported_once_in_the_manifest() -> None:
    report = run(manifest("old-lib"), lock(CHAIN), lock(CHAIN, path="poetry.lock"))

    finding = only_finding(report)
    assert (finding.path, finding.severity) == ("requirements.in", Severity.ERROR)
    assert [(place.path, place.start.line) for place in finding.related_locations] == [
        ("uv.lock", 4),
        ("poetry.lock", 4),
    ]
    assert report.summary.findings == 1


def test_ignore_in_the_manifest_applies_to_the_lock() -> None:
    report = run(manifest("old-lib  # mothball: ignore[archived] soon"), lock(CHAIN))

    assert report.summary.findings == 0
    assert report.summary.ignored == 1


def test_different_rules_are_not_merged() -> None:
    strange = lock({"old-lib": (), "flask-foo": ()})
    report = check([manifest("old-lib"), strange], LookUp({"flask-foo": DEPRECATED, "old-lib": ARCHIVED}), SETTINGS)

    assert [(finding.path, finding.rule) for finding in report.findings] == [
        ("requirements.in", Rule.ARCHIVED),
        ("uv.lock", Rule.DEPRECATED),
    ]


def test_projects_of_one_repository_are_separate() -> None:
    report = run(
        manifest("old-lib", path="a/requirements.in", project="/a"),
        lock(CHAIN, path="b/uv.lock", project="/b"),
        manifest("flask-foo", path="b/requirements.in", project="/b"),
    )

    assert [(finding.path, finding.severity) for finding in report.findings] == [
        ("a/requirements.in", Severity.ERROR),
        ("b/uv.lock", Severity.WARNING),
    ]


def test_severity_of_transitive_dependencies_can_be_configured() -> None:
    quiet = resolved_config(ProjectConfig(severities={"archived.transitive": Severity.OFF}))
    files = [file._replace(resolved_config=quiet) for file in (manifest("flask-foo"), lock(CHAIN))]

    assert check(files, LookUp({"old-lib": ARCHIVED}), SETTINGS).findings == ()


def test_active_packages_have_no_findings() -> None:
    assert check([manifest("flask-foo"), lock(CHAIN)], LookUp(otherwise=ACTIVE), SETTINGS).findings == ()


@pytest.mark.alone
def test_time_is_linear_in_the_number_of_findings() -> None:
    def judge(count: int) -> None:
        check([manifest(*(f"name-{number}" for number in range(count)))], LookUp(otherwise=ARCHIVED), SETTINGS)

    assert least_seconds(lambda: judge(4000)) < 12 * least_seconds(lambda: judge(1000))


def test_entry_that_is_never_installed_takes_over_no_finding_of_the_lock() -> None:
    text = """[project]
requires-python = ">=3.9"
dependencies = ["old-lib; python_version < '3.4'"]  # mothball: ignore[archived] never installed
"""
    pyproject = resolved("pyproject.toml", text, parse("pyproject", text), resolved_config(), project="/project")

    declared, locked = run(pyproject, lock({"old-lib": ()})).findings

    assert (declared.path, declared.severity, declared.related_locations) == ("pyproject.toml", Severity.NOTE, ())
    assert (locked.path, locked.severity, locked.suppressed) == ("uv.lock", Severity.ERROR, None)
    context = pyproject._replace(is_context=True, selected=NOTHING_SELECTED)
    assert only_finding(run(context, lock({"old-lib": ()}))).suppressed is None
