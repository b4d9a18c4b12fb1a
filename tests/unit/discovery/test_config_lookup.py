"""Configuration lookup: the nearest file, its effects, and problems with unusable files."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from mothball.check.inputs import ResolvedConfig
from mothball.config.project import DEFAULT_INDEX, ConfigOverrides, NetworkSettings, ProjectConfig, UserConfig
from mothball.config.user_settings import UserIndexUrl
from mothball.discovery.config_lookup import (
    SNAPSHOT_AGE_LIMIT_DAYS,
    ConfigResolver,
    ConfigResolverSettings,
    read_user_config_file,
)
from mothball.formats.table import parse
from mothball.formats.toml import scanner as toml
from mothball.formats.toml.values import TomlScan
from mothball.model.document import Position
from mothball.model.errors import ConfigError, UnreadableFileError
from mothball.model.results import KnownStatus, ProjectStatus, Severity
from tests.support.trees import repository, write_tree

TODAY = "2026-11-22"
LEADS_OUTSIDE = "symbolic link is broken or leads outside the repository"
NOT_CHECKED = "; files that use this configuration were not checked"


def config_resolver(user: UserConfig | None = None, **settings: Any) -> ConfigResolver:
    return ConfigResolver(ConfigResolverSettings(TODAY)._replace(**settings), user or UserConfig())


def resolved_config(resolver: ConfigResolver, path: Path, root: Path) -> ResolvedConfig:
    resolved = resolver.resolve(str(path), str(root))
    assert resolved is not None
    assert resolver.problems == []
    return resolved


def index_name(path: Path, root: Path) -> str:
    """Return the host name in the configuration for ``path``, which identifies the configuration in these tests."""
    return (
        resolved_config(config_resolver(), path, root)
        .network.index_url.removeprefix("https://")
        .removesuffix(".example/")
    )


def mothball_toml(host: str) -> str:
    return f'index-url = "https://{host}.example/"\n'


def pyproject_toml(host: str) -> str:
    return f'[project]\nname = "mothball-user"\n\n[tool.mothball]\n{mothball_toml(host)}'


def snapshot(generated: str = "2026-11-20", version: int = 1) -> str:
    projects = {"old-lib": {"status": "archived", "reason": "put away"}}
    content = {"generated": generated, "index": "https://index.example/", "projects": projects}
    return json.dumps({"mothball-snapshot": version, **content})


def problem_lines(resolver: ConfigResolver) -> list[str]:
    return [f"{problem.path}: {problem.message}" for problem in resolver.problems]


# --- the search -------------------------------------------------------------------------------------------------------


def test_defaults_without_configuration(repo: Path) -> None:
    resolved = resolved_config(config_resolver(), repo / "sub" / "requirements.txt", repo)
    network = NetworkSettings(allow_local_indexes=False)
    new = str(repo / "mothball.toml")
    assert resolved == ResolvedConfig("", str(repo), ProjectConfig(), network, edited_path=new)
    assert resolved.network.index_url == DEFAULT_INDEX


def test_settings_belong_to_the_configuration_or_to_a_file_that_is_nearest_to_one(repo: Path) -> None:
    path = repo / "app" / "deps" / "requirements.txt"

    def edited_path() -> Path:
        return Path(resolved_config(config_resolver(), path, repo).edited_path).relative_to(repo)

    assert edited_path() == Path("mothball.toml")
    for name in ("app/pyproject.toml", "pyproject.toml", "app/mothball.toml"):
        write_tree(repo, {name: ""})
        assert edited_path() == Path(name)


def test_nearest_configuration_applies(repo: Path) -> None:
    write_tree(repo, {"mothball.toml": mothball_toml("top"), "a/mothball.toml": mothball_toml("a"), "a/b/x": ""})
    assert index_name(repo / "requirements.txt", repo) == "top"
    assert index_name(repo / "other" / "requirements.txt", repo) == "top"
    assert index_name(repo / "a" / "b" / "requirements.txt", repo) == "a"


def test_configuration_does_not_apply_to_sibling_directories(repo: Path) -> None:
    write_tree(repo, {"a/mothball.toml": mothball_toml("a"), "b/x": ""})
    resolver = config_resolver()
    assert resolved_config(resolver, repo / "a" / "requirements.txt", repo).network.index_url == "https://a.example/"
    assert resolved_config(resolver, repo / "b" / "requirements.txt", repo).network.index_url == DEFAULT_INDEX


def test_mothball_toml_takes_precedence_over_pyproject(repo: Path) -> None:
    write_tree(repo, {"mothball.toml": mothball_toml("own"), "pyproject.toml": pyproject_toml("shared")})
    assert index_name(repo / "pyproject.toml", repo) == "own"


@pytest.mark.parametrize(
    "content",
    [
        '[project]\nname = "x"\n',
        '[project]\nname = "mothball"\n',
        "[tool.other]\nmothball = 1\n",
        "[[tool]]\n[tool.mothball]\n",
        "",
    ],
)
def test_pyproject_without_table_does_not_end_search(repo: Path, content: str) -> None:
    write_tree(repo, {"pyproject.toml": pyproject_toml("top"), "a/pyproject.toml": content})
    assert index_name(repo / "a" / "requirements.txt", repo) == "top"


@pytest.mark.parametrize("table", ["[tool.mothball]\n", "[tool]\nmothball = {}\n", "[tool.mothball.ignore]\n"])
def test_table_in_any_syntax_ends_search(repo: Path, table: str) -> None:
    write_tree(repo, {"pyproject.toml": pyproject_toml("top"), "a/pyproject.toml": table})
    resolved = resolved_config(config_resolver(), repo / "a" / "requirements.txt", repo)
    assert (resolved.path, resolved.directory, resolved.config) == (
        "a/pyproject.toml",
        str(repo / "a"),
        ProjectConfig(),
    )


def test_search_ends_at_repository_root(repo: Path) -> None:
    write_tree(repo.parent, {"mothball.toml": mothball_toml("above")})
    assert resolved_config(config_resolver(), repo / "a" / "requirements.txt", repo).path == ""


def test_search_in_nested_repository_ends_at_its_root(repo: Path) -> None:
    inner = repository(repo / "inner", {})
    write_tree(repo, {"mothball.toml": mothball_toml("outer")})
    for order in ((inner, repo), (repo, inner)):
        resolver = config_resolver()
        paths = [resolved_config(resolver, inner / "requirements.txt", root).path for root in order]
        assert paths == ["" if root == inner else "mothball.toml" for root in order]


def test_deeply_nested_file(repo: Path) -> None:
    write_tree(repo, {"mothball.toml": mothball_toml("top")})
    deep = os.path.join(str(repo), *["d"] * 1500, "requirements.txt")
    assert resolved_config(config_resolver(), Path(deep), repo).path == "mothball.toml"


def test_configuration_is_read_once(repo: Path) -> None:
    write_tree(repo, {"mothball.toml": mothball_toml("top")})
    resolver = config_resolver()
    first = resolved_config(resolver, repo / "requirements.txt", repo)
    write_tree(repo, {"mothball.toml": mothball_toml("changed")})
    assert resolved_config(resolver, repo / "a" / "requirements.txt", repo) is first


# --- --config ---------------------------------------------------------------------------------------------------------


def test_config_option_replaces_all_configurations(repo: Path) -> None:
    write_tree(repo, {"mothball.toml": "broken", "a/mothball.toml": mothball_toml("a")})
    write_tree(repo.parent, {"ci/policy.toml": mothball_toml("ci")})
    resolver = config_resolver(config_path="../ci/policy.toml")
    for name in ("requirements.txt", "a/requirements.txt"):
        assert resolved_config(resolver, repo / name, repo).network.index_url == "https://ci.example/"


def test_patterns_of_config_option_are_relative_to_repository(repo: Path) -> None:
    write_tree(repo.parent, {"ci/policy.toml": mothball_toml("ci"), "other/.git": "gitdir: x\n"})
    resolver = config_resolver(config_path=str(repo.parent / "ci" / "policy.toml"))
    other = repo.parent / "other"
    assert resolved_config(resolver, repo / "a" / "requirements.txt", repo).directory == str(repo)
    assert resolved_config(resolver, other / "requirements.txt", other).directory == str(other)


def test_config_option_names_pyproject(repo: Path) -> None:
    write_tree(repo, {"ci/pyproject.toml": pyproject_toml("ci")})
    resolver = config_resolver(config_path="ci/pyproject.toml")
    assert resolved_config(resolver, repo / "requirements.txt", repo).network.index_url == "https://ci.example/"


def test_invalid_config_option_is_reported_once_for_several_repositories(repo: Path) -> None:
    write_tree(repo.parent, {"policy.toml": "indexurl = 1\n"})
    resolver = config_resolver(config_path="../policy.toml")
    assert resolver.resolve(str(repo / "requirements.txt"), str(repo)) is None
    assert resolver.resolve(str(repo.parent / "other" / "requirements.txt"), str(repo.parent / "other")) is None
    assert len(resolver.problems) == 1


# --- unusable configurations ------------------------------------------------------------------------------------------


def test_invalid_toml_is_reported_once_with_position(repo: Path) -> None:
    write_tree(repo, {"a/mothball.toml": 'offline = true\nmax-age = "1h\n'})
    resolver = config_resolver()
    assert resolver.resolve(str(repo / "a" / "requirements.txt"), str(repo)) is None
    assert resolver.resolve(str(repo / "a" / "b" / "requirements.txt"), str(repo)) is None
    (problem,) = resolver.problems
    assert (problem.severity, problem.path, problem.position) == (Severity.ERROR, "a/mothball.toml", Position(2, 11))
    assert problem.message == f"invalid TOML: unclosed string{NOT_CHECKED}"
    assert problem.help == 'close it with " on the same line'
    assert resolver.resolve(str(repo / "b" / "requirements.txt"), str(repo)) is not None


@pytest.mark.parametrize(
    ("content", "position", "message", "help_text"),
    [
        ("[tool.mothball]\nindexurl = 1\n", (2, 1), "unknown key `indexurl`", "did you mean `index-url`?"),
        ("[tool]\nmothball = { offlin = true }\n", (2, 14), "unknown key `offlin`", "did you mean `offline`?"),
        ("[tool]\nmothball = 1\n", (2, 1), "`mothball` must be a table, not 1", ""),
        ("[[tool.mothball]]\n", (1, 8), "`mothball` must be a table, not an array", ""),
        (
            "[tool.mothball.ignore]\nok = { rules = ['archived'] }\nold-lib = { rules = ['archive'] }\n",
            (3, 13),
            "unknown rule `archive`",
            "did you mean `archived`?",
        ),
    ],
)
def test_invalid_key_is_reported_at_the_key(
    repo: Path, content: str, position: tuple[int, int], message: str, help_text: str
) -> None:
    write_tree(repo, {"pyproject.toml": content})
    resolver = config_resolver()
    assert resolver.resolve(str(repo / "requirements.txt"), str(repo)) is None
    (problem,) = resolver.problems
    assert problem.position == Position(*position)
    assert problem.message == message + NOT_CHECKED
    assert problem.help == help_text


def test_unreadable_configuration_is_reported(repo: Path) -> None:
    write_tree(repo, {"a/mothball.toml": b"\xff", "b/pyproject.toml": b"[tool.mothball]\n\xff"})
    (repo / "c" / "mothball.toml").mkdir(parents=True)
    resolver = config_resolver()
    assert [resolver.resolve(str(repo / name / "requirements.txt"), str(repo)) for name in "abc"] == [None] * 3
    assert problem_lines(resolver) == [
        f"a/mothball.toml: not valid UTF-8 (line 1, byte 0){NOT_CHECKED}",
        f"b/pyproject.toml: not valid UTF-8 (line 2, byte 16){NOT_CHECKED}",
        f"c/mothball.toml: is a directory{NOT_CHECKED}",
    ]


def test_broken_pyproject_that_does_not_mention_mothball_is_no_configuration(repo: Path) -> None:
    write_tree(repo, {"a/pyproject.toml": b"[project]\n\xff", "b/pyproject.toml": "[project]\nx = [\n"})
    resolver = config_resolver()
    for name in "ab":
        assert resolved_config(resolver, repo / name / "requirements.txt", repo).path == ""
    assert resolver.problems == []


@pytest.mark.parametrize(
    ("content", "is_valid"),
    [
        ("[project]\ndependencies = [\n[tool.mothball]\noffline = true\n", True),
        ("[tool.mothball]\noffline = true\n[project]\nname = \n", True),
        ("[tool.mothball]\noffline = true\n[tool.mothball.ignore]\n[x]\n'\n", True),
        ("[tool.mothball]\noffline = true\nmax-age = \n[project]\n", False),
        ("[tool.mothball]\noffline = true\n[tool.mothball.ignore]\nx\n[project]\n", False),
        ("[tool.mothball]\noffline = true\n[tool.mothball]\n", False),
        ("x = \ntool.mothball = { offline = true }\n", False),
        ("'\n" * 201 + "[tool.mothball]\noffline = true\n", False),
    ],
)
def test_errors_outside_the_table_do_not_invalidate_it(repo: Path, content: str, is_valid: bool) -> None:  # noqa: FBT001
    write_tree(repo, {"pyproject.toml": content})
    resolver = config_resolver()
    resolved = resolver.resolve(str(repo / "requirements.txt"), str(repo))
    assert (resolved is not None) == is_valid
    assert bool(resolver.problems) != is_valid
    if resolved is not None:
        assert resolved.config.offline


def test_broken_link_is_unusable_configuration(repo: Path) -> None:
    (repo / "mothball.toml").symlink_to("gone.toml")
    resolver = config_resolver()
    assert resolver.resolve(str(repo / "requirements.txt"), str(repo)) is None
    assert problem_lines(resolver) == [f"mothball.toml: {LEADS_OUTSIDE}{NOT_CHECKED}"]


@pytest.mark.parametrize("name", ["mothball.toml", "pyproject.toml"])
def test_configuration_link_out_of_repository_is_not_followed(repo: Path, name: str) -> None:
    write_tree(repo.parent, {"secret.toml": 'token = "secret"\n[tool.mothball]\n'})
    (repo / name).symlink_to(repo.parent / "secret.toml")
    resolver = config_resolver()
    assert resolver.resolve(str(repo / "requirements.txt"), str(repo)) is None
    assert problem_lines(resolver) == [f"{name}: {LEADS_OUTSIDE}{NOT_CHECKED}"]
    assert "--config" in resolver.problems[0].help


def test_configuration_link_inside_repository_is_followed(repo: Path) -> None:
    write_tree(repo, {"shared.toml": mothball_toml("shared"), "a/x": ""})
    (repo / "a" / "mothball.toml").symlink_to("../shared.toml")
    assert index_name(repo / "a" / "requirements.txt", repo) == "shared"


def test_config_option_may_be_link_out_of_repository(repo: Path) -> None:
    write_tree(repo.parent, {"policy.toml": mothball_toml("ci")})
    (repo / "ci.toml").symlink_to(repo.parent / "policy.toml")
    resolver = config_resolver(config_path="ci.toml")
    assert resolved_config(resolver, repo / "requirements.txt", repo).network.index_url == "https://ci.example/"


# --- resolved values --------------------------------------------------------------------------------------------------


def test_ignore_location_is_its_key(repo: Path) -> None:
    ignores = 'old_Lib = { rules = ["archived"] }\n[tool.mothball.ignore.other]\nrules = ["archived"]\n'
    write_tree(repo, {"pyproject.toml": f"[tool.mothball.ignore]\n{ignores}"})
    locations = resolved_config(config_resolver(), repo / "requirements.txt", repo).ignore_locations
    assert {name: (location.path, location.start, location.end) for name, location in locations.items()} == {
        "old-lib": ("pyproject.toml", Position(2, 1), Position(2, 8)),
        "other": ("pyproject.toml", Position(3, 23), Position(3, 28)),
    }
    assert locations["old-lib"].line_text == 'old_Lib = { rules = ["archived"] }'


def test_whole_scope_if_run_covers_configuration_directory(repo: Path) -> None:
    write_tree(repo, {"a/mothball.toml": mothball_toml("a"), "a/b/x": ""})
    path = repo / "a" / "b" / "requirements.txt"
    for scope, expected in (("", True), ("a", True), ("a/b", False), ("ab", False)):
        resolver = config_resolver(scopes=(str(repo / "elsewhere"), os.path.normpath(repo / scope)))
        assert resolved_config(resolver, path, repo).whole_scope is expected
    assert resolved_config(config_resolver(), path, repo).whole_scope is False


def test_scope_of_config_option_is_the_repository(repo: Path) -> None:
    write_tree(repo, {"ci/policy.toml": mothball_toml("ci"), "a/x": ""})
    for scope, expected in ((repo, True), (repo / "ci", False)):
        resolver = config_resolver(config_path="ci/policy.toml", scopes=(str(scope),))
        assert resolved_config(resolver, repo / "a" / "requirements.txt", repo).whole_scope is expected


def test_project_user_and_command_line_settings_are_merged(repo: Path) -> None:
    write_tree(repo, {"mothball.toml": 'index-url = "https://project.example/"\nprivate = ["acme-*"]\n'})
    user = UserConfig(index_url="https://user.example/", private=("mine-*",), max_age=60.0)
    path = repo / "requirements.txt"
    network = resolved_config(config_resolver(user), path, repo).network
    assert network == NetworkSettings(
        "https://project.example/",
        None,
        ("acme-*", "mine-*"),
        offline=False,
        max_age=60.0,
        index_set_by="`index-url` in mothball.toml:1",
        user_indexes=("https://user.example/",),
        allow_local_indexes=False,
    )
    overridden = config_resolver(user, overrides=ConfigOverrides("https://line.example/", offline=True))
    network = resolved_config(overridden, path, repo).network
    assert (network.index_url, network.offline) == ("https://line.example/", True)
    assert (network.index_set_by, network.is_user_index) == ("--index-url", True)


def test_unverified_override_applies_to_every_severity_scope(repo: Path) -> None:
    severity = (
        'unverified = "error"\n"unverified.added" = "error"\n"unverified.transitive" = "error"\nmissing = "off"\n'
    )
    write_tree(repo, {"mothball.toml": f"[severity]\n{severity}"})
    resolver = config_resolver(overrides=ConfigOverrides(unverified=Severity.NOTE))
    assert resolved_config(resolver, repo / "requirements.txt", repo).config.severities == {
        "unverified": "note",
        "unverified.added": "note",
        "unverified.transitive": "note",
        "missing": "off",
    }


# --- snapshots --------------------------------------------------------------------------------------------------------


def test_snapshot_path_is_relative_to_configuration_and_read_once(repo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config = 'snapshot = "../statuses.json"\n'
    write_tree(repo, {"a/mothball.toml": config, "b/mothball.toml": config, "statuses.json": snapshot()})
    monkeypatch.chdir(repo.parent)
    resolver = config_resolver()
    first = resolved_config(resolver, repo / "a" / "requirements.txt", repo).snapshot
    assert first is not None
    lookup = first.lookup("old-lib")
    assert isinstance(lookup, KnownStatus)
    assert (lookup.status, lookup.reason) == (ProjectStatus.ARCHIVED, "put away")
    assert resolved_config(resolver, repo / "b" / "requirements.txt", repo).snapshot is first


@pytest.mark.parametrize(
    "configured",
    [
        "../out.json",
        "{outside}",
        "a/../../out.json",
        "link.json",
        "linked/out.json",
        "gone.json",
        "no\\u0000name",
        "{long}",
    ],
)
def test_snapshot_outside_repository_is_reported_like_missing_one(repo: Path, configured: str) -> None:
    outside = repo.parent / "out.json"
    write_tree(repo.parent, {"out.json": snapshot()})
    (repo / "link.json").symlink_to(outside)
    (repo / "linked").symlink_to(repo.parent)
    configured = configured.format(outside=outside, long="a/" * 5000)
    write_tree(repo, {"mothball.toml": f'snapshot = "{configured}"\n'})
    resolver = config_resolver()
    resolved = resolver.resolve(str(repo / "requirements.txt"), str(repo))
    assert resolved is not None
    assert resolved.snapshot is None
    (problem,) = resolver.problems
    assert problem.severity is Severity.ERROR
    assert problem.message == "the snapshot cannot be used: no such file in the repository"
    assert problem.help == "correct `snapshot` in mothball.toml, or write a new snapshot: `mothball snapshot -o FILE`"


@pytest.mark.parametrize(
    ("content", "cause"),
    [
        (b"\xff", "not valid UTF-8 (line 1, byte 0)"),
        ("[]", "not a snapshot: expected a JSON object with the key 'mothball-snapshot'"),
        (snapshot(version=2), "unsupported version 2: only version 1 is supported"),
    ],
)
def test_invalid_snapshot_is_reported_with_configuration(repo: Path, content: str | bytes, cause: str) -> None:
    write_tree(
        repo, {"mothball.toml": 'snapshot = "statuses.json"\n', "a/mothball.toml": "snapshot='../statuses.json'"}
    )
    write_tree(repo, {"statuses.json": content})
    resolver = config_resolver()
    for directory in (repo, repo / "a"):
        resolved = resolver.resolve(str(directory / "requirements.txt"), str(repo))
        assert resolved is not None
        assert resolved.snapshot is None
    (problem,) = resolver.problems
    assert (problem.severity, problem.path) == (Severity.ERROR, "statuses.json")
    assert problem.message == f"the snapshot cannot be used: {cause}"
    assert problem.help == (
        "write a new snapshot: `mothball snapshot -o FILE` (path set by `snapshot` in mothball.toml)"
    )


@pytest.mark.parametrize(
    ("generated", "age"), [("2026-10-23", 30), ("2026-10-22", 31), ("2025-11-22", 365), ("2027-01-01", -40)]
)
def test_old_snapshot_is_used_with_warning(repo: Path, generated: str, age: int) -> None:
    write_tree(repo, {"mothball.toml": 'snapshot = "s.json"\n', "s.json": snapshot(generated)})
    resolver = config_resolver()
    resolved = resolver.resolve(str(repo / "requirements.txt"), str(repo))
    assert resolved is not None
    assert resolved.snapshot is not None
    expected = [f"the snapshot is {age} days old: statuses may have changed"] if age > SNAPSHOT_AGE_LIMIT_DAYS else []
    expected += ["the snapshot is dated in the future"] if age < -1 else []
    assert [(problem.severity, problem.message) for problem in resolver.problems] == [
        (Severity.WARNING, message) for message in expected
    ]


def test_snapshot_option_takes_precedence_and_may_be_outside_repository(repo: Path) -> None:
    write_tree(repo, {"mothball.toml": 'snapshot = "gone.json"\n', "a/x": ""})
    write_tree(repo.parent, {"out.json": snapshot()})
    resolver = config_resolver(snapshot_path="../out.json")
    assert resolved_config(resolver, repo / "requirements.txt", repo).snapshot is not None


def test_missing_snapshot_option_is_reported_without_configuration(repo: Path) -> None:
    resolver = config_resolver(snapshot_path="gone.json")
    assert resolver.resolve(str(repo / "requirements.txt"), str(repo)) is not None
    assert [(problem.path, problem.help) for problem in resolver.problems] == [
        ("gone.json", "write a new snapshot: `mothball snapshot -o FILE`")
    ]


def test_snapshot_of_config_option_may_be_next_to_it(repo: Path) -> None:
    config = 'snapshot = "statuses.json"\n'
    write_tree(repo.parent, {"ci/policy.toml": config, "ci/statuses.json": snapshot(), "out.json": snapshot()})
    resolver = config_resolver(config_path="../ci/policy.toml")
    assert resolved_config(resolver, repo / "requirements.txt", repo).snapshot is not None
    write_tree(repo.parent, {"ci/policy.toml": 'snapshot = "../out.json"\n'})
    resolver = config_resolver(config_path="../ci/policy.toml")
    assert resolver.resolve(str(repo / "requirements.txt"), str(repo)) is not None
    assert len(resolver.problems) == 1


def test_no_snapshot_is_read_without_use_snapshots(repo: Path) -> None:
    write_tree(repo, {"mothball.toml": 'snapshot = "gone.json"\n'})
    resolver = config_resolver(use_snapshots=False, snapshot_path="gone-too.json")
    assert resolved_config(resolver, repo / "requirements.txt", repo).snapshot is None


# --- user configuration -----------------------------------------------------------------------------------------------


def test_missing_user_file_means_defaults(tmp_path: Path) -> None:
    assert read_user_config_file(str(tmp_path / "mothball" / "config.toml")) == UserConfig()


def test_user_file_is_read(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text('index-url = "https://user.example/"\ntrusted-hosts = ["mirror.example"]\noffline = true\n')
    resolved = read_user_config_file(str(path))
    assert (resolved.index_url, resolved.trusted_hosts, resolved.offline) == (
        "https://user.example/",
        ("mirror.example",),
        True,
    )
    assert resolved.credentials.index_urls == (
        UserIndexUrl("https://user.example/", set_by=f"`index-url` in {path}:1"),
    )


@pytest.mark.parametrize(
    ("content", "message", "help_text"),
    [
        ("offline = true\n\n= 1\n", "invalid TOML in line 3: ", ""),
        ("offline = true\nofline = true\n", "line 2: unknown key `ofline`", "did you mean `offline`?"),
        ("offline = 1\n", "line 1: `offline` must be true or false, not 1", ""),
        ("[ignore]\nold-lib = 1\n", "line 1: `ignore` is only allowed in projects", "move it to mothball.toml"),
    ],
)
def test_invalid_user_file_is_reported_with_line(tmp_path: Path, content: str, message: str, help_text: str) -> None:
    path = tmp_path / "config.toml"
    path.write_text(content)
    with pytest.raises(ConfigError) as caught:
        read_user_config_file(str(path))
    assert str(caught.value).startswith(message)
    assert caught.value.help.startswith(help_text)


def test_unreadable_user_file_raises(tmp_path: Path) -> None:
    with pytest.raises(UnreadableFileError, match="is a directory"):
        read_user_config_file(str(tmp_path))


def test_config_option_names_pyproject_without_table(repo: Path) -> None:
    write_tree(repo, {"gate.toml/pyproject.toml": "[project]\n"})
    resolver = config_resolver(config_path=str(repo / "gate.toml" / "pyproject.toml"))
    assert resolver.resolve(str(repo / "requirements.txt"), str(repo)) is None
    (problem,) = resolver.problems
    assert problem.message == "no [tool.mothball] table" + NOT_CHECKED
    assert problem.help


def test_pyproject_is_scanned_once_for_configuration_and_dependencies(
    repo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = "[project]\ndependencies = ['flask']\n[tool.mothball]\noffline = true\n# scanned once\n"
    write_tree(repo, {"pyproject.toml": text})
    scanned: list[str] = []
    scan = toml.scan

    def recording_scan(resolver: str) -> TomlScan:
        scanned.append(resolver)
        return scan(resolver)

    monkeypatch.setattr(toml, "scan", recording_scan)

    assert config_resolver().resolve(str(repo / "pyproject.toml"), str(repo)) is not None
    assert parse("pyproject", text).dependencies
    assert scanned == [text]
